// The table of the family's kernels. Included by kernels/random.cpp and entries/random.cpp.
#pragma once
#include <stdint.h>

namespace plait {

struct RandomTable {
    // Box-Muller in place over blocks of 16 uniforms of [0, 1).
    void (*normal16)(float* data, int64_t blocks, float mean, float std);
    // v = v * span + low with one rounding; what rounds up to `high` becomes `low`.
    void (*scale_f32)(float* data, int64_t n, float span, float low, float high);
    void (*scale_f64)(double* data, int64_t n, double span, double low, double high);
};

}  // namespace plait
