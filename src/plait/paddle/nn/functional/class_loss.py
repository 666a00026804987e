"""Losses of classes: cross-entropy and its kin."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import loss as layer
from plait.ops import elementwise as ew
from plait.ops import margin_loss
from plait.ops.index import index_select
from plait.ops.shape import permute, reshape, to_dtype
from plait.ops.softmax import floored, log_softmax, softmax
from plait.ops.views import movedim, squeeze, unsqueeze
from plait.paddle.functions._common import axis_of, function, marked
from plait.paddle.nn.functional._padding import single
from plait.paddle.nn.functional.input import one_hot
from plait.paddle.nn.functional.loss import alike, both, check_reduction, reduced
from plait.tensor import MODE

__all__ = [
    "cross_entropy",
    "dice_loss",
    "multi_label_margin_loss",
    "multi_label_soft_margin_loss",
    "multi_margin_loss",
    "nll_loss",
    "soft_margin_loss",
    "softmax_with_cross_entropy",
]


def _check_classes(x: Any, label: Any, name: str) -> None:
    d, e = x.array.ndim, label.array.ndim
    if d == 0:
        raise ValueError("The dimension of input should be larger than zero!")
    if e not in (d - 1, d):
        raise ValueError(
            f"{name}: Expected input_dims - 1 = label_dims or input_dims == label_dims (got input_dims{d}, label_dims{e})"
        )


def _class_numbers(t: Any, count: int, ignore: int) -> Any:
    """Class numbers as int64; IndexError for one outside [0, count) that is not to be ignored."""
    at = t.array.astype(np.int64, copy=False)
    wrong = ((at < 0) | (at >= count)) & (at != ignore)
    if wrong.any():
        raise IndexError(
            f"(OutOfRange) label value should be >= 0 and less than the shape of axis dimension {count} when not equal to "
            f"ignore_index({ignore}), but received {at[wrong].flat[0]}"
        )
    return t.face.wrap(at)


def _scores_first(x: Any, dim: int) -> Any:
    """[…, C, …] as [N, C, …]."""
    d = x.array.ndim
    if d == 1:
        return reshape(x, (1, -1))
    return x if dim == 1 else movedim(x, (dim,), (1,)) if dim else permute(reshape(x, (x.array.shape[0], -1)), (1, 0))


def _hard(x: Any, t: Any, weight: Any, ignore: int, reduction: str, dim: int, logits: bool) -> Any:
    """Losses of class numbers t, of size 1 along `dim`; unreduced ones keep that dimension."""
    count = x.array.shape[dim]
    if t.array.shape[dim] != 1 or any(
        n != m for d, (n, m) in enumerate(zip(x.array.shape, t.array.shape, strict=True)) if d != dim
    ):
        raise ValueError(
            f"(InvalidArgument) cross_entropy: label must have the input's sizes {list(x.array.shape)} but 1 along axis {dim}; received "
            f"{list(t.array.shape)}"
        )
    t = _class_numbers(t, count, ignore)
    if not logits:
        y = layer.chances_of_classes(x, t, dim, ignore)
        return _weighed(y, t, weight, ignore, reduction)
    flat = squeeze(t, dim) if t.array.ndim > 1 else t
    at = flat if dim else reshape(flat, (-1,))
    if weight is not None and weight.tracks and MODE.grad:
        y = layer.classes(_scores_first(x, dim), at, None, ignore, "none")
        return _weighed(reshape(y, t.array.shape), t, weight, ignore, reduction)
    if reduction == "mean" and weight is None and ignore < 0:
        return reduced(layer.classes(_scores_first(x, dim), at, None, ignore, "none"), reduction)
    y = layer.classes(_scores_first(x, dim), at, weight, ignore, reduction)
    return y if reduction != "none" else reshape(y, t.array.shape)


def _weighed(y: Any, t: Any, weight: Any, ignore: int, reduction: str) -> Any:
    """Losses of probabilities by their classes' weights, reduced as `layer.classes` does."""
    hit = t.array == ignore
    if weight is None:
        count = float((~hit).sum()) if ignore >= 0 else hit.size
        return reduced(y, reduction) if reduction != "mean" else ew.div(reduced(y, "sum"), count or 1.0)
    places = weight.face.wrap(np.where(hit, 0, t.array).reshape(-1))
    chosen = reshape(index_select(weight, 0, places), t.array.shape)
    w = ew.mul(chosen, y.face.wrap((~hit).astype(y.array.dtype)))
    y = ew.mul(y, w)
    if reduction != "mean":
        return reduced(y, reduction)
    total = reduced(w, "sum")
    return ew.div(reduced(y, "sum"), total if total.array != 0 else 1.0)


def _soft(x: Any, t: Any, weight: Any, ignore: int, reduction: str, dim: int, logits: bool) -> Any:
    """Losses of probabilities t over the classes along `dim`, which unreduced ones keep with size 1.

    As upstream does, a mean with `ignore` that is not negative counts the probabilities (not the samples) that are no `ignore`.
    """
    if t.array.shape != x.array.shape:
        raise ValueError(
            f"(InvalidArgument) cross_entropy: a soft label must have the input's shape {list(x.array.shape)}; received {list(t.array.shape)}"
        )
    y = layer.shares(log_softmax(x, dim) if logits else layer.bounded_log(x), t.detach(), dim)
    if logits:
        y = layer.pulled(y, x, t, dim)
    counted = None if ignore < 0 else (t.array != ignore).sum(dim, keepdims=True).astype(y.array.dtype)
    w: Any = None
    if weight is not None:
        w = layer.weighted_share(t, weight, dim)
        y = ew.mul(y, w)
    if reduction != "mean" or (w is None and counted is None):
        return reduced(y, reduction)
    parts = w if counted is None else y.face.wrap(counted) if w is None else ew.mul(w, y.face.wrap(counted))
    total = reduced(parts, "sum")
    return ew.div(reduced(y, "sum"), total if total.array != 0 else 1.0)


@function("label:target", method=False)
def cross_entropy(
    input: Any, label: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", soft_label: bool = False, axis: int = -1,
    use_softmax: bool = True, label_smoothing: float = 0.0, name: str | None = None,
) -> Any:  # fmt: skip
    """-log softmax(input) of the label's class along `axis`, or -Σ label · log softmax(input) with `soft_label`.

    `label` holds class numbers with size 1 along the axis, or without it. `use_softmax=False`: the input holds probabilities. The mean is over
    the weights of what is not ignored; without weights and with a negative `ignore_index` over all elements. Raises IndexError for a class that
    is not there, ValueError for shapes that do not fit.

    >>> from plait import paddle
    >>> paddle.nn.functional.cross_entropy(paddle.zeros([1, 2]), paddle.to_tensor([1])).item()
    0.6931471824645996
    """
    check_reduction(reduction, "softmax_cross_entropy")
    x, t = both(input, label, "cross_entropy")
    if ignore_index > 0 and soft_label:
        raise ValueError(
            f"When soft_label == True, the value of 'ignore_index' in softmax_cross_entropy should be '-100', but received {ignore_index}, "
            "which is not allowed."
        )
    _check_classes(x, t, "cross_entropy")
    dim = axis_of(axis, x.array.ndim, "cross_entropy")
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"(NotFound) The kernel of `cross_entropy_with_softmax` is not registered for {x.dtype}")
    if use_softmax:
        x = floored(x, dim)
    bare = t.array.ndim == x.array.ndim - 1
    if label_smoothing > 0.0:
        if label_smoothing > 1.0:
            raise ValueError(f"The value of epsilon must be between 0 and 1; received {label_smoothing}")
        soft_label = True
        if bare:
            t, bare = one_hot(t, x.array.shape[-1]), False
        if t.array.dtype.kind != "f":
            raise RuntimeError(f"(NotFound) The kernel of `label_smooth` is not registered for {t.dtype}")
        t = to_dtype(layer.smoothed(t.detach(), None, single(label_smoothing)), x.array.dtype)
    if soft_label:
        if bare:
            t = unsqueeze(t, dim)
        if weight is not None and dim != x.array.ndim - 1:
            raise ValueError(
                "(InvalidArgument) cross_entropy: weights of soft labels need the classes at the last axis"
            )
        y = _soft(x, t, weight, ignore_index, reduction, dim, use_softmax)
    else:
        if weight is not None and weight.array.shape[-1] != x.array.shape[dim]:
            raise ValueError(
                f"input's class_dimension({x.array.shape[dim]}) must equal to weight's class_dimension({weight.array.shape[-1]}) when weight is "
                "provided"
            )
        shaped = t.face.wrap(np.expand_dims(t.array, dim)) if bare else t
        y = _hard(x, shaped, weight, ignore_index, reduction, dim, use_softmax)
    return squeeze(y, dim) if reduction == "none" and bare else y


def softmax_with_cross_entropy(
    logits: Any, label: Any, soft_label: bool = False, ignore_index: int = -100, numeric_stable_mode: bool = True,
    return_softmax: bool = False, axis: int = -1,
) -> Any:  # fmt: skip
    """The losses of `cross_entropy(reduction="none")`, of size 1 along `axis`; with `return_softmax` the softmax too (without a gradient)."""
    warnings.warn(
        "softmax_with_cross_entropy is deprecated since 2.0.0: use paddle.nn.functional.cross_entropy",
        DeprecationWarning,
        stacklevel=2,
    )
    x, t = both(logits, label, "softmax_with_cross_entropy")
    _check_classes(x, t, "softmax_with_cross_entropy")
    if t.array.ndim != x.array.ndim:
        raise ValueError(
            f"(InvalidArgument) softmax_with_cross_entropy: label must have as many dimensions as logits {list(x.array.shape)}; received "
            f"{list(t.array.shape)}"
        )
    loss = cross_entropy(x, t, None, ignore_index, "none", soft_label, axis)
    if not return_softmax:
        return loss
    dim = axis % x.array.ndim
    return loss, marked(x, softmax(floored(x.detach(), dim), dim))


@function(method=False)
def nll_loss(
    input: Any, label: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", name: str | None = None
) -> Any:  # fmt: skip
    """-weight · input of the label's class, for log-probabilities [N, C, …] and labels [N, …]; the mean is over the weights, 0 of nothing."""
    check_reduction(reduction, "nll_loss")
    x, t = both(input, label, "nll_loss")
    shape = x.array.shape
    if t.array.ndim not in (len(shape) - 1, len(shape)):
        raise ValueError(
            f"Expected input_dims - 1 = label_dims or input_dims == label_dims (got input_dims{len(shape)}, label_dims{t.array.ndim})"
        )
    if len(shape) < 2:
        raise ValueError(f"Expected 2 or more dimensions (got {len(shape)})")
    if shape[1] < 1:
        raise ValueError(f"Expected 1 or more classes (got num classes{shape[1]})")
    if t.array.dtype != dtypes.I64:
        raise ValueError(f"(InvalidArgument) nll_loss: label must be int64, but received {t.dtype}")
    if len(shape) == 2 and t.array.shape == (shape[0], 1):
        t = t.squeeze(1)
    if t.array.shape != (shape[0], *shape[2:]):
        raise ValueError(
            f"(InvalidArgument) nll_loss: label must have the shape {[shape[0], *shape[2:]]}, but received {list(t.array.shape)}"
        )
    if weight is not None and weight.array.size != shape[1]:
        raise ValueError(
            f"(InvalidArgument) nll_loss: weight must hold one number for each of {shape[1]} classes; received {weight.array.size}"
        )
    try:
        _class_numbers(t, shape[1], ignore_index)
    except IndexError as error:
        raise ValueError(f"(InvalidArgument) label should not be out of bounds: {error}") from None
    return layer.likelihood(x, t, None if weight is None else weight.detach(), ignore_index, reduction)


@function(method=False)
def dice_loss(input: Any, label: Any, epsilon: float = 1e-05, name: str | None = None) -> Any:
    """The mean over the samples of 1 - 2 Σ p t / (Σ p + Σ t + epsilon), for probabilities […, C] and class numbers […, 1]."""
    x, t = both(input, label, "dice_loss")
    if x.array.dtype not in (dtypes.F32, dtypes.F64) or t.array.dtype not in (dtypes.I32, dtypes.I64):
        raise AssertionError(
            f"dice_loss: input must be float32 or float64 and label int32 or int64; received {x.dtype}, {t.dtype}"
        )
    a, b = x.array.shape, t.array.shape
    if len(a) < 2 or len(a) != len(b) or b[-1] != 1 or a[:-1] != b[:-1]:
        raise AssertionError(
            f"dice_loss: label must have input's sizes but 1 as the last, and at least 2 dimensions; received {list(a)} and {list(b)}"
        )
    return layer.dice(x, one_hot(squeeze(t, len(b) - 1), a[-1]), epsilon)


@function(method=False)
def multi_label_soft_margin_loss(
    input: Any, label: Any, weight: Any = None, reduction: str = "mean", name: str | None = None
) -> Any:
    """The mean over the classes of -label · log sigmoid(input) - (1 - label) · log sigmoid(-input)."""
    check_reduction(reduction, "multi_label_soft_margin_loss")
    x, t = both(input, label, "multi_label_soft_margin_loss")
    if x.array.shape != t.array.shape:
        raise ValueError(
            f"The input and label should have same dimension, but received {list(x.array.shape)}!={list(t.array.shape)}"
        )
    return layer.multilabel_soft_margin(x, t, weight, reduction)


@function(method=False)
def multi_label_margin_loss(input: Any, label: Any, reduction: str = "mean", name: str | None = None) -> Any:
    """The sum over the classes that each row of label names (up to the first -1) and those that it does not, of max(0, 1 - x_named + x_other),
    over the number of classes."""
    check_reduction(reduction, "multi_label_margin_loss")
    x, t = both(input, label, "multi_label_margin_loss")
    for what, d in (("input", x.array.ndim), ("label", t.array.ndim)):
        if d != 2:
            raise ValueError(f"Expected 2D {what} tensor, but got {d}D")
    if t.array.size and t.array.min() < -1:
        raise ValueError(f"label values should be >= -1; received {t.array.min()}")
    if t.array.size and t.array.max() >= x.array.shape[1]:
        raise ValueError(f"label values should be < {x.array.shape[1]}; received {t.array.max()}")
    return margin_loss.multilabel_margin(x, to_dtype(t, dtypes.I64), layer.CODES[reduction])


@function(method=False)
def multi_margin_loss(
    input: Any, label: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean", name: str | None = None
) -> Any:  # fmt: skip
    """The mean over the classes but the label's of weight · max(0, margin - x_label + x)**p."""
    check_reduction(reduction, "multi_margin_loss")
    x, t = both(input, label, "multi_margin_loss")
    if x.array.shape[0] != t.array.shape[0]:
        raise ValueError(
            f"The label's shape[0] should be equal to input's shape[0], but received input's shape[0] {x.array.shape[0]} and label's "
            f"shape[0]:{t.array.shape[0]}. "
        )
    if weight is not None and x.array.shape[1] != weight.array.shape[0]:
        raise ValueError(
            f"The weight's shape[0] should be equal to input's shape[1] but received weight's shape[0]: {weight.array.shape[0]} and input's "
            f"shape[1]: {x.array.shape[1]}"
        )
    return layer.multi_margin(x, t, p, margin, weight, reduction)


@function(method=False)
def soft_margin_loss(input: Any, label: Any, reduction: str = "mean", name: str | None = None) -> Any:
    """log(1 + exp(-label · input))."""
    check_reduction(reduction, "soft_margin_loss")
    x, t = both(input, label, "soft_margin_loss")
    alike(x, t, "soft_margin_loss")
    return reduced(layer.soft_margin(x, to_dtype(t, x.array.dtype), "none"), reduction)
