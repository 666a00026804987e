// Normalisation kernels: one table per ISA. Blocks are summed twice while they lie in L1 (mean, then squares about it), in T,
// and merged in double by the entries, so that the result is stable and does not depend on the number of threads.
#pragma once
#include <stdint.h>

namespace plait {

// `past`: past the caches, where the output would not stay in them.
template <class T>
struct NormFns {
    // Moments of one block: `runs` runs of `len` values, `step` apart.
    void (*moments)(const T* x, int64_t runs, int64_t len, int64_t step, double* mean, double* m2);
    // Mean of squares' numerator of one run (RMS norm).
    double (*squares)(const T* x, int64_t n);
    // The same with channels last: a block of rows `step` apart, for channels [0, channels).
    void (*moments_last)(const T* x, int64_t rows, int64_t channels, int64_t step, double* mean, double* m2);
    // y = x * scale + shift
    void (*affine)(const T* x, T* y, int64_t n, T scale, T shift, bool past);
    void (*affine_last)(const T* x, T* y, int64_t rows, int64_t channels, const T* scale, const T* shift, bool past);
    // y = (x - mean) * scale * w[i] + b[i]; w and b may be null.
    void (*affine_row)(const T* x, T* y, int64_t n, T mean, T scale, const T* w, const T* b, bool past);
    // Sums of dy and of dy * (x - mean) over one block.
    void (*grad_sums)(const T* dy, const T* x, int64_t runs, int64_t len, int64_t step, T mean, double* sum, double* dot);
    void (*grad_sums_last)(const T* dy, const T* x, int64_t rows, int64_t channels, int64_t step, const T* mean, double* sum, double* dot);
    // dx = (dy - a - (x - mean) * b) * scale
    void (*grad_input)(const T* dy, const T* x, T* dx, int64_t n, T mean, T a, T b, T scale, bool past);
    // dx = (w * dy - a - (x - mean) * b) * scale, w one number
    void (*grad_scaled)(const T* dy, const T* x, T* dx, int64_t n, T mean, T a, T b, T w, T scale, bool past);
    void (*grad_input_last)(const T* dy, const T* x, T* dx, int64_t rows, int64_t channels, const T* mean, const T* a, const T* b,
                            const T* scale, bool past);
    // One row with a weight per element (null: 1). Sums of w*dy and of w*dy*(x-mean); dw += dy*(x-mean)*rstd, db += dy (each may be null).
    void (*row_sums)(const T* dy, const T* x, const T* w, int64_t n, T mean, T rstd, T* dw, T* db, double* sum, double* dot);
    // dx = (w*dy - a - (x - mean) * b) * scale
    void (*row_input)(const T* dy, const T* x, const T* w, T* dx, int64_t n, T mean, T a, T b, T scale, bool past);
    // Rows of n <= kShortRow numbers with one weight and bias per element for all of them (or null): mean, rstd and y of each.
    void (*short_rows)(const T* x, T* y, int64_t rows, int64_t n, const T* w, const T* b, T eps, bool rms, T* mean, T* rstd, bool past);
    // Their gradients, added into dw and db; dx, dw and db may be null.
    void (*short_rows_grad)(const T* dy, const T* x, const T* w, T* dx, int64_t rows, int64_t n, const T* mean, const T* rstd, T* dw, T* db,
                            bool rms, bool past);
    // out[i] = sum of x over channels [c - before, c + after] for one column block (local response norm).
    void (*window_sum)(const T* x, T* out, int64_t channels, int64_t step, int64_t n, int64_t before, int64_t after);
};

struct NormTable {
    NormFns<float> f32;
    NormFns<double> f64;
};

constexpr int64_t kNormBlock = 4096;  // values per block
constexpr int64_t kShortRow = 256;

}  // namespace plait
