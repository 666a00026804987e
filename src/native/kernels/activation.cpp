#include "kernels/activation.h"

#include "simd/math.h"
#include "simd/stream.h"

namespace plait::PLAIT_NS {
namespace {

template <class T>
struct Splat {  // the coefficients as vectors
    Vec<T> a, b, c;
    explicit Splat(Coefficients k) : a(splat<T>((T)k.a)), b(splat<T>((T)k.b)), c(splat<T>((T)k.c)) {}
};

template <class T>
inline Vec<T> num(double v) {
    return splat<T>((T)v);
}
// 1 where the condition holds, else 0.
template <class T, class C>
inline Vec<T> step(C condition) {
    return select<T>(condition, num<T>(1), Vec<T>{});
}
// Between low and high; a NaN stays, and so does -0.0 at a bound of zero.
template <class T>
inline Vec<T> between(Vec<T> x, Vec<T> low, Vec<T> high) {
    const Vec<T> y = select<T>(x < low, low, x);
    return select<T>(y > high, high, y);
}

#define FORWARD(name, ...)                                                     \
    struct name##_forward {                                                    \
        template <class T>                                                     \
        static inline Vec<T> f(Vec<T> x, [[maybe_unused]] const Splat<T>& k) { \
            __VA_ARGS__                                                        \
        }                                                                      \
    };
#define BACKWARD(name, ...)                                                              \
    struct name##_backward {                                                             \
        template <class T>                                                               \
        static inline Vec<T> f(Vec<T> g, Vec<T> x, [[maybe_unused]] const Splat<T>& k) { \
            __VA_ARGS__                                                                  \
        }                                                                                \
    };

// clang-format off
FORWARD(relu, return select<T>(x < Vec<T>{}, Vec<T>{}, x);)
BACKWARD(threshold, return select<T>(x <= k.a, Vec<T>{}, g);)  // relu: a = 0

FORWARD(threshold, return select<T>(x <= k.a, k.b, x);)  // a threshold, b value

FORWARD(hardtanh, return between<T>(x, k.a, k.b);)  // a low, b high
BACKWARD(hardtanh, return select<T>((x <= k.a) | (x >= k.b), Vec<T>{}, g);)

FORWARD(leaky_relu, return select<T>(x > Vec<T>{}, x, x * k.a);)  // a slope
BACKWARD(leaky_relu, return select<T>(x > Vec<T>{}, g, g * k.a);)

// a alpha, b scale, c scale of the exponent: elu (alpha, 1, 1), selu (its two constants, 1), celu (alpha, 1, 1 / alpha).
FORWARD(elu, return select<T>(x <= Vec<T>{}, vexpm1<T>(x * k.c) * (k.a * k.b), x * k.b);)
BACKWARD(elu, return select<T>(x <= Vec<T>{}, g * k.c * (k.a * k.b) * vexp<T>(x * k.c), g * k.b);)

// As gelu, but NaN at infinity, and infinite where twice the result is.
FORWARD(gelu_finite, return x * (num<T>(1) + verf<T>(x * num<T>(0.70710678118654752440))) * num<T>(0.5) - (x - x);)
FORWARD(gelu, return x * num<T>(0.5) * (num<T>(1) + verf<T>(x * num<T>(0.70710678118654752440)));)
BACKWARD(gelu, const Vec<T> cdf = num<T>(0.5) * (num<T>(1) + verf<T>(x * num<T>(0.70710678118654752440)));
         const Vec<T> pdf = vexp<T>(x * x * num<T>(-0.5)) * num<T>(0.39894228040143267794); return g * (cdf + x * pdf);)

// 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
FORWARD(gelu_tanh, const Vec<T> inner = num<T>(0.79788456080286535588) * (x + num<T>(0.044715) * x * x * x);
        return num<T>(0.5) * x * (num<T>(1) + vtanh<T>(inner));)
BACKWARD(gelu_tanh, const Vec<T> beta = num<T>(0.79788456080286535588); const Vec<T> cubic = num<T>(0.044715); const Vec<T> one = num<T>(1);
         const Vec<T> t = vtanh<T>(beta * (x + cubic * x * x * x)); const Vec<T> left = num<T>(0.5) * (one + t);
         const Vec<T> right = num<T>(0.5) * x * (one - t * t) * beta * (one + num<T>(3) * cubic * x * x); return g * (left + right);)

FORWARD(silu, return x / (num<T>(1) + vexp<T>(-x));)
BACKWARD(silu, const Vec<T> s = vsigmoid<T>(x); return g * s * (num<T>(1) + x * (num<T>(1) - s));)

// tanh(softplus(x)) = n / (n + 2) with e = e^x, n = e (e + 2)
FORWARD(mish, const Vec<T> e = vexp<T>(at_most<T>(x, T(20))); const Vec<T> n = e * (e + num<T>(2)); return x * (n / (n + num<T>(2)));)
BACKWARD(mish, const Vec<T> e = vexp<T>(at_most<T>(x, T(20))); const Vec<T> n = e * (e + num<T>(2)); const Vec<T> d = n + num<T>(2);
         const Vec<T> t = n / d; const Vec<T> s = e / (e + num<T>(1));
         const Vec<T> rest = select<T>(x > num<T>(20), Vec<T>{}, num<T>(4) * (n + num<T>(1)) / (d * d)); return g * (t + x * s * rest);)

FORWARD(sigmoid, return vsigmoid<T>(x);)
BACKWARD(sigmoid, return g * (num<T>(1) - x) * x;)

FORWARD(tanh, return vtanh<T>(x);)
BACKWARD(tanh, return g * (num<T>(1) - x * x);)

FORWARD(hardsigmoid, return between<T>(x + num<T>(3), Vec<T>{}, num<T>(6)) / num<T>(6);)
BACKWARD(hardsigmoid, return select<T>((x > num<T>(-3)) & (x < num<T>(3)), g * num<T>(1.0f / 6.0f), Vec<T>{});)

FORWARD(hardswish, return x * between<T>(x + num<T>(3), Vec<T>{}, num<T>(6)) / num<T>(6);)
BACKWARD(hardswish, return select<T>(x <= num<T>(-3), Vec<T>{}, select<T>(x < num<T>(3), g * (x / num<T>(3) + num<T>(0.5)), g));)

FORWARD(hardshrink, return select<T>((x >= -k.a) & (x <= k.a), Vec<T>{}, x);)  // a lambda
FORWARD(softshrink, return select<T>(x > k.a, x - k.a, select<T>(x < -k.a, x + k.a, x * Vec<T>{}));)
BACKWARD(shrink, return select<T>((x >= -k.a) & (x <= k.a), Vec<T>{}, g);)

// a beta, b threshold
FORWARD(softplus, const Vec<T> z = x * k.a; return select<T>(z > k.b, x, vlog1p<T>(vexp<T>(z)) / k.a);)
BACKWARD(softplus, const Vec<T> t = x * k.a; const Vec<T> z = vexp<T>(t); return select<T>(t > k.b, g, g * z / (z + num<T>(1)));)

FORWARD(softsign, return x / (num<T>(1) + vabs<T>(x));)
BACKWARD(softsign, const Vec<T> d = num<T>(1) + vabs<T>(x); return g * (num<T>(1) - vabs<T>(x) / d) / d;)

FORWARD(tanhshrink, return x - vtanh<T>(x);)
BACKWARD(tanhshrink, const Vec<T> t = vtanh<T>(x); return g * (t * t);)

FORWARD(logsigmoid, return select<T>(x < Vec<T>{}, x, Vec<T>{}) - vlog1p<T>(vexp<T>(-vabs<T>(x)));)
BACKWARD(logsigmoid, const Vec<T> z = vexp<T>(-vabs<T>(x)); const Vec<T> q = z / (num<T>(1) + z);
         return g * select<T>(x < Vec<T>{}, num<T>(1) - q, q);)

// Numbers times steps of 0 and 1: zeros have signs, infinity times zero is NaN, and no step is 1 at NaN.
FORWARD(relu_dropping, return select<T>(x > Vec<T>{}, x, Vec<T>{});)
FORWARD(threshold_step, return x * step<T>(x > k.a) + select<T>(x > k.a, Vec<T>{}, k.b);)
BACKWARD(threshold_step, return g * step<T>(x > k.a);)  // relu: a = 0
BACKWARD(hardtanh_step, return g * step<T>((x > k.a) & (x < k.b));)
BACKWARD(leaky_relu_step, return g * (k.a * step<T>(x < Vec<T>{}) + step<T>(x >= Vec<T>{}));)
BACKWARD(hardswish_step, const Vec<T> below = step<T>(x + num<T>(3) < num<T>(6));
         return g * (step<T>(x + num<T>(3) > Vec<T>{}) * ((x + x + num<T>(3)) / num<T>(6)) * below + (num<T>(1) - below));)
FORWARD(hardshrink_step, return x * step<T>((x <= -k.a) | (x >= k.a));)
BACKWARD(hardshrink_step, return g * step<T>((x <= -k.a) | (x >= k.a));)
FORWARD(softshrink_step, return step<T>(x > k.a) * (x - k.a) + step<T>(x < -k.a) * (x + k.a);)
BACKWARD(softshrink_step, return g * step<T>((x > k.a) | (x < -k.a));)
FORWARD(absolute, return vabs<T>(x);)
BACKWARD(absolute, return select<T>(x == Vec<T>{}, Vec<T>{}, g * (x / vabs<T>(x)));)
FORWARD(scaled, return x * k.a + Vec<T>{};)
// clang-format on

// Bound by memory where f is a few instructions (16 bytes of it per float forward and back), else by arithmetic.
template <class T, class F>
void map(const T* x, T* y, int64_t begin, int64_t end, Coefficients coefficients, bool past) {
    const Splat<T> k(coefficients);
    past = past && aligned(y + begin);
    int64_t i = begin;
    for (; i + kLanes<T> <= end; i += kLanes<T>) put<T>(y + i, F::template f<T>(load<T>(x + i), k), past);
    if (past) fence();
    if (i < end) {
        const int n = static_cast<int>(end - i);
        store_part<T>(y + i, F::template f<T>(load_part<T>(x + i, n), k), n);
    }
}

template <class T, class F>
void map_gradient(const T* g, const T* s, T* gx, int64_t begin, int64_t end, Coefficients coefficients, bool past) {
    const Splat<T> k(coefficients);
    past = past && aligned(gx + begin);
    int64_t i = begin;
    for (; i + kLanes<T> <= end; i += kLanes<T>) put<T>(gx + i, F::template f<T>(load<T>(g + i), load<T>(s + i), k), past);
    if (past) fence();
    if (i < end) {
        const int n = static_cast<int>(end - i);
        store_part<T>(gx + i, F::template f<T>(load_part<T>(g + i, n), load_part<T>(s + i, n), k), n);
    }
}

// ---- softmax --------------------------------------------------------------------------------------------------------

// The first n lanes one after the other: the order that PyTorch has for rows shorter than a vector.
template <class T>
inline T sum_in_order(Vec<T> v, int n) {
    T lanes[kLanes<T>];
    store<T>(lanes, v);
    T sum = lanes[0];
    for (int i = 1; i < n; ++i) sum += lanes[i];
    return sum;
}

template <class T>
inline T largest(const T* x, int64_t n) {
    Vec<T> m = splat<T>(-Fp<T>::inf);
    each<T>(n, [&](int64_t i, int k) { m = vmax<T>(load_n<T>(x + i, k, -Fp<T>::inf), m); });
    return max_lanes<T>(m);
}

// log of one sum, rounded once.
inline double log_of(double x) { return vlog<double>(splat<double>(x))[0]; }
inline float log_of(float x) { return (float)log_of((double)x); }

// Rows of at most K vectors, held in registers.
template <class T, bool Log, int K>
void softmax_short_rows(const T* x, T* y, int64_t n, int64_t begin, int64_t end) {
    constexpr int whole = K - 1;
    const int rest = static_cast<int>(n - whole * kLanes<T>);
    for (int64_t row = begin; row < end; ++row) {
        const T* in = x + row * n;
        T* out = y + row * n;
        Vec<T> v[K];
#pragma GCC unroll 4
        for (int i = 0; i < whole; ++i) v[i] = load<T>(in + i * kLanes<T>);
        v[whole] = load_part<T>(in + whole * kLanes<T>, rest, -Fp<T>::inf);
        Vec<T> top = v[0];
#pragma GCC unroll 4
        for (int i = 1; i < K; ++i) top = vmax<T>(v[i], top);
        const Vec<T> largest_one = splat<T>(max_lanes<T>(top));
        Vec<T> e[K], sum{};
#pragma GCC unroll 4
        for (int i = 0; i < K; ++i) {
            v[i] -= largest_one;
            e[i] = vexp_normal<T>(v[i]);
            sum += e[i];
        }
        const T total = K == 1 && rest < kLanes<T> ? sum_in_order<T>(sum, rest) : sum_lanes<T>(sum);
        const Vec<T> last = splat<T>(Log ? log_of(total) : T(1) / total);
#pragma GCC unroll 4
        for (int i = 0; i < K; ++i) e[i] = Log ? v[i] - last : e[i] * last;
#pragma GCC unroll 4
        for (int i = 0; i < whole; ++i) store<T>(out + i * kLanes<T>, e[i]);
        store_part<T>(out + whole * kLanes<T>, e[whole], rest);
    }
}

template <class T, bool Log>
void softmax_rows(const T* x, T* y, int64_t n, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
        const T* in = x + row * n;
        T* out = y + row * n;
        const Vec<T> top = splat<T>(largest<T>(in, n));
        Vec<T> sum{};
        each<T>(n, [&](int64_t i, int k) {
            const Vec<T> d = load_n<T>(in + i, k, -Fp<T>::inf) - top;
            const Vec<T> e = vexp_normal<T>(d);
            // Lanes past the row's end hold -inf - top: zero after exp, or NaN where top is -inf, when the whole row is NaN anyway.
            sum += e;
            store_n<T>(out + i, Log ? d : e, k);
        });
        const T total = sum_lanes<T>(sum);
        if constexpr (Log) {
            const Vec<T> log_total = splat<T>(log_of(total));
            each<T>(n, [&](int64_t i, int k) { store_n<T>(out + i, load_n<T>(out + i, k, 0) - log_total, k); });
        } else {
            const Vec<T> factor = splat<T>(T(1) / total);
            each<T>(n, [&](int64_t i, int k) { store_n<T>(out + i, load_n<T>(out + i, k, 0) * factor, k); });
        }
    }
}

template <class T, bool Log>
void softmax_columns(const T* x, T* y, int64_t n, int64_t inner, int64_t begin, int64_t end) {
    const int64_t units = (inner + kLanes<T> - 1) / kLanes<T>;
    for (int64_t u = begin; u < end; ++u) {
        const int64_t column = u % units * kLanes<T>, offset = u / units * n * inner + column;
        const int k = static_cast<int>(inner - column < kLanes<T> ? inner - column : kLanes<T>);
        Vec<T> top = splat<T>(-Fp<T>::inf);
        for (int64_t i = 0; i < n; ++i) top = vmax<T>(load_n<T>(x + offset + i * inner, k, 0), top);
        Vec<T> sum{};
        for (int64_t i = 0; i < n; ++i) {
            const Vec<T> d = load_n<T>(x + offset + i * inner, k, 0) - top;
            const Vec<T> e = vexp_normal<T>(d);
            sum += e;
            store_n<T>(y + offset + i * inner, Log ? d : e, k);
        }
        const Vec<T> last = Log ? vlog<T>(sum) : sum;
        for (int64_t i = 0; i < n; ++i) {
            const Vec<T> v = load_n<T>(y + offset + i * inner, k, 0);
            store_n<T>(y + offset + i * inner, Log ? v - last : v / last, k);
        }
    }
}

template <class T, bool Log>
void softmax(const T* x, T* y, int64_t n, int64_t inner, int64_t begin, int64_t end) {
    if (inner == 1) switch ((n - 1) / kLanes<T>) {
            case 0:
                return softmax_short_rows<T, Log, 1>(x, y, n, begin, end);
            case 1:
                return softmax_short_rows<T, Log, 2>(x, y, n, begin, end);
            case 2:
                return softmax_short_rows<T, Log, 3>(x, y, n, begin, end);
            case 3:
                return softmax_short_rows<T, Log, 4>(x, y, n, begin, end);
            default:
                return softmax_rows<T, Log>(x, y, n, begin, end);
        }
    else
        softmax_columns<T, Log>(x, y, n, inner, begin, end);
}

// Softmax: gx = y (g - sum(g y)). Log-softmax: gx = g - e^y sum(g).
template <class T, bool Log>
inline Vec<T> softmax_gradient_of(Vec<T> g, Vec<T> y, Vec<T> sum) {
    return Log ? g - vexp<T>(y) * sum : y * (g - sum);
}

template <class T, bool Log>
void softmax_gradient(const T* g, const T* y, T* gx, int64_t n, int64_t inner, int64_t begin, int64_t end) {
    if (inner == 1) {
        for (int64_t row = begin; row < end; ++row) {
            const T *gr = g + row * n, *yr = y + row * n;
            T* out = gx + row * n;
            Vec<T> sum{};
            each<T>(n, [&](int64_t i, int k) {
                const Vec<T> v = load_n<T>(gr + i, k, 0);
                sum += Log ? v : v * load_n<T>(yr + i, k, 0);
            });
            const Vec<T> total = splat<T>(sum_lanes<T>(sum));
            each<T>(n, [&](int64_t i, int k) {
                store_n<T>(out + i, softmax_gradient_of<T, Log>(load_n<T>(gr + i, k, 0), load_n<T>(yr + i, k, 0), total), k);
            });
        }
        return;
    }
    const int64_t units = (inner + kLanes<T> - 1) / kLanes<T>;
    for (int64_t u = begin; u < end; ++u) {
        const int64_t column = u % units * kLanes<T>, offset = u / units * n * inner + column;
        const int k = static_cast<int>(inner - column < kLanes<T> ? inner - column : kLanes<T>);
        Vec<T> sum{};
        for (int64_t i = 0; i < n; ++i) {
            const Vec<T> v = load_n<T>(g + offset + i * inner, k, 0);
            sum += Log ? v : v * load_n<T>(y + offset + i * inner, k, 0);
        }
        for (int64_t i = 0; i < n; ++i) {
            const int64_t at = offset + i * inner;
            store_n<T>(gx + at, softmax_gradient_of<T, Log>(load_n<T>(g + at, k, 0), load_n<T>(y + at, k, 0), sum), k);
        }
    }
}

// ---- PReLU ----------------------------------------------------------------------------------------------------------

template <class T>
void prelu(const T* x, const T* weight, T* y, int64_t channels, int64_t inner, int64_t begin, int64_t end, bool past) {
    if (inner == 1) {  // rows of channels: the weight varies along the vector
        for (int64_t i = begin; i < end;) {
            const int64_t c = i % channels, run = channels - c < end - i ? channels - c : end - i;
            each<T>(run, [&](int64_t j, int k) {
                const Vec<T> v = load_n<T>(x + i + j, k, 0), w = load_n<T>(weight + c + j, k, 0);
                store_n<T>(y + i + j, select<T>(v > Vec<T>{}, v, w * v), k);
            });
            i += run;
        }
        return;
    }
    for (int64_t row = begin; row < end; ++row) {
        const Vec<T> w = splat<T>(weight[row % channels]);
        const T* in = x + row * inner;
        T* out = y + row * inner;
        const bool by = past && aligned(out);
        each<T>(inner, [&](int64_t i, int k) {
            const Vec<T> v = load_n<T>(in + i, k, 0), r = select<T>(v > Vec<T>{}, v, w * v);
            put_n<T>(out + i, r, k, by);
        });
    }
    if (past) fence();
}

template <class T>
void prelu_backward(const T* g, const T* x, const T* weight, T* gx, double* partial, int64_t channels, int64_t inner, int64_t begin,
                    int64_t end, bool past) {
    for (int64_t row = begin; row < end; ++row) {
        const Vec<T> w = splat<T>(weight[row % channels]);
        const T *in = x + row * inner, *gr = g + row * inner;
        T* out = gx + row * inner;
        const bool by = past && aligned(out);
        double total = 0;
        Vec<T> sum{};
        int64_t since = 0;
        each<T>(inner, [&](int64_t i, int k) {
            const Vec<T> v = load_n<T>(in + i, k, 1), d = load_n<T>(gr + i, k, 0);
            const Mask<T> positive = v > Vec<T>{};
            const Vec<T> r = select<T>(positive, d, w * d);
            put_n<T>(out + i, r, k, by);
            sum += select<T>(positive, Vec<T>{}, v * d);
            if (++since == 64) {
                total += (double)sum_lanes<T>(sum);
                sum = Vec<T>{};
                since = 0;
            }
        });
        partial[row] = total + (double)sum_lanes<T>(sum);
    }
    if (past) fence();
}

#define F32(name) map<float, name##_forward>,
#define F64(name) map<double, name##_forward>,
#define B32(name) map_gradient<float, name##_backward>,
#define B64(name) map_gradient<double, name##_backward>,

}  // namespace

extern const ActivationTable activation_table;
const ActivationTable activation_table = {
    {{PLAIT_ACTIVATIONS(F32)},
     {PLAIT_ACTIVATION_GRADIENTS(B32)},
     softmax<float, false>,
     softmax<float, true>,
     softmax_gradient<float, false>,
     softmax_gradient<float, true>,
     prelu<float>,
     prelu_backward<float>},
    {{PLAIT_ACTIVATIONS(F64)},
     {PLAIT_ACTIVATION_GRADIENTS(B64)},
     softmax<double, false>,
     softmax<double, true>,
     softmax_gradient<double, false>,
     softmax_gradient<double, true>,
     prelu<double>,
     prelu_backward<double>},
    kLanes<float>,
    kLanes<double>,
};

}  // namespace plait::PLAIT_NS
