// One pass of convolution, forward or a phase of a transposed one, and the weight gradient: what the entries of conv are made of.
#pragma once
#include <algorithm>
#include <atomic>
#include <vector>

#include "core/isa.h"
#include "core/memory.h"
#include "core/threads.h"
#include "entries/product.h"
#include "kernels/conv.h"
#include "kernels/gemm.h"

namespace plait {

PLAIT_TABLE_DECLARE(GemmTable, gemm_table)
PLAIT_TABLE_DECLARE(ConvTable, conv_table)
const GemmTable& gemm_kernels();
const ConvTable& conv_kernels();

// Strides count numbers.
template <class T>
struct View {
    T* p;
    int64_t n, c, size[3];
    int64_t sn, sc, s[3];
};

template <class T>
struct Pass {
    View<const T> in;
    View<T> out;  // its sizes are the grid of output positions
    int64_t groups, cg, mg;
    int64_t mult[3];
    std::vector<Tap> taps;
    const T* w;  // of group g, output m, input c, tap t: w + g * wg + m * wm + c * wc + t.w
    int64_t wg, wm, wc;
    const T* bias;
    bool pads_with_zeros;  // what lies outside is zero, and its products count: else it is nothing. Matters for weights that are not finite
};

// All of `out` is written. Throws std::bad_alloc.
template <class T>
void run_pass(const Pass<T>& pass);
// The phases of a transposed convolution that take turns along a row: they differ in taps, and in where their output begins and, by one,
// ends.
template <class T>
void run_row(const std::vector<Pass<T>>& phases);

// Without a product outside the arrays: what the fast ways cannot say of values that are not finite, of which they leave a trace.
template <class T>
bool needs_care(const Pass<T>& pass);
template <class T>
void run_careful(const Pass<T>& pass);

// The passes that need no packing: those with few channels to a group, and those in which a border is a small part of a row.
template <class T>
bool fits_direct(const Pass<T>& pass);
template <class T>
void run_direct(const Pass<T>& pass);

// Whether there are so few products that the frameworks' order of adding, and so their last digit, is worth more than speed: below about a
// tenth of a millisecond. So it is, too, where products are to be summed directly.
template <class T>
bool is_small(const Pass<T>& pass);
extern template bool is_small<float>(const Pass<float>&);
extern template bool is_small<double>(const Pass<double>&);

// Passes with many output channels whose results have their channels first: one, or the phases of run_row.
template <class T>
bool fits_turned(const Pass<T>& pass);
template <class T>
void run_turned(const std::vector<Pass<T>>& passes);

std::vector<Tap> sorted(std::vector<Tap> taps);  // as their inputs lie

// Taps that follow each other along a row.
struct TapRun {
    int64_t off[3], taps;
};
std::vector<TapRun> tap_runs(const std::vector<Tap>& taps);

// `pixels` positions of an image's row, from position x on, with channels last and `width` numbers to each: zeros beyond the `channels` and
// outside the row's `size` positions, everywhere where `row` is null. Room for one vector more.
template <class T>
void lay_row(const GemmKernels<T>& gemm, const T* row, int64_t step, int64_t channel_step, int64_t size, int64_t x, int64_t pixels,
             int64_t channels, int64_t width, T* to) {
    const int64_t left = std::clamp<int64_t>(-x, 0, pixels), right = std::clamp<int64_t>(size - x, left, pixels);
    if (row == nullptr || left == right) {
        std::fill(to, to + pixels * width, T(0));
        return;
    }
    std::fill(to, to + left * width, T(0));
    gemm.pack(row + (x + left) * step, step, channel_step, right - left, channels, width, to + left * width);
    std::fill(to + right * width, to + pixels * width, T(0));
}

// dw[g][o][c][t], contiguous; `taps` in order, Tap.w unused.
template <class T>
struct WeightPass {
    View<const T> x, dy;
    int64_t groups, cg, og;
    int64_t mult[3];
    std::vector<Tap> taps;
    T* dw;
    bool pads_with_zeros;  // as in Pass, for the outside of x
};
template <class T>
void run_weight_pass(const WeightPass<T>& pass);
template <class T>
bool needs_care(const WeightPass<T>& pass);
template <class T>
void run_careful(const WeightPass<T>& pass);

// 3×3 with step 1 and many channels. False where it does not fit, or where a result is not finite: then the other ways are to be gone.
inline bool run_winograd(const Pass<double>&) { return false; }
inline bool run_winograd(const WeightPass<double>&) { return false; }
bool run_winograd(const Pass<float>& pass);
bool run_winograd(const WeightPass<float>& pass);

template <class T>
bool all_finite(const T* p, int64_t n);
extern template bool all_finite<float>(const float*, int64_t);
extern template bool all_finite<double>(const double*, int64_t);

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Runs body(t) for t < tasks on all threads; a task that runs out of memory makes this throw.
template <class Body>
void run_tasks(int64_t tasks, int64_t grain, Body&& body) {
    std::atomic<bool> failed{false};
    parallel_for(tasks, grain, [&](int64_t begin, int64_t end) {
        try {
            for (int64_t t = begin; t < end; ++t) body(t);
        } catch (const std::bad_alloc&) {
            failed.store(true);
        }
    });
    if (failed.load()) throw std::bad_alloc();
}

// A part of the grid of output positions.
struct Box {
    int64_t q0[3], q[3];
};

// How the planes of conv.h lie for the taps of a pass.
struct PlanePlan {
    int64_t lo[3], most[3], mult[3];  // smallest offset; largest shift in q; step
    const std::vector<Tap>* taps;

    PlanePlan(const std::vector<Tap>& t, const int64_t* m);
    void dims(const Box& box, int64_t* d) const {
        for (int i = 0; i < 3; ++i) d[i] = box.q[i] + most[i];
    }
    int64_t size(const Box& box) const {
        int64_t d[3];
        dims(box, d);
        return d[0] * d[1] * d[2] * mult[0] * mult[1] * mult[2];
    }
    // Positions of a box counted with the border's width: what a flat loop over a plane has to cover.
    int64_t flat(const Box& box) const { return ((box.q[0] - 1) * (box.q[1] + most[1]) + box.q[1] - 1) * (box.q[2] + most[2]) + box.q[2]; }
    void shifts(const Box& box, int64_t* out) const;
    // The grid in parts of at most `numbers` numbers each where that can be, cut along the outermost dimension first.
    std::vector<Box> boxes(const int64_t* q, int64_t numbers) const;
};

template <class T>
PlaneJob<T> plane_job(const PlanePlan& plan, const Box& box, const View<const T>& in, int64_t n, int64_t c, T* dst) {
    PlaneJob<T> job{};
    job.in = in.p + n * in.sn + c * in.sc;
    plan.dims(box, job.dims);
    for (int i = 0; i < 3; ++i) {
        job.s[i] = in.s[i];
        job.size[i] = in.size[i];
        job.mult[i] = plan.mult[i];
        job.lo[i] = plan.lo[i] + box.q0[i] * plan.mult[i];
    }
    job.dst = dst;
    return job;
}

}  // namespace plait
