// The table of the family's kernels. Included by kernels/loss.cpp and entries/loss.cpp.
#pragma once
#include <stdint.h>

namespace plait {

// Losses of pairs: one number from one of x and one of t, weighted by w; `more` weighs a target of 1 (both may be null).
enum PairLoss : int { kSquare, kSmoothL1, kHuber, kCrossEntropy2, kCrossEntropy2Logits, kSoftMargin, kPairLosses };

template <class T>
struct PairArgs {
    const T* x;
    const T* t;
    const T* w;
    const T* more;
    T param;
};

// Rows of classes: x is [outer, classes, inner], target [outer, inner]; a target equal to `ignore` counts for nothing.
template <class T>
struct ClassArgs {
    const T* x;
    const int64_t* target;
    const T* weight;  // per class, or null
    int64_t classes, inner, ignore;
    T smoothing, weight_sum;  // weight_sum: of all classes, for smoothing
};

struct LossTable {
    double (*pair_sum_f32[kPairLosses])(const PairArgs<float>&, int64_t begin, int64_t end);
    double (*pair_sum_f64[kPairLosses])(const PairArgs<double>&, int64_t begin, int64_t end);
    void (*pair_f32[kPairLosses])(const PairArgs<float>&, float* y, int64_t begin, int64_t end);
    void (*pair_f64[kPairLosses])(const PairArgs<double>&, double* y, int64_t begin, int64_t end);
    // g: one for each, or null and `scale` for all
    void (*pair_grad_f32[kPairLosses])(const PairArgs<float>&, const float* g, float scale, float* y, int64_t begin, int64_t end);
    void (*pair_grad_f64[kPairLosses])(const PairArgs<double>&, const double* g, double scale, double* y, int64_t begin, int64_t end);
    float (*sum_f32)(const float* x, int64_t n);  // in the order of simd/sum.h
    double (*sum_f64)(const double* x, int64_t n);
    // Places [begin, end) of the [outer, inner] ones of one outer row: the loss and the logarithm of the sum of exponentials.
    void (*class_f32)(const ClassArgs<float>&, float* y, float* lse, int64_t begin, int64_t end);
    void (*class_f64)(const ClassArgs<double>&, double* y, double* lse, int64_t begin, int64_t end);
    void (*class_grad_f32)(const ClassArgs<float>&, const float* lse, const float* g, float scale, float* y, int64_t begin, int64_t end);
    void (*class_grad_f64)(const ClassArgs<double>&, const double* lse, const double* g, double scale, double* y, int64_t begin,
                           int64_t end);
};

}  // namespace plait
