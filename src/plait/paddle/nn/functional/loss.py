"""paddle.nn.functional: losses. Signatures, checks and messages are upstream's; what is computed is in plait/layers/loss.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import loss as layer
from plait.ops import elementwise as ew
from plait.ops import loss as op
from plait.ops.shape import to_dtype
from plait.ops.views import unsqueeze
from plait.paddle.functions import reduction as functions
from plait.paddle.functions._common import function, need_tensor
from plait.paddle.nn.functional._padding import single

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "gaussian_nll_loss",
    "kl_div",
    "l1_loss",
    "log_loss",
    "mse_loss",
    "poisson_nll_loss",
    "sigmoid_focal_loss",
    "smooth_l1_loss",
    "square_error_cost",
]


def check_reduction(reduction: Any, name: str) -> None:
    """ValueError for what is none of "sum", "mean" and "none"."""
    if reduction not in ("sum", "mean", "none"):
        raise ValueError(
            f"The value of 'reduction' in {name} should be 'sum', 'mean' or 'none', but received {reduction}, which is not allowed."
        )


def both(x: Any, label: Any, name: str) -> tuple[Any, Any]:
    """Two tensors; ValueError for others."""
    need_tensor(x, name, "input")
    need_tensor(label, name, "label", 1)
    return x, label


def alike(x: Any, label: Any, name: str) -> None:
    """ValueError where the shapes differ."""
    if x.array.shape != label.array.shape:
        raise ValueError(
            f"(InvalidArgument) {name}: input's shape must equal to label's shape, but received {list(x.array.shape)} and "
            f"{list(label.array.shape)}"
        )


def _same_dtype(x: Any, label: Any, name: str) -> None:
    if x.array.dtype != label.array.dtype:
        raise ValueError(
            f"(InvalidArgument) {name}: input and label must be of one dtype, but received {x.dtype} and {label.dtype}"
        )


def _promoted(a: Any, b: Any) -> tuple[Any, Any]:
    """Floating tensors of different dtypes as the wider."""
    p, q = a.array.dtype, b.array.dtype
    if p != q and p.kind == "f" and q.kind == "f":
        wide = max(p, q, key=lambda d: d.itemsize)
        return to_dtype(a, wide), to_dtype(b, wide)
    if p != q:
        raise TypeError(
            f"(InvalidType) Type promotion only support calculations between floating-point numbers; got {a.dtype} and {b.dtype}"
        )
    return a, b


# --- regression ---------------------------------------------------------------------------------------------------------------


def reduced(y: Any, reduction: str) -> Any:
    """The mean or the sum of all, in upstream's order of adding."""
    return functions.mean(y) if reduction == "mean" else functions.sum(y) if reduction == "sum" else y


@function(method=False)
def square_error_cost(input: Any, label: Any) -> Any:
    """(input - label)²."""
    return layer.square(*_promoted(*both(input, label, "square_error_cost")), "none")


@function(method=False)
def mse_loss(input: Any, label: Any, reduction: str = "mean", name: str | None = None) -> Any:
    """(input - label)², its mean or its sum.

    >>> from plait import paddle
    >>> paddle.nn.functional.mse_loss(paddle.ones([2]), paddle.zeros([2])).item()
    1.0
    """
    check_reduction(reduction, "mse_loss")
    x, t = _promoted(*both(input, label, "mse_loss"))
    if x.array.shape == t.array.shape and x.array.dtype.kind == "f":
        return reduced(op.pair_loss(op.MSE_LOSS, x, t, op.NONE), reduction)
    return reduced(layer.square(x, t, "none"), reduction)


@function(method=False)
def l1_loss(input: Any, label: Any, reduction: str = "mean", name: str | None = None) -> Any:
    """|input - label|, its mean or its sum."""
    check_reduction(reduction, "L1Loss")
    x, t = _promoted(*both(input, label, "l1_loss"))
    if reduction == "mean" and x.array.dtype.kind != "f":
        raise RuntimeError(f"(NotFound) l1_loss: the mean is not registered for {x.dtype}")
    return reduced(layer.absolute(x, t, "none"), reduction)


@function(method=False)
def smooth_l1_loss(
    input: Any, label: Any, reduction: str = "mean", delta: float = 1.0, is_huber: bool = True, name: str | None = None
) -> Any:  # fmt: skip
    """d² / 2 where |d| <= delta, else delta · (|d| - delta / 2), for d = input - label; over delta unless `is_huber`."""
    x, t = both(input, label, "smooth_l1_loss")
    alike(x, t, "smooth_l1_loss")
    check_reduction(reduction, "smooth_l1_loss")
    y = op.pair_loss(op.HUBER_LOSS, x, t, op.NONE, single(delta))
    return reduced(y if is_huber else ew.div(y, delta), reduction)


@function(method=False)
def log_loss(input: Any, label: Any, epsilon: float = 0.0001, name: str | None = None) -> Any:
    """-label · log(input + epsilon) - (1 - label) · log(1 - input + epsilon), for float32 columns [N, 1]."""
    x, t = both(input, label, "log_loss")
    alike(x, t, "log_loss")
    if x.array.ndim != 2 or x.array.shape[1] != 1:
        raise ValueError(f"(InvalidArgument) log_loss: input must be [N, 1], but received {list(x.array.shape)}")
    if x.array.dtype != dtypes.F32:
        raise RuntimeError(f"(NotFound) The kernel of `log_loss` is not registered for {x.dtype}; it takes float32.")
    return layer.log_of_chance(x, t.detach(), single(epsilon))


@function(method=False)
def poisson_nll_loss(
    input: Any, label: Any, log_input: bool = True, full: bool = False, epsilon: float = 1e-08, reduction: str = "mean",
    name: str | None = None,
) -> Any:  # fmt: skip
    """exp(input) - label · input, or input - label · log(input + epsilon); `full` adds Stirling's approximation of log label!."""
    if epsilon <= 0:
        raise ValueError(
            f"The value of `epsilon` in poisson_nll_loss should be positive, but received {epsilon:f}, which is not allowed"
        )
    check_reduction(reduction, "poisson_nll_loss")
    x, t = both(input, label, "poisson_nll_loss")
    _need_floats("poisson_nll_loss", input=x, label=t)
    alike(x, t, "poisson_nll_loss")
    return reduced(layer.poisson(x, t, log_input, full, epsilon, "none"), reduction)


def _need_floats(name: str, **values: Any) -> None:
    for what, t in values.items():
        if t.array.dtype.kind != "f":
            raise TypeError(f"The data type of '{what}' in {name} must be float32 or float64, but received {t.dtype}.")


@function(method=False)
def gaussian_nll_loss(
    input: Any, label: Any, variance: Any, full: bool = False, epsilon: float = 1e-06, reduction: str = "mean", name: str | None = None
) -> Any:  # fmt: skip
    """(log variance + (input - label)² / variance) / 2, the variance at least epsilon and without gradient; `full` adds log(2π) / 2."""
    x, t = both(input, label, "gaussian_nll_loss")
    need_tensor(variance, "gaussian_nll_loss", "variance", 2)
    shape, other = x.array.shape, variance.array.shape
    if other != shape:
        if shape[:-1] == other:
            variance = unsqueeze(variance, len(other))
        elif not (shape[:-1] == other[:-1] and other[-1] == 1):
            raise ValueError(f"variance is of incorrect shape: {list(other)} for input {list(shape)}")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    _need_floats("gaussian_nll_loss", input=x, label=t, variance=variance)
    if (variance.array < 0).any():
        raise ValueError("variance has negative entry/entries")
    return reduced(layer.gaussian(x, t, variance.detach(), full, epsilon, "none"), reduction)


# --- probabilities ------------------------------------------------------------------------------------------------------------


@function(method=False)
def binary_cross_entropy(
    input: Any, label: Any, weight: Any = None, reduction: str = "mean", name: str | None = None
) -> Any:
    """-label · log(input) - (1 - label) · log(1 - input), the logarithms at least -100; ValueError for an input outside [0, 1]."""
    check_reduction(reduction, "binary_cross_entropy")
    x, t = both(input, label, "binary_cross_entropy")
    alike(x, t, "binary_cross_entropy")
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"(NotFound) The kernel of `bce_loss` is not registered for {x.dtype}")
    _same_dtype(x, t, "binary_cross_entropy")
    if x.array.size and not (x.array.min() >= 0 and x.array.max() <= 1):
        raise ValueError("(InvalidArgument) Illegal input, input must be in [0, 1] for binary_cross_entropy")
    if weight is None:
        return reduced(op.pair_loss(op.BINARY_CROSS_ENTROPY, x, t.detach(), op.NONE), reduction)
    y = op.pair_loss(op.BINARY_CROSS_ENTROPY, x, t.detach(), op.NONE)
    return reduced(ew.mul(y, weight), reduction)


@function(method=False)
def binary_cross_entropy_with_logits(
    logit: Any, label: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None, name: str | None = None
) -> Any:  # fmt: skip
    """`binary_cross_entropy` of sigmoid(logit), worked out so that it does not overflow; `pos_weight` weighs the positive part."""
    check_reduction(reduction, "binary_cross_entropy_with_logits")
    x, t = both(logit, label, "binary_cross_entropy_with_logits")
    alike(x, t, "binary_cross_entropy_with_logits")
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"(NotFound) The kernel of the loss is not registered for {x.dtype}")
    _same_dtype(x, t, "binary_cross_entropy_with_logits")
    t = t.detach()
    if pos_weight is None and weight is None:
        return reduced(layer.kinked(op.pair_loss(op.BINARY_CROSS_ENTROPY_WITH_LOGITS, x, t, op.NONE), x), reduction)
    more = None if pos_weight is None else ew.add(ew.mul(t, ew.sub(pos_weight.detach(), 1.0)), 1.0)
    y = layer.kinked(layer.logit(x, t), x) if more is None else layer.logit(x, t, more)
    return reduced(y if weight is None else ew.mul(y, weight), reduction)


@function(method=False)
def sigmoid_focal_loss(
    logit: Any, label: Any, normalizer: Any = None, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "sum",
    name: str | None = None,
) -> Any:  # fmt: skip
    """alpha_t · (1 - p_t)**gamma times the cross entropy of sigmoid(logit), over a normalizer (Lin et al. 2017)."""
    check_reduction(reduction, "sigmoid_focal_loss")
    x, t = both(logit, label, "sigmoid_focal_loss")
    if normalizer is not None:
        _need_floats("sigmoid_focal_loss", normalizer=normalizer)
        if normalizer.array.ndim > 1:
            raise ValueError(
                f"Expected zero or one dimension of normalizer in sigmoid_focal_loss but got {normalizer.array.ndim}."
            )
    return layer.focal(x, t, normalizer, float(alpha), float(gamma), reduction)


@function(method=False)
def kl_div(input: Any, label: Any, reduction: str = "mean", log_target: bool = False, name: str | None = None) -> Any:
    """label · (log label - input), 0 where label is not positive; with `log_target` exp(label) · (label - input).

    `reduction` "batchmean" divides the sum by the first dimension.
    """
    x, t = both(input, label, "kl_div")
    alike(x, t, "kl_div")
    if {x.array.dtype, t.array.dtype} == {dtypes.F32, dtypes.F64}:
        x, t = to_dtype(x, dtypes.F64), to_dtype(t, dtypes.F64)
    t = t.detach()
    if not log_target:
        t = t.face.wrap(np.maximum(t.array, t.array.dtype.type(0)))
    y = layer.kl_divergence(x, t, log_target, "none")
    if reduction == "batchmean":
        total = reduced(y, "sum")
        return ew.div(total, x.array.shape[0]) if x.array.ndim else total
    return reduced(y, reduction)
