// The table of the family's kernels: one update rule each, over a range of one parameter. Included by kernels/optim.cpp and
// entries/optim.cpp.
#pragma once
#include <stdint.h>

namespace plait {

enum OptimRule : int { kSgd, kAdam, kNadam, kRadam, kRmsprop, kAdagrad, kAdadelta, kAdamax, kRprop, kAsgd, kOptimRules };
constexpr int kOptimCoefs = 10;
enum OptimFlag : int {
    kMaximize = 1,
    kDecoupled = 2,
    kMomentum = 4,
    kFirst = 8,
    kNesterov = 16,
    kAmsgrad = 32,
    kCentered = 64,
    kRectified = 128,
    kInner = 256,      // eps is added where the other place for it is: under the root, or after the maximum
    kTwice = 512,      // a product is rounded before it is added
    kFolded = 1024,    // Adam's corrections are folded into the rate and eps
    kApart = 2048,     // every operation is rounded by itself, in the order of Keras' rules; goes with kTwice
    kVelocity = 4096,  // the learning rate is in the momentum
    kSquares = 8192    // an array more, kept last: what stands for the gradient's square (in adamax for its size)
};

// arrays: parameter, gradient, then the rule's states; c: its coefficients, worked out in double by the caller.
constexpr int kSquaresAt = 7;  // where that array comes in the kernels' list

struct OptimTable {
    void (*rule_f32[kOptimRules])(void* const* arrays, const double* c, int flags, int64_t begin, int64_t end);
    void (*rule_f64[kOptimRules])(void* const* arrays, const double* c, int flags, int64_t begin, int64_t end);
};

}  // namespace plait
