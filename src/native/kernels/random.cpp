// The twister in bulk, and Box-Muller in float over blocks of 16: the first 8 uniforms give radii, the other 8 angles.
// log and sin/cos are the Cephes single-precision polynomials (Moshier; public), in Horner form with fused multiply-adds:
// exactly these roundings, on every ISA, are what makes seeded float normals equal PyTorch's on AVX2 machines.
#include "kernels/random.h"

#include <stdint.h>

namespace plait::PLAIT_NS {
namespace {

inline float from_bits(uint32_t u) { return __builtin_bit_cast(float, u); }
inline uint32_t to_bits(float f) { return __builtin_bit_cast(uint32_t, f); }
inline double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }
inline float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

inline float log_unit(float x) {  // 0 < x <= 1
    x = x > 0x1p-126f ? x : 0x1p-126f;
    float e = static_cast<float>(static_cast<int32_t>(to_bits(x) >> 23) - 126);
    x = from_bits((to_bits(x) & 0x807fffffu) | 0x3f000000u);
    bool low = x < 0.707106781186547524f;
    float again = low ? x : 0.0f;
    e = e - (low ? 1.0f : 0.0f);
    x = (x - 1.0f) + again;
    float z = x * x;
    float y = 7.0376836292E-2f;
    y = fused(y, x, -1.1514610310E-1f);
    y = fused(y, x, 1.1676998740E-1f);
    y = fused(y, x, -1.2420140846E-1f);
    y = fused(y, x, 1.4249322787E-1f);
    y = fused(y, x, -1.6668057665E-1f);
    y = fused(y, x, 2.0000714765E-1f);
    y = fused(y, x, -2.4999993993E-1f);
    y = fused(y, x, 3.3333331174E-1f);
    y = fused(y * x, z, e * -2.12194440e-4f);
    y = fused(-z, 0.5f, y);
    return fused(e, 0.693359375f, x + y);
}

inline void sincos_turn(float x, float* sine, float* cosine) {  // 0 <= x <= 2 pi
    int32_t octant = (static_cast<int32_t>(x * 1.27323954473516f) + 1) & ~1;
    float y = static_cast<float>(octant);
    uint32_t flip_sine = static_cast<uint32_t>(octant & 4) << 29;
    uint32_t flip_cosine = static_cast<uint32_t>(~(octant - 2) & 4) << 29;
    bool swap = (octant & 2) != 0;
    x = fused(y, -0.78515625f, x);
    x = fused(y, -2.4187564849853515625e-4f, x);
    x = fused(y, -3.77489497744594108e-8f, x);
    float z = x * x;
    float c = 2.443315711809948E-005f;
    c = fused(c, z, -1.388731625493765E-003f);
    c = fused(c, z, 4.166664568298827E-002f);
    c = fused(c * z, z, -(z * 0.5f)) + 1.0f;
    float s = -1.9515295891E-4f;
    s = fused(s, z, 8.3321608736E-3f);
    s = fused(s, z, -1.6666654611E-1f);
    s = fused(s * z, x, x);
    *sine = from_bits(to_bits(swap ? c : s) ^ flip_sine);
    *cosine = from_bits(to_bits(swap ? s : c) ^ flip_cosine);
}

void normal16(float* data, int64_t blocks, float mean, float std) {
    for (int64_t b = 0; b < blocks; ++b, data += 16) {
        float n1[8], n2[8];
        for (int j = 0; j < 8; ++j) {
            float radius = __builtin_sqrtf(-2.0f * log_unit(1.0f - data[j]));
            float sine, cosine;
            sincos_turn(6.28318530717958647692f * data[j + 8], &sine, &cosine);
            n1[j] = fused(radius * cosine, std, mean);
            n2[j] = fused(radius * sine, std, mean);
        }
        for (int j = 0; j < 8; ++j) {
            data[j] = n1[j];
            data[j + 8] = n2[j];
        }
    }
}

constexpr int kWords = 624, kShift = 397;

inline uint64_t twist(uint64_t u, uint64_t v) {
    uint64_t mixed = (u & 0x80000000u) | (v & 0x7fffffffu);
    return (mixed >> 1) ^ ((0 - (v & 1)) & 0x9908b0dfu);
}

void refill(uint64_t* p) {
    for (int j = 0; j < kWords - kShift; ++j) p[j] = p[j + kShift] ^ twist(p[j], p[j + 1]);
    for (int j = kWords - kShift; j < kWords - 1; ++j) p[j] = p[j + kShift - kWords] ^ twist(p[j], p[j + 1]);
    p[kWords - 1] = p[kShift - 1] ^ twist(p[kWords - 1], p[0]);
}

void temper(const uint64_t* __restrict words, uint32_t* __restrict out, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
        uint32_t y = static_cast<uint32_t>(words[i]);
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680u;
        y ^= (y << 15) & 0xefc60000u;
        out[i] = y ^ (y >> 18);
    }
}

void units_f32(const uint32_t* __restrict bits, float* __restrict out, int64_t n) {
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(static_cast<int32_t>(bits[i] & ((1u << 24) - 1))) * 0x1p-24f;
}

void units_f64(const uint32_t* __restrict bits, double* __restrict out, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
        uint64_t both = (static_cast<uint64_t>(bits[2 * i]) << 32) | bits[2 * i + 1];
        out[i] = static_cast<double>(static_cast<int64_t>(both & ((1ull << 53) - 1))) * 0x1p-53;
    }
}

template <class T>
void scale(T* data, int64_t n, T span, T low, T high) {
    for (int64_t i = 0; i < n; ++i) {
        T v = fused(data[i], span, low);
        data[i] = v == high ? low : v;
    }
}

}  // namespace

extern const RandomTable random_table = {refill, temper, units_f32, units_f64, normal16, scale<float>, scale<double>};

}  // namespace plait::PLAIT_NS
