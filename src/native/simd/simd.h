// The SIMD wrapper: one vector type per element type, from the compiler's vector extensions (GCC and Clang), PLAIT_VECTOR_BYTES wide.
// Included by kernels only, inside nothing: it opens plait::PLAIT_NS and an anonymous namespace, so every ISA has its own copies
// and no symbol is weak.
#pragma once
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <immintrin.h>  // always-inline functions only
#endif

#ifndef PLAIT_VECTOR_BYTES
#define PLAIT_VECTOR_BYTES 16
#define PLAIT_NS baseline
#endif

namespace plait::PLAIT_NS {
namespace {

template <class T>
struct IntOf;
template <>
struct IntOf<float> {
    using type = int32_t;
};
template <>
struct IntOf<double> {
    using type = int64_t;
};
template <>
struct IntOf<int32_t> {
    using type = int32_t;
};
template <>
struct IntOf<int64_t> {
    using type = int64_t;
};

template <class T>
struct VecOf {
    typedef T type __attribute__((vector_size(PLAIT_VECTOR_BYTES)));
    typedef T unaligned __attribute__((vector_size(PLAIT_VECTOR_BYTES), aligned(sizeof(T)), may_alias));
};
template <class T>
using Vec = typename VecOf<T>::type;  // values; arithmetic operators work per lane
template <class T>
using Mask = Vec<typename IntOf<T>::type>;  // comparisons give all-ones or zero per lane
template <class T>
constexpr int kLanes = PLAIT_VECTOR_BYTES / sizeof(T);

template <class T>
inline Vec<T> load(const T* p) {
    return *reinterpret_cast<const typename VecOf<T>::unaligned*>(p);
}
template <class T>
inline void store(T* p, Vec<T> v) {
    *reinterpret_cast<typename VecOf<T>::unaligned*>(p) = v;
}
template <class T>
inline Vec<T> splat(T x) {
    return x - Vec<T>{};  // not a sum with zero, which would lose the sign of -0.0
}
template <class T>
inline Vec<T> load_part(const T* p, int n, T fill = T(0)) {  // first n lanes, the others `fill`
    Vec<T> v = splat<T>(fill);
    __builtin_memcpy(&v, p, static_cast<size_t>(n) * sizeof(T));
    return v;
}
template <class T>
inline void store_part(T* p, Vec<T> v, int n) {
    __builtin_memcpy(p, &v, static_cast<size_t>(n) * sizeof(T));
}
#if defined(__AVX512F__)
template <>
inline Vec<float> load_part<float>(const float* p, int n, float fill) {
    return (Vec<float>)_mm512_mask_loadu_ps(_mm512_set1_ps(fill), (__mmask16)((1u << n) - 1), p);
}
template <>
inline Vec<double> load_part<double>(const double* p, int n, double fill) {
    return (Vec<double>)_mm512_mask_loadu_pd(_mm512_set1_pd(fill), (__mmask8)((1u << n) - 1), p);
}
template <>
inline void store_part<float>(float* p, Vec<float> v, int n) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
}
template <>
inline void store_part<double>(double* p, Vec<double> v, int n) {
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)v);
}
#elif defined(__AVX2__)
template <>
inline Vec<float> load_part<float>(const float* p, int n, float fill) {
    const __m256i m = _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return (Vec<float>)_mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(p, m), _mm256_castsi256_ps(m));
}
template <>
inline Vec<double> load_part<double>(const double* p, int n, double fill) {
    const __m256i m = _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
    return (Vec<double>)_mm256_blendv_pd(_mm256_set1_pd(fill), _mm256_maskload_pd(p, m), _mm256_castsi256_pd(m));
}
template <>
inline void store_part<float>(float* p, Vec<float> v, int n) {
    _mm256_maskstore_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)), (__m256)v);
}
template <>
inline void store_part<double>(double* p, Vec<double> v, int n) {
    _mm256_maskstore_pd(p, _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3)), (__m256d)v);
}
#endif
// Lanes [lo, hi) of p, the others zero and not read.
template <class T>
inline Vec<T> load_between(const T* p, int lo, int hi) {
    Vec<T> v{};
    for (int i = lo; i < hi; ++i) v[i] = p[i];
    return v;
}
#if defined(__AVX512F__)
template <>
inline Vec<float> load_between<float>(const float* p, int lo, int hi) {
    return (Vec<float>)_mm512_maskz_loadu_ps((__mmask16)(((1u << hi) - 1) & ~((1u << lo) - 1)), p);
}
template <>
inline Vec<double> load_between<double>(const double* p, int lo, int hi) {
    return (Vec<double>)_mm512_maskz_loadu_pd((__mmask8)(((1u << hi) - 1) & ~((1u << lo) - 1)), p);
}
#elif defined(__AVX2__)
template <>
inline Vec<float> load_between<float>(const float* p, int lo, int hi) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i m =
        _mm256_and_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(hi), lane), _mm256_cmpgt_epi32(lane, _mm256_set1_epi32(lo - 1)));
    return (Vec<float>)_mm256_maskload_ps(p, m);
}
template <>
inline Vec<double> load_between<double>(const double* p, int lo, int hi) {
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    const __m256i m =
        _mm256_and_si256(_mm256_cmpgt_epi64(_mm256_set1_epi64x(hi), lane), _mm256_cmpgt_epi64(lane, _mm256_set1_epi64x(lo - 1)));
    return (Vec<double>)_mm256_maskload_pd(p, m);
}
#endif
// n lanes, most often all of them.
template <class T>
inline Vec<T> load_n(const T* p, int n, T fill = T(0)) {
    return n == kLanes<T> ? load<T>(p) : load_part<T>(p, n, fill);
}
template <class T>
inline void store_n(T* p, Vec<T> v, int n) {
    if (n == kLanes<T>)
        store<T>(p, v);
    else
        store_part<T>(p, v, n);
}
template <class T, class F>
inline void each(int64_t n, F f) {  // f(offset, lanes in use)
    int64_t i = 0;
    for (; i + kLanes<T> <= n; i += kLanes<T>) f(i, kLanes<T>);
    if (i < n) f(i, static_cast<int>(n - i));
}
template <class T>
inline Vec<T> select(Mask<T> m, Vec<T> a, Vec<T> b) {  // m ? a : b
    return (Vec<T>)(((Mask<T>)a & m) | ((Mask<T>)b & ~m));
}
template <class T>
inline Vec<T> vmax(Vec<T> a, Vec<T> b) {  // a where a > b, else b: a NaN in `a` is dropped, a NaN in `b` stays
    return select<T>(a > b, a, b);
}
template <class T>
inline Vec<T> vmin(Vec<T> a, Vec<T> b) {
    return select<T>(a < b, a, b);
}
#if defined(__SSE2__)  // one instruction, with just these rules for NaN
#if defined(__AVX512F__)
#define PLAIT_EXTREME(which, suffix, type) _mm512_##which##_##suffix((type)a, (type)b)
#define PLAIT_FLOATS __m512
#define PLAIT_DOUBLES __m512d
#elif defined(__AVX2__)
#define PLAIT_EXTREME(which, suffix, type) _mm256_##which##_##suffix((type)a, (type)b)
#define PLAIT_FLOATS __m256
#define PLAIT_DOUBLES __m256d
#else
#define PLAIT_EXTREME(which, suffix, type) _mm_##which##_##suffix((type)a, (type)b)
#define PLAIT_FLOATS __m128
#define PLAIT_DOUBLES __m128d
#endif
template <>
inline Vec<float> vmax<float>(Vec<float> a, Vec<float> b) {
    return (Vec<float>)PLAIT_EXTREME(max, ps, PLAIT_FLOATS);
}
template <>
inline Vec<double> vmax<double>(Vec<double> a, Vec<double> b) {
    return (Vec<double>)PLAIT_EXTREME(max, pd, PLAIT_DOUBLES);
}
template <>
inline Vec<float> vmin<float>(Vec<float> a, Vec<float> b) {
    return (Vec<float>)PLAIT_EXTREME(min, ps, PLAIT_FLOATS);
}
template <>
inline Vec<double> vmin<double>(Vec<double> a, Vec<double> b) {
    return (Vec<double>)PLAIT_EXTREME(min, pd, PLAIT_DOUBLES);
}
#undef PLAIT_EXTREME
#undef PLAIT_FLOATS
#undef PLAIT_DOUBLES
#endif
// Lanes of v at `at`, each in [0, lanes); where the ISA has no such instruction, kPermutes is false.
template <class T>
constexpr bool kPermutes = false;
template <class T>
inline Vec<T> permute(Vec<T> v, Mask<T> at) {
    Vec<T> r{};
    for (int i = 0; i < kLanes<T>; ++i) r[i] = v[at[i] & (kLanes<T> - 1)];
    return r;
}
// The same of two vectors, lanes in [0, 2 * lanes).
template <class T>
constexpr bool kPermutesTwo = false;
template <class T>
inline Vec<T> permute(Vec<T> v, Vec<T> u, Mask<T> at) {
    Vec<T> r{};
    for (int i = 0; i < kLanes<T>; ++i) r[i] = at[i] & kLanes<T> ? u[at[i] & (kLanes<T> - 1)] : v[at[i] & (kLanes<T> - 1)];
    return r;
}
#if defined(__AVX512F__)
template <>
constexpr bool kPermutesTwo<float> = true;
template <>
constexpr bool kPermutesTwo<double> = true;
template <>
inline Vec<float> permute<float>(Vec<float> v, Vec<float> u, Mask<float> at) {
    return (Vec<float>)_mm512_permutex2var_ps((__m512)v, (__m512i)at, (__m512)u);
}
template <>
inline Vec<double> permute<double>(Vec<double> v, Vec<double> u, Mask<double> at) {
    return (Vec<double>)_mm512_permutex2var_pd((__m512d)v, (__m512i)at, (__m512d)u);
}
template <>
constexpr bool kPermutes<float> = true;
template <>
constexpr bool kPermutes<double> = true;
template <>
inline Vec<float> permute<float>(Vec<float> v, Mask<float> at) {
    return (Vec<float>)_mm512_permutexvar_ps((__m512i)at, (__m512)v);
}
template <>
inline Vec<double> permute<double>(Vec<double> v, Mask<double> at) {
    return (Vec<double>)_mm512_permutexvar_pd((__m512i)at, (__m512d)v);
}
#elif defined(__AVX2__)
template <>
constexpr bool kPermutes<float> = true;
template <>
inline Vec<float> permute<float>(Vec<float> v, Mask<float> at) {
    return (Vec<float>)_mm256_permutevar8x32_ps((__m256)v, (__m256i)at);
}
#endif
// Bit i is lane i of a comparison.
template <class T>
inline unsigned lane_bits(Mask<T> m) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) return _mm512_movepi32_mask((__m512i)m);
    if constexpr (sizeof(T) == 8) return _mm512_movepi64_mask((__m512i)m);
#elif defined(__AVX2__)
    if constexpr (sizeof(T) == 4) return (unsigned)_mm256_movemask_ps((__m256)m);
    if constexpr (sizeof(T) == 8) return (unsigned)_mm256_movemask_pd((__m256d)m);
#elif defined(__SSE2__)
    if constexpr (sizeof(T) == 4) return (unsigned)_mm_movemask_ps((__m128)m);
    if constexpr (sizeof(T) == 8) return (unsigned)_mm_movemask_pd((__m128d)m);
#else
    unsigned bits = 0;
    for (int i = 0; i < kLanes<T>; ++i) bits |= (unsigned)(m[i] != 0) << i;
    return bits;
#endif
}
template <class T>
inline unsigned equal_bits(Vec<T> a, Vec<T> b) {
#if defined(__AVX512F__)  // the compiler would go through a vector
    if constexpr (sizeof(T) == 4) return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_EQ_OQ);
    if constexpr (sizeof(T) == 8) return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_EQ_OQ);
#endif
    return lane_bits<T>(a == b);
}
template <class T>
inline Mask<T> mask_of_bits(unsigned bits) {
    using I = typename IntOf<T>::type;
    Mask<T> one{};
    for (int i = 0; i < kLanes<T>; ++i) one[i] = static_cast<I>(1u << i);
    return (splat<I>(static_cast<I>(bits)) & one) != 0;
}
// Lane i is a + b where bit i is set, a elsewhere.
template <class T>
inline Vec<T> add_where(Vec<T> a, unsigned bits, Vec<T> b) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) return (Vec<T>)_mm512_mask_add_ps((__m512)a, (__mmask16)bits, (__m512)a, (__m512)b);
    if constexpr (sizeof(T) == 8) return (Vec<T>)_mm512_mask_add_pd((__m512d)a, (__mmask8)bits, (__m512d)a, (__m512d)b);
#endif
    return mask_of_bits<T>(bits) ? a + b : a;
}
// The lanes whose bits are set to p.
template <class T>
inline void store_where(T* p, unsigned bits, Vec<T> v) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        _mm512_mask_storeu_ps(p, (__mmask16)bits, (__m512)v);
    else
        _mm512_mask_storeu_pd(p, (__mmask8)bits, (__m512d)v);
#elif defined(__AVX2__)
    if constexpr (sizeof(T) == 4)
        _mm256_maskstore_ps(p, (__m256i)mask_of_bits<T>(bits), (__m256)v);
    else
        _mm256_maskstore_pd(p, (__m256i)mask_of_bits<T>(bits), (__m256d)v);
#else
    for (int i = 0; i < kLanes<T>; ++i)
        if (bits >> i & 1) p[i] = v[i];
#endif
}
template <class T>
inline Vec<T> vmax_nan(Vec<T> a, Vec<T> b) {  // NaN if either is
    return select<T>((a > b) | (a != a), a, b);
}
template <class T>
inline Vec<T> vmin_nan(Vec<T> a, Vec<T> b) {
    return select<T>((a < b) | (a != a), a, b);
}
template <class T>
inline Vec<T> vabs(Vec<T> a) {
    using I = typename IntOf<T>::type;
    return (Vec<T>)((Mask<T>)a & splat<I>((I)(~((uint64_t)1 << (sizeof(T) * 8 - 1)))));
}
// A whole vector of doubles from floats, and back, rounded.
inline Vec<double> load_wide(const float* p) {
    Vec<double> v;
#if defined(__AVX512F__)
    v = (Vec<double>)_mm512_cvtps_pd(_mm256_loadu_ps(p));
#elif defined(__AVX2__)
    v = (Vec<double>)_mm256_cvtps_pd(_mm_loadu_ps(p));
#else
    for (int i = 0; i < kLanes<double>; ++i) v[i] = (double)p[i];
#endif
    return v;
}
inline void store_narrow(float* p, Vec<double> v) {
#if defined(__AVX512F__)
    _mm256_storeu_ps(p, _mm512_cvtpd_ps((__m512d)v));
#elif defined(__AVX2__)
    _mm_storeu_ps(p, _mm256_cvtpd_ps((__m256d)v));
#else
    for (int i = 0; i < kLanes<double>; ++i) p[i] = (float)v[i];
#endif
}

// A vector's halves. Through memory the compiler would pay a store and a load.
template <class Whole, class Half>
inline void halves(const Whole& v, Half& low, Half& high) {
#if defined(__AVX512F__)
    if constexpr (sizeof(Whole) == 64) {
        low = (Half)_mm512_castsi512_si256((__m512i)v);
        high = (Half)_mm512_extracti64x4_epi64((__m512i)v, 1);
        return;
    }
#endif
    __builtin_memcpy(&low, &v, sizeof(Half));
    __builtin_memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof(Half), sizeof(Half));
}

// Folds a vector in halves, down to one lane: the same order on every machine of one width.
template <class T, int Bytes>
struct Fold {
    typedef T Whole __attribute__((vector_size(Bytes)));
    typedef T Half __attribute__((vector_size(Bytes / 2)));
    template <class F>
    static inline T run(Whole v, F f) {
        Half low, high;
        halves(v, low, high);
        return Fold<T, Bytes / 2>::run(f(low, high), f);
    }
};
template <>
struct Fold<float, 8> {  // no registers of this size worth using
    typedef float Whole __attribute__((vector_size(8)));
    template <class F>
    static inline float run(Whole v, F f) {
        return f(v[0], v[1]);
    }
};
template <>
struct Fold<double, 16> {
    typedef double Whole __attribute__((vector_size(16)));
    template <class F>
    static inline double run(Whole v, F f) {
        return f(v[0], v[1]);
    }
};
template <class T>
inline T sum_lanes(Vec<T> v) {
    return Fold<T, PLAIT_VECTOR_BYTES>::run(v, [](auto a, auto b) { return a + b; });
}
template <class T>
inline T max_lanes(Vec<T> v) {
    return Fold<T, PLAIT_VECTOR_BYTES>::run(v, [](auto a, auto b) { return a > b ? a : b; });
}
inline float sqrt_of(float x) { return __builtin_sqrtf(x); }
inline double sqrt_of(double x) { return __builtin_sqrt(x); }
template <class T>
inline Vec<T> vsqrt(Vec<T> a) {
    for (int i = 0; i < kLanes<T>; ++i) a[i] = sqrt_of(a[i]);
    return a;
}
// A product and a sum in one; contracted to one instruction where the ISA has it (-ffp-contract=fast).
template <class T>
inline Vec<T> fma(Vec<T> a, Vec<T> b, Vec<T> c) {
    return a * b + c;
}

// A lane's value as rounded: keeps a product from being contracted into the sum that follows.
template <class T>
inline Vec<T> rounded(Vec<T> v) {
#if defined(__x86_64__)
    asm("" : "+x"(v));
#elif defined(__aarch64__)
    asm("" : "+w"(v));
#endif
    return v;
}

}  // namespace
}  // namespace plait::PLAIT_NS
