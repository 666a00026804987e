#include "kernels/gemm.h"

#include "simd/simd.h"
#include "simd/turn.h"

namespace plait::PLAIT_NS {
namespace {

// The register tile: kRows × kVectors vectors of sums stay in registers. 32 registers hold 8 × 3, 16 hold 6 × 2.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kRows = 8, kVectors = 3;
#else
constexpr int kRows = 6, kVectors = 2;
#endif

template <class T>
constexpr int kPanel = kVectors * kLanes<T>;

// What the direct store cannot do: part vectors, runs, strided columns, a factor.
template <class T>
__attribute__((noinline)) void store_general(const Block<T>& job, int64_t i0, int rows, const T* tile, int64_t width) {
    const Run whole = {0, job.n, 0};
    const Run* runs = job.runs ? job.runs : &whole;
    const int64_t nruns = job.runs ? job.nruns : 1;
    for (int i = 0; i < rows; ++i) {
        T* row = job.crow ? job.crow[i0 + i] : job.c + (i0 + i) * job.crs;
        for (int64_t r = 0; r < nruns; ++r) {
            const T* from = tile + i * width + runs[r].start;
            T* to = row + runs[r].offset;
            const int64_t n = runs[r].len, step = job.ccs;
            if (job.accumulate) {
                for (int64_t j = 0; j < n; ++j) to[j * step] += job.alpha * from[j];
            } else if (step == 1) {
                for (int64_t j = 0; j < n; ++j) to[j] = job.alpha * from[j];
            } else {
                for (int64_t j = 0; j < n; ++j) to[j * step] = job.alpha * from[j];
            }
        }
    }
}

template <class T>
inline Vec<T> bias_of(const Block<T>& job, int64_t row, int v) {
    if (job.row_bias) return splat<T>(job.row_bias[row]);
    return job.col_bias ? load(job.col_bias + v * kLanes<T>) : Vec<T>{};
}

template <class T, int R, int V, bool Crossed>
__attribute__((noinline)) void tile(const Block<T>& job, int64_t i0) {
    constexpr int L = kLanes<T>;
    Vec<T> acc[R][V];
#pragma GCC unroll 8
    for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) {
            acc[i][v] = job.bias_last ? Vec<T>{} : bias_of<T>(job, i0 + i, v);
        }
    for (int64_t s = 0; s < job.nsegments; ++s) {
        const Segment seg = job.segments[s];
        const T* b = job.b + seg.b;
        if constexpr (Crossed) {
            const T* a = job.a + i0 * job.ars + seg.a;
            for (int64_t k = 0; k < seg.len; ++k, b += job.ldb, a += job.acs) {
                Vec<T> bv[V];
#pragma GCC unroll 4
                for (int v = 0; v < V; ++v) bv[v] = load(b + v * L);
#pragma GCC unroll 8
                for (int i = 0; i < R; ++i) {
                    const Vec<T> x = splat<T>(a[i]);
#pragma GCC unroll 4
                    for (int v = 0; v < V; ++v) acc[i][v] = fma<T>(x, bv[v], acc[i][v]);
                }
            }
        } else {
            const T* p[R];
#pragma GCC unroll 8
            for (int i = 0; i < R; ++i) p[i] = (job.rows ? job.rows[s * job.rows_step + i0 + i] : job.a + (i0 + i) * job.ars) + seg.a;
            for (int64_t k = 0; k < seg.len; ++k, b += job.ldb) {
                Vec<T> bv[V];
#pragma GCC unroll 4
                for (int v = 0; v < V; ++v) bv[v] = load(b + v * L);
#pragma GCC unroll 8
                for (int i = 0; i < R; ++i) {
                    const Vec<T> x = splat<T>(p[i][k]);
#pragma GCC unroll 4
                    for (int v = 0; v < V; ++v) acc[i][v] = fma<T>(x, bv[v], acc[i][v]);
                }
            }
        }
    }
    if (job.bias_last) {
#pragma GCC unroll 8
        for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) acc[i][v] += bias_of<T>(job, i0 + i, v);
    }
    if (job.ccs == 1 && job.runs == nullptr && job.n == V * L && job.alpha == T(1)) {
#pragma GCC unroll 8
        for (int i = 0; i < R; ++i) {
            T* row = job.crow ? job.crow[i0 + i] : job.c + (i0 + i) * job.crs;
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) store(row + v * L, job.accumulate ? load(row + v * L) + acc[i][v] : acc[i][v]);
        }
        return;
    }
    alignas(64) T sums[R * V * L];
#pragma GCC unroll 8
    for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) store(sums + (i * V + v) * L, acc[i][v]);
    store_general<T>(job, i0, R, sums, V * L);
}

template <class T>
using TileFn = void (*)(const Block<T>&, int64_t);

template <class T, int V, bool Crossed>
TileFn<T> tile_of(int64_t rows) {
    switch (rows) {
        case 1:
            return tile<T, 1, V, Crossed>;
        case 2:
            return tile<T, 2, V, Crossed>;
        case 3:
            return tile<T, 3, V, Crossed>;
        case 4:
            return tile<T, 4, V, Crossed>;
        case 5:
            return tile<T, 5, V, Crossed>;
#if defined(__AVX512F__) || defined(__aarch64__)
        case 6:
            return tile<T, 6, V, Crossed>;
        case 7:
            return tile<T, 7, V, Crossed>;
#endif
        default:
            return tile<T, kRows, V, Crossed>;
    }
}

template <class T, int V>
void block_wide(const Block<T>& job) {
    int64_t i = 0;
    const auto full = job.crossed ? tile<T, kRows, V, true> : tile<T, kRows, V, false>;
    for (; i + kRows <= job.m; i += kRows) full(job, i);
    if (i < job.m) (job.crossed ? tile_of<T, V, true>(job.m - i) : tile_of<T, V, false>(job.m - i))(job, i);
}

template <class T>
void block(const Block<T>& job) {
    constexpr int L = kLanes<T>;
    if (job.n <= L)
        block_wide<T, 1>(job);
    else if (kVectors == 2 || job.n <= 2 * L)
        block_wide<T, 2>(job);
    else
        block_wide<T, kVectors>(job);
}

// A square of at most lanes × lanes numbers, `Whole` or its first m columns and n rows; what a row of w < lanes stores past its end, the
// next one overwrites.
template <class T, bool Whole>
inline void turn_square(const T* src, int64_t js, int m, int64_t n, int64_t w, int64_t room, T* dst) {
    constexpr int L = kLanes<T>;
    Vec<T> r[L];
#pragma GCC unroll 16
    for (int i = 0; i < L; ++i) {
        if constexpr (Whole)
            r[i] = load(src + i * js);
        else
            r[i] = i < n ? load_part(src + i * js, m) : Vec<T>{};
    }
    turn<T, L / 2>(r);
#pragma GCC unroll 16
    for (int i = 0; i < L; ++i) {
        if constexpr (Whole) {
            store(dst + i * w, r[i]);
        } else if (i < m) {
            if (room >= L)
                store(dst + i * w, r[i]);
            else
                store_part(dst + i * w, r[i], static_cast<int>(room));
        }
    }
}

// Columns contiguous along k.
template <class T>
void pack_turned(const T* src, int64_t js, int64_t k, int64_t n, int64_t w, T* dst) {
    constexpr int L = kLanes<T>;
    for (int64_t j = 0; j < w; j += L) {
        const int64_t room = w < L ? L : w - j;
        int64_t i = 0;
        if (j + L <= n)
            for (; i + L <= k; i += L) turn_square<T, true>(src + j * js + i, js, L, L, w, room, dst + i * w + j);
        for (; i < k; i += L)
            turn_square<T, false>(src + j * js + i, js, static_cast<int>(k - i < L ? k - i : L), n - j, w, room, dst + i * w + j);
    }
}

// N columns of at most four, side by side: vectors of the result are picked out of one column after the other.
template <class T, int N>
void pack_few(const T* src, int64_t js, int64_t k, T* dst) {
    constexpr int L = kLanes<T>;
    int64_t p = 0;
    for (; p + L <= k; p += L, dst += N * L) {
        Vec<T> column[N];
#pragma GCC unroll 4
        for (int j = 0; j < N; ++j) column[j] = load(src + j * js + p);
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) {
            Vec<T> r = column[0];
#pragma GCC unroll 4
            for (int j = 1; j < N; ++j) {
                Mask<T> at;
#pragma GCC unroll 16
                for (int i = 0; i < L; ++i) {
                    const int step = (v * L + i) / N, from = (v * L + i) % N;
                    at[i] = from == j ? L + step : j == 1 && from == 0 ? step : i;
                }
                r = permute<T>(r, column[j], at);
            }
            store(dst + v * L, r);
        }
    }
    for (; p < k; ++p)
        for (int j = 0; j < N; ++j) *dst++ = src[j * js + p];
}

template <class T>
void pack(const T* src, int64_t ks, int64_t js, int64_t k, int64_t n, int64_t w, T* dst) {
    constexpr int L = kLanes<T>;
    if (kPermutesTwo<T> && ks == 1 && w == n && w == 3) return pack_few<T, 3>(src, js, k, dst);
    if (ks == 1 && js != 1 && k >= L) return pack_turned<T>(src, js, k, n, w, dst);
    for (int64_t i = 0; i < k; ++i, src += ks, dst += w) {
        int64_t j = 0;
        if (js == 1) {
            for (; j + L <= n; j += L) store(dst + j, load(src + j));
            for (; j < n; ++j) dst[j] = src[j];
        } else {
            for (; j < n; ++j) dst[j] = src[j * js];
        }
        for (; j < w; ++j) dst[j] = T(0);
    }
}

template <class T>
void pack_rows(const T* src, int64_t js, const int64_t* rows, int64_t count, int64_t n, int64_t w, T* dst) {
    constexpr int L = kLanes<T>;
    for (int64_t j = 0; j < w; j += L)
        for (int64_t i = 0; i < count; i += L) {
            const int m = static_cast<int>(count - i < L ? count - i : L);
            Vec<T> r[L];
            if (m == L && j + L <= n) {
#pragma GCC unroll 16
                for (int q = 0; q < L; ++q) {
                    r[q] = load(src + i + (j + q) * js);
                    __builtin_prefetch(src + i + (j + q) * js + 4 * L);
                }
            } else {
#pragma GCC unroll 16
                for (int q = 0; q < L; ++q) r[q] = j + q < n ? load_part(src + i + (j + q) * js, m) : Vec<T>{};
            }
            turn<T, L / 2>(r);
#pragma GCC unroll 16
            for (int q = 0; q < L; ++q)
                if (q < m && rows[i + q] >= 0) store(dst + rows[i + q] * w + j, r[q]);
        }
}

// R × J dot products at once, U vectors of each in flight.
template <class T, int R, int J, int U>
inline void dot_tile(const T* a, int64_t ars, const T* b, int64_t bcs, int64_t k, T* sums) {
    constexpr int L = kLanes<T>;
    Vec<T> acc[R][J][U];
#pragma GCC unroll 4
    for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < J; ++j)
#pragma GCC unroll 4
            for (int u = 0; u < U; ++u) acc[i][j][u] = Vec<T>{};
    int64_t p = 0;
    for (; p + U * L <= k; p += U * L) {
        Vec<T> bv[J][U];
#pragma GCC unroll 4
        for (int j = 0; j < J; ++j)
#pragma GCC unroll 4
            for (int u = 0; u < U; ++u) bv[j][u] = load(b + j * bcs + p + u * L);
#pragma GCC unroll 4
        for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
            for (int u = 0; u < U; ++u) {
                const Vec<T> x = load(a + i * ars + p + u * L);
#pragma GCC unroll 4
                for (int j = 0; j < J; ++j) acc[i][j][u] = fma<T>(x, bv[j][u], acc[i][j][u]);
            }
    }
#pragma GCC unroll 4
    for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < J; ++j) {
            Vec<T> v = acc[i][j][0];
#pragma GCC unroll 4
            for (int u = 1; u < U; ++u) v += acc[i][j][u];
            T sum = sum_lanes<T>(v);
            for (int64_t q = p; q < k; ++q) sum += a[i * ars + q] * b[j * bcs + q];
            sums[i * J + j] = sum;
        }
}

template <class T, int R, int U>
inline void dot_rows(const T* a, int64_t ars, const T* b, int64_t bcs, int64_t n, int64_t k, T* sums) {
    switch (n) {
        case 1:
            return dot_tile<T, R, 1, U>(a, ars, b, bcs, k, sums);
        case 2:
            return dot_tile<T, R, 2, U>(a, ars, b, bcs, k, sums);
        case 3:
            return dot_tile<T, R, 3, U>(a, ars, b, bcs, k, sums);
        default:
            return dot_tile<T, R, 4, U>(a, ars, b, bcs, k, sums);
    }
}

template <class T>
void dots(const T* a, int64_t ars, const T* b, int64_t bcs, T* c, int64_t crs, int64_t ccs, int64_t m, int64_t n, int64_t k, T alpha,
          bool accumulate, const T* row_bias, const T* col_bias) {
    constexpr int R = kRows == 8 ? 4 : 2;
    T sums[R * 4];
    for (int64_t j0 = 0; j0 < n; j0 += 4) {
        const int64_t nj = n - j0 < 4 ? n - j0 : 4;
        for (int64_t i0 = 0; i0 < m; i0 += R) {
            const int64_t ni = m - i0 < R ? m - i0 : R;
            if (ni == R) {
                dot_rows<T, R, 1>(a + i0 * ars, ars, b + j0 * bcs, bcs, nj, k, sums);
            } else {
                for (int64_t i = 0; i < ni; ++i) dot_rows<T, 1, 2>(a + (i0 + i) * ars, ars, b + j0 * bcs, bcs, nj, k, sums + i * nj);
            }
            for (int64_t i = 0; i < ni; ++i)
                for (int64_t j = 0; j < nj; ++j) {
                    T* to = c + (i0 + i) * crs + (j0 + j) * ccs;
                    T value = alpha * sums[i * nj + j];
                    if (row_bias) value += row_bias[i0 + i];
                    if (col_bias) value += col_bias[j0 + j];
                    *to = accumulate ? *to + value : value;
                }
        }
    }
}

template <class T>
void axpys(const T* x, int64_t xs, const T* b, int64_t ldb, T* y, int64_t n, int64_t k, T alpha, bool accumulate) {
    constexpr int L = kLanes<T>;
    if (!accumulate)
        for (int64_t j = 0; j < n; ++j) y[j] = T(0);
    int64_t p = 0;
    for (; p + 4 <= k; p += 4, b += 4 * ldb) {
        const T x0 = alpha * x[p * xs], x1 = alpha * x[(p + 1) * xs], x2 = alpha * x[(p + 2) * xs], x3 = alpha * x[(p + 3) * xs];
        const Vec<T> v0 = splat<T>(x0), v1 = splat<T>(x1), v2 = splat<T>(x2), v3 = splat<T>(x3);
        int64_t j = 0;
        for (; j + L <= n; j += L) {
            Vec<T> s = fma<T>(v0, load(b + j), load(y + j));
            s = fma<T>(v1, load(b + ldb + j), s);
            s = fma<T>(v2, load(b + 2 * ldb + j), s);
            store(y + j, fma<T>(v3, load(b + 3 * ldb + j), s));
        }
        for (; j < n; ++j) y[j] = y[j] + x0 * b[j] + x1 * b[ldb + j] + x2 * b[2 * ldb + j] + x3 * b[3 * ldb + j];
    }
    for (; p < k; ++p, b += ldb) {
        const T x0 = alpha * x[p * xs];
        const Vec<T> v0 = splat<T>(x0);
        int64_t j = 0;
        for (; j + L <= n; j += L) store(y + j, fma<T>(v0, load(b + j), load(y + j)));
        for (; j < n; ++j) y[j] += x0 * b[j];
    }
}

template <class T>
void turns(const T* a, int64_t ars, int64_t acs, const T* b, int64_t ldb, T* c, int64_t m, int64_t n, int64_t k) {
    constexpr int L = kLanes<T>;
    for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; j += L) {
            const int lanes = n - j < L ? static_cast<int>(n - j) : L;
            Vec<T> sum = splat<T>(T(0));
            for (int64_t p = 0; p < k; ++p)
                sum +=
                    rounded<T>(splat<T>(a[i * ars + p * acs]) * (lanes == L ? load(b + p * ldb + j) : load_part(b + p * ldb + j, lanes)));
            if (lanes == L)
                store(c + i * n + j, sum);
            else
                store_part(c + i * n + j, sum, lanes);
        }
}

}  // namespace

extern const GemmTable gemm_table;
const GemmTable gemm_table = {
    {kLanes<float>, kRows, kPanel<float>, block<float>, pack<float>, pack_rows<float>, dots<float>, axpys<float>, turns<float>},
    {kLanes<double>, kRows, kPanel<double>, block<double>, pack<double>, pack_rows<double>, dots<double>, axpys<double>, turns<double>},
};

}  // namespace plait::PLAIT_NS
