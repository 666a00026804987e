// Sampling at points: from coordinates to taps (pixels and weights), values at taps and the gradients of both. For resample.cpp alone.
#pragma once
#include "kernels/resample.h"
#include "simd/gather.h"
#include "simd/turn.h"

namespace plait::PLAIT_NS {
namespace {

inline float floor_of(float x) { return __builtin_floorf(x); }
inline double floor_of(double x) { return __builtin_floor(x); }
inline float round_of(float x) { return __builtin_rintf(x); }  // half to even, as nearbyint
inline double round_of(double x) { return __builtin_rint(x); }

// The stages of a block of points are loops over arrays, without branches, so that the compiler makes vectors of them.
template <class T>
using Line = T[kGridBlock];

// Coordinates in [-1, 1] of one axis to pixels; `slope` is the derivative.
template <class T>
inline void to_pixels(const T* __restrict grid, int64_t n, int dims, int64_t size, bool align, T* __restrict pixel, T* __restrict slope) {
    const T scale = static_cast<T>(align ? size - 1 : size) / 2, wide = static_cast<T>(size);
    for (int64_t i = 0; i < n; ++i) slope[i] = scale;
    if (align) {
        for (int64_t i = 0; i < n; ++i) pixel[i] = (grid[i * dims] + 1) / 2 * (wide - 1);
    } else {
        for (int64_t i = 0; i < n; ++i) pixel[i] = ((grid[i * dims] + 1) * wide - 1) / 2;
    }
}

// Moves pixels inside, as the padding says.
template <class T>
inline void settle(T* __restrict pixel, T* __restrict slope, int64_t n, int64_t size, GridPadding padding, bool align) {
    const T top = static_cast<T>(size - 1);
    if (padding == GridPadding::zeros) return;
    if (padding == GridPadding::reflection) {
        const T low = align ? T(0) : T(-0.5), span = align ? top : static_cast<T>(size);
        for (int64_t i = 0; i < n; ++i) {
            const T away = pixel[i] - low, sign = away < 0 ? T(-1) : T(1), length = away < 0 ? -away : away;
            const T flips = floor_of(length / span), extra = length - flips * span;
            const bool even = flips - 2 * floor_of(flips / 2) < 1;
            pixel[i] = even ? extra + low : span - extra + low;
            slope[i] *= even ? sign : -sign;
        }
        if (span == 0)
            for (int64_t i = 0; i < n; ++i) pixel[i] = slope[i] = 0;
    }
    for (int64_t i = 0; i < n; ++i) {  // a NaN goes to 0
        const T v = pixel[i];
        slope[i] = v > 0 && v < top ? slope[i] : T(0);
        const T floored = v > 0 ? v : T(0);
        pixel[i] = floored < top ? floored : top;
    }
}

// To integers; what is far outside (or NaN) stays outside without overflow.
template <class T>
inline void whole(const T* __restrict v, int64_t n, int32_t* __restrict out) {
    const T far = T(1073741824);
    for (int64_t i = 0; i < n; ++i) {
        const T low = v[i] >= -far ? v[i] : -far;
        out[i] = static_cast<int32_t>(low <= far ? low : far);
    }
}

template <class T>
inline void cubic_weights(const T* __restrict part, int64_t n, Line<T>* w, Line<T>* slope) {
    const T A = T(-0.75);
    for (int64_t i = 0; i < n; ++i) {
        const T t = part[i], d[4] = {t + 1, t, 1 - t, 2 - t};
        for (int k = 0; k < 4; ++k) {
            const T x = d[k], sign = k < 2 ? T(1) : T(-1);
            const bool near = k == 1 || k == 2;
            w[k][i] = near ? ((A + 2) * x - (A + 3)) * x * x + 1 : ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
            slope[k][i] = sign * (near ? (3 * (A + 2) * x - 2 * (A + 3)) * x : (3 * A * x - 10 * A) * x + 8 * A);
        }
    }
}

// index = a pixel's number where all of its coordinates are inside, else -1.
inline void number(const int32_t* const* at, const int64_t* size, int dims, int64_t n, int32_t* __restrict index) {
    const int32_t w = static_cast<int32_t>(size[0]), h = static_cast<int32_t>(size[1]);
    const int32_t *x = at[0], *y = at[1];
    if (dims == 2) {
        for (int64_t i = 0; i < n; ++i) {
            const bool in = (x[i] >= 0) & (x[i] < w) & (y[i] >= 0) & (y[i] < h);
            index[i] = in ? y[i] * w + x[i] : -1;
        }
        return;
    }
    const int32_t d = static_cast<int32_t>(size[2]);
    const int32_t* z = at[2];
    for (int64_t i = 0; i < n; ++i) {
        const bool in = (x[i] >= 0) & (x[i] < w) & (y[i] >= 0) & (y[i] < h) & (z[i] >= 0) & (z[i] < d);
        index[i] = in ? (z[i] * h + y[i]) * w + x[i] : -1;
    }
}

template <class T>
inline void cubic_taps(const Line<T>* pixel, const Line<T>* scale, int64_t n, const GridPlan& p, int32_t* index, T* weight, T* slope) {
    Line<T> low, part, moved, unused, w[2][4], s[2][4];
    Line<int32_t> at[2][4];
    for (int a = 0; a < 2; ++a) {
        for (int64_t i = 0; i < n; ++i) low[i] = floor_of(pixel[a][i]);
        for (int64_t i = 0; i < n; ++i) part[i] = pixel[a][i] - low[i];
        cubic_weights<T>(part, n, w[a], s[a]);
        for (int k = 0; k < 4; ++k) {
            for (int64_t i = 0; i < n; ++i) {
                moved[i] = low[i] + static_cast<T>(k - 1);
                unused[i] = 1;
            }
            settle(moved, unused, n, p.in[a], p.padding, p.align);
            for (int64_t i = 0; i < n; ++i) moved[i] = floor_of(moved[i]);
            whole(moved, n, at[a][k]);
        }
    }
    for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 4; ++x) {
            const int k = y * 4 + x;
            const int32_t* both[2] = {at[0][x], at[1][y]};
            number(both, p.in, 2, n, index + k * kGridBlock);
            T* __restrict to = weight + k * kGridBlock;
            for (int64_t i = 0; i < n; ++i) to[i] = w[1][y][i] * w[0][x][i];
            if (!slope) continue;
            T* __restrict sx = slope + k * kGridBlock, * __restrict sy = slope + (16 + k) * kGridBlock;
            for (int64_t i = 0; i < n; ++i) sx[i] = s[0][x][i] * w[1][y][i] * scale[0][i];
            for (int64_t i = 0; i < n; ++i) sy[i] = w[0][x][i] * s[1][y][i] * scale[1][i];
        }
}

template <class T>
void grid_taps(const T* grid, int64_t n, const GridPlan& p, int32_t* index, T* weight, T* slope) {
    Line<T> pixel[3], scale[3];
    for (int a = 0; a < p.dims; ++a) {
        to_pixels(grid + a, n, p.dims, p.in[a], p.align, pixel[a], scale[a]);
        if (p.mode != GridMode::cubic) settle(pixel[a], scale[a], n, p.in[a], p.padding, p.align);
    }
    if (p.mode == GridMode::cubic) return cubic_taps<T>(pixel, scale, n, p, index, weight, slope);
    Line<int32_t> base[3], next[3];
    if (p.mode == GridMode::nearest) {
        const int32_t* at[3] = {};
        for (int a = 0; a < p.dims; ++a) {
            for (int64_t i = 0; i < n; ++i) pixel[a][i] = round_of(pixel[a][i]);
            whole(pixel[a], n, base[a]);
            at[a] = base[a];
        }
        number(at, p.in, p.dims, n, index);
        for (int64_t i = 0; i < n; ++i) weight[i] = 1;
        if (slope)
            for (int a = 0; a < p.dims; ++a)
                for (int64_t i = 0; i < n; ++i) slope[a * kGridBlock + i] = 0;
        return;
    }
    Line<T> part[3], rest[3];
    for (int a = 0; a < p.dims; ++a) {
        for (int64_t i = 0; i < n; ++i) {
            const T low = floor_of(pixel[a][i]);
            part[a][i] = pixel[a][i] - low;
            rest[a][i] = 1 - part[a][i];
            pixel[a][i] = low;
        }
        whole(pixel[a], n, base[a]);
        for (int64_t i = 0; i < n; ++i) next[a][i] = base[a][i] + 1;
    }
    const int taps = p.taps();
    for (int k = 0; k < taps; ++k) {
        const int32_t* at[3] = {};
        const T* factor[3] = {};
        for (int a = 0; a < p.dims; ++a) {
            const bool high = (k >> a) & 1;
            at[a] = high ? next[a] : base[a];
            factor[a] = high ? part[a] : rest[a];
        }
        number(at, p.in, p.dims, n, index + k * kGridBlock);
        T* __restrict to = weight + k * kGridBlock;
        if (p.dims == 2) {
            for (int64_t i = 0; i < n; ++i) to[i] = factor[0][i] * factor[1][i];
        } else {
            for (int64_t i = 0; i < n; ++i) to[i] = factor[0][i] * factor[1][i] * factor[2][i];
        }
        if (!slope) continue;
        for (int a = 0; a < p.dims; ++a) {
            T* __restrict s = slope + (a * taps + k) * kGridBlock;
            const T sign = (k >> a) & 1 ? T(1) : T(-1);
            for (int64_t i = 0; i < n; ++i) s[i] = sign * scale[a][i];
            for (int o = 0; o < p.dims; ++o)
                if (o != a)
                    for (int64_t i = 0; i < n; ++i) s[i] *= factor[o][i];
        }
    }
}

// One pass over the points. Without holes no index is -1.
template <class T, int K, bool Holes>
inline void read_taps(const T* __restrict plane, T* __restrict out, int64_t n, const int32_t* __restrict index,
                      const T* __restrict weight) {
    constexpr int L = kLanes<T>;
    int64_t i = 0;
    for (; i + L <= n; i += L) {
        Vec<T> sum{};
        for (int k = 0; k < K; ++k)
            sum = fma<T>(lanes_at<Holes>(plane, index + k * kGridBlock + i), load<T>(weight + k * kGridBlock + i), sum);
        store<T>(out + i, sum);
    }
    for (; i < n; ++i) {
        T sum = 0;
        for (int k = 0; k < K; ++k) {
            const int32_t at = index[k * kGridBlock + i];
            sum += (Holes && at < 0 ? T(0) : plane[at]) * weight[k * kGridBlock + i];
        }
        out[i] = sum;
    }
}

template <class T, int K>
inline void read_planes(const T* planes, T* out, int64_t n, int64_t channels, int64_t step, int64_t out_step, const int32_t* index,
                        const T* weight) {
    int32_t least = 0;
    for (int k = 0; k < K; ++k)
        for (int64_t i = 0; i < n; ++i) least = index[k * kGridBlock + i] < least ? index[k * kGridBlock + i] : least;
    for (int64_t c = 0; c < channels; ++c, planes += step, out += out_step) {
        if (least < 0)
            read_taps<T, K, true>(planes, out, n, index, weight);
        else
            read_taps<T, K, false>(planes, out, n, index, weight);
    }
}

template <class Body>
inline void with_taps(int taps, Body&& body) {
    switch (taps) {
        case 1:
            return body.template operator()<1>();
        case 4:
            return body.template operator()<4>();
        case 8:
            return body.template operator()<8>();
        default:
            return body.template operator()<16>();
    }
}

template <class T>
void grid_read(const T* planes, T* out, int64_t n, int64_t channels, int64_t step, int64_t out_step, int taps, const int32_t* index,
               const T* weight) {
    with_taps(taps, [&]<int K>() { read_planes<T, K>(planes, out, n, channels, step, out_step, index, weight); });
}

// As many points at once as a vector has lanes, a vector of channels of each: no gathers. Sums come in the order of `read_taps`.
template <class T, int K>
inline void read_pixels(const T* pixels, T* out, int64_t n, int64_t channels, int64_t padded, int64_t out_step, const int32_t* index,
                        const T* weight) {
    constexpr int L = kLanes<T>;
    for (int64_t i = 0; i < n; i += L) {
        const int count = static_cast<int>(n - i < L ? n - i : L);
        for (int64_t c = 0; c < padded; c += L) {
            Vec<T> r[L] = {};
            for (int j = 0; j < count; ++j)
                for (int k = 0; k < K; ++k) {
                    const int64_t at = index[k * kGridBlock + i + j];
                    r[j] = fma<T>(at < 0 ? Vec<T>{} : load<T>(pixels + at * padded + c), splat<T>(weight[k * kGridBlock + i + j]), r[j]);
                }
            turn<T, L / 2>(r);
            for (int j = 0; j < L && c + j < channels; ++j) store_n<T>(out + (c + j) * out_step + i, r[j], count);
        }
    }
}

template <class T>
void grid_read_last(const T* pixels, T* out, int64_t n, int64_t channels, int64_t padded, int64_t out_step, int taps, const int32_t* index,
                    const T* weight) {
    with_taps(taps, [&]<int K>() { read_pixels<T, K>(pixels, out, n, channels, padded, out_step, index, weight); });
}

template <class T>
void grid_add(const T* g, T* plane, int64_t n, int taps, const int32_t* index, const T* weight) {
    for (int64_t i = 0; i < n; ++i)
        for (int k = 0; k < taps; ++k) {
            const int32_t at = index[k * kGridBlock + i];
            if (at >= 0) plane[at] += g[i] * weight[k * kGridBlock + i];
        }
}

template <class T>
void grid_dots(const T* g, const T* plane, int64_t n, int taps, const int32_t* index, T* dots) {
    constexpr int L = kLanes<T>;
    for (int k = 0; k < taps; ++k) {
        const int32_t* x = index + k * kGridBlock;
        T* d = dots + k * kGridBlock;
        int64_t i = 0;
        for (; i + L <= n; i += L) store<T>(d + i, fma<T>(load<T>(g + i), lanes_at<true>(plane, x + i), load<T>(d + i)));
        for (; i < n; ++i) d[i] += x[i] < 0 ? T(0) : g[i] * plane[x[i]];
    }
}

template <class T>
void grid_slopes(const T* slope, const T* dots, int64_t n, const GridPlan& p, T* dgrid) {
    const int taps = p.taps();
    for (int64_t i = 0; i < n; ++i)
        for (int a = 0; a < p.dims; ++a) {
            T s = 0;
            for (int k = 0; k < taps; ++k) s += slope[(a * taps + k) * kGridBlock + i] * dots[k * kGridBlock + i];
            dgrid[i * p.dims + a] = s;
        }
}

}  // namespace
}  // namespace plait::PLAIT_NS
