// Reductions over the middle of [outer, n, inner]. Sums have the order of simd/sum.h within a piece; sums of squares run in vectors over
// short blocks; across blocks and pieces both go on in double. Pieces depend on the shape alone.
#pragma once
#include <stdint.h>

namespace plait {

#define PLAIT_REDUCTIONS(X) X(sum) X(maximum) X(minimum)

enum class Reduction : int32_t {
#define X(name) name,
    PLAIT_REDUCTIONS(X)
#undef X
        count
};

template <class T>
struct ReduceFns {
    // The reduction of n elements that lie side by side.
    double (*row[static_cast<int>(Reduction::count)])(const T* x, int64_t n);
    // out[j] = the reduction of x[i * stride + j] over i in [0, n), for j in [0, width).
    void (*columns[static_cast<int>(Reduction::count)])(const T* x, double* out, int64_t n, int64_t stride, int64_t width);
    // Sums of a row and of columns in the order of simd/lane_sum.h.
    T (*lane_row)(const T* x, int64_t n, int chains);
    void (*lane_columns)(const T* x, T* out, int64_t n, int64_t stride, int64_t width, int chains);
};

struct ReduceTable {
    ReduceFns<float> f32;
    ReduceFns<double> f64;
    template <class T>
    const ReduceFns<T>& of() const;
};
template <>
inline const ReduceFns<float>& ReduceTable::of<float>() const {
    return f32;
}
template <>
inline const ReduceFns<double>& ReduceTable::of<double>() const {
    return f64;
}

}  // namespace plait
