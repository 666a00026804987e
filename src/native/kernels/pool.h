// Pooling: what a kernel is told (Window) and the family's tables. Included by kernels/pool_*.cpp and entries/pool*.cpp.
//
// Every rank is three dimensions here, unit ones in front. A window is given per dimension by tables, worked out once per shape in
// Python (plait/layers/pool.py): `lo[o]` the first coordinate inside the input, `n[o]` how many taps are inside, `cnt[o]` what an average
// divides by, `io[i]`/`in_n[i]` the outputs that input coordinate i belongs to. Kernels know nothing of padding or ceil rules. A
// plane with one window over all of it is given as one row; `io` and `in_n` are null then.
#pragma once
#include <stdint.h>

namespace plait {

struct Window {
    int64_t in[3], out[3], k[3], s[3], p[3], dil[3];
    const int64_t *lo[3], *n[3], *cnt[3], *io[3], *in_n[3];
    int64_t channels;
    int64_t xn, xc, xd, xh, xw;  // the input's strides, in elements
    int64_t last;                // one past the greatest readable offset of the input, in elements
    bool regular;                // along the last dimension, window o starts at o * s - p and has k taps
    bool drop;                   // maximum: NaN is left out, and an empty window gives the lowest finite number
    bool past;                   // gradient of maximum: too large for the caches to keep
    int64_t row;                 // length of one scratch row, in elements (a multiple of 16, with slack to read past)
    int64_t tile, tile_row;      // forward: outputs of a row that are worked out together, and the scratch row that they need
    int64_t band[2];             // gradient: depth slices and rows per unit of work
};

constexpr int kPoolRows = 8;             // output rows that go through the scratch rows together
constexpr int kPoolSplit = 4;            // strides up to this are split into parts for the gradient, longer ones searched one by one
constexpr int64_t kPoolWideRow = 65536;  // longer scratch rows are not made where there is a way without

// Whether the gradient of a maximum finds its places a vector of outputs at a time.
inline bool pool_in_vectors(const Window& w) {
    return w.regular && w.s[2] <= kPoolSplit && w.row <= kPoolWideRow && w.in[0] * w.in[1] * w.in[2] < (int64_t(1) << 29);
}

struct PoolRowsTable {  // channels first; units are output rows
    void (*max_f32)(const void* x, void* y, const Window& w, int64_t begin, int64_t end, void* scratch);
    void (*max_f64)(const void* x, void* y, const Window& w, int64_t begin, int64_t end, void* scratch);
    void (*avg_f32)(const void* x, void* y, const Window& w, int64_t begin, int64_t end, void* scratch);
    void (*avg_f64)(const void* x, void* y, const Window& w, int64_t begin, int64_t end, void* scratch);
};

struct PoolArgmaxTable {  // channels first; units are output rows
    void (*f32)(const void* x, void* y, int64_t* index, const Window& w, int64_t begin, int64_t end, void* scratch);
    void (*f64)(const void* x, void* y, int64_t* index, const Window& w, int64_t begin, int64_t end, void* scratch);
};

struct PoolGradTable {  // channels first; units of max are bands of the input, of avg the input's rows
    void (*max_f32)(const void* g, const void* x, const void* y, void* dx, const Window& w, int64_t begin, int64_t end, void* scratch);
    void (*max_f64)(const void* g, const void* x, const void* y, void* dx, const Window& w, int64_t begin, int64_t end, void* scratch);
    void (*avg_f32)(const void* g, void* dx, const Window& w, int64_t begin, int64_t end, void* scratch);
    void (*avg_f64)(const void* g, void* dx, const Window& w, int64_t begin, int64_t end, void* scratch);
};

struct PoolLastTable {  // channels last; units are output rows, for the gradient of max (image, block of channels), of avg the input's rows
    void (*max_f32)(const void* x, void* y, int64_t* index, const Window& w, int64_t begin, int64_t end, void* scratch);
    void (*max_f64)(const void* x, void* y, int64_t* index, const Window& w, int64_t begin, int64_t end, void* scratch);
    void (*avg_f32)(const void* x, void* y, const Window& w, int64_t begin, int64_t end, void* scratch);
    void (*avg_f64)(const void* x, void* y, const Window& w, int64_t begin, int64_t end, void* scratch);
    void (*max_grad_f32)(const void* g, const void* x, const void* y, void* dx, const Window& w, int64_t begin, int64_t end);
    void (*max_grad_f64)(const void* g, const void* x, const void* y, void* dx, const Window& w, int64_t begin, int64_t end);
    void (*avg_grad_f32)(const void* g, void* dx, const Window& w, int64_t begin, int64_t end);
    void (*avg_grad_f64)(const void* g, void* dx, const Window& w, int64_t begin, int64_t end);
    int64_t block;  // channels per unit of the gradient of max
};

struct PoolPlaneTable {  // scatter and gather by flat index within a plane; units are planes
    void (*put_4)(const void* x, const int64_t* index, void* y, int64_t count, int64_t size, int64_t begin, int64_t end);
    void (*put_8)(const void* x, const int64_t* index, void* y, int64_t count, int64_t size, int64_t begin, int64_t end);
    void (*add_f32)(const void* x, const int64_t* index, void* y, int64_t count, int64_t size, int64_t begin, int64_t end);
    void (*add_f64)(const void* x, const int64_t* index, void* y, int64_t count, int64_t size, int64_t begin, int64_t end);
    void (*take_4)(const void* y, const int64_t* index, void* x, int64_t count, int64_t size, int64_t begin, int64_t end);
    void (*take_8)(const void* y, const int64_t* index, void* x, int64_t count, int64_t size, int64_t begin, int64_t end);
    // windows whose starts differ from plane to plane: `starts` holds out[0] + out[1] + out[2] numbers per plane
    void (*random_max_f32)(const void* x, const int64_t* starts, void* y, int64_t* index, const Window& w, int64_t begin, int64_t end);
    void (*random_max_f64)(const void* x, const int64_t* starts, void* y, int64_t* index, const Window& w, int64_t begin, int64_t end);
    // each window's elements added one after another to zero; `step` from an output to the plane's next: 1, or the channels where they lie
    // last
    void (*avg_in_turn_f32)(const void* x, void* y, const Window& w, int64_t step, int64_t begin, int64_t end);
    void (*avg_in_turn_f64)(const void* x, void* y, const Window& w, int64_t step, int64_t begin, int64_t end);
};

}  // namespace plait
