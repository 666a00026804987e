// The table of the matrix-product kernels. Included by kernels/gemm.cpp and by the entries of gemm and conv.
//
// A block is C[m, n] (+)= alpha * A·B + bias for one panel of B, n at most `panel` columns. B is read as vectors along its columns
// (row k at b + k * ldb, ldb a whole number of vectors); A is read one number at a time and broadcast.
#pragma once
#include <stdint.h>

namespace plait {

// A stretch of the inner dimension: `len` steps from A's base + a and B's base + b.
struct Segment {
    int64_t a, b, len;
};

// Columns [start, start + len) of a block go to C's row + offset, one `ccs` after the other.
struct Run {
    int64_t start, len, offset;
};

template <class T>
struct Block {
    // A. Unit: k contiguous; row i starts at rows[segment * rows_step + i], or, without a table, at a + i * ars.
    // Crossed: rows contiguous; element (i, k) at a + i * ars + k * acs for i a multiple of `tile`, the rows of a tile next to each other.
    const T* a;
    int64_t ars, acs;
    const T* const* rows;
    int64_t rows_step;
    bool crossed;
    const Segment* segments;
    int64_t nsegments;
    const T* b;
    int64_t ldb;
    // C. Row i at crow[i], or at c + i * crs.
    T* c;
    T* const* crow;
    int64_t crs, ccs;
    const Run* runs;  // none: columns follow each other
    int64_t nruns;
    int64_t m, n;
    T alpha;
    bool accumulate;
    const T* row_bias;
    const T* col_bias;  // a whole panel of them
    bool bias_last;     // added to the finished sum, not what the sum begins with
};

template <class T>
struct GemmKernels {
    int lanes, tile, panel;  // numbers per vector; rows and columns of the register tile
    void (*block)(const Block<T>& job);
    // dst[k * w + j] = src[k * ks + j * js] for j < n, zero for n <= j < w; dst has room for one vector more.
    void (*pack)(const T* src, int64_t ks, int64_t js, int64_t k, int64_t n, int64_t w, T* dst);
    // dst[rows[i] * w + j] = src[i + j * js], zero for n <= j < w, a multiple of the lanes; nothing where rows[i] is negative.
    void (*pack_rows)(const T* src, int64_t js, const int64_t* rows, int64_t count, int64_t n, int64_t w, T* dst);
    // c[i, j] (+)= alpha * sum_k a[i * ars + k] * b[j * bcs + k] + bias, for few j.
    void (*dots)(const T* a, int64_t ars, const T* b, int64_t bcs, T* c, int64_t crs, int64_t ccs, int64_t m, int64_t n, int64_t k, T alpha,
                 bool accumulate, const T* row_bias, const T* col_bias);
    // y[j] (+)= alpha * sum_k x[k * xs] * b[k * ldb + j], j < n.
    void (*axpys)(const T* x, int64_t xs, const T* b, int64_t ldb, T* y, int64_t n, int64_t k, T alpha, bool accumulate);
    // c[i * n + j] = sum_k a[i * ars + k * acs] * b[k * ldb + j], one k after another, products rounded before they are added.
    void (*turns)(const T* a, int64_t ars, int64_t acs, const T* b, int64_t ldb, T* c, int64_t m, int64_t n, int64_t k);
};

struct GemmTable {
    GemmKernels<float> f32;
    GemmKernels<double> f64;
};

template <class T>
const GemmKernels<T>& pick(const GemmTable& t) {
    if constexpr (sizeof(T) == 4)
        return t.f32;
    else
        return t.f64;
}

}  // namespace plait
