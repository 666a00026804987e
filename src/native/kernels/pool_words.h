// Gradient of maximum pooling, a row of outputs at a time: which elements equal their window's maximum is a word of bits, the first of each
// window is found by arithmetic on words, and each row of the gradient is written, or added to, once per row of outputs. Included by
// kernels/pool_grad.cpp only.
#pragma once
#include "kernels/pool_vec.h"

namespace plait::PLAIT_NS {
namespace {

// Up to 64 columns and the windows over them. An element is under two windows at most, the lower and the upper; windows of even and of odd
// number (one set, where none overlap) do not meet, so that a set's windows are fields of a word.
template <class T>
struct Block {
    static constexpr int L = kLanes<T>, kBits = 64, kParts = kBits / L;
    struct Part {           // a vector of columns
        Mask<T> low, high;  // where the lower and the upper window's output is among the outputs from `j` on
        int64_t j;
        int outputs, lanes;  // how many outputs and columns to read
        unsigned own;        // lanes that are this block's to write
    };
    Part parts[kParts];
    int64_t begin;  // the column of bit 0
    int count = 0, steps = 0, windows = 0;
    bool two = false;
    uint64_t first[2] = {}, last[2] = {}, low[2] = {}, high[2] = {};  // fields: their ends; columns by which of their windows it is
    uint64_t down[2][6] = {};                                         // where a bit may step down by 1, 2, 4 …

    // Takes the columns from c on; returns the column after them, or c where the windows are too wide.
    int64_t take(const Window& w, int64_t c) {
        const int64_t *lo = w.lo[2], *n = w.n[2], *io = w.io[2], *in_n = w.in_n[2], width = w.in[2];
        begin = in_n[c] > 0 ? lo[io[c]] : c;
        int64_t end = c, reach = 0, longest = 1;
        while (end < width) {
            const int64_t next = end + L < width ? end + L : width, j = io[next - 1] + in_n[next - 1] - 1;
            const int64_t to = in_n[next - 1] > 0 ? lo[j] + n[j] : next;
            if (to - begin > kBits) break;
            end = next, reach = to;
        }
        for (int64_t i = begin; i < reach; ++i) two = two || in_n[i] > 1;
        for (int64_t j = 0; j < w.out[2]; ++j) {
            if (n[j] == 0 || lo[j] < begin || lo[j] + n[j] > reach) continue;
            const int set = two ? j & 1 : 0;
            first[set] |= uint64_t(1) << (lo[j] - begin);
            last[set] |= uint64_t(1) << (lo[j] + n[j] - 1 - begin);
            for (int64_t i = lo[j]; i < lo[j] + n[j]; ++i) (io[i] == j ? low : high)[set] |= uint64_t(1) << (i - begin);
            longest = n[j] > longest ? n[j] : longest;
            ++windows;
        }
        for (int set = 0; set < 2; ++set) {
            uint64_t d = (low[set] | high[set]) & ~last[set];
            for (int t = 0; t < 6; d &= d >> (1 << t), ++t) down[set][t] = d;
        }
        while ((int64_t(1) << steps) < longest) ++steps;
        for (int64_t at = begin; at < reach; at += L, ++count) {
            Part& p = parts[count];
            p = Part{{}, {}, io[at], static_cast<int>(w.out[2] - io[at] < L ? w.out[2] - io[at] : L), 0, 0};
            p.lanes = static_cast<int>(width - at < L ? width - at : L);
            for (int l = 0; l < p.lanes; ++l) {
                if (at + l < reach && io[at + l] + (in_n[at + l] > 1) - p.j >= L) return c;
                p.low[l] = static_cast<typename IntOf<T>::type>(io[at + l] - p.j);
                p.high[l] = p.low[l] + 1;
                if (at + l >= c && at + l < end) p.own |= 1u << l;
            }
        }
        if (count == 3) parts[count++] = Part{};  // nothing to read or write
        for (; count > 4 && count < kParts; ++count) parts[count] = Part{};
        return end;
    }
};

// Of every field still open the lowest bit of `hits`; fields that have one are closed.
template <class T>
inline uint64_t first_hits(const Block<T>& b, int set, uint64_t hits, uint64_t& open) {
    hits &= open;
    const uint64_t filled = hits | b.last[set], lowest = filled & ~(filled - b.first[set]);  // no field is zero: none borrows
    uint64_t done = b.last[set] & ~(lowest & ~hits);
    for (int t = 0; t < b.steps; ++t) done |= done >> (1 << t) & b.down[set][t];
    open &= ~done;
    return lowest & hits;
}

struct Plane {  // of a band: the rows [h0, h1) of the slices [d0, d1), and the outputs over them
    int64_t d0, d1, h0, h1, od0, od1, oh0, oh1;
};
constexpr int kWordRows = 32;  // most rows under a row of outputs
constexpr int kAhead = 512;

// Bound by a comparison and an addition a vector and window over it, and by the bytes of the input and of its gradient.
template <class T, int V, bool Two>
void words_block(const Block<T>& b, const Window& w, const Plane& own, const T* g, const T* y, const T* x, T* dx) {
    constexpr int L = kLanes<T>;
    const auto read = [&](const T* p, int v) { return v < V - 1 ? load(p + v * L) : load_part(p + v * L, b.parts[v].lanes); };
    bool whole = true;
    for (int v = 0; v < V; ++v) whole = whole && (v == V - 1 || b.parts[v].own == (1u << L) - 1);
    const uint64_t lows = b.low[0] | b.low[1], highs = b.high[0] | b.high[1];
    for (int64_t od = own.od0; od < own.od1; ++od)
        for (int64_t oh = own.oh0; oh < own.oh1; ++oh) {
            const T *yr = y + (od * w.out[1] + oh) * w.out[2], *gr = g + (od * w.out[1] + oh) * w.out[2];
            Vec<T> top[V], up[V], top2[V], up2[V];
            for (int v = 0; v < V; ++v) {
                const auto& p = b.parts[v];
                const Vec<T> maxima = load_part(yr + p.j, p.outputs), gradients = load_part(gr + p.j, p.outputs);
                top[v] = permute<T>(maxima, p.low), up[v] = permute<T>(gradients, p.low);
                if (Two) top2[v] = permute<T>(maxima, p.high), up2[v] = permute<T>(gradients, p.high);
            }
            uint64_t low[kWordRows], high[kWordRows];
            int rows = 0, hits = 0;
            const int64_t da = w.lo[0][od], db = da + w.n[0][od], ha = w.lo[1][oh], hb = ha + w.n[1][oh];
            for (int64_t d = da; d < db; ++d)
                for (int64_t h = ha; h < hb; ++h, ++rows) {
                    const T* from = x + d * w.xd + h * w.xh + b.begin;
                    for (int v = 0; v < V; ++v) __builtin_prefetch(from + v * L + kAhead);
                    uint64_t a = 0, c = 0;
                    for (int v = 0; v < V; ++v) {
                        const Vec<T> values = read(from, v);
                        a |= static_cast<uint64_t>(equal_bits<T>(values, top[v])) << v * L;
                        if (Two) c |= static_cast<uint64_t>(equal_bits<T>(values, top2[v])) << v * L;
                    }
                    low[rows] = a & lows, high[rows] = c & highs;
                    hits += __builtin_popcountll(low[rows]) + (Two ? __builtin_popcountll(high[rows]) : 0);
                }
            if (hits != b.windows) {  // some window has its maximum more than once
                uint64_t open[2] = {b.low[0] | b.high[0], b.low[1] | b.high[1]};
                for (int r = 0; r < rows; ++r) {
                    const uint64_t evens = first_hits(b, 0, (low[r] & b.low[0]) | (high[r] & b.high[0]), open[0]);
                    const uint64_t odds = Two ? first_hits(b, 1, (low[r] & b.low[1]) | (high[r] & b.high[1]), open[1]) : 0;
                    low[r] = (evens & b.low[0]) | (odds & b.low[1]);
                    high[r] = (evens & b.high[0]) | (odds & b.high[1]);
                }
            }
            int r = 0;
            for (int64_t d = da; d < db; ++d)
                for (int64_t h = ha; h < hb; ++h, ++r) {
                    if (d < own.d0 || d >= own.d1 || h < own.h0 || h >= own.h1) continue;
                    const bool fresh = od == w.io[0][d] && oh == w.io[1][h];
                    T* to = dx + (d * w.in[1] + h) * w.in[2] + b.begin;
                    for (int v = 0; v < V; ++v) {
                        Vec<T> sum = fresh ? Vec<T>{} : read(to, v);
                        sum = add_where<T>(sum, static_cast<unsigned>(low[r] >> v * L), up[v]);
                        if (Two) sum = add_where<T>(sum, static_cast<unsigned>(high[r] >> v * L), up2[v]);
                        if (v < V - 1 && whole)
                            store(to + v * L, sum);
                        else
                            store_where<T>(to + v * L, b.parts[v].own, sum);
                    }
                }
        }
}

// The blocks of a row; `count` is 0 where the row has no such blocks.
template <class T>
struct Words {
    static constexpr int kMost = 8;
    Block<T> blocks[kMost];
    int count = 0;

    explicit Words(const Window& w) {
        if (!kPermutes<T> || w.io[2] == nullptr || w.in[2] > kMost * Block<T>::kBits || w.dil[0] != 1 || w.dil[1] != 1 || w.dil[2] != 1 ||
            w.k[0] * w.k[1] > kWordRows)
            return;
        for (int64_t i = 0; i < w.in[2]; ++i)
            if (w.in_n[2][i] > 2) return;
        for (int64_t c = 0; c < w.in[2];) {
            const int64_t end = count < kMost ? blocks[count].take(w, c) : c;
            if (end == c) {
                count = 0;
                return;
            }
            c = end;
            ++count;
        }
    }
    void run(const Window& w, const Plane& own, const T* g, const T* y, const T* x, T* dx) const {
        constexpr int most = Block<T>::kParts;
        for (int i = 0; i < count; ++i) {
            const Block<T>& b = blocks[i];
            const auto run = b.count == 1   ? (b.two ? words_block<T, 1, true> : words_block<T, 1, false>)
                             : b.count == 2 ? (b.two ? words_block<T, 2, true> : words_block<T, 2, false>)
                             : b.count == 4 ? (b.two ? words_block<T, 4, true> : words_block<T, 4, false>)
                                            : (b.two ? words_block<T, most, true> : words_block<T, most, false>);
            run(b, w, own, g, y, x, dx);
        }
    }
};

}  // namespace
}  // namespace plait::PLAIT_NS
