#include "kernels/norm.h"

#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

template <class T>
inline double lanes_to_double(Vec<T> v) {
    double s = 0;
    for (int i = 0; i < kLanes<T>; ++i) s += static_cast<double>(v[i]);
    return s;
}

// Stores that pass the caches by, for outputs that would not stay there; `p` is aligned to a vector. `fence` orders them.
#if defined(__clang__)
template <class T>
inline void store_past(T* p, Vec<T> v) {
    __builtin_nontemporal_store(v, reinterpret_cast<Vec<T>*>(p));
}
#elif defined(__AVX512F__) && PLAIT_VECTOR_BYTES == 64
inline void store_past(float* p, Vec<float> v) { __builtin_ia32_movntps512(p, v); }
inline void store_past(double* p, Vec<double> v) { __builtin_ia32_movntpd512(p, v); }
#elif defined(__AVX__) && PLAIT_VECTOR_BYTES == 32
inline void store_past(float* p, Vec<float> v) { __builtin_ia32_movntps256(p, v); }
inline void store_past(double* p, Vec<double> v) { __builtin_ia32_movntpd256(p, v); }
#elif defined(__SSE2__) && PLAIT_VECTOR_BYTES == 16
inline void store_past(float* p, Vec<float> v) { __builtin_ia32_movntps(p, v); }
inline void store_past(double* p, Vec<double> v) { __builtin_ia32_movntpd(p, v); }
#else
template <class T>
inline void store_past(T* p, Vec<T> v) {
    store<T>(p, v);
}
#endif
inline void fence() {
#if defined(__SSE2__)
    __builtin_ia32_sfence();
#endif
}

// y[i] = vec(i) or scalar(i) for i < n, past the caches where `past` says so.
template <class T, class Vector, class Scalar>
inline void write(T* y, int64_t n, bool past, Vector&& vec, Scalar&& scalar) {
    constexpr int L = kLanes<T>;
    int64_t i = 0;
    if (past && n >= 4 * L) {
        for (; reinterpret_cast<uintptr_t>(y + i) % PLAIT_VECTOR_BYTES; ++i) y[i] = scalar(i);
        for (; i + 2 * L <= n; i += 2 * L) {
            const Vec<T> a = vec(i), b = vec(i + L);
            store_past(y + i, a);
            store_past(y + i + L, b);
        }
    }
    for (; i + 2 * L <= n; i += 2 * L) {
        const Vec<T> a = vec(i), b = vec(i + L);
        store<T>(y + i, a);
        store<T>(y + i + L, b);
    }
    for (; i + L <= n; i += L) store<T>(y + i, vec(i));
    for (; i < n; ++i) y[i] = scalar(i);
}

// Four chains hide the latency of the sums.
template <class T>
struct Chains {
    Vec<T> a{}, b{}, c{}, d{};
    double tail = 0;
    double total() const { return lanes_to_double<T>((a + b) + (c + d)) + tail; }
};

template <class T, class Vector, class Scalar>
inline void accumulate(Chains<T>& s, int64_t n, Vector&& vec, Scalar&& scalar) {
    constexpr int L = kLanes<T>;
    int64_t i = 0;
    for (; i + 4 * L <= n; i += 4 * L) {
        s.a += vec(i);
        s.b += vec(i + L);
        s.c += vec(i + 2 * L);
        s.d += vec(i + 3 * L);
    }
    for (; i + L <= n; i += L) s.a += vec(i);
    for (; i < n; ++i) s.tail += static_cast<double>(scalar(i));
}

template <class T>
void moments(const T* x, int64_t runs, int64_t len, int64_t step, double* mean, double* m2) {
    Chains<T> sum;
    for (int64_t r = 0; r < runs; ++r) {
        const T* p = x + r * step;
        accumulate<T>(sum, len, [&](int64_t i) { return load<T>(p + i); }, [&](int64_t i) { return p[i]; });
    }
    const double n = static_cast<double>(runs * len), m = sum.total() / n;
    const T shift = static_cast<T>(m);
    const Vec<T> vshift = splat<T>(shift);
    Chains<T> sq;
    for (int64_t r = 0; r < runs; ++r) {
        const T* p = x + r * step;
        accumulate<T>(
            sq, len,
            [&](int64_t i) {
                const Vec<T> d = load<T>(p + i) - vshift;
                return d * d;
            },
            [&](int64_t i) {
                const T d = p[i] - shift;
                return d * d;
            });
    }
    const double off = m - static_cast<double>(shift), q = sq.total() - n * off * off;
    *mean = m;
    *m2 = q < 0 ? 0 : q;
}

template <class T>
double squares(const T* x, int64_t n) {
    double total = 0;
    for (int64_t at = 0; at < n; at += kNormBlock) {
        const T* p = x + at;
        Chains<T> sq;
        accumulate<T>(
            sq, n - at < kNormBlock ? n - at : kNormBlock,
            [&](int64_t i) {
                const Vec<T> v = load<T>(p + i);
                return v * v;
            },
            [&](int64_t i) { return p[i] * p[i]; });
        total += sq.total();
    }
    return total;
}

template <class T, int W>
inline void moments_columns(const T* x, int64_t rows, int64_t step, double* mean, double* m2) {
    constexpr int L = kLanes<T>;
    Vec<T> s[W], shift[W], q[W];
    for (int k = 0; k < W; ++k) s[k] = q[k] = Vec<T>{};
    for (int64_t r = 0; r < rows; ++r)
        for (int k = 0; k < W; ++k) s[k] += load<T>(x + r * step + k * L);
    const T inv = T(1) / static_cast<T>(rows);
    for (int k = 0; k < W; ++k) shift[k] = s[k] * splat<T>(inv);
    // Second sums of the differences themselves correct the rounding of the first mean.
    for (int k = 0; k < W; ++k) s[k] = Vec<T>{};
    for (int64_t r = 0; r < rows; ++r)
        for (int k = 0; k < W; ++k) {
            const Vec<T> d = load<T>(x + r * step + k * L) - shift[k];
            s[k] += d;
            q[k] += d * d;
        }
    for (int k = 0; k < W; ++k)
        for (int i = 0; i < L; ++i) {
            const double off = static_cast<double>(s[k][i]) / static_cast<double>(rows);
            const double v = static_cast<double>(q[k][i]) - static_cast<double>(rows) * off * off;
            mean[k * L + i] = static_cast<double>(shift[k][i]) + off;
            m2[k * L + i] = v < 0 ? 0 : v;
        }
}

template <class T>
void moments_last(const T* x, int64_t rows, int64_t channels, int64_t step, double* mean, double* m2) {
    constexpr int L = kLanes<T>;
    int64_t c = 0;
    for (; c + 4 * L <= channels; c += 4 * L) moments_columns<T, 4>(x + c, rows, step, mean + c, m2 + c);
    for (; c + L <= channels; c += L) moments_columns<T, 1>(x + c, rows, step, mean + c, m2 + c);
    for (; c < channels; ++c) {
        double s = 0, q = 0;
        for (int64_t r = 0; r < rows; ++r) s += static_cast<double>(x[r * step + c]);
        const double m = s / static_cast<double>(rows);
        for (int64_t r = 0; r < rows; ++r) {
            const double d = static_cast<double>(x[r * step + c]) - m;
            q += d * d;
        }
        mean[c] = m;
        m2[c] = q;
    }
}

template <class T>
void affine(const T* x, T* y, int64_t n, T scale, T shift, bool past) {
    const Vec<T> s = splat<T>(scale), b = splat<T>(shift);
    write<T>(y, n, past, [&](int64_t i) { return fma<T>(load<T>(x + i), s, b); }, [&](int64_t i) { return x[i] * scale + shift; });
    if (past) fence();
}

template <class T>
void affine_last(const T* x, T* y, int64_t rows, int64_t channels, const T* scale, const T* shift, bool past) {
    for (int64_t r = 0; r < rows; ++r, x += channels, y += channels)
        write<T>(
            y, channels, past, [&](int64_t c) { return fma<T>(load<T>(x + c), load<T>(scale + c), load<T>(shift + c)); },
            [&](int64_t c) { return x[c] * scale[c] + shift[c]; });
    if (past) fence();
}

template <class T, bool HasW, bool HasB>
inline void affine_row_of(const T* x, T* y, int64_t n, T mean, T scale, const T* w, const T* b, bool past) {
    const Vec<T> m = splat<T>(mean), s = splat<T>(scale);
    write<T>(
        y, n, past,
        [&](int64_t i) {
            Vec<T> v = (load<T>(x + i) - m) * s;
            if (HasW) v = v * load<T>(w + i);
            if (HasB) v = v + load<T>(b + i);
            return v;
        },
        [&](int64_t i) {
            T v = (x[i] - mean) * scale;
            if (HasW) v = v * w[i];
            if (HasB) v = v + b[i];
            return v;
        });
}

template <class T>
void affine_row(const T* x, T* y, int64_t n, T mean, T scale, const T* w, const T* b, bool past) {
    if (w && b)
        affine_row_of<T, true, true>(x, y, n, mean, scale, w, b, past);
    else if (w)
        affine_row_of<T, true, false>(x, y, n, mean, scale, w, b, past);
    else if (b)
        affine_row_of<T, false, true>(x, y, n, mean, scale, w, b, past);
    else
        affine_row_of<T, false, false>(x, y, n, mean, scale, w, b, past);
    if (past) fence();
}

template <class T>
void grad_sums(const T* dy, const T* x, int64_t runs, int64_t len, int64_t step, T mean, double* sum, double* dot) {
    constexpr int L = kLanes<T>;
    const Vec<T> m = splat<T>(mean);
    Vec<T> s0{}, s1{}, d0{}, d1{};
    double ts = 0, td = 0;
    for (int64_t r = 0; r < runs; ++r) {
        const T *g = dy + r * step, *p = x + r * step;
        int64_t i = 0;
        for (; i + 2 * L <= len; i += 2 * L) {
            const Vec<T> g0 = load<T>(g + i), g1 = load<T>(g + i + L);
            s0 += g0;
            s1 += g1;
            d0 += g0 * (load<T>(p + i) - m);
            d1 += g1 * (load<T>(p + i + L) - m);
        }
        for (; i + L <= len; i += L) {
            const Vec<T> g0 = load<T>(g + i);
            s0 += g0;
            d0 += g0 * (load<T>(p + i) - m);
        }
        for (; i < len; ++i) {
            ts += static_cast<double>(g[i]);
            td += static_cast<double>(g[i] * (p[i] - mean));
        }
    }
    *sum = lanes_to_double<T>(s0 + s1) + ts;
    *dot = lanes_to_double<T>(d0 + d1) + td;
}

template <class T, int W>
inline void grad_sums_columns(const T* dy, const T* x, int64_t rows, int64_t step, const T* mean, double* sum, double* dot) {
    constexpr int L = kLanes<T>;
    Vec<T> s[W], d[W], m[W];
    for (int k = 0; k < W; ++k) {
        s[k] = d[k] = Vec<T>{};
        m[k] = load<T>(mean + k * L);
    }
    for (int64_t r = 0; r < rows; ++r)
        for (int k = 0; k < W; ++k) {
            const Vec<T> g = load<T>(dy + r * step + k * L);
            s[k] += g;
            d[k] += g * (load<T>(x + r * step + k * L) - m[k]);
        }
    for (int k = 0; k < W; ++k)
        for (int i = 0; i < L; ++i) {
            sum[k * L + i] = static_cast<double>(s[k][i]);
            dot[k * L + i] = static_cast<double>(d[k][i]);
        }
}

template <class T>
void grad_sums_last(const T* dy, const T* x, int64_t rows, int64_t channels, int64_t step, const T* mean, double* sum, double* dot) {
    constexpr int L = kLanes<T>;
    int64_t c = 0;
    for (; c + 4 * L <= channels; c += 4 * L) grad_sums_columns<T, 4>(dy + c, x + c, rows, step, mean + c, sum + c, dot + c);
    for (; c + L <= channels; c += L) grad_sums_columns<T, 1>(dy + c, x + c, rows, step, mean + c, sum + c, dot + c);
    for (; c < channels; ++c) {
        double s = 0, d = 0;
        for (int64_t r = 0; r < rows; ++r) {
            const double g = static_cast<double>(dy[r * step + c]);
            s += g;
            d += g * (static_cast<double>(x[r * step + c]) - static_cast<double>(mean[c]));
        }
        sum[c] = s;
        dot[c] = d;
    }
}

template <class T>
void grad_input(const T* dy, const T* x, T* dx, int64_t n, T mean, T a, T b, T scale, bool past) {
    const Vec<T> m = splat<T>(mean), va = splat<T>(a), vb = splat<T>(b), s = splat<T>(scale);
    write<T>(
        dx, n, past, [&](int64_t i) { return (load<T>(dy + i) - va - (load<T>(x + i) - m) * vb) * s; },
        [&](int64_t i) { return (dy[i] - a - (x[i] - mean) * b) * scale; });
    if (past) fence();
}

template <class T>
void grad_scaled(const T* dy, const T* x, T* dx, int64_t n, T mean, T a, T b, T w, T scale, bool past) {
    const Vec<T> m = splat<T>(mean), va = splat<T>(a), vb = splat<T>(b), vw = splat<T>(w), s = splat<T>(scale);
    write<T>(
        dx, n, past, [&](int64_t i) { return (load<T>(dy + i) * vw - va - (load<T>(x + i) - m) * vb) * s; },
        [&](int64_t i) { return (dy[i] * w - a - (x[i] - mean) * b) * scale; });
    if (past) fence();
}

template <class T>
void grad_input_last(const T* dy, const T* x, T* dx, int64_t rows, int64_t channels, const T* mean, const T* a, const T* b, const T* scale,
                     bool past) {
    for (int64_t r = 0; r < rows; ++r, x += channels, dy += channels, dx += channels)
        write<T>(
            dx, channels, past,
            [&](int64_t c) {
                return (load<T>(dy + c) - load<T>(a + c) - (load<T>(x + c) - load<T>(mean + c)) * load<T>(b + c)) * load<T>(scale + c);
            },
            [&](int64_t c) { return (dy[c] - a[c] - (x[c] - mean[c]) * b[c]) * scale[c]; });
    if (past) fence();
}

template <class T>
void row_sums(const T* dy, const T* x, const T* w, int64_t n, T mean, T rstd, T* dw, T* db, double* sum, double* dot) {
    constexpr int L = kLanes<T>;
    const Vec<T> m = splat<T>(mean), rs = splat<T>(rstd);
    Vec<T> s{}, d{};
    double ts = 0, td = 0;
    int64_t i = 0;
    for (; i + L <= n; i += L) {
        const Vec<T> g = load<T>(dy + i), c = load<T>(x + i) - m;
        const Vec<T> gw = w ? g * load<T>(w + i) : g;
        s += gw;
        d += gw * c;
        if (dw) store<T>(dw + i, load<T>(dw + i) + g * c * rs);
        if (db) store<T>(db + i, load<T>(db + i) + g);
    }
    for (; i < n; ++i) {
        const T c = x[i] - mean, gw = w ? dy[i] * w[i] : dy[i];
        ts += static_cast<double>(gw);
        td += static_cast<double>(gw * c);
        if (dw) dw[i] += dy[i] * c * rstd;
        if (db) db[i] += dy[i];
    }
    *sum = lanes_to_double<T>(s) + ts;
    *dot = lanes_to_double<T>(d) + td;
}

template <class T>
void row_input(const T* dy, const T* x, const T* w, T* dx, int64_t n, T mean, T a, T b, T scale, bool past) {
    if (!w) return grad_input<T>(dy, x, dx, n, mean, a, b, scale, past);
    const Vec<T> m = splat<T>(mean), va = splat<T>(a), vb = splat<T>(b), s = splat<T>(scale);
    write<T>(
        dx, n, past, [&](int64_t i) { return (load<T>(dy + i) * load<T>(w + i) - va - (load<T>(x + i) - m) * vb) * s; },
        [&](int64_t i) { return (dy[i] * w[i] - a - (x[i] - mean) * b) * scale; });
    if (past) fence();
}

template <class T>
void window_sum(const T* x, T* out, int64_t channels, int64_t step, int64_t n, int64_t before, int64_t after) {
    constexpr int L = kLanes<T>;
    for (int64_t c = 0; c < channels; ++c) {
        const int64_t lo = c - before < 0 ? 0 : c - before, hi = c + after >= channels ? channels - 1 : c + after;
        T* o = out + c * step;
        int64_t i = 0;
        for (; i + L <= n; i += L) {
            Vec<T> s{};
            for (int64_t k = lo; k <= hi; ++k) s += load<T>(x + k * step + i);
            store<T>(o + i, s);
        }
        for (; i < n; ++i) {
            T s = 0;
            for (int64_t k = lo; k <= hi; ++k) s += x[k * step + i];
            o[i] = s;
        }
    }
}

template <class T>
constexpr NormFns<T> functions() {
    return {moments<T>,        squares<T>,    moments_last<T>, affine<T>,          affine_last<T>, affine_row<T>, grad_sums<T>,
            grad_sums_last<T>, grad_input<T>, grad_scaled<T>,  grad_input_last<T>, row_sums<T>,    row_input<T>,  window_sum<T>};
}

}  // namespace

extern const NormTable norm_table;
const NormTable norm_table = {functions<float>(), functions<double>()};

}  // namespace plait::PLAIT_NS
