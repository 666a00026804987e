#include "entries/conv_packing.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace plait {

const GemmTable& gemm_kernels() { PLAIT_TABLE_PICK(gemm_table) }
const ConvTable& conv_kernels() { PLAIT_TABLE_PICK(conv_table) }

namespace {

constexpr int64_t kInner = 512;      // steps of the inner dimension per pass over the output
constexpr int64_t kTasks = 8;        // at least so many, where the work can be cut
constexpr int64_t kLastColumns = 8;  // fewer output channels to a group waste most of a vector along channels
constexpr int64_t kWork = 1 << 17;   // multiplications that are worth a task

template <class T>
void put_bias(const Pass<T>& p) {
    for (int64_t n = 0; n < p.out.n; ++n)
        for (int64_t c = 0; c < p.out.c; ++c) {
            const T value = p.bias ? p.bias[c] : T(0);
            for (int64_t z = 0; z < p.out.size[0]; ++z)
                for (int64_t y = 0; y < p.out.size[1]; ++y) {
                    T* row = p.out.p + n * p.out.sn + c * p.out.sc + z * p.out.s[0] + y * p.out.s[1];
                    for (int64_t x = 0; x < p.out.size[2]; ++x) row[x * p.out.s[2]] = value;
                }
        }
}

// Positions of `out` that follow each other in memory by one step: the whole image, one z, or one row.
template <class T>
int64_t even_stretch(const View<T>& out) {
    int64_t n = out.size[2];
    if (out.size[1] > 1) {
        if (out.s[1] != n * out.s[2]) return n;
        n *= out.size[1];
    }
    if (out.size[0] > 1) {
        if (out.s[0] != n * out.s[2]) return n;
        n *= out.size[0];
    }
    return n;
}

// Channels first: the weights are A, patches packed as they are needed are B, and a row of C is one output channel.
template <class T>
class ChannelsFirst {
  public:
    explicit ChannelsFirst(const Pass<T>& pass)
        : p(pass),
          gemm(pick<T>(gemm_kernels())),
          conv(pick<T>(conv_kernels())),
          ntaps(static_cast<int64_t>(pass.taps.size())),
          inner(pass.cg * ntaps),
          positions(pass.out.size[0] * pass.out.size[1] * pass.out.size[2]),
          stretch(even_stretch(pass.out)) {}

    void run() {
        Scratch<T> own(WeightRows<T>::room(p));
        const WeightRows<T> w(p, own);
        const int64_t total = p.out.n * positions, panel = gemm.panel, panels = ceil_div(total, panel);
        int64_t wide = std::clamp<int64_t>(ceil_div(panels * p.groups, 2 * kTasks), 1, 4);
        const int64_t blocks = ceil_div(panels, wide);
        const int64_t cuts = std::clamp<int64_t>(ceil_div(kTasks, blocks * p.groups), 1, std::max<int64_t>(1, p.mg / 32));
        const int64_t rows = ceil_div(ceil_div(p.mg, cuts), gemm.tile) * gemm.tile;
        const int64_t row_blocks = ceil_div(p.mg, rows);
        const int64_t work = std::max<int64_t>(1, rows * std::min(total, wide * panel) * inner);
        run_tasks(p.groups * blocks * row_blocks, std::max<int64_t>(1, kWork / work), [&](int64_t t) {
            const int64_t g = t / (blocks * row_blocks), b = t / row_blocks % blocks, m0 = t % row_blocks * rows;
            task(w.data + g * w.group, w.row, g, b * wide * panel, std::min(total, (b + 1) * wide * panel), m0, std::min(p.mg, m0 + rows));
        });
    }

  private:
    void task(const T* w, int64_t row, int64_t g, int64_t q0, int64_t q1, int64_t m0, int64_t m1) const {
        const int64_t panel = gemm.panel, passes = ceil_div(inner, kInner), kc = ceil_div(inner, passes);
        const int64_t panels = ceil_div(q1 - q0, panel);
        Scratch<T> packed(panels * panel * kc + gemm.lanes);
        for (int64_t k0 = 0; k0 < inner; k0 += kc) {
            const int64_t k1 = std::min(inner, k0 + kc);
            for (int64_t b = 0; b < panels; ++b) {
                PatchJob<T> job{};
                job.in = p.in.p + g * p.cg * p.in.sc;
                job.sn = p.in.sn;
                job.sc = p.in.sc;
                for (int i = 0; i < 3; ++i) {
                    job.s[i] = p.in.s[i];
                    job.size[i] = p.in.size[i];
                    job.q[i] = p.out.size[i];
                    job.mult[i] = p.mult[i];
                }
                job.taps = p.taps.data();
                job.ntaps = ntaps;
                job.q0 = q0 + b * panel;
                job.nq = std::min(panel, q1 - job.q0);
                job.width = ceil_div(job.nq, gemm.lanes) * gemm.lanes;
                job.k0 = k0;
                job.k1 = k1;
                job.dst = packed.data() + b * panel * kc;
                conv.patches(job);
            }
            const int64_t step = gemm.tile * 8;
            for (int64_t m = m0; m < m1; m += step)
                for (int64_t b = 0; b < panels; ++b) {
                    const int64_t q = q0 + b * panel;
                    multiply(w, row, g, m, std::min(m1, m + step), q, std::min(panel, q1 - q), k0, k1, packed.data() + b * panel * kc);
                }
        }
    }

    void multiply(const T* w, int64_t row, int64_t g, int64_t m0, int64_t m1, int64_t q, int64_t nq, int64_t k0, int64_t k1,
                  const T* packed) const {
        const Segment all = {0, 0, k1 - k0};
        Block<T> job{};
        job.a = w + m0 * row + k0;
        job.ars = row;
        job.segments = &all;
        job.nsegments = 1;
        job.b = packed;
        job.ldb = ceil_div(nq, gemm.lanes) * gemm.lanes;
        job.m = m1 - m0;
        job.n = nq;
        job.alpha = T(1);
        job.accumulate = k0 > 0;
        job.row_bias = p.bias && k0 == 0 ? p.bias + g * p.mg + m0 : nullptr;
        job.crs = p.out.sc;
        job.ccs = p.out.s[2];
        job.c = p.out.p + (g * p.mg + m0) * p.out.sc + offset(q);
        Run runs[64];
        if (q / stretch != (q + nq - 1) / stretch) {
            int64_t count = 0;
            for (int64_t j = 0; j < nq;) {
                const int64_t len = std::min(nq - j, stretch - (q + j) % stretch);
                runs[count++] = {j, len, offset(q + j) - offset(q)};
                j += len;
            }
            job.runs = runs;
            job.nruns = count;
        }
        gemm.block(job);
    }

    int64_t offset(int64_t q) const {
        const int64_t n = q / positions, r = q % positions, plane = p.out.size[1] * p.out.size[2];
        return n * p.out.sn + r / plane * p.out.s[0] + r % plane / p.out.size[2] * p.out.s[1] + r % p.out.size[2] * p.out.s[2];
    }

    const Pass<T>& p;
    const GemmKernels<T>& gemm;
    const ConvKernels<T>& conv;
    int64_t ntaps, inner, positions, stretch;
};

// Channels last: input pixels, as they lie, are the rows of A, found through pointers; the weights are packed once as B.
template <class T>
class ChannelsLast {
  public:
    explicit ChannelsLast(const Pass<T>& pass)
        : p(pass),
          gemm(pick<T>(gemm_kernels())),
          ntaps(static_cast<int64_t>(pass.taps.size())),
          positions(pass.out.size[0] * pass.out.size[1] * pass.out.size[2]),
          taps(sorted(pass.taps)),
          weights(pass, taps),
          panels(weights.count()),
          zeros(pass.cg) {}

    void run() {
        std::fill(zeros.data(), zeros.data() + p.cg, T(0));
        const int64_t total = p.out.n * positions;
        const int64_t pixels = gemm.tile * std::clamp<int64_t>(total / (gemm.tile * 2 * kTasks), 1, 8);
        const int64_t blocks = ceil_div(total, pixels);
        const int64_t groups = std::clamp<int64_t>(ceil_div(kTasks, blocks * p.groups), 1, panels), per = ceil_div(panels, groups);
        const int64_t work = std::max<int64_t>(1, pixels * p.mg * p.cg * ntaps / groups);
        run_tasks(p.groups * blocks * groups, std::max<int64_t>(1, kWork / work), [&](int64_t t) {
            const int64_t g = t / (blocks * groups), b = t / groups % blocks, part = t % groups;
            task(g, b * pixels, std::min(total, (b + 1) * pixels), part * per, std::min(panels, (part + 1) * per));
        });
    }

  private:
    // With few channels to a tap, the patches are copied to rows of their own: one long step in place of many short ones.
    static constexpr int64_t kShortTap = 16, kLongestRow = 4096;
    bool copies_rows() const { return p.cg < kShortTap && ntaps > 1 && p.cg * ntaps <= kLongestRow; }

    // Taps whose inputs follow each other in memory.
    std::vector<TapRun> runs_in_memory() const {
        if (p.in.s[2] == p.cg) return tap_runs(taps);
        std::vector<TapRun> runs;
        for (const Tap& tap : taps) runs.push_back({{tap.off[0], tap.off[1], tap.off[2]}, 1});
        return runs;
    }

    void copy_row(const std::vector<TapRun>& runs, const T* image, const int64_t* at, T* to) const {
        for (const TapRun& run : runs) {
            const int64_t z = at[0] + run.off[0], y = at[1] + run.off[1], x = at[2] + run.off[2];
            if (z < 0 || z >= p.in.size[0] || y < 0 || y >= p.in.size[1]) {
                std::fill(to, to + run.taps * p.cg, T(0));
            } else {
                const int64_t lo = std::clamp<int64_t>(-x, 0, run.taps), hi = std::clamp<int64_t>(p.in.size[2] - x, lo, run.taps);
                const T* from = image + z * p.in.s[0] + y * p.in.s[1] + x * p.in.s[2];
                if (lo > 0) std::fill(to, to + lo * p.cg, T(0));
                if (hi > lo) std::memcpy(to + lo * p.cg, from + lo * p.cg, static_cast<size_t>((hi - lo) * p.cg) * sizeof(T));
                if (hi < run.taps) std::fill(to + hi * p.cg, to + run.taps * p.cg, T(0));
            }
            to += run.taps * p.cg;
        }
    }

    void task(int64_t g, int64_t q0, int64_t q1, int64_t panel0, int64_t panel1) const {
        const int64_t nq = q1 - q0, plane = p.out.size[1] * p.out.size[2];
        const int64_t most = std::min<int64_t>(ntaps, 64), per = is_small(p) ? most : std::clamp<int64_t>(kInner / p.cg, 1, most);
        const int64_t source[4] = {p.in.sn, p.in.s[0], p.in.s[1], p.in.s[2]};
        T* out[64];
        int64_t at[64][3], image[64];
        for (int64_t j = 0; j < nq; ++j) {
            const int64_t q = q0 + j, n = q / positions, r = q % positions;
            const int64_t z = r / plane, y = r % plane / p.out.size[2], x = r % p.out.size[2];
            out[j] = p.out.p + n * p.out.sn + g * p.mg + z * p.out.s[0] + y * p.out.s[1] + x * p.out.s[2];
            image[j] = n * source[0] + g * p.cg;
            at[j][0] = z * p.mult[0];
            at[j][1] = y * p.mult[1];
            at[j][2] = x * p.mult[2];
        }
        T* to[64];
        if (copies_rows()) {
            const int64_t inner = ntaps * p.cg;
            Scratch<T> patches(nq * inner);
            const std::vector<TapRun> runs = runs_in_memory();
            for (int64_t j = 0; j < nq; ++j) copy_row(runs, p.in.p + image[j], at[j], patches.data() + j * inner);
            const Segment all = {0, 0, inner};
            for (int64_t panel = panel0; panel < panel1; ++panel) {
                Block<T> job{};
                job.a = patches.data();
                job.ars = inner;
                job.segments = &all;
                job.nsegments = 1;
                job.b = weights.at(g, panel);
                finish(job, g, panel, nq, true, out, to);
            }
            return;
        }
        const T* rows[64 * 64];
        Segment segments[64];
        for (int64_t t0 = 0; t0 < ntaps; t0 += per) {
            const int64_t nt = std::min(per, ntaps - t0);
            for (int64_t t = 0; t < nt; ++t) {
                const Tap& tap = taps[static_cast<size_t>(t0 + t)];
                for (int64_t j = 0; j < nq; ++j) {
                    const int64_t z = at[j][0] + tap.off[0], y = at[j][1] + tap.off[1], x = at[j][2] + tap.off[2];
                    const bool inside = z >= 0 && z < p.in.size[0] && y >= 0 && y < p.in.size[1] && x >= 0 && x < p.in.size[2];
                    rows[t * 64 + j] = inside ? p.in.p + image[j] + z * source[1] + y * source[2] + x * source[3] : zeros.data();
                }
            }
            for (int64_t panel = panel0; panel < panel1; ++panel) {
                Block<T> job{};
                job.rows = rows;
                job.rows_step = 64;
                job.segments = segments;
                job.nsegments = nt;
                for (int64_t t = 0; t < nt; ++t) segments[t] = {0, t * p.cg * weights.width(panel), p.cg};
                job.b = weights.at(g, panel) + t0 * p.cg * weights.width(panel);
                finish(job, g, panel, nq, t0 == 0, out, to);
            }
        }
    }

    // What all of a panel's blocks share: where it goes, and the bias with the first.
    void finish(Block<T>& job, int64_t g, int64_t panel, int64_t nq, bool first, T* const* out, T** to) const {
        job.ldb = weights.width(panel);
        for (int64_t j = 0; j < nq; ++j) to[j] = out[j] + weights.first(panel);
        job.crow = to;
        job.ccs = 1;
        job.m = nq;
        job.n = weights.columns(panel);
        job.alpha = T(1);
        job.accumulate = !first;
        if (first) job.col_bias = weights.bias(g, panel);
        job.bias_last = true;
        gemm.block(job);
    }

    const Pass<T>& p;
    const GemmKernels<T>& gemm;
    int64_t ntaps, positions;
    const std::vector<Tap> taps;  // as their inputs lie, which is the order of the sums too
    const PackedWeights<T> weights;
    int64_t panels;
    Scratch<T> zeros;
};

}  // namespace

template <class T>
void run_pass(const Pass<T>& pass) {
    for (int i = 0; i < 3; ++i)
        if (pass.out.size[i] == 0) return;
    if (pass.out.n == 0 || pass.out.c == 0) return;
    if (pass.taps.empty() || pass.cg == 0) return put_bias(pass);
    if (run_winograd(pass)) return;
    if (fits_turned(pass) && pass.taps.size() > 1)
        run_turned(std::vector<Pass<T>>{pass});
    else if (fits_direct(pass))
        run_direct(pass);
    else if (pass.out.sc == 1 && pass.mg >= kLastColumns && (pass.in.sc == 1 || pass.in.c == 1))
        ChannelsLast<T>(pass).run();
    else
        ChannelsFirst<T>(pass).run();
    if (!pass.pads_with_zeros && needs_care(pass)) run_careful(pass);
}
template <class T>
void run_row(const std::vector<Pass<T>>& phases) {
    bool together = phases.size() > 1;
    for (const Pass<T>& pass : phases)
        together = together && fits_turned(pass) && pass.out.size[0] > 0 && pass.out.size[1] > 0 && pass.out.size[2] > 0 && pass.out.n > 0;
    if (together) run_turned(phases);
    for (const Pass<T>& pass : phases) {
        if (!together)
            run_pass(pass);
        else if (!pass.pads_with_zeros && needs_care(pass))
            run_careful(pass);
    }
}
template void run_row<float>(const std::vector<Pass<float>>&);
template void run_row<double>(const std::vector<Pass<double>>&);

template void run_pass<float>(const Pass<float>&);
template void run_pass<double>(const Pass<double>&);

std::vector<Tap> sorted(std::vector<Tap> taps) {
    std::sort(taps.begin(), taps.end(),
              [](const Tap& a, const Tap& b) { return std::lexicographical_compare(a.off, a.off + 3, b.off, b.off + 3); });
    return taps;
}

std::vector<TapRun> tap_runs(const std::vector<Tap>& taps) {
    std::vector<TapRun> runs;
    for (const Tap& tap : taps) {
        TapRun* last = runs.empty() ? nullptr : &runs.back();
        if (last && last->off[0] == tap.off[0] && last->off[1] == tap.off[1] && last->off[2] + last->taps == tap.off[2])
            ++last->taps;
        else
            runs.push_back({{tap.off[0], tap.off[1], tap.off[2]}, 1});
    }
    return runs;
}

PlanePlan::PlanePlan(const std::vector<Tap>& t, const int64_t* m) : taps(&t) {
    for (int i = 0; i < 3; ++i) {
        mult[i] = m[i];
        lo[i] = t[0].off[i];
        for (const Tap& tap : t) lo[i] = std::min(lo[i], tap.off[i]);
        most[i] = 0;
        for (const Tap& tap : t) most[i] = std::max(most[i], (tap.off[i] - lo[i]) / mult[i]);
    }
}

void PlanePlan::shifts(const Box& box, int64_t* out) const {
    int64_t d[3];
    dims(box, d);
    for (const Tap& tap : *taps) {
        int64_t phase = 0, shift = 0;
        for (int i = 0; i < 3; ++i) {
            phase = phase * mult[i] + (tap.off[i] - lo[i]) % mult[i];
            shift = shift * d[i] + (tap.off[i] - lo[i]) / mult[i];
        }
        *out++ = phase * d[0] * d[1] * d[2] + shift;
    }
}

std::vector<Box> PlanePlan::boxes(const int64_t* q, int64_t numbers) const {
    Box all{};
    int64_t part[3];
    for (int i = 0; i < 3; ++i) all.q[i] = part[i] = q[i];
    for (int i = 0; i < 3; ++i) {
        const int64_t least = i == 2 ? 512 : 1;
        Box trial = all;
        for (int j = 0; j < 3; ++j) trial.q[j] = part[j];
        while (size(trial) > numbers && trial.q[i] > least) trial.q[i] = std::max(least, trial.q[i] / 2);
        part[i] = trial.q[i];
    }
    std::vector<Box> boxes;
    for (int64_t z = 0; z < q[0]; z += part[0])
        for (int64_t y = 0; y < q[1]; y += part[1])
            for (int64_t x = 0; x < q[2]; x += part[2])
                boxes.push_back({{z, y, x}, {std::min(part[0], q[0] - z), std::min(part[1], q[1] - y), std::min(part[2], q[2] - x)}});
    return boxes;
}

}  // namespace plait
