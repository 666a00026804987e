// Images whose channels are first, with many output channels: some rows of the image are turned so that channels are last, once for all
// taps, with their border. Then pixels are the rows of a product whose inner dimension is taps and channels, as they lie, and its result is
// turned back. What bounds it is the product; turning costs a few percent from about 16 channels on.
//
// Sums are those of the oneDNN kernels that PyTorch calls where AVX-512 is: sixteen input channels at a time, taps in the kernel's order,
// each sixteen's sum added to those before and the bias.
#include <algorithm>
#include <memory>
#include <optional>

#include "entries/conv_packing.h"

namespace plait {
namespace {

constexpr int64_t kTasks = 8;            // at least so many, where the work can be cut
constexpr int64_t kPixels = 448;         // of output, to a task
constexpr int64_t kFewPixels = 64;       // small images share a task, and each pass over the weights, up to so many
constexpr int64_t kNumbers = 96 * 1024;  // of turned input, to a task, where that can be
constexpr int64_t kLeastOutputs = 17;    // of large work; fewer leave vectors empty
constexpr int64_t kBlock = 16;           // input channels to a sum

template <class T>
class Turned {
  public:
    explicit Turned(const std::vector<Pass<T>>& passes)
        : p(passes[0]), gemm(pick<T>(gemm_kernels())), conv(pick<T>(conv_kernels())), nparts(static_cast<int64_t>(passes.size())) {
        for (int i = 0; i < 3; ++i) low[i] = high[i] = p.taps[0].off[i];
        for (const Pass<T>& pass : passes) {
            parts.push_back(std::make_unique<Part>(pass));
            for (int i = 0; i < 3; ++i)
                for (const Tap& tap : pass.taps) {
                    low[i] = std::min(low[i], tap.off[i]);
                    high[i] = std::max(high[i], tap.off[i]);
                }
        }
    }

    void run() {
        const int64_t pieces = ceil_div(p.out.size[2] * nparts, kPixels), nx = ceil_div(p.out.size[2], pieces);
        const int64_t row = extent(2, nx) * p.cg * extent(0, 1) * p.mult[1];
        const int64_t most = std::clamp<int64_t>(kNumbers / row, 1, std::max<int64_t>(1, kPixels / (nx * nparts)));
        const int64_t images = p.out.n * p.groups * p.out.size[0] * pieces, wanted = ceil_div(kTasks, images);
        const int64_t ny = std::min(most, std::max<int64_t>(ceil_div(p.out.size[1], wanted), ceil_div(32, nx)));
        const int64_t blocks = ceil_div(p.out.size[1], ny), panels = parts[0]->panels.count();
        const int64_t few = std::min(kFewPixels / (nx * ny), kNumbers / (row * extent(1, ny)));
        const int64_t together = blocks > 1 || pieces > 1 ? 1 : std::clamp<int64_t>(few, 1, p.out.n), batches = ceil_div(p.out.n, together);
        const int64_t units = batches * p.groups * p.out.size[0] * pieces * blocks;
        const int64_t cuts = std::clamp<int64_t>(ceil_div(kTasks, units), 1, panels);
        if (units > 1)
            for (const auto& part : parts) part->weights.emplace(part->pass, part->pass.taps);
        run_tasks(units * cuts, 1, [&](int64_t t) {
            const int64_t cut = t % cuts, piece = t / cuts % pieces, block = t / cuts / pieces % blocks, rest = t / cuts / pieces / blocks;
            const int64_t z = rest % p.out.size[0], g = rest / p.out.size[0] % p.groups, n = rest / p.out.size[0] / p.groups * together;
            const int64_t y = block * ny, x = piece * nx;
            const Box box = {{z, y, x}, {1, std::min(ny, p.out.size[1] - y), std::min(nx, p.out.size[2] - x)}};
            if (box.q[2] > 0) task(n, std::min(p.out.n, n + together), g, box, cut * panels / cuts, (cut + 1) * panels / cuts);
        });
    }

  private:
    // A pass and its weights: packed, or, where all images pass at once, to be packed a block at a time, used and forgotten.
    struct Part {
        const Pass<T>& pass;
        const Panels<T> panels;
        const std::vector<TapRun> runs;
        const int64_t block;
        const WeightPacking<T> packing;
        std::optional<PackedWeights<T>> weights;

        explicit Part(const Pass<T>& p)
            : pass(p), panels(p), runs(tap_runs(p.taps)), block(std::min(kBlock, p.cg)), packing(p, p.taps, block, 1) {}
    };

    // Input positions that `n` output positions read.
    int64_t extent(int axis, int64_t n) const { return (n - 1) * p.mult[axis] + high[axis] - low[axis] + 1; }

    // Images [n0, n1).
    void task(int64_t n0, int64_t n1, int64_t g, const Box& box, int64_t panel0, int64_t panel1) const {
        const int64_t depth = extent(0, 1), height = extent(1, box.q[1]), width = extent(2, box.q[2]), pixels = box.q[1] * box.q[2];
        const int64_t image = depth * height * width * p.cg, total = (n1 - n0) * pixels;
        Scratch<T> turned((n1 - n0) * image + gemm.lanes);
        std::vector<const T*> rows;
        rows.reserve(static_cast<size_t>(total));
        for (int64_t n = n0; n < n1; ++n) {
            T* to = turned.data() + (n - n0) * image;
            lay(n, g, box, depth, height, width, to);
            for (int64_t i = 0; i < pixels; ++i) rows.push_back(to + (i / box.q[2] * p.mult[1] * width + i % box.q[2] * p.mult[2]) * p.cg);
        }
        const int64_t first = parts[0]->panels.first(panel0), columns = parts[0]->panels.first(panel1) - first;
        Scratch<T> sums(nparts * total * columns + gemm.lanes);
        for (int64_t i = 0; i < nparts; ++i)
            multiply(*parts[static_cast<size_t>(i)], g, panel0, panel1, rows, height, width, sums.data() + i * total * columns, columns);
        for (int64_t n = n0; n < n1; ++n) put(n, g, box, first, columns, sums.data() + (n - n0) * pixels * columns, total * columns);
    }

    // Pixels of one part: a block of channels at a time.
    void multiply(const Part& part, int64_t g, int64_t panel0, int64_t panel1, const std::vector<const T*>& rows, int64_t height,
                  int64_t width, T* sums, int64_t columns) const {
        const Panels<T>& panels = part.panels;
        const int64_t ntaps = static_cast<int64_t>(part.pass.taps.size()), tap_step = part.weights ? p.cg : part.block;
        Scratch<T> packed(part.weights ? 0 : ntaps * part.block * gemm.panel);
        for (int64_t c = 0; c < p.cg; c += kBlock) {
            const int64_t count = std::min(kBlock, p.cg - c);
            std::vector<Segment> segments;
            int64_t taps = 0;
            for (const TapRun& run : part.runs) {
                const int64_t at = (((run.off[0] - low[0]) * height + run.off[1] - low[1]) * width + run.off[2] - low[2]) * p.cg + c;
                if (count == p.cg) {
                    segments.push_back({at, taps * p.cg, run.taps * p.cg});
                } else {
                    for (int64_t t = 0; t < run.taps; ++t) segments.push_back({at + t * p.cg, (taps + t) * tap_step, count});
                }
                taps += run.taps;
            }
            for (int64_t panel = panel0; panel < panel1; ++panel) {
                const int64_t w = panels.width(panel);
                if (!part.weights) part.packing.pack(g, panels.first(panel), panels.columns(panel), w, c, count, packed.data());
                std::vector<Segment> now = segments;
                for (Segment& s : now) s.b *= w;
                Block<T> job{};
                job.rows = rows.data();
                job.segments = now.data();
                job.nsegments = static_cast<int64_t>(now.size());
                job.b = part.weights ? part.weights->at(g, panel) + c * w : packed.data();
                job.ldb = w;
                job.c = sums + panels.first(panel) - panels.first(panel0);
                job.crs = columns;
                job.ccs = 1;
                job.m = static_cast<int64_t>(rows.size());
                job.n = w;
                job.alpha = T(1);
                job.accumulate = c > 0;
                job.col_bias = c == 0 ? panels.bias(g, panel) : nullptr;
                job.bias_last = true;
                gemm.block(job);
            }
        }
    }

    void lay(int64_t n, int64_t g, const Box& box, int64_t depth, int64_t height, int64_t width, T* to) const {
        const int64_t x = box.q0[2] * p.mult[2] + low[2];
        for (int64_t i = 0; i < depth * height; ++i, to += width * p.cg) {
            const int64_t z = box.q0[0] * p.mult[0] + low[0] + i / height, y = box.q0[1] * p.mult[1] + low[1] + i % height;
            const bool inside = z >= 0 && z < p.in.size[0] && y >= 0 && y < p.in.size[1];
            const T* row = inside ? p.in.p + n * p.in.sn + g * p.cg * p.in.sc + z * p.in.s[0] + y * p.in.s[1] : nullptr;
            lay_row(gemm, row, p.in.s[2], p.in.sc, p.in.size[2], x, width, p.cg, p.cg, to);
        }
    }

    // Parts take turns along a row of the output; the last ones may be a pixel shorter than the first.
    void put(int64_t n, int64_t g, const Box& box, int64_t first, int64_t columns, const T* sums, int64_t part_step) const {
        const int64_t channels = std::min(p.mg, first + columns) - first;
        const int64_t step = nparts > 1 ? parts[1]->pass.out.p - p.out.p : p.out.s[2];
        int64_t whole = 0;
        for (const auto& part : parts) whole += std::clamp<int64_t>(part->pass.out.size[2] - box.q0[2], 0, box.q[2]);
        std::vector<const T*> from(static_cast<size_t>(whole));
        T* to = p.out.p + n * p.out.sn + (g * p.mg + first) * p.out.sc;
        for (int i = 0; i < 3; ++i) to += box.q0[i] * p.out.s[i];
        for (int64_t y = 0; y < box.q[1]; ++y) {
            for (int64_t x = 0; x < whole; ++x)
                from[static_cast<size_t>(x)] = sums + x % nparts * part_step + (y * box.q[2] + x / nparts) * columns;
            conv.unlay(from.data(), whole, channels, to + y * p.out.s[1], p.out.sc, step);
        }
    }

    const Pass<T>& p;  // the first part's
    const GemmKernels<T>& gemm;
    const ConvKernels<T>& conv;
    const int64_t nparts;
    std::vector<std::unique_ptr<Part>> parts;
    int64_t low[3], high[3];
};

}  // namespace

template <class T>
bool fits_turned(const Pass<T>& p) {
    const bool last = p.out.sc == 1 && p.out.c > 1, many = p.mg >= kLeastOutputs || (p.cg > kBlock && p.mg > 1 && is_small(p));
    return !last && many && !p.taps.empty() && p.cg > 0;
}
template bool fits_turned<float>(const Pass<float>&);
template bool fits_turned<double>(const Pass<double>&);

template <class T>
void run_turned(const std::vector<Pass<T>>& passes) {
    Turned<T>(passes).run();
}
template void run_turned<float>(const std::vector<Pass<float>>&);
template void run_turned<double>(const std::vector<Pass<double>>&);

}  // namespace plait
