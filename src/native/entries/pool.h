// Entries of the family `pool`: declared here, listed in PLAIT_POOL_ENTRIES, bound by binding.cpp under their own names.
//
// `plan` is the int64 array that plait/layers/pool.py makes of a window and a shape. With `last` the channels lie last: x is
// [N, spatial…, C] with unit stride along C, and so are the results; else x is [N, C, spatial…] with unit stride along the last dimension.
#pragma once
#include <tuple>

#include "core/array.h"

namespace plait {

Owned pool_max(const Array& x, const Array& plan, bool last);
std::tuple<Owned, Owned> pool_argmax(const Array& x, const Array& plan, bool last);
Owned pool_max_grad(const Array& g, const Array& x, const Array& y, const Array& plan, bool last);
Owned pool_avg(const Array& x, const Array& plan, bool last);
// Small means with their elements added one after another, row by row, as dialects ask whose digits depend on it; large ones as pool_avg.
Owned pool_avg_in_turn(const Array& x, const Array& plan, bool last);
Owned pool_avg_grad(const Array& g, const Array& plan, bool last);
// Windows that begin at `starts` [N, C, out…], differently in every plane: values and flat indices.
std::tuple<Owned, Owned> pool_random_max(const Array& x, const Array& starts, const Array& plan);
// Planes [..., count] to planes [..., size], each value to its index; where two meet the last one stays, or they are added.
Owned pool_scatter(const Array& x, const Array& index, int64_t dims, const Array& shape, bool sum);
Owned pool_gather(const Array& y, const Array& index, int64_t dims);

#define PLAIT_POOL_ENTRIES(X) \
    X(pool_max)               \
    X(pool_argmax) X(pool_max_grad) X(pool_avg) X(pool_avg_in_turn) X(pool_avg_grad) X(pool_random_max) X(pool_scatter) X(pool_gather)

}  // namespace plait
