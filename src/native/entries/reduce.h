// Entries of the family `reduce`: declared here, listed in PLAIT_REDUCE_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include <vector>

#include "core/array.h"

namespace plait {

// x reduced over `axes` (not negative, each once), divided by `divisor` (n makes a sum a mean). With keepdim the axes stay, with length 1.
// Nothing (None) where NumPy has to do it: other types than float32 and float64, arrays that are not C-contiguous, empty ones. The same
// bits for any number of threads.
std::optional<Owned> reduce(int64_t code, const Array& x, const std::vector<int64_t>& axes, bool keepdim, double divisor);
int64_t reduce_code(const std::string& name);

#define PLAIT_REDUCE_ENTRIES(X) X(reduce) X(reduce_code)

}  // namespace plait
