#include "kernels/norm.h"

#include "simd/stream.h"
#include "simd/turn.h"

namespace plait::PLAIT_NS {
namespace {

template <class T>
inline double lanes_to_double(Vec<T> v) {
    if constexpr (sizeof(T) == 8) {
        return sum_lanes<T>(v);
    } else {
        T lanes[kLanes<T>];
        store<T>(lanes, v);
        return sum_lanes<double>(load_wide(lanes) + load_wide(lanes + kLanes<double>));
    }
}

// y[i] = the lanes of at(i, count) for i < n, past the caches where `past` says so.
template <class T, class At>
inline void write(T* y, int64_t n, bool past, At&& at) {
    constexpr int L = kLanes<T>;
    int64_t i = 0;
    if (past && n >= 4 * L) {
        const int head = static_cast<int>(-(reinterpret_cast<uintptr_t>(y) / sizeof(T)) % L);
        if (head) store_part<T>(y, at(0, head), head);
        for (i = head; i + 2 * L <= n; i += 2 * L) {
            const Vec<T> a = at(i, L), b = at(i + L, L);
            store_past(y + i, a);
            store_past(y + i + L, b);
        }
    }
    for (; i + 2 * L <= n; i += 2 * L) {
        const Vec<T> a = at(i, L), b = at(i + L, L);
        store<T>(y + i, a);
        store<T>(y + i + L, b);
    }
    for (; i < n; i += L) {
        const int count = static_cast<int>(n - i < L ? n - i : L);
        store_n<T>(y + i, at(i, count), count);
    }
}

// Four chains hide the latency of the sums.
template <class T>
struct Chains {
    Vec<T> a{}, b{}, c{}, d{};
    double total() const { return lanes_to_double<T>((a + b) + (c + d)); }
};

template <class T, class At>
inline void accumulate(Chains<T>& s, int64_t n, At&& at) {
    constexpr int L = kLanes<T>;
    int64_t i = 0;
    for (; i + 4 * L <= n; i += 4 * L) {
        s.a += at(i, L);
        s.b += at(i + L, L);
        s.c += at(i + 2 * L, L);
        s.d += at(i + 3 * L, L);
    }
    if (i + 2 * L <= n) {
        s.a += at(i, L);
        s.b += at(i + L, L);
        i += 2 * L;
    }
    if (i + L <= n) {
        s.c += at(i, L);
        i += L;
    }
    if (i < n) s.d += at(i, static_cast<int>(n - i));
}

template <class T>
void moments(const T* x, int64_t runs, int64_t len, int64_t step, double* mean, double* m2) {
    Chains<T> sum;
    for (int64_t r = 0; r < runs; ++r) accumulate<T>(sum, len, [p = x + r * step](int64_t i, int k) { return load_n<T>(p + i, k); });
    const double n = static_cast<double>(runs * len), m = sum.total() / n;
    const T shift = static_cast<T>(m);
    Chains<T> sq;
    for (int64_t r = 0; r < runs; ++r)
        accumulate<T>(sq, len, [p = x + r * step, shift](int64_t i, int k) {
            const Vec<T> d = load_n<T>(p + i, k, shift) - splat<T>(shift);
            return d * d;
        });
    const double off = m - static_cast<double>(shift), q = sq.total() - n * off * off;
    *mean = m;
    *m2 = q < 0 ? 0 : q;
}

template <class T>
double squares(const T* x, int64_t n) {
    double total = 0;
    for (int64_t at = 0; at < n; at += kNormBlock) {
        Chains<T> sq;
        accumulate<T>(sq, n - at < kNormBlock ? n - at : kNormBlock, [p = x + at](int64_t i, int k) {
            const Vec<T> v = load_n<T>(p + i, k);
            return v * v;
        });
        total += sq.total();
    }
    return total;
}

template <class T, int W>
inline void moments_columns(const T* x, int64_t rows, int64_t step, double* mean, double* m2) {
    constexpr int L = kLanes<T>;
    Vec<T> s[W], shift[W], q[W];
    for (int k = 0; k < W; ++k) s[k] = q[k] = Vec<T>{};
    for (int64_t r = 0; r < rows; ++r)
        for (int k = 0; k < W; ++k) s[k] += load<T>(x + r * step + k * L);
    const T inv = T(1) / static_cast<T>(rows);
    for (int k = 0; k < W; ++k) shift[k] = s[k] * splat<T>(inv);
    // Second sums of the differences themselves correct the rounding of the first mean.
    for (int k = 0; k < W; ++k) s[k] = Vec<T>{};
    for (int64_t r = 0; r < rows; ++r)
        for (int k = 0; k < W; ++k) {
            const Vec<T> d = load<T>(x + r * step + k * L) - shift[k];
            s[k] += d;
            q[k] += d * d;
        }
    for (int k = 0; k < W; ++k)
        for (int i = 0; i < L; ++i) {
            const double off = static_cast<double>(s[k][i]) / static_cast<double>(rows);
            const double v = static_cast<double>(q[k][i]) - static_cast<double>(rows) * off * off;
            mean[k * L + i] = static_cast<double>(shift[k][i]) + off;
            m2[k * L + i] = v < 0 ? 0 : v;
        }
}

template <class T>
void moments_last(const T* x, int64_t rows, int64_t channels, int64_t step, double* mean, double* m2) {
    constexpr int L = kLanes<T>;
    int64_t c = 0;
    for (; c + 4 * L <= channels; c += 4 * L) moments_columns<T, 4>(x + c, rows, step, mean + c, m2 + c);
    for (; c + L <= channels; c += L) moments_columns<T, 1>(x + c, rows, step, mean + c, m2 + c);
    for (; c < channels; ++c) {
        double s = 0, q = 0;
        for (int64_t r = 0; r < rows; ++r) s += static_cast<double>(x[r * step + c]);
        const double m = s / static_cast<double>(rows);
        for (int64_t r = 0; r < rows; ++r) {
            const double d = static_cast<double>(x[r * step + c]) - m;
            q += d * d;
        }
        mean[c] = m;
        m2[c] = q;
    }
}

template <class T>
void affine(const T* x, T* y, int64_t n, T scale, T shift, bool past) {
    const Vec<T> s = splat<T>(scale), b = splat<T>(shift);
    write<T>(y, n, past, [&](int64_t i, int k) { return fma<T>(load_n<T>(x + i, k), s, b); });
    if (past) fence();
}

template <class T>
void affine_last(const T* x, T* y, int64_t rows, int64_t channels, const T* scale, const T* shift, bool past) {
    for (int64_t r = 0; r < rows; ++r, x += channels, y += channels)
        write<T>(y, channels, past,
                 [&](int64_t c, int k) { return fma<T>(load_n<T>(x + c, k), load_n<T>(scale + c, k), load_n<T>(shift + c, k)); });
    if (past) fence();
}

template <class T, bool HasW, bool HasB>
inline void affine_row_of(const T* x, T* y, int64_t n, T mean, T scale, const T* w, const T* b, bool past) {
    const Vec<T> m = splat<T>(mean), s = splat<T>(scale);
    write<T>(y, n, past, [&](int64_t i, int k) {
        Vec<T> v = (load_n<T>(x + i, k) - m) * s;
        if (HasW) v = v * load_n<T>(w + i, k);
        if (HasB) v = v + load_n<T>(b + i, k);
        return v;
    });
}

template <class T>
void affine_row(const T* x, T* y, int64_t n, T mean, T scale, const T* w, const T* b, bool past) {
    if (w && b)
        affine_row_of<T, true, true>(x, y, n, mean, scale, w, b, past);
    else if (w)
        affine_row_of<T, true, false>(x, y, n, mean, scale, w, b, past);
    else if (b)
        affine_row_of<T, false, true>(x, y, n, mean, scale, w, b, past);
    else
        affine_row_of<T, false, false>(x, y, n, mean, scale, w, b, past);
    if (past) fence();
}

template <class T>
void grad_sums(const T* dy, const T* x, int64_t runs, int64_t len, int64_t step, T mean, double* sum, double* dot) {
    constexpr int L = kLanes<T>;
    const Vec<T> m = splat<T>(mean);
    Vec<T> s0{}, s1{}, d0{}, d1{};
    for (int64_t r = 0; r < runs; ++r) {
        const T *g = dy + r * step, *p = x + r * step;
        int64_t i = 0;
        for (; i + 2 * L <= len; i += 2 * L) {
            const Vec<T> g0 = load<T>(g + i), g1 = load<T>(g + i + L);
            s0 += g0;
            s1 += g1;
            d0 += g0 * (load<T>(p + i) - m);
            d1 += g1 * (load<T>(p + i + L) - m);
        }
        for (; i < len; i += L) {
            const int k = static_cast<int>(len - i < L ? len - i : L);
            const Vec<T> g0 = load_n<T>(g + i, k);
            s0 += g0;
            d0 += g0 * (load_n<T>(p + i, k, mean) - m);
        }
    }
    *sum = lanes_to_double<T>(s0 + s1);
    *dot = lanes_to_double<T>(d0 + d1);
}

template <class T, int W>
inline void grad_sums_columns(const T* dy, const T* x, int64_t rows, int64_t step, const T* mean, double* sum, double* dot) {
    constexpr int L = kLanes<T>;
    Vec<T> s[W], d[W], m[W];
    for (int k = 0; k < W; ++k) {
        s[k] = d[k] = Vec<T>{};
        m[k] = load<T>(mean + k * L);
    }
    for (int64_t r = 0; r < rows; ++r)
        for (int k = 0; k < W; ++k) {
            const Vec<T> g = load<T>(dy + r * step + k * L);
            s[k] += g;
            d[k] += g * (load<T>(x + r * step + k * L) - m[k]);
        }
    for (int k = 0; k < W; ++k)
        for (int i = 0; i < L; ++i) {
            sum[k * L + i] = static_cast<double>(s[k][i]);
            dot[k * L + i] = static_cast<double>(d[k][i]);
        }
}

template <class T>
void grad_sums_last(const T* dy, const T* x, int64_t rows, int64_t channels, int64_t step, const T* mean, double* sum, double* dot) {
    constexpr int L = kLanes<T>;
    int64_t c = 0;
    for (; c + 4 * L <= channels; c += 4 * L) grad_sums_columns<T, 4>(dy + c, x + c, rows, step, mean + c, sum + c, dot + c);
    for (; c + L <= channels; c += L) grad_sums_columns<T, 1>(dy + c, x + c, rows, step, mean + c, sum + c, dot + c);
    for (; c < channels; ++c) {
        double s = 0, d = 0;
        for (int64_t r = 0; r < rows; ++r) {
            const double g = static_cast<double>(dy[r * step + c]);
            s += g;
            d += g * (static_cast<double>(x[r * step + c]) - static_cast<double>(mean[c]));
        }
        sum[c] = s;
        dot[c] = d;
    }
}

template <class T>
void grad_input(const T* dy, const T* x, T* dx, int64_t n, T mean, T a, T b, T scale, bool past) {
    const Vec<T> m = splat<T>(mean), va = splat<T>(a), vb = splat<T>(b), s = splat<T>(scale);
    write<T>(dx, n, past, [&](int64_t i, int k) { return (load_n<T>(dy + i, k) - va - (load_n<T>(x + i, k) - m) * vb) * s; });
    if (past) fence();
}

template <class T>
void grad_scaled(const T* dy, const T* x, T* dx, int64_t n, T mean, T a, T b, T w, T scale, bool past) {
    const Vec<T> m = splat<T>(mean), va = splat<T>(a), vb = splat<T>(b), vw = splat<T>(w), s = splat<T>(scale);
    write<T>(dx, n, past, [&](int64_t i, int k) { return (load_n<T>(dy + i, k) * vw - va - (load_n<T>(x + i, k) - m) * vb) * s; });
    if (past) fence();
}

template <class T>
void grad_input_last(const T* dy, const T* x, T* dx, int64_t rows, int64_t channels, const T* mean, const T* a, const T* b, const T* scale,
                     bool past) {
    for (int64_t r = 0; r < rows; ++r, x += channels, dy += channels, dx += channels)
        write<T>(dx, channels, past, [&](int64_t c, int k) {
            const Vec<T> d = load_n<T>(x + c, k) - load_n<T>(mean + c, k);
            return (load_n<T>(dy + c, k) - load_n<T>(a + c, k) - d * load_n<T>(b + c, k)) * load_n<T>(scale + c, k);
        });
    if (past) fence();
}

// w * dy and w * dy * (x - mean) of one row, added up lane by lane; dw += dy * (x - mean) * rstd, db += dy.
template <class T>
inline void row_lanes(const T* dy, const T* x, const T* w, int64_t n, T mean, T rstd, T* dw, T* db, Vec<T>& sum, Vec<T>& dot) {
    const Vec<T> m = splat<T>(mean), rs = splat<T>(rstd);
    Vec<T> s{}, d{};
    each<T>(n, [&](int64_t i, int k) {
        const Vec<T> g = load_n<T>(dy + i, k), c = load_n<T>(x + i, k, mean) - m;
        const Vec<T> gw = w ? g * load_n<T>(w + i, k) : g;
        s += gw;
        d += gw * c;
        if (dw) store_n<T>(dw + i, load_n<T>(dw + i, k) + g * c * rs, k);
        if (db) store_n<T>(db + i, load_n<T>(db + i, k) + g, k);
    });
    sum = s;
    dot = d;
}

template <class T>
void row_sums(const T* dy, const T* x, const T* w, int64_t n, T mean, T rstd, T* dw, T* db, double* sum, double* dot) {
    Vec<T> s, d;
    row_lanes(dy, x, w, n, mean, rstd, dw, db, s, d);
    *sum = lanes_to_double<T>(s);
    *dot = lanes_to_double<T>(d);
}

template <class T>
void row_input(const T* dy, const T* x, const T* w, T* dx, int64_t n, T mean, T a, T b, T scale, bool past) {
    if (!w) return grad_input<T>(dy, x, dx, n, mean, a, b, scale, past);
    const Vec<T> m = splat<T>(mean), va = splat<T>(a), vb = splat<T>(b), s = splat<T>(scale);
    write<T>(dx, n, past,
             [&](int64_t i, int k) { return (load_n<T>(dy + i, k) * load_n<T>(w + i, k) - va - (load_n<T>(x + i, k) - m) * vb) * s; });
    if (past) fence();
}

// ---- short rows: as many at once as a vector has lanes, so that all but the sums' last halves is done in whole vectors ---------

// Bound by memory: each row is read three times, twice out of L1. The first mean is corrected by the mean of the differences.
template <class T>
void short_rows(const T* x, T* y, int64_t rows, int64_t n, const T* w, const T* b, T eps, bool rms, T* mean, T* rstd, bool past) {
    constexpr int L = kLanes<T>;
    alignas(64) T done[L * kShortRow], means[L], scales[L];
    const Vec<T> share = splat<T>(T(1) / static_cast<T>(n));
    for (int64_t first = 0; first < rows; first += L) {
        const int count = static_cast<int>(rows - first < L ? rows - first : L);
        const auto row = [&](int r) { return x + (first + (r < count ? r : 0)) * n; };
        Vec<T> s[L], q[L], m{};
        if (!rms) {
            for (int r = 0; r < L; ++r) {
                Vec<T> a{};
                each<T>(n, [&, p = row(r)](int64_t i, int k) { a = fma<T>(load_n<T>(p + i, k), share, a); });
                s[r] = a;
            }
            m = lane_sums<T>(s);
        }
        store<T>(means, m);
        for (int r = 0; r < L; ++r) {
            const Vec<T> shift = splat<T>(means[r]);
            Vec<T> a{}, c{};
            each<T>(n, [&, p = row(r)](int64_t i, int k) {
                const Vec<T> d = load_n<T>(p + i, k, means[r]) - shift;
                a += d;
                c = fma<T>(d, d, c);
            });
            s[r] = a;
            q[r] = c;
        }
        Vec<T> variance = lane_sums<T>(q) * share;
        if (!rms) {
            const Vec<T> off = lane_sums<T>(s) * share;
            variance = vmax<T>(Vec<T>{}, variance - off * off);
            m += off;
        }
        const Vec<T> scale = splat<T>(T(1)) / vsqrt<T>(variance + splat<T>(eps));
        store<T>(means, m);
        store<T>(scales, scale);
        store_n<T>(mean + first, m, count);
        store_n<T>(rstd + first, scale, count);
        T* const to = past ? done : y + first * n;
        for (int r = 0; r < count; ++r) affine_row<T>(row(r), to + r * n, n, means[r], scales[r], w, b, false);
        if (past) copy_past(y + first * n, done, count * n);
    }
    if (past) fence();
}

template <class T>
void short_rows_grad(const T* dy, const T* x, const T* w, T* dx, int64_t rows, int64_t n, const T* mean, const T* rstd, T* dw, T* db,
                     bool rms, bool past) {
    constexpr int L = kLanes<T>;
    alignas(64) T done[L * kShortRow], as[L], bs[L];
    const Vec<T> share = splat<T>(T(1) / static_cast<T>(n));
    for (int64_t first = 0; first < rows; first += L) {
        const int count = static_cast<int>(rows - first < L ? rows - first : L);
        const T *g = dy + first * n, *in = x + first * n, *mu = mean + first, *rs = rstd + first;
        Vec<T> sum[L] = {}, dot[L] = {};
        for (int r = 0; r < count; ++r) row_lanes(g + r * n, in + r * n, w, n, mu[r], rs[r], dw, db, sum[r], dot[r]);
        if (!dx) continue;
        const Vec<T> scale = load_n<T>(rs, count);
        store<T>(as, rms ? Vec<T>{} : lane_sums<T>(sum) * share);
        store<T>(bs, lane_sums<T>(dot) * share * scale * scale);
        T* const to = past ? done : dx + first * n;
        for (int r = 0; r < count; ++r) row_input<T>(g + r * n, in + r * n, w, to + r * n, n, mu[r], as[r], bs[r], rs[r], false);
        if (past) copy_past(dx + first * n, done, count * n);
    }
    if (past) fence();
}

template <class T>
void window_sum(const T* x, T* out, int64_t channels, int64_t step, int64_t n, int64_t before, int64_t after) {
    constexpr int L = kLanes<T>;
    for (int64_t c = 0; c < channels; ++c) {
        const int64_t lo = c - before < 0 ? 0 : c - before, hi = c + after >= channels ? channels - 1 : c + after;
        T* o = out + c * step;
        int64_t i = 0;
        for (; i + L <= n; i += L) {
            Vec<T> s{};
            for (int64_t k = lo; k <= hi; ++k) s += load<T>(x + k * step + i);
            store<T>(o + i, s);
        }
        for (; i < n; ++i) {
            T s = 0;
            for (int64_t k = lo; k <= hi; ++k) s += x[k * step + i];
            o[i] = s;
        }
    }
}

template <class T>
constexpr NormFns<T> functions() {
    return {moments<T>,   squares<T>,        moments_last<T>,    affine<T>,      affine_last<T>,     affine_row<T>,
            grad_sums<T>, grad_sums_last<T>, grad_input<T>,      grad_scaled<T>, grad_input_last<T>, row_sums<T>,
            row_input<T>, short_rows<T>,     short_rows_grad<T>, window_sum<T>};
}

}  // namespace

extern const NormTable norm_table;
const NormTable norm_table = {functions<float>(), functions<double>()};

}  // namespace plait::PLAIT_NS
