// Entries of the family `activation`: declared here, listed in PLAIT_ACTIVATION_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include <tuple>

#include "core/array.h"

namespace plait {

// y = f(x; a, b, c) for the activation of number `code` (activation_code); any strides, float32 or float64. The result lies in memory as x
// does.
Owned activation(int64_t code, const Array& x, double a, double b, double c);
// The same into `out`, which may be x itself; both must lie in memory alike.
void activation_into(int64_t code, const Array& x, const Array& out, double a, double b, double c);
// gx from the gradient g and the saved input or output s, of one shape.
Owned activation_backward(int64_t code, const Array& g, const Array& s, double a, double b, double c);
int64_t activation_code(const std::string& name);
int64_t activation_backward_code(const std::string& name);

// exp (0), sigmoid (1) or tanh (2) of float32 by short polynomials; nothing where a value is too large for them.
std::optional<Owned> series(int64_t code, const Array& x);

// Along axis `dim` of a C-contiguous array.
Owned softmax(const Array& x, int64_t dim);
Owned log_softmax(const Array& x, int64_t dim);
Owned softmax_backward(const Array& g, const Array& y, int64_t dim);
Owned log_softmax_backward(const Array& g, const Array& y, int64_t dim);

// x [outer, channels, inner...] with channels on axis 1 (or one weight for all).
Owned prelu(const Array& x, const Array& weight);
std::tuple<Owned, Owned> prelu_backward(const Array& g, const Array& x, const Array& weight);

// clang-format off
#define PLAIT_ACTIVATION_ENTRIES(X) \
    X(activation) X(activation_into) X(activation_backward) X(activation_code) X(activation_backward_code) X(softmax) \
    X(series) X(log_softmax) X(softmax_backward) X(log_softmax_backward) X(prelu) X(prelu_backward)
// clang-format on

}  // namespace plait
