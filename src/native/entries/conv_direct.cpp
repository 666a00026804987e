// Few channels per group (depthwise above all): no product of matrices, but sums of shifted planes, or of pixels where channels are last.
#include <algorithm>

#include "entries/conv_packing.h"

namespace plait {
namespace {

constexpr int64_t kPlanes = 96 * 1024;  // numbers in the planes of one task: stays in L2

template <class T>
bool pixels_fit(const Pass<T>& p) {
    return p.cg == 1 && p.mg == 1 && p.groups > 1 && p.in.sc == 1 && p.out.sc == 1;
}

// Without a border, with step 1 and rows that follow each other, the input's channels are planes as they lie.
template <class T>
bool input_is_plane(const Pass<T>& p, const PlanePlan& plan) {
    const View<const T>& x = p.in;
    if (x.s[2] != 1) return false;
    for (int i = 0; i < 3; ++i)
        if (p.mult[i] != 1 || plan.lo[i] < 0 || plan.lo[i] + plan.most[i] + p.out.size[i] > x.size[i]) return false;
    return x.s[1] == x.size[2] && (x.size[0] == 1 || x.s[0] == x.size[1] * x.size[2]);
}

template <class T>
class Shifted {
  public:
    explicit Shifted(const Pass<T>& pass)
        : p(pass), kernels(pick<T>(conv_kernels())), plan(pass.taps, pass.mult), ntaps(static_cast<int64_t>(pass.taps.size())) {}

    void run() {
        in_place = input_is_plane(p, plan);
        boxes = plan.boxes(p.out.size, in_place ? int64_t(1) << 40 : std::max<int64_t>(kPlanes / p.cg, 512));
        if (in_place) cut_in_place();
        Scratch<T> own(WeightRows<T>::room(p, true));
        const WeightRows<T> w(p, own, true);
        const int64_t nboxes = static_cast<int64_t>(boxes.size()), parts = p.out.n * p.groups * nboxes;
        const int64_t cuts = std::clamp<int64_t>(ceil_div(8, parts), 1, std::max<int64_t>(1, p.mg / 16));
        const int64_t rows = ceil_div(ceil_div(p.mg, cuts), 8) * 8, row_blocks = ceil_div(p.mg, rows);
        const int64_t work = std::max<int64_t>(1, plan.flat(boxes[0]) * p.cg * std::min(rows, p.mg) * ntaps);
        run_tasks(parts * row_blocks, grain_for(work, 1 << 17), [&](int64_t t) {
            const int64_t m0 = t % row_blocks * rows, part = t / row_blocks, g = part / nboxes % p.groups;
            task(w.data + g * w.group + m0 * w.row, w.row, boxes[static_cast<size_t>(part % nboxes)], part / nboxes / p.groups, g, m0,
                 std::min(p.mg, m0 + rows));
        });
    }

  private:
    // Parts for the threads; a row of the input is the width.
    void cut_in_place() {
        const int64_t images = p.out.n * p.groups, wanted = ceil_div(16, std::max<int64_t>(1, images));
        const int64_t axis = p.out.size[0] > 1 ? 0 : 1, n = p.out.size[axis];
        const int64_t row = p.out.size[2] * (axis == 0 ? p.out.size[1] : 1);
        const int64_t part = std::clamp<int64_t>(ceil_div(n, wanted), std::min<int64_t>(n, ceil_div(512, row)), n);
        const Box whole = boxes[0];
        boxes.clear();
        for (int64_t at = 0; at < n; at += part) {
            Box box = whole;
            box.q0[axis] = at;
            box.q[axis] = std::min(part, n - at);
            boxes.push_back(box);
        }
    }

    void task(const T* w, int64_t row, const Box& box, int64_t n, int64_t g, int64_t m0, int64_t m1) const {
        const int64_t width = kernels.shift_width(m1 - m0), inner = p.cg * ntaps;
        int64_t d[3];
        plan.dims(box, d);
        bool direct = in_place;
        if (direct) {
            d[1] = p.in.size[1];
            d[2] = p.in.size[2];
        }
        int64_t flat = ((box.q[0] - 1) * d[1] + box.q[1] - 1) * d[2] + box.q[2];
        if (direct && flat < width) {  // whole vectors would be read past the end
            direct = false;
            plan.dims(box, d);
            flat = plan.flat(box);
        }
        const int64_t total = direct ? 0 : plan.size(box);
        Scratch<T> planes(p.cg * total + width);
        std::vector<const T*> pointers(static_cast<size_t>(inner));
        std::vector<int64_t> shift(static_cast<size_t>(ntaps));
        const T* base = planes.data();
        int64_t step = total;
        if (direct) {
            base = p.in.p + n * p.in.sn + g * p.cg * p.in.sc + ((plan.lo[0] + box.q0[0]) * d[1] + plan.lo[1] + box.q0[1]) * d[2] +
                   plan.lo[2] + box.q0[2];
            step = p.in.sc;
            for (int64_t t = 0; t < ntaps; ++t) {
                const Tap& tap = p.taps[static_cast<size_t>(t)];
                shift[static_cast<size_t>(t)] =
                    ((tap.off[0] - plan.lo[0]) * d[1] + tap.off[1] - plan.lo[1]) * d[2] + tap.off[2] - plan.lo[2];
            }
        } else {
            plan.shifts(box, shift.data());
            for (int64_t c = 0; c < p.cg; ++c) kernels.planes(plane_job<T>(plan, box, p.in, n, g * p.cg + c, planes.data() + c * total));
            std::fill(planes.data() + p.cg * total, planes.data() + p.cg * total + width, T(0));
        }
        for (int64_t k = 0; k < inner; ++k)
            pointers[static_cast<size_t>(k)] = base + k % p.cg * step + shift[static_cast<size_t>(k / p.cg)];
        ShiftJob<T> job{};
        job.b = pointers.data();
        job.k = inner;
        job.a = w;
        job.ars = row;
        job.m = m1 - m0;
        job.row_bias = p.bias ? p.bias + g * p.mg + m0 : nullptr;
        job.bias_last = ntaps > 1 && !(p.cg == 1 && p.groups > 1);  // as in oneDNN, but for 1×1 and one channel to a group
        job.flat = flat;
        job.pitch = d[2];
        job.rows = d[1];
        job.out_sc = p.out.sc;
        job.out = p.out.p + n * p.out.sn + (g * p.mg + m0) * p.out.sc;
        for (int i = 0; i < 3; ++i) {
            job.q[i] = box.q[i];
            job.out += box.q0[i] * p.out.s[i];
            job.out_s[i] = p.out.s[i];
        }
        kernels.shifted(job);
    }

    const Pass<T>& p;
    const ConvKernels<T>& kernels;
    const PlanePlan plan;
    const int64_t ntaps;
    bool in_place = false;
    std::vector<Box> boxes;
};

// One square filter per plane, with step 1: its size, or 0.
template <class T>
int64_t filter_size(const Pass<T>& p, const PlanePlan& plan) {
    const int64_t k = plan.most[1] + 1;
    const bool square = plan.most[0] == 0 && plan.most[2] + 1 == k && static_cast<int64_t>(p.taps.size()) == k * k;
    const bool flat = p.out.size[0] == 1 && p.in.size[0] == 1 && plan.lo[0] == 0;
    const bool steps = p.mult[0] == 1 && p.mult[1] == 1 && p.mult[2] == 1 && p.in.s[2] == 1 && p.out.s[2] == 1;
    const bool fits = p.cg == 1 && square && flat && steps && (k == 3 || k == 5 || k == 7) && p.out.n * p.groups * p.mg >= 4;
    return fits && p.out.size[2] >= 8 ? k : 0;
}

template <class T>
void run_filters(const Pass<T>& p, const PlanePlan& plan, int64_t k) {
    const ConvKernels<T>& kernels = pick<T>(conv_kernels());
    const int64_t work = p.out.size[1] * p.out.size[2] * k * k;
    run_tasks(p.out.n * p.groups * p.mg, grain_for(work, 1 << 17), [&](int64_t t) {
        const int64_t c = t % (p.groups * p.mg), g = c / p.mg, m = c % p.mg, n = t / (p.groups * p.mg);
        T filter[49];
        for (const Tap& tap : p.taps) filter[(tap.off[1] - plan.lo[1]) * k + tap.off[2] - plan.lo[2]] = p.w[g * p.wg + m * p.wm + tap.w];
        FilterJob<T> job{};
        job.in = p.in.p + n * p.in.sn + g * p.in.sc;
        job.in_row = p.in.s[1];
        job.height = p.in.size[1];
        job.width = p.in.size[2];
        job.filter = filter;
        job.k = k;
        job.pad_y = -plan.lo[1];
        job.pad_x = -plan.lo[2];
        const T bias = p.bias ? p.bias[c] : T(0);
        (p.groups > 1 ? job.bias : job.last) = bias;
        job.out = p.out.p + n * p.out.sn + c * p.out.sc;
        job.out_row = p.out.s[1];
        job.out_height = p.out.size[1];
        job.out_width = p.out.size[2];
        kernels.filter(job);
    });
}

// Channels last.
template <class T>
void run_pixels(const Pass<T>& p) {
    const ConvKernels<T>& kernels = pick<T>(conv_kernels());
    const int64_t channels = p.groups, ntaps = static_cast<int64_t>(p.taps.size()), rows = p.out.n * p.out.size[0] * p.out.size[1];
    Scratch<T> w(ntaps * channels), zeros(channels);
    std::fill(zeros.data(), zeros.data() + channels, T(0));
    for (int64_t t = 0; t < ntaps; ++t)
        for (int64_t c = 0; c < channels; ++c) w.data()[t * channels + c] = p.w[c * p.wg + p.taps[static_cast<size_t>(t)].w];
    run_tasks(rows, grain_for(p.out.size[2] * channels * ntaps, 1 << 17), [&](int64_t r) {
        const int64_t y = r % p.out.size[1], z = r / p.out.size[1] % p.out.size[0], n = r / p.out.size[1] / p.out.size[0];
        std::vector<const T*> pointers(static_cast<size_t>(ntaps * 4));
        T* out = p.out.p + n * p.out.sn + z * p.out.s[0] + y * p.out.s[1];
        for (int64_t x0 = 0; x0 < p.out.size[2]; x0 += 4) {
            const int64_t count = std::min<int64_t>(4, p.out.size[2] - x0);
            T* to[4];
            for (int64_t j = 0; j < 4; ++j) to[j] = out + (x0 + std::min(j, count - 1)) * p.out.s[2];
            for (int64_t t = 0; t < ntaps; ++t) {
                const Tap& tap = p.taps[static_cast<size_t>(t)];
                const int64_t iz = z * p.mult[0] + tap.off[0], iy = y * p.mult[1] + tap.off[1];
                const bool row = iz >= 0 && iz < p.in.size[0] && iy >= 0 && iy < p.in.size[1];
                for (int64_t j = 0; j < 4; ++j) {
                    const int64_t ix = (x0 + j) * p.mult[2] + tap.off[2];
                    const bool inside = row && j < count && ix >= 0 && ix < p.in.size[2];
                    pointers[static_cast<size_t>(t * 4 + j)] =
                        inside ? p.in.p + n * p.in.sn + iz * p.in.s[0] + iy * p.in.s[1] + ix * p.in.s[2] : zeros.data();
                }
            }
            kernels.channels(pointers.data(), ntaps, w.data(), p.bias, to, count, channels);
        }
    });
}

}  // namespace

template <class T>
bool fits_direct(const Pass<T>& p) {
    if (pixels_fit(p)) return true;
    if (p.mg <= 16) return !(p.out.sc == 1 && p.out.c > 1) || p.mg < 8;
    if (p.out.sc == 1 && p.out.c > 1) return false;
    // A border is worked through for nothing; packing costs as much as some ten rows of output.
    const PlanePlan plan(p.taps, p.mult);
    Box box{};
    std::copy(p.out.size, p.out.size + 3, box.q);
    const double positions = static_cast<double>(p.out.size[0] * p.out.size[1] * p.out.size[2]);
    const double pitch = input_is_plane(p, plan) ? static_cast<double>(p.in.size[2]) / static_cast<double>(p.out.size[2])
                                                 : static_cast<double>(plan.flat(box)) / positions;
    const bool narrow = p.out.size[2] < 12 || plan.flat(box) < 96;
    return !narrow && (pitch - 1) * static_cast<double>(p.mg) < 10 &&
           plan.size(box) * p.cg / std::max<int64_t>(1, p.out.size[1]) < kPlanes / 4;
}
template bool fits_direct<float>(const Pass<float>&);
template bool fits_direct<double>(const Pass<double>&);

template <class T>
void run_direct(const Pass<T>& p) {
    const PlanePlan plan(p.taps, p.mult);
    if (pixels_fit(p))
        run_pixels(p);
    else if (const int64_t k = filter_size(p, plan))
        run_filters(p, plan, k);
    else
        Shifted<T>(p).run();
}
template void run_direct<float>(const Pass<float>&);
template void run_direct<double>(const Pass<double>&);

}  // namespace plait
