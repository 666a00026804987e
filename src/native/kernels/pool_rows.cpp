// Pooling, channels first, forward. A window's rows are joined into one scratch row, then that row is joined across: by shuffles for
// stride 2, by halving where windows tile the row, by doubling for wide maxima. Borders cost nothing inside: the tables name
// the rows that exist, and the scratch row is padded with what leaves every value as it is.
#include "kernels/pool_short.h"

namespace plait::PLAIT_NS {
namespace {

template <class T, class R, int N>
inline void join_fixed(const T* const* rows, int64_t count, int64_t width, T* to, bool over) {
    constexpr int L = kLanes<T>;
    auto at = [&](int64_t i) {
        Vec<T> a = R::first(load(rows[0] + i));
        const int64_t end = N ? N : count;
        for (int64_t r = 1; r < end; ++r) a = R::op(a, load(rows[r] + i));
        return a;
    };
    int64_t i = 0;
    for (; i + L <= width; i += L) store(to + i, at(i));
    if (i == width) return;
    if (width >= L) {
        store(to + width - L, at(width - L));
    } else if (over) {
        store(to, at(0));
    } else {
        for (; i < width; ++i) {
            T a = R::op(R::fill, rows[0][i]);
            for (int64_t r = 1; r < count; ++r) a = R::op(a, rows[r][i]);
            to[i] = a;
        }
    }
}
// Rows to one row. With `over`, a row shorter than a vector is read (and written) to the vector's end.
template <class T, class R>
inline void join_rows(const T* const* rows, int64_t count, int64_t width, T* to, bool over) {
    if (count == 2)
        join_fixed<T, R, 2>(rows, count, width, to, over);
    else if (count == 3)
        join_fixed<T, R, 3>(rows, count, width, to, over);
    else if (count > 0)
        join_fixed<T, R, 0>(rows, count, width, to, over);
    else
        fill_row(to, R::fill, width);
}

// Writes one output row, vector by vector; what it writes past the row's end is overwritten by the next row, or not written at all.
template <class T, class R>
struct Out {
    T* row;
    const T* end;  // of all that this unit of work writes
    int64_t width;
    T divisor;         // of depth and height
    const T* columns;  // divisors along the row

    Vec<T> finish(Vec<T> v, int64_t j) const {
        if constexpr (R::average) return divided<T>(v, splat<T>(divisor) * load(columns + j));
        return v;
    }
    template <class Tap>
    inline void each(Tap tap) const {
        constexpr int L = kLanes<T>;
        int64_t j = 0;
        for (; j + L <= width; j += L) store(row + j, finish(tap(j), j));
        if (j == width) return;
        if (width >= L)
            store(row + width - L, finish(tap(width - L), width - L));
        else if (row + L <= end)
            store(row, finish(tap(0), 0));
        else
            store_part(row, finish(tap(0), 0), static_cast<int>(width));
    }
    template <class One>
    inline void each_scalar(One one) const {
        for (int64_t j = 0; j < width; ++j) {
            const T v = one(j);
            if constexpr (R::average)
                row[j] = v / (divisor * columns[j]);
            else
                row[j] = v;
        }
    }
};

// The scratch row `b`, in padded coordinates, to one output row. It may be overwritten.
template <class T, class R>
inline void join_across(T* b, const Out<T, R>& out, const Window& w) {
    constexpr int L = kLanes<T>;
    if (!w.regular) {
        const int64_t *lo = w.lo[2], *n = w.n[2];
        int64_t least = out.width > 0 ? n[0] : 0, most = 0;
        for (int64_t j = 0; j < out.width; ++j) {
            least = n[j] < least ? n[j] : least;
            most = n[j] > most ? n[j] : most;
        }
        if (R::idempotent && least >= 4 && most < 4 * L && w.in[2] < kPoolWideRow) {
            // bins of about one length: doubled maxima, then two that overlap for each bin
            int64_t reach = 1;
            for (; 2 * reach <= least; reach *= 2)
                for (int64_t i = 0; i < w.in[2]; i += L) store(b + i, R::op(load(b + i), load(b + i + reach)));
            if (most <= 2 * reach) {
                out.each_scalar([&](int64_t j) { return R::op(b[lo[j]], b[lo[j] + n[j] - reach]); });
            } else {
                out.each_scalar([&](int64_t j) {
                    T a = b[lo[j] + n[j] - reach];
                    for (int64_t i = 0; i + reach < n[j]; i += reach) a = R::op(a, b[lo[j] + i]);
                    return a;
                });
            }
            return;
        }
        out.each_scalar([&](int64_t j) { return reduce_run<T, R>(b + lo[j], n[j]); });
        return;
    }
    int64_t k = w.k[2], s = w.s[2];
    const int64_t dil = w.dil[2];
    if (k == s && dil == 1) {  // tiles: halve while that is possible
        while (k % 2 == 0) {
            k = s = k / 2;
            const int64_t n = out.width * k;
            if (k == 1) break;
            for (int64_t i = 0; i < n; i += L) {
                const Vec<T> p = load(b + 2 * i), q = load(b + 2 * i + L);
                store(b + i, R::op(even<T>(p, q), odd<T>(p, q)));
            }
        }
        if (k == 1) {
            if (w.k[2] == 1) {
                out.each([&](int64_t j) { return load(b + j); });
            } else {
                out.each([&](int64_t j) {
                    const Vec<T> p = load(b + 2 * j), q = load(b + 2 * j + L);
                    return R::op(even<T>(p, q), odd<T>(p, q));
                });
            }
            return;
        }
    }
    if (s == 1) {
        int64_t reach = 1;  // b[i] stands for `reach` taps
        if (R::idempotent && k > 8) {
            const int64_t n = out.width + (k - 1) * dil;
            for (; 2 * reach <= k; reach *= 2)
                for (int64_t i = 0; i < n; i += L) store(b + i, R::op(load(b + i), load(b + i + reach * dil)));
            const int64_t rest = (k - reach) * dil;
            out.each([&](int64_t j) { return R::op(load(b + j), load(b + j + rest)); });
        } else if (k == 3) {
            out.each([&](int64_t j) { return R::op(R::op(load(b + j), load(b + j + dil)), load(b + j + 2 * dil)); });
        } else {
            out.each([&](int64_t j) {
                Vec<T> a = load(b + j);
                for (int64_t t = 1; t < k; ++t) a = R::op(a, load(b + j + t * dil));
                return a;
            });
        }
    } else if (s == 2) {
        if (k == 3 && dil == 1) {
            out.each([&](int64_t j) {
                const T* p = b + 2 * j;
                const Vec<T> u = load(p), v = load(p + L);
                return R::op(R::op(even<T>(u, v), odd<T>(u, v)), even<T>(load(p + 2), load(p + 2 + L)));
            });
        } else {
            out.each([&](int64_t j) {
                const T* p = b + 2 * j;
                Vec<T> a = even<T>(load(p), load(p + L));
                for (int64_t t = 1; t < k; ++t) a = R::op(a, even<T>(load(p + t * dil), load(p + t * dil + L)));
                return a;
            });
        }
    } else if (s == 3 && k == 3 && dil == 1) {
        out.each([&](int64_t j) {
            const Vec<T> u = load(b + 3 * j), v = load(b + 3 * j + L), t = load(b + 3 * j + 2 * L);
            return R::op(R::op(thirds<T, 0>(u, v, t), thirds<T, 1>(u, v, t)), thirds<T, 2>(u, v, t));
        });
    } else if (s == 3 && k <= 4) {
        out.each([&](int64_t j) {
            Vec<T> a = every<T, 3>(b + 3 * j);
            for (int64_t t = 1; t < k; ++t) a = R::op(a, every<T, 3>(b + 3 * j + t * dil));
            return a;
        });
    } else {
        // every position first, as for stride 1, then each s-th
        const int64_t n = (out.width - 1) * s + 1;
        int64_t reach = 1;
        if (R::idempotent && k > 4) {
            const int64_t all = n + (k - 1) * dil;
            for (; 2 * reach <= k; reach *= 2)
                for (int64_t i = 0; i < all; i += L) store(b + i, R::op(load(b + i), load(b + i + reach * dil)));
        }
        for (int64_t i = 0; i < n; i += L) {
            Vec<T> a = load(b + i);
            if (R::idempotent && k > 4) {
                a = R::op(a, load(b + i + (k - reach) * dil));
            } else {
                for (int64_t t = 1; t < k; ++t) a = R::op(a, load(b + i + t * dil));
            }
            store(b + i, a);
        }
        for (int64_t j = 1; j < out.width; ++j) b[j] = b[j * s];
        out.each([&](int64_t j) { return load(b + j); });
    }
}

// What an average divides by along depth and height.
template <class T, class R>
inline T divisor_of(const Window& w, const Place& p) {
    return R::average ? static_cast<T>(w.cnt[0][p.d] * w.cnt[1][p.h]) : T(1);
}

// Windows of S columns side by side, all inside: straight from the input's rows, no scratch row. Bound by the bytes of the input.
template <class T, class R, int S, int N>
__attribute__((noinline)) void tiles(const Run<T>& run, const T* x_end, Out<T, R> out) {
    constexpr int L = kLanes<T>;
    const int64_t n = N ? N : run.count, width = out.width;
    auto joined = [&](int64_t at) __attribute__((always_inline)) {
        Vec<T> v = R::first(load(run.rows[0] + at));
        for (int64_t r = 1; r < n; ++r) v = R::op(v, load(run.rows[r] + at));
        return v;
    };
    for (int64_t i = 0; i < run.length; ++i, out.row += width) {
        const int64_t at = i * run.step;
        if (width < L && run.rows[n - 1] + at + S * L > x_end) {
            out.each_scalar([&](int64_t j) {
                T a = R::fill;
                for (int64_t r = 0; r < n; ++r)
                    for (int64_t t = 0; t < S; ++t) a = R::op(a, run.rows[r][at + S * j + t]);
                return a;
            });
            continue;
        }
        out.each([&](int64_t j) {
            const Vec<T> u = joined(at + S * j), v = joined(at + S * j + L);
            if constexpr (S == 2) return R::op(even<T>(u, v), odd<T>(u, v));
            const Vec<T> t = joined(at + S * j + (S - 1) * L);
            return R::op(R::op(thirds<T, 0>(u, v, t), thirds<T, 1>(u, v, t)), thirds<T, 2>(u, v, t));
        });
    }
}
template <class T, class R, int S>
void tile_rows(const T* x, T* y, const Window& w, int64_t begin, int64_t end, const T** rows, const T* columns) {
    const T *x_end = x + w.last, *y_end = y + end * w.out[2];
    Runs<T> runs(x, w, rows, false);
    Place at = place_of(begin, w.channels, w.out[0], w.out[1]);
    for (int64_t r = begin; r < end;) {
        const Run<T>& run = runs.at(at, end - r);
        const Out<T, R> out{y + r * w.out[2], y_end, w.out[2], divisor_of<T, R>(w, at), columns};
        if (run.count == S)
            tiles<T, R, S, S>(run, x_end, out);
        else if (run.count > 0)
            tiles<T, R, S, 0>(run, x_end, out);
        else
            fill_row(out.row, R::fill, run.length * w.out[2]);
        step_by(at, run.length, w);
        r += run.length;
    }
}

// A run's rows joined, one after the other, each with its borders, `pitch` apart. Up to a vector more is written.
template <class T, class R, int N>
inline void join_run(Run<T> run, int64_t pad, int64_t inside, int64_t right, int64_t pitch, const T* x_end, T* to) {
    constexpr int L = kLanes<T>;
    for (int64_t i = 0; i < run.length; ++i, to += pitch) {
        const bool over = run.count > 0 && run.rows[run.count - 1] + L <= x_end;
        fill_over(to, R::fill, pad);
        if (N && (inside >= L || over))
            join_fixed<T, R, N>(run.rows, N, inside, to + pad, over);
        else
            join_rows<T, R>(run.rows, run.count, inside, to + pad, over);
        fill_over(to + pad + inside, R::fill, right);
        for (int64_t r = 0; r < run.count; ++r) run.rows[r] += run.step;
    }
}

// Short rows: one or two output rows to a vector of results. Bound by the bytes of the input.
template <class T, class R, int N>
__attribute__((noinline)) void short_run(const Run<T>& run, const Short<T>& g, const T* x, T* y, const T* x_end, const T* y_end,
                                         Vec<T> divisor) {
    using I = typename IntOf<T>::type;
    const int64_t n = N ? N : run.count, step = run.step, length = run.length;
    const bool whole = g.whole(run, x, x_end), borders = g.borders, two = g.two;
    const T* rows_of[N ? N : 1];
    for (int r = 0; r < N; ++r) rows_of[r] = run.rows[r];
    const T* const* rows = N ? rows_of : run.rows;
    const Mask<T> within = g.within;
    auto joined = [&](int64_t i) __attribute__((always_inline)) {
        Vec<T> v = R::first(g.row(rows[0] + i * step, whole));
        for (int64_t r = 1; r < n; ++r) v = R::op(v, g.row(rows[r] + i * step, whole));
        return borders ? blend<T>(within, v, splat<T>(R::fill)) : v;
    };
    for (int64_t i = 0; i < length;) {
        const int taken = two && i + 1 < length ? 2 : 1;
        const Vec<T> u = joined(i), v = taken == 2 ? joined(i + 1) : u;
        Vec<T> a = permute<T>(u, v, g.at);
        for (int64_t t = 1; t < g.k; ++t) a = R::op(a, permute<T>(u, v, g.at + splat<I>(static_cast<I>(t * g.dil))));
        if constexpr (R::average) a = divided<T>(a, divisor);
        g.put(a, taken, y, y_end);
        i += taken;
        y += taken * g.width;
    }
}

template <class T, class R>
__attribute__((noinline)) void short_rows(const T* x, T* y, const Window& w, int64_t begin, int64_t end, const T** rows, const T* columns) {
    constexpr int L = kLanes<T>;
    const Short<T> g(w);
    const T *x_end = x + w.last, *y_end = y + end * w.out[2];
    Vec<T> along = load(columns);
    if (R::average && g.two)
        for (int64_t l = w.out[2]; l < 2 * w.out[2]; ++l) along[l] = along[l - w.out[2]];
    Place at = place_of(begin, w.channels, w.out[0], w.out[1]);
    T* to = y + begin * w.out[2];
    Runs<T> runs(x, w, rows, true);
    for (int64_t r = begin; r < end;) {
        const Run<T>& run = runs.at(at, end - r);
        const Vec<T> by = R::average ? splat<T>(divisor_of<T, R>(w, at)) * along : along;
        if (run.count == 2)
            short_run<T, R, 2>(run, g, x, to, x_end, y_end, by);
        else if (run.count == 3)
            short_run<T, R, 3>(run, g, x, to, x_end, y_end, by);
        else if (run.count > 0)
            short_run<T, R, 0>(run, g, x, to, x_end, y_end, by);
        else
            for (int64_t i = 0; i < run.length; ++i)
                g.put(R::average ? splat<T>(R::fill) / by : splat<T>(R::fill), 1, to + i * g.width, y_end);
        step_by(at, run.length, w);
        r += run.length;
        to += run.length * w.out[2];
    }
}

// The reducer without an average's division.
template <class R>
struct Joined : R {
    static constexpr bool average = false;
};

// Outputs from one row to the next where short rows go side by side; 0 where they do not: rows long enough, or too much between them.
template <class T>
inline int64_t narrow_pitch(const Window& w) {
    const int64_t reach = (w.out[2] - 1) * w.s[2] + (w.k[2] - 1) * w.dil[2] + 1, pitch = (reach + w.s[2] - 1) / w.s[2];
    return w.regular && w.out[2] < 2 * kLanes<T> && w.s[2] <= 3 && pitch <= 2 * w.out[2] + 2 && reach >= w.p[2] ? pitch : 0;
}

template <class T, class R>
void forward(const T* x, T* y, const Window& w, int64_t begin, int64_t end, void* scratch) {
    constexpr int L = kLanes<T>;
    const int64_t width = w.in[2], out_width = w.out[2], depth = w.out[0], height = w.out[1];
    const int64_t pad = w.regular ? w.p[2] : 0;
    T* buffer = static_cast<T*>(scratch);
    T* columns = buffer + kPoolRows * w.tile_row;
    const T** rows = reinterpret_cast<const T**>(columns + (out_width + 2 * L) / L * L);
    if constexpr (R::average)
        for (int64_t j = 0; j < out_width + L; ++j) columns[j] = static_cast<T>(w.cnt[2][j < out_width ? j : out_width - 1]);
    const T *x_end = x + w.last, *y_end = y + end * out_width;
    Place at = place_of(begin, w.channels, depth, height);
    auto divisor = [&](const Place& p) { return divisor_of<T, R>(w, p); };

    if (Short<T>::fits(w)) {
        short_rows<T, R>(x, y, w, begin, end, rows, columns);
        return;
    }
    if (w.regular && w.k[2] == w.s[2] && (w.k[2] == 2 || w.k[2] == 3) && w.dil[2] == 1 && pad == 0 && w.s[2] * out_width <= width) {
        (w.k[2] == 2 ? tile_rows<T, R, 2> : tile_rows<T, R, 3>)(x, y, w, begin, end, rows, columns);
        return;
    }
    if (!w.regular && w.k[0] == 1 && w.k[1] == 1 && w.out[2] == 1) {  // one run each
        const int64_t length = w.n[2][0], from = w.lo[2][0];
        const auto row_at = [&](const Place& p) { return x + p.n * w.xn + p.c * w.xc + w.lo[0][p.d] * w.xd + w.lo[1][p.h] * w.xh + from; };
        int64_t r = begin;
        if (kPermutesTwo<T> && length >= L && depth == 1 && height == 1) {  // a vector of planes at a time: one fold for all
            const T by = R::average ? divisor(at) * columns[0] : T(1);
            const bool even = w.xn == w.channels * w.xc;
            const T* p = row_at(at);
            for (; r + L <= end; r += L) {
                Vec<T> v[L];
                for (int l = 0; l < L; ++l) {
                    int64_t i;
                    v[l] = reduce_lanes<T, R>(p, length, i);
                    if (even) {
                        p += w.xc;
                    } else {
                        step(at, w.channels, 1, 1);
                        p = row_at(at);
                    }
                }
                const Vec<T> all = fold_all<T, R>(v);
                store(y + r, R::average ? divided<T>(all, splat<T>(by)) : all);
            }
            at = place_of(r, w.channels, 1, 1);
        }
        for (; r < end; ++r, step(at, w.channels, depth, height)) {
            const T v = reduce_run<T, R>(row_at(at), length);
            y[r] = R::average ? v / (divisor(at) * columns[0]) : v;
        }
        return;
    }
    fill_row(buffer, R::fill, kPoolRows * w.tile_row);  // what lies behind a row is read and not used
    if (const int64_t pitch = narrow_pitch<T>(w)) {
        // several output rows side by side in the scratch row, so that vectors across are full
        const int64_t reach = (out_width - 1) * w.s[2] + (w.k[2] - 1) * w.dil[2] + 1;
        const int64_t inside = width < reach - pad ? width : reach - pad, right = reach - pad - inside;
        const bool tiles = pitch == out_width && !R::average;
        for (int64_t first = begin; first < end; first += kPoolRows) {
            const int64_t n = end - first < kPoolRows ? end - first : kPoolRows;
            const Place start = at;
            T* b = buffer;
            for (int64_t i = 0; i < n;) {
                const Run<T> run = run_at(x, w, at, n - i, rows);
                if (run.count == 2)
                    join_run<T, R, 2>(run, pad, inside, right, pitch * w.s[2], x_end, b);
                else if (run.count == 3)
                    join_run<T, R, 3>(run, pad, inside, right, pitch * w.s[2], x_end, b);
                else
                    join_run<T, R, 0>(run, pad, inside, right, pitch * w.s[2], x_end, b);
                b += run.length * pitch * w.s[2];
                i += run.length;
                step_by(at, run.length, w);
            }
            T* row = y + first * out_width;
            if (tiles) {
                join_across<T, R>(buffer, {row, y_end, n * pitch, T(1), columns}, w);
                continue;
            }
            join_across<T, Joined<R>>(buffer, {buffer, nullptr, (n * pitch + L - 1) / L * L, T(1), columns}, w);
            Place p = start;
            for (int64_t i = 0; i < n; ++i, step(p, w.channels, depth, height))
                Out<T, R>{row + i * out_width, y_end, out_width, divisor(p), columns}.each(
                    [&](int64_t j) { return load(buffer + i * pitch + j); });
        }
        return;
    }
    // one row under each, and a way across that does not use it as a scratch row
    const bool as_it_is = w.regular && !w.drop && w.s[2] <= 3 && w.k[2] != w.s[2] && w.k[2] <= (w.s[2] == 3 ? 4 : 8);
    T* sources[kPoolRows];
    Window part = w;
    const int64_t together = w.tile < out_width ? 1 : kPoolRows;  // long rows one by one, as they lie in memory
    for (int64_t first = begin; first < end; first += together) {
        const int64_t n = end - first < together ? end - first : together;
        const Place start = at;
        for (int64_t j0 = 0; j0 < out_width; j0 += w.tile) {
            // the outputs [j0, j0 + part.out) and the columns [i0, i0 + part.in) under them
            int64_t i0 = 0, right = 0;
            if (w.regular) {
                const int64_t from = j0 * w.s[2] - pad;
                part.out[2] = out_width - j0 < w.tile ? out_width - j0 : w.tile;
                const int64_t reach = (part.out[2] - 1) * w.s[2] + (w.k[2] - 1) * w.dil[2] + 1;
                i0 = from > 0 ? from : 0;
                part.p[2] = i0 - from;
                part.in[2] = width < from + reach ? width - i0 : from + reach - i0;
                if (j0 == 0 && part.out[2] == out_width) part.in[2] = width;
                right = reach > part.p[2] + part.in[2] ? reach - part.p[2] - part.in[2] : 0;
            }
            at = start;
            for (int64_t i = 0; i < n; ++i, step(at, w.channels, depth, height)) {
                const int64_t count = rows_under(x + at.n * w.xn + at.c * w.xc + i0, w, at.d, at.h, rows);
                T* b = buffer + i * w.tile_row;
                sources[i] = b;
                if (as_it_is && count == 1 && part.p[2] == 0 && right == 0 && rows[0] + w.tile_row <= x_end) {
                    sources[i] = const_cast<T*>(rows[0]);  // joined across where it lies, and not written
                    continue;
                }
                const bool over = count > 0 && part.in[2] < L && rows[count - 1] + L <= x_end;
                if (w.regular) fill_over(b, R::fill, part.p[2]);
                T* to = b + (w.regular ? part.p[2] : 0);
                join_rows<T, R>(rows, count, part.in[2], to, over);
                fill_over(to + part.in[2], R::fill, right);
            }
            Place p = start;
            for (int64_t i = 0; i < n; ++i, step(p, w.channels, depth, height)) {
                T* row = y + (first + i) * out_width;
                const T* last = w.tile < out_width ? row + out_width : y_end;  // the next row's first tile is done already
                const Out<T, R> out{row + j0, last, part.out[2], divisor(p), columns + j0};
                join_across<T, R>(sources[i], out, part);
            }
        }
    }
}

template <class T>
void max_rows(const void* x, void* y, const Window& w, int64_t begin, int64_t end, void* scratch) {
    if (w.drop)
        forward<T, MaxDrop<T>>(static_cast<const T*>(x), static_cast<T*>(y), w, begin, end, scratch);
    else
        forward<T, MaxNan<T>>(static_cast<const T*>(x), static_cast<T*>(y), w, begin, end, scratch);
}
template <class T>
void avg_rows(const void* x, void* y, const Window& w, int64_t begin, int64_t end, void* scratch) {
    forward<T, Sum<T>>(static_cast<const T*>(x), static_cast<T*>(y), w, begin, end, scratch);
}
}  // namespace

extern const PoolRowsTable pool_rows_table;
const PoolRowsTable pool_rows_table = {max_rows<float>, max_rows<double>, avg_rows<float>, avg_rows<double>};

}  // namespace plait::PLAIT_NS
