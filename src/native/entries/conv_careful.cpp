// Convolution that multiplies nothing outside its arrays. The fast passes put zeros there, and a zero times an infinity is NaN; where their
// results are not finite, these say what is. Rows of products, one tap after the other: several times slower, and seldom needed.
#include <algorithm>
#include <cmath>

#include "entries/conv_pass.h"

namespace plait {
namespace {

template <class T>
bool all_finite(const T* p, int64_t n, int64_t step) {
    if (step == 1) return plait::all_finite(p, n);
    for (int64_t i = 0; i < n; ++i)
        if (!std::isfinite(p[i * step])) return false;
    return true;
}

// Positions [lo, hi) of a row of n whose tap at `off` lies within [0, size).
void inside(int64_t n, int64_t mult, int64_t off, int64_t size, int64_t& lo, int64_t& hi) {
    lo = std::min(n, off >= 0 ? 0 : ceil_div(-off, mult));
    hi = std::max(lo, size - 1 - off < 0 ? 0 : std::min(n, (size - 1 - off) / mult + 1));
}

bool row_inside(const Tap& tap, const int64_t* mult, int64_t z, int64_t y, const int64_t* size) {
    const int64_t iz = z * mult[0] + tap.off[0], iy = y * mult[1] + tap.off[1];
    return iz >= 0 && iz < size[0] && iy >= 0 && iy < size[1];
}

// `rows` rows of n numbers, `pitch` apart: as they lie, or copied to `own`.
template <class T>
const T* unit_rows(const ConvKernels<T>& conv, const T* from, int64_t step, int64_t& pitch, int64_t rows, int64_t n, T* own) {
    if (step == 1) return from;
    for (int64_t r = 0; r < rows; ++r) conv.copy(from + r * pitch, step, own + r * n, 1, n);
    pitch = n;
    return own;
}

template <class T>
bool has_border(const WeightPass<T>& p) {
    for (const Tap& tap : p.taps)
        for (int i = 0; i < 3; ++i)
            if (tap.off[i] < 0 || (p.dy.size[i] - 1) * p.mult[i] + tap.off[i] >= p.x.size[i]) return true;
    return false;
}

}  // namespace

template <class T>
bool all_finite(const T* p, int64_t n) {
    const ConvKernels<T>& conv = pick<T>(conv_kernels());
    std::atomic<bool> good{true};
    parallel_for(n, 1 << 16, [&](int64_t begin, int64_t end) {
        // A sum tells of each of its terms, unless it overflows by itself.
        if (!std::isfinite(conv.sum(p + begin, end - begin)) && !std::all_of(p + begin, p + end, [](T x) { return std::isfinite(x); }))
            good.store(false);
    });
    return good.load();
}
template bool all_finite<float>(const float*, int64_t);
template bool all_finite<double>(const double*, int64_t);

template <class T>
bool needs_care(const Pass<T>& p) {
    // A weight that is not finite makes every position of its channel so: one of each tells.
    if (all_finite(p.out.p, p.groups * p.mg, p.out.sc)) return false;
    for (int64_t g = 0; g < p.groups; ++g)
        for (int64_t m = 0; m < p.mg; ++m)
            for (const Tap& tap : p.taps)
                if (!all_finite(p.w + g * p.wg + m * p.wm + tap.w, p.cg, p.wc)) return true;
    return false;
}

template <class T>
void run_careful(const Pass<T>& p) {
    const GemmKernels<T>& gemm = pick<T>(gemm_kernels());
    const ConvKernels<T>& conv = pick<T>(conv_kernels());
    const int64_t nx = p.out.size[2], ny = p.out.size[1], nz = p.out.size[0];
    run_tasks(p.out.n * p.groups * nz * ny, 1, [&](int64_t t) {
        const int64_t y = t % ny, z = t / ny % nz, g = t / ny / nz % p.groups, n = t / ny / nz / p.groups;
        Scratch<T> sums(p.mg * nx), own(p.cg * nx);
        for (int64_t m = 0; m < p.mg; ++m) std::fill_n(sums.data() + m * nx, nx, p.bias ? p.bias[g * p.mg + m] : T(0));
        for (const Tap& tap : p.taps) {
            int64_t lo, hi, pitch = p.in.sc;
            inside(nx, p.mult[2], tap.off[2], p.in.size[2], lo, hi);
            if (lo == hi || !row_inside(tap, p.mult, z, y, p.in.size)) continue;
            const T* from = p.in.p + n * p.in.sn + g * p.cg * p.in.sc + (z * p.mult[0] + tap.off[0]) * p.in.s[0] +
                            (y * p.mult[1] + tap.off[1]) * p.in.s[1] + (lo * p.mult[2] + tap.off[2]) * p.in.s[2];
            from = unit_rows(conv, from, p.mult[2] * p.in.s[2], pitch, p.cg, hi - lo, own.data());
            for (int64_t m = 0; m < p.mg; ++m)
                gemm.axpys(p.w + g * p.wg + m * p.wm + tap.w, p.wc, from, pitch, sums.data() + m * nx + lo, hi - lo, p.cg, T(1), true);
        }
        T* to = p.out.p + n * p.out.sn + g * p.mg * p.out.sc + z * p.out.s[0] + y * p.out.s[1];
        for (int64_t m = 0; m < p.mg; ++m) conv.copy(sums.data() + m * nx, 1, to + m * p.out.sc, p.out.s[2], nx);
    });
}

template <class T>
bool needs_care(const WeightPass<T>& p) {
    const int64_t ntaps = static_cast<int64_t>(p.taps.size());
    return (ntaps > 1 || has_border(p)) && !all_finite(p.dw, p.groups * p.og * p.cg * ntaps);
}

template <class T>
void run_careful(const WeightPass<T>& p) {
    const GemmKernels<T>& gemm = pick<T>(gemm_kernels());
    const ConvKernels<T>& conv = pick<T>(conv_kernels());
    const int64_t ntaps = static_cast<int64_t>(p.taps.size()), nx = p.dy.size[2], ny = p.dy.size[1], nz = p.dy.size[0];
    run_tasks(p.groups * ntaps, 1, [&](int64_t task) {
        const int64_t g = task / ntaps, t = task % ntaps;
        const Tap& tap = p.taps[static_cast<size_t>(t)];
        T* dw = p.dw + g * p.og * p.cg * ntaps + t;
        for (int64_t i = 0; i < p.og * p.cg; ++i) dw[i * ntaps] = T(0);
        Scratch<T> own_x(p.cg * nx), own_dy(p.og * nx);
        int64_t lo, hi;
        inside(nx, p.mult[2], tap.off[2], p.x.size[2], lo, hi);
        for (int64_t r = 0; r < p.dy.n * nz * ny; ++r) {
            const int64_t y = r % ny, z = r / ny % nz, n = r / ny / nz;
            const T* dy = p.dy.p + n * p.dy.sn + g * p.og * p.dy.sc + z * p.dy.s[0] + y * p.dy.s[1];
            const bool row = row_inside(tap, p.mult, z, y, p.x.size);
            if (p.pads_with_zeros)
                for (int64_t o = 0; o < p.og; ++o)
                    for (int64_t q = 0; q < nx; ++q) {
                        if (row && q >= lo && q < hi) continue;
                        const T nothing = T(0) * dy[o * p.dy.sc + q * p.dy.s[2]];
                        for (int64_t c = 0; c < p.cg; ++c) dw[(o * p.cg + c) * ntaps] += nothing;
                    }
            if (lo == hi || !row) continue;
            int64_t x_pitch = p.x.sc, dy_pitch = p.dy.sc;
            const T* x = p.x.p + n * p.x.sn + g * p.cg * p.x.sc + (z * p.mult[0] + tap.off[0]) * p.x.s[0] +
                         (y * p.mult[1] + tap.off[1]) * p.x.s[1] + (lo * p.mult[2] + tap.off[2]) * p.x.s[2];
            x = unit_rows(conv, x, p.mult[2] * p.x.s[2], x_pitch, p.cg, hi - lo, own_x.data());
            dy = unit_rows(conv, dy + lo * p.dy.s[2], p.dy.s[2], dy_pitch, p.og, hi - lo, own_dy.data());
            gemm.dots(dy, dy_pitch, x, x_pitch, dw, p.cg * ntaps, ntaps, p.og, p.cg, hi - lo, T(1), true, nullptr, nullptr);
        }
    });
}

template bool needs_care<float>(const Pass<float>&);
template bool needs_care<double>(const Pass<double>&);
template void run_careful<float>(const Pass<float>&);
template void run_careful<double>(const Pass<double>&);
template bool needs_care<float>(const WeightPass<float>&);
template bool needs_care<double>(const WeightPass<double>&);
template void run_careful<float>(const WeightPass<float>&);
template void run_careful<double>(const WeightPass<double>&);

}  // namespace plait
