// The table of the family's kernels. Included by kernels/random.cpp and entries/random.cpp.
#pragma once
#include <stdint.h>

namespace plait {

struct RandomTable {
    // The next 624 words of a Mersenne Twister, in place (each in the low half of 64 bits).
    void (*refill)(uint64_t* words);
    // Words tempered to n draws of 32 bits.
    void (*temper)(const uint64_t* words, uint32_t* out, int64_t n);
    // Draws to [0, 1): 24 bits of one draw; 53 bits of two (the first is the high half).
    void (*units_f32)(const uint32_t* bits, float* out, int64_t n);
    void (*units_f64)(const uint32_t* bits, double* out, int64_t n);
    // Box-Muller in place over blocks of 16 uniforms of [0, 1).
    void (*normal16)(float* data, int64_t blocks, float mean, float std);
    // v = v * span + low with one rounding; what rounds up to `high` becomes `low`.
    void (*scale_f32)(float* data, int64_t n, float span, float low, float high);
    void (*scale_f64)(double* data, int64_t n, double span, double low, double high);
};

}  // namespace plait
