#include "kernels/conv.h"

#include "simd/simd.h"

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

inline int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }
inline int64_t clamp_to(int64_t x, int64_t low, int64_t high) { return x < low ? low : x > high ? high : x; }

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
    struct Stretch {
        int64_t start, len, n, z, y, x;
    };
    constexpr int kMost = 64;
    Stretch runs[kMost];
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
                const Stretch& run = runs[r];
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

template <class T>
void taps(const T* base, const int64_t* shift, const T* w, int64_t ws, int64_t ntaps, T start, bool accumulate, T* dst, int64_t n) {
    constexpr int L = kLanes<T>, U = 4;
    for (int64_t q = 0; q < n; q += U * L) {
        Vec<T> acc[U];
#pragma GCC unroll 4
        for (int u = 0; u < U; ++u) acc[u] = accumulate ? load(dst + q + u * L) : splat<T>(start);
        for (int64_t t = 0; t < ntaps; ++t) {
            const Vec<T> x = splat<T>(w[t * ws]);
            const T* from = base + shift[t] + q;
#pragma GCC unroll 4
            for (int u = 0; u < U; ++u) acc[u] = fma<T>(x, load(from + u * L), acc[u]);
        }
#pragma GCC unroll 4
        for (int u = 0; u < U; ++u) store(dst + q + u * L, acc[u]);
    }
}

template <class T>
void channels(const T* const* rows, int64_t ntaps, const T* w, const T* bias, T* const* out, int64_t positions, int64_t c_count) {
    constexpr int L = kLanes<T>;
    int64_t c = 0;
    for (; c + L <= c_count; c += L) {
        Vec<T> acc[4];
#pragma GCC unroll 4
        for (int p = 0; p < 4; ++p) acc[p] = bias ? load(bias + c) : Vec<T>{};
        for (int64_t t = 0; t < ntaps; ++t) {
            const Vec<T> x = load(w + t * c_count + c);
#pragma GCC unroll 4
            for (int p = 0; p < 4; ++p) acc[p] = fma<T>(x, load(rows[t * 4 + p] + c), acc[p]);
        }
#pragma GCC unroll 4
        for (int p = 0; p < 4; ++p)
            if (p < positions) store(out[p] + c, acc[p]);
    }
    for (; c < c_count; ++c)
        for (int64_t p = 0; p < positions; ++p) {
            T sum = bias ? bias[c] : T(0);
            for (int64_t t = 0; t < ntaps; ++t) sum += w[t * c_count + c] * rows[t * 4 + p][c];
            out[p][c] = sum;
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
    {kLanes<float>, patches<float>, planes<float>, taps<float>, channels<float>, correlate<float>, copy<float>, sum<float>, add_rows<float>},
    {kLanes<double>, patches<double>, planes<double>, taps<double>, channels<double>, correlate<double>, copy<double>, sum<double>,
     add_rows<double>},
};

}  // namespace plait::PLAIT_NS
