#include "kernels/resample.h"

#include "kernels/resample_grid.h"
#include "simd/gather.h"
#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

template <class U>
inline void copy(U* to, const U* from, int64_t n) {
    __builtin_memcpy(to, from, static_cast<size_t>(n) * sizeof(U));
}

template <class U>
struct FloatAs {
    using type = float;
};
template <>
struct FloatAs<uint64_t> {
    using type = double;
};

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

template <class U>
void gather(const U* x, U* out, const GatherPlan& p, int64_t begin, int64_t end, U fill) {
    const U* previous = nullptr;
    for (int64_t r = begin; r < end; ++r) {
        const int64_t row = r % p.oh, rest = r / p.oh, depth = rest % p.od, plane = rest / p.od;
        const int64_t zd = p.id[depth], zh = p.ih[row];
        U* o = out + r * p.ow;
        if (zd < 0 || zh < 0) {
            for (int64_t j = 0; j < p.ow; ++j) o[j] = fill;
            previous = nullptr;
            continue;
        }
        const U* from = x + ((plane * p.d + zd) * p.h + zh) * p.w;
        if (from == previous) {
            copy(o, o - p.ow, p.ow);
            continue;
        }
        previous = from;
        if (p.twice) {
            for (int64_t j = 0; j < p.w; ++j) o[2 * j] = o[2 * j + 1] = from[j];
            continue;
        }
        pick(from, o, p.iw, 0, p.run_begin, p.holes, fill);
        if (p.run_end > p.run_begin) copy(o + p.run_begin, from + p.iw[p.run_begin], p.run_end - p.run_begin);
        pick(from, o, p.iw, p.run_end, p.ow, p.holes, fill);
    }
}

template <class T>
void scatter(const T* g, T* dx, const GatherPlan& p, int64_t begin, int64_t end) {
    constexpr int L = kLanes<T>;
    for (int64_t r = begin * p.od * p.oh; r < end * p.od * p.oh; ++r) {
        const int64_t row = r % p.oh, rest = r / p.oh, depth = rest % p.od, plane = rest / p.od;
        const int64_t zd = p.id[depth], zh = p.ih[row];
        if (zd < 0 || zh < 0) continue;
        const T* from = g + r * p.ow;
        T* to = dx + ((plane * p.d + zd) * p.h + zh) * p.w;
        for (int64_t j = 0; j < p.run_begin; ++j)
            if (p.iw[j] >= 0) to[p.iw[j]] += from[j];
        if (p.run_end > p.run_begin) {
            T* t = to + p.iw[p.run_begin] - p.run_begin;
            int64_t j = p.run_begin;
            for (; j + L <= p.run_end; j += L) store<T>(t + j, load<T>(t + j) + load<T>(from + j));
            for (; j < p.run_end; ++j) t[j] += from[j];
        }
        for (int64_t j = p.run_end; j < p.ow; ++j)
            if (p.iw[j] >= 0) to[p.iw[j]] += from[j];
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
    constexpr int L = kLanes<T>;
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
                    int64_t j = first;
                    for (; j + L <= last; j += L) store<T>(to + j, load<T>(to + j) + load<T>(windows + j));
                    for (; j < last; ++j) to[j] += windows[j];
                } else {
                    for (int64_t j = first; j < last; ++j) to[j * p.sw] += windows[j];
                }
            }
        }
}

// row = sum of `n` weighted rows.
template <class T, int N>
inline void blend(T* row, int64_t w, const T* const* from, const T* weight, bool add) {
    constexpr int L = kLanes<T>;
    Vec<T> k[N];
    for (int i = 0; i < N; ++i) k[i] = splat<T>(weight[i]);
    int64_t j = 0;
    for (; j + L <= w; j += L) {
        Vec<T> s = load<T>(from[0] + j) * k[0];
        for (int i = 1; i < N; ++i) s = fma<T>(load<T>(from[i] + j), k[i], s);
        store<T>(row + j, add ? load<T>(row + j) + s : s);
    }
    for (; j < w; ++j) {
        T s = from[0][j] * weight[0];
        for (int i = 1; i < N; ++i) s += from[i][j] * weight[i];
        row[j] = add ? row[j] + s : s;
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
// The same, a permutation of what lies near in place of a gather for each tap.
template <class T, int K>
inline void across_near(const T* row, T* out, const Taps<T>& t) {
    constexpr int L = kLanes<T>;
    const int64_t count = K ? K : t.count;
    for (int64_t b = 0; b * L < t.out; ++b) {
        const int64_t j = b * L + L <= t.out ? b * L : t.out - L;
        Vec<T> s{};
        if (t.start[b * count] < 0) {
            for (int64_t k = 0; k < count; ++k) s = fma<T>(lanes_at<true>(row, t.index + k * t.out + j), load(t.weight + k * t.out + j), s);
        } else {
#pragma GCC unroll 4
            for (int64_t k = 0; k < count; ++k) {
                const T* from = row + t.start[b * count + k];
                const Mask<T> lane = load(t.lane + (b * count + k) * L);
                const Vec<T> v = kPermutesTwo<T> ? permute<T>(load(from), load(from + L), lane) : permute<T>(load(from), lane);
                s = fma<T>(v, load(t.weight + k * t.out + j), s);
            }
        }
        store<T>(out + j, s);
    }
}
template <class T, int K>
inline void across(const T* row, T* out, const Taps<T>& t) {
    if (t.lane)
        across_near<T, K>(row, out, t);
    else if (t.holes)
        across<T, K, true>(row, out, t);
    else
        across<T, K, false>(row, out, t);
}

template <class T>
void resample(const T* x, T* out, const TapPlan<T>& p, int64_t begin, int64_t end, T* row) {
    constexpr int kAtOnce = 4;
    int64_t i = begin % p.h.out, z = begin / p.h.out % p.d.out, plane = begin / p.h.out / p.d.out;
    for (int64_t r = begin; r < end; ++r, ++i) {
        if (i == p.h.out) {
            i = 0;
            if (++z == p.d.out) z = 0, ++plane;
        }
        const T* base = x + plane * p.d.in * p.h.in * p.w.in;
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
        T* o = out + r * p.w.out;
        switch (p.w.count) {
            case 1:
                across<T, 1>(row, o, p.w);
                break;
            case 2:
                across<T, 2>(row, o, p.w);
                break;
            case 4:
                across<T, 4>(row, o, p.w);
                break;
            default:
                across<T, 0>(row, o, p.w);
        }
    }
}

template <class U>
constexpr CopyFns<U> copies() {
    return {gather<U>, interleave<U>, deinterleave<U>, unfold<U>};
}

template <class T>
constexpr ResampleFns<T> functions() {
    return {kLanes<T>,    kPermutesTwo<T> ? 2 * kLanes<T> : kPermutes<T> ? kLanes<T> : 0,
            scatter<T>,   resample<T>,
            fold<T>,      grid_taps<T>,
            grid_read<T>, grid_add<T>,
            grid_dots<T>, grid_slopes<T>};
}

}  // namespace

extern const ResampleTable resample_table;
const ResampleTable resample_table = {copies<uint8_t>(),  copies<uint16_t>(), copies<uint32_t>(),
                                      copies<uint64_t>(), functions<float>(), functions<double>()};

}  // namespace plait::PLAIT_NS
