// Norms of rows (layer, group, instance, RMS): checks, memory, and how the work is cut: by shape alone, so results do not depend on the
// number of threads.
#include <cmath>

#include <algorithm>
#include <tuple>

#include "core/threads.h"
#include "entries/norm.h"
#include "entries/norm_common.h"

namespace plait {

using namespace norms;
using std::fma;
using std::sqrt;

namespace {

// Rows of `channels` channels of `inner` values; row r holds channels (r % groups) * channels and on.
struct Rows {
    int64_t rows, groups, channels, inner;
    int64_t width() const { return channels * inner; }
};

Rows rows_of(const Array& x, int64_t groups, int64_t channels, int64_t inner) {
    require(x.contiguous, "norm: x must be contiguous");
    require(groups > 0 && channels >= 0 && inner >= 0, "norm: sizes must not be negative");
    Rows s{0, groups, channels, inner};
    s.rows = s.width() > 0 ? x.size / s.width() : 0;
    require(s.rows * s.width() == x.size && s.rows % groups == 0, "norm: sizes do not make up x");
    return s;
}

template <class T>
std::tuple<Owned, Owned, Owned> rows_forward(const Array& x, const Array& w, const Array& b, double eps, bool rms, const Rows& s) {
    const auto& k = functions<T>();
    Owned y = Owned::like(x), mean = Owned::make(x.dtype, {s.rows}), rstd = Owned::make(x.dtype, {s.rows});
    const T *px = x.as<T>(), *pw = w.as<T>(), *pb = b.as<T>();
    T *py = y.as<T>(), *pm = mean.as<T>(), *pr = rstd.as<T>();
    const int64_t D = s.width();
    const bool past = past_caches(y);
    if (s.inner == 1 && s.groups == 1 && D <= kShortRow) {
        parallel_for(s.rows, (grain_for(D / 4 + 16) + 63) / 64 * 64, [=, &k](int64_t begin, int64_t end) {
            k.short_rows(px + begin * D, py + begin * D, end - begin, D, pw, pb, static_cast<T>(eps), rms, pm + begin, pr + begin, past);
        });
        return {y, mean, rstd};
    }
    parallel_for(s.rows, grain_for(D / 4 + 16), [=, &k](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            const T* row = px + r * D;
            T* out = py + r * D;
            double m = 0, q = 0;
            if (rms) {
                q = k.squares(row, D);
            } else if (D <= 2 * kNormBlock) {
                k.moments(row, 1, D, D, &m, &q);
            } else {
                Merge all;
                for (int64_t at = 0; at < D; at += kNormBlock) {
                    const int64_t len = std::min(kNormBlock, D - at);
                    double bm, bq;
                    k.moments(row + at, 1, len, len, &bm, &bq);
                    all.add(static_cast<double>(len), bm, bq);
                }
                m = all.mean;
                q = all.m2;
            }
            const T rs = T(1) / sqrt(static_cast<T>(q / static_cast<double>(D)) + static_cast<T>(eps));
            pm[r] = static_cast<T>(m);
            pr[r] = rs;
            if (s.inner == 1) {
                const int64_t first = (r % s.groups) * s.channels;
                k.affine_row(row, out, D, pm[r], pr[r], pw ? pw + first : nullptr, pb ? pb + first : nullptr, past);
                continue;
            }
            for (int64_t c = 0; c < s.channels; ++c) {
                const int64_t channel = (r % s.groups) * s.channels + c;
                const T scale = pw ? rs * pw[channel] : rs;
                k.affine(row + c * s.inner, out + c * s.inner, s.inner, scale, fma(-scale, pm[r], pb ? pb[channel] : T(0)), past);
            }
        }
    });
    return {y, mean, rstd};
}

// A weight per element: parameter gradients gather over blocks of rows.
template <class T>
void rows_backward_elements(const T* g, const T* x, const T* w, const T* mean, const T* rstd, T* dx, T* dw, T* db, bool rms, const Rows& s,
                            bool past) {
    const auto& k = functions<T>();
    const int64_t D = s.width(), all = s.groups * D;
    const int64_t block = (std::max<int64_t>(1, 128 / s.groups)) * s.groups;  // whole samples
    const int64_t blocks = (s.rows + block - 1) / block;
    const bool parts = dw != nullptr;
    Scratch<T> part(parts ? 2 * blocks * all : 0);
    parallel_for(blocks, grain_for(block * (D / 2 + 16)), [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; ++b) {
            T *pw = part.get() + 2 * b * all, *pb = pw + all;
            if (parts) std::fill(pw, pw + 2 * all, T(0));
            if (s.groups == 1 && D <= kShortRow) {
                const int64_t r = b * block;
                k.short_rows_grad(g + r * D, x + r * D, w, dx ? dx + r * D : nullptr, std::min(block, s.rows - r), D, mean + r, rstd + r,
                                  parts ? pw : nullptr, parts ? pb : nullptr, rms, past);
                continue;
            }
            for (int64_t r = b * block; r < std::min(s.rows, (b + 1) * block); ++r) {
                const int64_t first = (r % s.groups) * D;
                const T* wr = w ? w + first : nullptr;
                double sum, dot;
                k.row_sums(g + r * D, x + r * D, wr, D, mean[r], rstd[r], parts ? pw + first : nullptr, parts ? pb + first : nullptr, &sum,
                           &dot);
                if (!dx) continue;
                const double n = static_cast<double>(D), rs = static_cast<double>(rstd[r]);
                k.row_input(g + r * D, x + r * D, wr, dx + r * D, D, mean[r], rms ? T(0) : static_cast<T>(sum / n),
                            static_cast<T>(dot / n * rs * rs), rstd[r], past);
            }
        }
    });
    if (!parts) return;
    parallel_for(all, grain_for(blocks), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            double sw = 0, sb = 0;
            for (int64_t b = 0; b < blocks; ++b) {
                sw += static_cast<double>(part[2 * b * all + i]);
                sb += static_cast<double>(part[(2 * b + 1) * all + i]);
            }
            dw[i] = static_cast<T>(sw);
            db[i] = static_cast<T>(sb);
        }
    });
}

// A weight per channel of `inner` values.
template <class T>
void rows_backward_channels(const T* g, const T* x, const T* w, const T* mean, const T* rstd, T* dx, T* dw, T* db, const Rows& s,
                            bool past) {
    const auto& k = functions<T>();
    const int64_t D = s.width(), C = s.groups * s.channels;
    Scratch<double> sums(2 * s.rows * s.channels);
    parallel_for(s.rows, grain_for(D / 2 + 16), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            const int64_t first = (r % s.groups) * s.channels;
            double su = 0, sx = 0;
            for (int64_t c = 0; c < s.channels; ++c) {
                double sum = 0, dot = 0;
                for (int64_t at = 0; at < s.inner; at += kNormBlock) {
                    const int64_t len = std::min(kNormBlock, s.inner - at), p = r * D + c * s.inner + at;
                    double bs, bd;
                    k.grad_sums(g + p, x + p, 1, len, len, mean[r], &bs, &bd);
                    sum += bs;
                    dot += bd;
                }
                sums[2 * (r * s.channels + c)] = sum;
                sums[2 * (r * s.channels + c) + 1] = dot * static_cast<double>(rstd[r]);
                const double wc = w ? static_cast<double>(w[first + c]) : 1.0;
                su += wc * sum;
                sx += wc * dot;
            }
            if (!dx) continue;
            const double n = static_cast<double>(D), rs = static_cast<double>(rstd[r]);
            const double a = su / n, b = sx / n * rs * rs;
            for (int64_t c = 0; c < s.channels; ++c) {
                const int64_t p = r * D + c * s.inner;
                const T wc = w ? w[first + c] : T(1);
                k.grad_scaled(g + p, x + p, dx + p, s.inner, mean[r], static_cast<T>(a), static_cast<T>(b), wc, rstd[r], past);
            }
        }
    });
    if (!dw) return;
    for (int64_t c = 0; c < C; ++c) {
        double sw = 0, sb = 0;
        const int64_t group = c / s.channels, at = c % s.channels;
        for (int64_t r = group; r < s.rows; r += s.groups) {
            sb += sums[2 * (r * s.channels + at)];
            sw += sums[2 * (r * s.channels + at) + 1];
        }
        dw[c] = static_cast<T>(sw);
        db[c] = static_cast<T>(sb);
    }
}

template <class T>
std::tuple<Owned, Owned, Owned> rows_backward(const Array& dy, const Array& x, const Array& w, const Array& mean, const Array& rstd,
                                              bool rms, bool need_dx, bool need_dw, const Rows& s) {
    const int64_t params = s.inner == 1 ? s.groups * s.width() : s.groups * s.channels;
    Owned dx = need_dx ? Owned::like(x) : Owned::make(x.dtype, {0});
    Owned dw = Owned::make(x.dtype, {need_dw ? params : 0}), db = Owned::make(x.dtype, {need_dw ? params : 0});
    T *pdx = need_dx ? dx.as<T>() : nullptr, *pdw = need_dw ? dw.as<T>() : nullptr, *pdb = need_dw ? db.as<T>() : nullptr;
    if (s.inner == 1 || rms)
        rows_backward_elements<T>(dy.as<T>(), x.as<T>(), w.as<T>(), mean.as<T>(), rstd.as<T>(), pdx, pdw, pdb, rms, s, past_caches(dx));
    else
        rows_backward_channels<T>(dy.as<T>(), x.as<T>(), w.as<T>(), mean.as<T>(), rstd.as<T>(), pdx, pdw, pdb, s, past_caches(dx));
    return {dx, dw, db};
}

void check_rows_params(const Array& x, const Array& w, const Rows& s) {
    require(!given(w) || (w.dtype == x.dtype && w.contiguous && w.size == s.groups * s.channels),
            "norm: weight and bias must be contiguous, of x's dtype, one per channel");
}

}  // namespace

std::tuple<Owned, Owned, Owned> row_norm(const Array& x, const MaybeArray& weight, const MaybeArray& bias, int64_t groups, int64_t channels,
                                         int64_t inner, double eps, bool rms) {
    const Array w = or_null(weight), b = or_null(bias);
    check_floating(x);
    const Rows s = rows_of(x, groups, channels, inner);
    check_rows_params(x, w, s);
    check_rows_params(x, b, s);
    return x.dtype == DType::f32 ? rows_forward<float>(x, w, b, eps, rms, s) : rows_forward<double>(x, w, b, eps, rms, s);
}

std::tuple<Owned, Owned, Owned> row_norm_backward(const Array& dy, const Array& x, const MaybeArray& weight, const Array& mean,
                                                  const Array& rstd, int64_t groups, int64_t channels, int64_t inner, bool rms,
                                                  bool need_dx, bool need_dw) {
    const Array w = or_null(weight);
    check_floating(x);
    check_same(dy, x);
    const Rows s = rows_of(x, groups, channels, inner);
    require(!rms || inner == 1, "norm: an RMS norm has a weight per element");
    check_rows_params(x, w, s);
    require(
        mean.size == s.rows && rstd.size == s.rows && mean.dtype == x.dtype && rstd.dtype == x.dtype && mean.contiguous && rstd.contiguous,
        "norm: mean and rstd must have one value per row");
    return x.dtype == DType::f32 ? rows_backward<float>(dy, x, w, mean, rstd, rms, need_dx, need_dw, s)
                                 : rows_backward<double>(dy, x, w, mean, rstd, rms, need_dx, need_dw, s);
}

}  // namespace plait
