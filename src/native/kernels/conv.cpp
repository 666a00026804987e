#include "kernels/conv.h"

#include "kernels/conv_filter.h"
#include "simd/simd.h"
#include "simd/turn.h"

namespace plait::PLAIT_NS {
namespace {

// Every second lane of (a, b).
#if defined(__clang__)
template <class I, I... Lane>
struct Lanes {};
template <class T, int... Lane>
inline Vec<T> even_lanes(Vec<T> a, Vec<T> b, Lanes<int, Lane...>) {
    return __builtin_shufflevector(a, b, (2 * Lane)...);
}
template <class T>
inline Vec<T> evens(Vec<T> a, Vec<T> b) {
    return even_lanes<T>(a, b, __make_integer_seq<Lanes, int, kLanes<T>>{});
}
#else
template <class T>
inline Vec<T> evens(Vec<T> a, Vec<T> b) {
    Mask<T> m;
#pragma GCC unroll 16
    for (int i = 0; i < kLanes<T>; ++i) m[i] = 2 * i;
    return __builtin_shuffle(a, b, m);
}
#endif

template <class T>
inline void zero(T* p, int64_t n) {
    int64_t i = 0;
    for (; i + kLanes<T> <= n; i += kLanes<T>) store(p + i, Vec<T>{});
    for (; i < n; ++i) p[i] = T(0);
}

// 4 <= n < lanes numbers, the last four perhaps twice.
template <class T>
inline void copy_short(const T* src, T* dst, int64_t n) {
    struct __attribute__((may_alias)) Four {
        T v[4];
    };
    for (int64_t i = 0; i + 4 <= n; i += 4) __builtin_memcpy(dst + i, src + i, sizeof(Four));
    __builtin_memcpy(dst + n - 4, src + n - 4, sizeof(Four));
}

// dst[i] = src[i * step]
template <class T>
inline void gather(const T* src, int64_t step, T* dst, int64_t n) {
    constexpr int L = kLanes<T>;
    int64_t i = 0;
    if (step == 1) {
        if (n >= L) {
            for (; i + L <= n; i += L) store(dst + i, load(src + i));
            if (i < n) store(dst + n - L, load(src + n - L));
            return;
        }
        if (n >= 4) return copy_short(src, dst, n);
    } else if (step == 2) {
        for (; i + L < n; i += L) store(dst + i, evens<T>(load(src + 2 * i), load(src + 2 * i + L)));
    }
    for (; i < n; ++i) dst[i] = src[i * step];
}

template <class T>
void copy(const T* src, int64_t step, T* dst, int64_t dst_step, int64_t n) {
    if (dst_step == 1) return gather(src, step, dst, n);
    for (int64_t i = 0; i < n; ++i) dst[i * dst_step] = src[i * step];
}

// At most `lanes` channels, all of them where `Whole`, by squares of pixels turned in registers.
template <class T, bool Whole>
inline void unlay_block(const T* const* from, int64_t c0, int64_t pixels, int64_t channels, T* to, int64_t channel_step) {
    constexpr int L = kLanes<T>;
    for (int64_t x = 0; x < pixels; x += L) {
        Vec<T> r[L];
        const int n = static_cast<int>(pixels - x < L ? pixels - x : L);
        if (n == L) {
#pragma GCC unroll 16
            for (int i = 0; i < L; ++i) r[i] = load(from[x + i] + c0);
        } else {
#pragma GCC unroll 16
            for (int i = 0; i < L; ++i) r[i] = i < n ? load(from[x + i] + c0) : Vec<T>{};
        }
        turn<T, L / 2>(r);
        if (Whole && n == L) {
#pragma GCC unroll 16
            for (int c = 0; c < L; ++c) store(to + c * channel_step + x, r[c]);
        } else {
#pragma GCC unroll 16
            for (int c = 0; c < L; ++c)
                if (Whole || c < channels) store_part(to + c * channel_step + x, r[c], n);
        }
    }
}

template <class T>
void unlay(const T* const* from, int64_t pixels, int64_t channels, T* to, int64_t channel_step, int64_t pixel_step) {
    constexpr int L = kLanes<T>;
    for (int64_t c = 0; c < channels; c += L, to += L * channel_step) {
        const int64_t n = channels - c < L ? channels - c : L;
        if (channel_step == 1) {
            for (int64_t x = 0; x < pixels; ++x) {
                if (n == L)
                    store(to + x * pixel_step, load(from[x] + c));
                else
                    store_part(to + x * pixel_step, load(from[x] + c), static_cast<int>(n));
            }
        } else if (pixel_step != 1) {
            for (int64_t x = 0; x < pixels; ++x)
                for (int64_t i = 0; i < n; ++i) to[i * channel_step + x * pixel_step] = from[x][c + i];
        } else if (n == L) {
            unlay_block<T, true>(from, c, pixels, n, to, channel_step);
        } else {
            unlay_block<T, false>(from, c, pixels, n, to, channel_step);
        }
    }
}

// Positions [start, start + len) of a tile go to `to` of the output.
struct Stretch {
    int64_t start, len, to;
};

inline int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// Which of `n` positions x0 + i (i < n) have (x0 + i) * mult + off within [0, size): [lo, hi).
inline void valid_range(int64_t x0, int64_t n, int64_t mult, int64_t off, int64_t size, int64_t& lo, int64_t& hi) {
    lo = clamp_to(floor_div(-off + mult - 1, mult) - x0, 0, n);
    hi = clamp_to(floor_div(size - 1 - off, mult) + 1 - x0, lo, n);
}

constexpr int kPieces = 512;

struct Piece {  // of a row of patches: [start, start + lo) zero, up to hi copied, up to len zero
    int64_t start, lo, hi, len, from;
};

template <class T>
void patches(const PatchJob<T>& job) {
    // The panel's positions as runs along x.
    struct RowPart {
        int64_t start, len, n, z, y, x;
    };
    constexpr int kMost = 64;
    RowPart runs[kMost];
    int64_t nruns = 0;
    const int64_t plane = job.q[1] * job.q[2], volume = job.q[0] * plane;
    for (int64_t j = 0; j < job.nq;) {
        const int64_t q = job.q0 + j, n = q / volume, r = q % volume, z = r / plane, y = r % plane / job.q[2], x = r % job.q[2];
        int64_t len = job.q[2] - x;
        if (len > job.nq - j) len = job.nq - j;
        runs[nruns++] = {j, len, n, z, y, x};
        j += len;
    }
    const int64_t step = job.mult[2] * job.s[2];
    const int64_t chunk = kPieces / nruns;
    Piece pieces[kPieces];
    for (int64_t t0 = 0; t0 < job.ntaps; t0 += chunk) {
        const int64_t t1 = t0 + chunk < job.ntaps ? t0 + chunk : job.ntaps;
        for (int64_t t = t0; t < t1; ++t) {
            const Tap& tap = job.taps[t];
            for (int64_t r = 0; r < nruns; ++r) {
                const RowPart& run = runs[r];
                const int64_t iz = run.z * job.mult[0] + tap.off[0], iy = run.y * job.mult[1] + tap.off[1];
                Piece& piece = pieces[(t - t0) * nruns + r];
                piece = {run.start, 0, 0, run.len, 0};
                if (iz < 0 || iz >= job.size[0] || iy < 0 || iy >= job.size[1]) continue;
                valid_range(run.x, run.len, job.mult[2], tap.off[2], job.size[2], piece.lo, piece.hi);
                piece.from = run.n * job.sn + iz * job.s[0] + iy * job.s[1] + ((run.x + piece.lo) * job.mult[2] + tap.off[2]) * job.s[2];
            }
        }
        for (int64_t c = job.k0 / job.ntaps; c * job.ntaps < job.k1; ++c) {
            const int64_t first = job.k0 - c * job.ntaps > t0 ? job.k0 - c * job.ntaps : t0;
            const int64_t last = job.k1 - c * job.ntaps < t1 ? job.k1 - c * job.ntaps : t1;
            const T* in = job.in + c * job.sc;
            for (int64_t t = first; t < last; ++t) {
                T* row = job.dst + (c * job.ntaps + t - job.k0) * job.width;
                for (int64_t r = 0; r < nruns; ++r) {
                    const Piece& piece = pieces[(t - t0) * nruns + r];
                    T* to = row + piece.start;
                    if (piece.lo > 0) zero(to, piece.lo);
                    if (piece.hi > piece.lo) gather(in + piece.from, step, to + piece.lo, piece.hi - piece.lo);
                    if (piece.len > piece.hi) zero(to + piece.hi, piece.len - piece.hi);
                }
                for (int64_t j = job.nq; j < job.width; ++j) row[j] = T(0);
            }
        }
    }
}

template <class T>
void planes(const PlaneJob<T>& job) {
    T* dst = job.dst;
    for (int64_t pz = 0; pz < job.mult[0]; ++pz)
        for (int64_t py = 0; py < job.mult[1]; ++py)
            for (int64_t px = 0; px < job.mult[2]; ++px)
                for (int64_t z = 0; z < job.dims[0]; ++z)
                    for (int64_t y = 0; y < job.dims[1]; ++y, dst += job.dims[2]) {
                        const int64_t iz = z * job.mult[0] + pz + job.lo[0], iy = y * job.mult[1] + py + job.lo[1];
                        int64_t lo = 0, hi = 0;
                        if (iz >= 0 && iz < job.size[0] && iy >= 0 && iy < job.size[1])
                            valid_range(0, job.dims[2], job.mult[2], px + job.lo[2], job.size[2], lo, hi);
                        zero(dst, lo);
                        if (hi > lo)
                            gather(job.in + iz * job.s[0] + iy * job.s[1] + (lo * job.mult[2] + px + job.lo[2]) * job.s[2],
                                   job.mult[2] * job.s[2], dst + lo, hi - lo);
                        zero(dst + hi, job.dims[2] - hi);
                    }
}

// Few rows make up for it with more vectors, so that enough sums are in flight.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kShiftRows = 8, kShiftVectors = 3;
constexpr int wide_vectors(int64_t m) { return m == 1 ? 8 : m == 2 ? 8 : m <= 4 ? 5 : kShiftVectors; }
#else
constexpr int kShiftRows = 6, kShiftVectors = 2;
constexpr int wide_vectors(int64_t m) { return m == 1 ? 6 : m == 2 ? 4 : kShiftVectors; }
#endif

template <class T>
int64_t shift_width(int64_t m) {
    return wide_vectors(m) * kLanes<T>;
}

template <class T, int R, int V>
__attribute__((noinline)) void shift_tile(const ShiftJob<T>& job, int64_t i0, int64_t j, bool ahead, const Stretch* runs, int64_t nruns) {
    constexpr int L = kLanes<T>;
    Vec<T> acc[R][V];
    const T* p[R];
#pragma GCC unroll 8
    for (int i = 0; i < R; ++i) {
        p[i] = job.a + (i0 + i) * job.ars;
        const Vec<T> start = splat<T>(job.row_bias && !job.bias_last ? job.row_bias[i0 + i] : T(0));
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) acc[i][v] = start;
    }
    for (int64_t k = 0; k < job.k; ++k) {
        const T* b = job.b[k] + j;
        if (ahead) {  // the next stretch of this row, on its way from memory
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) __builtin_prefetch(b + (V + v) * L);
        }
        Vec<T> bv[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) bv[v] = load(b + v * L);
#pragma GCC unroll 8
        for (int i = 0; i < R; ++i) {
            const Vec<T> x = splat<T>(p[i][k]);
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) acc[i][v] = fma<T>(x, bv[v], acc[i][v]);
        }
    }
    if (job.row_bias && job.bias_last) {
#pragma GCC unroll 8
        for (int i = 0; i < R; ++i)
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) acc[i][v] += splat<T>(job.row_bias[i0 + i]);
    }
    if (nruns == 1 && runs[0].len == V * L && job.out_s[2] == 1) {
#pragma GCC unroll 8
        for (int i = 0; i < R; ++i)
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) store(job.out + (i0 + i) * job.out_sc + runs[0].to + v * L, acc[i][v]);
        return;
    }
    alignas(64) T sums[R * V * L + L];
#pragma GCC unroll 8
    for (int i = 0; i < R; ++i)
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) store(sums + (i * V + v) * L, acc[i][v]);
    for (int i = 0; i < R; ++i)
        for (int64_t r = 0; r < nruns; ++r)
            copy(sums + i * V * L + runs[r].start, 1, job.out + (i0 + i) * job.out_sc + runs[r].to, job.out_s[2], runs[r].len);
}

template <class T>
using ShiftFn = void (*)(const ShiftJob<T>&, int64_t, int64_t, bool, const Stretch*, int64_t);

template <class T, int V>
ShiftFn<T> shift_tile_of(int64_t rows) {
    switch (rows) {
        case 1:
            return shift_tile<T, 1, V>;
        case 2:
            return shift_tile<T, 2, V>;
        case 3:
            return shift_tile<T, 3, V>;
        case 4:
            return shift_tile<T, 4, V>;
        case 5:
            return shift_tile<T, 5, V>;
#if defined(__AVX512F__) || defined(__aarch64__)
        case 6:
            return shift_tile<T, 6, V>;
        case 7:
            return shift_tile<T, 7, V>;
#endif
        default:
            return shift_tile<T, kShiftRows, V>;
    }
}

template <class T>
ShiftFn<T> shift_tile_for(int64_t rows, int64_t vectors) {
#if defined(__AVX512F__) || defined(__aarch64__)
    if (vectors == 8) return rows == 1 ? shift_tile<T, 1, 8> : shift_tile<T, 2, 8>;
    if (vectors == 5)
        return rows == 4 ? shift_tile<T, 4, 5> : rows == 3 ? shift_tile<T, 3, 5> : rows == 2 ? shift_tile<T, 2, 5> : shift_tile<T, 1, 5>;
    if (vectors == 3) return shift_tile_of<T, 3>(rows);
#else
    if (vectors == 6) return shift_tile<T, 1, 6>;
    if (vectors == 4) return rows == 1 ? shift_tile<T, 1, 4> : shift_tile<T, 2, 4>;
#endif
    return vectors == 2 ? shift_tile_of<T, 2>(rows) : shift_tile_of<T, 1>(rows);
}

// How many vectors the next tile takes when `left` are left: as many as there are tiles for.
inline int64_t vectors_for(int64_t widest, int64_t left) {
    if (left >= widest) return widest;
    return left < kShiftVectors ? left : kShiftVectors;
}

template <class T>
void shifted(const ShiftJob<T>& job) {
    constexpr int L = kLanes<T>;
    const int64_t widest = wide_vectors(job.m);
    for (int64_t j = 0; j < job.flat;) {
        const int64_t vectors = vectors_for(widest, (job.flat - j + L - 1) / L), width = vectors * L;
        // The last tile ends with the last position; what it does again comes out the same.
        const int64_t at = j + width > job.flat && job.flat >= width ? job.flat - width : j;
        Stretch runs[8 * L];
        int64_t nruns = 0;
        for (int64_t x = at; x < at + width && x < job.flat;) {
            const int64_t row = x / job.pitch, z = row / job.rows, y = row % job.rows, x0 = x % job.pitch;
            int64_t next = (row + 1) * job.pitch;
            if (next > at + width) next = at + width;
            if (next > job.flat) next = job.flat;
            if (y < job.q[1] && z < job.q[0] && x0 < job.q[2]) {
                int64_t len = job.q[2] - x0;
                if (len > next - x) len = next - x;
                const int64_t to = z * job.out_s[0] + y * job.out_s[1] + x0 * job.out_s[2];
                Stretch* before = nruns > 0 ? runs + nruns - 1 : nullptr;
                if (before && before->start + before->len == x - at && before->to + before->len * job.out_s[2] == to)
                    before->len += len;
                else
                    runs[nruns++] = {x - at, len, to};
            }
            x = next;
        }
        if (nruns > 0) {
            bool ahead = at + 2 * width <= job.flat;
            for (int64_t i = 0; i < job.m;) {
                int64_t rows = job.m - i < kShiftRows ? job.m - i : kShiftRows;
                shift_tile_for<T>(rows, vectors)(job, i, at, ahead, runs, nruns);
                ahead = false;
                i += rows;
            }
        }
        j = at + width;
    }
}

// One channel vector, one tap: four sums in flight.
template <class T>
inline Vec<T> row_product(const T* x, int64_t x_step, const T* dy, int64_t dy_step, int64_t n) {
    Vec<T> acc[4] = {};
    int64_t p = 0;
    for (; p + 4 <= n; p += 4)
#pragma GCC unroll 4
        for (int u = 0; u < 4; ++u) acc[u] = fma<T>(load(x + (p + u) * x_step), load(dy + (p + u) * dy_step), acc[u]);
    for (; p < n; ++p) acc[0] = fma<T>(load(x + p * x_step), load(dy + p * dy_step), acc[0]);
    return (acc[0] + acc[1]) + (acc[2] + acc[3]);
}

template <class T>
void channels_grad(const T* const* x, int64_t x_step, const T* dy, int64_t dy_step, const int64_t* firsts, const int64_t* counts,
                   int64_t ntaps, int64_t c_count, T* sums) {
    constexpr int L = kLanes<T>;
    int64_t c = 0;
    for (; c + L <= c_count; c += L)
        for (int64_t t = 0; t < ntaps; ++t) {
            T* to = sums + t * c_count + c;
            store(to, load(to) + row_product(x[t] + c, x_step, dy + firsts[t] * dy_step + c, dy_step, counts[t]));
        }
    for (; c < c_count; ++c)
        for (int64_t t = 0; t < ntaps; ++t) {
            const T *a = x[t] + c, *b = dy + firsts[t] * dy_step + c;
            T sum = T(0);
            for (int64_t p = 0; p < counts[t]; ++p) sum += a[p * x_step] * b[p * dy_step];
            sums[t * c_count + c] += sum;
        }
}

template <class T, int K>
inline void correlate_some(const T* base, const int64_t* shift, const T* g, int64_t n, T* sums) {
    constexpr int L = kLanes<T>;
    Vec<T> acc[K];
    const T* p[K];
#pragma GCC unroll 4
    for (int t = 0; t < K; ++t) {
        acc[t] = Vec<T>{};
        p[t] = base + shift[t];
    }
    for (int64_t q = 0; q < n; q += L) {
        const Vec<T> x = load(g + q);
#pragma GCC unroll 4
        for (int t = 0; t < K; ++t) acc[t] = fma<T>(x, load(p[t] + q), acc[t]);
    }
#pragma GCC unroll 4
    for (int t = 0; t < K; ++t) sums[t] = sum_lanes<T>(acc[t]);
}

template <class T>
void correlate(const T* base, const int64_t* shift, int64_t ntaps, const T* g, int64_t n, T* sums) {
    int64_t t = 0;
    for (; t + 4 <= ntaps; t += 4) correlate_some<T, 4>(base, shift + t, g, n, sums + t);
    for (; t < ntaps; ++t) correlate_some<T, 1>(base, shift + t, g, n, sums + t);
}

template <class T>
T sum(const T* x, int64_t n) {
    constexpr int L = kLanes<T>;
    Vec<T> acc[4] = {};
    int64_t i = 0;
    for (; i + 4 * L <= n; i += 4 * L)
#pragma GCC unroll 4
        for (int u = 0; u < 4; ++u) acc[u] += load(x + i + u * L);
    for (; i + L <= n; i += L) acc[0] += load(x + i);
    T total = sum_lanes<T>((acc[0] + acc[1]) + (acc[2] + acc[3]));
    for (; i < n; ++i) total += x[i];
    return total;
}

template <class T>
void add_rows(const T* x, int64_t step, int64_t rows, T* sums, int64_t n) {
    constexpr int L = kLanes<T>;
    for (int64_t r = 0; r < rows; ++r, x += step) {
        int64_t j = 0;
        for (; j + L <= n; j += L) store(sums + j, load(sums + j) + load(x + j));
        for (; j < n; ++j) sums[j] += x[j];
    }
}

}  // namespace

extern const ConvTable conv_table;
const ConvTable conv_table = {
    {kLanes<float>, filter<float>, patches<float>, planes<float>, shifted<float>, channels<float>, correlate<float>, shift_width<float>,
     channels_grad<float>, copy<float>, unlay<float>, sum<float>, add_rows<float>},
    {kLanes<double>, filter<double>, patches<double>, planes<double>, shifted<double>, channels<double>, correlate<double>,
     shift_width<double>, channels_grad<double>, copy<double>, unlay<double>, sum<double>, add_rows<double>},
};

}  // namespace plait::PLAIT_NS
