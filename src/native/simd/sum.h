// Sums in the order of additions that the frameworks' own CPU sums have, so that digits agree to the last one: vectors of 32 bytes, four
// at a time, their partial sums cascaded over four levels (which keeps the error near that of pairwise summation). The order does not
// depend on the ISA.
#pragma once
#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

constexpr int kCascadeLevels = 4;

inline int cascade_power(int64_t n) {  // log2 of the additions in a row on one level
    int log2 = 1;
    while ((int64_t(1) << log2) < n) ++log2;
    return log2 / kCascadeLevels > 4 ? log2 / kCascadeLevels : 4;
}

// The sum over i in [0, n) of the N vectors that load(i, k) gives, in order.
template <class T, int N, class Load>
inline void cascade(int64_t n, Vec<T> (&sum)[N], Load load) {
    Vec<T> acc[kCascadeLevels][N] = {};
    const int power = cascade_power(n);
    const int64_t step = int64_t(1) << power, mask = step - 1;
    int64_t i = 0;
    while (i + step <= n) {
        Vec<T> a[N] = {};
        for (int64_t j = 0; j < step; ++j, ++i)
            for (int k = 0; k < N; ++k) a[k] += load(i, k);
        for (int k = 0; k < N; ++k) acc[1][k] += a[k];
        for (int level = 2; level < kCascadeLevels; ++level) {
            if ((i & (mask << ((level - 1) * power))) != 0) break;
            for (int k = 0; k < N; ++k) {
                acc[level][k] += acc[level - 1][k];
                acc[level - 1][k] = Vec<T>{};
            }
        }
    }
    for (; i < n; ++i)
        for (int k = 0; k < N; ++k) acc[0][k] += load(i, k);
    for (int k = 0; k < N; ++k) {
        sum[k] = acc[0][k];
        for (int level = 1; level < kCascadeLevels; ++level) sum[k] += acc[level][k];
    }
}

// The sum of n elements that lie side by side.
template <class T>
inline T ordered_sum(const T* x, int64_t n) {
    constexpr int kLane = 32 / sizeof(T), kBlock = 4 * kLane, kVectors = kBlock / kLanes<T>;
    if (n < kLane) {
        T part[4] = {};
        int64_t i = 0;
        if (n >= 4)
            for (; i < 4; ++i) part[i] += x[i];
        for (; i < n; ++i) part[0] += x[i];
        return part[0] + part[1] + part[2] + part[3];
    }
    const int64_t whole = n / kLane, blocks = whole / 4;
    Vec<T> sums[kVectors];
    cascade<T, kVectors>(blocks, sums, [&](int64_t i, int k) { return load(x + i * kBlock + k * kLanes<T>); });
    T part[kBlock];
    for (int k = 0; k < kVectors; ++k) store(part + k * kLanes<T>, sums[k]);
    for (int64_t v = blocks * 4; v < whole; ++v)
        for (int k = 0; k < kLane; ++k) part[k] += x[v * kLane + k];
    for (int r = 1; r < 4; ++r)
        for (int k = 0; k < kLane; ++k) part[k] += part[r * kLane + k];
    T total = 0;
    for (int64_t i = whole * kLane; i < n; ++i) total += x[i];
    for (int k = 0; k < kLane; ++k) total += part[k];
    return total;
}

// The sums of n rows, `stride` apart, for the first m lanes at x: in order, or (`apart`) with every fourth row in a sum of its own.
template <class T>
inline Vec<T> ordered_columns(const T* x, int64_t n, int64_t stride, int m, bool apart) {
    const auto at = [&](int64_t i) { return m == kLanes<T> ? load(x + i * stride) : load_part(x + i * stride, m); };
    if (!apart) {
        Vec<T> sum[1];
        cascade<T, 1>(n, sum, [&](int64_t i, int) { return at(i); });
        return sum[0];
    }
    Vec<T> sums[4];
    cascade<T, 4>(n / 4, sums, [&](int64_t i, int k) { return at(4 * i + k); });
    for (int64_t i = n / 4 * 4; i < n; ++i) sums[0] += at(i);
    return sums[0] + sums[1] + sums[2] + sums[3];
}

}  // namespace
}  // namespace plait::PLAIT_NS
