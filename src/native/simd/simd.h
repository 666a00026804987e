// The SIMD wrapper: one vector type per element type, from the compiler's vector extensions (GCC and Clang), PLAIT_VECTOR_BYTES wide.
// Included by kernels only, inside nothing: it opens plait::PLAIT_NS and an anonymous namespace, so every ISA has its own copies
// and no symbol is weak.
#pragma once
#include <stddef.h>
#include <stdint.h>

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
using Vec = typename VecOf<T>::type;                   // values; arithmetic operators work per lane
template <class T>
using Mask = Vec<typename IntOf<T>::type>;             // comparisons give all-ones or zero per lane
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
    for (int i = 0; i < n; ++i) v[i] = p[i];
    return v;
}
template <class T>
inline void store_part(T* p, Vec<T> v, int n) {
    for (int i = 0; i < n; ++i) p[i] = v[i];
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
template <class T>
inline T sum_lanes(Vec<T> v) {  // pairwise, the same order on every machine of one width
    for (int w = kLanes<T> / 2; w > 0; w /= 2)
        for (int i = 0; i < w; ++i) v[i] += v[i + w];
    return v[0];
}
template <class T>
inline T max_lanes(Vec<T> v) {
    T m = v[0];
    for (int i = 1; i < kLanes<T>; ++i) m = v[i] > m ? v[i] : m;
    return m;
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

}  // namespace
}  // namespace plait::PLAIT_NS
