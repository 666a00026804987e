#include "entries/conv.h"

#include <algorithm>

#include "entries/conv_pass.h"

namespace plait {
namespace {

struct Geometry {
    int64_t groups, stride[3], pad[3], dilation[3], last[3];

    explicit Geometry(const Array& g) {
        require(g.dtype == DType::i64 && g.size == 13 && g.contiguous, "conv: geometry must be 13 int64");
        const int64_t* p = g.as<int64_t>();
        groups = *p++;
        for (int64_t* part : {stride, pad, dilation, last})
            for (int i = 0; i < 3; ++i) part[i] = *p++;
        require(groups > 0 && *std::min_element(stride, stride + 3) > 0 && *std::min_element(dilation, dilation + 3) > 0,
                "conv: groups, stride and dilation must be positive");
    }
};

template <class T, class A>
View<T> view_of(const A& a) {
    constexpr int64_t size = sizeof(T);
    View<T> v{};
    v.p = a.template as<std::remove_const_t<T>>();
    v.n = a.shape[0];
    v.c = a.shape[1];
    v.sn = a.stride[0] / size;
    v.sc = a.stride[1] / size;
    const int lead = 5 - a.ndim;
    for (int i = 0; i < 3; ++i) {
        v.size[i] = i < lead ? 1 : a.shape[2 + i - lead];
        v.s[i] = i < lead ? 0 : a.stride[2 + i - lead] / size;
    }
    return v;
}

void check(const Array& x, const Array& w, const char* what) {
    require((x.dtype == DType::f32 || x.dtype == DType::f64) && x.dtype == w.dtype, what);
    require(x.ndim >= 3 && x.ndim <= 5 && w.ndim == x.ndim, what);
}

// Sizes and strides of a weight's kernel in three dimensions.
struct Kernel {
    int64_t size[3], s[3];
    Kernel(const Array& w, int64_t item) {
        const int lead = 5 - w.ndim;
        for (int i = 0; i < 3; ++i) {
            size[i] = i < lead ? 1 : w.shape[2 + i - lead];
            s[i] = i < lead ? 0 : w.stride[2 + i - lead] / item;
        }
    }
};

std::vector<Tap> all_taps(const int64_t* kernel, const int64_t* s, const Geometry& g) {
    std::vector<Tap> taps;
    taps.reserve(static_cast<size_t>(kernel[0] * kernel[1] * kernel[2]));
    for (int64_t z = 0; z < kernel[0]; ++z)
        for (int64_t y = 0; y < kernel[1]; ++y)
            for (int64_t x = 0; x < kernel[2]; ++x)
                taps.push_back({{z * g.dilation[0] - g.pad[0], y * g.dilation[1] - g.pad[1], x * g.dilation[2] - g.pad[2]},
                                z * s[0] + y * s[1] + x * s[2]});
    return taps;
}

// Where there is one position, the step to the next does not matter, and may be of any size.
void steps(const Geometry& g, const int64_t* positions, int64_t* mult) {
    for (int i = 0; i < 3; ++i) mult[i] = positions[i] > 1 ? g.stride[i] : 1;
}

// As in PyTorch, whose float64 convolutions multiply a copy of the padded input. A transposed convolution has no padded input.
template <class T>
constexpr bool kPadsWithZeros = sizeof(T) == 8;

template <class T>
void run_conv(const Array& x, const Array& w, const MaybeArray& bias, const Geometry& g, const Array& out) {
    Pass<T> p{};
    p.in = view_of<const T>(x);
    p.out = view_of<T>(out);
    p.groups = g.groups;
    p.cg = w.shape[1];
    p.mg = w.shape[0] / g.groups;
    steps(g, p.out.size, p.mult);
    const Kernel k(w, sizeof(T));
    p.taps = all_taps(k.size, k.s, g);
    p.w = w.as<T>();
    p.wm = w.stride[0] / static_cast<int64_t>(sizeof(T));
    p.wc = w.stride[1] / static_cast<int64_t>(sizeof(T));
    p.wg = p.wm * p.mg;
    p.bias = bias ? bias->as<T>() : nullptr;
    p.pads_with_zeros = kPadsWithZeros<T>;
    run_pass(p);
}

template <class T>
void run_transpose(const Array& x, const Array& w, const MaybeArray& bias, const Geometry& g, const Array& out) {
    Pass<T> p{};
    p.in = view_of<const T>(x);
    const View<T> whole = view_of<T>(out);
    p.groups = g.groups;
    p.cg = w.shape[0] / g.groups;
    p.mg = w.shape[1];
    p.mult[0] = p.mult[1] = p.mult[2] = 1;
    const Kernel k(w, sizeof(T));
    p.w = w.as<T>();
    p.wc = w.stride[0] / static_cast<int64_t>(sizeof(T));
    p.wm = w.stride[1] / static_cast<int64_t>(sizeof(T));
    p.wg = p.wc * p.cg;
    p.bias = bias ? bias->as<T>() : nullptr;
    // Output positions r, r + stride, … take the taps that reach them, each as a plain convolution.
    int64_t r[3];
    int64_t phases[3];
    for (int i = 0; i < 3; ++i) phases[i] = std::min(g.stride[i], whole.size[i]);
    for (r[0] = 0; r[0] < phases[0]; ++r[0])
        for (r[1] = 0; r[1] < phases[1]; ++r[1]) {
            std::vector<Pass<T>> row;
            for (r[2] = 0; r[2] < phases[2]; ++r[2]) {
                p.out = whole;
                for (int i = 0; i < 3; ++i) {
                    p.out.p += r[i] * whole.s[i];
                    p.out.s[i] *= g.stride[i];
                    p.out.size[i] = whole.size[i] > r[i] ? ceil_div(whole.size[i] - r[i], g.stride[i]) : 0;
                }
                p.taps.clear();
                int64_t t[3];
                for (t[0] = 0; t[0] < k.size[0]; ++t[0])
                    for (t[1] = 0; t[1] < k.size[1]; ++t[1])
                        for (t[2] = 0; t[2] < k.size[2]; ++t[2]) {
                            Tap tap{};
                            bool reaches = true;
                            for (int i = 0; i < 3; ++i) {
                                const int64_t distance = r[i] + g.pad[i] - t[i] * g.dilation[i];
                                reaches = reaches && distance % g.stride[i] == 0;
                                tap.off[i] = distance / g.stride[i];
                                tap.w += t[i] * k.s[i];
                            }
                            if (reaches) p.taps.push_back(tap);
                        }
                row.push_back(p);
            }
            run_row(row);
        }
}

template <class T>
void run_weight_grad(const Array& x, const Array& dy, const Geometry& g, const Array& dw) {
    WeightPass<T> p{};
    p.x = view_of<const T>(x);
    p.dy = view_of<const T>(dy);
    p.groups = g.groups;
    p.cg = x.shape[1] / g.groups;
    p.og = dy.shape[1] / g.groups;
    steps(g, p.dy.size, p.mult);
    const int64_t none[3] = {0, 0, 0};
    p.taps = all_taps(g.last, none, g);
    p.dw = dw.as<T>();
    p.pads_with_zeros = kPadsWithZeros<T>;
    if (p.taps.empty()) return;
    run_weight_pass(p);
}

template <class T>
void run_channel_sums(const Array& x, const Array& out) {
    const ConvKernels<T>& kernels = pick<T>(conv_kernels());
    const int64_t n = x.shape[0], c = x.shape[1];
    const int64_t inner = n * c > 0 ? x.size / (n * c) : 0;
    T* sums = out.as<T>();
    std::fill(sums, sums + c, T(0));
    if (x.size == 0) return;
    const View<const T> v = view_of<const T>(x);
    if (x.contiguous && !(inner == 1 && c > 1)) {
        Scratch<T> partial(n * c);
        parallel_for(n * c, grain_for(inner, 65536), [&](int64_t b, int64_t e) {
            for (int64_t i = b; i < e; ++i) partial.data()[i] = kernels.sum(x.as<T>() + i * inner, inner);
        });
        kernels.add_rows(partial.data(), c, n, sums, c);
        return;
    }
    // Rows of channels, one after the other in memory or not; 512 rows to a partial sum.
    const int64_t rows = n * inner, part = 512, parts = ceil_div(rows, part);
    Scratch<T> partial(parts * c);
    run_tasks(parts, grain_for(part * c, 65536), [&](int64_t q) {
        T* to = partial.data() + q * c;
        std::fill(to, to + c, T(0));
        for (int64_t r = q * part; r < std::min(rows, (q + 1) * part); ++r) {
            const int64_t plane = v.size[1] * v.size[2], k = r % inner;
            const T* from = v.p + r / inner * v.sn + k / plane * v.s[0] + k % plane / v.size[2] * v.s[1] + k % v.size[2] * v.s[2];
            if (v.sc == 1)
                kernels.add_rows(from, 0, 1, to, c);
            else
                for (int64_t i = 0; i < c; ++i) to[i] += from[i * v.sc];
        }
    });
    kernels.add_rows(partial.data(), c, parts, sums, c);
}

// Output sizes of `conv`; throws where they do not fit.
void conv_shape(const Array& x, const Array& w, const MaybeArray& bias, const Geometry& g, int64_t* shape) {
    check(x, w, "conv: x and w must be float32 or both float64, with 3 to 5 dimensions each");
    require(w.shape[0] >= g.groups && w.shape[0] % g.groups == 0 && x.shape[1] == w.shape[1] * g.groups,
            "conv: channels and groups do not fit");
    const bool empty = x.shape[0] == 0 || x.shape[1] == 0;
    require(!bias || (bias->dtype == x.dtype && bias->contiguous && bias->size == w.shape[0]), "conv: bias[o]");
    shape[0] = x.shape[0];
    shape[1] = w.shape[0];
    const int lead = 5 - x.ndim;
    for (int i = 2; i < x.ndim; ++i) {
        const int d = i - 2 + lead;
        const int64_t room = x.shape[i] + g.pad[d] + g.last[d] - g.dilation[d] * (w.shape[i] - 1) - 1;
        require(w.shape[i] > 0 && room >= 0, "conv: the kernel is larger than the padded input");
        require(empty || x.shape[i] > 0, "conv: a spatial size of the input is zero");
        shape[i] = room / g.stride[d] + 1;
    }
}

void transpose_shape(const Array& x, const Array& w, const MaybeArray& bias, const Geometry& g, int64_t* shape) {
    check(x, w, "conv_transpose: x and w must be float32 or both float64, with 3 to 5 dimensions each");
    require(w.shape[0] == x.shape[1] && w.shape[0] % g.groups == 0, "conv_transpose: channels and groups do not fit");
    shape[0] = x.shape[0];
    shape[1] = w.shape[1] * g.groups;
    require(!bias || (bias->dtype == x.dtype && bias->contiguous && bias->size == shape[1]), "conv_transpose: bias[o]");
    const int lead = 5 - x.ndim;
    for (int i = 2; i < x.ndim; ++i) {
        shape[i] = g.last[i - 2 + lead];
        require(shape[i] >= 0, "conv_transpose: negative output size");
    }
}

void check_out(const Array& x, const Array& out, const int64_t* shape) {
    require(out.dtype == x.dtype && out.writeable && out.ndim == x.ndim && std::equal(shape, shape + x.ndim, out.shape),
            "conv: out has the wrong shape or dtype, or is read-only");
}

void fill_conv(const Array& x, const Array& w, const MaybeArray& bias, const Geometry& g, const Array& out) {
    if (x.dtype == DType::f32)
        run_conv<float>(x, w, bias, g, out);
    else
        run_conv<double>(x, w, bias, g, out);
}

void fill_transpose(const Array& x, const Array& w, const MaybeArray& bias, const Geometry& g, const Array& out) {
    if (x.dtype == DType::f32)
        run_transpose<float>(x, w, bias, g, out);
    else
        run_transpose<double>(x, w, bias, g, out);
}

// Frees the array when what fills it throws.
template <class Fill>
Owned filled(DType dtype, const int64_t* shape, int ndim, Fill&& fill) {
    Owned out = Owned::make(dtype, shape, ndim);
    try {
        fill(out);
    } catch (...) {
        release_block(out.data);
        throw;
    }
    return out;
}

}  // namespace

Owned conv(const Array& x, const Array& w, const MaybeArray& bias, const Array& geometry) {
    const Geometry g(geometry);
    int64_t shape[kMaxDims];
    conv_shape(x, w, bias, g, shape);
    return filled(x.dtype, shape, x.ndim, [&](const Array& out) { fill_conv(x, w, bias, g, out); });
}

void conv_into(const Array& x, const Array& w, const MaybeArray& bias, const Array& geometry, Array& out) {
    const Geometry g(geometry);
    int64_t shape[kMaxDims];
    conv_shape(x, w, bias, g, shape);
    check_out(x, out, shape);
    fill_conv(x, w, bias, g, out);
}

Owned conv_transpose(const Array& x, const Array& w, const MaybeArray& bias, const Array& geometry) {
    const Geometry g(geometry);
    int64_t shape[kMaxDims];
    transpose_shape(x, w, bias, g, shape);
    return filled(x.dtype, shape, x.ndim, [&](const Array& out) { fill_transpose(x, w, bias, g, out); });
}

void conv_transpose_into(const Array& x, const Array& w, const MaybeArray& bias, const Array& geometry, Array& out) {
    const Geometry g(geometry);
    int64_t shape[kMaxDims];
    transpose_shape(x, w, bias, g, shape);
    check_out(x, out, shape);
    fill_transpose(x, w, bias, g, out);
}

Owned conv_weight_grad(const Array& x, const Array& dy, const Array& geometry) {
    const Geometry g(geometry);
    check(x, dy, "conv_weight_grad: x and dy must be float32 or both float64, with 3 to 5 dimensions each");
    require(x.shape[0] == dy.shape[0] && x.shape[1] % g.groups == 0 && dy.shape[1] % g.groups == 0,
            "conv_weight_grad: batches, channels and groups do not fit");
    int64_t shape[kMaxDims] = {dy.shape[1], x.shape[1] / g.groups};
    const int lead = 5 - x.ndim;
    for (int i = 2; i < x.ndim; ++i) shape[i] = g.last[i - 2 + lead];
    return filled(x.dtype, shape, x.ndim, [&](const Array& out) {
        if (x.dtype == DType::f32)
            run_weight_grad<float>(x, dy, g, out);
        else
            run_weight_grad<double>(x, dy, g, out);
    });
}

Owned channel_sums(const Array& x) {
    require((x.dtype == DType::f32 || x.dtype == DType::f64) && x.ndim >= 2 && x.ndim <= 5, "channel_sums: x[n, c, …], float32 or float64");
    const int64_t shape[1] = {x.shape[1]};
    return filled(x.dtype, shape, 1, [&](const Array& out) {
        if (x.dtype == DType::f32)
            run_channel_sums<float>(x, out);
        else
            run_channel_sums<double>(x, out);
    });
}

}  // namespace plait
