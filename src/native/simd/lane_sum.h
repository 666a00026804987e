// Sums in the order of Eigen's kernels: rows of 32 bytes are added lane by lane, one, two or four such rows side by side, their sums one
// after the other, then the halves of the lanes, and at last what was left over. The order does not depend on the ISA.
#pragma once
#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

template <class T, int Chains>
inline T lane_leaf(const T* x, int64_t n) {
    constexpr int kRow = 32 / sizeof(T), kBlock = Chains * kRow;
    T lanes[kBlock] = {};
    int64_t i = 0;
    for (; i + kBlock <= n; i += kBlock)
        for (int k = 0; k < kBlock; ++k) lanes[k] += x[i + k];
    const auto join = [&] {
        for (int c = 1; c < Chains; ++c)
            for (int k = 0; k < kRow; ++k) lanes[k] += lanes[c * kRow + k];
    };
    if (Chains != 2) join();  // two rows take up a row that is left over before they are joined, four after
    for (; i + kRow <= n; i += kRow)
        for (int k = 0; k < kRow; ++k) lanes[k] += x[i + k];
    if (Chains == 2) join();
    T rest = 0;
    for (; i < n; ++i) rest += x[i];
    for (int width = kRow / 2; width > 0; width /= 2)
        for (int k = 0; k < width; ++k) lanes[k] += lanes[k + width];
    return rest + lanes[0];
}

// The sum of n elements that lie side by side; more than 1024 rows are the sum of their halves', but in one chain.
template <class T>
inline T lane_row(const T* x, int64_t n, int chains) {
    constexpr int64_t kRow = 32 / sizeof(T);
    if (chains == 1) return lane_leaf<T, 1>(x, n);
    if (n > 1024 * kRow) {
        const int64_t split = ((n + 1) / 2 + kRow - 1) / kRow * kRow;
        const T left = lane_row(x, split, chains);
        return left + lane_row(x + split, n - split, chains);
    }
    return chains == 2 ? lane_leaf<T, 2>(x, n) : lane_leaf<T, 4>(x, n);
}

// out[j] = the sum of x[i * stride + j] over i in [0, n), in four chains where n is at least 16, for j in [0, width).
template <class T, int Width>
inline void lane_stripe(const T* x, T* out, int64_t n, int64_t stride, int chains) {
    T sums[4 * Width] = {};
    int64_t i = 0;
    if (chains == 4 && n >= 16)
        for (; i + 4 <= n; i += 4)
            for (int c = 0; c < 4; ++c)
                for (int k = 0; k < Width; ++k) sums[c * Width + k] += x[(i + c) * stride + k];
    for (int c = 1; c < 4; ++c)
        for (int k = 0; k < Width; ++k) sums[k] += sums[c * Width + k];
    for (; i < n; ++i)
        for (int k = 0; k < Width; ++k) sums[k] += x[i * stride + k];
    for (int k = 0; k < Width; ++k) out[k] = sums[k];
}

template <class T>
inline void lane_columns(const T* x, T* out, int64_t n, int64_t stride, int64_t width, int chains) {
    constexpr int kRow = 32 / sizeof(T);
    int64_t j = 0;
    for (; j + 4 * kRow <= width; j += 4 * kRow) lane_stripe<T, 4 * kRow>(x + j, out + j, n, stride, chains);
    for (; j + kRow <= width; j += kRow) lane_stripe<T, kRow>(x + j, out + j, n, stride, chains);
    for (; j < width; ++j) lane_stripe<T, 1>(x + j, out + j, n, stride, chains);
}

}  // namespace
}  // namespace plait::PLAIT_NS
