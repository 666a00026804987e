// The activations' tables: one function pointer per activation and element type, over a range of a flat array.
#pragma once
#include <stdint.h>

namespace plait {

// Forward: y = f(x; a, b, c). What a, b, c mean is said at each formula in kernels/activation.cpp.
// clang-format off
#define PLAIT_ACTIVATIONS(X) \
    X(relu) X(hardtanh) X(leaky_relu) X(elu) X(gelu) X(gelu_tanh) X(silu) X(mish) X(sigmoid) X(tanh) X(hardsigmoid) \
    X(hardswish) X(hardshrink) X(softshrink) X(softplus) X(softsign) X(tanhshrink) X(logsigmoid) X(threshold) \
    X(gelu_finite) X(relu_dropping) X(threshold_step) X(hardshrink_step) X(softshrink_step) \
    X(absolute) X(scaled)
// clang-format on

// Backward: gx = f(g, s; a, b, c), s being the saved input or, for relu, sigmoid and tanh, the saved output.
// clang-format off
#define PLAIT_ACTIVATION_GRADIENTS(X) \
    X(threshold) X(hardtanh) X(leaky_relu) X(elu) X(gelu) X(gelu_tanh) X(silu) X(mish) X(sigmoid) X(tanh) X(hardsigmoid) \
    X(hardswish) X(shrink) X(softplus) X(softsign) X(tanhshrink) X(logsigmoid) X(threshold_step) X(hardtanh_step) \
    X(leaky_relu_step) X(hardswish_step) X(hardshrink_step) X(softshrink_step) X(absolute)
// clang-format on

enum class Activation : int32_t {
#define X(name) name,
    PLAIT_ACTIVATIONS(X)
#undef X
        count
};
enum class ActivationGradient : int32_t {
#define X(name) name,
    PLAIT_ACTIVATION_GRADIENTS(X)
#undef X
        count
};

struct Coefficients {
    double a, b, c;
};

// `past`: past the caches, where the output would not stay in them.
template <class T>
using ActivationFn = void (*)(const T* x, T* y, int64_t begin, int64_t end, Coefficients k, bool past);
template <class T>
using ActivationGradientFn = void (*)(const T* g, const T* s, T* gx, int64_t begin, int64_t end, Coefficients k, bool past);

// Softmax along the middle of [outer, n, inner]. One unit of the range is a row when inner is 1, else one vector of columns.
template <class T>
using SoftmaxFn = void (*)(const T* x, T* y, int64_t n, int64_t inner, int64_t begin, int64_t end);
template <class T>
using SoftmaxGradientFn = void (*)(const T* g, const T* y, T* gx, int64_t n, int64_t inner, int64_t begin, int64_t end);

template <class T>
struct ActivationFns {
    ActivationFn<T> forward[static_cast<int>(Activation::count)];
    ActivationGradientFn<T> backward[static_cast<int>(ActivationGradient::count)];
    SoftmaxFn<T> softmax, log_softmax;
    SoftmaxGradientFn<T> softmax_backward, log_softmax_backward;
    // PReLU: x is [outer, channels, inner], weight [channels]; a range of outer * channels rows.
    void (*prelu)(const T* x, const T* weight, T* y, int64_t channels, int64_t inner, int64_t begin, int64_t end, bool past);
    // gx as in the forward; partial[row] = sum over the row of g * min(x, 0), in double.
    void (*prelu_backward)(const T* g, const T* x, const T* weight, T* gx, double* partial, int64_t channels, int64_t inner, int64_t begin,
                           int64_t end, bool past);
};

struct ActivationTable {
    ActivationFns<float> f32;
    ActivationFns<double> f64;
    int64_t column_lanes_f32, column_lanes_f64;  // columns in one unit of a softmax range where inner > 1
    template <class T>
    const ActivationFns<T>& of() const;
};
template <>
inline const ActivationFns<float>& ActivationTable::of<float>() const {
    return f32;
}
template <>
inline const ActivationFns<double>& ActivationTable::of<double>() const {
    return f64;
}

}  // namespace plait
