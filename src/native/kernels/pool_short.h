// Short rows: what the pooling kernels that take several of them at a time share. Included by kernels/pool_*.cpp only.
#pragma once
#include "kernels/pool_vec.h"

namespace plait::PLAIT_NS {
namespace {

// Output rows that follow one another in a slice, alike in the number of input rows under each and in their divisor: the first one's rows,
// and the step from an output row's to the next one's. Worked out once, so that the loop over short rows is short.
template <class T>
struct Run {
    const T** rows;
    int64_t count, step, length;
};
template <class T>
inline Run<T> run_at(const T* x, const Window& w, const Place& at, int64_t most, const T** rows) {
    const int64_t *lo = w.lo[1] + at.h, *n = w.n[1] + at.h, *cnt = w.cnt[1] + at.h;
    Run<T> run{rows, rows_under(x + at.n * w.xn + at.c * w.xc, w, at.d, at.h, rows), w.s[1] * w.xh, 1};
    const int64_t left = w.out[1] - at.h < most ? w.out[1] - at.h : most;
    while (run.length < left && n[run.length] == n[0] && cnt[run.length] == cnt[0] && lo[run.length] == lo[0] + run.length * w.s[1])
        ++run.length;
    return run;
}
// Whether all output rows of all planes are one run: rows and planes follow each other at one step, and no window meets a border.
inline bool all_even(const Window& w) {
    if (w.out[0] != 1 || w.xc != w.out[1] * w.s[1] * w.xh || w.xn != w.channels * w.xc) return false;
    for (int64_t h = 1; h < w.out[1]; ++h)
        if (w.n[1][h] != w.n[1][0] || w.cnt[1][h] != w.cnt[1][0] || w.lo[1][h] != w.lo[1][0] + h * w.s[1]) return false;
    return true;
}
// The runs one after another. Planes of one run each differ in where they begin alone, so that one look at the tables does for all. With
// `across` a run may go on through the planes that follow, as far as all its rows can be read as whole vectors.
template <class T>
class Runs {
    const T* x;
    const Window& w;
    Run<T> run;
    int64_t begun = 0;
    const bool across;

  public:
    Runs(const T* x, const Window& w, const T** rows, bool across) : x(x), w(w), run{rows, 0, 0, 0}, across(across && all_even(w)) {}
    const Run<T>& at(const Place& p, int64_t most) {
        if (across) {
            run = run_at(x, w, p, 1, run.rows);
            const int64_t room = run.count > 0 ? x + w.last - run.rows[run.count - 1] + w.p[2] - kLanes<T> : -1;
            run.length = room < 0 ? 1 : room / run.step + 1 < most ? room / run.step + 1 : most;
            return run;
        }
        const int64_t begins = p.n * w.xn + p.c * w.xc;
        if (run.length == w.out[1] && w.out[0] == 1 && run.length <= most)
            for (int64_t r = 0; r < run.count; ++r) run.rows[r] += begins - begun;
        else
            run = run_at(x, w, p, most, run.rows);
        begun = begins;
        return run;
    }
};
inline void step_by(Place& p, int64_t rows, const Window& w) {
    if (rows > w.out[1] - p.h) {
        const int64_t unit = ((p.n * w.channels + p.c) * w.out[0] + p.d) * w.out[1] + p.h + rows;
        p = place_of(unit, w.channels, w.out[0], w.out[1]);
        return;
    }
    p.h += rows - 1;
    step(p, w.channels, w.out[0], w.out[1]);
}

// Rows that fit in a vector with their borders: one or two output rows of a vector of results at a time, the taps across picked out of
// the joined rows by permutations. Bound by the bytes of the input.
template <class T>
struct Short {
    static constexpr int L = kLanes<T>;
    using I = typename IntOf<T>::type;
    int64_t width, k, dil, pad, inside;
    bool two, borders;
    Mask<T> at;      // where a lane's first tap is: the second row's lanes count from L on
    Mask<T> within;  // lanes of a row that are input

    static bool fits(const Window& w) {
        return kPermutesTwo<T> && w.regular && w.out[2] > 0 && w.out[2] <= L && (w.out[2] - 1) * w.s[2] + (w.k[2] - 1) * w.dil[2] < L &&
               w.p[2] < L;
    }
    explicit Short(const Window& w) : width(w.out[2]), k(w.k[2]), dil(w.dil[2]), pad(w.p[2]), two(2 * width <= L) {
        const int64_t reach = (width - 1) * w.s[2] + (k - 1) * dil + 1;
        inside = w.in[2] < reach - pad ? w.in[2] : reach - pad;
        borders = pad > 0 || pad + inside < reach;
        for (int l = 0; l < L; ++l) {
            at[l] = static_cast<I>(two && l >= width ? L + (l - width) * w.s[2] : l * w.s[2]);
            within[l] = l >= pad && l < pad + inside ? -1 : 0;
        }
    }
    // Per lane of a vector of results, f(column, row) of its output.
    template <class F>
    Mask<T> lanes(F f) const {
        Mask<T> v{};
        for (int l = 0; l < (two ? 2 : 1) * width; ++l) v[l] = static_cast<I>(f(l % width, l / width));
        return v;
    }
    // Whether all of a run's rows can be read as whole vectors.
    bool whole(const Run<T>& run, const T* x, const T* x_end) const {
        return run.rows[0] - x >= pad && x_end - run.rows[run.count - 1] >= (run.length - 1) * run.step + L - pad;
    }
    __attribute__((always_inline)) Vec<T> row(const T* p, bool whole) const {
        return whole ? load(p - pad) : load_between(p - pad, static_cast<int>(pad), static_cast<int>(pad + inside));
    }
    // The row at p with `fill` in its borders.
    __attribute__((always_inline)) Vec<T> bordered(const T* p, bool whole, T fill) const {
        const Vec<T> v = row(p, whole);
        return borders ? blend<T>(within, v, splat<T>(fill)) : v;
    }
    // One vector of results for n rows, 1 or 2, the second after the first.
    __attribute__((always_inline)) void put(Vec<T> v, int n, T* y, const T* y_end) const {
        if (y_end - y >= L)
            store(y, v);
        else
            store_part(y, v, static_cast<int>(n * width));
    }
};

}  // namespace
}  // namespace plait::PLAIT_NS
