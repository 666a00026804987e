// Few channels per group (depthwise above all): no product of matrices, but sums of shifted planes, or of pixels where channels are last.
#include <algorithm>

#include "entries/conv_pass.h"

namespace plait {
namespace {

constexpr int64_t kPlane = 64 * 1024;  // numbers per plane of one channel: stays in L2

template <class T>
bool pixels_fit(const Pass<T>& p) {
    return p.cg == 1 && p.mg == 1 && p.groups > 1 && p.in.sc == 1 && p.out.sc == 1;
}

// Channels first.
template <class T>
void run_planes(const Pass<T>& p) {
    const ConvKernels<T>& kernels = pick<T>(conv_kernels());
    const PlanePlan plan(p.taps, p.mult);
    const std::vector<Box> boxes = plan.boxes(p.out.size, kPlane);
    const int64_t nboxes = static_cast<int64_t>(boxes.size()), ntaps = static_cast<int64_t>(p.taps.size()), room = 5 * kernels.lanes;
    const int64_t tasks = p.out.n * p.groups * nboxes;
    std::vector<T> weights(static_cast<size_t>(p.groups * p.mg * p.cg * ntaps));
    for (int64_t r = 0, i = 0; r < p.groups * p.mg; ++r)
        for (int64_t c = 0; c < p.cg; ++c)
            for (const Tap& tap : p.taps) weights[static_cast<size_t>(i++)] = p.w[r / p.mg * p.wg + r % p.mg * p.wm + c * p.wc + tap.w];
    const int64_t work = std::max<int64_t>(1, plan.flat(boxes[0]) * p.cg * p.mg * ntaps);
    run_tasks(tasks, grain_for(work, 1 << 17), [&](int64_t task) {
        const Box& box = boxes[static_cast<size_t>(task % nboxes)];
        const int64_t g = task / nboxes % p.groups, n = task / nboxes / p.groups, flat = plan.flat(box), pitch = flat + room;
        Scratch<T> plane(plan.size(box) + room), sums(p.mg * pitch);
        std::vector<int64_t> shift(static_cast<size_t>(ntaps));
        plan.shifts(box, shift.data());
        std::fill(plane.data() + plan.size(box), plane.data() + plan.size(box) + room, T(0));
        for (int64_t c = 0; c < p.cg; ++c) {
            kernels.planes(plane_job<T>(plan, box, p.in, n, g * p.cg + c, plane.data()));
            for (int64_t m = 0; m < p.mg; ++m)
                kernels.taps(plane.data(), shift.data(), weights.data() + ((g * p.mg + m) * p.cg + c) * ntaps, 1, ntaps,
                             p.bias ? p.bias[g * p.mg + m] : T(0), c > 0, sums.data() + m * pitch, flat);
        }
        int64_t d[3];
        plan.dims(box, d);
        for (int64_t m = 0; m < p.mg; ++m)
            for (int64_t z = 0; z < box.q[0]; ++z)
                for (int64_t y = 0; y < box.q[1]; ++y)
                    kernels.copy(sums.data() + m * pitch + (z * d[1] + y) * d[2], 1,
                                 p.out.p + n * p.out.sn + (g * p.mg + m) * p.out.sc + (box.q0[0] + z) * p.out.s[0] +
                                     (box.q0[1] + y) * p.out.s[1] + box.q0[2] * p.out.s[2],
                                 p.out.s[2], box.q[2]);
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
    if (p.out.sc == 1 && p.out.c > 1) return false;
    return p.mg <= 2 || (p.cg == 1 && p.mg <= 4);
}
template bool fits_direct<float>(const Pass<float>&);
template bool fits_direct<double>(const Pass<double>&);

template <class T>
void run_direct(const Pass<T>& p) {
    if (pixels_fit(p))
        run_pixels(p);
    else
        run_planes(p);
}
template void run_direct<float>(const Pass<float>&);
template void run_direct<double>(const Pass<double>&);

}  // namespace plait
