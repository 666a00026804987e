// The table of the convolution kernels. Included by kernels/conv.cpp and the entries of conv.
//
// Everything is three-dimensional (z, y, x; fewer dimensions have leading ones), any strides, counted in numbers. A pass reads the input at
// q * mult + off for output position q and tap off: a forward convolution has mult = stride and off = tap * dilation - padding; each phase
// of a transposed one has mult = 1.
#pragma once
#include <stdint.h>

namespace plait {

struct Tap {
    int64_t off[3];  // source coordinate = q * mult + off
    int64_t w;       // where its weight lies within one (output, input) pair
};

// A panel of patches: dst[(k - k0) * width + j] = the input under tap k % ntaps of channel k / ntaps for output position q0 + j, zero
// outside.
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

// A product whose right side needs no packing: row k is b[k], positions follow each other, and those that fall on the border are left out.
// out[i][z][y][x] = sum_k a[i * ars + k] * b[k][(z * rows + y) * pitch + x] + row_bias[i]. At least `flat` numbers can be read from b[k],
// and whole vectors where flat is less than `ConvKernels::shift_width(m)`.
template <class T>
struct ShiftJob {
    const T* const* b;
    int64_t k;
    const T* a;
    int64_t ars, m;
    const T* row_bias;
    bool bias_last;  // added to the finished sums, not what they begin with
    int64_t flat, pitch, rows, q[3];
    T* out;
    int64_t out_sc, out_s[3];
};

// One plane under one k × k filter, with step 1 and zeros around the plane.
template <class T>
struct FilterJob {
    const T* in;
    int64_t in_row, height, width;
    const T* filter;  // [k][k]
    int64_t k, pad_y, pad_x;
    T bias, last;  // what a sum begins with, and what is added when it is finished
    T* out;
    int64_t out_row, out_height, out_width;
};

template <class T>
struct ConvKernels {
    int lanes;
    void (*filter)(const FilterJob<T>& job);  // k is 3, 5 or 7
    void (*patches)(const PatchJob<T>& job);
    void (*planes)(const PlaneJob<T>& job);
    void (*shifted)(const ShiftJob<T>& job);
    // Four positions at once, vectors along channels: out[p][c] = sum_t w[t * c_count + c] * rows[t * 4 + p][c] + bias[c].
    void (*channels)(const T* const* rows, int64_t ntaps, const T* w, const T* bias, T* const* out, int64_t positions, int64_t c_count);
    // sums[t] = sum_q g[q] * base[shift[t] + q], q < n, a multiple of the lanes.
    void (*correlate)(const T* base, const int64_t* shift, int64_t ntaps, const T* g, int64_t n, T* sums);
    int64_t (*shift_width)(int64_t m);
    // sums[t * c_count + c] += sum_p dy[p * dy_step + c] * x[t][p * x_step + c], p < counts[t], from position firsts[t] of dy.
    void (*channels_grad)(const T* const* x, int64_t x_step, const T* dy, int64_t dy_step, const int64_t* firsts, const int64_t* counts,
                          int64_t ntaps, int64_t c_count, T* sums);
    // Copies n numbers between steps.
    void (*copy)(const T* src, int64_t step, T* dst, int64_t dst_step, int64_t n);
    // Pixels with channels last to where they belong: to[c * channel_step + x * pixel_step] = from[x][c]; whole vectors are read.
    void (*unlay)(const T* const* from, int64_t pixels, int64_t channels, T* to, int64_t channel_step, int64_t pixel_step);
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
