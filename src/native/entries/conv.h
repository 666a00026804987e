// Entries of the family `conv`: declared here, listed in PLAIT_CONV_ENTRIES, bound by binding.cpp under their own names.
//
// `geometry` is an int64 array of 13: groups, stride[3], padding before[3], dilation[3], and three more that each entry names; one- and
// two-dimensional convolutions have leading ones (zeros for padding). Inputs have 1 to 3 spatial dimensions and any strides.
#pragma once
#include "core/array.h"

namespace plait {

// x[n, i, …], w[o, i / groups, k…], bias[o]; geometry ends in the padding after each dimension.
Owned conv(const Array& x, const Array& w, const MaybeArray& bias, const Array& geometry);
// The same into `out` of any strides.
void conv_into(const Array& x, const Array& w, const MaybeArray& bias, const Array& geometry, Array& out);

// x[n, i, …], w[i, o / groups, k…], bias[o]; geometry ends in the output's sizes. Also the gradient of `conv` for its input.
Owned conv_transpose(const Array& x, const Array& w, const MaybeArray& bias, const Array& geometry);
void conv_transpose_into(const Array& x, const Array& w, const MaybeArray& bias, const Array& geometry, Array& out);

// The gradient of `conv` for its weight, from its input x and its output's gradient dy; geometry ends in the kernel's sizes.
Owned conv_weight_grad(const Array& x, const Array& dy, const Array& geometry);

// Sums of x[n, c, …] over all but c.
Owned channel_sums(const Array& x);

// Whether 3×3 convolutions in float32 are summed product by product (true), or may take Winograd's way (false, as it begins).
void set_direct_convolution(bool on);

#define PLAIT_CONV_ENTRIES(X) \
    X(conv) X(conv_into) X(conv_transpose) X(conv_transpose_into) X(conv_weight_grad) X(channel_sums) X(set_direct_convolution)

}  // namespace plait
