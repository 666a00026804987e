"""torch.nn.functional: activations."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import activation as layers
from plait.op import apply, apply_, type_name
from plait.ops import activation as ops
from plait.ops import gate
from plait.ops.shape import wrap_dim
from plait.torch import functions
from plait.torch._builtins import ask, inner
from plait.torch._tensor import Tensor
from plait.torch.functions.activation import (
    _floating,
    _into,
    _need_tensor,
    _number,
    celu_,
    hardshrink,
    prelu,
    relu_,
    rrelu_,
    selu_,
    threshold_,
)
from plait.torch.functions.activation import celu as _celu
from plait.torch.functions.activation import rrelu as _rrelu
from plait.torch.functions.activation import selu as _selu
from plait.torch.functions.activation import threshold as _threshold_of

__all__ = [
    "celu", "celu_", "elu", "elu_", "gelu", "glu", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_",
    "leaky_relu", "leaky_relu_", "log_softmax", "logsigmoid", "mish", "prelu", "relu", "relu6", "relu_", "rrelu", "rrelu_", "selu",
    "selu_", "sigmoid", "silu", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink", "threshold", "threshold_",
]  # fmt: skip


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(input, 0).

    >>> from plait import torch
    >>> relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if not isinstance(input, Tensor):
        _need_tensor("relu_" if inplace else "relu", input)
    if inplace:
        return apply_(ops.RELU, input, (input,))
    return apply(ops.RELU, (input,))


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(input, 0), 6)."""
    _need_tensor("relu6_" if inplace else "relu6", input)
    return apply_(ops.HARDTANH, input, (input,), (0.0, 6.0)) if inplace else apply(ops.HARDTANH, (input,), (0.0, 6.0))


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """input kept between min_val and max_val."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if inplace:
        return hardtanh_(input, min_val, max_val)
    _need_tensor("hardtanh", input)
    return apply(
        ops.HARDTANH, (input,), (_number("hardtanh", "min_val", 2, min_val), _number("hardtanh", "max_val", 3, max_val))
    )


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`hardtanh` in place."""
    _need_tensor("hardtanh_", input)
    return apply_(
        ops.HARDTANH,
        input,
        (input,),
        (_number("hardtanh_", "min_val", 2, min_val), _number("hardtanh_", "max_val", 3, max_val)),
    )


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input where it is positive, else negative_slope * input."""
    if inplace:
        return leaky_relu_(input, negative_slope)
    _need_tensor("leaky_relu", input)
    return apply(ops.LEAKY_RELU, (input,), (_number("leaky_relu", "negative_slope", 2, negative_slope),))


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """`leaky_relu` in place."""
    _need_tensor("leaky_relu_", input)
    return apply_(ops.LEAKY_RELU, input, (input,), (_number("leaky_relu_", "negative_slope", 2, negative_slope),))


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is positive, else alpha * (exp(input) - 1)."""
    if inplace:
        return elu_(input, alpha)
    _need_tensor("elu", input)
    return apply(ops.ELU, (input,), (_number("elu", "alpha", 2, alpha), 1.0, 1.0))


def elu_(input: Tensor, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Tensor:
    """`elu` in place: scale * input where it is positive, else scale * alpha * (exp(input_scale * input) - 1)."""
    _need_tensor("elu_", input)
    more = _number("elu_", "scale", 3, scale), _number("elu_", "input_scale", 4, input_scale)
    return apply_(ops.ELU, input, (input,), (_number("elu_", "alpha", 2, alpha), *more))


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """scale * (max(0, x) + min(0, alpha * (exp(x) - 1))) with the two constants of self-normalising networks."""
    return selu_(input) if inplace else _selu(input)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """max(0, x) + min(0, alpha * (exp(x / alpha) - 1))."""
    return celu_(input, alpha) if inplace else _celu(input, alpha)


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """input where it is positive, else input times a slope drawn from [lower, upper), or their mean when not training."""
    (inner.rrelu_ if inplace else inner.rrelu)(input, lower, upper, training)
    return rrelu_(input, lower, upper, training) if inplace else _rrelu(input, lower, upper, training)


def _threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """input where it is above `threshold`, else `value`."""
    return threshold_(input, threshold, value) if inplace else _threshold_of(input, threshold, value)


threshold = _threshold


def gelu(input: Tensor, *, approximate: str = "none", out: Tensor | None = None) -> Tensor:
    """input times the normal distribution's cdf at it; approximate="tanh" by a formula with tanh."""
    _need_tensor("gelu", input)
    if not isinstance(approximate, str):
        raise TypeError(f"gelu(): argument 'approximate' must be str, not {type(approximate).__name__}")
    a = input.array
    if approximate == "none" and a.size > 1 and a.flags.c_contiguous and a.dtype in (dtypes.F32, dtypes.BFLOAT16):
        return _into("gelu", apply(ops.GELU_FINITE, (input,)), out)  # PyTorch has another kernel here
    return _into("gelu", layers.gelu(input, approximate), out)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """input * sigmoid(input)."""
    _need_tensor("silu_" if inplace else "silu", input)
    return apply_(ops.SILU, input, (input,)) if inplace else apply(ops.SILU, (input,))


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * tanh(softplus(input))."""
    _need_tensor("mish_" if inplace else "mish", input)
    return apply_(ops.MISH, input, (input,)) if inplace else apply(ops.MISH, (input,))


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """(input + 3) / 6 kept between 0 and 1."""
    _need_tensor("hardsigmoid_" if inplace else "hardsigmoid", input)
    return apply_(ops.HARDSIGMOID, input, (input,)) if inplace else apply(ops.HARDSIGMOID, (input,))


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * hardsigmoid(input)."""
    _need_tensor("hardswish_" if inplace else "hardswish", input)
    return apply_(ops.HARDSWISH, input, (input,)) if inplace else apply(ops.HARDSWISH, (input,))


_LARGEST = {dtypes.F32: "3.40282e+38", dtypes.F64: "1.79769e+308", dtypes.F16: "65504", dtypes.BFLOAT16: "3.38953e+38"}


def softshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """input moved by lambd towards 0, and 0 where that would cross it."""
    _need_tensor("softshrink", input)
    lambd = _number("softshrink", "lambd", 2, lambd)
    dtype = input.array.dtype
    if dtype.kind in "iub":
        raise NotImplementedError(f"\"softshrink_check\" not implemented for '{type_name(dtype)}'")
    if not 0 <= lambd <= float(_LARGEST[dtype]) * 1.00001:
        raise RuntimeError(
            f"lambda must be in range [0, {_LARGEST[dtype]}] for input dtype {type_name(dtype)}, but found {lambd:g}"
        )
    return _into("softshrink", apply(ops.SOFTSHRINK, (input,), (lambd,)), out)


def softplus(input: Tensor, beta: float = 1, threshold: float = 20, *, out: Tensor | None = None) -> Tensor:
    """log(1 + exp(beta * input)) / beta, and input itself where beta * input > threshold."""
    _need_tensor("softplus", input)
    params = (_number("softplus", "beta", 2, beta), _number("softplus", "threshold", 3, threshold))
    return _into("softplus", apply(ops.SOFTPLUS, (input,), params), out)


def softsign(input: Tensor) -> Tensor:
    """input / (1 + |input|)."""
    ask(input, "abs")
    if input.array.dtype.kind == "b":
        raise NotImplementedError("\"abs_cpu\" not implemented for 'Bool'")
    if input.array.dtype.kind in "iu":  # divided as integers that may have wrapped round
        return input / (input.abs() + 1)
    return apply(ops.SOFTSIGN, (_floating(input),))


def tanhshrink(input: Tensor) -> Tensor:
    """input - tanh(input)."""
    ask(input, "tanh")
    if input.array.dtype.kind == "b":
        raise RuntimeError("Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use "
                           "the `~` or `logical_not()` operator instead.")  # fmt: skip
    return apply(ops.TANHSHRINK, (_floating(input),))


def logsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """log(1 / (1 + exp(-input)))."""
    _need_tensor("log_sigmoid", input)
    return _into("log_sigmoid", apply(ops.LOGSIGMOID, (input,)), out)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input))."""
    ask(input, "sigmoid")
    return functions.activation.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """tanh(input)."""
    ask(input, "tanh")
    return functions.activation.tanh(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half of input along `dim` times the sigmoid of the second half."""
    ask(input, "dim")
    if input.array.ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    inner.glu(input, dim)
    return gate.glu(input, wrap_dim(dim, input.array.ndim))


def _implicit_dim(name: str, ndim: int, stacklevel: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return layers.softmax_dim(ndim)


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(input) over its sum along `dim`; with `dtype`, the input is cast first."""
    ask(input, "softmax" if dim is not None else "dim")
    if dim is None:
        dim = _implicit_dim("softmax", input.array.ndim, _stacklevel)
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """softmax(-input, dim)."""
    if dim is None:
        ask(input, "dim")
        dim = _implicit_dim("softmin", input.array.ndim, _stacklevel)
    return softmax(-input, dim, dtype=dtype)  # type: ignore[operator]


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """log(softmax(input, dim)), computed without rounding in between."""
    ask(input, "log_softmax" if dim is not None else "dim")
    if dim is None:
        dim = _implicit_dim("log_softmax", input.array.ndim, _stacklevel)
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A sample of the Gumbel-softmax distribution (Jang et al. 2016): with `hard`, one-hot forward and soft backward."""
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    _need_tensor("empty_like", logits)
    draws = logits.face.wrap(np.empty(logits.array.shape, logits.array.dtype)).exponential_()
    soft = functions.activation.softmax_method((logits + -draws.log()) / tau, dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    one_hot = logits.face.wrap(np.zeros(logits.array.shape, logits.array.dtype)).scatter_(dim, index, 1.0)
    return one_hot - soft.detach() + soft
