"""paddle.nn.functional: activations."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import activation as layer
from plait.op import apply, apply_
from plait.ops import activation as op
from plait.ops import gate, series, steps
from plait.ops import softmax as soft
from plait.ops.shape import to_dtype
from plait.paddle import _dtypes, _random
from plait.paddle.functions._common import axis_of, changed, function, need_tensor
from plait.paddle.nn.functional._padding import back, double, first, shaped, single, whole

__all__ = [
    "celu", "elu", "elu_", "gelu", "glu", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_", "leaky_relu",
    "leaky_relu_", "log_sigmoid", "log_softmax", "logsigmoid", "maxout", "mish", "prelu", "relu", "relu6", "relu_", "rrelu", "selu", "sigmoid",
    "silu", "softmax", "softmax_", "softplus", "softshrink", "softsign", "swiglu", "swish", "tanh", "tanh_", "tanhshrink", "thresholded_relu",
    "thresholded_relu_",
]  # fmt: skip

_FORMATS = ("NC", "NCL", "NCHW", "NCDHW", "NLC", "NHWC", "NDHWC")
_SELU = (1.0507009873554805, 1.6732632423543772)


def _real(x: Any, name: str) -> Any:
    """x, which must be floating."""
    dtype = need_tensor(x, name).array.dtype
    if dtype.kind != "f" and dtype != dtypes.BFLOAT16:
        raise RuntimeError(
            f"(NotFound) The kernel of `{name}` is not registered for {x.dtype}; it takes floating-point tensors."
        )
    return x


def _in_place(name: str, record: Any, x: Any, *params: Any) -> Any:
    return changed(_real(x, name), apply_, record, x, (x,), params)


@function(method=False)
def relu(x: Any, name: str | None = None) -> Any:
    """max(x, 0).

    >>> from plait import paddle
    >>> paddle.nn.functional.relu(paddle.to_tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    return steps.relu(_real(x, "relu"))


@function(method=False)
def relu_(x: Any, name: str | None = None) -> Any:
    """`relu` in place."""
    return _in_place("relu_", steps.RELU, x)


@function(method=False)
def relu6(x: Any, name: str | None = None) -> Any:
    """min(max(x, 0), 6)."""
    return steps.hardtanh(_real(x, "relu6"), 0.0, 6.0)


@function(method=False)
def elu(x: Any, alpha: float = 1.0, name: str | None = None) -> Any:
    """x where x > 0, else alpha · (e**x - 1)."""
    return apply(series.ELU, (_real(x, "elu"),), (single(alpha),))


@function(method=False)
def elu_(x: Any, alpha: float = 1.0, name: str | None = None) -> Any:
    """`elu` in place; AssertionError for a negative alpha."""
    if alpha < 0.0:
        raise AssertionError(f"elu_ only support alpha >= 0, please use elu instead; received {alpha}")
    return _in_place("elu_", series.ELU, x, single(alpha))


@function(method=False)
def celu(x: Any, alpha: float = 1.0, name: str | None = None) -> Any:
    """max(0, x) + min(0, alpha · (e**(x / alpha) - 1)); ZeroDivisionError for alpha 0."""
    if alpha == 0:
        raise ZeroDivisionError("alpha cannot be 0 for celu")
    return apply(series.CELU, (_real(x, "celu"),), (single(alpha),))


@function(method=False)
def selu(x: Any, scale: float = _SELU[0], alpha: float = _SELU[1], name: str | None = None) -> Any:
    """scale · x where x > 0, else scale · alpha · (e**x - 1); ValueError for a scale not above 1 or a negative alpha."""
    if scale <= 1.0:
        raise ValueError(f"The scale must be greater than 1.0. Received: {scale}.")
    if alpha < 0:
        raise ValueError(f"The alpha must be no less than zero. Received: {alpha}.")
    return op.elu(_real(x, "selu"), single(alpha), single(scale), 1.0)


@function("x:input", method=False)
def gelu(x: Any, approximate: Any = False, name: str | None = None) -> Any:
    """x times the normal distribution's cdf at x; with `approximate` True or "tanh" its approximation by tanh."""
    if approximate not in (None, True, False, "tanh", "none"):
        raise TypeError(f"gelu: approximate must be a bool, 'tanh' or 'none'; received {approximate}")
    return layer.gelu(_real(x, "gelu"), "tanh" if approximate in (True, "tanh") else "none")


@function("x:input", "threshold:lambd", method=False)
def hardshrink(x: Any, threshold: float = 0.5, name: str | None = None) -> Any:
    """x where |x| > threshold, else 0."""
    return steps.hardshrink(_real(x, "hardshrink"), single(threshold))


@function("x:input", "threshold:lambd", method=False)
def softshrink(x: Any, threshold: float = 0.5, name: str | None = None) -> Any:
    """x moved towards 0 by threshold, at most to 0; ValueError for a negative threshold."""
    if threshold < 0:
        raise ValueError(f"The threshold must be no less than zero. Received: {threshold}.")
    return steps.softshrink(_real(x, "softshrink"), single(threshold))


@function(method=False)
def tanhshrink(x: Any, name: str | None = None) -> Any:
    """x - tanh(x)."""
    return apply(series.TANHSHRINK, (_real(x, "tanhshrink"),))


@function(method=False)
def hardtanh(x: Any, min: float = -1.0, max: float = 1.0, name: str | None = None) -> Any:
    """x kept inside [min, max]."""
    return steps.hardtanh(_real(x, "hardtanh"), single(min), single(max))


@function(method=False)
def hardtanh_(x: Any, min: float = -1.0, max: float = 1.0, name: str | None = None) -> Any:
    """`hardtanh` in place."""
    return _in_place("hardtanh_", steps.HARDTANH, x, single(min), single(max))


@function(method=False)
def hardsigmoid(x: Any, slope: float = 0.1666667, offset: float = 0.5, name: str | None = None) -> Any:
    """slope · x + offset kept inside [0, 1]."""
    return layer.hard_sigmoid(_real(x, "hardsigmoid"), single(slope), single(offset))


@function(method=False)
def hardswish(x: Any, name: str | None = None) -> Any:
    """x · min(max(x + 3, 0), 6) / 6."""
    return steps.hardswish(_real(x, "hardswish"))


@function(method=False)
def leaky_relu(x: Any, negative_slope: float = 0.01, name: str | None = None) -> Any:
    """x where x > 0, else negative_slope · x."""
    return steps.leaky_relu(_real(x, "leaky_relu"), double(negative_slope))


@function(method=False)
def leaky_relu_(x: Any, negative_slope: float = 0.01, name: str | None = None) -> Any:
    """`leaky_relu` in place."""
    return _in_place("leaky_relu_", steps.LEAKY_RELU, x, double(negative_slope))


@function(method=False)
def thresholded_relu(x: Any, threshold: float = 1.0, value: float = 0.0, name: str | None = None) -> Any:
    """x where x > threshold, else value."""
    return steps.threshold(_real(x, "thresholded_relu"), single(threshold), single(value))


@function(method=False)
def thresholded_relu_(x: Any, threshold: float = 1.0, value: float = 0.0, name: str | None = None) -> Any:
    """`thresholded_relu` in place."""
    return _in_place("thresholded_relu_", steps.THRESHOLD, x, single(threshold), single(value))


@function(method=False)
def prelu(x: Any, weight: Any, data_format: str = "NCHW", name: str | None = None) -> Any:
    """x where x > 0, else weight · x, with one weight for all or one a channel."""
    shaped(x)
    shaped(weight)
    _real(x, "prelu")
    if need_tensor(weight, "prelu", "weight", 1).array.ndim > 1:
        raise AssertionError(
            f"The dim count of weight shape should be 0 or 1 in prelu(), but received {list(weight.array.shape)}"
        )
    last = False
    if weight.array.size > 1:
        if data_format not in _FORMATS:
            raise ValueError(f"data_format must be one of {_FORMATS} but receive {data_format}")
        if x.array.ndim < 2:
            raise AssertionError(
                "The dim count of x should be equal or larger than 2 in prelu() when weight shape is not [1]."
            )
        last = data_format[1] != "C" and x.array.ndim > 2
        channels = x.array.shape[-1 if data_format[1] != "C" else 1]
        if weight.array.shape[0] != channels:
            raise AssertionError(
                f"The weight size {weight.array.shape[0]} should be equal to x input channel {channels} in prelu() when weight shape is not [1]."
            )
    return back(gate.prelu(first(x, last), weight), last)


@function(method=False)
def rrelu(
    x: Any, lower: float = 1.0 / 8.0, upper: float = 1.0 / 3.0, training: bool = True, name: str | None = None
) -> Any:
    """x where x >= 0, else x times a slope drawn from [lower, upper) in training, else times their mean."""
    if not isinstance(lower, float) or not isinstance(upper, float):
        raise TypeError(f"The lower and upper values must be float type. Received: lower {lower}, upper {upper}.")
    if lower < 0 or lower > 1:
        raise ValueError(f"The lower value must be no less than zero or greater than one. Received: {lower}.")
    if upper < lower:
        raise ValueError(f"The upper value must be greater than lower value. Received: lower {lower}, upper {upper}.")
    if upper > 1:
        raise ValueError(f"The upper value must be no greater than one. Received: {upper}.")

    def drawn(count: int) -> Any:
        slopes = np.empty(count, np.float32)
        _random.engine().uniform(slopes, lower, upper)
        return slopes

    return layer.rrelu_drawn(_real(x, "rrelu"), single(lower), single(upper), drawn if training else None)


@function("x:input", method=False)
def log_sigmoid(x: Any, name: str | None = None) -> Any:
    """log(1 / (1 + e**-x))."""
    return op.logsigmoid(_real(x, "log_sigmoid"))


logsigmoid = log_sigmoid


@function("x:input", method=False)
def sigmoid(x: Any, name: str | None = None, *, out: Any = None) -> Any:
    """1 / (1 + e**-x)."""
    return series.sigmoid(_floating(x, "sigmoid"))


@function("x:input", method=False)
def tanh(x: Any, name: str | None = None, *, out: Any = None) -> Any:
    """tanh(x)."""
    return series.tanh(_floating(x, "tanh"))


@function(method=False)
def tanh_(x: Any, name: str | None = None) -> Any:
    """`tanh` in place."""
    return _in_place("tanh_", series.TANH, x)


def _floating(x: Any, name: str) -> Any:
    """x, or integers as float32."""
    kind = need_tensor(x, name).array.dtype.kind
    return to_dtype(x, dtypes.F32) if kind in "iu" else _real(x, name)


@function("x:input", method=False)
def silu(x: Any, inplace: bool = False, name: str | None = None) -> Any:
    """x / (1 + e**-x)."""
    return _in_place("silu", series.SILU, x) if inplace else apply(series.SILU, (_real(x, "silu"),))


@function(method=False)
def swish(x: Any, name: str | None = None) -> Any:
    """x / (1 + e**-x)."""
    return apply(series.SWISH, (_real(x, "swish"),))


@function(method=False)
def mish(x: Any, name: str | None = None) -> Any:
    """x · tanh(log(1 + e**x))."""
    return op.mish(_real(x, "mish"))


@function("x:input", method=False)
def softplus(x: Any, beta: float = 1, threshold: float = 20, name: str | None = None) -> Any:
    """log(1 + e**(beta · x)) / beta, and x where beta · x > threshold."""
    return op.softplus(_real(x, "softplus"), double(beta), double(threshold))


@function(method=False)
def softsign(x: Any, name: str | None = None) -> Any:
    """x / (1 + |x|)."""
    return apply(series.SOFTSIGN, (_real(x, "softsign"),))


def _cast(x: Any, dtype: Any) -> Any:
    return x if dtype is None else to_dtype(x, _dtypes.as_numpy(dtype))


@function("x:input", "axis:dim", method=False)
def softmax(x: Any, axis: int = -1, dtype: Any = None, name: str | None = None, *, out: Any = None) -> Any:
    """e**x over its sum along `axis`; with `dtype` x is cast first."""
    x = _real(_cast(need_tensor(x, "softmax"), dtype), "softmax")
    dim = axis_of(axis, x.array.ndim, "softmax")
    return soft.softmax(soft.floored(x, dim), dim)


@function(method=False)
def softmax_(x: Any, axis: int = -1, dtype: Any = None, name: str | None = None) -> Any:
    """`softmax` in place."""
    x = _cast(need_tensor(x, "softmax_"), dtype)
    return _in_place("softmax_", soft.SOFTMAX, x, axis_of(axis, x.array.ndim, "softmax_"))


@function(method=False)
def log_softmax(x: Any, axis: int = -1, dtype: Any = None, name: str | None = None) -> Any:
    """The logarithm of `softmax`."""
    x = _real(_cast(need_tensor(x, "log_softmax"), dtype), "log_softmax")
    dim = axis_of(axis, x.array.ndim, "log_softmax")
    return soft.log_softmax(soft.floored(x, dim), dim)


@function("x:input", "axis:dim", method=False)
def glu(x: Any, axis: int = -1, name: str | None = None) -> Any:
    """The first half along `axis` times the sigmoid of the second; ValueError where it has no halves."""
    if need_tensor(x, "glu").array.dtype.kind != "f":
        raise TypeError(f"glu: The data type of 'input' must be float16, float32 or float64, but received {x.dtype}.")
    rank = x.array.ndim
    if not -rank <= axis < rank:
        raise ValueError(f"Expected value range of `axis` is [{-rank}, {rank}), but received axis: {axis}")
    if not isinstance(axis, int):
        raise ValueError(f"(InvalidArgument) glu: axis must be int, but got {type(axis).__name__}")
    if x.array.shape[axis] % 2:
        raise ValueError(f"(InvalidArgument) glu: the size {x.array.shape[axis]} of axis {axis} must be divisible by 2")
    return gate.glu(x, axis % rank)


@function(method=False)
def gumbel_softmax(
    x: Any, temperature: float = 1.0, hard: bool = False, axis: int = -1, name: str | None = None
) -> Any:
    """softmax((x + g) / temperature) with Gumbel noise g; `hard`: one-hot, without a gradient."""
    _real(x, "gumbel_softmax")
    if temperature <= 0:
        raise ValueError(
            f"(InvalidArgument) gumbel_softmax: temperature must be greater than 0, but received {temperature}"
        )
    chances = np.empty(x.array.shape, x.array.dtype if x.array.dtype == dtypes.F64 else dtypes.F32)
    _random.engine().uniform(chances, 0.00001, 1.0)
    noise = (-np.log(-np.log(chances))).astype(x.array.dtype)
    return layer.gumbel_softmax(x, noise, temperature, hard, axis_of(axis, x.array.ndim, "gumbel_softmax"), True)


@function(method=False)
def maxout(x: Any, groups: int, axis: int = 1, name: str | None = None) -> Any:
    """The greatest of each `groups` neighbouring channels; ValueError where the groups do not divide them."""
    _real(x, "maxout")
    if x.array.ndim != 4:
        raise ValueError(f"(InvalidArgument) maxout: x's dims should be 4, but received x's dims is: {x.array.ndim}")
    dim, groups = axis_of(axis, x.array.ndim, "maxout"), whole(groups, "groups")
    if axis not in (1, 3, -1):
        raise ValueError(f"(InvalidArgument) maxout: axis must be 1, 3 or -1, but received {axis}")
    if groups <= 1 or x.array.shape[dim] % groups:
        raise ValueError(
            f"(InvalidArgument) maxout: groups must be greater than 1 and divide the channels; received {groups} for {list(x.array.shape)}"
        )
    return layer.maxout(x, groups, dim)


@function(method=False)
def swiglu(x: Any, y: Any = None, name: str | None = None) -> Any:
    """silu(x) · y; without y the two halves of x's last dimension."""
    _real(x, "swiglu")
    if y is None and x.array.shape[-1] % 2:
        raise ValueError(f"(InvalidArgument) swiglu: the last dimension must be even; received {list(x.array.shape)}")
    if y is not None and y.array.shape != x.array.shape:
        raise ValueError(
            f"(InvalidArgument) swiglu: x and y must have one shape; received {list(x.array.shape)}, {list(y.array.shape)}"
        )
    return layer.swiglu(x, y)
