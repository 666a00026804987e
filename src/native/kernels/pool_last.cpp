// Pooling, channels last: vectors run along the channels, so a window is a list of offsets and nothing is shuffled.
#include "kernels/pool_vec.h"

namespace plait::PLAIT_NS {
namespace {

// Offsets of the taps of output (od, oh, ow) from the image's start, in the window's order. Returns how many.
inline int64_t taps_of(const Window& w, int64_t od, int64_t oh, int64_t ow, int64_t* taps) {
    int64_t count = 0;
    for (int64_t a = 0; a < w.n[0][od]; ++a)
        for (int64_t b = 0; b < w.n[1][oh]; ++b) {
            const int64_t row = (w.lo[0][od] + a * w.dil[0]) * w.xd + (w.lo[1][oh] + b * w.dil[1]) * w.xh + w.lo[2][ow] * w.xw;
            for (int64_t t = 0; t < w.n[2][ow]; ++t) taps[count++] = row + t * w.dil[2] * w.xw;
        }
    return count;
}

template <class T, class R>
void forward_last(const T* x, T* y, const Window& w, int64_t begin, int64_t end, void* scratch) {
    constexpr int L = kLanes<T>;
    const int64_t channels = w.channels, n = w.out[2];
    int64_t* taps = static_cast<int64_t*>(scratch);
    Place at = place_of(begin, 1, w.out[0], w.out[1]);
    for (int64_t r = begin; r < end; ++r, step(at, 1, w.out[0], w.out[1])) {
        const T* image = x + at.n * w.xn;
        for (int64_t j = 0; j < n; ++j) {
            const int64_t count = taps_of(w, at.d, at.h, j, taps);
            T* to = y + (r * n + j) * channels;
            if (count == 0) {
                fill_row(to, R::average ? T(0) / static_cast<T>(w.cnt[0][at.d] * w.cnt[1][at.h] * w.cnt[2][j]) : R::fill, channels);
                continue;
            }
            const T divisor = R::average ? static_cast<T>(w.cnt[0][at.d] * w.cnt[1][at.h] * w.cnt[2][j]) : T(1);
            auto finish = [&](Vec<T> v) { return R::average ? divided<T>(v, splat<T>(divisor)) : v; };
            auto one = [&](int64_t c) {
                Vec<T> a = R::first(load(image + taps[0] + c));
                for (int64_t t = 1; t < count; ++t) a = R::op(a, load(image + taps[t] + c));
                store(to + c, finish(a));
            };
            int64_t c = 0;
            for (; c + 4 * L <= channels; c += 4 * L) {
                const T* p = image + taps[0] + c;
                Vec<T> a0 = R::first(load(p)), a1 = R::first(load(p + L)), a2 = R::first(load(p + 2 * L)), a3 = R::first(load(p + 3 * L));
                for (int64_t t = 1; t < count; ++t) {
                    p = image + taps[t] + c;
                    a0 = R::op(a0, load(p));
                    a1 = R::op(a1, load(p + L));
                    a2 = R::op(a2, load(p + 2 * L));
                    a3 = R::op(a3, load(p + 3 * L));
                }
                store(to + c, finish(a0));
                store(to + c + L, finish(a1));
                store(to + c + 2 * L, finish(a2));
                store(to + c + 3 * L, finish(a3));
            }
            for (; c + L <= channels; c += L) one(c);
            if (c == channels) continue;
            if (channels >= L) {
                one(channels - L);
                continue;
            }
            for (; c < channels; ++c) {
                T a = R::fill;
                for (int64_t t = 0; t < count; ++t) a = R::op(a, image[taps[t] + c]);
                to[c] = R::average ? a / divisor : a;
            }
        }
    }
}

// The flat place of each tap within a plane, beside its offset.
inline void places_of(const Window& w, int64_t od, int64_t oh, int64_t ow, int64_t* places) {
    for (int64_t a = 0; a < w.n[0][od]; ++a)
        for (int64_t b = 0; b < w.n[1][oh]; ++b)
            for (int64_t t = 0; t < w.n[2][ow]; ++t)
                *places++ = ((w.lo[0][od] + a * w.dil[0]) * w.in[1] + w.lo[1][oh] + b * w.dil[1]) * w.in[2] + w.lo[2][ow] + t * w.dil[2];
}

template <class T>
void argmax_last(const T* x, T* y, int64_t* index, const Window& w, int64_t begin, int64_t end, int64_t* taps) {
    using I = typename IntOf<T>::type;
    constexpr int L = kLanes<T>;
    const int64_t channels = w.channels, n = w.out[2];
    const T fill = w.drop ? Lowest<T>::finite : Lowest<T>::infinite;
    Place at = place_of(begin, 1, w.out[0], w.out[1]);
    for (int64_t r = begin; r < end; ++r, step(at, 1, w.out[0], w.out[1])) {
        const T* image = x + at.n * w.xn;
        for (int64_t j = 0; j < n; ++j) {
            const int64_t count = taps_of(w, at.d, at.h, j, taps);
            int64_t* places = taps + count;
            places_of(w, at.d, at.h, j, places);
            T* to = y + (r * n + j) * channels;
            int64_t* to_index = index + (r * n + j) * channels;
            const int64_t start = (w.lo[0][at.d] * w.in[1] + w.lo[1][at.h]) * w.in[2] + w.lo[2][j];
            int64_t c = 0;
            for (; c + L <= channels; c += L) {  // which tap it is, in vectors; its place by a look-up
                Vec<T> best = splat<T>(fill);
                Vec<I> which = splat<I>(I(-1));
                for (int64_t t = 0; t < count; ++t) {
                    const Vec<T> v = load(image + taps[t] + c);
                    const Mask<T> better = w.drop ? (Mask<T>)(v > best) : (Mask<T>)((v > best) | (v != v));
                    best = blend<T>(better, v, best);
                    which = better ? splat<I>(static_cast<I>(t)) : which;
                }
                store(to + c, best);
                for (int l = 0; l < L; ++l) to_index[c + l] = which[l] < 0 ? start : places[which[l]];
            }
            for (; c < channels; ++c) {
                T best = fill;
                int64_t place = start;
                for (int64_t t = 0; t < count; ++t) {
                    const T v = image[taps[t] + c];
                    if (v > best || (v != v && !w.drop)) {
                        best = v;
                        place = places[t];
                    }
                }
                to[c] = best;
                to_index[c] = place;
            }
        }
    }
}

constexpr int64_t kBlock = 64;

// Units are (image, block of channels); each walks the outputs in order and adds where the first maximum is.
template <class T>
void max_grad_last(const T* g, const T* x, const T* y, T* dx, const Window& w, int64_t begin, int64_t end) {
    constexpr int L = kLanes<T>;
    const int64_t channels = w.channels, blocks = (channels + kBlock - 1) / kBlock;
    const int64_t pixels = w.in[0] * w.in[1] * w.in[2], outputs = w.out[0] * w.out[1] * w.out[2];
    const T none = static_cast<T>(__builtin_nan(""));
    for (int64_t unit = begin; unit < end; ++unit) {
        const int64_t image = unit / blocks, c0 = unit % blocks * kBlock, c1 = c0 + kBlock < channels ? c0 + kBlock : channels;
        const T* from = x + image * w.xn;
        T* to = dx + image * pixels * channels;
        const T *gi = g + image * outputs * channels, *yi = y + image * outputs * channels;
        for (int64_t i = 0; i < pixels; ++i) fill_row(to + i * channels + c0, T(0), c1 - c0);
        for (int64_t od = 0, o = 0; od < w.out[0]; ++od)
            for (int64_t oh = 0; oh < w.out[1]; ++oh)
                for (int64_t ow = 0; ow < w.out[2]; ++ow, ++o) {
                    int64_t c = c0;
                    auto each_tap = [&](auto body) {
                        for (int64_t a = 0; a < w.n[0][od]; ++a)
                            for (int64_t b = 0; b < w.n[1][oh]; ++b) {
                                const int64_t d = w.lo[0][od] + a * w.dil[0], h = w.lo[1][oh] + b * w.dil[1];
                                for (int64_t t = 0; t < w.n[2][ow]; ++t) {
                                    const int64_t i = w.lo[2][ow] + t * w.dil[2];
                                    if (body(d * w.xd + h * w.xh + i * w.xw, ((d * w.in[1] + h) * w.in[2] + i) * channels)) return;
                                }
                            }
                    };
                    for (; c + L <= c1; c += L) {
                        Vec<T> top = load(yi + o * channels + c);
                        const Vec<T> up = load(gi + o * channels + c), zero{}, gone = splat<T>(none);
                        bool nan = false;
                        const Mask<T> bad = (Mask<T>)(top != top);
                        for (int l = 0; l < L; ++l) nan |= bad[l] != 0;
                        if (nan) break;
                        each_tap([&](int64_t xo, int64_t to_o) {
                            const Mask<T> here = load(from + xo + c) == top;
                            top = blend<T>(here, gone, top);
                            store(to + to_o + c, load(to + to_o + c) + blend<T>(here, up, zero));
                            return false;
                        });
                    }
                    for (; c < c1; ++c) {
                        const T top = yi[o * channels + c];
                        const bool nan = top != top;
                        int64_t found = -1;
                        each_tap([&](int64_t xo, int64_t to_o) {
                            const T v = from[xo + c];
                            if (v == top || (nan && v != v)) found = to_o;
                            return found >= 0 && !nan;
                        });
                        if (found >= 0) to[found + c] += gi[o * channels + c];
                    }
                }
    }
}

template <class T>
void avg_grad_last(const T* g, T* dx, const Window& w, int64_t begin, int64_t end) {
    constexpr int L = kLanes<T>;
    const int64_t channels = w.channels, outputs = w.out[0] * w.out[1] * w.out[2];
    Place at = place_of(begin, 1, w.in[0], w.in[1]);
    for (int64_t r = begin; r < end; ++r, step(at, 1, w.in[0], w.in[1])) {
        const T* gi = g + at.n * outputs * channels;
        for (int64_t i = 0; i < w.in[2]; ++i) {
            T* to = dx + (r * w.in[2] + i) * channels;
            bool fresh = true;
            for (int64_t a = w.io[0][at.d]; a < w.io[0][at.d] + w.in_n[0][at.d]; ++a)
                for (int64_t b = w.io[1][at.h]; b < w.io[1][at.h] + w.in_n[1][at.h]; ++b)
                    for (int64_t q = w.io[2][i]; q < w.io[2][i] + w.in_n[2][i]; ++q) {
                        const T* from = gi + ((a * w.out[1] + b) * w.out[2] + q) * channels;
                        const T scale = T(1) / static_cast<T>(w.cnt[0][a] * w.cnt[1][b] * w.cnt[2][q]);
                        const Vec<T> scales = splat<T>(scale);
                        int64_t c = 0;
                        for (; c + L <= channels; c += L)
                            store(to + c, fresh ? load(from + c) * scales : load(to + c) + load(from + c) * scales);
                        for (; c < channels; ++c) to[c] = fresh ? from[c] * scale : to[c] + from[c] * scale;
                        fresh = false;
                    }
            if (fresh) fill_row(to, T(0), channels);
        }
    }
}

template <class T>
void max_last(const void* x, void* y, int64_t* index, const Window& w, int64_t begin, int64_t end, void* scratch) {
    const T* from = static_cast<const T*>(x);
    T* to = static_cast<T*>(y);
    if (index != nullptr)
        argmax_last<T>(from, to, index, w, begin, end, static_cast<int64_t*>(scratch));
    else if (w.drop)
        forward_last<T, MaxDrop<T>>(from, to, w, begin, end, scratch);
    else
        forward_last<T, MaxNan<T>>(from, to, w, begin, end, scratch);
}
template <class T>
void avg_last(const void* x, void* y, const Window& w, int64_t begin, int64_t end, void* scratch) {
    forward_last<T, Sum<T>>(static_cast<const T*>(x), static_cast<T*>(y), w, begin, end, scratch);
}
template <class T>
void max_grad_last(const void* g, const void* x, const void* y, void* dx, const Window& w, int64_t begin, int64_t end) {
    max_grad_last<T>(static_cast<const T*>(g), static_cast<const T*>(x), static_cast<const T*>(y), static_cast<T*>(dx), w, begin, end);
}
template <class T>
void avg_grad_last(const void* g, void* dx, const Window& w, int64_t begin, int64_t end) {
    avg_grad_last<T>(static_cast<const T*>(g), static_cast<T*>(dx), w, begin, end);
}

}  // namespace

extern const PoolLastTable pool_last_table;
const PoolLastTable pool_last_table = {max_last<float>,      max_last<double>,      avg_last<float>,
                                       avg_last<double>,     max_grad_last<float>,  max_grad_last<double>,
                                       avg_grad_last<float>, avg_grad_last<double>, kBlock};

}  // namespace plait::PLAIT_NS
