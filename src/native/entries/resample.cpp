// Resampling: checks, memory, and how the work is cut.
#include "entries/resample.h"

#include <string.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "core/array.h"
#include "core/isa.h"
#include "core/threads.h"
#include "kernels/gemm.h"
#include "kernels/resample.h"

namespace plait {

PLAIT_TABLE(ResampleTable, resample_table)
PLAIT_TABLE(GemmTable, gemm_table)  // packs

namespace {

template <class T>
const ResampleFns<T>& functions() {
    if constexpr (sizeof(T) == 4)
        return active_resample_table().f32;
    else
        return active_resample_table().f64;
}

template <class U>
const CopyFns<U>& copies() {
    const ResampleTable& t = active_resample_table();
    if constexpr (sizeof(U) == 1)
        return t.u8;
    else if constexpr (sizeof(U) == 2)
        return t.u16;
    else if constexpr (sizeof(U) == 4)
        return t.u32;
    else
        return t.u64;
}

// Calls f with an unsigned integer as wide as the dtype's items.
template <class F>
auto by_width(DType t, F&& f) {
    require(t != DType::other, "resample: unsupported dtype");
    switch (item_size(t)) {
        case 1:
            return f(uint8_t{});
        case 2:
            return f(uint16_t{});
        case 4:
            return f(uint32_t{});
        default:
            return f(uint64_t{});
    }
}

template <class F>
auto by_float(DType t, F&& f) {
    require(t == DType::f32 || t == DType::f64, "resample: x must be float32 or float64");
    return t == DType::f32 ? f(float{}) : f(double{});
}

class Scratch {
  public:
    explicit Scratch(int64_t bytes) : data_(acquire_block(bytes)) {}
    ~Scratch() { release_block(data_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    void* get() { return data_; }

  private:
    void* data_;
};

// The number of planes of `plane` values in x; x must be contiguous.
int64_t planes_of(const Array& x, int64_t plane) {
    require(x.contiguous, "resample: x must be contiguous");
    require(plane > 0 && x.size % plane == 0, "resample: sizes do not make up x");
    return x.size / plane;
}

const int32_t* index_of(const Array& a, int64_t limit, int64_t least) {
    require(a.dtype == DType::i32 && a.contiguous, "resample: an index table must be contiguous int32");
    const int32_t* p = a.as<int32_t>();
    for (int64_t i = 0; i < a.size; ++i) require(p[i] >= least && p[i] < limit, "resample: index out of range");
    return p;
}

GatherPlan gather_plan(int64_t d, int64_t h, int64_t w, const Array& id, const Array& ih, const Array& iw) {
    GatherPlan p{d, h, w,     id.size, ih.size, iw.size, index_of(id, d, -1), index_of(ih, h, -1), index_of(iw, w, -1),
                 0, 0, false, false,   false};
    p.twice = p.ow == 2 * w;
    for (int64_t j = 0; j < p.ow && p.twice; ++j) p.twice = p.iw[j] == j / 2;
    for (int64_t j = 0; j < p.ow;) {  // the longest run of neighbours
        int64_t k = j + 1;
        if (p.iw[j] >= 0)
            while (k < p.ow && p.iw[k] == p.iw[k - 1] + 1) ++k;
        if (p.iw[j] >= 0 && k - j > p.run_end - p.run_begin) {
            p.run_begin = j;
            p.run_end = k;
        }
        j = k;
    }
    if (4 * (p.run_end - p.run_begin) < p.ow) p.run_begin = p.run_end = 0;  // too short to be worth a copy
    for (int64_t j = 0; j < p.ow; ++j) p.holes = p.holes || p.iw[j] < 0;
    return p;
}

template <class T>
Taps<T> taps_of(const Array& index, const Array& weight, int64_t in, DType dtype) {
    require(index.ndim == 2 && weight.ndim == 2 && index.shape[0] == weight.shape[0] && index.shape[1] == weight.shape[1] &&
                weight.dtype == dtype && weight.contiguous && index.shape[0] > 0,
            "resample: tables must be [taps, out], the weights of x's dtype");
    const int32_t* at = index_of(index, in, -1);
    return {index.shape[0], in,      index.shape[1], at, weight.as<T>(), std::find(at, at + index.size, -1) != at + index.size,
            nullptr,        nullptr, nullptr};
}

// Whether each output is the plain sum of its own n numbers side by side.
template <class T>
bool sums_of(const Taps<T>& t, int64_t n) {
    if (t.count != n || t.in != n * t.out) return false;
    for (int64_t k = 0; k < n; ++k)
        for (int64_t j = 0; j < t.out; ++j)
            if (t.index[k * t.out + j] != n * j + k || t.weight[k * t.out + j] != T(1)) return false;
    return true;
}

// Tables for taps that lie near each other.
template <class T>
class Near {
    using Lane = typename LaneOf<T>::type;

  public:
    Near(Taps<T>& t, int64_t lanes, int64_t within) {
        if (within == 0 || t.out < lanes || t.count > 8) return;
        for (int64_t j0 = 0; j0 < t.out; j0 += lanes) {
            if (j0 + lanes > t.out) j0 = t.out - lanes;  // the last vector overlaps the one before
            Reach reach = Reach::near;
            for (int64_t k = 0; k < t.count; ++k) {
                const int32_t* at = t.index + k * t.out + j0;
                int32_t low = static_cast<int32_t>(t.in), high = -1;
                for (int64_t j = 0; j < lanes; ++j) {
                    if (at[j] < 0 && reach == Reach::near) reach = Reach::near_with_holes;
                    if (at[j] >= 0) low = std::min(low, at[j]);
                    high = std::max(high, at[j]);
                }
                if (high < 0) low = high = 0;
                if (high - low >= within) reach = Reach::far;
                const int64_t whole = low / lanes * lanes, start = high - whole < within ? whole : low;  // best a vector as it was stored
                start_.push_back(start);
                for (int64_t j = 0; j < lanes; ++j) lane_.push_back(static_cast<Lane>(at[j] < 0 ? -1 : at[j] - start));
            }
            reach_.push_back(reach);
        }
        if (std::find_if(reach_.begin(), reach_.end(), [](Reach r) { return r != Reach::far; }) == reach_.end()) return;
        t.reach = reach_.data();
        t.start = start_.data();
        t.lane = lane_.data();
    }

  private:
    std::vector<Reach> reach_;
    std::vector<int64_t> start_;
    std::vector<Lane> lane_;
};

Owned make(DType t, int64_t a, int64_t b, int64_t c, int64_t d) { return Owned::make(t, {a, b, c, d}); }

}  // namespace

Owned gather_axes(const Array& x, int64_t d, int64_t h, int64_t w, const Array& id, const Array& ih, const Array& iw, const Array& fill) {
    const int64_t planes = planes_of(x, d * h * w);
    GatherPlan plan = gather_plan(d, h, w, id, ih, iw);
    require(fill.dtype == x.dtype && fill.size == 1, "gather: fill must be one value of x's dtype");
    return by_width(x.dtype, [&](auto unit) {
        using U = decltype(unit);
        U value;
        memcpy(&value, fill.data, sizeof value);
        Owned out = make(x.dtype, planes, plan.od, plan.oh, plan.ow);
        plan.past = past_caches(out) && (plan.twice || plan.ow * item_size(x.dtype) >= 2048);  // else rows share too many lines
        const U* from = x.as<U>();
        U* to = out.as<U>();
        const auto& k = copies<U>();
        const int64_t cost = (plan.run_end - plan.run_begin) / 16 + (plan.ow - plan.run_end + plan.run_begin) + 4;
        parallel_for(planes * plan.od * plan.oh, grain_for(cost),
                     [&](int64_t begin, int64_t end) { k.gather(from, to, plan, begin, end, value); });
        return out;
    });
}

Owned scatter_axes(const Array& g, int64_t d, int64_t h, int64_t w, const Array& id, const Array& ih, const Array& iw) {
    require(d >= 0 && h >= 0 && w >= 0, "scatter: sizes must not be negative");
    const GatherPlan plan = gather_plan(d, h, w, id, ih, iw);
    const int64_t planes = planes_of(g, plan.od * plan.oh * plan.ow);
    return by_float(g.dtype, [&](auto zero) {
        using T = decltype(zero);
        Owned dx = make(g.dtype, planes, d, h, w);
        const auto& k = functions<T>();
        parallel_for(planes, grain_for(plan.od * plan.oh * (plan.ow / 8 + 4)),
                     [&](int64_t begin, int64_t end) { k.scatter(g.as<T>(), dx.as<T>(), plan, begin, end); });
        return dx;
    });
}

Owned resample_axes(const Array& x, int64_t d, int64_t h, int64_t w, const Array& id, const Array& wd, const Array& ih, const Array& wh,
                    const Array& iw, const Array& ww) {
    const int64_t planes = planes_of(x, d * h * w);
    return by_float(x.dtype, [&](auto zero) {
        using T = decltype(zero);
        const auto& k = functions<T>();
        TapPlan<T> plan{taps_of<T>(id, wd, d, x.dtype), taps_of<T>(ih, wh, h, x.dtype), taps_of<T>(iw, ww, w, x.dtype), false, false};
        plan.pairs = sums_of(plan.d, 1) && sums_of(plan.h, 2) && sums_of(plan.w, 2);
        const Near<T> near(plan.w, k.lanes, k.reach);
        Owned out = make(x.dtype, planes, plan.d.out, plan.h.out, plan.w.out);
        plan.past = past_caches(out) && plan.w.out % k.lanes == 0;
        const int64_t cost = plan.d.count * plan.h.count * w / 8 + plan.w.count * plan.w.out / 4 + 16;
        const int64_t rows = planes * plan.d.out * plan.h.out, grain = grain_for(cost);
        parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
            const int64_t step = resample_step<T>(w);
            Scratch scratch(resample_rows(step) * step * static_cast<int64_t>(sizeof(T)));
            k.resample(x.as<T>(), out.as<T>(), plan, begin, end, static_cast<T*>(scratch.get()));
        });
        return out;
    });
}

Owned pixel_shuffle(const Array& x, int64_t channels, int64_t h, int64_t w, int64_t r) {
    require(r > 0, "pixel_shuffle: the factor must be positive");
    const int64_t batch = planes_of(x, channels * r * r * h * w);
    return by_width(x.dtype, [&](auto unit) {
        using U = decltype(unit);
        Owned out = make(x.dtype, batch, channels, h * r, w * r);
        const auto& k = copies<U>();
        parallel_for(batch * channels * h * r, grain_for(w * r / 4 + 2), [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const int64_t a = i % r, y = (i / r) % h, plane = i / (r * h);
                k.interleave(x.as<U>() + ((plane * r + a) * r * h + y) * w, out.as<U>() + i * w * r, w, r, h * w);
            }
        });
        return out;
    });
}

Owned pixel_unshuffle(const Array& x, int64_t channels, int64_t h, int64_t w, int64_t r) {
    require(r > 0, "pixel_unshuffle: the factor must be positive");
    const int64_t batch = planes_of(x, channels * r * r * h * w);
    return by_width(x.dtype, [&](auto unit) {
        using U = decltype(unit);
        Owned out = make(x.dtype, batch, channels * r * r, h, w);
        const auto& k = copies<U>();
        parallel_for(batch * channels * h * r, grain_for(w * r / 4 + 2), [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const int64_t a = i % r, y = (i / r) % h, plane = i / (r * h);
                k.deinterleave(x.as<U>() + i * w * r, out.as<U>() + ((plane * r + a) * r * h + y) * w, w, r, h * w);
            }
        });
        return out;
    });
}

namespace {

WindowPlan window_plan(int64_t h, int64_t w, int64_t kh, int64_t kw, int64_t sh, int64_t sw, int64_t ph, int64_t pw, int64_t dh, int64_t dw,
                       int64_t oh, int64_t ow) {
    require(h > 0 && w > 0 && kh > 0 && kw > 0 && sh > 0 && sw > 0 && dh > 0 && dw > 0 && oh > 0 && ow > 0,
            "unfold: sizes must be positive");
    return {h, w, kh, kw, oh, ow, sh, sw, ph, pw, dh, dw};
}

}  // namespace

Owned unfold_windows(const Array& x, int64_t h, int64_t w, int64_t kh, int64_t kw, int64_t sh, int64_t sw, int64_t ph, int64_t pw,
                     int64_t dh, int64_t dw, int64_t oh, int64_t ow) {
    const WindowPlan plan = window_plan(h, w, kh, kw, sh, sw, ph, pw, dh, dw, oh, ow);
    const int64_t planes = planes_of(x, h * w);
    return by_width(x.dtype, [&](auto unit) {
        using U = decltype(unit);
        const int64_t size = kh * kw * oh * ow;
        Owned out = Owned::make(x.dtype, {planes, kh * kw, oh * ow});
        const auto& k = copies<U>();
        parallel_for(planes, grain_for(size / 8 + 8), [&](int64_t begin, int64_t end) {
            for (int64_t p = begin; p < end; ++p) k.unfold(x.as<U>() + p * h * w, out.as<U>() + p * size, plan);
        });
        return out;
    });
}

Owned fold_windows(const Array& x, int64_t h, int64_t w, int64_t kh, int64_t kw, int64_t sh, int64_t sw, int64_t ph, int64_t pw, int64_t dh,
                   int64_t dw, int64_t oh, int64_t ow) {
    const WindowPlan plan = window_plan(h, w, kh, kw, sh, sw, ph, pw, dh, dw, oh, ow);
    const int64_t size = kh * kw * oh * ow, planes = planes_of(x, size);
    return by_float(x.dtype, [&](auto zero) {
        using T = decltype(zero);
        Owned out = Owned::make(x.dtype, {planes, h, w});
        const auto& k = functions<T>();
        parallel_for(planes, grain_for(size / 4 + 8), [&](int64_t begin, int64_t end) {
            for (int64_t p = begin; p < end; ++p) k.fold(x.as<T>() + p * size, out.as<T>() + p * h * w, plan);
        });
        return out;
    });
}

namespace {

struct GridShape {
    GridPlan plan;
    int64_t batch, channels, plane, points;
};

GridShape grid_shape(const Array& x, const Array& grid, int mode, int padding, bool align) {
    require(x.ndim == grid.ndim && (x.ndim == 4 || x.ndim == 5), "grid_sample: x and grid must both be 4-D or 5-D");
    const int dims = x.ndim - 2;
    require(x.contiguous && grid.contiguous && x.dtype == grid.dtype, "grid_sample: x and grid must be contiguous, of one dtype");
    require(grid.shape[0] == x.shape[0] && grid.shape[grid.ndim - 1] == dims, "grid_sample: the grid does not fit x");
    require(mode >= 0 && mode <= (dims == 2 ? 2 : 1) && padding >= 0 && padding <= 2, "grid_sample: unknown mode or padding");
    GridShape s{{dims, {0, 0, 0}, static_cast<GridMode>(mode), static_cast<GridPadding>(padding), align}, x.shape[0], x.shape[1], 1, 1};
    for (int i = 0; i < dims; ++i) {
        s.plan.in[i] = x.shape[x.ndim - 1 - i];
        s.plane *= s.plan.in[i];
        s.points *= grid.shape[1 + i];
    }
    require(s.plane > 0 && s.plane < 0x7fffffff, "grid_sample: x's planes must have between 1 and 2^31 values");
    return s;
}

template <class T>
struct TapBlock {
    int32_t index[16 * kGridBlock];
    T weight[16 * kGridBlock];
};

}  // namespace

Owned grid_sample(const Array& x, const Array& grid, int mode, int padding, bool align) {
    const GridShape s = grid_shape(x, grid, mode, padding, align);
    return by_float(x.dtype, [&](auto zero) {
        using T = decltype(zero);
        int64_t shape[5] = {s.batch, s.channels};
        for (int i = 0; i < s.plan.dims; ++i) shape[2 + i] = grid.shape[1 + i];
        Owned out = Owned::make(x.dtype, shape, x.ndim);
        const auto& k = functions<T>();
        const int taps = s.plan.taps();
        const int64_t blocks = (s.points + kGridBlock - 1) / kGridBlock;
        const int64_t cost = kGridBlock * (taps * s.channels / 4 + taps * 4 + 8);
        // Several channels at one point are read fastest side by side; turning x pays where most of it is read.
        const bool turned = 2 * s.channels >= k.lanes && s.points * taps >= s.plane;
        const int64_t padded = (s.channels + k.lanes - 1) / k.lanes * k.lanes, strips = (s.plane + kGridBlock - 1) / kGridBlock;
        Scratch pixels(turned ? s.batch * s.plane * padded * static_cast<int64_t>(sizeof(T)) : 0);
        T* const near = static_cast<T*>(pixels.get());
        if (turned)
            parallel_for(s.batch * strips, grain_for(kGridBlock * padded / 4), [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) {
                    const int64_t n = i / strips, first = (i % strips) * kGridBlock, last = std::min(first + kGridBlock, s.plane);
                    pick<T>(active_gemm_table())
                        .pack(x.as<T>() + n * s.channels * s.plane + first, 1, s.plane, last - first, s.channels, padded,
                              near + (n * s.plane + first) * padded);
                }
            });
        parallel_for(s.batch * blocks, grain_for(cost), [&](int64_t begin, int64_t end) {
            TapBlock<T> t;
            for (int64_t i = begin; i < end; ++i) {
                const int64_t n = i / blocks, first = (i % blocks) * kGridBlock, count = std::min(kGridBlock, s.points - first);
                k.grid_taps(grid.as<T>() + (n * s.points + first) * s.plan.dims, count, s.plan, t.index, t.weight, nullptr);
                const int64_t plane = n * s.channels;
                if (turned) {
                    k.grid_read_last(near + n * s.plane * padded, out.as<T>() + plane * s.points + first, count, s.channels, padded,
                                     s.points, taps, t.index, t.weight);
                    continue;
                }
                k.grid_read(x.as<T>() + plane * s.plane, out.as<T>() + plane * s.points + first, count, s.channels, s.plane, s.points, taps,
                            t.index, t.weight);
            }
        });
        return out;
    });
}

std::tuple<Owned, Owned> grid_sample_backward(const Array& g, const Array& x, const Array& grid, int mode, int padding, bool align,
                                              bool need_x, bool need_grid) {
    const GridShape s = grid_shape(x, grid, mode, padding, align);
    require(g.contiguous && g.dtype == x.dtype && g.size == s.batch * s.channels * s.points, "grid_sample: the gradient does not fit");
    return by_float(x.dtype, [&](auto zero) {
        using T = decltype(zero);
        const auto& k = functions<T>();
        const int taps = s.plan.taps();
        const int64_t blocks = (s.points + kGridBlock - 1) / kGridBlock;
        const auto count_of = [&](int64_t block) { return std::min(kGridBlock, s.points - block * kGridBlock); };
        Owned dx = need_x ? Owned::like(x) : Owned::make(x.dtype, {0});
        Owned dgrid = need_grid ? Owned::like(grid) : Owned::make(x.dtype, {0});
        if (need_x) {
            // A plane is one thread's, so that sums come in one order; channels share the taps in groups.
            const int64_t group = 8, groups = (s.channels + group - 1) / group;
            parallel_for(s.batch * groups, grain_for(s.points * taps * group), [&](int64_t begin, int64_t end) {
                TapBlock<T> t;
                for (int64_t i = begin; i < end; ++i) {
                    const int64_t n = i / groups, first = n * s.channels + (i % groups) * group;
                    const int64_t last = std::min(first + group, (n + 1) * s.channels);
                    memset(dx.as<T>() + first * s.plane, 0, static_cast<size_t>((last - first) * s.plane) * sizeof(T));
                    for (int64_t b = 0; b < blocks; ++b) {
                        k.grid_taps(grid.as<T>() + (n * s.points + b * kGridBlock) * s.plan.dims, count_of(b), s.plan, t.index, t.weight,
                                    nullptr);
                        for (int64_t c = first; c < last; ++c)
                            k.grid_add(g.as<T>() + c * s.points + b * kGridBlock, dx.as<T>() + c * s.plane, count_of(b), taps, t.index,
                                       t.weight);
                    }
                }
            });
        }
        if (need_grid) {
            const int64_t cost = kGridBlock * (taps * s.channels / 4 + taps * 8 + 8);
            parallel_for(s.batch * blocks, grain_for(cost), [&](int64_t begin, int64_t end) {
                TapBlock<T> t;
                T slope[2 * 16 * kGridBlock], dots[16 * kGridBlock];
                static_assert(3 * 8 <= 2 * 16);
                for (int64_t i = begin; i < end; ++i) {
                    const int64_t n = i / blocks, b = i % blocks;
                    const int64_t at = (n * s.points + b * kGridBlock) * s.plan.dims;
                    k.grid_taps(grid.as<T>() + at, count_of(b), s.plan, t.index, t.weight, slope);
                    std::fill(dots, dots + taps * kGridBlock, T(0));
                    for (int64_t c = n * s.channels; c < (n + 1) * s.channels; ++c)
                        k.grid_dots(g.as<T>() + c * s.points + b * kGridBlock, x.as<T>() + c * s.plane, count_of(b), taps, t.index, dots);
                    k.grid_slopes(slope, dots, count_of(b), s.plan, dgrid.as<T>() + at);
                }
            });
        }
        return std::make_tuple(dx, dgrid);
    });
}

}  // namespace plait
