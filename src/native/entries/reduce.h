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

// The sum, or the mean, over `axes` in the order of Eigen's kernels (simd/lane_sum.h), `chains` rows of 32 bytes side by side. Nothing
// (None) where `reduce` would give nothing, and where the axes are more than one run.
std::optional<Owned> lane_reduce(const Array& x, const std::vector<int64_t>& axes, bool keepdim, int chains, bool mean);

// The sum over `axes`, float32 or float64, one element after another: the last of the axes is walked slowest, the first fastest. The axes
// are left out of the result, which has at least one element.
Owned sum_in_turn(const Array& x, const std::vector<int64_t>& axes);

// The length (2-norm) of each row of x, float32 [rows, n], squares added in eight lanes, then the lanes and what is left over up to a
// multiple of four one after the other, the last ones with one rounding for product and sum.
Owned lane_lengths(const Array& x);

// [rows, width]: for each row the sum of those rows of `values` [n, width], float32 or float64, that `at` (int64 [n]) says belong to it, in
// the order of their places. Numbers outside of [0, rows) are refused.
Owned scatter_rows(const Array& values, const Array& at, int64_t rows);

#define PLAIT_REDUCE_ENTRIES(X) X(reduce) X(reduce_code) X(lane_reduce) X(sum_in_turn) X(lane_lengths) X(scatter_rows)

}  // namespace plait
