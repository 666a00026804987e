// Entries of the family `resample`: declared here, listed in PLAIT_RESAMPLE_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include <tuple>

#include "core/array.h"

namespace plait {

#define PLAIT_RESAMPLE_ENTRIES(X) \
    X(gather_axes)                \
    X(scatter_axes)               \
    X(resample_axes)              \
    X(pixel_shuffle)              \
    X(pixel_unshuffle)            \
    X(unfold_windows)             \
    X(fold_windows)               \
    X(grid_sample)                \
    X(grid_sample_backward)

// x as planes [d, h, w]: out[p, i, j, k] = x[p, id[i], ih[j], iw[k]], or `fill` (one value of x's dtype) where an
// index is -1. Indices are int32. Any dtype.
Owned gather_axes(const Array& x, int64_t d, int64_t h, int64_t w, const Array& id, const Array& ih, const Array& iw, const Array& fill);
// The transpose: a gradient of shape [p, len(id), len(ih), len(iw)] added into zeros [p, d, h, w].
Owned scatter_axes(const Array& g, int64_t d, int64_t h, int64_t w, const Array& id, const Array& ih, const Array& iw);
// Weighted taps along three axes; tables are [taps, out], int32 and x's dtype.
Owned resample_axes(const Array& x, int64_t d, int64_t h, int64_t w, const Array& id, const Array& wd, const Array& ih, const Array& wh,
                    const Array& iw, const Array& ww);
// [batch, channels * r * r, h, w] to [batch, channels, h * r, w * r] and back; `channels` counts those of the shuffled side.
Owned pixel_shuffle(const Array& x, int64_t channels, int64_t h, int64_t w, int64_t r);
Owned pixel_unshuffle(const Array& x, int64_t channels, int64_t h, int64_t w, int64_t r);
// Planes [p, h, w] to windows [p, kh * kw, oh * ow], and the sum of windows back.
Owned unfold_windows(const Array& x, int64_t h, int64_t w, int64_t kh, int64_t kw, int64_t sh, int64_t sw, int64_t ph, int64_t pw,
                     int64_t dh, int64_t dw, int64_t oh, int64_t ow);
Owned fold_windows(const Array& x, int64_t h, int64_t w, int64_t kh, int64_t kw, int64_t sh, int64_t sw, int64_t ph, int64_t pw, int64_t dh,
                   int64_t dw, int64_t oh, int64_t ow);
// x [n, c, (d,) h, w] read at grid [n, …, 2 or 3]; mode 0 linear, 1 nearest, 2 cubic; padding 0 zeros, 1 border, 2 reflection.
Owned grid_sample(const Array& x, const Array& grid, int mode, int padding, bool align);
std::tuple<Owned, Owned> grid_sample_backward(const Array& g, const Array& x, const Array& grid, int mode, int padding, bool align,
                                              bool need_x, bool need_grid);

}  // namespace plait
