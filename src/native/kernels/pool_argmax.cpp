// Max pooling with the places of the maxima, channels first.
#include "kernels/pool_short.h"

namespace plait::PLAIT_NS {
namespace {

// Half a vector of places from p on, as int64; where `end` allows no more, the first n.
template <class T>
struct Places {
    typedef typename IntOf<T>::type Half __attribute__((vector_size(PLAIT_VECTOR_BYTES / 2)));
    typedef int64_t Wide __attribute__((vector_size(kLanes<T> * 4)));
    static Wide widened(Half v) {
#if defined(__AVX512F__)
        if constexpr (sizeof(T) == 4) return (Wide)_mm512_cvtepi32_epi64((__m256i)v);
#endif
        return __builtin_convertvector(v, Wide);
    }
    static void put(Half v, int64_t n, int64_t* p, const int64_t* end) {
        const Wide wide = widened(v);
        if (end - p >= kLanes<T> / 2)
            __builtin_memcpy(p, &wide, sizeof(Wide));
        else
            __builtin_memcpy(p, &wide, static_cast<size_t>(n) * 8);
    }
};

// One row of outputs with the places of their maxima, in registers from the first tap to the last: bound by the compares.
template <class T, int S, bool Drop>
void argmax_row(const Under<T>& under, const Window& w, int64_t base, T* y, int64_t* index, const int64_t* end) {
    using I = typename IntOf<T>::type;
    constexpr int L = kLanes<T>;
    const int64_t n = w.out[2], k = w.k[2], dil = w.dil[2], width = w.in[2], pad = w.p[2];
    const Vec<I> steps = lane_numbers<I>(S);
    for (int64_t j = 0; j < n; j += L) {
        const int lanes = n - j < L ? static_cast<int>(n - j) : L;
        const int64_t left = j * S - pad;
        const bool edge = left < 0 || left + (lanes - 1) * S + (k - 1) * dil >= width;
        const Vec<I> columns = steps + splat<I>(static_cast<I>(left));
        Vec<T> best = splat<T>(Drop ? Lowest<T>::finite : Lowest<T>::infinite);
        Vec<I> at = splat<I>(static_cast<I>(base));  // counted from the column of tap 0; where nothing is larger, the first inside
        if (edge)
            for (int l = 0; l < lanes; ++l) at[l] += static_cast<I>(w.lo[2][j + l] - (left + l * S));
        for (int64_t r = 0; r < under.count; ++r) {
            const T* p = under.rows[r] + left;
            for (int64_t t = 0; t < k; ++t) {
                const Vec<T> v = every<T, S>(p + t * dil);
                Mask<T> better = Drop ? (Mask<T>)(v > best) : (Mask<T>)((v > best) | (v != v));
                if (edge) better &= within<I>(columns + splat<I>(static_cast<I>(t * dil)), width);
                best = blend<T>(better, v, best);
                at = better ? splat<I>(static_cast<I>(under.places[r] + t * dil)) : at;
            }
        }
        typename Places<T>::Half low, high;
        halves(at + columns, low, high);
        if (lanes == L)
            store(y + j, best);
        else
            store_part(y + j, best, lanes);
        Places<T>::put(low, lanes < L / 2 ? lanes : L / 2, index + j, end);
        if (lanes > L / 2) Places<T>::put(high, lanes - L / 2, index + j + L / 2, end);
    }
}

// What the lanes of a vector of short rows know of their places.
template <class T>
struct Lanes {
    using I = typename IntOf<T>::type;
    const Short<T> g;
    const int64_t down;    // places from an output row to the next
    const Vec<I> columns;  // of each lane's tap 0, counted from the first row's
    const Vec<I> crossed;  // the same where the second row is the next plane's first
    const Vec<I> inside;   // the first tap in the input

    explicit Lanes(const Window& w)
        : g(w),
          down(w.s[1] * w.in[2]),
          columns(g.lanes([&](int64_t j, int64_t row) { return j * w.s[2] - g.pad + row * down; })),
          crossed(g.lanes([&](int64_t j, int64_t row) { return j * w.s[2] - g.pad - row * (w.out[1] - 1) * down; })),
          inside(g.lanes([&](int64_t j, int64_t) { return w.lo[2][j] - (j * w.s[2] - g.pad); })) {}
};

// The same of a run of rows that fit in a vector: one or two output rows at a time, the taps picked out of the input rows by permutations.
// N rows and K taps, or as many as there are where those are 0; `offsets` holds each row's place in its window. Bound by the compares.
template <class T, bool Drop, int N, int K>
__attribute__((noinline)) void argmax_run(const Run<T>& run, const Lanes<T>& lanes, const Window& w, const int64_t* offsets, int64_t base,
                                          int64_t h, const T* x, T* y, int64_t* index, const T* y_end, const int64_t* index_end) {
    using I = typename IntOf<T>::type;
    constexpr int L = kLanes<T>;
    const T fill = Drop ? Lowest<T>::finite : Lowest<T>::infinite;
    const Short<T>& g = lanes.g;
    const int64_t half = L / 2, count = N ? N : run.count, k = K ? K : g.k;
    const bool whole = count == 0 || g.whole(run, x, x + w.last);
    const Vec<I> next = splat<I>(static_cast<I>(g.dil));
    for (int64_t i = 0; i < run.length;) {
        const int n = g.two && i + 1 < run.length ? 2 : 1;
        Vec<T> best = splat<T>(fill);
        Vec<I> place = lanes.inside;
        for (int64_t r = 0; r < count; ++r) {
            const T* p = run.rows[r] + i * run.step;
            const Vec<T> u = g.bordered(p, whole, fill), v = n == 2 ? g.bordered(p + run.step, whole, fill) : u;
            const Vec<T> both = u + v;
            const bool nan = !Drop && lane_bits<T>((Mask<T>)(both != both)) != 0;
            Vec<I> pick = g.at, here = splat<I>(static_cast<I>(offsets[r]));
            for (int64_t t = 0; t < k; ++t, pick += next, here += next) {
                const Vec<T> tap = permute<T>(u, v, pick);
                if (!Drop && !nan && r == 0 && t == 0) {
                    best = tap;
                    continue;
                }
                const Mask<T> better = nan ? (Mask<T>)((tap > best) | (tap != tap)) : (Mask<T>)(tap > best);
                best = blend<T>(better, tap, best);
                place = better ? here : place;
            }
        }
        place += (h + n > w.out[1] ? lanes.crossed : lanes.columns) + splat<I>(static_cast<I>(base + h * lanes.down));
        g.put(best, n, y, y_end);
        typename Places<T>::Half low, high;
        halves(place, low, high);
        const int64_t put = n * g.width;
        Places<T>::put(low, put < half ? put : half, index, index_end);
        if (put > half) Places<T>::put(high, put - half, index + half, index_end);
        i += n;
        h += n;
        while (h >= w.out[1]) h -= w.out[1];
        y += put;
        index += put;
    }
}

template <class T, bool Drop>
void argmax_short(const T* x, T* y, int64_t* index, const Window& w, int64_t begin, int64_t end, void* scratch) {
    const Lanes<T> lanes(w);
    const int64_t width = lanes.g.width;
    const T** rows = static_cast<const T**>(scratch);
    int64_t* offsets = reinterpret_cast<int64_t*>(rows + w.k[0] * w.k[1]);
    Place at = place_of(begin, w.channels, w.out[0], w.out[1]);
    Runs<T> runs(x, w, rows, true);
    for (int64_t unit = begin; unit < end;) {
        const Run<T>& run = runs.at(at, end - unit);
        const int64_t nh = w.n[1][at.h], base = (w.lo[0][at.d] * w.in[1] + w.lo[1][at.h]) * w.in[2] - at.h * lanes.down;
        for (int64_t r = 0; r < run.count; ++r) offsets[r] = (r / nh * w.dil[0] * w.in[1] + r % nh * w.dil[1]) * w.in[2];
        const auto kernel = run.count == 2 && w.k[2] == 2   ? argmax_run<T, Drop, 2, 2>
                            : run.count == 3 && w.k[2] == 3 ? argmax_run<T, Drop, 3, 3>
                                                            : argmax_run<T, Drop, 0, 0>;
        kernel(run, lanes, w, offsets, base, at.h, x, y + unit * width, index + unit * width, y + end * width, index + end * width);
        step_by(at, run.length, w);
        unit += run.length;
    }
}

// The maximum and where it is. The first of equals wins; of NaNs the last.
template <class T, bool Drop>
void argmax(const T* x, T* y, int64_t* index, const Window& w, int64_t begin, int64_t end, void* scratch) {
    const int64_t width = w.in[2], out_width = w.out[2], depth = w.out[0], height = w.out[1], s = w.s[2], dil = w.dil[2];
    const T fill = Drop ? Lowest<T>::finite : Lowest<T>::infinite;
    const bool vectors = pool_in_vectors(w);
    if (vectors && Short<T>::fits(w)) {
        argmax_short<T, Drop>(x, y, index, w, begin, end, scratch);
        return;
    }
    const auto row_of = s == 1   ? argmax_row<T, 1, Drop>
                        : s == 2 ? argmax_row<T, 2, Drop>
                        : s == 3 ? argmax_row<T, 3, Drop>
                                 : argmax_row<T, 4, Drop>;
    Under<T> under(scratch, w);
    Place at = place_of(begin, w.channels, depth, height);
    for (int64_t r = begin; r < end; ++r, step(at, w.channels, depth, height)) {
        const T* plane = x + at.n * w.xn + at.c * w.xc;
        T* yr = y + r * out_width;
        int64_t* ir = index + r * out_width;
        const int64_t d0 = w.lo[0][at.d], h0 = w.lo[1][at.h], nd = w.n[0][at.d], nh = w.n[1][at.h];
        const int64_t base = (d0 * w.in[1] + h0) * width;
        if (vectors) {
            under.look(x, plane, w, at.d, at.h);
            row_of(under, w, base, yr, ir, index + end * out_width);
            continue;
        }
        for (int64_t j = 0; j < out_width; ++j) {
            const int64_t w0 = w.lo[2][j], nw = w.n[2][j];
            T best = fill;
            int64_t found = base + w0;
            for (int64_t a = 0; a < nd; ++a)
                for (int64_t b = 0; b < nh; ++b) {
                    const int64_t d = d0 + a * w.dil[0], h = h0 + b * w.dil[1];
                    const T* row = plane + d * w.xd + h * w.xh + w0;
                    for (int64_t t = 0; t < nw; ++t) {
                        const T v = row[t * dil];
                        if (v > best || (v != v && !Drop)) {
                            best = v;
                            found = (d * w.in[1] + h) * width + w0 + t * dil;
                        }
                    }
                }
            yr[j] = best;
            ir[j] = found;
        }
    }
}

template <class T>
void argmax_rows(const void* x, void* y, int64_t* index, const Window& w, int64_t begin, int64_t end, void* scratch) {
    const auto kernel = w.drop ? argmax<T, true> : argmax<T, false>;
    kernel(static_cast<const T*>(x), static_cast<T*>(y), index, w, begin, end, scratch);
}

}  // namespace

extern const PoolArgmaxTable pool_argmax_table;
const PoolArgmaxTable pool_argmax_table = {argmax_rows<float>, argmax_rows<double>};

}  // namespace plait::PLAIT_NS
