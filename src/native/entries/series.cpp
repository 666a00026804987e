// exp, sigmoid and tanh of float32 by Eigen's short polynomials, every product and sum rounded by itself (entries are compiled with
// -ffp-contract=off): plait/ops/series.py has the same in NumPy, which says what they are.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/threads.h"
#include "entries/activation.h"

namespace plait {
namespace {

constexpr float kLargest = 88.3762626647950f;  // beyond it another function takes over
constexpr int64_t kPacket = 8;                 // what does not fill a packet at the end is a libm's
constexpr int64_t kGrain = 1 << 13;

float floor_of(float v) {
    const float t = static_cast<float>(static_cast<int32_t>(v));
    return t > v ? t - 1.0f : t;
}

float exp_of(float x) {
    const float power = floor_of(x * 1.44269504088896341f + 0.5f);
    const float r = x - power * 0.693359375f - power * -2.12194440e-4f;
    const float square = r * r;
    const float first = (1.9875691500e-4f * r + 1.3981999507e-3f) * r + 8.3334519073e-3f;
    const float second = (4.1665795894e-2f * r + 1.6666665459e-1f) * r + 5.0000001201e-1f;
    const float y = (first * (square * r) + second) * square + (r + 1.0f);
    return std::ldexp(y, static_cast<int>(power));
}

float tanh_of(float x) {
    const float inside = x < -9.0f ? -9.0f : x > 9.0f ? 9.0f : x;
    const float s = inside * inside;
    float odd = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
    odd = s * odd + -8.60467152213735e-11f;
    odd = s * odd + 5.12229709037114e-08f;
    odd = s * odd + 1.48572235717979e-05f;
    odd = s * odd + 6.37261928875436e-04f;
    odd = s * odd + 4.89352455891786e-03f;
    float even = s * 1.19825839466702e-06f + 1.18534705686654e-04f;
    even = s * even + 2.26843463243900e-03f;
    even = s * even + 4.89352518554385e-03f;
    return std::fabs(x) < 0.0004f ? x : inside * odd / even;
}

}  // namespace

std::optional<Owned> series(int64_t code, const Array& x) {
    require(x.dtype == DType::f32 && x.contiguous && code >= 0 && code <= 2,
            "series: a float32 array in row-major order, and a code of 0 to 2");
    const float* in = x.as<float>();
    if (code != 2)
        for (int64_t i = 0; i < x.size; ++i)
            if (!(std::fabs(in[i]) <= kLargest)) return std::nullopt;
    Owned y = Owned::like(x);
    float* out = y.as<float>();
    const int64_t whole = x.size - x.size % kPacket;
    parallel_for(x.size, kGrain, [&](int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i) {
            if (code == 2) {
                out[i] = tanh_of(in[i]);
                continue;
            }
            const float v = code == 1 ? -in[i] : in[i];
            const float e = i < whole ? exp_of(v) : static_cast<float>(std::exp(static_cast<double>(v)));
            out[i] = code == 1 ? 1.0f / (1.0f + e) : e;
        }
    });
    return y;
}

}  // namespace plait
