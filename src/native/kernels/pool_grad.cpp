// Pooling, channels first, gradients. The maximum's place is found again from input and output, so forward stores no index; every
// element of the gradient is written once, from a band that stays in the cache.
#include "kernels/pool_words.h"
#include "simd/stream.h"

namespace plait::PLAIT_NS {
namespace {

// Which part of a plane a unit of work owns.
struct Band {
    int64_t n, c, d0, d1, h0, h1;
};
inline Band band_of(int64_t unit, const Window& w) {
    const int64_t bands_h = (w.in[1] + w.band[1] - 1) / w.band[1], bands_d = (w.in[0] + w.band[0] - 1) / w.band[0];
    Band b;
    b.h0 = unit % bands_h * w.band[1];
    unit /= bands_h;
    b.d0 = unit % bands_d * w.band[0];
    unit /= bands_d;
    b.c = unit % w.channels;
    b.n = unit / w.channels;
    b.d1 = b.d0 + w.band[0] < w.in[0] ? b.d0 + w.band[0] : w.in[0];
    b.h1 = b.h0 + w.band[1] < w.in[1] ? b.h0 + w.band[1] : w.in[1];
    return b;
}
// Outputs whose window along dimension i meets [a, b).
struct Span {
    int64_t begin, end;
};
inline Span touching(const Window& w, int i, int64_t a, int64_t b) {
    Span s{w.out[i], 0};
    for (int64_t o = 0; o < w.out[i]; ++o) {
        if (w.n[i][o] == 0 || w.lo[i][o] >= b || w.lo[i][o] + (w.n[i][o] - 1) * w.dil[i] < a) continue;
        if (o < s.begin) s.begin = o;
        s.end = o + 1;
    }
    return s;
}

// Where a window's maximum is: flat within the plane, or -1. Of equals the first, of NaNs the last, as forward has it.
template <class T>
int64_t place_of_maximum(const T* plane, const Window& w, int64_t od, int64_t oh, int64_t j, T best) {
    constexpr int L = kLanes<T>;
    const bool nan = best != best;
    const Vec<T> top = splat<T>(best);
    const int64_t n = w.n[2][j], dil = w.dil[2];
    int64_t found = -1;
    for (int64_t a = 0; a < w.n[0][od]; ++a)
        for (int64_t b = 0; b < w.n[1][oh]; ++b) {
            const int64_t d = w.lo[0][od] + a * w.dil[0], h = w.lo[1][oh] + b * w.dil[1];
            const T* row = plane + d * w.xd + h * w.xh + w.lo[2][j];
            const int64_t start = (d * w.in[1] + h) * w.in[2] + w.lo[2][j];
            if (nan || dil != 1) {
                for (int64_t t = 0; t < n; ++t) {
                    const T v = row[t * dil];
                    if (nan ? v != v : v == best) {
                        found = start + t * dil;
                        if (!nan) return found;
                    }
                }
                continue;
            }
            for (int64_t t = 0; t < n; t += L) {
                const int lanes = n - t < L ? static_cast<int>(n - t) : L;
                const Vec<T> v = lanes == L ? load(row + t) : load_part(row + t, lanes, static_cast<T>(__builtin_nan("")));
                const unsigned hits = lane_bits<T>(v == top);
                if (hits != 0) return start + t + __builtin_ctz(hits);
            }
        }
    return found;
}

template <class T>
bool any_nan(const T* p, int64_t n) {
    constexpr int L = kLanes<T>;
    Mask<T> bad{};
    int64_t i = 0;
    bool found = false;
    for (; i + L <= n; i += L) {
        const Vec<T> v = load(p + i);
        bad |= (Mask<T>)(v != v);
    }
    for (; i < n; ++i) found = found || p[i] != p[i];
    for (int l = 0; l < L; ++l) found = found || bad[l];
    return found;
}

// Zeros that pass the caches by, in whole vectors of memory.
template <class T>
void zero_past(T* p, int64_t n) {
    constexpr int L = kLanes<T>;
    int64_t i = 0;
    for (; i < n && !aligned(p + i); ++i) p[i] = T(0);
    for (; i + L <= n; i += L) store_past(p + i, Vec<T>{});
    for (; i < n; ++i) p[i] = T(0);
    fence();
}

// 2 by 2 windows side by side: both rows of the gradient directly.
template <class T>
void max_tiles(const T* g, const T* plane, const T* y, T* dplane, const Window& w, const Band& own) {
    constexpr int L = kLanes<T>;
    const int64_t width = w.in[2], n = w.out[2];
    for (int64_t h = own.h0; h < own.h1; h += 2) {
        const int64_t oh = h / 2;
        T *to0 = dplane + h * width, *to1 = to0 + width;
        if (oh >= w.out[1]) {
            fill_row(to0, T(0), width * (own.h1 - h));
            break;
        }
        const T *row0 = plane + h * w.xh, *row1 = row0 + w.xh, *gr = g + oh * n, *yr = y + oh * n;
        const int some = static_cast<int>(2 * n < L ? 2 * n : L),
                  more = static_cast<int>(2 * n) - some;  // of a row shorter than two vectors
        for (int64_t j = 0; j < n; j += L) {
            const bool whole = n >= L;
            if (whole && j + L > n) j = n - L;
            const auto pair = [&](const T* from, Vec<T>& a, Vec<T>& b) {
                a = whole ? load(from) : load_part(from, some);
                b = whole ? load(from + L) : load_part(from + some, more);
            };
            const auto put = [&](T* to, Vec<T> a, Vec<T> b) {
                if (whole) {
                    store(to, a);
                    store(to + L, b);
                } else {
                    store_part(to, a, some);
                    store_part(to + some, b, more);
                }
            };
            const Vec<T> top = whole ? load(yr + j) : load_part(yr, static_cast<int>(n)), zero{};
            const Vec<T> up = whole ? load(gr + j) : load_part(gr, static_cast<int>(n));
            Vec<T> p, q, r, s;
            pair(row0 + 2 * j, p, q);
            pair(row1 + 2 * j, r, s);
            const Mask<T> a = even<T>(p, q) == top;
            const Mask<T> b = (odd<T>(p, q) == top) & ~a;
            const Mask<T> c = (even<T>(r, s) == top) & ~(a | b);
            const Mask<T> d = (odd<T>(r, s) == top) & ~(a | b | c);
            const Vec<T> ga = blend<T>(a, up, zero), gb = blend<T>(b, up, zero), gc = blend<T>(c, up, zero), gd = blend<T>(d, up, zero);
            put(to0 + 2 * j, zip_low<T>(ga, gb), zip_high<T>(ga, gb));
            put(to1 + 2 * j, zip_low<T>(gc, gd), zip_high<T>(gc, gd));
        }
        for (int64_t i = 2 * n; i < width; ++i) to0[i] = to1[i] = T(0);
    }
}

// One row of outputs, a vector of them at a time: the first tap that equals the maximum says where the gradient goes. Bound by the
// compares, then by one addition an output.
template <class T, int S>
void scatter_row(const Under<T>& under, const Window& w, const T* g, const T* y, T* dplane, int64_t begin, int64_t end) {
    constexpr int L = kLanes<T>;
    using I = typename IntOf<T>::type;
    const int64_t n = w.out[2], k = w.k[2], dil = w.dil[2], width = w.in[2], pad = w.p[2];
    const Vec<I> steps = lane_numbers<I>(S);
    for (int64_t j = 0; j < n; j += L) {
        const int lanes = n - j < L ? static_cast<int>(n - j) : L;
        const int64_t left = j * S - pad;
        const bool edge = left < 0 || left + (lanes - 1) * S + (k - 1) * dil >= width;
        const Vec<T> top = lanes == L ? load(y + j) : load_part(y + j, lanes);
        Vec<I> at = splat<I>(static_cast<I>(-(int64_t(1) << 30)));  // nowhere
        for (int64_t r = under.count; r-- > 0;) {
            const T* p = under.rows[r] + left;
            for (int64_t t = k; t-- > 0;) {
                Mask<T> here = every<T, S>(p + t * dil) == top;
                if (edge) here &= within<I>(steps + splat<I>(static_cast<I>(left + t * dil)), width);
                at = here ? splat<I>(static_cast<I>(under.places[r] + t * dil)) : at;
            }
        }
        I place[L];
        store(place, at + steps + splat<I>(static_cast<I>(left)));
        for (int l = 0; l < lanes; ++l)
            if (static_cast<uint64_t>(place[l] - begin) < static_cast<uint64_t>(end - begin)) dplane[place[l]] += g[j + l];
    }
}

template <class T>
void max_grad(const T* g, const T* x, const T* y, T* dx, const Window& w, int64_t begin, int64_t end, void* scratch) {
    const int64_t width = w.in[2], n = w.out[2], k = w.k[2], s = w.s[2], pad = w.p[2];
    const int64_t out_plane = w.out[0] * w.out[1] * n, in_plane = w.in[0] * w.in[1] * width;
    const bool vectors = pool_in_vectors(w);
    const bool tiles = vectors && w.in[0] == 1 && w.out[0] == 1 && w.k[0] == 1 && w.k[1] == 2 && k == 2 && w.s[1] == 2 && s == 2 &&
                       w.dil[2] == 1 && w.dil[1] == 1 && w.p[1] == 0 && pad == 0 && 2 * w.out[1] <= w.in[1] && 2 * n <= width;
    const auto scatter = s == 1 ? scatter_row<T, 1> : s == 2 ? scatter_row<T, 2> : s == 3 ? scatter_row<T, 3> : scatter_row<T, 4>;
    const bool past = w.past && out_plane * 64 < in_plane;  // few places to come back to
    Under<T> under(scratch, w);
    const Words<T> words(w);
    for (int64_t unit = begin; unit < end; ++unit) {
        const Band own = band_of(unit, w);
        const int64_t plane_number = own.n * w.channels + own.c;
        const T* plane = x + own.n * w.xn + own.c * w.xc;
        const T *gp = g + plane_number * out_plane, *yp = y + plane_number * out_plane;
        T* dplane = dx + plane_number * in_plane;
        const Span ods = touching(w, 0, own.d0, own.d1), ohs = touching(w, 1, own.h0, own.h1);
        bool nan = false;
        for (int64_t od = ods.begin; od < ods.end && ohs.begin < ohs.end; ++od)
            nan = nan || any_nan(yp + (od * w.out[1] + ohs.begin) * n, (ohs.end - ohs.begin) * n);
        if (tiles && !nan && ohs.begin < ohs.end) {
            max_tiles(gp, plane, yp, dplane, w, own);
            continue;
        }
        if (words.count > 0 && !nan) {
            for (int64_t d = own.d0; d < own.d1; ++d)
                for (int64_t h = own.h0; h < own.h1; ++h)
                    if (w.in_n[0][d] == 0 || w.in_n[1][h] == 0) fill_row(dplane + (d * w.in[1] + h) * width, T(0), width);
            words.run(w, {own.d0, own.d1, own.h0, own.h1, ods.begin, ods.end, ohs.begin, ohs.end}, gp, yp, plane, dplane);
            continue;
        }
        // A band is whole slices, or rows of one: its elements follow each other.
        const int64_t first = (own.d0 * w.in[1] + own.h0) * width, last = ((own.d1 - 1) * w.in[1] + own.h1) * width;
        if (past)
            zero_past(dplane + first, last - first);
        else
            fill_row(dplane + first, T(0), last - first);
        for (int64_t od = ods.begin; od < ods.end; ++od)
            for (int64_t oh = ohs.begin; oh < ohs.end; ++oh) {
                const int64_t o = (od * w.out[1] + oh) * n;
                if (!vectors || nan) {
                    for (int64_t j = 0; j < n; ++j) {
                        const int64_t at = place_of_maximum(plane, w, od, oh, j, yp[o + j]);
                        if (at >= first && at < last) dplane[at] += gp[o + j];
                    }
                    continue;
                }
                under.look(x, plane, w, od, oh);
                scatter(under, w, gp + o, yp + o, dplane, first, last);
            }
    }
}

// A row of outputs' gradients, each already divided, to one row of the input's: the sum over the outputs that an input belongs to.
template <class T>
void spread_average(T* t, T* to, T* whole, const Window& w) {
    constexpr int L = kLanes<T>;
    const int64_t width = w.in[2], k = w.k[2], s = w.s[2], pad = w.p[2];
    if (w.regular && s <= 2) {
        // t[-reach … -1] and t[n …] are zeros: an input takes from the outputs j with 0 <= i + pad - j * s < k
        if (s == 1) {
            for (int64_t i = 0; i < width; i += L) {
                Vec<T> a = load(t + i + pad);
                for (int64_t q = 1; q < k; ++q) a += load(t + i + pad - q);
                store(whole + i, a);
            }
            copy_row(whole, to, width);
        } else {
            for (int64_t i = 0; 2 * i < pad + width; i += L) {
                Vec<T> u = load(t + i), v = k > 1 ? load(t + i) : Vec<T>{};
                for (int64_t q = 2; q < k; q += 2) u += load(t + i - q / 2);
                for (int64_t q = 3; q < k; q += 2) v += load(t + i - q / 2);
                store(whole + 2 * i, zip_low<T>(u, v));
                store(whole + 2 * i + L, zip_high<T>(u, v));
            }
            copy_row(whole + pad, to, width);
        }
        return;
    }
    if (w.out[2] == 1 && w.lo[2][0] == 0 && w.n[2][0] == width) {
        fill_row(to, t[0], width);
        return;
    }
    const int64_t *first = w.io[2], *count = w.in_n[2];
    for (int64_t i = 0; i < width; ++i) {
        T a = T(0);
        for (int64_t q = 0; q < count[i]; ++q) a += t[first[i] + q];
        to[i] = a;
    }
}

// One window over each plane, all of it.
template <class T>
void avg_grad_planes(const T* g, T* dx, int64_t size, T scale, int64_t begin, int64_t end) {
    constexpr int L = kLanes<T>;
    const T* stop = dx + end * size;
    for (int64_t p = begin; p < end; ++p) {
        T* to = dx + p * size;
        const Vec<T> v = splat<T>(g[p] * scale);
        for (int64_t i = 0; i < size; i += L) {  // what is too much is the next plane's
            if (stop - (to + i) >= L)
                store(to + i, v);
            else
                store_part(to + i, v, static_cast<int>(stop - (to + i)));
        }
    }
}

// Rows that fit in a vector: the outputs over an element picked by permutations, rows under the same outputs written together. Bound by
// the bytes written.
template <class T>
void avg_grad_short(const T* g, T* dx, const Window& w, int64_t begin, int64_t end) {
    constexpr int L = kLanes<T>;
    using I = typename IntOf<T>::type;
    const int64_t width = w.in[2], n = w.out[2];
    Vec<T> columns{};
    Mask<T> pick{};
    unsigned under[L + 1] = {};  // lanes under more than q outputs
    for (int64_t j = 0; j < n; ++j) columns[j] = T(1) / static_cast<T>(w.cnt[2][j]);
    for (int64_t i = 0; i < width; ++i) {
        pick[i] = static_cast<I>(w.io[2][i]);
        for (int64_t q = 0; q < w.in_n[2][i]; ++q) under[q] |= 1u << i;
    }
    const int64_t *io = w.io[1], *in_n = w.in_n[1];
    const T* stop = dx + end * width;
    T* to = dx + begin * width;
    Place at = place_of(begin, w.channels, w.in[0], w.in[1]);
    int64_t count = 1;  // of depth and height, and what to multiply by
    T scale = 1;
    for (int64_t r = begin; r < end;) {
        int64_t alike = 1;
        while (r + alike < end && at.h + alike < w.in[1] && io[at.h + alike] == io[at.h] && in_n[at.h + alike] == in_n[at.h]) ++alike;
        const T* from = g + (at.n * w.channels + at.c) * w.out[0] * w.out[1] * n;
        Vec<T> t{}, sum{};
        for (int64_t a = w.io[0][at.d]; a < w.io[0][at.d] + w.in_n[0][at.d]; ++a)
            for (int64_t b = io[at.h]; b < io[at.h] + in_n[at.h]; ++b) {
                const int64_t by = w.cnt[0][a] * w.cnt[1][b];
                if (by != count) count = by, scale = T(1) / static_cast<T>(by);
                t += load_part(from + (a * w.out[1] + b) * n, static_cast<int>(n)) * splat<T>(scale);
            }
        t *= columns;
        Mask<T> lanes = pick;
        for (int q = 0; under[q] != 0; ++q, lanes += splat<I>(1)) sum = add_where<T>(sum, under[q], permute<T>(t, lanes));
        for (int64_t i = 0; i < alike; ++i, to += width) {
            if (stop - to >= L)
                store(to, sum);
            else
                store_part(to, sum, static_cast<int>(width));
        }
        at.h += alike - 1;
        step(at, w.channels, w.in[0], w.in[1]);
        r += alike;
    }
}

template <class T>
void avg_grad(const T* g, T* dx, const Window& w, int64_t begin, int64_t end, void* scratch) {
    constexpr int L = kLanes<T>;
    const int64_t width = w.in[2], n = w.out[2], out_plane = w.out[0] * w.out[1] * n;
    if (w.io[2] == nullptr) {
        avg_grad_planes(g, dx, width, T(1) / static_cast<T>(w.cnt[0][0] * w.cnt[1][0]) * (T(1) / static_cast<T>(w.cnt[2][0])), begin, end);
        return;
    }
    if (kPermutes<T> && width <= L && n <= L) {
        avg_grad_short(g, dx, w, begin, end);
        return;
    }
    const int64_t before = w.row / 2 / L * L;
    T* columns = static_cast<T*>(scratch);  // what to multiply by, along the row
    T* t = columns + w.row + before;
    T* whole = columns + 3 * w.row;
    for (int64_t j = 0; j < n; ++j) columns[j] = T(1) / static_cast<T>(w.cnt[2][j]);
    fill_row(columns + w.row, T(0), 2 * w.row);
    Place at = place_of(begin, w.channels, w.in[0], w.in[1]);
    int64_t od0 = -1, od_n = -1, oh0 = -1, oh_n = -1, plane_before = -1;
    for (int64_t r = begin; r < end; ++r, step(at, w.channels, w.in[0], w.in[1])) {
        const int64_t plane = at.n * w.channels + at.c;
        T* to = dx + r * width;
        if (r > begin && plane == plane_before && od0 == w.io[0][at.d] && od_n == w.in_n[0][at.d] && oh0 == w.io[1][at.h] &&
            oh_n == w.in_n[1][at.h]) {
            copy_row(to - width, to, width);
            continue;
        }
        plane_before = plane;
        od0 = w.io[0][at.d], od_n = w.in_n[0][at.d], oh0 = w.io[1][at.h], oh_n = w.in_n[1][at.h];
        const T* gp = g + plane * out_plane;
        bool fresh = true;
        for (int64_t a = od0; a < od0 + od_n; ++a)
            for (int64_t b = oh0; b < oh0 + oh_n; ++b) {
                const T scale = T(1) / static_cast<T>(w.cnt[0][a] * w.cnt[1][b]);
                const T* row = gp + (a * w.out[1] + b) * n;
                const Vec<T> scales = splat<T>(scale);
                int64_t j = 0;
                for (; j + L <= n; j += L) {
                    const Vec<T> v = load(row + j) * scales;
                    store(t + j, fresh ? v : load(t + j) + v);
                }
                for (; j < n; ++j) t[j] = fresh ? row[j] * scale : t[j] + row[j] * scale;
                fresh = false;
            }
        if (fresh) {
            fill_row(to, T(0), width);
            continue;
        }
        int64_t j = 0;
        for (; j + L <= n; j += L) store(t + j, load(t + j) * load(columns + j));
        for (; j < n; ++j) t[j] *= columns[j];
        spread_average(t, to, whole, w);
    }
}

template <class T>
void max_grad_bands(const void* g, const void* x, const void* y, void* dx, const Window& w, int64_t begin, int64_t end, void* scratch) {
    max_grad<T>(static_cast<const T*>(g), static_cast<const T*>(x), static_cast<const T*>(y), static_cast<T*>(dx), w, begin, end, scratch);
}
template <class T>
void avg_grad_rows(const void* g, void* dx, const Window& w, int64_t begin, int64_t end, void* scratch) {
    avg_grad<T>(static_cast<const T*>(g), static_cast<T*>(dx), w, begin, end, scratch);
}

}  // namespace

extern const PoolGradTable pool_grad_table;
const PoolGradTable pool_grad_table = {max_grad_bands<float>, max_grad_bands<double>, avg_grad_rows<float>, avg_grad_rows<double>};

}  // namespace plait::PLAIT_NS
