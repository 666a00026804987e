"""Activations made of numbers times steps of 0 and 1, as libraries of expressions over arrays write them.

Rules of this file: the values are those of the activations beside them (`activation.py`) wherever input and gradient are finite, but for the
signs of zeros, which are those of the products: 0 times a negative gradient is -0. A step is 0 at NaN, and 0 times infinity is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from plait import _native
from plait.dtypes import F32, F64
from plait.op import Op, Sample, apply
from plait.ops import elementwise as E
from plait.ops.activation import activation_op, slope_op, through_float32
from plait.ops.rows import elementwise_cost, no_rejects, numbers

_RANGES = ((-1.0, 1.0), (0.0, 6.0))


def _none(*_: Any) -> tuple[float, ...]:
    return (0.0, 0.0, 0.0)


def _first(a: Any, *_: Any) -> tuple[float, ...]:
    return (a, 0.0, 0.0)


def _two(a: Any, b: Any) -> tuple[float, ...]:
    return (a, b, 0.0)


_THRESHOLD_BACKWARD = slope_op(
    "threshold_step_backward", "threshold_step", _first, lambda s, t: np.where(s > t, 1.0, 0.0), None, ((0.0,), (0.3,)),
    "threshold_cpu", -2.0, 2.0,
)  # fmt: skip
_HARDTANH_BACKWARD = slope_op(
    "hardtanh_step_backward", "hardtanh_step", _two, lambda s, a, b: np.where((s > a) & (s < b), 1.0, 0.0), None, _RANGES,
    "hardtanh_backward_cpu", -2.0, 7.0,
)  # fmt: skip
_LEAKY_RELU_BACKWARD = slope_op(
    "leaky_relu_step_backward", "leaky_relu_step", _first, lambda s, k: np.where(s >= 0, 1.0, k), None, ((0.01,),),
    "leaky_relu_backward_cpu", -2.0, 2.0,
)  # fmt: skip
_HARDSWISH_BACKWARD = slope_op(
    "hardswish_step_backward", "hardswish_step", _none, lambda s: np.where(s <= -3, 0.0, np.where(s < 3, s / 3 + 0.5, 1.0)),
    lambda s: E.where(E.lt(E.abs(s), 3.0), 1.0 / 3.0, s.face.wrap(np.zeros_like(s.array))), ((),), "hardswish_backward_cpu", -4.0, 4.0,
)  # fmt: skip
_HARDSHRINK_BACKWARD = slope_op(
    "hardshrink_step_backward", "hardshrink_step", _first, lambda s, k: np.where(np.abs(s) < k, 0.0, 1.0), None, ((0.5,),),
    "shrink_backward_cpu", -2.0, 2.0,
)  # fmt: skip
_SOFTSHRINK_BACKWARD = slope_op(
    "softshrink_step_backward", "softshrink_step", _first, lambda s, k: np.where(np.abs(s) <= k, 0.0, 1.0), None, ((0.5,),),
    "shrink_backward_cpu", -2.0, 2.0,
)  # fmt: skip

RELU = activation_op(
    "relu_dropping", "relu", lambda x: np.where(x > 0, x, 0.0), _THRESHOLD_BACKWARD, explain="x where x > 0, else 0; NaN is dropped",
    export="Relu", flops=1, from_output=True, gradient_params=lambda: (0.0,),
)  # fmt: skip
THRESHOLD = activation_op(
    "threshold_step", "threshold_cpu", lambda x, t, v: np.where(x <= t, v, x), _THRESHOLD_BACKWARD,
    explain="x where x > threshold, else value", coefficients=_two, params=((0.3, 20.0),), flops=3, gradient_params=lambda t, v: (t,),
)  # fmt: skip
HARDTANH = activation_op(
    "hardtanh_step", "hardtanh_cpu", np.clip, _HARDTANH_BACKWARD, kernel="hardtanh", explain="x kept between low and high", export="Clip",
    coefficients=_two, params=_RANGES, flops=2,
)  # fmt: skip
LEAKY_RELU = activation_op(
    "leaky_relu_step", "leaky_relu_cpu", lambda x, k: np.where(x >= 0, x, k * x), _LEAKY_RELU_BACKWARD, kernel="leaky_relu",
    coefficients=_first, params=((0.2,), (1.5,)), explain="x where x >= 0, else slope * x: the slope at 0 is 1", export="LeakyRelu",
)  # fmt: skip
HARDSWISH = activation_op(
    "hardswish_step", "hardswish_cpu", lambda x: x * np.clip(x + 3, 0, 6) / 6, _HARDSWISH_BACKWARD, kernel="hardswish", export="HardSwish",
    explain="x times (x + 3) / 6 kept between 0 and 1", flops=4,
)  # fmt: skip
HARDSHRINK = activation_op(
    "hardshrink_step", "hardshrink_cpu", lambda x, k: np.where(np.abs(x) < k, 0.0, x), _HARDSHRINK_BACKWARD,
    explain="0 where |x| < lambda, else x", export="Shrink", coefficients=_first, params=((0.5,),), flops=2,
)  # fmt: skip
SOFTSHRINK = activation_op(
    "softshrink_step", "softshrink_cpu", lambda x, k: np.sign(x) * np.maximum(np.abs(x) - k, 0), _SOFTSHRINK_BACKWARD,
    explain="x moved by lambda towards 0, and 0 where that would cross it", export="Shrink", coefficients=_first, params=((0.5,),), flops=5,
)  # fmt: skip

ABSOLUTE = activation_op(
    "absolute", "abs_cpu", np.abs,
    slope_op("absolute_backward", "absolute", _none, np.sign, None, ((),), "abs_cpu", -3.0, 3.0),
    explain="|x|; its slope is x / |x|, and 0 at 0 whatever gradient comes", export="Abs", flops=1,
)  # fmt: skip


def _scaled_slowly(x: Any, by: float) -> Any:
    if x.dtype == F32 or x.dtype == F64:
        return _native.activation(_SCALED, x, by, 0.0, 0.0)
    return through_float32(lambda x: _native.activation(_SCALED, x, by, 0.0, 0.0), x.dtype, "scale_cpu", x)


_SCALED = _native.activation_code("scaled")
SCALED: Op = Op(
    "scaled", kind="elementwise", forward=_native.native_call("activation", "scaled", _scaled_slowly),
    backward=lambda ctx, g: apply(SCALED, (g,), ctx.params), infer=lambda x, *_: [x], reference=lambda x, by: x * by,
    samples=lambda: [Sample([numbers(2, 67, low=-3.0, high=3.0)], (-0.7,)), Sample([numbers(0, 3)], (2.0,))], rejects=no_rejects,
    cost=elementwise_cost(2), explain="x times a number; a zero is positive", export="Mul",
)  # fmt: skip


def _function(op: Op) -> Callable[..., Any]:
    def call(x: Any, *params: Any) -> Any:
        return apply(op, (x,), params)

    call.__doc__ = op.explain
    return call


relu, threshold, hardtanh, leaky_relu = (_function(op) for op in (RELU, THRESHOLD, HARDTANH, LEAKY_RELU))
hardswish, hardshrink, softshrink = (_function(op) for op in (HARDSWISH, HARDSHRINK, SOFTSHRINK))
absolute = _function(ABSOLUTE)


def scaled(x: Any, by: Any) -> Any:
    """x times a number; in float32 and float64 a zero among the results is positive, and in their gradient too."""
    dtype = x.array.dtype
    if dtype == F32 or dtype == F64:
        return apply(SCALED, (x,), (float(by),))
    return E.mul(x, by)
