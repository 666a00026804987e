#include "entries/random.h"

#include <math.h>
#include <string.h>

#include <type_traits>

#include "core/isa.h"
#include "core/threads.h"
#include "entries/random_fill.h"
#include "kernels/random.h"

namespace plait {

PLAIT_TABLE(RandomTable, random_table)

namespace {

constexpr int kWords = 624, kBlock = 1024;
constexpr double kPi = 3.141592653589793238462643383279502884;

// A view of the state's bytes. Not a copy: a tiny call touches a few words alone.
struct Engine {
    uint64_t* seed;
    int32_t* left;
    int32_t* seeded;
    uint64_t* next;
    uint64_t* words;
    double* normal;  // the three doubles; the middle one is the kept sample
    int32_t* normal_valid;

    explicit Engine(Array& state) {
        require(state.bytes() == kRandomStateBytes && state.contiguous && state.writeable && state.dtype == DType::u8,
                "random state must be 5056 writeable bytes");
        uint8_t* p = state.as<uint8_t>();
        seed = reinterpret_cast<uint64_t*>(p);
        left = reinterpret_cast<int32_t*>(p + 8);
        seeded = reinterpret_cast<int32_t*>(p + 12);
        next = reinterpret_cast<uint64_t*>(p + 16);
        words = reinterpret_cast<uint64_t*>(p + 24);
        normal = reinterpret_cast<double*>(p + 24 + 8 * kWords);
        normal_valid = reinterpret_cast<int32_t*>(p + 48 + 8 * kWords);
    }

    void refill() {
        *left = kWords;
        *next = 0;
        active_random_table().refill(words);
    }

    static uint32_t temper(uint32_t y) {
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680u;
        y ^= (y << 15) & 0xefc60000u;
        return y ^ (y >> 18);
    }

    uint32_t bits32() {
        if (--*left == 0) refill();
        return temper(static_cast<uint32_t>(words[(*next)++]));
    }
    uint64_t bits64() {
        uint64_t high = bits32();
        return (high << 32) | bits32();
    }
    double unit64() { return static_cast<double>(bits64() & ((1ull << 53) - 1)) * 0x1p-53; }
    float unit32() { return static_cast<float>(bits32() & ((1u << 24) - 1)) * 0x1p-24f; }

    // n draws of 32 bits.
    void draw(uint32_t* out, int64_t n) {
        const RandomTable& k = active_random_table();
        while (n > 0) {
            if (*left == 1) {
                *out++ = bits32();
                --n;
                continue;
            }
            const int64_t m = *left - 1 < n ? *left - 1 : n;
            k.temper(words + *next, out, m);
            *next += static_cast<uint64_t>(m);
            *left -= static_cast<int32_t>(m);
            out += m;
            n -= m;
        }
    }

    // fn(first, bits, count) over n items of `width` draws of 32 bits each, a few hundred at a time.
    template <class Fn>
    void blocks(int64_t n, int width, Fn&& fn) {
        uint32_t bits[kBlock];
        const int64_t step = kBlock / width;
        for (int64_t done = 0; done < n; done += step) {
            const int64_t m = n - done < step ? n - done : step;
            draw(bits, m * width);
            fn(done, bits, m);
        }
    }

    double gauss(double mean, double std) {
        double kept;
        if (*normal_valid) {
            kept = normal[1];
            *normal_valid = 0;
            normal[1] = 0;
        } else {
            double u1 = unit64(), u2 = unit64();
            double r = sqrt(-2.0 * log1p(-u2)), theta = 2.0 * kPi * u1;
            normal[1] = r * sin(theta);
            *normal_valid = 1;
            kept = r * cos(theta);
        }
        return fma(kept, std, mean);
    }
};

void normal16(double* d, int64_t blocks, double mean, double std) {
    for (int64_t b = 0; b < blocks; ++b, d += 16)
        for (int j = 0; j < 8; ++j) {
            double radius = sqrt(-2.0 * log(1.0 - d[j])), theta = 2.0 * kPi * d[j + 8];
            d[j] = fma(radius * cos(theta), std, mean);
            d[j + 8] = fma(radius * sin(theta), std, mean);
        }
}
void normal16(float* d, int64_t blocks, float mean, float std) { active_random_table().normal16(d, blocks, mean, std); }

void scale(float* p, int64_t n, float span, float low, float high) { active_random_table().scale_f32(p, n, span, low, high); }
void scale(double* p, int64_t n, double span, double low, double high) { active_random_table().scale_f64(p, n, span, low, high); }

void units(Engine& e, float* p, int64_t n) {
    const RandomTable& k = active_random_table();
    e.blocks(n, 1, [&](int64_t i, const uint32_t* bits, int64_t m) { k.units_f32(bits, p + i, m); });
}
void units(Engine& e, double* p, int64_t n) {
    const RandomTable& k = active_random_table();
    e.blocks(n, 2, [&](int64_t i, const uint32_t* bits, int64_t m) { k.units_f64(bits, p + i, m); });
}

// At least 16 contiguous values: blocks of 16; a tail makes the last 16 anew.
template <class T>
void normal_blocks(Engine& e, T* p, int64_t n, double mean, double std) {
    using F = std::conditional_t<std::is_same_v<T, double>, double, float>;
    F m = static_cast<F>(mean), s = static_cast<F>(std);
    if constexpr (std::is_same_v<T, F>) {
        units(e, p, n);
        normal16(p, n / 16, m, s);
        if (n % 16 != 0) {
            units(e, p + n - 16, 16);
            normal16(p + n - 16, 1, m, s);
        }
    } else {
        F block[16];
        for (int64_t i = 0; i < n; i += 16) {
            T* to = i + 16 <= n ? p + i : p + n - 16;
            units(e, block, 16);
            normal16(block, 1, m, s);
            for (int j = 0; j < 16; ++j) to[j] = convert<T>(block[j]);
        }
    }
}

void check_probability(bool ok) {
    if (!ok)
        throw std::runtime_error(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, "
            "please report an enhancement request to PyTorch.)");
}

}  // namespace

void random_seed(Array& state, int64_t seed) {
    Engine e(state);
    memset(state.data, 0, static_cast<size_t>(kRandomStateBytes));
    *e.seed = static_cast<uint64_t>(seed);
    *e.seeded = 1;
    *e.left = 1;
    uint32_t word = static_cast<uint32_t>(seed);
    e.words[0] = word;
    for (uint32_t j = 1; j < kWords; ++j) {
        word = 1812433253u * (word ^ (word >> 30)) + j;
        e.words[j] = word;
    }
}

int64_t random_next64(Array& state) { return static_cast<int64_t>(Engine(state).bits64()); }

void random_uniform(Array& state, Array& out, double low, double high, bool bf16) {
    Engine e(state);
    require(out.writeable, "output is read-only");
    with_float(out.dtype, bf16, [&](auto type) {
        using T = typename decltype(type)::type;
        using F = std::conditional_t<std::is_same_v<T, double>, double, float>;
        const F from = static_cast<F>(low), to = static_cast<F>(high), span = to - from;
        auto unit = [&]() -> F {
            if constexpr (std::is_same_v<F, double>)
                return e.unit64();
            else
                return e.unit32();
        };
        if constexpr (std::is_same_v<T, F>) {
            if (out.contiguous) {
                units(e, out.as<T>(), out.size);
                if (from != F(0) || to != F(1)) scale(out.as<T>(), out.size, span, from, to);
            } else {
                fill<T>(out, [&] {
                    F v = fma(unit(), span, from);
                    return v == to ? from : v;
                });
            }
        } else {
            const T first = convert<T>(from);
            const double limit = widen(convert<T>(to));
            fill<T>(out, [&] {
                T v = convert<T>(fma(unit(), span, from));
                return widen(v) == limit ? first : v;
            });
        }
    });
}

void random_normal(Array& state, Array& out, double mean, double std, bool bf16) {
    Engine e(state);
    require(out.writeable, "output is read-only");
    with_float(out.dtype, bf16, [&](auto type) {
        using T = typename decltype(type)::type;
        if (out.size >= 16 && out.contiguous)
            normal_blocks<T>(e, out.as<T>(), out.size, mean, std);
        else
            fill<T>(out, [&] { return convert<T>(e.gauss(mean, std)); });
    });
}

void random_transform(Array& state, Array& out, int64_t which, double a, double b, bool bf16) {
    Engine e(state);
    with_any(out.dtype, bf16, [&](auto type) {
        using T = typename decltype(type)::type;
        switch (which) {
            case 0:
                return fill<T>(out, [&] { return convert<T>(-1.0 / a * log1p(-e.unit64())); });
            case 1:
                return fill<T>(out, [&] { return convert<T>(fma(b, tan(kPi * (e.unit64() - 0.5)), a)); });
            case 2:
                return fill<T>(out, [&] { return convert<T>(exp(e.gauss(a, b))); });
            case 3: {
                return fill<T>(out, [&] { return convert<T>(ceil(log(e.unit64()) / log1p(-a))); });
            }
            default:
                throw std::invalid_argument("unknown distribution");
        }
    });
}

void random_bernoulli(Array& state, Array& out, double p, double value, bool bf16) {
    Engine e(state);
    require(out.writeable, "output is read-only");
    check_probability(p >= 0 && p <= 1);
    with_any(out.dtype, bf16, [&](auto type) {
        using T = typename decltype(type)::type;
        T zero = convert<T>(0), one = convert<T>(value);
        if (!out.contiguous) return fill<T>(out, [&] { return e.unit64() < p ? one : zero; });
        const uint64_t below = static_cast<uint64_t>(ceil(p * 0x1p53));  // k * 2^-53 < p, in integers
        T* to = out.as<T>();
        e.blocks(out.size, 2, [=](int64_t first, const uint32_t* bits, int64_t m) {
            for (int64_t i = 0; i < m; ++i) {
                const uint64_t both = (static_cast<uint64_t>(bits[2 * i]) << 32) | bits[2 * i + 1];
                to[first + i] = (both & ((1ull << 53) - 1)) < below ? one : zero;
            }
        });
    });
}

void random_bernoulli_each(Array& state, Array& out, const Array& p, bool bf16, bool p_bf16) {
    Engine e(state);
    require(out.writeable, "output is read-only");
    require(p.ndim == out.ndim, "p must have out's shape");
    for (int d = 0; d < p.ndim; ++d) require(p.shape[d] == out.shape[d], "p must have out's shape");
    with_float(p.dtype, p_bf16, [&](auto p_type) {
        using P = typename decltype(p_type)::type;
        walk(p, nullptr, [&](char* q, const char*) {
            double v = widen(*reinterpret_cast<P*>(q));
            check_probability(v >= 0 && v <= 1);
        });
        with_any(out.dtype, bf16, [&](auto type) {
            using T = typename decltype(type)::type;
            T zero = convert<T>(0), one = convert<T>(1);
            walk(out, &p, [&](char* to, const char* q) {
                P v = *reinterpret_cast<const P*>(q);
                bool hit;
                if constexpr (std::is_same_v<P, double>)
                    hit = e.unit64() < v;
                else
                    hit = e.unit32() < static_cast<float>(widen(v));
                *reinterpret_cast<T*>(to) = hit ? one : zero;
            });
        });
    });
}

void random_integers(Array& state, Array& out, int64_t mode, int64_t base, int64_t range, bool bf16) {
    Engine e(state);
    require(mode != 0 || range != 0, "range must not be empty");
    uint64_t span = static_cast<uint64_t>(range), from = static_cast<uint64_t>(base);
    with_any(out.dtype, bf16, [&](auto type) {
        using T = typename decltype(type)::type;
        if (mode == 0) {
            if (span >= (1ull << 28))
                fill<T>(out, [&] { return convert<T>(static_cast<int64_t>(e.bits64() % span + from)); });
            else
                fill<T>(out,
                        [&, small = static_cast<uint32_t>(span)] { return convert<T>(static_cast<int64_t>(e.bits32() % small + from)); });
        } else if (mode == 1) {
            fill<T>(out, [&] { return convert<T>(static_cast<int64_t>(e.bits64())); });
        } else {
            if constexpr (std::is_same_v<T, double>)
                fill<T>(out, [&] { return static_cast<double>(e.bits64() % ((1ull << 53) + 1)); });
            else if constexpr (std::is_same_v<T, int64_t>)
                fill<T>(out, [&] { return static_cast<int64_t>(e.bits64() & ((1ull << 63) - 1)); });
            else if constexpr (std::is_same_v<T, float>)
                fill<T>(out, [&] { return static_cast<float>(e.bits32() % ((1u << 24) + 1)); });
            else if constexpr (std::is_same_v<T, Half>)
                fill<T>(out, [&] { return convert<T>(e.bits32() % ((1u << 11) + 1)); });
            else if constexpr (std::is_same_v<T, BFloat>)
                fill<T>(out, [&] { return convert<T>(e.bits32() % ((1u << 8) + 1)); });
            else if constexpr (std::is_same_v<T, bool>)
                fill<T>(out, [&] { return (e.bits32() & 1u) != 0; });
            else {
                constexpr int bits = sizeof(T) * 8 - (std::is_signed_v<T> ? 1 : 0);
                fill<T>(out, [&] { return static_cast<T>(e.bits32() & static_cast<uint32_t>((1ull << bits) - 1)); });
            }
        }
    });
}

void random_permutation(Array& state, Array& out, bool bf16) {
    Engine e(state);
    require(out.writeable && out.ndim == 1, "out must be one-dimensional and writeable");
    with_any(out.dtype, bf16, [&](auto type) {
        using T = typename decltype(type)::type;
        int64_t n = out.size, step = out.stride[0];
        char* p = out.as<char>();
        auto at = [p, step](int64_t i) { return reinterpret_cast<T*>(p + i * step); };
        for (int64_t i = 0; i < n; ++i) *at(i) = convert<T>(i);
        bool wide = n >= static_cast<int64_t>(0xffffffffu / 20);
        for (int64_t i = 0; i < n - 1; ++i) {
            uint64_t rest = static_cast<uint64_t>(n - i);
            uint64_t k = wide ? e.bits64() % rest : e.bits32() % static_cast<uint32_t>(rest);
            T kept = *at(i);
            *at(i) = *at(i + static_cast<int64_t>(k));
            *at(i + static_cast<int64_t>(k)) = kept;
        }
    });
}

void random_choice(Array& state, Array& out, const Array& cumulative) {
    Engine e(state);
    require(out.dtype == DType::i64 && out.contiguous && out.writeable && out.ndim == 2, "out must be contiguous int64 [rows, samples]");
    require(cumulative.contiguous && cumulative.ndim == 2 && cumulative.shape[0] == out.shape[0],
            "cumulative must be contiguous [rows, categories]");
    with_float(cumulative.dtype, false, [&](auto type) {
        using T = typename decltype(type)::type;
        int64_t categories = cumulative.shape[1], samples = out.shape[1];
        int64_t* to = out.as<int64_t>();
        const T* row = cumulative.as<const T>();
        for (int64_t r = 0; r < out.shape[0]; ++r, row += categories)
            for (int64_t j = 0; j < samples; ++j) {
                double u = e.unit64();
                int64_t low = 0, high = categories;
                while (low < high) {
                    int64_t mid = low + (high - low) / 2;
                    if (widen(row[mid]) < u)
                        low = mid + 1;
                    else
                        high = mid;
                }
                *to++ = low;
            }
    });
}

void random_slopes(Array& state, Array& noise, const Array& x, double low, double high) {
    Engine e(state);
    require(noise.contiguous && noise.writeable && x.contiguous && x.size == noise.size && x.dtype == noise.dtype,
            "noise must be contiguous, of x's shape and dtype");
    with_float(x.dtype, false, [&](auto type) {
        using T = typename decltype(type)::type;
        const T* p = x.as<const T>();
        T* to = noise.as<T>();
        T one = convert<T>(1);
        for (int64_t i = 0; i < x.size; ++i) to[i] = widen(p[i]) <= 0 ? convert<T>(e.unit64() * (high - low) + low) : one;
    });
}

}  // namespace plait
