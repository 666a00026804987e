// Pooling, channels first, gradients. The maximum's place is found again from input and output, so forward stores no index; every
// element of the gradient is written once, from a band that stays in the cache.
#include "kernels/pool_vec.h"

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

// Any window, one output at a time.
template <class T>
void max_row_scalar(const T* g, const T* plane, const T* y, T* dplane, const Window& w, int64_t od, int64_t oh, const Band& own) {
    for (int64_t j = 0; j < w.out[2]; ++j) {
        const T best = y[j];
        const bool nan = best != best;
        int64_t found = -1, found_d = 0, found_h = 0;
        for (int64_t a = 0; a < w.n[0][od] && (nan || found < 0); ++a)
            for (int64_t b = 0; b < w.n[1][oh] && (nan || found < 0); ++b) {
                const int64_t d = w.lo[0][od] + a * w.dil[0], h = w.lo[1][oh] + b * w.dil[1];
                const T* row = plane + d * w.xd + h * w.xh + w.lo[2][j];
                const int64_t n = w.n[2][j], dil = w.dil[2];
                for (int64_t t = 0; t < n; ++t) {
                    const T v = row[t * dil];
                    if (v == best || (nan && v != v)) {  // of equals the first, of NaNs the last
                        found = w.lo[2][j] + t * dil;
                        found_d = d;
                        found_h = h;
                        if (!nan) break;
                    }
                }
            }
        if (found >= 0 && found_d >= own.d0 && found_d < own.d1 && found_h >= own.h0 && found_h < own.h1)
            dplane[(found_d * w.in[1] + found_h) * w.in[2] + found] += g[j];
    }
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
        for (int64_t j = 0; j < n; j += L) {
            if (j + L > n) j = n - L;
            const Vec<T> top = load(yr + j), up = load(gr + j), zero{};
            const Vec<T> p = load(row0 + 2 * j), q = load(row0 + 2 * j + L), r = load(row1 + 2 * j), s = load(row1 + 2 * j + L);
            const Mask<T> a = even<T>(p, q) == top;
            const Mask<T> b = (odd<T>(p, q) == top) & ~a;
            const Mask<T> c = (even<T>(r, s) == top) & ~(a | b);
            const Mask<T> d = (odd<T>(r, s) == top) & ~(a | b | c);
            const Vec<T> ga = blend<T>(a, up, zero), gb = blend<T>(b, up, zero), gc = blend<T>(c, up, zero), gd = blend<T>(d, up, zero);
            store(to0 + 2 * j, zip_low<T>(ga, gb));
            store(to0 + 2 * j + L, zip_high<T>(ga, gb));
            store(to1 + 2 * j, zip_low<T>(gc, gd));
            store(to1 + 2 * j + L, zip_high<T>(gc, gd));
        }
        for (int64_t i = 2 * n; i < width; ++i) to0[i] = to1[i] = T(0);
    }
}

// A row in padded coordinates, split by its position modulo the stride: part q starts at q * length.
template <class T>
inline void spread(const T* row, const Window& w, T fill, int64_t right, int64_t length, T* whole, T* to) {
    constexpr int L = kLanes<T>;
    const int64_t width = w.in[2], pad = w.p[2], s = w.s[2];
    T* at = s == 1 ? to : whole;
    fill_over(at, fill, pad);
    copy_row(row, at + pad, width);
    fill_over(at + pad + width, fill, right);
    if (s == 1) return;
    const int64_t n = pad + width + right;
    if (s == 2) {
        for (int64_t i = 0; 2 * i < n; i += L) {
            const Vec<T> u = load(whole + 2 * i), v = load(whole + 2 * i + L);
            store(to + i, even<T>(u, v));
            store(to + length + i, odd<T>(u, v));
        }
        return;
    }
    for (int64_t q = 0; q < s; ++q)
        for (int64_t i = q, o = q * length; i < n; i += s, ++o) to[o] = whole[i];
}

// Where tap t of output j lies in a split row: in part `part`, `shift` behind j.
struct Tap {
    int64_t part, shift;
};

// One row of outputs against one input row under it: which taps are the maximum, and what they give (`sum`, a row per tap). K and S are
// the kernel and the stride where they are known beforehand, else 0.
template <class T, int K, int S>
inline void find_taps(const T* part, int64_t length, const Tap* taps, int64_t taps_count, const T* gr, T* yr, int64_t n, T* sum,
                      int64_t step, bool owned, bool fresh) {
    constexpr int L = kLanes<T>;
    const Vec<T> zero{}, gone = splat<T>(static_cast<T>(__builtin_nan("")));
    const int64_t k = K ? K : taps_count;
    for (int64_t j = 0; j < n; j += L) {
        Vec<T> top = load(yr + j);
        const Vec<T> up = load(gr + j);
#pragma GCC unroll 4
        for (int64_t t = 0; t < k; ++t) {
            const T* at = S ? part + t % S * length + j + t / S : part + taps[t].part * length + j + taps[t].shift;
            const Mask<T> here = load(at) == top;
            top = blend<T>(here, gone, top);
            const Vec<T> given = blend<T>(here, up, zero);
            T* to = sum + t * step + j;
            if (fresh)
                store(to, given);
            else if (owned)
                store(to, load(to) + given);
        }
        store(yr + j, top);
    }
}

// What each tap of the windows gave to an input row (one row of outputs per tap, `step` apart), to the row of the gradient.
template <class T, int K, int S>
inline void gather_taps(const T* given, int64_t step, const Tap* taps, const Window& w, T* whole, T* to) {
    constexpr int L = kLanes<T>;
    const int64_t width = w.in[2], k = K ? K : w.k[2], s = S ? S : w.s[2], pad = w.p[2];
    if (s == 1) {
        auto sum = [&](int64_t i) {
            Vec<T> a = load(given + i + pad);
#pragma GCC unroll 4
            for (int64_t t = 1; t < k; ++t) a += load(given + t * step + i + pad - (S ? t : taps[t].shift));
            return a;
        };
        int64_t i = 0;
        for (; i + L <= width; i += L) store(to + i, sum(i));
        if (i == width) return;
        if (width >= L)
            store(to + width - L, sum(width - L));
        else
            store_part(to, sum(0), static_cast<int>(width));
        return;
    }
    auto add_up = [&](int64_t i, Vec<T>* sums) {
#pragma GCC unroll 4
        for (int64_t t = 0; t < k; ++t) {
            if (S)
                sums[t % (S ? S : 1)] += load(given + t * step + i - t / (S ? S : 1));
            else
                sums[taps[t].part] += load(given + t * step + i - taps[t].shift);
        }
    };
    if (s == 2 && (pad + width) / 2 - (pad + 1) / 2 >= L) {  // pairs straight to their places, the first and the last element alone
        const int64_t first = (pad + 1) / 2, end = (pad + width) / 2;
        auto pairs = [&](int64_t i) {
            Vec<T> sums[kPoolSplit] = {};
            add_up(i, sums);
            store(to + 2 * i - pad, zip_low<T>(sums[0], sums[1]));
            store(to + 2 * i - pad + L, zip_high<T>(sums[0], sums[1]));
        };
        auto one = [&](int64_t u) {
            T a = T(0);
            for (int64_t t = 0; t < k; ++t)
                if (taps[t].part == (u + pad) % 2) a += given[t * step + (u + pad) / 2 - taps[t].shift];
            to[u] = a;
        };
        for (int64_t i = first; i + L <= end; i += L) pairs(i);
        if ((end - first) % L != 0) pairs(end - L);
        if (2 * first > pad) one(0);
        if (2 * end - pad < width) one(width - 1);
        return;
    }
    for (int64_t i = 0; s * i < pad + width; i += L) {
        Vec<T> sums[kPoolSplit] = {};
        add_up(i, sums);
        if (s == 2) {
            store(whole + 2 * i, zip_low<T>(sums[0], sums[1]));
            store(whole + 2 * i + L, zip_high<T>(sums[0], sums[1]));
            continue;
        }
        for (int64_t q = 0; q < s; ++q) {
            T lanes[L];
            store(lanes, sums[q]);
            for (int l = 0; l < L; ++l) whole[s * (i + l) + q] = lanes[l];
        }
    }
    copy_row(whole + pad, to, width);
}

template <class T>
struct TapFunctions {
    void (*find)(const T*, int64_t, const Tap*, int64_t, const T*, T*, int64_t, T*, int64_t, bool, bool);
    void (*gather)(const T*, int64_t, const Tap*, const Window&, T*, T*);
};
template <class T, int K, int S>
inline TapFunctions<T> tap_functions_of() {
    return {find_taps<T, K, S>, gather_taps<T, K, S>};
}
template <class T>
inline TapFunctions<T> tap_functions(const Window& w) {
    if (w.dil[2] == 1) {
        if (w.k[2] == 3 && w.s[2] == 2) return tap_functions_of<T, 3, 2>();
        if (w.k[2] == 3 && w.s[2] == 1) return tap_functions_of<T, 3, 1>();
        if (w.k[2] == 2 && w.s[2] == 2) return tap_functions_of<T, 2, 2>();
        if (w.k[2] == 3 && w.s[2] == 3) return tap_functions_of<T, 3, 3>();
    }
    return tap_functions_of<T, 0, 0>();
}

template <class T>
void max_grad(const T* g, const T* x, const T* y, T* dx, const Window& w, int64_t begin, int64_t end, void* scratch) {
    constexpr int L = kLanes<T>;
    const int64_t width = w.in[2], n = w.out[2], k = w.k[2], s = w.s[2], pad = w.p[2], dil = w.dil[2];
    const int64_t out_plane = w.out[0] * w.out[1] * n, in_plane = w.in[0] * w.in[1] * width;
    const int64_t reach = (n - 1) * s + (k - 1) * dil + 1, right = reach > pad + width ? reach - pad - width : 0;
    // Dilated rows that skip padding do not begin in the order of the outputs, so the rows under a band would not be one range.
    const bool vectors = w.regular && s <= kPoolSplit && w.row <= kPoolWideRow && w.dil[0] == 1 && w.dil[1] == 1;
    const bool tiles = vectors && w.in[0] == 1 && w.out[0] == 1 && w.k[0] == 1 && w.k[1] == 2 && k == 2 && w.s[1] == 2 && s == 2 &&
                       dil == 1 && w.dil[1] == 1 && w.p[1] == 0 && pad == 0 && 2 * w.out[1] <= w.in[1] && 2 * n <= width && n >= L;
    const T none = static_cast<T>(__builtin_nan(""));  // equals nothing
    Tap* taps = static_cast<Tap*>(scratch);
    for (int64_t t = 0; vectors && t < k; ++t) taps[t] = {t * dil % s, t * dil / s};
    T* whole = reinterpret_cast<T*>(taps + k);
    const TapFunctions<T> call = tap_functions<T>(w);
    T* gr = whole + 2 * w.row;  // one row of g, and of y: an element of y becomes NaN once its place is found
    T* yr = gr + w.row;
    T* parts = yr + w.row;  // the input's rows under the band
    const int64_t length = ((pad + width + right) / s + 2 * L) / L * L, part_row = s * length;
    // the band of the gradient: for each input row a row of outputs per tap, with room for taps that reach over its ends
    const int64_t margin = ((k - 1) * dil + L) / L * L, step = margin + ((n > pad + width ? n : pad + width) + 2 * L) / L * L;
    for (int64_t unit = begin; unit < end; ++unit) {
        const Band own = band_of(unit, w);
        const int64_t plane_number = own.n * w.channels + own.c;
        const T* plane = x + own.n * w.xn + own.c * w.xc;
        const T *gp = g + plane_number * out_plane, *yp = y + plane_number * out_plane;
        T* dplane = dx + plane_number * in_plane;
        const Span ods = touching(w, 0, own.d0, own.d1), ohs = touching(w, 1, own.h0, own.h1);
        const bool any = ods.begin < ods.end && ohs.begin < ohs.end;
        bool nan = false;
        for (int64_t od = ods.begin; od < ods.end && any; ++od)
            nan = nan || any_nan(yp + (od * w.out[1] + ohs.begin) * n, (ohs.end - ohs.begin) * n);
        if (tiles && !nan) {
            max_tiles(gp, plane, yp, dplane, w, own);
            continue;
        }
        if (!vectors || nan || !any) {
            for (int64_t d = own.d0; d < own.d1; ++d) fill_row(dplane + (d * w.in[1] + own.h0) * width, T(0), (own.h1 - own.h0) * width);
            for (int64_t od = ods.begin; od < ods.end; ++od)
                for (int64_t oh = ohs.begin; oh < ohs.end; ++oh) {
                    const int64_t o = (od * w.out[1] + oh) * n;
                    max_row_scalar(gp + o, plane, yp + o, dplane, w, od, oh, own);
                }
            continue;
        }
        const int64_t d0 = w.lo[0][ods.begin], d1 = w.lo[0][ods.end - 1] + (w.n[0][ods.end - 1] - 1) * w.dil[0] + 1;
        const int64_t h0 = w.lo[1][ohs.begin], h1 = w.lo[1][ohs.end - 1] + (w.n[1][ohs.end - 1] - 1) * w.dil[1] + 1;
        for (int64_t d = d0; d < d1; ++d)
            for (int64_t h = h0; h < h1; ++h)
                spread(plane + d * w.xd + h * w.xh, w, none, right, length, whole, parts + ((d - d0) * (h1 - h0) + h - h0) * part_row);
        unsigned char* seen = reinterpret_cast<unsigned char*>(parts + (d1 - d0) * (h1 - h0) * part_row);  // rows that hold something
        T* sums = reinterpret_cast<T*>(seen + (w.band[0] * w.band[1] + 63) / 64 * 64);
        const int64_t rows = own.h1 - own.h0, sum_row = k * step, filled = (n + L - 1) / L * L;
        for (int64_t i = 0; i < (own.d1 - own.d0) * rows; ++i) {
            seen[i] = 0;
            for (int64_t t = 0; t < k; ++t) {  // around what will be stored
                T* row = sums + i * sum_row + t * step;
                fill_over(row, T(0), margin);
                fill_over(row + margin + filled, T(0), step - margin - filled);
            }
        }
        for (int64_t od = ods.begin; od < ods.end; ++od)
            for (int64_t oh = ohs.begin; oh < ohs.end; ++oh) {
                const int64_t o = (od * w.out[1] + oh) * n;
                copy_row(gp + o, gr, n);
                copy_row(yp + o, yr, n);
                fill_over(yr + n, none, L);
                for (int64_t a = 0; a < w.n[0][od]; ++a)
                    for (int64_t b = 0; b < w.n[1][oh]; ++b) {
                        const int64_t d = w.lo[0][od] + a * w.dil[0], h = w.lo[1][oh] + b * w.dil[1];
                        const bool owned = d >= own.d0 && d < own.d1 && h >= own.h0 && h < own.h1;
                        const T* part = parts + ((d - d0) * (h1 - h0) + h - h0) * part_row;
                        T* sum = owned ? sums + ((d - own.d0) * rows + h - own.h0) * sum_row + margin : whole;
                        const int64_t number = (d - own.d0) * rows + h - own.h0;
                        const bool fresh = owned && !seen[number];
                        if (fresh) seen[number] = 1;
                        call.find(part, length, taps, k, gr, yr, n, sum, step, owned, fresh);
                    }
            }
        for (int64_t d = own.d0; d < own.d1; ++d)
            for (int64_t h = own.h0; h < own.h1; ++h) {
                const int64_t number = (d - own.d0) * rows + h - own.h0;
                T* to = dplane + (d * w.in[1] + h) * width;
                if (seen[number])
                    call.gather(sums + number * sum_row + margin, step, taps, w, whole, to);
                else
                    fill_row(to, T(0), width);
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

template <class T>
void avg_grad(const T* g, T* dx, const Window& w, int64_t begin, int64_t end, void* scratch) {
    constexpr int L = kLanes<T>;
    const int64_t width = w.in[2], n = w.out[2], out_plane = w.out[0] * w.out[1] * n;
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
