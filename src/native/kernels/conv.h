// The table of the convolution kernels. Included by kernels/conv.cpp and the entries of conv.
//
// Everything is three-dimensional (z, y, x; fewer dimensions have leading ones), any strides, counted in numbers. A pass reads the input at
// q * mult + off for output position q and tap off: a forward convolution has mult = stride and off = tap * dilation - padding; each phase of a
// transposed one has mult = 1.
#pragma once
#include <stdint.h>

namespace plait {

struct Tap {
    int64_t off[3];  // source coordinate = q * mult + off
    int64_t w;       // where its weight lies within one (output, input) pair
};

// A panel of patches: dst[(k - k0) * width + j] = the input under tap k % ntaps of channel k / ntaps for output position q0 + j, zero outside.
template <class T>
struct PatchJob {
    const T* in;  // first image, first channel of the group
    int64_t sn, sc, s[3], size[3];
    int64_t q[3], mult[3];
    const Tap* taps;
    int64_t ntaps;
    int64_t q0, nq, width;  // q0 counts over images too
    int64_t k0, k1;
    T* dst;
};

// One channel's box with its border, pulled apart by `mult` into planes in each of which neighbours are neighbours in q:
// dst[phase][Z][Y][X] = the input at (Z, Y, X) * mult + phase + lo, zero outside.
template <class T>
struct PlaneJob {
    const T* in;
    int64_t s[3], size[3];
    int64_t lo[3], mult[3], dims[3];
    T* dst;
};

template <class T>
struct ConvKernels {
    int lanes;
    void (*patches)(const PatchJob<T>& job);
    void (*planes)(const PlaneJob<T>& job);
    // dst[q] (+)= start + sum_t w[t * ws] * base[shift[t] + q] for q < n; base and dst have room for four vectors more.
    void (*taps)(const T* base, const int64_t* shift, const T* w, int64_t ws, int64_t ntaps, T start, bool accumulate, T* dst, int64_t n);
    // Four positions at once, vectors along channels: out[p][c] = bias[c] + sum_t w[t * c_count + c] * rows[t * 4 + p][c].
    void (*channels)(const T* const* rows, int64_t ntaps, const T* w, const T* bias, T* const* out, int64_t positions, int64_t c_count);
    // sums[t] = sum_q g[q] * base[shift[t] + q], q < n, a multiple of the lanes.
    void (*correlate)(const T* base, const int64_t* shift, int64_t ntaps, const T* g, int64_t n, T* sums);
    // Copies n numbers between steps.
    void (*copy)(const T* src, int64_t step, T* dst, int64_t dst_step, int64_t n);
    T (*sum)(const T* x, int64_t n);
    void (*add_rows)(const T* x, int64_t step, int64_t rows, T* sums, int64_t n);
};

struct ConvTable {
    ConvKernels<float> f32;
    ConvKernels<double> f64;
};

template <class T>
const ConvKernels<T>& pick(const ConvTable& t) {
    if constexpr (sizeof(T) == 4)
        return t.f32;
    else
        return t.f64;
}

}  // namespace plait
