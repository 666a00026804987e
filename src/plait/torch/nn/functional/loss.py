"""Losses: upstream's names, arguments, warnings and errors, mapped to plait.layers.loss and plait.ops.loss."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from plait.dtypes import is_floating, working
from plait.layers import loss as layers
from plait.op import type_name
from plait.ops import elementwise as ew
from plait.ops import loss as ops
from plait.ops.shape import reshape
from plait.torch._tensor import Tensor
from plait.torch.nn._reduction import get_enum, resolve
from plait.torch.nn.functional.distance import pairwise_distance

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

_CODES = {"none": 0, "mean": 1, "sum": 2}


def _sizes(tensor: Any) -> str:
    return str(list(tensor.array.shape))


def _same_size(input: Tensor, target: Tensor) -> bool:
    try:
        return target.array.shape == input.array.shape
    except AttributeError:  # no tensors: upstream's words
        return bool(target.size() == input.size())


def _warn_sizes(input: Tensor, target: Tensor) -> None:
    if not _same_size(input, target):
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=3,
        )
        _broadcast(input, target)


def _broadcast(*tensors: Tensor) -> tuple[int, ...]:
    """The common shape; upstream's error where there is none."""
    shape = tensors[0].array.shape
    for t in tensors[1:]:
        try:
            shape = np.broadcast_shapes(shape, t.array.shape)
        except ValueError:
            raise ew.broadcast_error(np.broadcast_to(np.empty(()), shape), t.array) from None
    return shape


def _check_weight(input: Tensor, weight: Tensor, reduction: str) -> None:
    if weight.array.shape != input.array.shape:
        raise ValueError("Weights and input must have the same size.")
    if reduction not in _CODES:
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")


# ---- pairs


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """(input − target)², element by element.

    >>> from plait import torch
    >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(2.)
    """
    _warn_sizes(input, target)
    if weight is not None:
        _check_weight(input, weight, reduction)
        return layers.weighted(ew.pow(ew.sub(input, target), 2), weight, reduction)
    return ops.pair_loss(ops.MSE_LOSS, input, target, _CODES[resolve(reduction, size_average, reduce)], where="mse_cpu")


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """|input − target|, element by element."""
    _warn_sizes(input, target)
    if weight is not None:
        _check_weight(input, weight, reduction)
        return layers.weighted(ew.abs(ew.sub(input, target)), weight, reduction)
    reduction = resolve(reduction, size_average, reduce)
    if reduction == "mean" and not (is_floating(input.array.dtype) or is_floating(target.array.dtype)):
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {type_name(ew.operands(input, target)[0].array.dtype)}"
        )
    return layers.absolute(input, target, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """(input − target)² / 2·beta where |input − target| < beta, else |input − target| − beta/2."""
    _warn_sizes(input, target)
    reduction = resolve(reduction, size_average, reduce)
    if beta == 0.0:
        return layers.absolute(input, target, reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return ops.pair_loss(ops.SMOOTH_L1_LOSS, input, target, _CODES[reduction], float(beta), where="smooth_l1_cpu")


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """(input − target)² / 2 where |input − target| ≤ delta, else delta·(|input − target| − delta/2)."""
    _warn_sizes(input, target)
    if weight is not None:
        if weight.array.shape != input.array.shape:
            raise ValueError("Weights and input must have the same size.")
    else:
        get_enum(reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is None:
        return ops.pair_loss(ops.HUBER_LOSS, input, target, _CODES[reduction], float(delta), where="huber_cpu")
    y = ops.pair_loss(ops.HUBER_LOSS, input, target, ops.NONE, float(delta), where="huber_cpu")
    _check_weight(input, weight, reduction)
    return layers.reduced(ew.mul(y, weight), reduction)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """−(target·log(input) + (1 − target)·log(1 − input)); logarithms are not below −100. `input` is in 0 … 1."""
    reduction = resolve(reduction, size_average, reduce)
    if not _same_size(input, target):
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is deprecated. "
            "Please ensure they have the same size."
        )
    x, t = input.array, target.array
    if weight is not None:
        _broadcast(target, weight)
    for other in (target, weight):
        if other is not None and other.array.dtype != x.dtype:
            raise RuntimeError(f"Found dtype {type_name(other.array.dtype)} but expected {type_name(x.dtype)}")
    if x.dtype.kind not in "fV":
        raise NotImplementedError(f"\"binary_cross_entropy\" not implemented for '{type_name(x.dtype)}'")
    if x.dtype.kind == "f":
        with np.errstate(all="ignore"):
            if x.size and not (x.min() >= 0 and x.max() <= 1):
                raise RuntimeError("all elements of input should be between 0 and 1")
            if t.size and not (t.min() >= 0 and t.max() <= 1):
                raise RuntimeError("all elements of target should be between 0 and 1")
    return ops.pair_loss(ops.BINARY_CROSS_ENTROPY, input, target, _CODES[reduction], weight=weight)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """`binary_cross_entropy` of sigmoid(input), without its rounding; `pos_weight` weighs targets of 1."""
    reduction = resolve(reduction, size_average, reduce)
    if not _same_size(input, target):
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    if not is_floating(target.array.dtype):
        raise RuntimeError(
            f"result type {type_name(input.array.dtype)} can't be cast to the desired output type "
            f"{type_name(target.array.dtype)}"
        )
    if not is_floating(input.array.dtype):
        raise NotImplementedError(f"\"log_sigmoid_cpu\" not implemented for '{type_name(input.array.dtype)}'")
    for other in (weight, pos_weight):
        if other is not None:
            _broadcast(input, other)
    return ops.pair_loss(
        ops.BINARY_CROSS_ENTROPY_WITH_LOGITS, input, target, _CODES[reduction], weight=weight, more=pos_weight
    )


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """log(1 + exp(−target·input)), targets of 1 and −1."""
    code = _CODES[resolve(reduction, size_average, reduce)]
    shape = _broadcast(input, target)
    if shape != input.array.shape:
        raise RuntimeError(f"output with shape {_sizes(input)} doesn't match the broadcast shape {list(shape)}")
    return ops.pair_loss(ops.SOFT_MARGIN_LOSS, input, target, code)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """target·(log target − input): the divergence of exp(input) from target; "batchmean" divides by the batch alone."""
    if size_average is not None or reduce is not None:
        reduction = resolve(reduction, size_average, reduce)
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    elif reduction != "batchmean":
        get_enum(reduction)
    _broadcast(input, target)
    if not (is_floating(input.array.dtype) and is_floating(target.array.dtype)):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    y = layers.kl_divergence(input, target, log_target, "sum" if reduction == "batchmean" else reduction)
    return ew.div(y, input.array.shape[0]) if reduction == "batchmean" and input.array.ndim != 0 else y


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """exp(input) − target·input, or with `log_input=False` input − target·log(input + eps)."""
    reduction = resolve(reduction, size_average, reduce)
    _broadcast(input, target)
    return layers.poisson(input, target, log_input, full, eps, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """(log var + (input − target)² / var) / 2; var has the shape of input, or one variance for each row."""
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = Tensor.wrap(np.full(input.array.shape, var, input.array.dtype))
    elif bool((working(var.array) < 0).any()):
        raise ValueError("var has negative entry/entries")
    if var.array.shape != input.array.shape:
        if input.array.shape[:-1] == var.array.shape:
            var = reshape(var, (*var.array.shape, 1))
        elif not (
            input.ndim == var.ndim
            and sum(y for x, y in zip(input.array.shape, var.array.shape, strict=True) if x != y) == 1
        ):
            raise ValueError("var is of incorrect size")
    if reduction not in _CODES:
        raise ValueError(reduction + " is not valid")
    _broadcast(input, target)
    return layers.gaussian(input, target, var, full, eps, reduction)


# ---- classes


def _check_classes(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    x, t = input.array.shape, target.array.shape
    if len(x) < 1:
        raise ValueError(f"Expected 1 or more dimensions (got {len(x)})")
    if len(x) != 1 and (len(t) == 0 or x[0] != t[0]):
        raise ValueError(
            f"Expected input batch_size ({x[0]}) to match target batch_size ({t[0] if t else 1})."
            if t
            else "Expected target to have a batch dimension"
        )
    if len(x) <= 2:
        if len(t) > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if len(x) == 1 and len(t) == 1 and t[0] != 1:
            raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {t[0]}")
    elif len(x) == 4:
        if len(t) != 3:
            raise RuntimeError(
                f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {len(t)}"
            )
        if t[1:] != x[2:]:
            raise RuntimeError(f"size mismatch (got input: {list(x)} , target: {list(t)}")
    elif t[1:] != x[2:]:
        raise RuntimeError(f"Expected target size {[x[0], *x[2:]]}, got {list(t)}")
    if target.array.dtype not in (np.int64, np.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {type_name(target.array.dtype)}")
    classes = x[0] if len(x) == 1 else x[1]
    if weight is not None and (weight.array.ndim != 1 or weight.array.size != classes):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {_sizes(weight)}"
        )
    if weight is not None and weight.array.dtype != input.array.dtype and is_floating(input.array.dtype):
        raise RuntimeError(
            f"expected scalar type {type_name(input.array.dtype)} but found {type_name(weight.array.dtype)}"
        )


def _class_numbers(input: Tensor, target: Tensor) -> Tensor:
    """Targets in int64; that of a single sample without dimensions."""
    if target.array.dtype != np.int64:
        target = Tensor.wrap(target.array.astype(np.int64))
    return reshape(target, ()) if input.array.ndim == 1 and target.array.ndim == 1 else target


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """−weight·input at the target's class: input [N, C, …] of log-probabilities, target [N, …] of class numbers.

    The mean is weighted; targets equal to `ignore_index` count for nothing.
    """
    code = _CODES[resolve(reduction, size_average, reduce)]
    _check_classes(input, target, weight)
    if not is_floating(input.array.dtype):
        raise NotImplementedError(f"\"nll_loss_out_frame\" not implemented for '{type_name(input.array.dtype)}'")
    return ops.nll(input, _class_numbers(input, target), weight, ignore_index, code)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Softmax and negative log-likelihood: input [N, C, …] of scores, target [N, …] of class numbers or [N, C, …] of probabilities.

    >>> from plait import torch
    >>> torch.nn.functional.cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3]))
    tensor(1.3863)
    """
    reduction = resolve(reduction, size_average, reduce)
    if not isinstance(target, Tensor):
        raise TypeError(
            f"cross_entropy_loss(): argument 'target' (position 2) must be Tensor, not {type(target).__name__}"
        )
    if input.array.shape == target.array.shape:
        return _cross_entropy_of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    if input.array.ndim == 0:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if not is_floating(input.array.dtype):
        raise NotImplementedError(
            f"\"log_softmax_lastdim_kernel_impl\" not implemented for '{type_name(input.array.dtype)}'"
        )
    _check_classes(input, target, weight)
    return ops.cross_entropy(
        input, _class_numbers(input, target), weight, ignore_index, float(label_smoothing), _CODES[reduction]
    )


def _cross_entropy_of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    if not is_floating(target.array.dtype):
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got " + type_name(target.array.dtype)
        )
    if input.array.ndim == 0:
        raise IndexError("Dimension specified as 1 but tensor has no dimensions")
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    if not 0.0 <= smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {smoothing}")
    classes = input.array.shape[0 if input.array.ndim == 1 else 1]
    if weight is not None and (weight.array.ndim != 1 or weight.array.size != classes):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes but got "
            f"weight tensor of shape: {_sizes(weight)}"
        )
    return layers.cross_entropy_of_probabilities(input, target, weight, smoothing, reduction)


# ---- margins


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """input where target is 1, max(0, margin − input) where it is −1."""
    reduction = resolve(reduction, size_average, reduce)
    _broadcast(target, input)
    return layers.hinge_embedding(input, target, margin, reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, −target·(input1 − input2) + margin)."""
    reduction = resolve(reduction, size_average, reduce)
    if input1.array.ndim != input2.array.ndim or input1.array.ndim != target.array.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    _broadcast(input1, input2, target)
    return layers.margin_ranking(input1, input2, target, margin, reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 − cos(input1, input2) where target is 1, max(0, cos − margin) where it is −1."""
    reduction = resolve(reduction, size_average, reduce)
    n = target.array.ndim
    if n not in (0, 1):
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.array.ndim != n + 1 or input2.array.ndim != n + 1:
        which = "0D target tensor expects 1D" if n == 0 else "1D target tensor expects 2D"
        raise RuntimeError(f"{which} input tensors, but found inputs with sizes {_sizes(input1)} and {_sizes(input2)}.")
    _broadcast(input1, input2)
    if n:
        _broadcast(target, Tensor.wrap(np.empty(_broadcast(input1, input2)[0])))
    return layers.cosine_embedding(input1, input2, target, margin, reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the other classes of max(0, margin − input[target] + input[other])^p: [N, C] and [N] to [N]."""
    code = _CODES[resolve(reduction, size_average, reduce)]
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.array.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    shape = _matrix(input)
    count = shape[0] if len(shape) == 2 else 1
    if target.array.ndim > 1 or target.array.size != count:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). "
            f"Expected target size [{count}], but got {_sizes(target)}. Input has shape {_sizes(input)}."
        )
    if weight is not None and weight.array.size != shape[-1]:
        raise RuntimeError(f"inconsistent weight size, expected {shape[-1]} but got {_sizes(weight)}")
    _need_long(target)
    if not is_floating(input.array.dtype):
        raise NotImplementedError(
            f"\"multi_margin_loss_cpu_kernel\" not implemented for '{type_name(input.array.dtype)}'"
        )
    return ops.multi_margin(input, target, p, float(margin), weight, code)


def _matrix(input: Tensor) -> tuple[int, ...]:
    shape = input.array.shape
    if len(shape) > 2 or (len(shape) == 2 and shape[1] == 0) or shape == (0,):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {_sizes(input)}"
        )
    return shape or (1,)


def _need_long(target: Tensor) -> None:
    if target.array.dtype != np.int64:
        raise RuntimeError(f"expected scalar type Long but found {type_name(target.array.dtype)}")


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Σ max(0, 1 − input[named] + input[other]) / C; a row of `target` names classes up to its first −1."""
    code = _CODES[resolve(reduction, size_average, reduce)]
    shape = _matrix(input)
    want = shape if input.array.ndim else ()
    if target.array.shape != want and not (input.array.ndim == 0 and target.array.size == 1):
        raise RuntimeError(f"inconsistent target size: {_sizes(target)} for input of size: {_sizes(input)}")
    _need_long(target)
    return ops.multilabel_margin(input, target, code)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the last dimension of −(target·log σ(input) + (1 − target)·log σ(−input))."""
    if size_average is not None or reduce is not None:
        reduction = resolve(reduction, size_average, reduce)
    if reduction not in _CODES:
        raise ValueError(reduction + " is not valid")
    if isinstance(target, (int, float)):
        target = Tensor.wrap(np.full(input.array.shape, target, input.array.dtype))
    return layers.multilabel_soft_margin(input, target, weight, reduction)


def _check_triplet(anchor: Tensor, positive: Tensor, negative: Tensor) -> None:
    a, p, n = anchor.array.ndim, positive.array.ndim, negative.array.ndim
    if not a == p == n:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, "
            f"but got: anchor {a}D, positive {p}D, and negative {n}D inputs"
        )


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, ‖anchor − positive‖ − ‖anchor − negative‖ + margin), p-norms over the last dimension."""
    reduction = resolve(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    _check_triplet(anchor, positive, negative)

    def distance(a: Tensor, b: Tensor) -> Tensor:
        return pairwise_distance(a, b, p, eps)

    return layers.triplet(anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with any distance."""
    if reduction not in _CODES:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    _check_triplet(anchor, positive, negative)
    return layers.triplet(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)
