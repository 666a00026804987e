// Entries of the family `elementwise`: declared here, listed in PLAIT_ELEMENTWISE_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

// a op b (add and sub: b times alpha), comparisons giving booleans. Float32 or float64 arrays of one type, or an array and a number.
// Nothing (None) where NumPy has to do it: other types, strides with gaps, or a broadcast that is not "one operand's axes
// are 1 before and after a run of equal axes".
std::optional<Owned> binary(int64_t code, const Operand& a, const Operand& b, double alpha);
// The same into `out`, which may be a or b; false where NumPy has to do it.
bool binary_into(int64_t code, const Operand& a, const Operand& b, Array& out, double alpha);
int64_t binary_code(const std::string& name);

// y = f(x) of a float array; nothing for other types. The result lies in memory as x does.
std::optional<Owned> unary(int64_t code, const Array& x);
int64_t unary_code(const std::string& name);

#define PLAIT_ELEMENTWISE_ENTRIES(X) X(binary) X(binary_into) X(binary_code) X(unary) X(unary_code)

}  // namespace plait
