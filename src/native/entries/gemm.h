// Entries of the family `gemm`: declared here, listed in PLAIT_GEMM_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

// x[..., k] times w[n, k] transposed, plus bias[n]: x contiguous; gives [..., n].
Owned linear(const Array& x, const Array& w, const MaybeArray& bias);

// a[..., m, k] times b[..., k, n], any strides, two or three dimensions; a batch of one (or a step of zero) is used again and again.
Owned matmul(const Array& a, const Array& b);

// The same into `out` (any strides): out = alpha * a·b, or out += alpha * a·b.
void matmul_into(const Array& a, const Array& b, Array& out, double alpha, bool accumulate);

// The same as `matmul`, every sum one product after another and every product rounded by itself; for small arrays: one thread.
Owned matmul_in_turn(const Array& a, const Array& b);

#define PLAIT_GEMM_ENTRIES(X) X(linear) X(matmul) X(matmul_into) X(matmul_in_turn)

}  // namespace plait
