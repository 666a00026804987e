#include "kernels/resample.h"

#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

template <class U>
inline void copy(U* to, const U* from, int64_t n) {
    __builtin_memcpy(to, from, static_cast<size_t>(n) * sizeof(U));
}

// Columns [begin, end) of a gathered row; without holes the loop becomes vector gathers.
template <class U>
inline void pick(const U* from, U* o, const int32_t* index, int64_t begin, int64_t end, bool holes, U fill) {
    if (holes) {
        for (int64_t j = begin; j < end; ++j) o[j] = index[j] < 0 ? fill : from[index[j]];
    } else {
        for (int64_t j = begin; j < end; ++j) o[j] = from[index[j]];
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

template <class T, int K>
inline void across(const T* row, T* out, const Taps<T>& t) {
    for (int64_t j = 0; j < t.out; ++j) {
        T s = t.weight[j] * row[t.index[j]];
        for (int k = 1; k < K; ++k) s += t.weight[k * t.out + j] * row[t.index[k * t.out + j]];
        out[j] = s;
    }
}

template <class T>
void resample(const T* x, T* out, const TapPlan<T>& p, int64_t begin, int64_t end, T* row) {
    constexpr int kAtOnce = 4;
    for (int64_t r = begin; r < end; ++r) {
        const int64_t i = r % p.h.out, rest = r / p.h.out, z = rest % p.d.out, plane = rest / p.d.out;
        const T* base = x + plane * p.d.in * p.h.in * p.w.in;
        const T* from[kAtOnce];
        T weight[kAtOnce];
        int held = 0;
        bool add = false;
        for (int64_t a = 0; a < p.d.count; ++a)
            for (int64_t b = 0; b < p.h.count; ++b) {
                const int64_t ia = a * p.d.out + z, ib = b * p.h.out + i;
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
                for (int64_t j = 0; j < p.w.out; ++j) o[j] = T(0);
                for (int64_t k = 0; k < p.w.count; ++k)
                    for (int64_t j = 0; j < p.w.out; ++j) o[j] += p.w.weight[k * p.w.out + j] * row[p.w.index[k * p.w.out + j]];
        }
    }
}

inline float floor_of(float x) { return __builtin_floorf(x); }
inline double floor_of(double x) { return __builtin_floor(x); }
inline float round_of(float x) { return __builtin_rintf(x); }  // half to even, as nearbyint
inline double round_of(double x) { return __builtin_rint(x); }
inline float mod_of(float x, float y) { return __builtin_fmodf(x, y); }
inline double mod_of(double x, double y) { return __builtin_fmod(x, y); }

// A coordinate in [-1, 1] to one in pixels, moved inside as the padding says; `slope` is the derivative.
template <class T>
inline T to_pixels(T u, int64_t size, bool align, T& slope) {
    const T n = static_cast<T>(size);
    slope = align ? (n - 1) / 2 : n / 2;
    return align ? (u + 1) / 2 * (n - 1) : ((u + 1) * n - 1) / 2;
}

template <class T>
inline T clip(T v, int64_t size, T& slope) {
    const T top = static_cast<T>(size - 1);
    if (!(v > 0)) {  // NaN too
        slope = 0;
        return 0;
    }
    if (v >= top) {
        slope = 0;
        return top;
    }
    return v;
}

template <class T>
inline T reflect(T v, int64_t twice_low, int64_t twice_high, T& slope) {
    if (twice_low == twice_high) {
        slope = 0;
        return 0;
    }
    const T low = static_cast<T>(twice_low) / 2, span = static_cast<T>(twice_high - twice_low) / 2;
    v -= low;
    T sign = 1;
    if (v < 0) {
        v = -v;
        sign = -1;
    }
    const T extra = mod_of(v, span);
    const bool even = !(mod_of(floor_of(v / span), T(2)) >= 1);
    if (even) {
        slope *= sign;
        return extra + low;
    }
    slope *= -sign;
    return span - extra + low;
}

template <class T>
inline T settle(T v, int64_t size, GridPadding padding, bool align, T& slope) {
    if (padding == GridPadding::border) return clip(v, size, slope);
    if (padding == GridPadding::reflection) {
        v = align ? reflect(v, 0, 2 * (size - 1), slope) : reflect(v, -1, 2 * size - 1, slope);
        return clip(v, size, slope);
    }
    return v;
}

// Pixels far outside (or NaN) must not overflow the conversion to an integer.
template <class T>
inline int64_t whole(T v) {
    return v >= T(-1073741824) && v <= T(1073741824) ? static_cast<int64_t>(v) : -1073741824;
}

template <class T>
inline void cubic_weights(T t, T* w, T* slope) {
    const T A = T(-0.75);
    const T d[4] = {t + 1, t, 1 - t, 2 - t};
    for (int i = 0; i < 4; ++i) {
        const T x = d[i], sign = i < 2 ? T(1) : T(-1);
        if (i == 1 || i == 2) {
            w[i] = ((A + 2) * x - (A + 3)) * x * x + 1;
            slope[i] = sign * (3 * (A + 2) * x - 2 * (A + 3)) * x;
        } else {
            w[i] = ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
            slope[i] = sign * ((3 * A * x - 10 * A) * x + 8 * A);
        }
    }
}

template <class T>
void grid_taps(const T* grid, int64_t n, const GridPlan& p, int32_t* index, T* weight, T* slope) {
    const int taps = p.taps();
    const int64_t w = p.in[0], h = p.in[1];
    for (int64_t i = 0; i < n; ++i, grid += p.dims) {
        T pixel[3], scale[3];
        for (int a = 0; a < p.dims; ++a) {
            pixel[a] = to_pixels(grid[a], p.in[a], p.align, scale[a]);
            if (p.mode != GridMode::cubic) pixel[a] = settle(pixel[a], p.in[a], p.padding, p.align, scale[a]);
        }
        if (p.mode == GridMode::nearest) {
            int64_t at = 0, step = 1;
            bool in = true;
            for (int a = 0; a < p.dims; ++a) {
                const int64_t v = whole(round_of(pixel[a]));
                in = in && v >= 0 && v < p.in[a];
                at += v * step;
                step *= p.in[a];
            }
            index[i] = in ? static_cast<int32_t>(at) : -1;
            weight[i] = 1;
            if (slope)
                for (int a = 0; a < p.dims; ++a) slope[a * kGridBlock + i] = 0;
            continue;
        }
        if (p.mode == GridMode::cubic) {
            T wx[4], wy[4], sx[4], sy[4];
            int64_t ix[4], iy[4];
            const T fx = floor_of(pixel[0]), fy = floor_of(pixel[1]);
            cubic_weights(pixel[0] - fx, wx, sx);
            cubic_weights(pixel[1] - fy, wy, sy);
            for (int k = 0; k < 4; ++k) {
                T unused = 1;
                ix[k] = whole(settle(fx + static_cast<T>(k - 1), w, p.padding, p.align, unused));
                iy[k] = whole(settle(fy + static_cast<T>(k - 1), h, p.padding, p.align, unused));
            }
            for (int a = 0; a < 4; ++a)
                for (int b = 0; b < 4; ++b) {
                    const int k = a * 4 + b;
                    const bool in = ix[b] >= 0 && ix[b] < w && iy[a] >= 0 && iy[a] < h;
                    index[k * kGridBlock + i] = in ? static_cast<int32_t>(iy[a] * w + ix[b]) : -1;
                    weight[k * kGridBlock + i] = wy[a] * wx[b];
                    if (!slope) continue;
                    slope[k * kGridBlock + i] = sx[b] * wy[a] * scale[0];
                    slope[(taps + k) * kGridBlock + i] = wx[b] * sy[a] * scale[1];
                }
            continue;
        }
        T low[3], part[3];
        int64_t base[3];
        for (int a = 0; a < p.dims; ++a) {
            low[a] = floor_of(pixel[a]);
            part[a] = pixel[a] - low[a];
            base[a] = whole(low[a]);
        }
        for (int k = 0; k < taps; ++k) {
            int64_t at = 0, step = 1;
            bool in = true;
            T factor[3], product = 1;
            for (int a = 0; a < p.dims; ++a) {
                const int bit = (k >> a) & 1;
                const int64_t v = base[a] + bit;
                in = in && v >= 0 && v < p.in[a];
                at += v * step;
                step *= p.in[a];
                factor[a] = bit ? part[a] : 1 - part[a];
                product *= factor[a];
            }
            index[k * kGridBlock + i] = in ? static_cast<int32_t>(at) : -1;
            weight[k * kGridBlock + i] = product;
            if (!slope) continue;
            for (int a = 0; a < p.dims; ++a) {
                T s = (k >> a) & 1 ? scale[a] : -scale[a];
                for (int o = 0; o < p.dims; ++o)
                    if (o != a) s *= factor[o];
                slope[(a * taps + k) * kGridBlock + i] = s;
            }
        }
    }
}

template <class T>
void grid_read(const T* plane, T* out, int64_t n, int taps, const int32_t* index, const T* weight) {
    for (int64_t i = 0; i < n; ++i) {
        const int32_t at = index[i];
        out[i] = (at < 0 ? T(0) : plane[at]) * weight[i];
    }
    for (int k = 1; k < taps; ++k) {
        const int32_t* x = index + k * kGridBlock;
        const T* w = weight + k * kGridBlock;
        for (int64_t i = 0; i < n; ++i) {
            const int32_t at = x[i];
            out[i] += (at < 0 ? T(0) : plane[at]) * w[i];
        }
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
    for (int k = 0; k < taps; ++k) {
        const int32_t* x = index + k * kGridBlock;
        T* d = dots + k * kGridBlock;
        for (int64_t i = 0; i < n; ++i) {
            const int32_t at = x[i];
            d[i] += at < 0 ? T(0) : g[i] * plane[at];
        }
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
    return {scatter<T>, resample<T>, fold<T>, grid_taps<T>, grid_read<T>, grid_add<T>, grid_dots<T>, grid_slopes<T>};
}

}  // namespace

extern const ResampleTable resample_table;
const ResampleTable resample_table = {copies<uint8_t>(),  copies<uint16_t>(), copies<uint32_t>(),
                                      copies<uint64_t>(), functions<float>(), functions<double>()};

}  // namespace plait::PLAIT_NS
