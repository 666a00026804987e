// Numbers drawn one by one, into arrays of any dtype and strides, in the order in which memory holds the elements. For random.cpp alone.
#pragma once
#include <math.h>
#include <string.h>

#include <type_traits>

#include "core/array.h"

namespace plait {
namespace {

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

}  // namespace
}  // namespace plait
