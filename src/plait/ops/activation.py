"""Activations: one value from one value.

Rules of this file: an activation is a row: its formula, the formula's slope, the slope's slope, and the kernels that compute the first two.
Kernels take float32 and float64; float16 and bfloat16 go through float32. `_pointwise` makes two records of a row, the activation's and
that of its gradient, so that second and higher derivatives follow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.dtypes import BFLOAT16, F16, F32, F64
from plait.op import Op, Sample, apply, type_name
from plait.ops import elementwise as E
from plait.ops.halves import is_half, rounded
from plait.ops.rows import elementwise_cost, no_rejects, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Params = tuple[Any, ...]
    Steps = Callable[..., NDArray]


def through_float32(kernel: Callable[..., Any], dtype: np.dtype, label: str, *arrays: NDArray) -> Any:
    """`kernel` on arrays of a dtype that it does not take: half precision by way of float32; NotImplementedError for others."""
    if dtype == F16:
        return kernel(*[a.astype(F32) for a in arrays]).astype(F16)
    if dtype == BFLOAT16:
        return dtypes.to_bfloat16(kernel(*[dtypes.as_float32(a) for a in arrays]))
    if dtype in (F32, F64):  # in another byte order or not aligned
        return kernel(*[np.array(a, dtype=dtype.newbyteorder("=")) for a in arrays])
    raise NotImplementedError(f"\"{label}\" not implemented for '{type_name(dtype)}'")


def in_steps(steps: Steps, *arrays: NDArray) -> NDArray:
    """`steps(*arrays, near)` in float32, where `near` rounds to the arrays' 16-bit dtype."""
    dtype = arrays[0].dtype
    with np.errstate(all="ignore"):
        wide = [dtypes.cast(a, F32) for a in arrays]
        return dtypes.cast(np.asarray(steps(*wide, lambda v: rounded(v, dtype)), F32), dtype)


def _softsign_steps(g: NDArray, s: NDArray, near: Any) -> NDArray:
    d = near(np.abs(s) + 1)
    first, second = near(g / d), near(-g * near(near(s / d) / d))
    got: NDArray = first + near(second * np.sign(s))
    return got


def _tanhshrink_steps(g: NDArray, s: NDArray, near: Any) -> NDArray:
    t = near(np.tanh(s))
    got: NDArray = g + near(-g * (1 - t * t))
    return got


def _zeros(x: Any) -> Any:
    return x.face.wrap(np.zeros_like(x.array))


# What a kernel is given for an op's params: as they are, but for CELU.


def _none(*_: Any) -> Params:
    return (0.0, 0.0, 0.0)


def _first(a: Any, *_: Any) -> Params:
    return (a, 0.0, 0.0)


def _two(a: Any, b: Any) -> Params:
    return (a, b, 0.0)


def _three(alpha: float, scale: float, input_scale: float) -> Params:
    return (alpha, scale, input_scale)


def _celu_coefficients(alpha: float) -> Params:
    return (alpha, 1.0, 1.0 / alpha)


def slope_op(
    name: str, kernel: str, coefficients: Callable[..., Params], slope: Callable[..., Any], second: Callable[..., Any] | None,
    params: tuple[Params, ...], label: str, low: float, high: float, steps: Steps | None = None,
) -> Op:  # fmt: skip
    """The record of gx = g * slope(s), in 16 bits by `steps` where they are given; `second` gives the slope of `slope` in tensors, None where it is zero almost everywhere."""

    def slow(g: NDArray, s: NDArray, *params: Any) -> Any:
        a, b, c = coefficients(*params)
        if s.dtype == F32 or s.dtype == F64:
            return run(code, np.asarray(g, s.dtype), s, a, b, c)
        if steps is not None and is_half(s.dtype):
            return in_steps(steps, g, s)
        return through_float32(lambda g, s: run(code, g, s, a, b, c), s.dtype, label, g, s)

    run, code = _native.activation_backward, _native.activation_backward_code(kernel)
    forward = slow if coefficients is _celu_coefficients else _native.native_call("activation_backward", kernel, slow)

    def backward(ctx: Any, gg: Any) -> Any:
        s = ctx.x(1)
        to_g = apply(op, (gg, s), ctx.params) if ctx.needs[0] else None
        if not ctx.needs[1]:
            return to_g, None
        if second is None:
            return to_g, _zeros(s)
        return to_g, E.mul(E.mul(gg, ctx.x(0)), second(s, *ctx.params))

    def samples() -> Iterable[Sample]:
        for p in params:
            yield Sample([numbers(3, 5, seed=3), numbers(3, 5, low=low, high=high)], p)
            yield Sample([numbers(2, 67, seed=1), numbers(2, 67, low=low, high=high, seed=2)], p)
        yield Sample([numbers(0, 3), numbers(0, 3)], params[0])

    op = Op(
        name, kind="elementwise", forward=forward, backward=backward, infer=lambda g, s, *_: [s], samples=samples, rejects=no_rejects,
        reference=lambda g, s, *p: g * slope(s, *p), cost=elementwise_cost(8), explain="the gradient times the activation's slope",
        export=None, save_inputs=((0, 1), 1),
    )  # fmt: skip
    return op


def activation_op(
    name: str, label: str, reference: Callable[..., Any], gradient: Op, *, explain: str, kernel: str = "", export: str | None = None,
    coefficients: Callable[..., Params] = _none, params: tuple[Params, ...] = ((),), grad_name: str | None = None, flops: int = 8,
    from_output: bool = False, gradient_params: Callable[..., Params] | None = None, integers: Callable[..., Any] | None = None,
    steps: Steps | None = None,
) -> Op:  # fmt: skip
    """The record of y = f(x). Its slope is worked out from x, or `from_output` from y; `integers` computes other dtypes, `steps` 16-bit ones."""

    def slow(x: NDArray, *params: Any) -> Any:
        a, b, c = coefficients(*params)
        if x.dtype == F32 or x.dtype == F64:
            return run(code, x, a, b, c)
        if integers is not None and x.dtype.kind in "iub":
            return integers(x, *params)
        if steps is not None and is_half(x.dtype):
            return in_steps(steps, x)
        return through_float32(lambda x: run(code, x, a, b, c), x.dtype, label, x)

    run, code = _native.activation, _native.activation_code(kernel or name)
    forward = slow if coefficients is _celu_coefficients else _native.native_call("activation", kernel or name, slow)

    if gradient_params is not None:

        def backward(ctx: Any, g: Any) -> Any:
            return apply(gradient, (g, ctx.y(0) if from_output else ctx.x(0)), gradient_params(*ctx.params))
    elif from_output:

        def backward(ctx: Any, g: Any) -> Any:
            return apply(gradient, (g, ctx.y(0)), ctx.params)
    else:

        def backward(ctx: Any, g: Any) -> Any:
            return apply(gradient, (g, ctx.x(0)), ctx.params)

    def samples() -> Iterable[Sample]:
        for p in params:
            yield Sample([numbers(3, 5, low=-4.0, high=4.0)], p)
            yield Sample([numbers(2, 67, low=-7.0, high=7.0, seed=1)], p)
        yield Sample([numbers(low=0.3, high=0.7)], params[0])
        yield Sample([numbers(0, 3)], params[0])

    return Op(
        name, kind="elementwise", forward=forward, backward=backward, infer=lambda x, *_: [x], samples=samples, rejects=no_rejects,
        reference=reference, cost=elementwise_cost(flops), explain=explain, export=export, grad_name=grad_name,
        save_inputs=() if from_output else (0,), save_outputs=(0,) if from_output else (),
    )  # fmt: skip


# --- formulas in NumPy, for the references --------------------------------------------------------------------------------------

_erf: Any = np.vectorize(math.erf, otypes=[np.float64])


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _cdf(x: Any) -> Any:
    return 0.5 * (1 + _erf(x / math.sqrt(2)))


def _pdf(x: Any) -> Any:
    return np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


_BETA, _CUBIC = math.sqrt(2 / math.pi), 0.044715


def _gelu_tanh_slope(x: Any) -> Any:
    t = np.tanh(_BETA * (x + _CUBIC * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * _BETA * (1 + 3 * _CUBIC * x * x)


def _softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    return np.where(x * beta > threshold, x, np.log1p(np.exp(x * beta)) / beta)


def _mish_slope(x: Any) -> Any:
    t = np.tanh(_softplus(x))
    return t + x * (1 - t * t) * _sigmoid(x)


def _elu(x: Any, alpha: float, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    return np.where(x > 0, scale * x, alpha * scale * np.expm1(x * input_scale))


def _elu_slope(x: Any, alpha: float, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    return np.where(x > 0, scale, alpha * scale * input_scale * np.exp(x * input_scale))


# --- second slopes, in tensors ----------------------------------------------------------------------------------------------------


def _one_minus(x: Any) -> Any:
    return E.add(E.neg(x), 1.0)


def _unless(c: Any, x: Any) -> Any:
    """x where c does not hold, else 0."""
    return E.where(c, 0.0, x)


def _gelu_second(x: Any) -> Any:
    square = E.mul(x, x)
    return E.mul(E.mul(E.exp(E.mul(square, -0.5)), 1 / math.sqrt(2 * math.pi)), E.add(E.neg(square), 2.0))


def _gelu_tanh_second(x: Any) -> Any:
    square = E.mul(x, x)
    t = tanh(E.mul(E.add(x, E.mul(E.mul(square, x), _CUBIC)), _BETA))
    d1 = E.mul(E.add(E.mul(square, 3 * _CUBIC), 1.0), _BETA)
    d2 = E.mul(x, 6 * _CUBIC * _BETA)
    rest = _one_minus(E.mul(t, t))
    bend = E.sub(d2, E.mul(E.mul(E.mul(t, 2.0), d1), d1))
    return E.mul(rest, E.add(d1, E.mul(E.mul(x, 0.5), bend)))


def _silu_second(x: Any) -> Any:
    s = sigmoid(x)
    return E.mul(E.mul(s, _one_minus(s)), E.add(E.mul(x, _one_minus(E.mul(s, 2.0))), 2.0))


def _mish_second(x: Any) -> Any:
    t, s = tanh(softplus(x)), sigmoid(x)
    first = E.mul(_one_minus(E.mul(t, t)), s)
    second = E.mul(first, E.sub(_one_minus(s), E.mul(E.mul(t, s), 2.0)))
    return E.add(E.mul(first, 2.0), E.mul(x, second))


def _softplus_second(x: Any, beta: float, threshold: float) -> Any:
    z = E.mul(x, beta)
    s = sigmoid(z)
    return _unless(E.gt(z, threshold), E.mul(E.mul(s, _one_minus(s)), beta))


def _softsign_second(x: Any) -> Any:
    d = E.add(E.abs(x), 1.0)
    return E.div(E.mul(E.sign(x), -2.0), E.mul(E.mul(d, d), d))


def _tanhshrink_second(x: Any) -> Any:
    t = tanh(x)
    return E.mul(E.mul(t, 2.0), _one_minus(E.mul(t, t)))


def _logsigmoid_second(x: Any) -> Any:
    s = sigmoid(x)
    return E.neg(E.mul(s, _one_minus(s)))


def _elu_second(x: Any, alpha: float, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    bend = E.mul(E.exp(E.mul(x, input_scale)), alpha * scale * input_scale * input_scale)
    return E.where(E.lt(x, 0.0), bend, 0.0)


# --- other dtypes ------------------------------------------------------------------------------------------------------------------


def _relu_integers(x: NDArray) -> Any:
    if x.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu")
    return np.maximum(x, x.dtype.type(0))


def _hardtanh_integers(x: NDArray, low: float, high: float) -> Any:
    if x.dtype.kind == "b":
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if x.dtype.kind == "u" and int(low) < 0:
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    return np.minimum(np.maximum(x, x.dtype.type(int(low))), x.dtype.type(int(high)))


def _threshold_integers(x: NDArray, threshold: float, value: float) -> Any:
    if x.dtype.kind == "b":
        raise NotImplementedError("\"threshold_cpu\" not implemented for 'Bool'")
    low, other = (np.asarray(int(v)).astype(x.dtype) for v in (threshold, value))
    return np.where(x <= low, other, x)


# --- the rows: gradients, then activations ------------------------------------------------------------------------------------------

_ELU_PARAMS: tuple[Params, ...] = ((1.0, 1.0, 1.0), (0.7, 1.2, 0.9))
SELU_PARAMS: Params = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1.0)

THRESHOLD_BACKWARD = slope_op("threshold_backward", "threshold", _first, lambda s, t: np.where(s <= t, 0.0, 1.0), None, ((0.0,), (0.3,)),
                               "threshold_cpu", -2.0, 2.0)  # fmt: skip
HARDTANH_BACKWARD = slope_op("hardtanh_backward", "hardtanh", _two, lambda s, a, b: np.where((s <= a) | (s >= b), 0.0, 1.0), None,
                              ((-1.0, 1.0), (0.0, 6.0)), "hardtanh_backward_cpu", -2.0, 7.0)  # fmt: skip
LEAKY_RELU_BACKWARD = slope_op("leaky_relu_backward", "leaky_relu", _first, lambda s, k: np.where(s > 0, 1.0, k), None, ((0.01,),),
                                "leaky_relu_backward_cpu", -2.0, 2.0)  # fmt: skip
ELU_BACKWARD = slope_op(
    "elu_backward", "elu", _three, _elu_slope, _elu_second, _ELU_PARAMS, "elu_backward_cpu", -3.0, 3.0
)
CELU_BACKWARD = slope_op("celu_backward", "elu", _celu_coefficients, lambda s, a: _elu_slope(s, a, 1.0, 1.0 / a),
                          lambda s, a: _elu_second(s, a, 1.0, 1.0 / a), ((1.0,), (0.6,)), "elu_backward_cpu", -3.0, 3.0)  # fmt: skip
GELU_BACKWARD = slope_op("gelu_backward", "gelu", _none, lambda s: _cdf(s) + s * _pdf(s), _gelu_second, ((),),
                          "GeluBackwardKernelImpl", -3.0, 3.0)  # fmt: skip
GELU_TANH_BACKWARD = slope_op("gelu_tanh_backward", "gelu_tanh", _none, _gelu_tanh_slope, _gelu_tanh_second, ((),),
                               "GeluBackwardKernelImpl", -3.0, 3.0)  # fmt: skip
SILU_BACKWARD = slope_op("silu_backward", "silu", _none, lambda s: _sigmoid(s) * (1 + s * (1 - _sigmoid(s))), _silu_second, ((),),
                          "silu_backward_cpu", -5.0, 5.0)  # fmt: skip
MISH_BACKWARD = slope_op(
    "mish_backward", "mish", _none, _mish_slope, _mish_second, ((),), "mish_backward_cpu", -5.0, 5.0
)
SIGMOID_BACKWARD = slope_op("sigmoid_backward", "sigmoid", _none, lambda y: y * (1 - y), lambda y: _one_minus(E.mul(y, 2.0)), ((),),
                             "sigmoid_backward_cpu", 0.0, 1.0)  # fmt: skip
TANH_BACKWARD = slope_op("tanh_backward", "tanh", _none, lambda y: 1 - y * y, lambda y: E.mul(y, -2.0), ((),), "tanh_backward_cpu",
                          -1.0, 1.0)  # fmt: skip
HARDSIGMOID_BACKWARD = slope_op("hardsigmoid_backward", "hardsigmoid", _none, lambda s: np.where(np.abs(s) < 3, np.float32(1 / 6), 0.0),
                                 None, ((),), "hardsigmoid_backward", -4.0, 4.0)  # fmt: skip
HARDSWISH_BACKWARD = slope_op(
    "hardswish_backward", "hardswish", _none, lambda s: np.where(s <= -3, 0.0, np.where(s < 3, s / 3 + 0.5, 1.0)),
    lambda s: E.where(E.lt(E.abs(s), 3.0), 1.0 / 3.0, _zeros(s)), ((),), "hardswish_backward_cpu", -4.0, 4.0,
)  # fmt: skip
SHRINK_BACKWARD = slope_op("shrink_backward", "shrink", _first, lambda s, k: np.where(np.abs(s) <= k, 0.0, 1.0), None, ((0.5,),),
                            "shrink_backward_cpu", -2.0, 2.0)  # fmt: skip
SOFTPLUS_BACKWARD = slope_op(
    "softplus_backward", "softplus", _two, lambda s, b, t: np.where(s * b > t, 1.0, _sigmoid(s * b)), _softplus_second,
    ((1.0, 20.0), (2.0, 3.0)), "softplus_backward_cpu", -4.0, 4.0,
)  # fmt: skip
SOFTSIGN_BACKWARD = slope_op("softsign_backward", "softsign", _none, lambda s: (1 + np.abs(s)) ** -2.0, _softsign_second, ((),),
                              "div_cpu", -3.0, 3.0, _softsign_steps)  # fmt: skip
TANHSHRINK_BACKWARD = slope_op("tanhshrink_backward", "tanhshrink", _none, lambda s: np.tanh(s) ** 2, _tanhshrink_second, ((),),
                                "sub_cpu", -3.0, 3.0, _tanhshrink_steps)  # fmt: skip
LOGSIGMOID_BACKWARD = slope_op("log_sigmoid_backward", "logsigmoid", _none, lambda s: _sigmoid(-s), _logsigmoid_second, ((),),
                                "log_sigmoid_backward_cpu", -5.0, 5.0)  # fmt: skip

RELU = activation_op(
    "relu", "relu", lambda x: np.where(x < 0, 0.0, x), THRESHOLD_BACKWARD, explain="x where x > 0, else 0", export="Relu", flops=1,
    from_output=True, gradient_params=lambda: (0.0,), integers=_relu_integers,
)  # fmt: skip
THRESHOLD = activation_op(
    "threshold", "threshold_cpu", lambda x, t, v: np.where(x <= t, v, x), THRESHOLD_BACKWARD, explain="x where x > threshold, else value",
    coefficients=_two, params=((0.3, 20.0),), flops=1, gradient_params=lambda t, v: (t,), integers=_threshold_integers,
)  # fmt: skip
HARDTANH = activation_op(
    "hardtanh", "hardtanh_cpu", np.clip, HARDTANH_BACKWARD, explain="x kept between low and high", export="Clip", coefficients=_two,
    params=((-1.0, 1.0), (0.0, 6.0)), flops=2, integers=_hardtanh_integers,
)  # fmt: skip
LEAKY_RELU = activation_op(
    "leaky_relu", "leaky_relu_cpu", lambda x, k: np.where(x > 0, x, k * x), LEAKY_RELU_BACKWARD, explain="x where x > 0, else slope * x",
    export="LeakyRelu", coefficients=_first, params=((0.01,), (-0.4,)), flops=2,
)  # fmt: skip
ELU = activation_op(
    "elu", "elu_cpu", _elu, ELU_BACKWARD, explain="scale * (x where x > 0, else alpha * (e ** (input_scale * x) - 1))", export="Elu",
    coefficients=_three, params=_ELU_PARAMS,
)  # fmt: skip
ELU_STEEP = activation_op(
    "elu_steep", "elu_cpu", _elu, ELU_BACKWARD, kernel="elu", export="Elu", coefficients=_three, params=((1.0, 1.0, 1.0), (1.6, 1.05, 1.0)),
    explain="as elu with input_scale 1, but its slope, scale at 0, is worked out from the result", from_output=True,
)  # fmt: skip


def _elu_steep_backward(ctx: Any, g: Any) -> Any:
    alpha, scale = ctx.params[:2]
    y = ctx.y(0)
    return E.where(E.lt(y, 0), E.mul(g, E.add(y, alpha * scale)), E.mul(g, scale))


ELU_STEEP.backward = _elu_steep_backward

CELU = activation_op(
    "celu", "elu_cpu", lambda x, a: _elu(x, a, 1.0, 1.0 / a), CELU_BACKWARD, explain="x where x > 0, else alpha * (e ** (x / alpha) - 1)",
    kernel="elu", export="Celu", coefficients=_celu_coefficients, params=((1.0,), (0.6,)),
)  # fmt: skip
GELU = activation_op("gelu", "GeluKernelImpl", lambda x: x * _cdf(x), GELU_BACKWARD, explain="x times the normal distribution's cdf at x",
                   export="Gelu", flops=20)  # fmt: skip
GELU_FINITE = activation_op(
    "gelu_finite", "GeluKernelImpl", lambda x: x * _cdf(x), GELU_BACKWARD, explain="gelu; NaN at infinity", flops=22, grad_name="GeluBackward0",
)  # fmt: skip
GELU_TANH = activation_op(
    "gelu_tanh", "GeluKernelImpl", lambda x: 0.5 * x * (1 + np.tanh(_BETA * (x + _CUBIC * x**3))), GELU_TANH_BACKWARD,
    explain="x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x ** 3)))", export="Gelu", flops=20, grad_name="GeluBackward0",
)  # fmt: skip
SILU = activation_op("silu", "silu_cpu", lambda x: x * _sigmoid(x), SILU_BACKWARD, explain="x * sigmoid(x)")
MISH = activation_op("mish", "mish_cpu", lambda x: x * np.tanh(_softplus(x)), MISH_BACKWARD, explain="x * tanh(log(1 + e ** x))",
                   export="Mish")  # fmt: skip
SIGMOID = activation_op("sigmoid", "sigmoid_cpu", _sigmoid, SIGMOID_BACKWARD, explain="1 / (1 + e ** -x)", export="Sigmoid",
                      from_output=True)  # fmt: skip
TANH = activation_op("tanh", "tanh_cpu", np.tanh, TANH_BACKWARD, explain="tanh(x)", export="Tanh", from_output=True)
HARDSIGMOID = activation_op("hardsigmoid", "hardsigmoid_cpu", lambda x: np.clip(x + 3, 0, 6) / 6, HARDSIGMOID_BACKWARD, export="HardSigmoid",
                          explain="(x + 3) / 6 kept between 0 and 1", flops=3)  # fmt: skip
HARDSWISH = activation_op("hardswish", "hardswish_cpu", lambda x: x * np.clip(x + 3, 0, 6) / 6, HARDSWISH_BACKWARD, export="HardSwish",
                        explain="x times (x + 3) / 6 kept between 0 and 1", flops=4)  # fmt: skip
HARDSHRINK = activation_op(
    "hardshrink", "hardshrink_cpu", lambda x, k: np.where(np.abs(x) <= k, 0.0, x), SHRINK_BACKWARD, explain="0 where |x| <= lambda, else x",
    export="Shrink", coefficients=_first, params=((0.5,),), flops=2,
)  # fmt: skip
SOFTSHRINK = activation_op(
    "softshrink", "softshrink_cpu", lambda x, k: np.sign(x) * np.maximum(np.abs(x) - k, 0), SHRINK_BACKWARD,
    explain="x moved by lambda towards 0, and 0 where that would cross it", export="Shrink", coefficients=_first, params=((0.5,),), flops=3,
)  # fmt: skip
SOFTPLUS = activation_op(
    "softplus", "softplus_cpu", _softplus, SOFTPLUS_BACKWARD, explain="log(1 + e ** (beta x)) / beta, and x where beta x > threshold",
    export="Softplus", coefficients=_two, params=((1.0, 20.0), (2.0, 3.0)),
)  # fmt: skip
SOFTSIGN = activation_op("softsign", "div_cpu", lambda x: x / (1 + np.abs(x)), SOFTSIGN_BACKWARD, explain="x / (1 + |x|)",
                       export="Softsign", flops=3, grad_name="DivBackward0", steps=lambda x, near: x / near(np.abs(x) + 1))  # fmt: skip
TANHSHRINK = activation_op("tanhshrink", "sub_cpu", lambda x: x - np.tanh(x), TANHSHRINK_BACKWARD, explain="x - tanh(x)",
                         grad_name="SubBackward0", steps=lambda x, near: x - near(np.tanh(x)))  # fmt: skip
LOGSIGMOID = activation_op("logsigmoid", "log_sigmoid_cpu", lambda x: -_softplus(-x), LOGSIGMOID_BACKWARD, explain="log(sigmoid(x))",
                         grad_name="LogSigmoidBackward0")  # fmt: skip


def _function(op: Op) -> Callable[..., Any]:
    def call(x: Any, *params: Any) -> Any:
        return apply(op, (x,), params)

    call.__doc__ = op.explain
    return call


relu, gelu, gelu_tanh, silu, mish, hardsigmoid, hardswish = (
    _function(op) for op in (RELU, GELU, GELU_TANH, SILU, MISH, HARDSIGMOID, HARDSWISH)
)
threshold, hardtanh, leaky_relu, elu, elu_steep, celu = (
    _function(op) for op in (THRESHOLD, HARDTANH, LEAKY_RELU, ELU, ELU_STEEP, CELU)
)
hardshrink, softshrink, softsign, tanhshrink, logsigmoid = (
    _function(op) for op in (HARDSHRINK, SOFTSHRINK, SOFTSIGN, TANHSHRINK, LOGSIGMOID)
)


def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + e ** (beta x)) / beta, and x where beta x > threshold."""
    return apply(SOFTPLUS, (x,), (beta, threshold))


def sigmoid(x: Any) -> Any:
    """1 / (1 + e ** -x)."""
    return apply(SIGMOID, (x,))


def tanh(x: Any) -> Any:
    """tanh(x)."""
    return apply(TANH, (x,))
