// Philox 4x32-10 (Salmon et al. 2011), and normal numbers of its words: random numbers that are functions of a counter.
#include <math.h>
#include <string.h>

#include "core/threads.h"
#include "entries/random.h"

namespace plait {

namespace {

constexpr double kPi = 3.141592653589793238462643383279502884;

}  // namespace

void philox(Array& out, int64_t key, int64_t low, int64_t high, int64_t group, int64_t stride) {
    require(out.writeable && out.contiguous && out.dtype == DType::i32 && out.size % 4 == 0, "philox fills whole blocks of 32-bit words");
    require(group > 0, "philox: group must be positive");
    uint32_t* words = out.as<uint32_t>();
    const uint64_t base = static_cast<uint64_t>(low), top = static_cast<uint64_t>(high);
    parallel_for(out.size / 4, 4096, [=](int64_t begin, int64_t end) {
        for (int64_t j = begin; j < end; ++j) {
            const uint64_t at = base + static_cast<uint64_t>((j / group) * stride + j % group);
            const uint64_t over = top + (at < base ? 1 : 0);
            uint32_t c0 = static_cast<uint32_t>(at), c1 = static_cast<uint32_t>(at >> 32);
            uint32_t c2 = static_cast<uint32_t>(over), c3 = static_cast<uint32_t>(over >> 32);
            uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(static_cast<uint64_t>(key) >> 32);
            for (int round = 0; round < 10; ++round) {
                const uint64_t a = 0xD2511F53ull * c0, b = 0xCD9E8D57ull * c2;
                c0 = static_cast<uint32_t>(b >> 32) ^ c1 ^ k0;
                c2 = static_cast<uint32_t>(a >> 32) ^ c3 ^ k1;
                c1 = static_cast<uint32_t>(b);
                c3 = static_cast<uint32_t>(a);
                k0 += 0x9E3779B9u;
                k1 += 0xBB67AE85u;
            }
            uint32_t* w = words + 4 * j;
            w[0] = c0;
            w[1] = c1;
            w[2] = c2;
            w[3] = c3;
        }
    });
}

namespace {

float unit_of(uint32_t word) {
    const uint32_t bits = (word & 0x7fffffu) | 0x3f800000u;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f - 1.0f;
}

double unit_of(uint32_t high, uint32_t low) {
    const uint64_t bits = (static_cast<uint64_t>(high & 0xfffffu) << 32) | low | (1023ull << 52);
    double f;
    memcpy(&f, &bits, sizeof f);
    return f - 1.0;
}

}  // namespace

void box_muller(const Array& words, Array& out) {
    const bool wide = out.dtype == DType::f64;
    require(out.writeable && out.contiguous && words.contiguous && words.dtype == DType::i32 && (wide || out.dtype == DType::f32) &&
                out.size % 2 == 0 && words.size == out.size * (wide ? 2 : 1),
            "box_muller: a word for each float, two for each double, in pairs");
    const uint32_t* w = words.as<uint32_t>();
    if (wide) {
        double* y = out.as<double>();
        parallel_for(out.size / 2, 1024, [=](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const double first = unit_of(w[4 * i], w[4 * i + 1]), u = first < 1.0e-7 ? 1.0e-7 : first;
                const double angle = 2 * kPi * unit_of(w[4 * i + 2], w[4 * i + 3]), radius = sqrt(-2.0 * log(u));
                y[2 * i] = sin(angle) * radius;
                y[2 * i + 1] = cos(angle) * radius;
            }
        });
        return;
    }
    float* y = out.as<float>();
    parallel_for(out.size / 2, 1024, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            const float first = unit_of(w[2 * i]), u = first < 1.0e-7f ? 1.0e-7f : first;
            const float angle = static_cast<float>(2.0f * kPi * unit_of(w[2 * i + 1])), radius = sqrtf(-2.0f * logf(u));
            y[2 * i] = sinf(angle) * radius;
            y[2 * i + 1] = cosf(angle) * radius;
        }
    });
}

}  // namespace plait
