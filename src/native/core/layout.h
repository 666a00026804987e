// Arrays whose elements fill one block of memory in some order of the axes, and how to get one from any array.
#pragma once
#include "core/array.h"

namespace plait {

// True when the elements fill [data, data + bytes) exactly once: a flat loop over the memory then visits each element once.
bool is_dense(const Array& a);
// True when `b` has `a`'s shape, element type and order in memory, both dense: flat loops over both meet the same elements.
bool same_layout(const Array& a, const Array& b);
// Fresh memory of `a`'s shape, dense, its axes in the order in which they lie in `a`'s memory.
Owned like_layout(const Array& a, DType t);
// Copies values between arrays of one shape and element size, whatever their strides.
void copy_into(const Array& from, const Array& to);

}  // namespace plait
