// The table of the family's kernels: plain function pointers over ranges. Included by kernels/activation.cpp and entries/activation.cpp.
#pragma once
#include <stdint.h>

namespace plait {

struct ActivationTable {
    void (*relu_f32)(const float* x, float* y, int64_t begin, int64_t end);
    void (*relu_f64)(const double* x, double* y, int64_t begin, int64_t end);
};

}  // namespace plait
