// 3×3 convolution with step 1 by Winograd's algorithm, a quarter of the direct way's products, and its weight gradient.
//
// Forward, a task takes some strips of tiles (or some filters, where those are larger) through all three steps, so that what is transformed
// stays near: for each of the 36 points M[tile, out channel] = V[tile, in channel] · U[in channel, out channel]. The products bound it
// (about 0.8 of the time with 64 channels).
#include <algorithm>
#include <atomic>

#include "entries/conv_packing.h"
#include "kernels/winograd.h"

namespace plait {

PLAIT_TABLE(WinogradKernels, winograd_table)

namespace {

constexpr int kPoints = 36;
constexpr int64_t kSmall = int64_t(1) << 23;  // products
constexpr int64_t kLeastLanes = 16;           // fewer channels leave most of a vector empty
constexpr int64_t kMostDepths = 8;
constexpr int64_t kLeastChannels = 32;          // fewer, and the transforms cost what the products save
constexpr int64_t kLeastTiles = 8;              // fewer, and transforming the filters does
constexpr int64_t kLeastFilling = 6;            // outputs to a tile of 16
constexpr int64_t kInner = 128;                 // products to a partial sum, which keeps rounding near the direct way's
constexpr int64_t kNear = 160 * 1024;           // numbers of transformed tiles that a task works on
constexpr int64_t kFew = 64;                    // input channels whose filters are transformed together, to stay in L2
constexpr int64_t kTasks = 8;                   // at least so many, where the work can be cut
constexpr int64_t kChunk = 2 * 1024 * 1024;     // numbers of transformed tiles between two steps of the weight gradient
constexpr int64_t kFilters = 16 * 1024 * 1024;  // numbers of transformed filters' gradients

std::atomic<bool> direct_only{false};

// Rows and columns of every `step`-th pixel of a view, counted from its first number.
struct Side {
    int64_t start, s[2], size[2];
};

// Where the taps are dilated, pixels of one phase meet only each other: each is a convolution of its own, without dilation.
struct Phase {
    Side in, out;
    int64_t y0, x0;  // of the first tap
};

// A grid of 3×3 taps at each of some depths, and the place of each among a pass's taps.
struct Grid {
    std::vector<int64_t> depths;
    std::vector<int> order;
    int64_t y0 = 0, x0 = 0, dy = 1, dx = 1;

    static bool read_axis(const std::vector<Tap>& taps, int axis, int64_t& first, int64_t& step) {
        first = taps[0].off[axis];
        int64_t last = first;
        for (const Tap& tap : taps) {
            first = std::min(first, tap.off[axis]);
            last = std::max(last, tap.off[axis]);
        }
        step = (last - first) / 2;
        return step > 0 && last - first == 2 * step;
    }

    bool read(const std::vector<Tap>& taps) {
        if (taps.size() % 9 != 0 || taps.empty() || !read_axis(taps, 1, y0, dy) || !read_axis(taps, 2, x0, dx)) return false;
        for (const Tap& tap : taps)
            if (std::find(depths.begin(), depths.end(), tap.off[0]) == depths.end()) depths.push_back(tap.off[0]);
        if (depths.size() * 9 != taps.size()) return false;
        order.assign(taps.size(), -1);
        for (size_t t = 0; t < taps.size(); ++t) {
            const int64_t y = (taps[t].off[1] - y0) / dy, x = (taps[t].off[2] - x0) / dx;
            if (y0 + y * dy != taps[t].off[1] || x0 + x * dx != taps[t].off[2]) return false;
            const int64_t depth = std::find(depths.begin(), depths.end(), taps[t].off[0]) - depths.begin();
            int& place = order[static_cast<size_t>(depth * 9 + y * 3 + x)];
            if (place >= 0) return false;
            place = static_cast<int>(t);
        }
        return true;
    }

    template <class A, class B>
    std::vector<Phase> phases(const View<A>& in, const View<B>& out) const {
        std::vector<Phase> all;
        for (int64_t py = 0; py < std::min(dy, out.size[1]); ++py)
            for (int64_t px = 0; px < std::min(dx, out.size[2]); ++px) {
                Phase phase{};
                phase.out = side(out, py, px);
                // Position q of the phase reads dy * (q + tap) + py + y0: number q + tap + phase.y0 of every dy-th from ry.
                const int64_t ry = ((py + y0) % dy + dy) % dy, rx = ((px + x0) % dx + dx) % dx;
                phase.in = side(in, ry, rx);
                phase.y0 = (py + y0 - ry) / dy;
                phase.x0 = (px + x0 - rx) / dx;
                all.push_back(phase);
            }
        return all;
    }

  private:
    template <class A>
    Side side(const View<A>& v, int64_t y, int64_t x) const {
        return {y * v.s[1] + x * v.s[2],
                {dy * v.s[1], dx * v.s[2]},
                {std::max<int64_t>(0, ceil_div(v.size[1] - y, dy)), std::max<int64_t>(0, ceil_div(v.size[2] - x, dx))}};
    }
};

// Tiles of one row, near each other.
struct Strip {
    const Phase* phase;
    int64_t n, z, y, x, tiles;
};

constexpr int64_t kStrip = 28;  // tiles: what a strip's pixels take of L1

std::vector<Strip> cut(const std::vector<Phase>& phases, int64_t images, int64_t depth) {
    std::vector<Strip> strips;
    for (int64_t n = 0; n < images; ++n)
        for (int64_t z = 0; z < depth; ++z)
            for (const Phase& phase : phases) {
                const int64_t ty = ceil_div(phase.out.size[0], 4), tx = ceil_div(phase.out.size[1], 4), pieces = ceil_div(tx, kStrip);
                for (int64_t y = 0; y < ty; ++y)
                    for (int64_t i = 0; i < pieces; ++i)
                        strips.push_back({&phase, n, z, y, i * tx / pieces, (i + 1) * tx / pieces - i * tx / pieces});
            }
    return strips;
}

// Consecutive strips of at most `tiles` tiles together; ends[i] is one past the last strip of part i.
std::vector<size_t> group(const std::vector<Strip>& strips, int64_t tiles) {
    std::vector<size_t> ends;
    int64_t now = 0;
    for (size_t i = 0; i < strips.size(); ++i) {
        if (now > 0 && now + strips[i].tiles > tiles) {
            ends.push_back(i);
            now = 0;
        }
        now += strips[i].tiles;
    }
    ends.push_back(strips.size());
    return ends;
}

int64_t tiles_of(const std::vector<Strip>& strips, size_t begin, size_t end) {
    int64_t tiles = 0;
    for (size_t i = begin; i < end; ++i) tiles += strips[i].tiles;
    return tiles;
}

// The tiles before each strip of [begin, end), from `begin` on.
std::vector<int64_t> starts(const std::vector<Strip>& strips, size_t begin, size_t end) {
    std::vector<int64_t> at;
    int64_t tiles = 0;
    for (size_t i = begin; i < end; ++i) {
        at.push_back(tiles);
        tiles += strips[i].tiles;
    }
    return at;
}

// `channels` at each of `depths`.
bool worth(const std::vector<Phase>& phases, int64_t images, int64_t channels, int64_t depths, int64_t outputs) {
    if (std::min(channels, outputs) < kLeastLanes || std::min(channels, outputs) * depths < kLeastChannels) return false;
    int64_t tiles = 0, pixels = 0;
    for (const Phase& phase : phases) {
        tiles += ceil_div(phase.out.size[0], 4) * ceil_div(phase.out.size[1], 4);
        pixels += phase.out.size[0] * phase.out.size[1];
    }
    return pixels >= kLeastFilling * tiles && images * tiles >= kLeastTiles;
}

// Transformed tiles: for each point a matrix [tiles][depths][channels rounded up to vectors].
struct Tiles {
    int64_t depth, row, point;
    Tiles(int64_t channels, int64_t depths, int64_t tiles, int64_t lanes)
        : depth(ceil_div(channels, lanes) * lanes), row(depths * depth), point(tiles * row + lanes) {}
    int64_t size() const { return kPoints * point; }
};

struct Tools {
    const GemmKernels<float>& gemm = gemm_kernels().f32;
    const ConvKernels<float>& conv = conv_kernels().f32;
    const WinogradKernels& kernels = active_winograd_table();
    const int64_t lanes = kernels.lanes;

    // A strip's pixels, `rows` rows from (y, x), of `channels` channels; zeros outside the image.
    void lay(const View<const float>& in, const Side& side, int64_t n, int64_t z, int64_t c, int64_t channels, int64_t y, int64_t x,
             int64_t rows, int64_t pixels, float* strip) const {
        for (int64_t r = 0; r < rows; ++r, ++y) {
            const bool inside = z >= 0 && z < in.size[0] && y >= 0 && y < side.size[0];
            const float* row = inside ? in.p + side.start + n * in.sn + z * in.s[0] + c * in.sc + y * side.s[0] : nullptr;
            lay_row(gemm, row, side.s[1], in.sc, side.size[1], x, pixels, channels, lanes, strip + r * pixels * lanes);
        }
    }

    int64_t strip_room(int64_t rows, int64_t tiles) const { return (rows * (4 * tiles + 2) + 1) * lanes; }

    // All channels, at all depths, that strips [begin, end) of outputs read.
    void transform_input(const View<const float>& in, int64_t c0, int64_t channels, const Grid& grid, const std::vector<Strip>& strips,
                         size_t begin, size_t end, float* v, const Tiles& to) const {
        Scratch<float> strip(strip_room(6, kStrip));
        for (size_t i = begin; i < end; ++i) {
            const Strip& s = strips[i];
            const int64_t pixels = 4 * s.tiles + 2;
            for (size_t d = 0; d < grid.depths.size(); ++d)
                for (int64_t c = 0; c < channels; c += lanes) {
                    lay(in, s.phase->in, s.n, s.z + grid.depths[d], c0 + c, std::min(lanes, channels - c), 4 * s.y + s.phase->y0,
                        4 * s.x + s.phase->x0, 6, pixels, strip.data());
                    kernels.input(strip.data(), pixels * lanes, s.tiles, v + static_cast<int64_t>(d) * to.depth + c, to.row, to.point);
                }
            v += s.tiles * to.row;
        }
    }
};

class Forward {
  public:
    Forward(const Pass<float>& pass, const Grid& taps, const std::vector<Phase>& phases)
        : p(pass),
          grid(taps),
          depths(static_cast<int64_t>(taps.depths.size())),
          inner(pass.cg * depths),
          strips(cut(phases, pass.out.n, pass.out.size[0])),
          total(tiles_of(strips, 0, strips.size())),
          vectors(ceil_div(pass.mg, tools.lanes)),
          weights(pass, pass.taps, 1, static_cast<int64_t>(pass.taps.size())) {}

    // False where a result is not finite: then the direct way says what it is.
    bool run() {
        if (inner * p.mg > total * (inner + p.mg))
            filters_pass_by();
        else
            tiles_pass_by();
        return finite.load();
    }

  private:
    int64_t first(int64_t panel) const { return panel * vectors / panels * tools.lanes; }  // its first output channel
    int64_t width(int64_t panel) const { return first(panel + 1) - first(panel); }

    // Small filters: transformed once, and kept near while parts of the image go by.
    void tiles_pass_by() {
        panels = ceil_div(p.mg, tools.gemm.panel);
        const int64_t point = inner * vectors * tools.lanes + tools.lanes;
        Scratch<float> filters(p.groups * kPoints * point);
        run_tasks(p.groups * panels, 1, [&](int64_t t) {
            const int64_t g = t / panels, panel = t % panels;
            transform_filters(g, panel, 0, p.cg, filters.data() + g * kPoints * point + inner * first(panel), point);
        });
        const int64_t near = std::max<int64_t>(32, kNear / kPoints * 2 / (inner + p.mg));
        const std::vector<size_t> ends = group(strips, std::min({near, int64_t(64), ceil_div(total * p.groups, kTasks)}));
        const int64_t parts = static_cast<int64_t>(ends.size()), step = ceil_div(p.cg, ceil_div(inner, kInner));
        run_tasks(parts * p.groups, 1, [&](int64_t t) {
            const int64_t g = t / parts;
            const size_t part = static_cast<size_t>(t % parts), begin = part == 0 ? 0 : ends[part - 1], end = ends[part];
            const int64_t tiles = tiles_of(strips, begin, end);
            const Tiles in(p.cg, depths, tiles, tools.lanes), out(p.mg, 1, tiles, tools.lanes);
            Scratch<float> v(in.size()), m(out.size());
            tools.transform_input(p.in, g * p.cg, p.cg, grid, strips, begin, end, v.data(), in);
            for (int64_t i = 0; i < kPoints; ++i)
                for (int64_t panel = 0; panel < panels; ++panel) {
                    const float* u = filters.data() + (g * kPoints + i) * point + inner * first(panel);
                    for (int64_t c = 0; c < p.cg; c += step)
                        multiply(tiles, v.data() + i * in.point + c, in, u + c * width(panel), p.cg, width(panel), std::min(step, p.cg - c),
                                 m.data() + i * out.point + first(panel), out.row, c > 0);
                }
            put(g, begin, end, 0, p.mg, m.data(), out);
        });
    }

    // Large filters and few tiles: all tiles are kept, and some channels' filters at a time transformed, used and forgotten.
    void filters_pass_by() {
        panels = std::max(ceil_div(p.mg, tools.gemm.panel), std::min(kTasks, vectors));
        const Tiles in(p.cg, depths, total, tools.lanes);
        const int64_t few = std::min(p.cg, std::max<int64_t>(1, kFew / depths));
        Scratch<float> v(in.size());
        for (int64_t g = 0; g < p.groups; ++g) {
            const std::vector<int64_t> at = starts(strips, 0, strips.size());
            run_tasks(static_cast<int64_t>(strips.size()), 1, [&](int64_t t) {
                const size_t i = static_cast<size_t>(t);
                tools.transform_input(p.in, g * p.cg, p.cg, grid, strips, i, i + 1, v.data() + at[i] * in.row, in);
            });
            run_tasks(panels, 1, [&](int64_t panel) {
                const int64_t w = width(panel), point = few * depths * w + tools.lanes;
                const Tiles out(w, 1, total, tools.lanes);
                Scratch<float> u(kPoints * point), m(out.size());
                for (int64_t c = 0; c < p.cg; c += few) {
                    const int64_t count = std::min(few, p.cg - c);
                    transform_filters(g, panel, c, count, u.data(), point);
                    for (int64_t i = 0; i < kPoints; ++i)
                        multiply(total, v.data() + i * in.point + c, in, u.data() + i * point, count, w, count, m.data() + i * out.point,
                                 out.row, c > 0);
                }
                put(g, 0, strips.size(), first(panel), std::min(p.mg, first(panel + 1)), m.data(), out);
            });
        }
    }

    // u: for each point [depth][channel][width].
    void transform_filters(int64_t g, int64_t panel, int64_t c, int64_t channels, float* u, int64_t point) const {
        const int64_t m = first(panel), w = width(panel), ntaps = 9 * depths;
        Scratch<float> columns(channels * ntaps * w + tools.lanes);
        weights.pack(g, m, std::min(w, p.mg - m), w, c, channels, columns.data());
        for (int64_t d = 0; d < depths; ++d)
            tools.kernels.filter(columns.data(), grid.order.data() + 9 * d, ntaps, channels, w, u + d * channels * w, point);
    }

    // `channels` channels of each depth, `u_step` rows of u apart.
    void multiply(int64_t tiles, const float* v, const Tiles& in, const float* u, int64_t u_step, int64_t w, int64_t channels, float* m,
                  int64_t m_row, bool accumulate) const {
        Segment segments[kMostDepths];
        for (int64_t d = 0; d < depths; ++d) segments[d] = {d * in.depth, d * u_step * w, channels};
        Block<float> job{};
        job.a = v;
        job.ars = in.row;
        job.segments = segments;
        job.nsegments = depths;
        job.b = u;
        job.ldb = w;
        job.c = m;
        job.crs = m_row;
        job.ccs = 1;
        job.m = tiles;
        job.n = w;
        job.alpha = 1;
        job.accumulate = accumulate;
        tools.gemm.block(job);
    }

    // Output channels [k0, k1) of a group, whose first is m's first column.
    void put(int64_t g, size_t begin, size_t end, int64_t k0, int64_t k1, const float* m, const Tiles& from) {
        const int64_t lanes = tools.lanes;
        Scratch<float> strip(tools.strip_room(4, kStrip)), bias(lanes);
        const float* at[4][4 * kStrip];
        bool good = true;
        for (size_t i = begin; i < end; ++i) {
            const Strip& s = strips[i];
            const int64_t pitch = 4 * s.tiles * lanes;
            const Side& side = s.phase->out;
            const int64_t rows = std::min<int64_t>(4, side.size[0] - 4 * s.y), pixels = std::min(4 * s.tiles, side.size[1] - 4 * s.x);
            for (int64_t r = 0; r < rows; ++r)
                for (int64_t x = 0; x < pixels; ++x) at[r][x] = strip.data() + r * pitch + x * lanes;
            for (int64_t k = k0; k < k1; k += lanes) {
                const int64_t channels = std::min(lanes, k1 - k);
                for (int64_t j = 0; j < lanes; ++j) bias.data()[j] = p.bias && j < channels ? p.bias[g * p.mg + k + j] : 0.0f;
                good = tools.kernels.output(m + k - k0, from.row, from.point, s.tiles, bias.data(), strip.data(), pitch) && good;
                float* to = p.out.p + side.start + s.n * p.out.sn + s.z * p.out.s[0] + (g * p.mg + k) * p.out.sc + 4 * s.y * side.s[0] +
                            4 * s.x * side.s[1];
                for (int64_t r = 0; r < rows; ++r) tools.conv.unlay(at[r], pixels, channels, to + r * side.s[0], p.out.sc, side.s[1]);
            }
            m += s.tiles * from.row;
        }
        if (!good) finite.store(false);
    }

    const Pass<float>& p;
    const Grid& grid;
    const Tools tools;
    const int64_t depths, inner;  // the latter in all depths
    const std::vector<Strip> strips;
    const int64_t total, vectors;
    const WeightPacking<float> weights;
    int64_t panels = 1;
    std::atomic<bool> finite{true};
};

// dw = Gᵀ[Σ (A dy Aᵀ) ∘ (Bᵀ x B)]G. A chunk of tiles is transformed by all threads, then each takes points of the product, whose inner
// dimension is the chunk's tiles: the order of the sums does not depend on the threads.
class FilterGradient {
  public:
    FilterGradient(const WeightPass<float>& pass, const Grid& taps, const std::vector<Phase>& phases)
        : p(pass),
          grid(taps),
          depths(static_cast<int64_t>(taps.depths.size())),
          strips(cut(phases, pass.dy.n, pass.dy.size[0])),
          sums(pass.cg, depths, pass.og, tools.lanes) {}

    void run() {
        const int64_t total = tiles_of(strips, 0, strips.size());
        const int64_t most = std::min(total, std::max(2 * kStrip, kChunk / (kPoints * (p.cg * depths + p.og))));
        const std::vector<size_t> ends = group(strips, most);
        const Tiles xs(p.cg, depths, most, tools.lanes), ys(p.og, 1, most, tools.lanes);
        Scratch<float> x(xs.size()), y(ys.size()), u(sums.size());
        for (int64_t g = 0; g < p.groups; ++g) {
            for (size_t part = 0; part < ends.size(); ++part) {
                const size_t begin = part == 0 ? 0 : ends[part - 1], count = ends[part] - begin;
                const std::vector<int64_t> at = starts(strips, begin, ends[part]);
                run_tasks(static_cast<int64_t>(count), 1, [&](int64_t t) {
                    const size_t i = static_cast<size_t>(t);
                    tools.transform_input(p.x, g * p.cg, p.cg, grid, strips, begin + i, begin + i + 1, x.data() + at[i] * xs.row, xs);
                    transform_gradient(g, strips[begin + i], y.data() + at[i] * ys.row, ys);
                });
                multiply(tiles_of(strips, begin, ends[part]), y.data(), ys, x.data(), xs, u.data(), part > 0);
            }
            run_tasks(p.og, grain_for(p.cg * depths * kPoints, 1 << 15), [&](int64_t o) {
                for (int64_t d = 0; d < depths; ++d)
                    for (int64_t c = 0; c < p.cg; c += tools.lanes)
                        tools.kernels.filter_grad(u.data() + o * sums.row + d * sums.depth + c, sums.point, 9 * depths,
                                                  std::min(tools.lanes, p.cg - c), p.dw + (((g * p.og + o) * p.cg + c) * depths + d) * 9);
            });
        }
    }

  private:
    void transform_gradient(int64_t g, const Strip& s, float* v, const Tiles& to) const {
        Scratch<float> strip(tools.strip_room(4, kStrip));
        for (int64_t o = 0; o < p.og; o += tools.lanes) {
            tools.lay(p.dy, s.phase->out, s.n, s.z, g * p.og + o, std::min(tools.lanes, p.og - o), 4 * s.y, 4 * s.x, 4, 4 * s.tiles,
                      strip.data());
            tools.kernels.output_grad(strip.data(), 4 * s.tiles * tools.lanes, s.tiles, v + o, to.row, to.point);
        }
    }

    void multiply(int64_t tiles, const float* y, const Tiles& ys, const float* x, const Tiles& xs, float* u, bool accumulate) const {
        const int64_t rows = ceil_div(std::min<int64_t>(p.og, 64), tools.gemm.tile) * tools.gemm.tile, blocks = ceil_div(p.og, rows);
        run_tasks(kPoints * blocks, 1, [&](int64_t t) {
            const int64_t point = t / blocks, o = t % blocks * rows;
            for (int64_t c = 0; c < sums.row; c += tools.gemm.panel)
                for (int64_t k = 0; k < tiles; k += kInner) {
                    const Segment all = {0, 0, std::min(kInner, tiles - k)};
                    Block<float> job{};
                    job.a = y + point * ys.point + k * ys.row + o;
                    job.ars = 1;
                    job.acs = ys.row;
                    job.crossed = true;
                    job.segments = &all;
                    job.nsegments = 1;
                    job.b = x + point * xs.point + k * xs.row + c;
                    job.ldb = xs.row;
                    job.c = u + point * sums.point + o * sums.row + c;
                    job.crs = sums.row;
                    job.ccs = 1;
                    job.m = std::min(rows, p.og - o);
                    job.n = std::min<int64_t>(tools.gemm.panel, sums.row - c);
                    job.alpha = 1;
                    job.accumulate = accumulate || k > 0;
                    tools.gemm.block(job);
                }
        });
    }

    const WeightPass<float>& p;
    const Grid& grid;
    const Tools tools;
    const int64_t depths;
    const std::vector<Strip> strips;
    const Tiles sums;
};

bool steps_by_one(const int64_t* mult) { return mult[0] == 1 && mult[1] == 1 && mult[2] == 1; }

// Of the weight gradient: its taps are in rows, as dw has them.
bool in_order(const Grid& grid) {
    for (size_t t = 0; t < grid.order.size(); ++t)
        if (grid.order[t] != static_cast<int>(t)) return false;
    return true;
}

}  // namespace

void set_direct_convolution(bool on) { direct_only.store(on); }

template <class T>
bool is_small(const Pass<T>& p) {
    const int64_t positions = p.out.n * p.out.size[0] * p.out.size[1] * p.out.size[2];
    return direct_only.load() || positions * p.groups * p.mg * p.cg * static_cast<int64_t>(p.taps.size()) < kSmall;
}
template bool is_small<float>(const Pass<float>&);
template bool is_small<double>(const Pass<double>&);

bool run_winograd(const Pass<float>& p) {
    Grid grid;
    if (is_small(p) || !steps_by_one(p.mult) || !grid.read(p.taps)) return false;
    const int64_t depths = static_cast<int64_t>(grid.depths.size());
    const std::vector<Phase> phases = grid.phases(p.in, p.out);
    if (depths > kMostDepths || !worth(phases, p.out.n * p.out.size[0], p.cg, depths, p.mg)) return false;
    return Forward(p, grid, phases).run();
}

bool run_winograd(const WeightPass<float>& p) {
    Grid grid;
    if (direct_only.load() || !steps_by_one(p.mult) || !grid.read(p.taps) || !in_order(grid)) return false;
    const int64_t depths = static_cast<int64_t>(grid.depths.size());
    const std::vector<Phase> phases = grid.phases(p.x, p.dy);
    if (depths > kMostDepths || !worth(phases, p.dy.n * p.dy.size[0], p.cg, depths, p.og) || kPoints * p.cg * depths * p.og > kFilters)
        return false;
    FilterGradient(p, grid, phases).run();
    return all_finite<float>(p.dw, p.groups * p.og * p.cg * 9 * depths);
}

}  // namespace plait
