// Entries of the family `random`: declared here, listed in PLAIT_RANDOM_ENTRIES, bound by binding.cpp under their own names.
//
// A generator is a Mersenne Twister (mt19937) whose state is an array of 5056 bytes, laid out as PyTorch's CPU generator writes
// its own, so that states interchange:
//   u64 seed | i32 left | i32 seeded | u64 next | u64 words[624] | f64 0, kept normal, 0 | i32 valid | 4 | f32 0 | u8 0 | 3
// Every sampler takes (state, out, ...) and fills `out` in the order of its memory, whatever its strides; `bf16` says that
// out's two-byte items are bfloat16.
#pragma once
#include "core/array.h"

namespace plait {

constexpr int64_t kRandomStateBytes = 5056;

void random_seed(Array& state, int64_t seed);
int64_t random_next64(Array& state);  // 64 bits, as a signed number
void random_uniform(Array& state, Array& out, double low, double high, bool bf16);
void random_normal(Array& state, Array& out, double mean, double std, bool bf16);
// which: 0 exponential(a = rate), 1 Cauchy(a = median, b = scale), 2 log-normal(a = mean, b = std), 3 geometric(a = p)
void random_transform(Array& state, Array& out, int64_t which, double a, double b, bool bf16);
// `value` with probability p, else 0
void random_bernoulli(Array& state, Array& out, double p, double value, bool bf16);
void random_bernoulli_each(Array& state, Array& out, const Array& p, bool bf16, bool p_bf16);
// mode: 0 base + [0, range), 1 all 64 bits, 2 the dtype's own non-negative range
void random_integers(Array& state, Array& out, int64_t mode, int64_t base, int64_t range, bool bf16);
void random_permutation(Array& state, Array& out, bool bf16);
// cumulative [rows, categories] float or double, ending in 1; out [rows, samples] int64
void random_choice(Array& state, Array& out, const Array& cumulative);
// noise[i] = uniform in [low, high) where x[i] <= 0, else 1
void random_slopes(Array& state, Array& noise, const Array& x, double low, double high);

// Philox 4x32-10: block j of four words (int32) is that of counter + (j / group) * stride + j % group, which is high * 2^64 + low.
void philox(Array& out, int64_t key, int64_t low, int64_t high, int64_t group, int64_t stride);

// Two normal numbers of each pair of uniform ones, which are made of one word (float) or two (double) each; sine first.
void box_muller(const Array& words, Array& out);

#define PLAIT_RANDOM_ENTRIES(X) \
    X(random_seed)              \
    X(philox)                   \
    X(box_muller)               \
    X(random_next64)            \
    X(random_uniform)           \
    X(random_normal)            \
    X(random_transform)         \
    X(random_bernoulli) X(random_bernoulli_each) X(random_integers) X(random_permutation) X(random_choice) X(random_slopes)

}  // namespace plait
