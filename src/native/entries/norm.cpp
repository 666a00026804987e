// Norms: checks, memory, and how the work is cut. Every cut depends on shape alone, so results do not depend on the number of threads.
#include "kernels/norm.h"

#include <cmath>

#include <algorithm>
#include <tuple>

#include "core/array.h"
#include "core/isa.h"
#include "core/threads.h"
#include "entries/norm.h"

namespace plait {

using std::fma;
using std::sqrt;

PLAIT_TABLE(NormTable, norm_table)

namespace {

template <class T>
const NormFns<T>& functions();
template <>
const NormFns<float>& functions<float>() {
    return active_norm_table().f32;
}
template <>
const NormFns<double>& functions<double>() {
    return active_norm_table().f64;
}

// Scratch memory: small on the stack, else from the allocator.
template <class T>
class Scratch {
  public:
    explicit Scratch(int64_t n) : data_(n <= kSmall ? small_ : static_cast<T*>(acquire_block(n * static_cast<int64_t>(sizeof(T))))) {}
    ~Scratch() {
        if (data_ != small_) release_block(data_);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    T* get() { return data_; }
    T& operator[](int64_t i) { return data_[i]; }

  private:
    static constexpr int64_t kSmall = 256;
    T small_[kSmall];
    T* data_;
};

// Outputs above this would push each other out of the last cache before anyone reads them.
constexpr int64_t kPastCaches = int64_t{16} << 20;
template <class T>
bool past_caches(int64_t count) {
    return count * static_cast<int64_t>(sizeof(T)) >= kPastCaches;
}

// Merges moments of disjoint sets of values (Chan, Golub, LeVeque 1979).
struct Merge {
    double n = 0, mean = 0, m2 = 0;
    void add(double count, double m, double q) {
        const double total = n + count, delta = m - mean;
        mean = n == 0 ? m : mean + delta * (count / total);
        m2 += q + (n == 0 ? 0 : delta * delta * (n * count / total));
        n = total;
    }
};

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
        fold_blocks(C, blocks, [&](int64_t c) {
            Merge m;
            for (int64_t b = 0; b < blocks; ++b)
                m.add(static_cast<double>(std::min(rows, s.batch - b * rows)), part[2 * b * C + c], part[(2 * b + 1) * C + c]);
            mean[c] = m.mean;
            m2[c] = m.m2;
        });
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
        for (int64_t g = 0; g < b.groups; ++g)
            for (int64_t p = 0; p < b.parts; ++p) {
                const int64_t runs = std::min(b.runs, s.batch - g * b.runs), len = std::min(b.len, s.inner - p * b.len);
                const double* at = part.get() + 2 * (c * blocks + g * b.parts + p);
                m.add(static_cast<double>(runs * len), at[0], at[1]);
            }
        mean[c] = m.mean;
        m2[c] = m.m2;
    });
}

template <class T>
void apply_affine(const Layout& s, const T* x, T* y, const T* scale, const T* shift) {
    const auto& k = functions<T>();
    const int64_t C = s.channels;
    const bool past = past_caches<T>(s.count() * C);
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

// Inside, an optional array is one with null data.
bool given(const Array& a) { return a.data != nullptr; }
Array or_null(const MaybeArray& a) { return a ? *a : Array{}; }

void check_channels(const Array& a, const Array& x, int64_t channels, const char* message) {
    require(!given(a) || (a.dtype == x.dtype && a.contiguous && a.size == channels), message);
}

// y = x * scale + shift, in the order of roundings that gives the digits of other libraries.
template <class T>
void line_of(int64_t channels, const T* mean, const T* rstd, const Array& w, const Array& b, T* scale, T* shift) {
    for (int64_t c = 0; c < channels; ++c) {
        scale[c] = given(w) ? rstd[c] * w.as<T>()[c] : rstd[c];
        shift[c] = fma(-mean[c], scale[c], given(b) ? b.as<T>()[c] : T(0));
    }
}

template <class T>
std::tuple<Owned, Owned, Owned> train(const Array& x, const Array& w, const Array& b, const Array& running_mean, const Array& running_var,
                                      double momentum, double eps, bool unbiased, const Layout& s) {
    const int64_t C = s.channels;
    Owned y = Owned::like(x), mean = Owned::make(x.dtype, {C}), rstd = Owned::make(x.dtype, {C});
    Scratch<double> stats(2 * C);
    Scratch<T> affine(2 * C);
    double *mu = stats.get(), *m2 = mu + C;
    channel_moments<T>(s, x.as<T>(), mu, m2);
    const double n = static_cast<double>(s.count());
    T *scale = affine.get(), *shift = scale + C;
    for (int64_t c = 0; c < C; ++c) {
        mean.as<T>()[c] = static_cast<T>(mu[c]);
        const T variance = static_cast<T>(m2[c]) / static_cast<T>(n);  // rounded where other libraries round
        rstd.as<T>()[c] = static_cast<T>(1.0 / sqrt(static_cast<double>(variance) + eps));
    }
    line_of(C, mean.as<T>(), rstd.as<T>(), w, b, scale, shift);
    const T fresh = static_cast<T>(momentum), kept = static_cast<T>(1 - momentum);
    if (given(running_mean))
        for (int64_t c = 0; c < C; ++c) {
            T& r = running_mean.as<T>()[c];
            r = fresh * static_cast<T>(mu[c]) + kept * r;
        }
    if (given(running_var))
        for (int64_t c = 0; c < C; ++c) {
            T& r = running_var.as<T>()[c];
            const T biased = static_cast<T>(m2[c] / n);
            r = fma(fresh, unbiased ? biased * static_cast<T>(n) / static_cast<T>(n - 1) : biased, kept * r);
        }
    apply_affine<T>(s, x.as<T>(), y.as<T>(), scale, shift);
    return {y, mean, rstd};
}

template <class T>
Owned infer(const Array& x, const Array& w, const Array& b, const Array& mean, const Array& var, double eps, const Layout& s) {
    const int64_t C = s.channels;
    Owned y = Owned::like(x);
    Scratch<T> affine(3 * C);
    T *scale = affine.get(), *shift = scale + C, *rstd = shift + C;
    for (int64_t c = 0; c < C; ++c) rstd[c] = T(1) / sqrt(var.as<T>()[c] + static_cast<T>(eps));
    line_of(C, mean.as<T>(), rstd, w, b, scale, shift);
    apply_affine<T>(s, x.as<T>(), y.as<T>(), scale, shift);
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
    channel_sums<T>(s, g, px, mu, sum, dot);
    T *a = line.get(), *b = a + C, *scale = b + C;
    const double n = static_cast<double>(s.count());
    for (int64_t c = 0; c < C; ++c) {
        const double r = static_cast<double>(rs[c]);
        db.as<T>()[c] = static_cast<T>(sum[c]);
        dw.as<T>()[c] = n > 0 ? static_cast<T>(dot[c] * r) : T(0);
        a[c] = training ? static_cast<T>(sum[c] / n) : T(0);
        b[c] = training ? static_cast<T>(dot[c] / n * r * r) : T(0);
        scale[c] = static_cast<T>(r * (given(w) ? static_cast<double>(w.as<T>()[c]) : 1.0));
    }
    if (!need_dx) return {dx, dw, db};
    T* out = dx.as<T>();
    if (!training) {  // x has no part in it: an infinity in x must not make NaN
        apply_affine<T>(s, g, out, scale, b);
    } else if (s.last) {
        parallel_for(s.batch, grain_for(C / 4 + 2), [&](int64_t begin, int64_t end) {
            k.grad_input_last(g + begin * C, px + begin * C, out + begin * C, end - begin, C, mu, a, b, scale,
                              past_caches<T>(s.count() * C));
        });
    } else {
        parallel_for(s.batch * C, grain_for(s.inner / 4 + 4), [&](int64_t begin, int64_t end) {
            for (int64_t p = begin; p < end; ++p) {
                const int64_t c = p % C, at = p * s.inner;
                k.grad_input(g + at, px + at, out + at, s.inner, mu[c], a[c], b[c], scale[c], past_caches<T>(s.count() * C));
            }
        });
    }
    return {dx, dw, db};
}

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
    const bool past = past_caches<T>(x.size);
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
void rows_backward_elements(const T* g, const T* x, const T* w, const T* mean, const T* rstd, T* dx, T* dw, T* db, bool rms,
                            const Rows& s) {
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
            for (int64_t r = b * block; r < std::min(s.rows, (b + 1) * block); ++r) {
                const int64_t first = (r % s.groups) * D;
                const T* wr = w ? w + first : nullptr;
                double sum, dot;
                k.row_sums(g + r * D, x + r * D, wr, D, mean[r], rstd[r], parts ? pw + first : nullptr, parts ? pb + first : nullptr, &sum,
                           &dot);
                if (!dx) continue;
                const double n = static_cast<double>(D), rs = static_cast<double>(rstd[r]);
                k.row_input(g + r * D, x + r * D, wr, dx + r * D, D, mean[r], rms ? T(0) : static_cast<T>(sum / n),
                            static_cast<T>(dot / n * rs * rs), rstd[r], past_caches<T>(s.rows * D));
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
void rows_backward_channels(const T* g, const T* x, const T* w, const T* mean, const T* rstd, T* dx, T* dw, T* db, const Rows& s) {
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
                k.grad_scaled(g + p, x + p, dx + p, s.inner, mean[r], static_cast<T>(a), static_cast<T>(b), wc, rstd[r],
                              past_caches<T>(s.rows * D));
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
        rows_backward_elements<T>(dy.as<T>(), x.as<T>(), w.as<T>(), mean.as<T>(), rstd.as<T>(), pdx, pdw, pdb, rms, s);
    else
        rows_backward_channels<T>(dy.as<T>(), x.as<T>(), w.as<T>(), mean.as<T>(), rstd.as<T>(), pdx, pdw, pdb, s);
    return {dx, dw, db};
}

void check_floating(const Array& x) { require(x.dtype == DType::f32 || x.dtype == DType::f64, "norm: x must be float32 or float64"); }

void check_rows_params(const Array& x, const Array& w, const Rows& s) {
    require(!given(w) || (w.dtype == x.dtype && w.contiguous && w.size == s.groups * s.channels),
            "norm: weight and bias must be contiguous, of x's dtype, one per channel");
}

void check_same(const Array& a, const Array& x) {
    require(a.dtype == x.dtype && a.contiguous && a.size == x.size, "norm: gradient must be as x, contiguous");
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
