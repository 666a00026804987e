// One filter to a channel: a plane under a k × k filter, and pixels whose channels are last. Included by kernels/conv.cpp alone.
#pragma once
#include "kernels/conv.h"
#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

inline int64_t clamp_to(int64_t x, int64_t low, int64_t high) { return x < low ? low : x > high ? high : x; }

// Down a stripe of two vectors of columns: each input row is loaded at its k shifts once, and goes to the k output rows that it is under,
// whose sums are in registers. Bound by the k * k products, for k = 3 also by the bytes.
template <class T, int K>
void filter_plane(const FilterJob<T>& job) {
    constexpr int L = kLanes<T>, V = 2;
    const Vec<T> bias = splat<T>(job.bias), last = splat<T>(job.last);
    for (int64_t j = 0; j < job.out_width; j += V * L) {
        const int64_t column = j - job.pad_x;
        const bool edge = column < 0 || column + V * L + K - 1 > job.width;
        int lo[V][K], hi[V][K];  // which lanes lie inside the plane
        for (int v = 0; v < V; ++v)
            for (int t = 0; t < K; ++t) {
                const int64_t c = column + v * L + t;
                hi[v][t] = static_cast<int>(clamp_to(job.width - c, 0, L));
                lo[v][t] = static_cast<int>(clamp_to(-c, 0, hi[v][t]));
            }
        Vec<T> acc[K - 1][V];  // sums of the output rows that are not yet done, the one begun last first
        for (int r = 0; r < K - 1; ++r)
            for (int v = 0; v < V; ++v) acc[r][v] = bias;
        for (int64_t i = -job.pad_y; i < job.out_height + K - 1 - job.pad_y; ++i) {
            const bool inside = i >= 0 && i < job.height;
            const T* row = job.in + (inside ? i * job.in_row : 0) + column;
            Vec<T> done[V];
#pragma GCC unroll 2
            for (int v = 0; v < V; ++v) {
                Vec<T> x[K];
#pragma GCC unroll 8
                for (int t = 0; t < K; ++t) {
                    if (!inside)
                        x[t] = Vec<T>{};
                    else
                        x[t] = edge ? load_between(row + v * L + t, lo[v][t], hi[v][t]) : load(row + v * L + t);
                }
#pragma GCC unroll 8
                for (int r = K - 1; r >= 0; --r) {
                    Vec<T> sum = r == 0 ? bias : acc[r == 0 ? 0 : r - 1][v];
#pragma GCC unroll 8
                    for (int t = 0; t < K; ++t) sum = fma<T>(splat<T>(job.filter[r * K + t]), x[t], sum);
                    if (r == K - 1)
                        done[v] = sum + last;
                    else
                        acc[r][v] = sum;
                }
            }
            const int64_t o = i + job.pad_y - (K - 1);
            if (o < 0) continue;
            T* to = job.out + o * job.out_row + j;
#pragma GCC unroll 2
            for (int v = 0; v < V; ++v) {
                const int64_t left = job.out_width - j - v * L;
                if (left >= L)
                    store(to + v * L, done[v]);
                else if (left > 0)
                    store_part(to + v * L, done[v], static_cast<int>(left));
            }
        }
    }
}

template <class T>
void filter(const FilterJob<T>& job) {
    if (job.k == 3)
        filter_plane<T, 3>(job);
    else if (job.k == 5)
        filter_plane<T, 5>(job);
    else
        filter_plane<T, 7>(job);
}

template <class T>
void channels(const T* const* rows, int64_t ntaps, const T* w, const T* bias, T* const* out, int64_t positions, int64_t c_count) {
    constexpr int L = kLanes<T>;
    int64_t c = 0;
    for (; c + L <= c_count; c += L) {
        Vec<T> acc[4];
#pragma GCC unroll 4
        for (int p = 0; p < 4; ++p) acc[p] = Vec<T>{};
        for (int64_t t = 0; t < ntaps; ++t) {
            const Vec<T> x = load(w + t * c_count + c);
#pragma GCC unroll 4
            for (int p = 0; p < 4; ++p) acc[p] = fma<T>(x, load(rows[t * 4 + p] + c), acc[p]);
        }
#pragma GCC unroll 4
        for (int p = 0; p < 4; ++p)
            if (p < positions) store(out[p] + c, bias ? acc[p] + load(bias + c) : acc[p]);
    }
    for (; c < c_count; ++c)
        for (int64_t p = 0; p < positions; ++p) {
            T sum = T(0);
            for (int64_t t = 0; t < ntaps; ++t) sum += w[t * c_count + c] * rows[t * 4 + p][c];
            out[p][c] = bias ? sum + bias[c] : sum;
        }
}

}  // namespace
}  // namespace plait::PLAIT_NS
