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

// The sum, or the mean, of all elements in the order of Eigen's kernels: 32 bytes of elements lane by lane (for a sum two such rows at a
// time, and an array longer than 1024 rows as the sum of its halves), then the halves of the lanes, at last what was left over.
Owned lane_reduce(const Array& x, bool mean, bool keepdim);

// The length (2-norm) of each row of x, float32 [rows, n], squares added in eight lanes, then the lanes and what is left over up to a
// multiple of four one after the other, the last ones with one rounding for product and sum.
Owned lane_lengths(const Array& x);

#define PLAIT_REDUCE_ENTRIES(X) X(reduce) X(reduce_code) X(lane_reduce) X(lane_lengths)

}  // namespace plait
