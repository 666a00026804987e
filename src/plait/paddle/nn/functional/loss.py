"""paddle.nn.functional: losses. Signatures, checks and messages are upstream's; what is computed is in plait/layers/loss.py."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import loss as layer
from plait.layers.distance import pairwise_distance as distance
from plait.ops import elementwise as ew
from plait.ops import loss as op
from plait.ops.binary import minimum
from plait.ops.shape import permute, reshape, to_dtype
from plait.ops.softmax import log_softmax, softmax
from plait.ops.views import movedim, squeeze, unsqueeze
from plait.paddle.functions import reduction as functions
from plait.paddle.functions._common import axis_of, function, need_tensor
from plait.paddle.nn.functional._padding import single
from plait.paddle.nn.functional.input import one_hot

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss", "cross_entropy", "dice_loss", "gaussian_nll_loss",
    "hinge_embedding_loss", "kl_div", "l1_loss", "log_loss", "margin_ranking_loss", "mse_loss", "multi_label_margin_loss",
    "multi_label_soft_margin_loss", "multi_margin_loss", "nll_loss", "poisson_nll_loss", "sigmoid_focal_loss", "smooth_l1_loss",
    "soft_margin_loss", "softmax_with_cross_entropy", "square_error_cost", "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip


def check_reduction(reduction: Any, name: str) -> None:
    """ValueError for what is none of "sum", "mean" and "none"."""
    if reduction not in ("sum", "mean", "none"):
        raise ValueError(
            f"The value of 'reduction' in {name} should be 'sum', 'mean' or 'none', but received {reduction}, which is not allowed."
        )


def _both(x: Any, label: Any, name: str) -> tuple[Any, Any]:
    need_tensor(x, name, "input")
    need_tensor(label, name, "label", 1)
    return x, label


def _alike(x: Any, label: Any, name: str) -> None:
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


def _reduced(y: Any, reduction: str) -> Any:
    """The mean or the sum of all, in upstream's order of adding."""
    return functions.mean(y) if reduction == "mean" else functions.sum(y) if reduction == "sum" else y


@function(method=False)
def square_error_cost(input: Any, label: Any) -> Any:
    """(input - label)²."""
    return layer.square(*_promoted(*_both(input, label, "square_error_cost")), "none")


@function(method=False)
def mse_loss(input: Any, label: Any, reduction: str = "mean", name: str | None = None) -> Any:
    """(input - label)², its mean or its sum.

    >>> from plait import paddle
    >>> paddle.nn.functional.mse_loss(paddle.ones([2]), paddle.zeros([2])).item()
    1.0
    """
    check_reduction(reduction, "mse_loss")
    x, t = _promoted(*_both(input, label, "mse_loss"))
    if x.array.shape == t.array.shape and x.array.dtype.kind == "f":
        return _reduced(op.pair_loss(op.MSE_LOSS, x, t, op.NONE), reduction)
    return _reduced(layer.square(x, t, "none"), reduction)


@function(method=False)
def l1_loss(input: Any, label: Any, reduction: str = "mean", name: str | None = None) -> Any:
    """|input - label|, its mean or its sum."""
    check_reduction(reduction, "L1Loss")
    x, t = _promoted(*_both(input, label, "l1_loss"))
    if reduction == "mean" and x.array.dtype.kind != "f":
        raise RuntimeError(f"(NotFound) l1_loss: the mean is not registered for {x.dtype}")
    return _reduced(layer.absolute(x, t, "none"), reduction)


@function(method=False)
def smooth_l1_loss(
    input: Any, label: Any, reduction: str = "mean", delta: float = 1.0, is_huber: bool = True, name: str | None = None
) -> Any:  # fmt: skip
    """d² / 2 where |d| <= delta, else delta · (|d| - delta / 2), for d = input - label; over delta unless `is_huber`."""
    x, t = _both(input, label, "smooth_l1_loss")
    _alike(x, t, "smooth_l1_loss")
    check_reduction(reduction, "smooth_l1_loss")
    y = op.pair_loss(op.HUBER_LOSS, x, t, op.NONE, single(delta))
    return _reduced(y if is_huber else ew.div(y, delta), reduction)


@function(method=False)
def log_loss(input: Any, label: Any, epsilon: float = 0.0001, name: str | None = None) -> Any:
    """-label · log(input + epsilon) - (1 - label) · log(1 - input + epsilon), for float32 columns [N, 1]."""
    x, t = _both(input, label, "log_loss")
    _alike(x, t, "log_loss")
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
    x, t = _both(input, label, "poisson_nll_loss")
    _need_floats("poisson_nll_loss", input=x, label=t)
    _alike(x, t, "poisson_nll_loss")
    return _reduced(layer.poisson(x, t, log_input, full, epsilon, "none"), reduction)


def _need_floats(name: str, **values: Any) -> None:
    for what, t in values.items():
        if t.array.dtype.kind != "f":
            raise TypeError(f"The data type of '{what}' in {name} must be float32 or float64, but received {t.dtype}.")


@function(method=False)
def gaussian_nll_loss(
    input: Any, label: Any, variance: Any, full: bool = False, epsilon: float = 1e-06, reduction: str = "mean", name: str | None = None
) -> Any:  # fmt: skip
    """(log variance + (input - label)² / variance) / 2, the variance at least epsilon and without gradient; `full` adds log(2π) / 2."""
    x, t = _both(input, label, "gaussian_nll_loss")
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
    return _reduced(layer.gaussian(x, t, variance.detach(), full, epsilon, "none"), reduction)


# --- probabilities ------------------------------------------------------------------------------------------------------------


@function(method=False)
def binary_cross_entropy(
    input: Any, label: Any, weight: Any = None, reduction: str = "mean", name: str | None = None
) -> Any:
    """-label · log(input) - (1 - label) · log(1 - input), the logarithms at least -100; ValueError for an input outside [0, 1]."""
    check_reduction(reduction, "binary_cross_entropy")
    x, t = _both(input, label, "binary_cross_entropy")
    _alike(x, t, "binary_cross_entropy")
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"(NotFound) The kernel of `bce_loss` is not registered for {x.dtype}")
    _same_dtype(x, t, "binary_cross_entropy")
    if x.array.size and not (x.array.min() >= 0 and x.array.max() <= 1):
        raise ValueError("(InvalidArgument) Illegal input, input must be in [0, 1] for binary_cross_entropy")
    if weight is None:
        return _reduced(op.pair_loss(op.BINARY_CROSS_ENTROPY, x, t.detach(), op.NONE), reduction)
    y = op.pair_loss(op.BINARY_CROSS_ENTROPY, x, t.detach(), op.NONE)
    return _reduced(ew.mul(y, weight), reduction)


@function(method=False)
def binary_cross_entropy_with_logits(
    logit: Any, label: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None, name: str | None = None
) -> Any:  # fmt: skip
    """`binary_cross_entropy` of sigmoid(logit), worked out so that it does not overflow; `pos_weight` weighs the positive part."""
    check_reduction(reduction, "binary_cross_entropy_with_logits")
    x, t = _both(logit, label, "binary_cross_entropy_with_logits")
    _alike(x, t, "binary_cross_entropy_with_logits")
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"(NotFound) The kernel of the loss is not registered for {x.dtype}")
    _same_dtype(x, t, "binary_cross_entropy_with_logits")
    t = t.detach()
    if pos_weight is None and weight is None:
        return _reduced(op.pair_loss(op.BINARY_CROSS_ENTROPY_WITH_LOGITS, x, t, op.NONE), reduction)
    more = None if pos_weight is None else ew.add(ew.mul(t, ew.sub(pos_weight.detach(), 1.0)), 1.0)
    y = layer.logit(x, t, more)
    return _reduced(y if weight is None else ew.mul(y, weight), reduction)


@function(method=False)
def sigmoid_focal_loss(
    logit: Any, label: Any, normalizer: Any = None, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "sum",
    name: str | None = None,
) -> Any:  # fmt: skip
    """alpha_t · (1 - p_t)**gamma times the cross entropy of sigmoid(logit), over a normalizer (Lin et al. 2017)."""
    check_reduction(reduction, "sigmoid_focal_loss")
    x, t = _both(logit, label, "sigmoid_focal_loss")
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
    x, t = _both(input, label, "kl_div")
    if {x.array.dtype, t.array.dtype} == {dtypes.F32, dtypes.F64}:
        x, t = to_dtype(x, dtypes.F64), to_dtype(t, dtypes.F64)
    t = t.detach()
    if not log_target:
        t = t.face.wrap(np.maximum(t.array, t.array.dtype.type(0)))
    y = layer.kl_divergence(x, t, log_target, "none")
    if reduction == "batchmean":
        total = _reduced(y, "sum")
        return ew.div(total, x.array.shape[0]) if x.array.ndim else total
    return _reduced(y, reduction)


# --- classes ------------------------------------------------------------------------------------------------------------------


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
    if reduction == "mean" and weight is None and ignore < 0:
        return _reduced(layer.classes(_scores_first(x, dim), at, None, ignore, "none"), reduction)
    y = layer.classes(_scores_first(x, dim), at, weight, ignore, reduction)
    return y if reduction != "none" else reshape(y, t.array.shape)


def _weighed(y: Any, t: Any, weight: Any, ignore: int, reduction: str) -> Any:
    """Losses of probabilities by their classes' weights, reduced as `layer.classes` does."""
    hit = t.array == ignore
    w = np.where(hit, 0, 1.0 if weight is None else weight.array[np.where(hit, 0, t.array)]).astype(y.array.dtype)
    if weight is not None:
        y = ew.mul(y, y.face.wrap(w))
    if reduction != "mean":
        return _reduced(y, reduction)
    count = float(w.sum()) if weight is not None or ignore >= 0 else w.size
    return ew.div(_reduced(y, "sum"), count or 1.0)


def _soft(x: Any, t: Any, weight: Any, ignore: int, reduction: str, dim: int, logits: bool) -> Any:
    """Losses of probabilities t over the classes along `dim`, which unreduced ones keep with size 1.

    As upstream does, a mean with `ignore` that is not negative counts the probabilities (not the samples) that are no `ignore`.
    """
    if t.array.shape != x.array.shape:
        raise ValueError(
            f"(InvalidArgument) cross_entropy: a soft label must have the input's shape {list(x.array.shape)}; received {list(t.array.shape)}"
        )
    y = layer.shares(log_softmax(x, dim) if logits else ew.log(x), t.detach(), dim)
    counted = None if ignore < 0 else (t.array != ignore).sum(dim, keepdims=True).astype(y.array.dtype)
    w: Any = None
    if weight is not None:
        w = layer.weighted_share(t, weight, dim)
        y = ew.mul(y, w)
    if reduction != "mean" or (w is None and counted is None):
        return _reduced(y, reduction)
    parts = w if counted is None else y.face.wrap(counted) if w is None else ew.mul(w, y.face.wrap(counted))
    total = _reduced(parts, "sum")
    return ew.div(_reduced(y, "sum"), total if total.array != 0 else 1.0)


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
    x, t = _both(input, label, "cross_entropy")
    if ignore_index > 0 and soft_label:
        raise ValueError(
            f"When soft_label == True, the value of 'ignore_index' in softmax_cross_entropy should be '-100', but received {ignore_index}, "
            "which is not allowed."
        )
    _check_classes(x, t, "cross_entropy")
    dim = axis_of(axis, x.array.ndim, "cross_entropy")
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"(NotFound) The kernel of `cross_entropy_with_softmax` is not registered for {x.dtype}")
    bare = t.array.ndim == x.array.ndim - 1
    if label_smoothing > 0.0:
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
        y = _hard(x, shaped, None if weight is None else weight.detach(), ignore_index, reduction, dim, use_softmax)
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
    x, t = _both(logits, label, "softmax_with_cross_entropy")
    _check_classes(x, t, "softmax_with_cross_entropy")
    if t.array.ndim != x.array.ndim:
        raise ValueError(
            f"(InvalidArgument) softmax_with_cross_entropy: label must have as many dimensions as logits {list(x.array.shape)}; received "
            f"{list(t.array.shape)}"
        )
    loss = cross_entropy(x, t, None, ignore_index, "none", soft_label, axis)
    return (loss, softmax(x.detach(), axis % x.array.ndim)) if return_softmax else loss


@function(method=False)
def nll_loss(
    input: Any, label: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", name: str | None = None
) -> Any:  # fmt: skip
    """-weight · input of the label's class, for log-probabilities [N, C, …] and labels [N, …]; the mean is over the weights, 0 of nothing."""
    check_reduction(reduction, "nll_loss")
    x, t = _both(input, label, "nll_loss")
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
    try:
        _class_numbers(t, shape[1], ignore_index)
    except IndexError as error:
        raise ValueError(f"(InvalidArgument) label should not be out of bounds: {error}") from None
    return layer.likelihood(x, t, None if weight is None else weight.detach(), ignore_index, reduction)


@function(method=False)
def dice_loss(input: Any, label: Any, epsilon: float = 1e-05, name: str | None = None) -> Any:
    """The mean over the samples of 1 - 2 Σ p t / (Σ p + Σ t + epsilon), for probabilities […, C] and class numbers […, 1]."""
    x, t = _both(input, label, "dice_loss")
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
    x, t = _both(input, label, "multi_label_soft_margin_loss")
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
    x, t = _both(input, label, "multi_label_margin_loss")
    for what, d in (("input", x.array.ndim), ("label", t.array.ndim)):
        if d != 2:
            raise ValueError(f"Expected 2D {what} tensor, but got {d}D")
    if t.array.size and t.array.min() < -1:
        raise ValueError(f"label values should be >= -1; received {t.array.min()}")
    if t.array.size and t.array.max() >= x.array.shape[1]:
        raise ValueError(f"label values should be < {x.array.shape[1]}; received {t.array.max()}")
    return op.multilabel_margin(x, to_dtype(t, dtypes.I64), layer.CODES[reduction])


@function(method=False)
def multi_margin_loss(
    input: Any, label: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean", name: str | None = None
) -> Any:  # fmt: skip
    """The mean over the classes but the label's of weight · max(0, margin - x_label + x)**p."""
    check_reduction(reduction, "multi_margin_loss")
    x, t = _both(input, label, "multi_margin_loss")
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
    x, t = _both(input, label, "soft_margin_loss")
    _alike(x, t, "soft_margin_loss")
    return _reduced(layer.soft_margin(x, to_dtype(t, x.array.dtype), "none"), reduction)


# --- embeddings ---------------------------------------------------------------------------------------------------------------


@function(method=False)
def margin_ranking_loss(
    input: Any, other: Any, label: Any, margin: float = 0.0, reduction: str = "mean", name: str | None = None
) -> Any:  # fmt: skip
    """max(0, margin - label · (input - other))."""
    check_reduction(reduction, "MarginRankingLoss")
    need_tensor(input, "margin_ranking_loss", "input")
    return layer.margin_ranking(input, other, label, margin, reduction, True)


@function(method=False)
def hinge_embedding_loss(
    input: Any, label: Any, margin: float = 1.0, reduction: str = "mean", name: str | None = None
) -> Any:
    """input where label is 1, max(0, margin - input) where it is -1, else 0."""
    check_reduction(reduction, "hinge_embedding_loss")
    return layer.hinge_embedding(*_both(input, label, "hinge_embedding_loss"), margin, reduction, False)


@function(method=False)
def cosine_embedding_loss(
    input1: Any, input2: Any, label: Any, margin: float = 0, reduction: str = "mean", name: str | None = None
) -> Any:
    """1 - cos where label is 1, max(0, cos - margin) where it is -1, for rows [N, C] (or one, [C])."""
    need_tensor(label, "cosine_embedding_loss", "label", 2)
    if label.array.ndim != 1:
        raise ValueError(f"1D target tensor expected, multi-target not supported; received {label.array.ndim}D")
    a, b = (
        need_tensor(input1, "cosine_embedding_loss", "input1"),
        need_tensor(input2, "cosine_embedding_loss", "input2", 1),
    )
    if a.array.shape != b.array.shape:
        raise ValueError(
            "the shape of input tensor 1 should be equal to input tensor 2, but found inputs with different sizes "
            f"{list(a.array.shape)}, {list(b.array.shape)}"
        )
    if a.array.ndim > 2:
        raise ValueError(f"1D target tensor expects 1D or 2D input tensors, but found {a.array.ndim}D")
    if a.array.dtype not in (dtypes.F32, dtypes.F64):
        raise ValueError(f"The data type of input Variable must be 'float32' or 'float64'; received {a.dtype}")
    if label.array.dtype not in (dtypes.I32, dtypes.I64, dtypes.F32, dtypes.F64):
        raise ValueError(
            f"The data type of label Variable must be 'int32', 'int64', 'float32', 'float64'; received {label.dtype}"
        )
    if reduction not in ("mean", "sum", "none"):
        return None  # as upstream, which does not check it
    return layer.cosine_embedding(a, b, label, margin, reduction, 1e-11)


def _check_triplet(x: Any, positive: Any, negative: Any, margin: float, reduction: str, name: str) -> None:
    check_reduction(reduction, name)
    if margin < 0:
        raise ValueError(
            f"The margin between positive samples and negative samples should be greater than 0; received {margin}"
        )
    if not x.array.shape == positive.array.shape == negative.array.shape:
        raise ValueError(
            f"input's shape must equal to positive's shape and negative's shape; received {list(x.array.shape)}, "
            f"{list(positive.array.shape)}, {list(negative.array.shape)}"
        )


def _triplet(near: Any, far: Any, margin: float, reduction: str) -> Any:
    return _reduced(layer.at_least(ew.add(ew.sub(near, far), margin), 0.0), reduction)


@function(method=False)
def triplet_margin_with_distance_loss(
    input: Any, positive: Any, negative: Any, distance_function: Any = None, margin: float = 1.0, swap: bool = False, reduction: str = "mean",
    name: str | None = None,
) -> Any:  # fmt: skip
    """max(0, margin + d(input, positive) - d(input, negative)), d the 2-norm of the difference or `distance_function`.

    `swap`: the smaller of the two distances to negative. Raises ValueError for a negative distance.
    """
    _check_triplet(input, positive, negative, margin, reduction, "triplet_margin_with_distance_loss")
    d = distance if distance_function is None else distance_function
    near, far = d(input, positive), d(input, negative)
    if swap:
        far = minimum(far, d(positive, negative))
    if not ((near.array >= 0).all() and (far.array >= 0).all()):
        raise ValueError(
            "The positive distance or negative distance should be greater than 0, The distance functions should be checked."
        )
    return _triplet(near, far, margin, reduction)


@function(method=False)
def triplet_margin_loss(
    input: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2, epsilon: float = 1e-06, swap: bool = False,
    reduction: str = "mean", name: str | None = None,
) -> Any:  # fmt: skip
    """max(0, margin + d(input, positive) - d(input, negative)), d the p-norm of the difference plus epsilon; `swap`: the smaller distance."""
    _check_triplet(input, positive, negative, margin, reduction, "triplet_margin_loss")
    near, far = distance(input, positive, p, epsilon), distance(input, negative, p, epsilon)
    if swap:
        far = minimum(far, distance(positive, negative, p, epsilon))
    return _triplet(near, far, margin, reduction)
