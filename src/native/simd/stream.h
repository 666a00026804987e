// Stores that pass the caches by: an output that would not stay in them need not be read into them first.
#pragma once
#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

// `p` is aligned to a vector; `fence` orders these stores before what follows.
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
template <class T>
inline bool aligned(const T* p) {
    return reinterpret_cast<uintptr_t>(p) % PLAIT_VECTOR_BYTES == 0;
}
template <class T>
inline void put(T* p, Vec<T> v, bool past) {
    if (past)
        store_past(p, v);
    else
        store<T>(p, v);
}
template <class T>
inline void put_n(T* p, Vec<T> v, int n, bool past) {
    if (n == kLanes<T>)
        put<T>(p, v, past);
    else
        store_part<T>(p, v, n);
}

// Copies n numbers; where they pass the caches by, whoever calls it calls `fence`.
template <class T>
inline void copy_past(T* to, const T* from, int64_t n) {
    constexpr int L = kLanes<T>;
    int64_t i = 0;
    for (; i < n && !aligned(to + i); ++i) to[i] = from[i];
    for (; i + L <= n; i += L) store_past(to + i, load<T>(from + i));
    for (; i < n; ++i) to[i] = from[i];
}

}  // namespace
}  // namespace plait::PLAIT_NS
