"""Operations of networks: activations, losses of rows, normalisation.

Rules of this file: the results of softmax and sigmoid remember their logits, so that a cross entropy of them is computed from the logits
as upstream's is.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _config, _convert
from plait.keras._errors import InvalidArgumentError, dtype_refused, refused
from plait.keras._operators import c_name
from plait.keras._tensor import Tensor
from plait.keras._traced import graph_shape
from plait.keras.ops._common import axes_of, floating, one_axis, op, tensor
from plait.keras.ops.reduction import moments
from plait.layers import norm as meaning
from plait.ops import activation, choose, class_loss, gate, lanes, loss, maths, reduce, select, soft_labels
from plait.ops import elementwise as ew
from plait.ops import softmax as engine
from plait.ops.shape import permute, reshape

__all__ = [
    "batch_normalization", "binary_crossentropy", "categorical_crossentropy", "celu", "elu", "gelu", "glu", "hard_shrink", "hard_sigmoid",
    "hard_silu", "hard_swish", "hard_tanh", "layer_normalization", "leaky_relu", "log_sigmoid", "log_softmax", "mish", "multi_hot", "relu", "relu6",
    "rms_normalization", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_categorical_crossentropy",
    "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh_shrink", "threshold",
]  # fmt: skip

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805
_FAR = 40.0  # beyond it softplus(x) is x in every dtype


def _real(x: Any, name: str) -> Any:
    """A floating tensor; InvalidArgumentError for integers, which TensorFlow's activations do not take."""
    x = tensor(x)
    if x.array.dtype.kind not in "fV":
        raise dtype_refused(name, c_name(x.array.dtype))
    return x


def _row(name: str, function: Callable[[Any], Any], doc: str, upstream: str) -> Any:
    def call(x: Any) -> Any:
        return function(_real(x, upstream))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = doc
    return op(call)


@op
def relu(x: Any) -> Any:
    """max(x, 0)."""
    return activation.relu(tensor(x))


@op
def relu6(x: Any) -> Any:
    """x cut to [0, 6]."""
    return activation.hardtanh(tensor(x), 0.0, 6.0)


def _sigmoid(x: Any) -> Any:
    out = activation.sigmoid(x)
    out._keras_logits = x
    return out


sigmoid = _row("sigmoid", _sigmoid, "1 / (1 + e ** -x).", "Sigmoid")
softplus = _row("softplus", lambda x: activation.softplus(x, 1.0, _FAR), "log(1 + e ** x).", "Softplus")
softsign = _row("softsign", activation.softsign, "x / (1 + |x|).", "Softsign")
silu = _row("silu", activation.silu, "x * sigmoid(x).", "Sigmoid")
swish = _row("swish", activation.silu, "x * sigmoid(x).", "Sigmoid")
log_sigmoid = _row("log_sigmoid", activation.logsigmoid, "log(sigmoid(x)).", "Softplus")
hard_silu = _row("hard_silu", activation.hardswish, "x * hard_sigmoid(x).", "Relu6")
hard_swish = _row("hard_swish", activation.hardswish, "x * hard_sigmoid(x).", "Relu6")
hard_sigmoid = _row("hard_sigmoid", activation.hardsigmoid, "relu6(x + 3) / 6.", "Relu6")
mish = _row("mish", activation.mish, "x * tanh(softplus(x)).", "Softplus")
tanh_shrink = _row("tanh_shrink", activation.tanhshrink, "x - tanh(x).", "Tanh")
selu = _row(
    "selu",
    lambda x: activation.elu_steep(x, _SELU_ALPHA, _SELU_SCALE, 1.0),
    "scale * x above 0, scale * alpha * (e ** x - 1) below.",
    "Selu",
)


@op
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x above 0, alpha * (e ** x - 1) below."""
    x = _real(x, "Elu")
    y = activation.elu_steep(x, 1.0, 1.0, 1.0)
    return y if alpha == 1 else ew.where(ew.gt(x, 0), y, ew.mul(y, float(alpha)))


@op
def celu(x: Any, alpha: float = 1.0) -> Any:
    """x above 0, alpha * (e ** (x / alpha) - 1) below."""
    x, a = _real(x, "Expm1"), alpha if isinstance(alpha, (int, float)) else tensor(alpha)
    negative = maths.expm1(ew.div(choose.smaller(x, 0.0), a))  # both halves have a slope at 0, so that it is 2 there
    return ew.add(choose.larger(x, 0.0), ew.mul(negative, a))


@op
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x above 0, negative_slope * x below."""
    return activation.leaky_relu(
        _real(x, "LeakyRelu") if tensor(x).array.dtype.kind == "b" else floating(x), float(np.float32(negative_slope))
    )


@op
def gelu(x: Any, approximate: bool = True) -> Any:
    """x times the normal distribution's cdf at x; by tanh where `approximate`."""
    x = _real(x, "Erf")
    if approximate and x.array.dtype == dtypes.F64:  # upstream's coefficients have single precision
        inner = ew.mul(ew.add(x, ew.mul(ew.pow(x, 3), float(np.float32(0.044715)))), 0.7978845608028654)
        return ew.mul(ew.mul(x, 0.5), ew.add(activation.tanh(inner), 1.0))
    if x.array.dtype == dtypes.F64:
        root = float(np.float32(1.4142135623730951))
        return ew.mul(ew.mul(x, 0.5), ew.add(maths.erf(ew.div(x, root)), 1.0))
    return activation.gelu_tanh(x) if approximate else activation.gelu(x)


@op
def glu(x: Any, axis: int = -1) -> Any:
    """The first half along `axis` times the sigmoid of the second; ValueError for an odd size."""
    x = _real(x, "Sigmoid")
    at = one_axis(axis, x.array.ndim)
    if x.array.shape[at] % 2:
        raise ValueError(f"glu: the size of axis {axis} must be even; got x.shape={x.array.shape}")
    return gate.glu(x, at)


@op
def hard_tanh(x: Any) -> Any:
    """x cut to [-1, 1]."""
    return select.clamp(tensor(x), -1.0, 1.0)


@op
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x where |x| is above the threshold, else 0."""
    x = tensor(x)
    return ew.where(ew.gt(ew.abs(x), tensor(threshold, x.dtype)), x, 0)  # NaN, which is above nothing, gives 0 too


@op
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x moved towards 0 by the threshold, 0 where it would cross."""
    x = tensor(x)
    limit = tensor(threshold, x.dtype)
    return ew.where(ew.gt(x, limit), ew.sub(x, limit), ew.where(ew.lt(x, ew.neg(limit)), ew.add(x, limit), 0))


@op
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """x above the threshold, else the default value."""
    return activation.threshold(tensor(x), threshold, default_value)


@op
def sparse_plus(x: Any) -> Any:
    """0 up to -1, (x + 1)² / 4 up to 1, x above."""
    x = _real(x, "Pow")
    middle = ew.mul(maths.square(ew.add(x, 1.0)), 0.25)
    return ew.where(ew.le(x, -1.0), 0.0, ew.where(ew.lt(x, 1.0), middle, x))


@op
def sparse_sigmoid(x: Any) -> Any:
    """0 up to -1, (x + 1) / 2 up to 1, 1 above."""
    x = _real(x, "Mul")
    inner = ew.where(ew.ge(x, 1.0), 1.0, ew.mul(ew.add(x, 1.0), 0.5))
    return ew.where(ew.le(x, -1.0), 0.0, inner)


@op
def squareplus(x: Any, b: float = 4) -> Any:
    """(x + √(x² + b)) / 2."""
    x = _real(x, "Sqrt")
    return ew.div(ew.add(x, ew.sqrt(ew.add(maths.square(x), tensor(b, x.dtype)))), 2.0)


def _no_dim(axis: int, ndim: int) -> Exception:
    return InvalidArgumentError(
        f"`dim` must be in the range [{-ndim}, {ndim}) where {ndim} is the number of dimensions in the input. Received: dim={axis}"
    )


def _over(function: Callable[[Any, int], Any], x: Any, axis: Any) -> Any:
    """A function along an axis, along several taken as one, or (None) over all elements."""
    shape = x.array.shape
    if axis is None:
        return reshape(function(reshape(x, (-1,)), 0), shape)
    if not isinstance(axis, (list, tuple)):
        return function(x, one_axis(axis, len(shape), _no_dim))
    axes = axes_of(axis, len(shape)) or ()
    order = (*[d for d in range(len(shape)) if d not in axes], *axes)
    moved = permute(x, order)
    kept = moved.array.shape
    flat = reshape(moved, (*kept[: len(shape) - len(axes)], -1))
    out = reshape(function(flat, flat.array.ndim - 1), kept)
    return permute(out, tuple(order.index(d) for d in range(len(shape))))


@op
def softmax(x: Any, axis: Any = -1) -> Any:
    """Exponentials over their sum along `axis` (over all elements for None, several axes as one); UserWarning where it has one place."""
    x = _real(x, "Softmax")
    shape = x.array.shape
    if isinstance(axis, int) and -len(shape) <= axis < len(shape) and shape[axis] == 1:
        warnings.warn(
            f"You are using a softmax over axis {axis} of a tensor of shape {shape}. This axis has size 1. The softmax operation will "
            "always return the value 1, which is likely not what you intended. Did you mean to use a sigmoid instead?",
            stacklevel=3,
        )
    out = _over(engine.softmax, x, axis)
    out._keras_logits = x
    return out


@op
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """The logarithm of softmax along `axis` (over all elements for None, several axes as one)."""
    x = _real(x, "LogSoftmax")
    return _over(engine.log_softmax, x, axis)


@op
def sparsemax(x: Any, axis: int = -1) -> Any:
    """The nearest point of the probability simplex along `axis` (Martins and Astudillo, 2016)."""
    from plait.ops import order, scan

    x = _real(x, "Sub")
    at = one_axis(axis, x.array.ndim)
    ranked = order.sort(x, at, True)[0]
    sums = scan.cumsum(ranked, at)
    shape = tuple(-1 if d == at else 1 for d in range(x.array.ndim))
    count = Tensor.wrap(np.arange(1, x.array.shape[at] + 1).astype(x.array.dtype).reshape(shape))
    support = ew.gt(ew.sub(ranked, ew.div(ew.sub(sums, 1.0), count)), 0.0)
    k = reduce.sum(_convert.to(support, x.array.dtype), at, True)
    tau = ew.div(ew.sub(reduce.sum(ew.where(support, sums, 0.0), at, True), 1.0), k)
    return choose.larger(ew.sub(x, tau), 0.0)


@op
def multi_hot(
    inputs: Any, num_classes: Any = None, axis: int = -1, dtype: Any = None, sparse: bool = False, **kwargs: Any
) -> Any:
    """1 for every class that occurs in a row of integers."""
    from plait.keras.ops.creation import one_hot

    num_classes = kwargs.get("num_tokens", num_classes)
    hot = one_hot(inputs, num_classes, axis, dtype, sparse)
    return Tensor.wrap(hot.array.max(1 if tensor(inputs).array.ndim > 1 else 0))


# --- losses of rows ----------------------------------------------------------------------------------------------------------


def _logits(output: Any, from_logits: bool, kind: str, name: str) -> tuple[Any, bool]:
    found = getattr(output, "_keras_logits", None) if type(output) is Tensor else None
    if found is None:
        return output, from_logits
    if from_logits:
        warnings.warn(f'"`{name}`" received `from_logits=True`, but the `output` argument was produced by a {kind} activation and thus does '
                      "not represent logits. Was this intended?", stacklevel=3)  # fmt: skip
    return found, True


def _shapes(target: Any, output: Any) -> str:
    return f"Received: target.shape={graph_shape(target.shape)}, output.shape={graph_shape(output.shape)}"


def _same_shape(target: Any, output: Any) -> None:
    if target.array.ndim != output.array.ndim:
        raise ValueError(f"Arguments `target` and `output` must have the same rank (ndim). {_shapes(target, output)}")
    if target.array.shape != output.array.shape:
        raise ValueError(f"Arguments `target` and `output` must have the same shape. {_shapes(target, output)}")


def _like(target: Any, output: Any) -> Any:
    """A target in the dtype of the output, which TensorFlow's operations want; InvalidArgumentError where it is another."""
    if target.array.dtype != output.array.dtype:
        raise InvalidArgumentError(f"cannot compute Mul as input #1(zero-based) was expected to be a {target.dtype.name} tensor but is a "
                                   f"{output.dtype.name} tensor [Op:Mul] name: ")  # fmt: skip
    return target


@op
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """-Σ target · log(output) along `axis`, from probabilities or logits; ValueError where shapes differ."""
    target, output = tensor(target), tensor(output)
    if target.array.ndim < 1:
        raise ValueError("categorical_crossentropy: target and output must be at least rank 1; got "
                         f"target.shape={target.shape}, output.shape={output.shape}")  # fmt: skip
    _same_shape(target, output)
    output, from_logits = _logits(output, from_logits, "Softmax", "categorical_crossentropy")
    at = one_axis(axis, output.array.ndim)
    if from_logits:
        return softmax_cross_entropy(_convert.to(target, output.array.dtype), output, at)
    target = _like(target, output)
    least = _config.epsilon()
    output = ew.div(output, lanes.sum(output, at, True))
    output = select.clamp(output, least, 1.0 - least)
    return ew.neg(lanes.sum(ew.mul(target, ew.log(output)), at))


def softmax_cross_entropy(labels: Any, logits: Any, axis: int) -> Any:
    """The cross entropy of logits with shares of classes along an axis."""
    if axis != logits.array.ndim - 1:
        order = (*[d for d in range(logits.array.ndim) if d != axis], axis)
        labels, logits = permute(labels, order), permute(logits, order)
    return soft_labels.soft_cross_entropy(logits, labels)


@op
def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """-log(output[target]) of the last axis, from probabilities or logits; ValueError where shapes do not fit."""
    output = tensor(output)
    if axis not in (-1, output.array.ndim - 1):
        raise ValueError(f"Only axis=-1 is currently supported. Received: axis={axis}")
    output, from_logits = _logits(output, from_logits, "Softmax", "sparse_categorical_crossentropy")
    target = tensor(target, "int64")
    if target.array.ndim == output.array.ndim and target.array.shape[-1] == 1:
        target = reshape(target, target.array.shape[:-1])
    if output.array.ndim < 1:
        raise ValueError(
            f"sparse_categorical_crossentropy: output must be at least rank 1; got output.shape={output.shape}"
        )
    if target.array.ndim != output.array.ndim - 1:
        raise ValueError(f"Argument `output` must have rank (ndim) `target.ndim - 1`. {_shapes(target, output)}")
    if target.array.shape != output.array.shape[:-1]:
        raise ValueError(
            f"Arguments `target` and `output` must have the same shape up until the last dimension: {_shapes(target, output)}"
        )
    if not from_logits:
        least = _config.epsilon()
        output = ew.log(select.clamp(output, least, 1.0 - least))
    return sparse_softmax_cross_entropy(target, output)


def sparse_softmax_cross_entropy(labels: Any, logits: Any) -> Any:
    """The cross entropy of logits (last axis) with class numbers; InvalidArgumentError for a number outside of the classes."""
    classes = logits.array.shape[-1]
    at = labels.array
    if at.size and (at.min() < 0 or at.max() >= classes):
        wrong = int(at[(at < 0) | (at >= classes)].flat[0])
        told = " ".join(map(str, at.ravel()[:20].tolist()))
        raise refused("SparseSoftmaxCrossEntropyWithLogits",
                      f"Received a label value of {wrong} which is outside the valid range of [0, {classes}).  Label values: {told}")  # fmt: skip
    flat = reshape(logits, (-1 if logits.array.size else at.size, classes))
    rows = class_loss.cross_entropy(flat, reshape(_convert.to(labels, dtypes.I64), (at.size,)), None, -100, 0.0, 0)
    return reshape(rows, at.shape)


@op
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """-(target · log(output) + (1 - target) · log(1 - output)) for every element, from probabilities or logits."""
    target, output = tensor(target), tensor(output)
    _same_shape(target, output)
    output, from_logits = _logits(output, from_logits, "Sigmoid", "binary_crossentropy")
    target = _like(target, output)
    if from_logits:
        return sigmoid_cross_entropy(target, output)
    least = _config.epsilon()
    output = select.clamp(output, least, 1.0 - least)
    first = ew.mul(target, ew.log(output))
    return ew.neg(ew.add(first, ew.mul(ew.sub(1, target), ew.log(ew.sub(1, output)))))


def sigmoid_cross_entropy(labels: Any, logits: Any) -> Any:
    """The cross entropy of logits with probabilities, for every element."""
    return loss.pair_loss(loss.BINARY_CROSS_ENTROPY_WITH_LOGITS, logits, labels, 0)


# --- normalisation -----------------------------------------------------------------------------------------------------------


def scaled(x: Any, mean: Any, var: Any, offset: Any, scale: Any, epsilon: float) -> Any:
    """(x - mean) / √(var + epsilon) · scale + offset, by one product and one sum."""
    inverse = maths.rsqrt(ew.add(var, float(epsilon)))
    if scale is not None:
        inverse = ew.mul(inverse, scale)
    shift = ew.mul(mean, inverse)
    return ew.add(ew.mul(x, inverse), ew.neg(shift) if offset is None else ew.sub(offset, shift))


@op
def batch_normalization(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None, epsilon: float = 1e-3
) -> Any:
    """x less the mean, over the deviation, times the scale, plus the offset; statistics are vectors along `axis`."""
    x = tensor(x)
    n = x.array.ndim
    at = one_axis(axis, n)
    shape = tuple(-1 if d == at else 1 for d in range(n))
    each = [None if v is None else tensor(v) for v in (mean, variance, offset, scale)]
    if at != n - 1:
        each = [v if v is None else reshape(v, shape) for v in each]
    return scaled(x, each[0], each[1], each[2], each[3], epsilon)


def _trailing(axes: Any, ndim: int) -> bool:
    return list(axes) == list(range(ndim - len(axes), ndim))


def _statistics_dtype(x: Any) -> Any:
    return _convert.to(x, dtypes.F32) if x.array.dtype.itemsize == 2 or x.array.dtype.kind in "iub" else x


@op
def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None, **kwargs: Any
) -> Any:
    """x less its mean over `axis`, over its deviation, times gamma, plus beta."""
    deviation_alone = kwargs.pop("rms_scaling", False)
    if deviation_alone:
        warnings.warn("You passed `rms_scaling=True`, which is deprecated: it divides by the deviation, not by the root mean square; "
                      "use `keras.ops.rms_normalization`", stacklevel=3)  # fmt: skip
    x = tensor(x)
    kept, least = x.array.dtype, _config.epsilon() if epsilon is None else epsilon
    x = _statistics_dtype(x)
    n = x.array.ndim
    axes = sorted(axes_of(axis, n) or range(n))
    g, b = (None if v is None else tensor(v, x.dtype) for v in (gamma, beta))
    sizes = tuple(x.array.shape[d] for d in axes)
    fits = all(v is None or v.array.size == math.prod(sizes) for v in (g, b))
    if deviation_alone:
        shape = tuple(x.array.shape[d] if d in axes else 1 for d in range(n))
        out = meaning.deviation_norm(x, axes, None if g is None else reshape(g, shape), least)
    elif _trailing(axes, n) and fits and (g is None) == (b is None):
        g, b = (v if v is None else reshape(v, sizes) for v in (g, b))
        out = meaning.layer_norm(x, len(axes), g, b, least)
    else:
        shape = tuple(x.array.shape[d] if d in axes else 1 for d in range(n))
        g, b = (v if v is None or v.array.ndim == n or axes == [n - 1] else reshape(v, shape) for v in (g, b))
        mean, var = moments(x, axes, True)
        out = scaled(x, mean, var, b, g, least)
    return _convert.to(out, kept)


@op
def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None) -> Any:
    """x over the root of its mean square along `axis`, times the scale."""
    x = tensor(x)
    kept, least = x.array.dtype, _config.epsilon() if epsilon is None else epsilon
    x = _statistics_dtype(x)
    if not x.array.ndim:
        x = reshape(x, (1,))
    axes = sorted(axes_of(axis, x.array.ndim) or range(x.array.ndim))
    square = lanes.mean(maths.square(x), tuple(axes), True)
    out = ew.mul(x, maths.rsqrt(ew.add(square, float(least))))
    if scale is not None:
        out = ew.mul(out, tensor(scale, x.dtype))
    return _convert.to(out, kept)
