// Batch norm and channel windows: checks, memory, and how the work is cut. Every cut depends on shape alone, so results do not depend on
// the number of threads.
#include "entries/norm.h"

#include <cmath>

#include <algorithm>
#include <tuple>

#include "core/threads.h"
#include "entries/norm_common.h"

namespace plait {

using namespace norms;
using std::fma;
using std::sqrt;

namespace {

// x as [batch, channels, inner]; with channels last, as [batch, channels] rows.
struct Layout {
    int64_t batch, channels, inner;
    bool last;
    int64_t count() const { return batch * inner; }
};

Layout layout_of(const Array& x, bool last) {
    require(x.contiguous, "batch norm: x must be contiguous");
    require(x.ndim >= 2, "batch norm: x must have at least 2 dimensions");
    Layout s{x.shape[0], x.shape[1], 1, last};
    if (last) {
        s.channels = x.shape[x.ndim - 1];
        s.batch = s.channels ? x.size / s.channels : 0;
        return s;
    }
    for (int i = 2; i < x.ndim; ++i) s.inner *= x.shape[i];
    if (s.inner == 1) s.last = true;
    return s;
}

// How one channel's values are cut into blocks of about kNormBlock: `runs` planes together, or a plane into `parts`.
struct Blocks {
    int64_t runs, groups, len, parts;
    explicit Blocks(const Layout& s) {
        runs = std::max<int64_t>(1, kNormBlock / std::max<int64_t>(1, s.inner));
        runs = std::min(runs, std::max<int64_t>(1, s.batch));
        groups = (s.batch + runs - 1) / runs;
        len = runs > 1 ? s.inner : std::min(s.inner, kNormBlock);
        parts = len > 0 ? (s.inner + len - 1) / len : 0;
    }
    int64_t per_channel() const { return groups * parts; }
};

// Rows of a channels-last block: about 32 KB, but enough rows to be worth a block.
int64_t block_rows(const Layout& s) { return std::clamp<int64_t>(2 * kNormBlock / std::max<int64_t>(1, s.channels), 16, 1024); }

// Calls f(block, channel, n0, runs, offset, len) over all blocks, in memory order, in parallel.
template <class F>
void over_blocks(const Layout& s, const Blocks& b, F&& f) {
    const int64_t items = b.per_channel() * s.channels;
    const int64_t cost = b.runs * b.len / 8 + 16;
    parallel_for(items, grain_for(cost), [&](int64_t begin, int64_t end) {
        for (int64_t item = begin; item < end; ++item) {
            const int64_t part = item % b.parts, rest = item / b.parts;
            const int64_t channel = rest % s.channels, group = rest / s.channels;
            const int64_t n0 = group * b.runs, offset = part * b.len;
            f(group * b.parts + part, channel, n0, std::min(b.runs, s.batch - n0), offset, std::min(b.len, s.inner - offset));
        }
    });
}

// Whether channel after channel is quickest, the second pass over each finding what the first one read: where planes are long enough to be
// read at full speed from scattered places, and channels small enough to stay near and enough to share between threads. Sums are the same
// either way.
template <class T>
bool channel_by_channel(const Layout& s) {
    const int64_t plane = s.inner * static_cast<int64_t>(sizeof(T));
    return !s.last && plane >= (int64_t{32} << 10) && plane * s.batch <= (int64_t{4} << 20) && s.channels >= 8;
}

// Calls f(block, n0, runs, offset, len) over one channel's blocks, in order.
template <class F>
void each_block(const Layout& s, const Blocks& b, F&& f) {
    for (int64_t g = 0; g < b.groups; ++g)
        for (int64_t p = 0; p < b.parts; ++p)
            f(g * b.parts + p, g * b.runs, std::min(b.runs, s.batch - g * b.runs), p * b.len, std::min(b.len, s.inner - p * b.len));
}

// Two sums per channel over blocks, in order.
template <class Block>
void fold_blocks(int64_t channels, int64_t blocks, Block&& body) {
    parallel_for(channels, grain_for(blocks * 4 + 4), [&](int64_t begin, int64_t end) {
        for (int64_t c = begin; c < end; ++c) body(c);
    });
}

// Small inputs are summed in double throughout.
constexpr int64_t kExact = 16384;

template <class T>
void exact_moments(const Layout& s, const T* x, double* mean, double* m2) {
    const int64_t C = s.channels, inner = s.last ? 1 : s.inner;
    const double n = static_cast<double>(s.count());
    for (int64_t c = 0; c < C; ++c) mean[c] = m2[c] = 0;
    for (int64_t i = 0; i < s.batch; ++i)
        for (int64_t c = 0; c < C; ++c) {
            const T* p = x + (i * C + c) * inner;
            double sum = 0;
            for (int64_t j = 0; j < inner; ++j) sum += static_cast<double>(p[j]);
            mean[c] += sum;
        }
    for (int64_t c = 0; c < C; ++c) mean[c] /= n;
    for (int64_t i = 0; i < s.batch; ++i)
        for (int64_t c = 0; c < C; ++c) {
            const T* p = x + (i * C + c) * inner;
            double sum = 0;
            for (int64_t j = 0; j < inner; ++j) {
                const double d = static_cast<double>(p[j]) - mean[c];
                sum += d * d;
            }
            m2[c] += sum;
        }
}

template <class T>
void channel_moments(const Layout& s, const T* x, double* mean, double* m2) {
    const auto& k = functions<T>();
    if (s.count() == 0) {
        for (int64_t c = 0; c < s.channels; ++c) mean[c] = m2[c] = NAN;
        return;
    }
    if (s.count() * s.channels <= kExact) return exact_moments(s, x, mean, m2);
    if (s.last) {
        const int64_t rows = block_rows(s), blocks = (s.batch + rows - 1) / rows, C = s.channels;
        if (blocks == 1) return k.moments_last(x, s.batch, C, C, mean, m2);
        Scratch<double> part(2 * blocks * C);
        parallel_for(blocks, grain_for(rows * C / 8 + 16), [&](int64_t begin, int64_t end) {
            for (int64_t b = begin; b < end; ++b)
                k.moments_last(x + b * rows * C, std::min(rows, s.batch - b * rows), C, C, part.get() + 2 * b * C,
                               part.get() + (2 * b + 1) * C);
        });
        std::copy_n(part.get(), C, mean);
        std::copy_n(part.get() + C, C, m2);
        for (int64_t b = 1; b < blocks; ++b) {  // as Merge, but with divisions for all channels at once
            const double n = static_cast<double>(b * rows), count = static_cast<double>(std::min(rows, s.batch - b * rows));
            const double share = count / (n + count), both = n * count / (n + count);
            const double *bm = part.get() + 2 * b * C, *bq = bm + C;
            for (int64_t c = 0; c < C; ++c) {
                const double delta = bm[c] - mean[c];
                mean[c] += delta * share;
                m2[c] += bq[c] + delta * delta * both;
            }
        }
        return;
    }
    const Blocks b(s);
    const int64_t blocks = b.per_channel();
    const bool direct = blocks == 1;
    Scratch<double> part(direct ? 0 : 2 * blocks * s.channels);
    over_blocks(s, b, [&](int64_t block, int64_t c, int64_t n0, int64_t runs, int64_t offset, int64_t len) {
        const int64_t at = c * blocks + block;
        k.moments(x + (n0 * s.channels + c) * s.inner + offset, runs, len, s.channels * s.inner, direct ? mean + c : part.get() + 2 * at,
                  direct ? m2 + c : part.get() + 2 * at + 1);
    });
    if (direct) return;
    fold_blocks(s.channels, blocks, [&](int64_t c) {
        Merge m;
        each_block(s, b, [&](int64_t block, int64_t, int64_t runs, int64_t, int64_t len) {
            const double* at = part.get() + 2 * (c * blocks + block);
            m.add(static_cast<double>(runs * len), at[0], at[1]);
        });
        mean[c] = m.mean;
        m2[c] = m.m2;
    });
}

// The same of one channel.
template <class T>
void one_channel_moments(const Layout& s, const Blocks& b, const T* x, int64_t c, double* mean, double* m2) {
    Merge m;
    each_block(s, b, [&](int64_t, int64_t n0, int64_t runs, int64_t offset, int64_t len) {
        double bm, bq;
        functions<T>().moments(x + (n0 * s.channels + c) * s.inner + offset, runs, len, s.channels * s.inner, &bm, &bq);
        m.add(static_cast<double>(runs * len), bm, bq);
    });
    *mean = m.mean;
    *m2 = m.m2;
}

template <class T>
void apply_affine(const Layout& s, const T* x, T* y, const T* scale, const T* shift, bool past) {
    const auto& k = functions<T>();
    const int64_t C = s.channels;
    if (s.last) {
        parallel_for(s.batch, grain_for(C / 8 + 2),
                     [&](int64_t begin, int64_t end) { k.affine_last(x + begin * C, y + begin * C, end - begin, C, scale, shift, past); });
        return;
    }
    parallel_for(s.batch * C, grain_for(s.inner / 8 + 4), [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; ++p) {
            const int64_t c = p % C;
            k.affine(x + p * s.inner, y + p * s.inner, s.inner, scale[c], shift[c], past);
        }
    });
}

void check_channels(const Array& a, const Array& x, int64_t channels, const char* message) {
    require(!given(a) || (a.dtype == x.dtype && a.contiguous && a.size == channels), message);
}

// y = x * scale + shift, in the order of roundings that gives the digits of other libraries.
template <class T>
void line_of(int64_t c, T mean, T rstd, const Array& w, const Array& b, T* scale, T* shift) {
    scale[c] = given(w) ? rstd * w.as<T>()[c] : rstd;
    shift[c] = fma(-mean, scale[c], given(b) ? b.as<T>()[c] : T(0));
}

template <class T>
std::tuple<Owned, Owned, Owned> train(const Array& x, const Array& w, const Array& b, const Array& running_mean, const Array& running_var,
                                      double momentum, double eps, bool unbiased, const Layout& s) {
    const int64_t C = s.channels;
    Owned y = Owned::like(x), mean = Owned::make(x.dtype, {C}), rstd = Owned::make(x.dtype, {C});
    Scratch<double> stats(2 * C);
    Scratch<T> affine(2 * C);
    double *mu = stats.get(), *m2 = mu + C;
    const double n = static_cast<double>(s.count());
    const T fresh = static_cast<T>(momentum), kept = static_cast<T>(1 - momentum);
    T *scale = affine.get(), *shift = scale + C;
    const auto finish = [&](int64_t c) {
        const T m = mean.as<T>()[c] = static_cast<T>(mu[c]);
        const T variance = static_cast<T>(m2[c]) / static_cast<T>(n);  // rounded where other libraries round
        rstd.as<T>()[c] = static_cast<T>(1.0 / sqrt(static_cast<double>(variance) + eps));
        line_of(c, m, rstd.as<T>()[c], w, b, scale, shift);
        if (given(running_mean)) {
            T& r = running_mean.as<T>()[c];
            r = fresh * m + kept * r;
        }
        if (given(running_var)) {
            T& r = running_var.as<T>()[c];
            const T biased = static_cast<T>(m2[c] / n);
            r = fma(fresh, unbiased ? biased * static_cast<T>(n) / static_cast<T>(n - 1) : biased, kept * r);
        }
    };
    const T* px = x.as<T>();
    T* py = y.as<T>();
    const bool past = past_caches(y);
    if (channel_by_channel<T>(s)) {
        const Blocks blocks(s);
        parallel_for(C, 1, [&](int64_t begin, int64_t end) {
            for (int64_t c = begin; c < end; ++c) {
                one_channel_moments(s, blocks, px, c, mu + c, m2 + c);
                finish(c);
                for (int64_t at = c * s.inner; at < x.size; at += C * s.inner)
                    functions<T>().affine(px + at, py + at, s.inner, scale[c], shift[c], past);
            }
        });
    } else {
        channel_moments<T>(s, px, mu, m2);
        for (int64_t c = 0; c < C; ++c) finish(c);
        apply_affine<T>(s, px, py, scale, shift, past);
    }
    return {y, mean, rstd};
}

template <class T>
Owned infer(const Array& x, const Array& w, const Array& b, const Array& mean, const Array& var, double eps, const Layout& s) {
    const int64_t C = s.channels;
    Owned y = Owned::like(x);
    Scratch<T> affine(3 * C);
    T *scale = affine.get(), *shift = scale + C, *rstd = shift + C;
    for (int64_t c = 0; c < C; ++c) rstd[c] = T(1) / sqrt(var.as<T>()[c] + static_cast<T>(eps));
    for (int64_t c = 0; c < C; ++c) line_of(c, mean.as<T>()[c], rstd[c], w, b, scale, shift);
    apply_affine<T>(s, x.as<T>(), y.as<T>(), scale, shift, past_caches(y));
    return y;
}

template <class T>
void channel_sums(const Layout& s, const T* dy, const T* x, const T* mean, double* sum, double* dot) {
    const auto& k = functions<T>();
    const int64_t C = s.channels;
    for (int64_t c = 0; c < C; ++c) sum[c] = dot[c] = 0;
    if (s.count() == 0) return;
    if (s.last) {
        const int64_t rows = block_rows(s), blocks = (s.batch + rows - 1) / rows;
        Scratch<double> part(2 * blocks * C);
        parallel_for(blocks, grain_for(rows * C / 4 + 16), [&](int64_t begin, int64_t end) {
            for (int64_t b = begin; b < end; ++b)
                k.grad_sums_last(dy + b * rows * C, x + b * rows * C, std::min(rows, s.batch - b * rows), C, C, mean,
                                 part.get() + 2 * b * C, part.get() + (2 * b + 1) * C);
        });
        for (int64_t b = 0; b < blocks; ++b)
            for (int64_t c = 0; c < C; ++c) {
                sum[c] += part[2 * b * C + c];
                dot[c] += part[(2 * b + 1) * C + c];
            }
        return;
    }
    const Blocks b(s);
    const int64_t blocks = b.per_channel();
    Scratch<double> part(2 * blocks * C);
    over_blocks(s, b, [&](int64_t block, int64_t c, int64_t n0, int64_t runs, int64_t offset, int64_t len) {
        const int64_t at = (n0 * C + c) * s.inner + offset;
        double* p = part.get() + 2 * (c * blocks + block);
        k.grad_sums(dy + at, x + at, runs, len, C * s.inner, mean[c], p, p + 1);
    });
    for (int64_t c = 0; c < C; ++c)
        for (int64_t i = 0; i < blocks; ++i) {
            sum[c] += part[2 * (c * blocks + i)];
            dot[c] += part[2 * (c * blocks + i) + 1];
        }
}

// The same of one channel.
template <class T>
void one_channel_sums(const Layout& s, const Blocks& b, const T* dy, const T* x, int64_t c, T mean, double* sum, double* dot) {
    *sum = *dot = 0;
    each_block(s, b, [&](int64_t, int64_t n0, int64_t runs, int64_t offset, int64_t len) {
        const int64_t at = (n0 * s.channels + c) * s.inner + offset;
        double bs, bd;
        functions<T>().grad_sums(dy + at, x + at, runs, len, s.channels * s.inner, mean, &bs, &bd);
        *sum += bs;
        *dot += bd;
    });
}

template <class T>
std::tuple<Owned, Owned, Owned> backward(const Array& dy, const Array& x, const Array& w, const Array& mean, const Array& rstd,
                                         bool training, bool need_dx, const Layout& s) {
    const auto& k = functions<T>();
    const int64_t C = s.channels;
    Owned dx = need_dx ? Owned::like(x) : Owned::make(x.dtype, {0});
    Owned dw = Owned::make(x.dtype, {C}), db = Owned::make(x.dtype, {C});
    Scratch<double> sums(2 * C);
    Scratch<T> line(3 * C);
    double *sum = sums.get(), *dot = sum + C;
    const T *mu = mean.as<T>(), *rs = rstd.as<T>(), *g = dy.as<T>(), *px = x.as<T>();
    T *a = line.get(), *b = a + C, *scale = b + C;
    const double n = static_cast<double>(s.count());
    const auto finish = [&](int64_t c) {
        const double r = static_cast<double>(rs[c]);
        db.as<T>()[c] = static_cast<T>(sum[c]);
        dw.as<T>()[c] = n > 0 ? static_cast<T>(dot[c] * r) : T(0);
        a[c] = training ? static_cast<T>(sum[c] / n) : T(0);
        b[c] = training ? static_cast<T>(dot[c] / n * r * r) : T(0);
        scale[c] = static_cast<T>(r * (given(w) ? static_cast<double>(w.as<T>()[c]) : 1.0));
    };
    T* out = need_dx ? dx.as<T>() : nullptr;
    const bool past = past_caches(dx);
    if (training && need_dx && channel_by_channel<T>(s)) {
        const Blocks blocks(s);
        parallel_for(C, 1, [&](int64_t begin, int64_t end) {
            for (int64_t c = begin; c < end; ++c) {
                one_channel_sums(s, blocks, g, px, c, mu[c], sum + c, dot + c);
                finish(c);
                for (int64_t at = c * s.inner; at < x.size; at += C * s.inner)
                    k.grad_input(g + at, px + at, out + at, s.inner, mu[c], a[c], b[c], scale[c], past);
            }
        });
        return {dx, dw, db};
    }
    channel_sums<T>(s, g, px, mu, sum, dot);
    for (int64_t c = 0; c < C; ++c) finish(c);
    if (!need_dx) return {dx, dw, db};
    if (!training) {  // x has no part in it: an infinity in x must not make NaN
        apply_affine<T>(s, g, out, scale, b, past);
    } else if (s.last) {
        parallel_for(s.batch, grain_for(C / 4 + 2), [&](int64_t begin, int64_t end) {
            k.grad_input_last(g + begin * C, px + begin * C, out + begin * C, end - begin, C, mu, a, b, scale, past);
        });
    } else {
        parallel_for(s.batch * C, grain_for(s.inner / 4 + 4), [&](int64_t begin, int64_t end) {
            for (int64_t p = begin; p < end; ++p) {
                const int64_t c = p % C, at = p * s.inner;
                k.grad_input(g + at, px + at, out + at, s.inner, mu[c], a[c], b[c], scale[c], past);
            }
        });
    }
    return {dx, dw, db};
}

}  // namespace

std::tuple<Owned, Owned, Owned> batch_norm_train(const Array& x, const MaybeArray& weight, const MaybeArray& bias,
                                                 const MaybeArray& running_mean, const MaybeArray& running_var, double momentum, double eps,
                                                 bool unbiased, bool last) {
    const Array w = or_null(weight), b = or_null(bias), rm = or_null(running_mean), rv = or_null(running_var);
    check_floating(x);
    const Layout s = layout_of(x, last);
    check_channels(w, x, s.channels, "batch norm: weight must be contiguous, of x's dtype, one per channel");
    check_channels(b, x, s.channels, "batch norm: bias must be contiguous, of x's dtype, one per channel");
    check_channels(rm, x, s.channels, "batch norm: running_mean must be contiguous, of x's dtype, one per channel");
    check_channels(rv, x, s.channels, "batch norm: running_var must be contiguous, of x's dtype, one per channel");
    return x.dtype == DType::f32 ? train<float>(x, w, b, rm, rv, momentum, eps, unbiased, s)
                                 : train<double>(x, w, b, rm, rv, momentum, eps, unbiased, s);
}

Owned batch_norm_infer(const Array& x, const MaybeArray& weight, const MaybeArray& bias, const Array& mean, const Array& var, double eps,
                       bool last) {
    const Array w = or_null(weight), b = or_null(bias);
    check_floating(x);
    const Layout s = layout_of(x, last);
    for (const Array* a : {&w, &b, &mean, &var})
        check_channels(*a, x, s.channels, "batch norm: parameters must be contiguous, of x's dtype, one per channel");
    return x.dtype == DType::f32 ? infer<float>(x, w, b, mean, var, eps, s) : infer<double>(x, w, b, mean, var, eps, s);
}

std::tuple<Owned, Owned, Owned> batch_norm_backward(const Array& dy, const Array& x, const MaybeArray& weight, const Array& mean,
                                                    const Array& rstd, bool training, bool need_dx, bool last) {
    const Array w = or_null(weight);
    check_floating(x);
    check_same(dy, x);
    const Layout s = layout_of(x, last);
    for (const Array* a : {&w, &mean, &rstd})
        check_channels(*a, x, s.channels, "batch norm: parameters must be contiguous, of x's dtype, one per channel");
    return x.dtype == DType::f32 ? backward<float>(dy, x, w, mean, rstd, training, need_dx, s)
                                 : backward<double>(dy, x, w, mean, rstd, training, need_dx, s);
}

namespace {

template <class T>
Owned windows(const Array& x, int64_t before, int64_t after, const Layout& s) {
    const auto& k = functions<T>();
    Owned out = Owned::like(x);
    const int64_t piece = 1024, pieces = (s.inner + piece - 1) / piece;
    const T* px = x.as<T>();
    T* po = out.as<T>();
    parallel_for(s.batch * pieces, grain_for(s.channels * std::min(piece, s.inner) * (before + after + 1) / 8 + 8),
                 [=, &k](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i) {
                         const int64_t at = (i / pieces) * s.channels * s.inner + (i % pieces) * piece;
                         k.window_sum(px + at, po + at, s.channels, s.inner, std::min(piece, s.inner - (i % pieces) * piece), before,
                                      after);
                     }
                 });
    return out;
}

}  // namespace

Owned channel_window_sum(const Array& x, int64_t before, int64_t after) {
    check_floating(x);
    require(before >= 0 && after >= 0, "channel_window_sum: the window must not be negative");
    require(x.contiguous && x.ndim >= 2, "channel_window_sum: x must be contiguous, of at least 2 dimensions");
    Layout s = layout_of(x, false);
    return x.dtype == DType::f32 ? windows<float>(x, before, after, s) : windows<double>(x, before, after, s);
}

}  // namespace plait
