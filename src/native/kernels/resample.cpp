#include "kernels/resample.h"

#include "kernels/resample_grid.h"
#include "simd/gather.h"
#include "simd/stream.h"

namespace plait::PLAIT_NS {
namespace {

template <class U>
struct FloatAs {
    using type = float;
};
template <>
struct FloatAs<uint64_t> {
    using type = double;
};

template <class U>
inline void copy(U* to, const U* from, int64_t n, bool past = false) {
    if constexpr (sizeof(U) >= 4) {
        using T = typename FloatAs<U>::type;
        if (past) return copy_past(reinterpret_cast<T*>(to), reinterpret_cast<const T*>(from), n);
    }
    __builtin_memcpy(to, from, static_cast<size_t>(n) * sizeof(U));
}

// Columns [begin, end) of a gathered row; without holes the loop becomes vector gathers.
template <class U>
inline void pick(const U* from, U* o, const int32_t* index, int64_t begin, int64_t end, bool holes, U fill) {
    if (holes) {
        for (int64_t j = begin; j < end; ++j) o[j] = index[j] < 0 ? fill : from[index[j]];
    } else {
        int64_t j = begin;
        if constexpr (sizeof(U) >= 4) {  // elements as floating-point lanes of their width: nothing is computed with them
            using T = typename FloatAs<U>::type;
            for (; j + kLanes<T> <= end; j += kLanes<T>)
                store<T>(reinterpret_cast<T*>(o + j), lanes_at<false>(reinterpret_cast<const T*>(from), index + j));
        }
        for (; j < end; ++j) o[j] = from[index[j]];
    }
}

// o[2 j] = o[2 j + 1] = from[j]
template <class U>
inline void twice(const U* from, U* o, int64_t n, bool past) {
    int64_t j = 0;
    if constexpr (sizeof(U) >= 4 && kPermutes<typename FloatAs<U>::type>) {
        using T = typename FloatAs<U>::type;
        constexpr int L = kLanes<T>;
        const T* in = reinterpret_cast<const T*>(from);
        T* to = reinterpret_cast<T*>(o);
        Mask<T> low, high;
        for (int i = 0; i < L; ++i) low[i] = i / 2, high[i] = (i + L) / 2;
        past = past && aligned(to);
        for (; j + L <= n; j += L) {
            const Vec<T> v = load(in + j);
            put<T>(to + 2 * j, permute<T>(v, low), past);
            put<T>(to + 2 * j + L, permute<T>(v, high), past);
        }
        if (2 * (n - j) >= L) {
            put<T>(to + 2 * j, permute<T>(load_part(in + j, L / 2), low), past);
            j += L / 2;
        }
    }
    for (; j < n; ++j) o[2 * j] = o[2 * j + 1] = from[j];
}

// Counts through [planes, d, h] from item `at` on.
struct Walk {
    int64_t row, depth, plane;
    const int64_t h, d;
    Walk(int64_t at, int64_t d, int64_t h) : row(at % h), depth(at / h % d), plane(at / h / d), h(h), d(d) {}
    void next() {
        if (++row < h) return;
        row = 0;
        if (++depth == d) depth = 0, ++plane;
    }
};

// An output row at o; `previous` is what was read for the row before it, if that lies just before o.
template <class U>
inline void gather_row(const U* x, U* o, const GatherPlan& p, const Walk& at, U fill, const U*& previous) {
    const int64_t zd = p.id[at.depth], zh = p.ih[at.row];
    if (zd < 0 || zh < 0) {
        for (int64_t j = 0; j < p.ow; ++j) o[j] = fill;
        previous = nullptr;
        return;
    }
    const U* from = x + ((at.plane * p.d + zd) * p.h + zh) * p.w;
    if (from == previous && !p.past) return copy(o, o - p.ow, p.ow);
    previous = from;
    if (p.twice) return twice(from, o, p.w, p.past);
    pick(from, o, p.iw, 0, p.run_begin, p.holes, fill);
    if (p.run_end > p.run_begin) copy(o + p.run_begin, from + p.iw[p.run_begin], p.run_end - p.run_begin, p.past);
    pick(from, o, p.iw, p.run_end, p.ow, p.holes, fill);
}

// Bound by memory.
template <class U>
void gather(const U* x, U* out, const GatherPlan& p, int64_t begin, int64_t end, U fill) {
    const U* previous = nullptr;
    Walk at(begin, p.od, p.oh);
    for (int64_t r = begin; r < end; ++r, at.next()) gather_row(x, out + r * p.ow, p, at, fill, previous);
    if (p.past) fence();
}

// to[j] += from[j]
template <class T>
inline void add(T* to, const T* from, int64_t n) {
    constexpr int L = kLanes<T>;
    int64_t j = 0;
    for (; j + L <= n; j += L) store<T>(to + j, load<T>(to + j) + load<T>(from + j));
    if (j < n) {
        const int rest = static_cast<int>(n - j);
        store_part<T>(to + j, load_part<T>(to + j, rest) + load_part<T>(from + j, rest), rest);
    }
}

// A plane is cleared just before its sums, which then find it near.
template <class T>
void scatter(const T* g, T* dx, const GatherPlan& p, int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane) {
        T* base = dx + plane * p.d * p.h * p.w;
        __builtin_memset(base, 0, static_cast<size_t>(p.d * p.h * p.w) * sizeof(T));
        int64_t r = 0;
        for (Walk at(0, p.od, p.oh); at.plane == 0; at.next(), ++r) {
            const int64_t zd = p.id[at.depth], zh = p.ih[at.row];
            if (zd < 0 || zh < 0) continue;
            const T* from = g + (plane * p.od * p.oh + r) * p.ow;
            T* to = base + (zd * p.h + zh) * p.w;
            for (int64_t j = 0; j < p.run_begin; ++j)
                if (p.iw[j] >= 0) to[p.iw[j]] += from[j];
            if (p.run_end > p.run_begin) add(to + p.iw[p.run_begin], from + p.run_begin, p.run_end - p.run_begin);
            for (int64_t j = p.run_end; j < p.ow; ++j)
                if (p.iw[j] >= 0) to[p.iw[j]] += from[j];
        }
    }
}

template <class U>
void interleave(const U* x, U* out, int64_t n, int64_t r, int64_t step) {
    if (r == 2) {
        for (int64_t i = 0; i < n; ++i) {
            out[2 * i] = x[i];
            out[2 * i + 1] = x[step + i];
        }
    } else if (r == 4) {
        for (int64_t i = 0; i < n; ++i)
            for (int64_t j = 0; j < 4; ++j) out[4 * i + j] = x[j * step + i];
    } else {
        for (int64_t i = 0; i < n; ++i)
            for (int64_t j = 0; j < r; ++j) out[i * r + j] = x[j * step + i];
    }
}

template <class U>
void deinterleave(const U* x, U* out, int64_t n, int64_t r, int64_t step) {
    if (r == 2) {
        U *a = out, *b = out + step;
        for (int64_t i = 0; i < n; ++i) {
            a[i] = x[2 * i];
            b[i] = x[2 * i + 1];
        }
    } else {
        for (int64_t j = 0; j < r; ++j)
            for (int64_t i = 0; i < n; ++i) out[j * step + i] = x[i * r + j];
    }
}

// Columns [first, last) of a window row whose inputs lie inside the plane.
inline void inside(const WindowPlan& p, int64_t offset, int64_t& first, int64_t& last) {
    first = offset >= 0 ? 0 : (-offset + p.sw - 1) / p.sw;
    last = offset >= p.w ? 0 : (p.w - 1 - offset) / p.sw + 1;
    if (first > p.ow) first = p.ow;
    if (last > p.ow) last = p.ow;
    if (last < first) last = first;
}

template <class U>
void unfold(const U* plane, U* out, const WindowPlan& p) {
    for (int64_t a = 0; a < p.kh; ++a)
        for (int64_t b = 0; b < p.kw; ++b) {
            const int64_t offset = b * p.dw - p.pw;
            int64_t first, last;
            inside(p, offset, first, last);
            for (int64_t i = 0; i < p.oh; ++i, out += p.ow) {
                const int64_t y = i * p.sh + a * p.dh - p.ph;
                if (y < 0 || y >= p.h) {
                    for (int64_t j = 0; j < p.ow; ++j) out[j] = U(0);
                    continue;
                }
                const U* from = plane + y * p.w + offset;
                for (int64_t j = 0; j < first; ++j) out[j] = U(0);
                if (p.sw == 1) {
                    if (last > first) copy(out + first, from + first, last - first);
                } else if (p.sw == 2) {
                    for (int64_t j = first; j < last; ++j) out[j] = from[2 * j];
                } else {
                    for (int64_t j = first; j < last; ++j) out[j] = from[j * p.sw];
                }
                for (int64_t j = last; j < p.ow; ++j) out[j] = U(0);
            }
        }
}

template <class T>
void fold(const T* windows, T* plane, const WindowPlan& p) {
    __builtin_memset(plane, 0, static_cast<size_t>(p.h * p.w) * sizeof(T));
    for (int64_t a = 0; a < p.kh; ++a)
        for (int64_t b = 0; b < p.kw; ++b) {
            const int64_t offset = b * p.dw - p.pw;
            int64_t first, last;
            inside(p, offset, first, last);
            for (int64_t i = 0; i < p.oh; ++i, windows += p.ow) {
                const int64_t y = i * p.sh + a * p.dh - p.ph;
                if (y < 0 || y >= p.h) continue;
                T* to = plane + y * p.w + offset;
                if (p.sw == 1) {
                    if (last > first) add(to + first, windows + first, last - first);
                } else {
                    for (int64_t j = first; j < last; ++j) to[j * p.sw] += windows[j];
                }
            }
        }
}

// row = sum of N weighted rows; up to a whole vector is written.
template <class T, int N>
inline void blend(T* row, int64_t w, const T* const* from, const T* weight, bool add) {
    constexpr int L = kLanes<T>;
    Vec<T> k[N];
    for (int i = 0; i < N; ++i) k[i] = splat<T>(weight[i]);
    const auto sum = [&](auto at) {
        Vec<T> s = at(from[0]) * k[0];
        for (int i = 1; i < N; ++i) s = fma<T>(at(from[i]), k[i], s);
        return s;
    };
    int64_t j = 0;
    for (; j + L <= w; j += L) {
        const Vec<T> s = sum([&](const T* p) { return load<T>(p + j); });
        store<T>(row + j, add ? load<T>(row + j) + s : s);
    }
    if (j < w) {
        const int rest = static_cast<int>(w - j);
        const Vec<T> s = sum([&](const T* p) { return load_part<T>(p + j, rest); });
        store<T>(row + j, add ? load<T>(row + j) + s : s);
    }
}

// out = the row's weighted taps; K is their number, 0 where only the table knows.
template <class T, int K, bool Holes>
inline void across(const T* row, T* out, const Taps<T>& t) {
    constexpr int L = kLanes<T>;
    const int64_t count = K ? K : t.count;
    int64_t j = 0;
    for (; j + L <= t.out; j += L) {
        Vec<T> s{};
        for (int64_t k = 0; k < count; ++k) s = fma<T>(lanes_at<Holes>(row, t.index + k * t.out + j), load<T>(t.weight + k * t.out + j), s);
        store<T>(out + j, s);
    }
    for (; j < t.out; ++j) {
        T s = 0;
        for (int64_t k = 0; k < count; ++k)
            if (!Holes || t.index[k * t.out + j] >= 0) s += t.weight[k * t.out + j] * row[t.index[k * t.out + j]];
        out[j] = s;
    }
}
// n rows of the same, a permutation of what lies near in place of a gather for each tap; tables stay in registers from row to row.
template <class T, int K>
inline void across_near(const T* rows, int64_t step, T* out, int64_t n, const Taps<T>& taps, bool past) {
    constexpr int L = kLanes<T>, kHeld = K ? K : 8;
    const Taps<T> t = taps;
    const int64_t count = K ? K : t.count;
    for (int64_t b = 0; b * L < t.out; ++b) {
        const int64_t j = b * L + L <= t.out ? b * L : t.out - L;
        const bool holes = t.reach[b] == Reach::near_with_holes;
        Mask<T> lane[kHeld];
        Vec<T> weight[kHeld];
        for (int64_t k = 0; k < count; ++k) {
            lane[k] = load(t.lane + (b * count + k) * L);
            weight[k] = load(t.weight + k * t.out + j);
        }
        for (int64_t r = 0; r < n; ++r) {
            const T* row = rows + r * step;
            Vec<T> s{};
            if (t.reach[b] == Reach::far) {
                for (int64_t k = 0; k < count; ++k) s = fma<T>(lanes_at<true>(row, t.index + k * t.out + j), weight[k], s);
            } else {
#pragma GCC unroll 8
                for (int64_t k = 0; k < count; ++k) {
                    const T* from = row + t.start[b * count + k];
                    Vec<T> v = kPermutesTwo<T> ? permute<T>(load(from), load(from + L), lane[k]) : permute<T>(load(from), lane[k]);
                    if (holes) v = select<T>(lane[k] < 0, Vec<T>{}, v);
                    s = fma<T>(v, weight[k], s);
                }
            }
            put<T>(out + r * t.out + j, s, past);
        }
    }
}
template <class T, int K>
inline void across(const T* rows, int64_t step, T* out, int64_t n, const Taps<T>& t, bool past) {
    if (t.lane) return across_near<T, K>(rows, step, out, n, t, past);
    for (int64_t r = 0; r < n; ++r, rows += step, out += t.out) {
        if (t.holes)
            across<T, K, true>(rows, out, t);
        else
            across<T, K, false>(rows, out, t);
    }
}

// The rows of the input that output row `i` of depth `z` is made of, in one.
template <class T>
inline void blend_rows(const T* base, const TapPlan<T>& p, int64_t z, int64_t i, T* row) {
    constexpr int kAtOnce = 4;
    const T* from[kAtOnce];
    T weight[kAtOnce];
    int held = 0;
    bool add = false;
    for (int64_t a = 0; a < p.d.count; ++a)
        for (int64_t b = 0; b < p.h.count; ++b) {
            const int64_t ia = a * p.d.out + z, ib = b * p.h.out + i;
            if (p.d.index[ia] < 0 || p.h.index[ib] < 0) continue;
            from[held] = base + (static_cast<int64_t>(p.d.index[ia]) * p.h.in + p.h.index[ib]) * p.w.in;
            weight[held] = p.d.weight[ia] * p.h.weight[ib];
            if (++held == kAtOnce) {
                blend<T, kAtOnce>(row, p.w.in, from, weight, add);
                held = 0;
                add = true;
            }
        }
    if (held == 1) blend<T, 1>(row, p.w.in, from, weight, add);
    if (held == 2) blend<T, 2>(row, p.w.in, from, weight, add);
    if (held == 3) blend<T, 3>(row, p.w.in, from, weight, add);
    if (held == 0 && !add)
        for (int64_t j = 0; j < p.w.in; ++j) row[j] = T(0);
}

// Row o of sums of 2×2, in the order of `blend` and `across`; bound by memory.
template <class T>
inline void sum_pairs(const T* from, T* o, int64_t n) {
    constexpr int L = kLanes<T>;
    Mask<T> even, odd;
    for (int i = 0; i < L; ++i) even[i] = 2 * i, odd[i] = 2 * i + 1;
    const T* const below = from + 2 * n;
    each<T>(n, [&](int64_t j, int k) {
        const int first = 2 * k < L ? 2 * k : L, second = 2 * k - first;
        const Vec<T> a = load_n<T>(from + 2 * j, first) + load_n<T>(below + 2 * j, first);
        const Vec<T> b = load_n<T>(from + 2 * j + L, second) + load_n<T>(below + 2 * j + L, second);
        store_n<T>(o + j, permute<T>(a, b, even) + permute<T>(a, b, odd), k);
    });
}

// Bound by memory or by the permutations across. Rows are blended some at a time before any is read across: a load that spans two stores
// not long ago waits for both, and would hold up the reading of the input.
template <class T>
void resample(const T* x, T* out, const TapPlan<T>& p, int64_t begin, int64_t end, T* rows) {
    if (kPermutesTwo<T> && p.pairs) {
        for (int64_t r = begin; r < end; ++r) sum_pairs(x + 2 * r * p.w.in, out + r * p.w.out, p.w.out);
        return;
    }
    const int64_t step = resample_step<T>(p.w.in), together = resample_rows(step);
    Walk at(begin, p.d.out, p.h.out);
    for (int64_t first = begin; first < end; first += together) {
        const int64_t n = end - first < together ? end - first : together;
        for (int64_t r = 0; r < n; ++r, at.next())
            blend_rows(x + at.plane * p.d.in * p.h.in * p.w.in, p, at.depth, at.row, rows + r * step);
        T* const o = out + first * p.w.out;
        switch (p.w.count) {
            case 1:
                across<T, 1>(rows, step, o, n, p.w, p.past);
                break;
            case 2:
                across<T, 2>(rows, step, o, n, p.w, p.past);
                break;
            case 4:
                across<T, 4>(rows, step, o, n, p.w, p.past);
                break;
            default:
                across<T, 0>(rows, step, o, n, p.w, p.past);
        }
    }
    if (p.past) fence();
}

template <class U>
constexpr CopyFns<U> copies() {
    return {gather<U>, interleave<U>, deinterleave<U>, unfold<U>};
}

template <class T>
constexpr ResampleFns<T> functions() {
    return {kLanes<T>,     kPermutesTwo<T> ? 2 * kLanes<T> : kPermutes<T> ? kLanes<T> : 0,
            scatter<T>,    resample<T>,
            fold<T>,       grid_taps<T>,
            grid_read<T>,  grid_read_last<T>,
            grid_add<T>,   grid_dots<T>,
            grid_slopes<T>};
}

}  // namespace

extern const ResampleTable resample_table;
const ResampleTable resample_table = {copies<uint8_t>(),  copies<uint16_t>(), copies<uint32_t>(),
                                      copies<uint64_t>(), functions<float>(), functions<double>()};

}  // namespace plait::PLAIT_NS
