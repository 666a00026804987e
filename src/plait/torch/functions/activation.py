"""Activations in the `torch` namespace, and Tensor's methods of the same names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import config, dtypes
from plait.layers import activation as layers
from plait.op import apply, apply_, type_name
from plait.ops import activation as ops
from plait.ops import gate
from plait.ops import softmax as softmax_ops
from plait.ops.shape import to_dtype
from plait.ops.views import named
from plait.torch import _dtypes
from plait.torch._argument_errors import type_name as class_name
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import into

if TYPE_CHECKING:
    from plait.op import Op

__all__ = [
    "celu", "celu_", "hardshrink", "log_softmax", "prelu", "relu", "relu_", "rrelu", "rrelu_", "selu", "selu_", "sigmoid", "sigmoid_",
    "softmax", "tanh", "tanh_", "threshold", "threshold_",
]  # fmt: skip


def _need_tensor(function: str, value: Any, argument: str = "input", position: int = 1) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{function}(): argument '{argument}' (position {position}) must be Tensor, not {class_name(value)}"
        )


def _number(function: str, argument: str, position: int, value: Any) -> Any:
    """A Python number, or a tensor of one element as one."""
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (Tensor, np.generic)) and getattr(value, "array", value).size == 1:
        return value.item()
    raise TypeError(
        f"{function}(): argument '{argument}' (position {position}) must be Number, not {class_name(value)}"
    )


def _floating(input: Any) -> Any:
    """Integers as the default floating dtype."""
    return (
        input
        if input.array.dtype.kind == "f" or input.array.dtype == dtypes.BFLOAT16
        else to_dtype(input, config.default_dtype)
    )


def _in_place_floating(op: Op, input: Any) -> Any:
    dtype = input.array.dtype
    if dtype.kind in "iub":
        raise RuntimeError(
            f"result type {type_name(config.default_dtype)} can't be cast to the desired output type {type_name(dtype)}"
        )
    return apply_(op, input, (input,))


def _into(function: str, result: Any, out: Any) -> Any:
    return result if out is None else into(function, out, result)


@method
def relu(input: Tensor) -> Tensor:
    """max(input, 0)."""
    if not isinstance(input, Tensor):
        _need_tensor("relu", input)
    return apply(ops.RELU, (input,))


@method
def relu_(input: Tensor) -> Tensor:
    """`relu` in place."""
    _need_tensor("relu_", input)
    return apply_(ops.RELU, input, (input,))


@method
def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / (1 + exp(-input))."""
    _need_tensor("sigmoid", input)
    return _into("sigmoid", apply(ops.SIGMOID, (_floating(input),)), out)


@method
def sigmoid_(input: Tensor) -> Tensor:
    """`sigmoid` in place."""
    _need_tensor("sigmoid_", input)
    return _in_place_floating(ops.SIGMOID, input)


@method
def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """tanh(input)."""
    _need_tensor("tanh", input)
    return _into("tanh", apply(ops.TANH, (_floating(input),)), out)


@method
def tanh_(input: Tensor) -> Tensor:
    """`tanh` in place."""
    _need_tensor("tanh_", input)
    return _in_place_floating(ops.TANH, input)


def _softmax(op: Op, function: str, input: Any, dim: Any, dtype: Any, out: Any = None, position: int = 2) -> Any:
    _need_tensor(function, input)
    if (type(dim) is not int and not hasattr(dim, "__index__")) or isinstance(dim, bool):
        raise TypeError(f"{function}(): argument 'dim' (position {position}) must be int, not {class_name(dim)}")
    if dtype is not None:
        input = to_dtype(input, _dtypes.as_dtype(dtype, function)._numpy)
    if op is softmax_ops.SOFTMAX:
        return _into(function, softmax_ops.softmax(input, int(dim)), out)
    return _into(function, softmax_ops.log_softmax(input, int(dim)), out)


def softmax(input: Tensor, dim: int, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
    """exp(input) over its sum along `dim`; with `dtype`, the input is cast first."""
    return _softmax(softmax_ops.SOFTMAX, "softmax", input, dim, dtype, out)


def log_softmax(input: Tensor, dim: int, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
    """log(softmax(input, dim)), computed without rounding in between."""
    return _softmax(softmax_ops.LOG_SOFTMAX, "log_softmax", input, dim, dtype, out)


@method("softmax")
def softmax_method(self: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """exp(self) over its sum along `dim`; with `dtype`, the input is cast first."""
    return _softmax(softmax_ops.SOFTMAX, "softmax", self, dim, dtype, None, 1)


@method("log_softmax")
def log_softmax_method(self: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """log(softmax(self, dim)), computed without rounding in between."""
    return _softmax(softmax_ops.LOG_SOFTMAX, "log_softmax", self, dim, dtype, None, 1)


@method
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """input where it is positive, else weight * input: one weight, or one for each channel (dimension 1)."""
    _need_tensor("prelu", input)
    _need_tensor("prelu", weight, "weight", 2)
    x, w = input.array, weight.array
    if x.dtype != w.dtype:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {type_name(x.dtype)} and {type_name(w.dtype)}")
    if w.size != 1:
        if x.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = x.shape[1] if x.ndim >= 2 else 1
        if channels != w.size:
            raise RuntimeError(f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {w.size} and channel "
                               f"size = {channels}.")  # fmt: skip
    if w.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {w.ndim}")
    return gate.prelu(input, weight)


def _rrelu(input: Any, lower: Any, upper: Any, training: bool, generator: Any, inplace: bool, name: str) -> Any:
    _need_tensor(name, input)
    lower, upper = _number(name, "lower", 2, lower), _number(name, "upper", 3, upper)
    if not math.isfinite(lower):
        raise RuntimeError(f"rrelu: lower bound must be finite, got {lower}")
    if not math.isfinite(upper):
        raise RuntimeError(f"rrelu: upper bound must be finite, got {upper}")
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    dtype = input.array.dtype
    if dtype.kind in "iub":
        kernel = "rrelu_with_noise_out_cpu" if training else "leaky_relu_cpu"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{type_name(dtype)}'")
    if training and dtype == dtypes.F16:
        raise NotImplementedError("\"rrelu_with_noise_out_cpu\" not implemented for 'Half'")
    return layers.rrelu(input, lower, upper, training, generator, inplace)


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, generator: Any = None
) -> Tensor:
    """input where it is positive, else input times a slope drawn from [lower, upper), or their mean when not training."""
    return _rrelu(input, lower, upper, training, generator, False, "rrelu")


def rrelu_(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, generator: Any = None
) -> Tensor:
    """`rrelu` in place."""
    return _rrelu(input, lower, upper, training, generator, True, "rrelu_")


def selu(input: Tensor) -> Tensor:
    """scale * (max(0, x) + min(0, alpha * (exp(x) - 1))) with the two constants of self-normalising networks."""
    _need_tensor("selu", input)
    return apply(ops.ELU, (input,), ops.SELU_PARAMS)


def selu_(input: Tensor) -> Tensor:
    """`selu` in place."""
    _need_tensor("selu_", input)
    return apply_(ops.ELU, input, (input,), ops.SELU_PARAMS)


#: The slope is that of an alpha which went through float32.
CELU = named(ops.CELU, "CeluBackward0")
CELU.backward = lambda ctx, g: apply(
    ops.ELU_BACKWARD, (g, ctx.x(0)), (ctx.params[0], 1.0, 1.0 / float(np.float32(ctx.params[0])))
)


def _celu_alpha(function: str, alpha: Any) -> Any:
    alpha = _number(function, "alpha", 2, alpha)
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return alpha


def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """max(0, x) + min(0, alpha * (exp(x / alpha) - 1))."""
    _need_tensor("celu", input)
    return apply(CELU, (input,), (_celu_alpha("celu", alpha),))


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`celu` in place."""
    _need_tensor("celu_", input)
    return apply_(CELU, input, (input,), (_celu_alpha("celu_", alpha),))


def threshold(input: Tensor, threshold: float, value: float, *, out: Tensor | None = None) -> Tensor:
    """input where it is above `threshold`, else `value`."""
    _need_tensor("threshold", input)
    params = (_number("threshold", "threshold", 2, threshold), _number("threshold", "value", 3, value))
    return _into("threshold", apply(ops.THRESHOLD, (input,), params), out)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """`threshold` in place."""
    _need_tensor("threshold_", input)
    return apply_(
        ops.THRESHOLD,
        input,
        (input,),
        (_number("threshold_", "threshold", 2, threshold), _number("threshold_", "value", 3, value)),
    )


@method
def hardshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """0 where |input| <= lambd, else input."""
    _need_tensor("hardshrink", input)
    return _into("hardshrink", apply(ops.HARDSHRINK, (input,), (_number("hardshrink", "lambd", 2, lambd),)), out)
