// Entries of the family `loss`: declared here, listed in PLAIT_LOSS_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include <string>
#include <tuple>

#include "core/array.h"

namespace plait {

// Losses of pairs (square, smooth_l1, huber, cross_entropy2, cross_entropy2_logits, soft_margin) of contiguous arrays of one shape and
// dtype. reduction: 0 none, 1 mean, 2 sum.
Owned pair_loss(const std::string& kind, const Array& x, const Array& t, const MaybeArray& w, const MaybeArray& more, double param,
                int reduction);
// Its gradient by x; `g` has the result's shape.
Owned pair_loss_backward(const std::string& kind, const Array& x, const Array& t, const MaybeArray& w, const MaybeArray& more,
                         const Array& g, double param, int reduction);

// Cross entropy of scores [outer, classes, inner] with targets [outer, inner] (int64): the loss (per place, or one number), the logarithms
// of the sums of exponentials, and the sum of the targets' weights. A target outside of the classes is an out_of_range (IndexError).
std::tuple<Owned, Owned, double> cross_entropy(const Array& x, const Array& target, const MaybeArray& weight, int64_t ignore,
                                               double smoothing, int reduction);
Owned cross_entropy_backward(const Array& x, const Array& target, const MaybeArray& weight, const Array& lse, const Array& g,
                             int64_t ignore, double smoothing, int reduction, double total);

// Negative log-likelihood of log-probabilities, laid out likewise: the loss and the sum of the targets' weights.
std::tuple<Owned, double> nll(const Array& x, const Array& target, const MaybeArray& weight, int64_t ignore, int reduction);

#define PLAIT_LOSS_ENTRIES(X) X(pair_loss) X(pair_loss_backward) X(cross_entropy) X(cross_entropy_backward) X(nll)

}  // namespace plait
