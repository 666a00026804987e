// Vectors gathered from anywhere in memory.
#pragma once
#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

// Lanes at int32 indices; with holes, an index of -1 gives 0 and reads nothing. Compilers' default tuning would load one by one.
#if defined(__AVX512F__) && PLAIT_VECTOR_BYTES == 64
typedef int32_t HalfIndex __attribute__((vector_size(32), aligned(4), may_alias));
template <bool Holes>
inline Vec<float> lanes_at(const float* base, const int32_t* index) {
    const Vec<int32_t> at = load<int32_t>(index);
    const unsigned short mask =
        Holes ? static_cast<unsigned short>(__builtin_ia32_cmpd512_mask(at, Vec<int32_t>{}, 5, static_cast<unsigned short>(-1)))
              : static_cast<unsigned short>(-1);
    return __builtin_ia32_gathersiv16sf(Vec<float>{}, base, at, mask, 4);
}
template <bool Holes>
inline Vec<double> lanes_at(const double* base, const int32_t* index) {
    typedef int32_t Half __attribute__((vector_size(32)));
    const Half at = *reinterpret_cast<const HalfIndex*>(index);
    unsigned char mask = 0xff;
    if (Holes) {
        mask = 0;
        for (int i = 0; i < 8; ++i) mask = static_cast<unsigned char>(mask | (index[i] >= 0) << i);
    }
    return __builtin_ia32_gathersiv8df(Vec<double>{}, base, at, mask, 8);
}
#elif defined(__AVX2__) && PLAIT_VECTOR_BYTES == 32
#ifdef __clang__
#define PLAIT_GATHER_F32 __builtin_ia32_gatherd_ps256
#define PLAIT_GATHER_F64 __builtin_ia32_gatherd_pd256
#else
#define PLAIT_GATHER_F32 __builtin_ia32_gathersiv8sf
#define PLAIT_GATHER_F64 __builtin_ia32_gathersiv4df
#endif
typedef int32_t HalfIndex __attribute__((vector_size(16), aligned(4), may_alias));
template <bool Holes>
inline Vec<float> lanes_at(const float* base, const int32_t* index) {
    const Vec<int32_t> at = load<int32_t>(index), mask = Holes ? at >= 0 : Vec<int32_t>{} == 0;
    return PLAIT_GATHER_F32(Vec<float>{}, base, at, (Vec<float>)mask, 4);
}
template <bool Holes>
inline Vec<double> lanes_at(const double* base, const int32_t* index) {
    typedef int32_t Half __attribute__((vector_size(16)));
    const Half at = *reinterpret_cast<const HalfIndex*>(index);
    const Vec<int64_t> wide = __builtin_convertvector(at, Vec<int64_t>), mask = Holes ? wide >= 0 : Vec<int64_t>{} == 0;
    return PLAIT_GATHER_F64(Vec<double>{}, base, at, (Vec<double>)mask, 8);
}
#else
template <bool Holes, class T>
inline Vec<T> lanes_at(const T* base, const int32_t* index) {
    Vec<T> v{};
    for (int i = 0; i < kLanes<T>; ++i)
        if (!Holes || index[i] >= 0) v[i] = base[index[i]];
    return v;
}
#endif

}  // namespace
}  // namespace plait::PLAIT_NS
