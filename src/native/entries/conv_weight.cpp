// The gradient of the weights: dw[o, c, t] = sum over images and positions q of dy[o, q] * x[c, q * mult + off(t)].
//
// As a product of matrices its inner dimension is the positions. The rows (c, t) of the left side are planes of x, shifted, not copied; the
// right side is dy, turned so that its channels are the columns, with zeros where a row of positions ends and the border begins.
#include <algorithm>

#include "entries/conv_pass.h"

namespace plait {
namespace {

constexpr int64_t kTasks = 8;
constexpr int64_t kInner = 512;
constexpr int64_t kPartial = int64_t(1) << 22;  // numbers in all partial sums together
constexpr int64_t kNear = 400 * 1024;           // numbers that one task works on at a time
constexpr int64_t kTurned = 64;                 // output channels turned at a time
constexpr int64_t kTogether = 128;              // positions of small images that share a pass over the sums

template <class T>
struct Work {
    explicit Work(const WeightPass<T>& pass)
        : p(pass),
          gemm(pick<T>(gemm_kernels())),
          conv(pick<T>(conv_kernels())),
          plan(pass.taps, pass.mult),
          ntaps(static_cast<int64_t>(pass.taps.size())),
          room(5 * gemm.lanes) {}

    const WeightPass<T>& p;
    const GemmKernels<T>& gemm;
    const ConvKernels<T>& conv;
    const PlanePlan plan;
    const int64_t ntaps, room;
};

// One filter per input channel, or few: dot products of shifted planes with dy.
template <class T>
void run_correlations(const WeightPass<T>& p) {
    const Work<T> work(p);
    const std::vector<Box> boxes = work.plan.boxes(p.dy.size, 64 * 1024);
    const int64_t nboxes = static_cast<int64_t>(boxes.size()), ntaps = work.ntaps;
    const int64_t units = p.dy.n * nboxes, size = p.groups * p.og * p.cg * ntaps;
    const int64_t splits = std::clamp<int64_t>(kPartial / std::max<int64_t>(size, 1), 1, std::max<int64_t>(units, 1));
    Scratch<T> partial(splits * size);
    const int64_t cost = std::max<int64_t>(1, work.plan.flat(boxes[0]) * p.cg * p.og * ntaps * ceil_div(units, splits));
    run_tasks(p.groups * splits, grain_for(cost, 1 << 17), [&](int64_t task) {
        const int64_t g = task % p.groups, split = task / p.groups;
        T* sums = partial.data() + split * size + g * p.og * p.cg * ntaps;
        std::fill(sums, sums + p.og * p.cg * ntaps, T(0));
        std::vector<T> now(static_cast<size_t>(ntaps));
        std::vector<int64_t> shift(static_cast<size_t>(ntaps));
        for (int64_t u = split * units / splits; u < (split + 1) * units / splits; ++u) {
            const Box& box = boxes[static_cast<size_t>(u % nboxes)];
            const int64_t n = u / nboxes, total = work.plan.size(box);
            const int64_t flat = ceil_div(work.plan.flat(box), work.gemm.lanes) * work.gemm.lanes;
            Scratch<T> plane(total + work.room), dy(flat + work.room);
            work.plan.shifts(box, shift.data());
            std::fill(plane.data() + total, plane.data() + total + work.room, T(0));
            int64_t d[3];
            work.plan.dims(box, d);
            for (int64_t c = 0; c < p.cg; ++c) {
                work.conv.planes(plane_job<T>(work.plan, box, p.x, n, g * p.cg + c, plane.data()));
                for (int64_t o = 0; o < p.og; ++o) {
                    std::fill(dy.data(), dy.data() + flat, T(0));
                    for (int64_t z = 0; z < box.q[0]; ++z)
                        for (int64_t y = 0; y < box.q[1]; ++y)
                            work.conv.copy(p.dy.p + n * p.dy.sn + (g * p.og + o) * p.dy.sc + (box.q0[0] + z) * p.dy.s[0] +
                                               (box.q0[1] + y) * p.dy.s[1] + box.q0[2] * p.dy.s[2],
                                           p.dy.s[2], dy.data() + (z * d[1] + y) * d[2], 1, box.q[2]);
                    work.conv.correlate(plane.data(), shift.data(), ntaps, dy.data(), flat, now.data());
                    for (int64_t t = 0; t < ntaps; ++t) sums[(o * p.cg + c) * ntaps + t] += now[static_cast<size_t>(t)];
                }
            }
        }
    });
    parallel_for(size, 4096, [&](int64_t b, int64_t e) {
        for (int64_t i = b; i < e; ++i) {
            T sum = partial.data()[i];
            for (int64_t s = 1; s < splits; ++s) sum += partial.data()[s * size + i];
            p.dw[i] = sum;
        }
    });
}

// One filter per channel, channels last: vectors along channels, rows of positions shared out.
template <class T>
bool channels_fit(const WeightPass<T>& p) {
    return p.cg == 1 && p.og == 1 && p.groups > 1 && p.x.sc == 1 && p.dy.sc == 1;
}

template <class T>
void run_channels(const WeightPass<T>& p) {
    const ConvKernels<T>& kernels = pick<T>(conv_kernels());
    const int64_t ntaps = static_cast<int64_t>(p.taps.size()), size = p.groups * ntaps;
    const int64_t rows = p.dy.n * p.dy.size[0] * p.dy.size[1], splits = std::clamp<int64_t>(rows / 8, 1, 16);
    Scratch<T> partial(splits * size);
    run_tasks(splits, grain_for(rows / splits * p.dy.size[2] * size, 1 << 17), [&](int64_t split) {
        T* sums = partial.data() + split * size;
        std::fill(sums, sums + size, T(0));
        std::vector<const T*> pointers(static_cast<size_t>(ntaps));
        std::vector<int64_t> firsts(static_cast<size_t>(ntaps)), counts(static_cast<size_t>(ntaps));
        for (int64_t r = split * rows / splits; r < (split + 1) * rows / splits; ++r) {
            const int64_t y = r % p.dy.size[1], z = r / p.dy.size[1] % p.dy.size[0], n = r / p.dy.size[1] / p.dy.size[0];
            for (size_t t = 0; t < static_cast<size_t>(ntaps); ++t) {
                const Tap& tap = p.taps[t];
                const int64_t iz = z * p.mult[0] + tap.off[0], iy = y * p.mult[1] + tap.off[1];
                const bool inside = iz >= 0 && iz < p.x.size[0] && iy >= 0 && iy < p.x.size[1];
                int64_t first = tap.off[2] >= 0 ? 0 : ceil_div(-tap.off[2], p.mult[2]), last = p.dy.size[2];
                const int64_t room = p.x.size[2] - 1 - tap.off[2];
                last = room < 0 ? 0 : std::min(last, room / p.mult[2] + 1);
                firsts[t] = first;
                counts[t] = inside ? std::max<int64_t>(0, last - first) : 0;
                if (counts[t] == 0) firsts[t] = first = 0;
                pointers[t] = p.x.p;
                if (counts[t] > 0) pointers[t] += n * p.x.sn + iz * p.x.s[0] + iy * p.x.s[1] + (first * p.mult[2] + tap.off[2]) * p.x.s[2];
            }
            kernels.channels_grad(pointers.data(), p.mult[2] * p.x.s[2], p.dy.p + n * p.dy.sn + z * p.dy.s[0] + y * p.dy.s[1], p.dy.s[2],
                                  firsts.data(), counts.data(), ntaps, p.groups, sums);
        }
    });
    for (int64_t c = 0; c < p.groups; ++c)
        for (int64_t t = 0; t < ntaps; ++t) {
            T sum = partial.data()[t * p.groups + c];
            for (int64_t s = 1; s < splits; ++s) sum += partial.data()[s * size + t * p.groups + c];
            p.dw[c * ntaps + t] = sum;
        }
}

template <class T>
class WeightProduct {
  public:
    explicit WeightProduct(const WeightPass<T>& pass)
        : work(pass), p(pass), rows(pass.cg * work.ntaps), size(pass.groups * rows * pass.og) {}

    void run() {
        in_place = can_use_input();
        block = std::clamp<int64_t>(kInner / work.ntaps, 1, p.cg);
        // Columns as wide as the panels, and the planes of a block of channels, should stay in L2 for a box.
        const int64_t per_position = ceil_div(p.og, work.gemm.lanes) * work.gemm.lanes + (in_place ? 0 : block);
        boxes = work.plan.boxes(p.dy.size, std::max<int64_t>(1024, kNear / per_position));
        together = boxes.size() > 1 ? 1 : std::clamp<int64_t>(kTogether / work.plan.flat(boxes[0]), 1, std::max<int64_t>(1, p.dy.n));
        units = ceil_div(p.dy.n, together) * static_cast<int64_t>(boxes.size());
        int64_t blocks = ceil_div(p.cg, block);
        splits = std::clamp<int64_t>(ceil_div(kTasks, p.groups * blocks), 1, std::max<int64_t>(1, units));
        splits = std::min(splits, std::max<int64_t>(1, kPartial / std::max<int64_t>(1, size)));
        if (p.groups * blocks * splits < kTasks) {
            block = ceil_div(p.cg, std::min(p.cg, ceil_div(kTasks, p.groups * splits)));
            blocks = ceil_div(p.cg, block);
        }
        const int64_t cost = std::max<int64_t>(1, work.plan.flat(boxes[0]) * rows * p.og / blocks * ceil_div(units, splits));
        if (splits == 1) return run_whole(blocks, grain_for(cost, 1 << 17));
        Scratch<T> sums(splits * size);
        run_tasks(p.groups * blocks * splits, grain_for(cost, 1 << 17), [&](int64_t t) {
            const int64_t g = t / (blocks * splits), c0 = t / splits % blocks * block, split = t % splits;
            task(g, c0, std::min(p.cg, c0 + block), split, sums.data() + split * size + (g * rows + c0 * work.ntaps) * p.og);
        });
        parallel_for(p.groups * rows, grain_for(p.og * splits, 16384), [&](int64_t b, int64_t e) {
            for (int64_t s = 1; s < splits; ++s) {
                const T* from = sums.data() + s * size;
                for (int64_t i = b * p.og; i < e * p.og; ++i) sums.data()[i] += from[i];
            }
        });
        for (int64_t g = 0; g < p.groups; ++g) turn(sums.data() + g * rows * p.og, rows, p.og, p.dw + g * rows * p.og);
    }

  private:
    // Where a task sums over all positions, its channels' share is turned and stored while it is near: no second array as large as dw.
    void run_whole(int64_t blocks, int64_t grain) const {
        run_tasks(p.groups * blocks, grain, [&](int64_t t) {
            const int64_t g = t / blocks, c0 = t % blocks * block, c1 = std::min(p.cg, c0 + block), m = (c1 - c0) * work.ntaps;
            T* dw = p.dw + g * rows * p.og;
            Scratch<T> sums(m * p.og);
            task(g, c0, c1, 0, sums.data());
            if (m == rows) return turn(sums.data(), m, p.og, dw);
            Scratch<T> turned(m * std::min(p.og, kTurned));
            for (int64_t o0 = 0; o0 < p.og; o0 += kTurned) {
                const int64_t o1 = std::min(p.og, o0 + kTurned);
                turn(sums.data() + o0, m, o1 - o0, turned.data());
                for (int64_t o = o0; o < o1; ++o) {
                    const T* from = turned.data() + (o - o0) * m;
                    std::copy(from, from + m, dw + o * rows + c0 * work.ntaps);
                }
            }
        });
    }

    // Without a border, with step 1 and rows that follow each other, x itself is a plane.
    bool can_use_input() const {
        const View<const T>& x = p.x;
        if (x.s[2] != 1 || p.dy.n == 0) return false;
        for (int i = 0; i < 3; ++i)
            if (p.mult[i] != 1 || work.plan.lo[i] < 0 || work.plan.lo[i] + work.plan.most[i] + p.dy.size[i] > x.size[i]) return false;
        return x.s[1] == x.size[2] && (x.size[0] == 1 || x.s[0] == x.size[1] * x.size[2]);
    }

    // c[m][og]: the sums of channels c0 to c1 over a share of the positions.
    void task(int64_t g, int64_t c0, int64_t c1, int64_t split, T* c) const {
        const int64_t channels = c1 - c0, nboxes = static_cast<int64_t>(boxes.size()), m = channels * work.ntaps;
        std::vector<int64_t> shift(static_cast<size_t>(work.ntaps));
        std::vector<const T*> pointers(static_cast<size_t>(m));
        bool first = true;
        for (int64_t u = split * units / splits; u < (split + 1) * units / splits; ++u, first = false) {
            const Box& box = boxes[static_cast<size_t>(u % nboxes)];
            const int64_t n0 = u / nboxes * together, n1 = std::min(p.dy.n, n0 + together);
            int64_t d[3], flat = work.plan.flat(box);
            work.plan.dims(box, d);
            const int64_t total = in_place ? 0 : work.plan.size(box);
            Scratch<T> planes((n1 - n0) * channels * total + work.room);
            const T* base = planes.data();
            int64_t step = total, image = channels * total;
            if (in_place) {
                d[1] = p.x.size[1];
                d[2] = p.x.size[2];
                flat = ((box.q[0] - 1) * d[1] + box.q[1] - 1) * d[2] + box.q[2];
                base = p.x.p + n0 * p.x.sn + (g * p.cg + c0) * p.x.sc +
                       ((work.plan.lo[0] + box.q0[0]) * d[1] + work.plan.lo[1] + box.q0[1]) * d[2] + work.plan.lo[2] + box.q0[2];
                step = p.x.sc;
                image = p.x.sn;
                for (int64_t t = 0; t < work.ntaps; ++t) {
                    const Tap& tap = p.taps[static_cast<size_t>(t)];
                    shift[static_cast<size_t>(t)] =
                        ((tap.off[0] - work.plan.lo[0]) * d[1] + tap.off[1] - work.plan.lo[1]) * d[2] + tap.off[2] - work.plan.lo[2];
                }
            } else {
                work.plan.shifts(box, shift.data());
                for (int64_t n = n0; n < n1; ++n)
                    for (int64_t i = 0; i < channels; ++i)
                        work.conv.planes(
                            plane_job<T>(work.plan, box, p.x, n, g * p.cg + c0 + i, planes.data() + (n - n0) * image + i * total));
            }
            for (int64_t i = 0; i < m; ++i)
                pointers[static_cast<size_t>(i)] = base + i / work.ntaps * step + shift[static_cast<size_t>(i % work.ntaps)];
            std::vector<Segment> segments;
            if (n1 - n0 == 1) {
                const int64_t length = ceil_div(flat, ceil_div(flat, kInner));
                for (int64_t f = 0; f < flat; f += length) segments.push_back({f, f, std::min(length, flat - f)});
            } else {
                for (int64_t n = 0; n < n1 - n0; ++n) segments.push_back({n * image, n * flat, flat});
            }
            multiply(g, n0, n1, box, d, flat, pointers.data(), m, segments, first, c);
        }
        if (first) std::fill(c, c + m * p.og, T(0));
    }

    // Positions of one image's box with its channels last, `flat` of them, zero where the border begins.
    void lay(int64_t n, int64_t channel, const Box& box, const int64_t* d, int64_t columns, int64_t width, T* to) const {
        int64_t done = 0;
        for (int64_t z = 0; z < box.q[0]; ++z)
            for (int64_t y = 0; y < box.q[1]; ++y) {
                const int64_t at = (z * d[1] + y) * d[2];
                std::fill(to + done * width, to + at * width, T(0));
                work.gemm.pack(p.dy.p + n * p.dy.sn + channel * p.dy.sc + (box.q0[0] + z) * p.dy.s[0] + (box.q0[1] + y) * p.dy.s[1] +
                                   box.q0[2] * p.dy.s[2],
                               p.dy.s[2], p.dy.sc, box.q[2], columns, width, to + at * width);
                done = at + box.q[2];
            }
    }

    // sums[m][og] (+)= rows · dy, one panel of output channels after the other. Segments of one image are sums of their own, those of
    // several images are one.
    void multiply(int64_t g, int64_t n0, int64_t n1, const Box& box, const int64_t* d, int64_t flat, const T* const* pointers, int64_t m,
                  const std::vector<Segment>& segments, bool first, T* c) const {
        const int64_t panel = work.gemm.panel, lanes = work.gemm.lanes;
        Scratch<T> packed((n1 - n0) * flat * panel + lanes);
        for (int64_t o = 0; o < p.og; o += panel) {
            const int64_t columns = std::min(panel, p.og - o), width = ceil_div(columns, lanes) * lanes;
            for (int64_t n = n0; n < n1; ++n) lay(n, g * p.og + o, box, d, columns, width, packed.data() + (n - n0) * flat * width);
            std::vector<Segment> now = segments;
            for (Segment& s : now) s.b *= width;
            const size_t step = n1 - n0 > 1 ? now.size() : 1;
            for (size_t i = 0; i < now.size(); i += step) {
                Block<T> job{};
                job.rows = pointers;
                job.segments = now.data() + i;
                job.nsegments = static_cast<int64_t>(step);
                job.b = packed.data();
                job.ldb = width;
                job.c = c + o;
                job.crs = p.og;
                job.ccs = 1;
                job.m = m;
                job.n = columns;
                job.alpha = T(1);
                job.accumulate = !first || i > 0;
                work.gemm.block(job);
            }
        }
    }

    // dw[n][m] of n columns of sums[m][og].
    void turn(const T* sums, int64_t m, int64_t n, T* dw) const {
        if (m >= work.gemm.lanes) return work.gemm.pack(sums, 1, p.og, n, m, m, dw);
        for (int64_t o = 0; o < n; ++o)
            for (int64_t r = 0; r < m; ++r) dw[o * m + r] = sums[r * p.og + o];
    }

    const Work<T> work;
    const WeightPass<T>& p;
    const int64_t rows, size;
    bool in_place = false;
    int64_t block = 1, splits = 1, units = 0, together = 1;
    std::vector<Box> boxes;
};

}  // namespace

template <class T>
void run_weight_pass(const WeightPass<T>& p) {
    const int64_t size = p.groups * p.og * p.cg * static_cast<int64_t>(p.taps.size());
    if (size == 0) return;
    if (p.dy.n == 0 || p.dy.size[0] == 0 || p.dy.size[1] == 0 || p.dy.size[2] == 0) {
        std::fill(p.dw, p.dw + size, T(0));
        return;
    }
    if (run_winograd(p)) return;
    if (channels_fit(p))
        run_channels(p);
    else if (p.cg <= 2 && p.og <= 2)
        run_correlations(p);
    else
        WeightProduct<T>(p).run();
    if (needs_care(p)) run_careful(p);
}
template void run_weight_pass<float>(const WeightPass<float>&);
template void run_weight_pass<double>(const WeightPass<double>&);

}  // namespace plait
