#include "entries/random.h"

#include <math.h>
#include <string.h>

#include <type_traits>

#include "core/isa.h"
#include "core/threads.h"
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

struct Half {
    uint16_t bits;
};
struct BFloat {
    uint16_t bits;
};

uint16_t half_bits(float value) {
    uint32_t x;
    memcpy(&x, &value, 4);
    uint32_t sign = (x >> 16) & 0x8000u, mag = x & 0x7fffffffu;
    if (mag > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);
    if (mag >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);  // rounds to infinity
    if (mag < 0x38800000u) {                                               // subnormal: let float addition round
        float shifted;
        memcpy(&shifted, &mag, 4);
        shifted += 0.5f;
        uint32_t s;
        memcpy(&s, &shifted, 4);
        return static_cast<uint16_t>(sign | (s - 0x3f000000u));
    }
    uint32_t rounded = mag - 0x38000000u + 0xfffu + ((mag >> 13) & 1u);
    return static_cast<uint16_t>(sign | (rounded >> 13));
}

uint16_t bfloat_bits(float value) {
    uint32_t x;
    memcpy(&x, &value, 4);
    if ((x & 0x7fffffffu) > 0x7f800000u) return 0x7fc0u;
    return static_cast<uint16_t>((x + 0x7fffu + ((x >> 16) & 1u)) >> 16);
}

float half_value(uint16_t h) {
    uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16, e = (h >> 10) & 31u, m = h & 1023u, x;
    float out;
    if (e == 0) {
        out = static_cast<float>(m) * 0x1p-24f;
        return sign ? -out : out;
    }
    x = sign | (e == 31 ? 0x7f800000u | (m << 13) : ((e + 112) << 23) | (m << 13));
    memcpy(&out, &x, 4);
    return out;
}

float bfloat_value(uint16_t b) {
    uint32_t x = static_cast<uint32_t>(b) << 16;
    float out;
    memcpy(&out, &x, 4);
    return out;
}

template <class T, class S>
T convert(S v) {
    if constexpr (std::is_same_v<T, Half>)
        return Half{half_bits(static_cast<float>(v))};
    else if constexpr (std::is_same_v<T, BFloat>)
        return BFloat{bfloat_bits(static_cast<float>(v))};
    else
        return static_cast<T>(v);
}

template <class T>
double widen(T v) {
    if constexpr (std::is_same_v<T, Half>)
        return half_value(v.bits);
    else if constexpr (std::is_same_v<T, BFloat>)
        return bfloat_value(v.bits);
    else
        return static_cast<double>(v);
}

template <class T>
struct Type {
    using type = T;
};

template <class Fn>
void with_float(DType t, bool bf16, Fn&& fn) {
    if (bf16) return fn(Type<BFloat>{});
    switch (t) {
        case DType::f32:
            return fn(Type<float>{});
        case DType::f64:
            return fn(Type<double>{});
        case DType::f16:
            return fn(Type<Half>{});
        default:
            throw std::invalid_argument("expected a floating point array");
    }
}

template <class Fn>
void with_any(DType t, bool bf16, Fn&& fn) {
    if (bf16) return fn(Type<BFloat>{});
    switch (t) {
        case DType::i64:
            return fn(Type<int64_t>{});
        case DType::i32:
            return fn(Type<int32_t>{});
        case DType::i16:
            return fn(Type<int16_t>{});
        case DType::i8:
            return fn(Type<int8_t>{});
        case DType::u8:
            return fn(Type<uint8_t>{});
        case DType::b8:
            return fn(Type<bool>{});
        default:
            return with_float(t, false, fn);
    }
}

// The loop order of a one-output, at most one-input walk: dimensions by falling stride of the output, then of the input;
// strides of zero (broadcast) decide nothing. fastest[0] is the innermost dimension.
int loop_order(const Array& out, const Array* in, int* fastest) {
    int n = 0;
    for (int d = out.ndim; d-- > 0;)
        if (out.shape[d] != 1) fastest[n++] = d;
    auto compare = [&](int a, int b) {
        for (const Array* x : {&out, in}) {
            if (x == nullptr || x->stride[a] == 0 || x->stride[b] == 0) continue;
            if (x->stride[a] != x->stride[b]) return x->stride[a] < x->stride[b] ? -1 : 1;
            if (x->shape[a] > x->shape[b]) return 1;
        }
        return 0;
    };
    for (int i = 1; i < n; ++i) {
        int at = i;
        for (int j = i - 1; j >= 0; --j) {
            int c = compare(fastest[j], fastest[at]);
            if (c < 0) break;
            if (c > 0) {
                int t = fastest[j];
                fastest[j] = fastest[at];
                fastest[at] = t;
                at = j;
            }
        }
    }
    return n;
}

template <class Fn>
void walk(const Array& out, const Array* in, Fn&& fn) {
    if (out.size == 0) return;
    int order[kMaxDims];
    int n = loop_order(out, in, order);
    int64_t index[kMaxDims] = {};
    char* p = out.as<char>();
    const char* q = in ? in->as<const char>() : nullptr;
    for (;;) {
        fn(p, q);
        int d = 0;
        for (; d < n; ++d) {
            int a = order[d];
            p += out.stride[a];
            if (in) q += in->stride[a];
            if (++index[d] < out.shape[a]) break;
            p -= out.stride[a] * out.shape[a];
            if (in) q -= in->stride[a] * out.shape[a];
            index[d] = 0;
        }
        if (d == n) return;
    }
}

template <class T, class Fn>
void fill(Array& out, Fn&& draw) {
    require(out.writeable, "output is read-only");
    if (out.contiguous) {
        T* p = out.as<T>();
        for (int64_t i = 0; i < out.size; ++i) p[i] = draw();
    } else {
        walk(out, nullptr, [&](char* p, const char*) { *reinterpret_cast<T*>(p) = draw(); });
    }
}

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

int64_t random_next(Array& state) { return Engine(state).bits32(); }
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
