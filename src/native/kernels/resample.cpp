#include "kernels/resample.h"

#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

template <class U>
inline void copy(U* to, const U* from, int64_t n) {
    __builtin_memcpy(to, from, static_cast<size_t>(n) * sizeof(U));
}

// Lanes at int32 indices; with holes, an index of -1 gives 0 and reads nothing. Compilers' default tuning would load one by one.
#if defined(__AVX512F__) && PLAIT_VECTOR_BYTES == 64
typedef int32_t HalfIndex __attribute__((vector_size(32), aligned(4), may_alias));
template <bool Holes>
inline Vec<float> lanes_at(const float* base, const int32_t* index) {
    const Vec<int32_t> at = load<int32_t>(index);
    const unsigned short mask =
        Holes ? static_cast<unsigned short>(__builtin_ia32_cmpd512_mask(at, Vec<int32_t>{}, 5, static_cast<unsigned short>(-1)))
              : static_cast<unsigned short>(-1);
    return __builtin_ia32_gathersiv16sf(Vec<float>{}, base, at, mask, 4);
}
template <bool Holes>
inline Vec<double> lanes_at(const double* base, const int32_t* index) {
    typedef int32_t Half __attribute__((vector_size(32)));
    const Half at = *reinterpret_cast<const HalfIndex*>(index);
    unsigned char mask = 0xff;
    if (Holes) {
        mask = 0;
        for (int i = 0; i < 8; ++i) mask = static_cast<unsigned char>(mask | (index[i] >= 0) << i);
    }
    return __builtin_ia32_gathersiv8df(Vec<double>{}, base, at, mask, 8);
}
#elif defined(__AVX2__) && PLAIT_VECTOR_BYTES == 32
#ifdef __clang__
#define PLAIT_GATHER_F32 __builtin_ia32_gatherd_ps256
#define PLAIT_GATHER_F64 __builtin_ia32_gatherd_pd256
#else
#define PLAIT_GATHER_F32 __builtin_ia32_gathersiv8sf
#define PLAIT_GATHER_F64 __builtin_ia32_gathersiv4df
#endif
typedef int32_t HalfIndex __attribute__((vector_size(16), aligned(4), may_alias));
template <bool Holes>
inline Vec<float> lanes_at(const float* base, const int32_t* index) {
    const Vec<int32_t> at = load<int32_t>(index), mask = Holes ? at >= 0 : Vec<int32_t>{} == 0;
    return PLAIT_GATHER_F32(Vec<float>{}, base, at, (Vec<float>)mask, 4);
}
template <bool Holes>
inline Vec<double> lanes_at(const double* base, const int32_t* index) {
    typedef int32_t Half __attribute__((vector_size(16)));
    const Half at = *reinterpret_cast<const HalfIndex*>(index);
    const Vec<int64_t> wide = __builtin_convertvector(at, Vec<int64_t>), mask = Holes ? wide >= 0 : Vec<int64_t>{} == 0;
    return PLAIT_GATHER_F64(Vec<double>{}, base, at, (Vec<double>)mask, 8);
}
#else
template <bool Holes, class T>
inline Vec<T> lanes_at(const T* base, const int32_t* index) {
    Vec<T> v{};
    for (int i = 0; i < kLanes<T>; ++i)
        if (!Holes || index[i] >= 0) v[i] = base[index[i]];
    return v;
}
#endif

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

inline float floor_of(float x) { return __builtin_floorf(x); }
inline double floor_of(double x) { return __builtin_floor(x); }
inline float round_of(float x) { return __builtin_rintf(x); }  // half to even, as nearbyint
inline double round_of(double x) { return __builtin_rint(x); }

// The stages of a block of points are loops over arrays, without branches, so that the compiler makes vectors of them.
template <class T>
using Line = T[kGridBlock];

// Coordinates in [-1, 1] of one axis to pixels; `slope` is the derivative.
template <class T>
inline void to_pixels(const T* __restrict grid, int64_t n, int dims, int64_t size, bool align, T* __restrict pixel, T* __restrict slope) {
    const T scale = static_cast<T>(align ? size - 1 : size) / 2, wide = static_cast<T>(size);
    for (int64_t i = 0; i < n; ++i) slope[i] = scale;
    if (align) {
        for (int64_t i = 0; i < n; ++i) pixel[i] = (grid[i * dims] + 1) / 2 * (wide - 1);
    } else {
        for (int64_t i = 0; i < n; ++i) pixel[i] = ((grid[i * dims] + 1) * wide - 1) / 2;
    }
}

// Moves pixels inside, as the padding says.
template <class T>
inline void settle(T* __restrict pixel, T* __restrict slope, int64_t n, int64_t size, GridPadding padding, bool align) {
    const T top = static_cast<T>(size - 1);
    if (padding == GridPadding::zeros) return;
    if (padding == GridPadding::reflection) {
        const T low = align ? T(0) : T(-0.5), span = align ? top : static_cast<T>(size);
        for (int64_t i = 0; i < n; ++i) {
            const T away = pixel[i] - low, sign = away < 0 ? T(-1) : T(1), length = away < 0 ? -away : away;
            const T flips = floor_of(length / span), extra = length - flips * span;
            const bool even = flips - 2 * floor_of(flips / 2) < 1;
            pixel[i] = even ? extra + low : span - extra + low;
            slope[i] *= even ? sign : -sign;
        }
        if (span == 0)
            for (int64_t i = 0; i < n; ++i) pixel[i] = slope[i] = 0;
    }
    for (int64_t i = 0; i < n; ++i) {  // a NaN goes to 0
        const T v = pixel[i];
        slope[i] = v > 0 && v < top ? slope[i] : T(0);
        const T floored = v > 0 ? v : T(0);
        pixel[i] = floored < top ? floored : top;
    }
}

// To integers; what is far outside (or NaN) stays outside without overflow.
template <class T>
inline void whole(const T* __restrict v, int64_t n, int32_t* __restrict out) {
    const T far = T(1073741824);
    for (int64_t i = 0; i < n; ++i) {
        const T low = v[i] >= -far ? v[i] : -far;
        out[i] = static_cast<int32_t>(low <= far ? low : far);
    }
}

template <class T>
inline void cubic_weights(const T* __restrict part, int64_t n, Line<T>* w, Line<T>* slope) {
    const T A = T(-0.75);
    for (int64_t i = 0; i < n; ++i) {
        const T t = part[i], d[4] = {t + 1, t, 1 - t, 2 - t};
        for (int k = 0; k < 4; ++k) {
            const T x = d[k], sign = k < 2 ? T(1) : T(-1);
            const bool near = k == 1 || k == 2;
            w[k][i] = near ? ((A + 2) * x - (A + 3)) * x * x + 1 : ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
            slope[k][i] = sign * (near ? (3 * (A + 2) * x - 2 * (A + 3)) * x : (3 * A * x - 10 * A) * x + 8 * A);
        }
    }
}

// index = a pixel's number where all of its coordinates are inside, else -1.
inline void number(const int32_t* const* at, const int64_t* size, int dims, int64_t n, int32_t* __restrict index) {
    const int32_t w = static_cast<int32_t>(size[0]), h = static_cast<int32_t>(size[1]);
    const int32_t *x = at[0], *y = at[1];
    if (dims == 2) {
        for (int64_t i = 0; i < n; ++i) {
            const bool in = (x[i] >= 0) & (x[i] < w) & (y[i] >= 0) & (y[i] < h);
            index[i] = in ? y[i] * w + x[i] : -1;
        }
        return;
    }
    const int32_t d = static_cast<int32_t>(size[2]);
    const int32_t* z = at[2];
    for (int64_t i = 0; i < n; ++i) {
        const bool in = (x[i] >= 0) & (x[i] < w) & (y[i] >= 0) & (y[i] < h) & (z[i] >= 0) & (z[i] < d);
        index[i] = in ? (z[i] * h + y[i]) * w + x[i] : -1;
    }
}

template <class T>
inline void cubic_taps(const Line<T>* pixel, const Line<T>* scale, int64_t n, const GridPlan& p, int32_t* index, T* weight, T* slope) {
    Line<T> low, part, moved, unused, w[2][4], s[2][4];
    Line<int32_t> at[2][4];
    for (int a = 0; a < 2; ++a) {
        for (int64_t i = 0; i < n; ++i) low[i] = floor_of(pixel[a][i]);
        for (int64_t i = 0; i < n; ++i) part[i] = pixel[a][i] - low[i];
        cubic_weights<T>(part, n, w[a], s[a]);
        for (int k = 0; k < 4; ++k) {
            for (int64_t i = 0; i < n; ++i) {
                moved[i] = low[i] + static_cast<T>(k - 1);
                unused[i] = 1;
            }
            settle(moved, unused, n, p.in[a], p.padding, p.align);
            for (int64_t i = 0; i < n; ++i) moved[i] = floor_of(moved[i]);
            whole(moved, n, at[a][k]);
        }
    }
    for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 4; ++x) {
            const int k = y * 4 + x;
            const int32_t* both[2] = {at[0][x], at[1][y]};
            number(both, p.in, 2, n, index + k * kGridBlock);
            T* __restrict to = weight + k * kGridBlock;
            for (int64_t i = 0; i < n; ++i) to[i] = w[1][y][i] * w[0][x][i];
            if (!slope) continue;
            T* __restrict sx = slope + k * kGridBlock, * __restrict sy = slope + (16 + k) * kGridBlock;
            for (int64_t i = 0; i < n; ++i) sx[i] = s[0][x][i] * w[1][y][i] * scale[0][i];
            for (int64_t i = 0; i < n; ++i) sy[i] = w[0][x][i] * s[1][y][i] * scale[1][i];
        }
}

template <class T>
void grid_taps(const T* grid, int64_t n, const GridPlan& p, int32_t* index, T* weight, T* slope) {
    Line<T> pixel[3], scale[3];
    for (int a = 0; a < p.dims; ++a) {
        to_pixels(grid + a, n, p.dims, p.in[a], p.align, pixel[a], scale[a]);
        if (p.mode != GridMode::cubic) settle(pixel[a], scale[a], n, p.in[a], p.padding, p.align);
    }
    if (p.mode == GridMode::cubic) return cubic_taps<T>(pixel, scale, n, p, index, weight, slope);
    Line<int32_t> base[3], next[3];
    if (p.mode == GridMode::nearest) {
        const int32_t* at[3] = {};
        for (int a = 0; a < p.dims; ++a) {
            for (int64_t i = 0; i < n; ++i) pixel[a][i] = round_of(pixel[a][i]);
            whole(pixel[a], n, base[a]);
            at[a] = base[a];
        }
        number(at, p.in, p.dims, n, index);
        for (int64_t i = 0; i < n; ++i) weight[i] = 1;
        if (slope)
            for (int a = 0; a < p.dims; ++a)
                for (int64_t i = 0; i < n; ++i) slope[a * kGridBlock + i] = 0;
        return;
    }
    Line<T> part[3], rest[3];
    for (int a = 0; a < p.dims; ++a) {
        for (int64_t i = 0; i < n; ++i) {
            const T low = floor_of(pixel[a][i]);
            part[a][i] = pixel[a][i] - low;
            rest[a][i] = 1 - part[a][i];
            pixel[a][i] = low;
        }
        whole(pixel[a], n, base[a]);
        for (int64_t i = 0; i < n; ++i) next[a][i] = base[a][i] + 1;
    }
    const int taps = p.taps();
    for (int k = 0; k < taps; ++k) {
        const int32_t* at[3] = {};
        const T* factor[3] = {};
        for (int a = 0; a < p.dims; ++a) {
            const bool high = (k >> a) & 1;
            at[a] = high ? next[a] : base[a];
            factor[a] = high ? part[a] : rest[a];
        }
        number(at, p.in, p.dims, n, index + k * kGridBlock);
        T* __restrict to = weight + k * kGridBlock;
        if (p.dims == 2) {
            for (int64_t i = 0; i < n; ++i) to[i] = factor[0][i] * factor[1][i];
        } else {
            for (int64_t i = 0; i < n; ++i) to[i] = factor[0][i] * factor[1][i] * factor[2][i];
        }
        if (!slope) continue;
        for (int a = 0; a < p.dims; ++a) {
            T* __restrict s = slope + (a * taps + k) * kGridBlock;
            const T sign = (k >> a) & 1 ? T(1) : T(-1);
            for (int64_t i = 0; i < n; ++i) s[i] = sign * scale[a][i];
            for (int o = 0; o < p.dims; ++o)
                if (o != a)
                    for (int64_t i = 0; i < n; ++i) s[i] *= factor[o][i];
        }
    }
}

// One pass over the points. Without holes no index is -1.
template <class T, int K, bool Holes>
inline void read_taps(const T* __restrict plane, T* __restrict out, int64_t n, const int32_t* __restrict index,
                      const T* __restrict weight) {
    constexpr int L = kLanes<T>;
    int64_t i = 0;
    for (; i + L <= n; i += L) {
        Vec<T> sum{};
        for (int k = 0; k < K; ++k)
            sum = fma<T>(lanes_at<Holes>(plane, index + k * kGridBlock + i), load<T>(weight + k * kGridBlock + i), sum);
        store<T>(out + i, sum);
    }
    for (; i < n; ++i) {
        T sum = 0;
        for (int k = 0; k < K; ++k) {
            const int32_t at = index[k * kGridBlock + i];
            sum += (Holes && at < 0 ? T(0) : plane[at]) * weight[k * kGridBlock + i];
        }
        out[i] = sum;
    }
}

template <class T, int K>
inline void read_planes(const T* planes, T* out, int64_t n, int64_t channels, int64_t step, int64_t out_step, const int32_t* index,
                        const T* weight) {
    int32_t least = 0;
    for (int k = 0; k < K; ++k)
        for (int64_t i = 0; i < n; ++i) least = index[k * kGridBlock + i] < least ? index[k * kGridBlock + i] : least;
    for (int64_t c = 0; c < channels; ++c, planes += step, out += out_step) {
        if (least < 0)
            read_taps<T, K, true>(planes, out, n, index, weight);
        else
            read_taps<T, K, false>(planes, out, n, index, weight);
    }
}

template <class T>
void grid_read(const T* planes, T* out, int64_t n, int64_t channels, int64_t step, int64_t out_step, int taps, const int32_t* index,
               const T* weight) {
    switch (taps) {
        case 1:
            return read_planes<T, 1>(planes, out, n, channels, step, out_step, index, weight);
        case 4:
            return read_planes<T, 4>(planes, out, n, channels, step, out_step, index, weight);
        case 8:
            return read_planes<T, 8>(planes, out, n, channels, step, out_step, index, weight);
        default:
            return read_planes<T, 16>(planes, out, n, channels, step, out_step, index, weight);
    }
}

template <class T>
void grid_add(const T* g, T* plane, int64_t n, int taps, const int32_t* index, const T* weight) {
    for (int64_t i = 0; i < n; ++i)
        for (int k = 0; k < taps; ++k) {
            const int32_t at = index[k * kGridBlock + i];
            if (at >= 0) plane[at] += g[i] * weight[k * kGridBlock + i];
        }
}

template <class T>
void grid_dots(const T* g, const T* plane, int64_t n, int taps, const int32_t* index, T* dots) {
    constexpr int L = kLanes<T>;
    for (int k = 0; k < taps; ++k) {
        const int32_t* x = index + k * kGridBlock;
        T* d = dots + k * kGridBlock;
        int64_t i = 0;
        for (; i + L <= n; i += L) store<T>(d + i, fma<T>(load<T>(g + i), lanes_at<true>(plane, x + i), load<T>(d + i)));
        for (; i < n; ++i) d[i] += x[i] < 0 ? T(0) : g[i] * plane[x[i]];
    }
}

template <class T>
void grid_slopes(const T* slope, const T* dots, int64_t n, const GridPlan& p, T* dgrid) {
    const int taps = p.taps();
    for (int64_t i = 0; i < n; ++i)
        for (int a = 0; a < p.dims; ++a) {
            T s = 0;
            for (int k = 0; k < taps; ++k) s += slope[(a * taps + k) * kGridBlock + i] * dots[k * kGridBlock + i];
            dgrid[i * p.dims + a] = s;
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
