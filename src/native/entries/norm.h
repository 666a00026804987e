// Entries of the family `norm`: declared here, listed in PLAIT_NORM_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include <optional>
#include <tuple>

#include "core/array.h"

namespace plait {

using MaybeArray = std::optional<Array>;

#define PLAIT_NORM_ENTRIES(X) \
    X(batch_norm_train)       \
    X(batch_norm_infer)       \
    X(batch_norm_backward)    \
    X(row_norm)               \
    X(row_norm_backward)      \
    X(channel_window_sum)

// Moments over the batch and every spatial axis; running statistics are updated in place (either may be None). Gives y, mean, 1/std.
std::tuple<Owned, Owned, Owned> batch_norm_train(const Array& x, const MaybeArray& weight, const MaybeArray& bias,
                                                 const MaybeArray& running_mean, const MaybeArray& running_var, double momentum, double eps,
                                                 bool unbiased, bool last);
Owned batch_norm_infer(const Array& x, const MaybeArray& weight, const MaybeArray& bias, const Array& mean, const Array& var, double eps,
                       bool last);
// Gives dx (empty unless needed), dweight, dbias.
std::tuple<Owned, Owned, Owned> batch_norm_backward(const Array& dy, const Array& x, const MaybeArray& weight, const Array& mean,
                                                    const Array& rstd, bool training, bool need_dx, bool last);
// Layer, instance, group and RMS norm: rows of `channels` × `inner` values, row r having channels of group r % groups.
std::tuple<Owned, Owned, Owned> row_norm(const Array& x, const MaybeArray& weight, const MaybeArray& bias, int64_t groups, int64_t channels,
                                         int64_t inner, double eps, bool rms);
std::tuple<Owned, Owned, Owned> row_norm_backward(const Array& dy, const Array& x, const MaybeArray& weight, const Array& mean,
                                                  const Array& rstd, int64_t groups, int64_t channels, int64_t inner, bool rms,
                                                  bool need_dx, bool need_dw);
// out[:, c] = sum of x[:, c - before … c + after].
Owned channel_window_sum(const Array& x, int64_t before, int64_t after);

}  // namespace plait
