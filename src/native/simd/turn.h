// Squares of lanes × lanes numbers turned in registers: rows become columns.
#pragma once
#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

// Lanes I of (a, b) laid end to end.
#if defined(__clang__)
template <class T, T... I>
struct Indices {};

template <class T, int H, int... I>
inline Vec<T> low_half(Vec<T> a, Vec<T> b, Indices<int, I...>) {
    return __builtin_shufflevector(a, b, ((I & H) ? sizeof...(I) + I - H : I)...);
}
template <class T, int H, int... I>
inline Vec<T> high_half(Vec<T> a, Vec<T> b, Indices<int, I...>) {
    return __builtin_shufflevector(a, b, ((I & H) ? sizeof...(I) + I : I + H)...);
}
template <class T, int H>
inline void exchange(Vec<T>& a, Vec<T>& b) {
    using Lanes = __make_integer_seq<Indices, int, kLanes<T>>;
    const Vec<T> low = low_half<T, H>(a, b, Lanes{}), high = high_half<T, H>(a, b, Lanes{});
    a = low;
    b = high;
}
#else
template <class T, int H>
inline void exchange(Vec<T>& a, Vec<T>& b) {
    Mask<T> low, high;
#pragma GCC unroll 16
    for (int i = 0; i < kLanes<T>; ++i) {
        low[i] = (i & H) ? kLanes<T> + i - H : i;
        high[i] = (i & H) ? kLanes<T> + i : i + H;
    }
    const Vec<T> x = __builtin_shuffle(a, b, low), y = __builtin_shuffle(a, b, high);
    a = x;
    b = y;
}
#endif

// Turns a square of lanes × lanes numbers: after step H, bit H of the row number and of the lane number have changed places.
template <class T, int H>
inline void turn(Vec<T> (&r)[kLanes<T>]) {
#pragma GCC unroll 16
    for (int i = 0; i < kLanes<T>; ++i)
        if (!(i & H)) exchange<T, H>(r[i], r[i + H]);
    if constexpr (H > 1) turn<T, H / 2>(r);
}

// Lane i of the result is the sum of the lanes of r[i], in halves as `sum_lanes` adds them; r is used up.
template <class T, int H = kLanes<T> / 2>
inline Vec<T> lane_sums(Vec<T> (&r)[kLanes<T>]) {
#pragma GCC unroll 16
    for (int i = 0; i < H; ++i) {
        exchange<T, H>(r[i], r[i + H]);
        r[i] += r[i + H];
    }
    if constexpr (H > 1)
        return lane_sums<T, H / 2>(r);
    else
        return r[0];
}

}  // namespace
}  // namespace plait::PLAIT_NS
