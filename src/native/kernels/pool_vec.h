// What the pooling kernels share: shuffles, the reducers, and a row's way through them. Included by kernels/pool_*.cpp only.
#pragma once
#include <utility>

#include "kernels/pool.h"
#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define PLAIT_SHUFFLE(T, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif
#endif
#ifndef PLAIT_SHUFFLE
#define PLAIT_SHUFFLE(T, a, b, ...) __builtin_shuffle(a, b, (Mask<T>){__VA_ARGS__})
#endif

// a0 a2 a4 … b0 b2 …
template <class T>
inline Vec<T> even(Vec<T> a, Vec<T> b) {
    if constexpr (kLanes<T> == 2) return PLAIT_SHUFFLE(T, a, b, 0, 2);
    if constexpr (kLanes<T> == 4) return PLAIT_SHUFFLE(T, a, b, 0, 2, 4, 6);
    if constexpr (kLanes<T> == 8) return PLAIT_SHUFFLE(T, a, b, 0, 2, 4, 6, 8, 10, 12, 14);
    if constexpr (kLanes<T> == 16) return PLAIT_SHUFFLE(T, a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
// Lanes From, From + 3, From + 6 … of three vectors.
template <class T, int From, int... I>
inline Vec<T> thirds(Vec<T> a, Vec<T> b, Vec<T> c, std::integer_sequence<int, I...>) {
    constexpr int L = kLanes<T>;
    const Vec<T> ab = PLAIT_SHUFFLE(T, a, b, (3 * I + From < 2 * L ? 3 * I + From : 0)...);
    return PLAIT_SHUFFLE(T, ab, c, (3 * I + From < 2 * L ? I : 3 * I + From - L)...);
}
template <class T, int From>
inline Vec<T> thirds(Vec<T> a, Vec<T> b, Vec<T> c) {
    return thirds<T, From>(a, b, c, std::make_integer_sequence<int, kLanes<T>>());
}
// a1 a3 a5 … b1 b3 …
template <class T>
inline Vec<T> odd(Vec<T> a, Vec<T> b) {
    if constexpr (kLanes<T> == 2) return PLAIT_SHUFFLE(T, a, b, 1, 3);
    if constexpr (kLanes<T> == 4) return PLAIT_SHUFFLE(T, a, b, 1, 3, 5, 7);
    if constexpr (kLanes<T> == 8) return PLAIT_SHUFFLE(T, a, b, 1, 3, 5, 7, 9, 11, 13, 15);
    if constexpr (kLanes<T> == 16) return PLAIT_SHUFFLE(T, a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}
// a0 b0 a1 b1 …: the lower half of both, zipped
template <class T>
inline Vec<T> zip_low(Vec<T> a, Vec<T> b) {
    if constexpr (kLanes<T> == 2) return PLAIT_SHUFFLE(T, a, b, 0, 2);
    if constexpr (kLanes<T> == 4) return PLAIT_SHUFFLE(T, a, b, 0, 4, 1, 5);
    if constexpr (kLanes<T> == 8) return PLAIT_SHUFFLE(T, a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    if constexpr (kLanes<T> == 16) return PLAIT_SHUFFLE(T, a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
template <class T>
inline Vec<T> zip_high(Vec<T> a, Vec<T> b) {
    if constexpr (kLanes<T> == 2) return PLAIT_SHUFFLE(T, a, b, 1, 3);
    if constexpr (kLanes<T> == 4) return PLAIT_SHUFFLE(T, a, b, 2, 6, 3, 7);
    if constexpr (kLanes<T> == 8) return PLAIT_SHUFFLE(T, a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    if constexpr (kLanes<T> == 16) return PLAIT_SHUFFLE(T, a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
// m ? a : b, in the form that compilers turn into one blend
template <class T>
inline Vec<T> blend(Mask<T> m, Vec<T> a, Vec<T> b) {
    return m ? a : b;
}
template <class T>
inline Vec<T> lane_numbers(T step) {
    Vec<T> v{};
    for (int i = 0; i < kLanes<T>; ++i) v[i] = static_cast<T>(i) * step;
    return v;
}

template <class T>
struct Lowest;
template <>
struct Lowest<float> {
    static constexpr float infinite = -__builtin_inff(), finite = -__FLT_MAX__;
};
template <>
struct Lowest<double> {
    static constexpr double infinite = -__builtin_inf(), finite = -__DBL_MAX__;
};

// A reducer: `fill` leaves every value as it is, `first` takes a raw value, `op` joins what has been taken with a further raw value,
// `fold` joins two that have been taken, of any width.
template <class T>
struct MaxNan {  // a NaN stays
    static constexpr T fill = Lowest<T>::infinite;
    static constexpr bool idempotent = true, average = false;
    static Vec<T> first(Vec<T> v) { return v; }
    static Vec<T> op(Vec<T> a, Vec<T> b) { return blend<T>(b != b, b, vmax<T>(b, a)); }  // of equals the first
    static T op(T a, T b) { return b != b || b > a ? b : a; }
    template <class V>
    static V fold(V a, V b) {
        return (b != b) | (b > a) ? b : a;
    }
};
template <class T>
struct MaxDrop {  // a NaN is left out
    static constexpr T fill = Lowest<T>::finite;
    static constexpr bool idempotent = true, average = false;
    static Vec<T> first(Vec<T> v) { return op(splat<T>(fill), v); }
    static Vec<T> op(Vec<T> a, Vec<T> b) { return vmax<T>(b, a); }
    static T op(T a, T b) { return b > a ? b : a; }
    template <class V>
    static V fold(V a, V b) {
        return b > a ? b : a;
    }
};
template <class T>
struct Sum {
    static constexpr T fill = T(0);
    static constexpr bool idempotent = false, average = true;
    static Vec<T> first(Vec<T> v) { return v; }
    static Vec<T> op(Vec<T> a, Vec<T> b) { return a + b; }
    static T op(T a, T b) { return a + b; }
    template <class V>
    static V fold(V a, V b) {
        return a + b;
    }
};

// v / by. A power of two is divided by in multiplying, to the bit and several times faster; what it is shows in its bits.
template <class T>
inline Vec<T> divided(Vec<T> v, Vec<T> by) {
    using I = typename IntOf<T>::type;
    constexpr I one = __builtin_bit_cast(I, T(1)), fraction = (I(1) << (sizeof(T) == 4 ? 23 : 52)) - 1;
    const Mask<T> bits = (Mask<T>)by;
    if (lane_bits<T>((Mask<T>)(((bits & splat<I>(fraction)) != splat<I>(0)) | (bits == splat<I>(0)))) == 0)
        return v * (Vec<T>)(splat<I>(one) + splat<I>(one) - bits);
    return v / by;
}

template <class T>
inline void copy_row(const T* from, T* to, int64_t n) {
    int64_t i = 0;
    for (; i + kLanes<T> <= n; i += kLanes<T>) store(to + i, load(from + i));
    if (i == n) return;
    if (n >= kLanes<T>)
        store(to + n - kLanes<T>, load(from + n - kLanes<T>));
    else
        for (; i < n; ++i) to[i] = from[i];
}
template <class T>
inline void fill_row(T* to, T value, int64_t n) {
    const Vec<T> v = splat<T>(value);
    int64_t i = 0;
    for (; i + kLanes<T> <= n; i += kLanes<T>) store(to + i, v);
    for (; i < n; ++i) to[i] = value;
}
// The same, but up to a vector more: for scratch rows, where what follows is written later or is slack.
template <class T>
inline void fill_over(T* to, T value, int64_t n) {
    for (int64_t i = 0; i < n; i += kLanes<T>) {
        store(to + i, splat<T>(value));
        asm("" ::: "memory");  // a few stores: no call of memset
    }
}

// A run of n >= L values to a vector of them, in four strands; what is left over from whole vectors as a part, where there are parts.
template <class T>
constexpr bool kParts = kLanes<T> * sizeof(T) > 16;  // the smallest vectors have no instruction for a part
template <class T, class R>
inline Vec<T> reduce_lanes(const T* p, int64_t n, int64_t& i) {
    constexpr int L = kLanes<T>;
    Vec<T> v = R::first(load(p));
    i = L;
    if (n >= 4 * L) {
        Vec<T> u = R::first(load(p + L)), s = R::first(load(p + 2 * L)), t = R::first(load(p + 3 * L));
        for (i = 4 * L; i + 4 * L <= n; i += 4 * L) {
            v = R::op(v, load(p + i));
            u = R::op(u, load(p + i + L));
            s = R::op(s, load(p + i + 2 * L));
            t = R::op(t, load(p + i + 3 * L));
        }
        v = R::op(R::op(v, u), R::op(s, t));
    }
    for (; i + L <= n; i += L) v = R::op(v, load(p + i));
    if (kParts<T> && i < n) {
        v = R::op(v, load_part(p + i, static_cast<int>(n - i), R::fill));
        i = n;
    }
    return v;
}
// A run of n values to one.
template <class T, class R>
inline T reduce_run(const T* p, int64_t n) {
    constexpr int L = kLanes<T>;
    T a = R::fill;
    int64_t i = 0;
    if (n >= L || (kParts<T> && n > L / 2)) {
        const Vec<T> v = n >= L ? reduce_lanes<T, R>(p, n, i) : R::first(load_part(p, static_cast<int>(n), R::fill));
        if (n < L) i = n;
        a = Fold<T, PLAIT_VECTOR_BYTES>::run(v, [](auto a, auto b) { return R::fold(a, b); });
    }
    for (; i < n; ++i) a = R::op(a, p[i]);
    return a;
}
// The lower or the upper halves of the pieces of 2 * W lanes of a, then of b.
template <class T, int W, bool Upper, int... I>
inline Vec<T> half_pieces(Vec<T> a, Vec<T> b, std::integer_sequence<int, I...>) {
    constexpr int L = kLanes<T>;
    return PLAIT_SHUFFLE(T, a, b, (I / W * 2 * W % L + I % W + (I < L / 2 ? 0 : L) + (Upper ? W : 0))...);
}
// Lane l is vector l folded in halves, as a fold of it alone would be: each step folds two vectors into one. Bound by two permutations
// and an operation a vector.
template <class T, class R, int W = kLanes<T> / 2>
inline Vec<T> fold_all(Vec<T>* v) {
    constexpr auto lanes = std::make_integer_sequence<int, kLanes<T>>();
    if constexpr (W == 0) {
        return v[0];
    } else {
        for (int k = 0; k < W; ++k)
            v[k] = R::fold(half_pieces<T, W, false>(v[2 * k], v[2 * k + 1], lanes), half_pieces<T, W, true>(v[2 * k], v[2 * k + 1], lanes));
        return fold_all<T, R, W / 2>(v);
    }
}

// Where an output row stands: plane (image n, channel c), depth od, row oh. Steps on without divisions.
struct Place {
    int64_t n, c, d, h;
};
inline Place place_of(int64_t unit, int64_t channels, int64_t depth, int64_t height) {
    Place p;
    p.h = unit % height;
    unit /= height;
    p.d = unit % depth;
    unit /= depth;
    p.c = unit % channels;
    p.n = unit / channels;
    return p;
}
inline void step(Place& p, int64_t channels, int64_t depth, int64_t height) {
    if (++p.h < height) return;
    p.h = 0;
    if (++p.d < depth) return;
    p.d = 0;
    if (++p.c < channels) return;
    p.c = 0;
    ++p.n;
}

// The input rows under output row (od, oh): pointers to their first elements. Returns how many.
template <class T>
inline int64_t rows_under(const T* plane, const Window& w, int64_t od, int64_t oh, const T** rows) {
    const int64_t step = w.dil[1] * w.xh;
    int64_t count = 0;
    for (int64_t a = 0; a < w.n[0][od]; ++a) {
        const T* row = plane + (w.lo[0][od] + a * w.dil[0]) * w.xd + w.lo[1][oh] * w.xh;
        for (int64_t b = w.n[1][oh]; b > 0; --b, row += step) {
            rows[count++] = row;
            asm("" ::: "memory");  // a few pointers: not worth vectors
        }
    }
    return count;
}

// Every S-th number from p on; S vectors are read.
template <class T, int S>
inline Vec<T> every(const T* p) {
    constexpr int L = kLanes<T>;
    if constexpr (S == 1) return load(p);
    if constexpr (S == 2) return even<T>(load(p), load(p + L));
    if constexpr (S == 3) return thirds<T, 0>(load(p), load(p + L), load(p + 2 * L));
    if constexpr (S == 4) return even<T>(even<T>(load(p), load(p + L)), even<T>(load(p + 2 * L), load(p + 3 * L)));
}

// Lanes in [0, size).
template <class I>
inline Vec<I> within(Vec<I> column, int64_t size) {
    return (column >= Vec<I>{}) & (column < splat<I>(static_cast<I>(size)));
}

// The input rows under a row of outputs, to be read as whole vectors from `pad` before their start on: rows too near to the ends of the
// input for that are copied. places[r] is where row r begins within the plane.
template <class T>
struct Under {
    const T** rows;
    int64_t *places, count = 0, reach;
    T* copies;

    Under(void* scratch, const Window& w) {
        rows = static_cast<const T**>(scratch);
        places = reinterpret_cast<int64_t*>(rows + w.k[0] * w.k[1]);
        copies = reinterpret_cast<T*>(places + w.k[0] * w.k[1]) + w.p[2];
        reach = (w.out[2] + kLanes<T>)*w.s[2] + (w.k[2] - 1) * w.dil[2];
    }
    void look(const T* x, const T* plane, const Window& w, int64_t od, int64_t oh) {
        count = 0;
        for (int64_t a = 0; a < w.n[0][od]; ++a)
            for (int64_t b = 0; b < w.n[1][oh]; ++b) {
                const int64_t d = w.lo[0][od] + a * w.dil[0], h = w.lo[1][oh] + b * w.dil[1];
                const T* row = plane + d * w.xd + h * w.xh;
                if (row - x < w.p[2] || row - x + reach > w.last) {
                    copy_row(row, copies + count * w.row, w.in[2]);
                    row = copies + count * w.row;
                }
                places[count] = (d * w.in[1] + h) * w.in[2];
                rows[count++] = row;
            }
    }
};

}  // namespace
}  // namespace plait::PLAIT_NS
