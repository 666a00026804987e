#include "kernels/elementwise.h"

#include "simd/math.h"

namespace plait::PLAIT_NS {
namespace {

// ---- binary ---------------------------------------------------------------------------------------------------------

#define ARITHMETIC(name, expression)                        \
    struct name##_op {                                      \
        template <class T>                                  \
        using Result = T;                                   \
        template <class T, class V>                         \
        static inline V f(V a, V b, [[maybe_unused]] V k) { \
            return expression;                              \
        }                                                   \
    };
ARITHMETIC(add, a + b * k)
ARITHMETIC(sub, a - b * k)
ARITHMETIC(mul, a* b)
ARITHMETIC(div, a / b)
ARITHMETIC(maximum, vmax_nan<T>(a, b))
ARITHMETIC(minimum, vmin_nan<T>(a, b))
struct plain_add_op {
    template <class T, class V>
    static inline V f(V a, V b, V) {
        return a + b;
    }
};
struct plain_sub_op {
    template <class T, class V>
    static inline V f(V a, V b, V) {
        return a - b;
    }
};

enum Form { kArrays, kRightNumber, kLeftNumber };

template <class T, class F, Form form>
void arithmetic_loop(const T* a, const T* b, T* z, int64_t n, T alpha) {
    const Vec<T> k = splat<T>(alpha), left = splat<T>(form == kLeftNumber ? *a : T(0)), right = splat<T>(form == kRightNumber ? *b : T(0));
    int64_t i = 0;
    for (; i + kLanes<T> <= n; i += kLanes<T>)
        store<T>(z + i, F::template f<T>(form == kLeftNumber ? left : load<T>(a + i), form == kRightNumber ? right : load<T>(b + i), k));
    if (i < n) {
        const int m = static_cast<int>(n - i);
        const Vec<T> x = form == kLeftNumber ? left : load_part<T>(a + i, m);
        const Vec<T> y = form == kRightNumber ? right : load_part<T>(b + i, m);
        store_part<T>(z + i, F::template f<T>(x, y, k), m);
    }
}

template <class T, class F, Form form>
void arithmetic(const T* a, const T* b, void* z, int64_t n, T alpha) {
    arithmetic_loop<T, F, form>(a, b, static_cast<T*>(z), n, alpha);
}
// alpha is nearly always 1, and without the product an infinite b times 0 cannot arise.
template <class T, class F, class Plain, Form form>
void scaled(const T* a, const T* b, void* z, int64_t n, T alpha) {
    if (alpha == 1)
        arithmetic_loop<T, Plain, form>(a, b, static_cast<T*>(z), n, alpha);
    else
        arithmetic_loop<T, F, form>(a, b, static_cast<T*>(z), n, alpha);
}

#define COMPARISON(name, operation)         \
    struct name##_op {                      \
        template <class T>                  \
        static inline uint8_t f(T a, T b) { \
            return a operation b;           \
        }                                   \
    };
COMPARISON(eq, ==)
COMPARISON(ne, !=)
COMPARISON(lt, <)
COMPARISON(le, <=)
COMPARISON(gt, >)
COMPARISON(ge, >=)

template <class T, class F, Form form>
void comparison(const T* a, const T* b, void* z, int64_t n, T) {
    uint8_t* __restrict out = static_cast<uint8_t*>(z);
    const T left = form == kLeftNumber ? *a : T(0), right = form == kRightNumber ? *b : T(0);
    for (int64_t i = 0; i < n; ++i) out[i] = F::template f<T>(form == kLeftNumber ? left : a[i], form == kRightNumber ? right : b[i]);
}

// ---- unary ----------------------------------------------------------------------------------------------------------

template <class T>
inline Vec<T> constant(double v) {
    return splat<T>((T)v);
}

#define UNARY(name, ...)                   \
    struct name##_fn {                     \
        template <class T>                 \
        static inline Vec<T> f(Vec<T> x) { \
            __VA_ARGS__                    \
        }                                  \
    };

UNARY(neg, return -x;)
UNARY(abs, return vabs<T>(x);)
// NaN has no sign: it stays.
UNARY(sign, return select<T>(x > Vec<T>{}, constant<T>(1), select<T>(x < Vec<T>{}, constant<T>(-1), select<T>(x == x, Vec<T>{}, x)));)
UNARY(square, return x * x;)
UNARY(sqrt, return vsqrt<T>(x);)
UNARY(rsqrt, return constant<T>(1) / vsqrt<T>(x);)
UNARY(reciprocal, return constant<T>(1) / x;)
UNARY(exp, return vexp<T>(x);)
UNARY(expm1, return vexpm1<T>(x);)
UNARY(log, return vlog<T>(x);)
UNARY(log1p, return vlog1p<T>(x);)
UNARY(erf, return verf<T>(x);)

// Giles' approximation (GPU Computing Gems, 2011), then two Newton steps.
UNARY(erfinv, const Vec<T> one = constant<T>(1); const Vec<T> w = -vlog<T>((one - x) * (one + x));
      static constexpr T central[] = {T(1.50140941), T(0.246640727), T(-0.00417768164), T(-0.00125372503), T(0.000218580870),
                                      T(-4.39150654e-6), T(-3.5233877e-6), T(3.43273939e-7), T(2.81022636e-8)};
      static constexpr T tail[] = {T(2.83297682), T(1.00167406), T(0.00943887047), T(-0.0076224613), T(0.00573950773), T(-0.00367342844),
                                   T(0.00134934322), T(0.000100950558), T(-0.000200214257)};
      const Vec<T> near = polynomial<T>(w - constant<T>(2.5), central) * x;
      const Vec<T> far = polynomial<T>(vsqrt<T>(at_least<T>(w, T(5))) - constant<T>(3), tail) * x;
      Vec<T> y = select<T>(w < constant<T>(5), near, far);
      for (int i = 0; i < 2; ++i) y -= (verf<T>(y) - x) / (constant<T>(1.12837916709551257) * vexp<T>(-y * y));
      y = select<T>(vabs<T>(x) == one, copy_sign<T>(splat<T>(Fp<T>::inf), x), y);
      return select<T>(vabs<T>(x) > one, splat<T>((T)__builtin_nan("")), y);)

inline float floor_of(float x) { return __builtin_floorf(x); }
inline double floor_of(double x) { return __builtin_floor(x); }
inline float ceil_of(float x) { return __builtin_ceilf(x); }
inline double ceil_of(double x) { return __builtin_ceil(x); }
inline float trunc_of(float x) { return __builtin_truncf(x); }
inline double trunc_of(double x) { return __builtin_trunc(x); }
inline float round_of(float x) { return __builtin_rintf(x); }
inline double round_of(double x) { return __builtin_rint(x); }
inline float log2_of(float x) { return __builtin_log2f(x); }
inline double log2_of(double x) { return __builtin_log2(x); }
inline float log10_of(float x) { return __builtin_log10f(x); }
inline double log10_of(double x) { return __builtin_log10(x); }

template <class T, class F>
void vector_map(const T* x, T* y, int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + kLanes<T> <= end; i += kLanes<T>) store<T>(y + i, F::template f<T>(load<T>(x + i)));
    if (i < end) {
        const int n = static_cast<int>(end - i);
        store_part<T>(y + i, F::template f<T>(load_part<T>(x + i, n, T(1))), n);
    }
}

// Floats by way of double, rounded once at the end: nearly always the float nearest to the true value, as PyTorch's results are.
template <class F>
void widened_map(const float* x, float* y, int64_t begin, int64_t end) {
    constexpr int64_t n = kLanes<double>;
    int64_t i = begin;
    for (; i + n <= end; i += n) store_narrow(y + i, F::template f<double>(load_wide(x + i)));
    if (i < end) {
        float part[n];
        for (int64_t k = 0; k < n; ++k) part[k] = i + k < end ? x[i + k] : 1.0f;
        store_narrow(part, F::template f<double>(load_wide(part)));
        for (int64_t k = 0; i + k < end; ++k) y[i + k] = part[k];
    }
}
template <class T, class F>
void exact_map(const T* x, T* y, int64_t begin, int64_t end) {
    if constexpr (sizeof(T) == sizeof(float))
        widened_map<F>(x, y, begin, end);
    else
        vector_map<T, F>(x, y, begin, end);
}

template <class T, T (*f)(T)>
void scalar_map(const T* x, T* y, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = f(x[i]);
}

template <class T>
constexpr ElementwiseFns<T> functions() {
    return {
        {
            {scaled<T, add_op, plain_add_op, kArrays>, scaled<T, add_op, plain_add_op, kRightNumber>,
             scaled<T, add_op, plain_add_op, kLeftNumber>},
            {scaled<T, sub_op, plain_sub_op, kArrays>, scaled<T, sub_op, plain_sub_op, kRightNumber>,
             scaled<T, sub_op, plain_sub_op, kLeftNumber>},
            {arithmetic<T, mul_op, kArrays>, arithmetic<T, mul_op, kRightNumber>, arithmetic<T, mul_op, kLeftNumber>},
            {arithmetic<T, div_op, kArrays>, arithmetic<T, div_op, kRightNumber>, arithmetic<T, div_op, kLeftNumber>},
            {arithmetic<T, maximum_op, kArrays>, arithmetic<T, maximum_op, kRightNumber>, arithmetic<T, maximum_op, kLeftNumber>},
            {arithmetic<T, minimum_op, kArrays>, arithmetic<T, minimum_op, kRightNumber>, arithmetic<T, minimum_op, kLeftNumber>},
            {comparison<T, eq_op, kArrays>, comparison<T, eq_op, kRightNumber>, comparison<T, eq_op, kLeftNumber>},
            {comparison<T, ne_op, kArrays>, comparison<T, ne_op, kRightNumber>, comparison<T, ne_op, kLeftNumber>},
            {comparison<T, lt_op, kArrays>, comparison<T, lt_op, kRightNumber>, comparison<T, lt_op, kLeftNumber>},
            {comparison<T, le_op, kArrays>, comparison<T, le_op, kRightNumber>, comparison<T, le_op, kLeftNumber>},
            {comparison<T, gt_op, kArrays>, comparison<T, gt_op, kRightNumber>, comparison<T, gt_op, kLeftNumber>},
            {comparison<T, ge_op, kArrays>, comparison<T, ge_op, kRightNumber>, comparison<T, ge_op, kLeftNumber>},
        },
        {vector_map<T, neg_fn>, vector_map<T, abs_fn>, vector_map<T, sign_fn>, vector_map<T, square_fn>, vector_map<T, sqrt_fn>,
         vector_map<T, rsqrt_fn>, vector_map<T, reciprocal_fn>, exact_map<T, exp_fn>, exact_map<T, expm1_fn>, exact_map<T, log_fn>,
         exact_map<T, log1p_fn>, scalar_map<T, log2_of>, scalar_map<T, log10_of>, exact_map<T, erf_fn>, exact_map<T, erfinv_fn>,
         scalar_map<T, floor_of>, scalar_map<T, ceil_of>, scalar_map<T, trunc_of>, scalar_map<T, round_of>},
    };
}

}  // namespace

extern const ElementwiseTable elementwise_table;
const ElementwiseTable elementwise_table = {functions<float>(), functions<double>()};

}  // namespace plait::PLAIT_NS
