"""Losses: upstream's names, arguments, warnings and errors, mapped to plait.layers.loss and plait.ops.loss."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait import dtypes
from plait.dtypes import is_floating, working
from plait.layers import loss as layers
from plait.op import type_name
from plait.ops import elementwise as ew
from plait.ops import loss as ops
from plait.ops.product import c_name
from plait.ops.shape import reshape, to_dtype
from plait.torch._builtins import ask, inner
from plait.torch._tensor import Tensor
from plait.torch.functions.arithmetic import sub
from plait.torch.functions.elementwise import neg
from plait.torch.nn._reduction import get_enum, resolve

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
]

CODES = {"none": 0, "mean": 1, "sum": 2}


def sizes_of(tensor: Any) -> str:
    """A shape as messages show it."""
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
        broadcast(input, target)


def broadcast(*tensors: Tensor) -> tuple[int, ...]:
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
    if reduction not in CODES:
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")


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
    return ops.pair_loss(ops.MSE_LOSS, input, target, CODES[resolve(reduction, size_average, reduce)], where="mse_cpu")


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
    if reduction == "sum" and not is_floating(ew.operands(input, target)[0].array.dtype):
        return layers.reduced(to_dtype(layers.absolute(input, target, "none"), dtypes.I64), reduction)
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
    return ops.pair_loss(ops.SMOOTH_L1_LOSS, input, target, CODES[reduction], float(beta), where="smooth_l1_cpu")


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
        return ops.pair_loss(ops.HUBER_LOSS, input, target, CODES[reduction], float(delta), where="huber_cpu")
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
        broadcast(target, weight)
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
    return ops.pair_loss(ops.BINARY_CROSS_ENTROPY, input, target, CODES[reduction], weight=weight)


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
    inner.binary_cross_entropy_with_logits(input, target, weight, pos_weight, 0)
    if not is_floating(target.array.dtype) and is_floating(input.array.dtype):
        raise RuntimeError(
            f"result type {type_name(input.array.dtype)} can't be cast to the desired output type "
            f"{type_name(target.array.dtype)}"
        )
    if not is_floating(input.array.dtype):
        raise NotImplementedError(f"\"log_sigmoid_cpu\" not implemented for '{type_name(input.array.dtype)}'")
    for other in (weight, pos_weight):
        if other is not None:
            broadcast(input, other)
    return ops.pair_loss(
        ops.BINARY_CROSS_ENTROPY_WITH_LOGITS, input, target, CODES[reduction], weight=weight, more=pos_weight
    )


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """log(1 + exp(−target·input)), targets of 1 and −1."""
    inner.soft_margin_loss(input, target, 0)
    code = CODES[resolve(reduction, size_average, reduce)]
    shape = broadcast(input, target)
    if not (is_floating(input.array.dtype) or is_floating(target.array.dtype)):
        neg(target)
        raise RuntimeError(f"result type Float can't be cast to the desired output type {type_name(input.array.dtype)}")
    if shape != input.array.shape:
        raise RuntimeError(f"output with shape {sizes_of(input)} doesn't match the broadcast shape {list(shape)}")
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
    inner.kl_div(input, target, 0, log_target=log_target)
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
    broadcast(target, input)
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
    inner.poisson_nll_loss(input, target, log_input, full, eps, 0)
    reduction = resolve(reduction, size_average, reduce)
    broadcast(input, target)
    if log_input and input.array.dtype.kind == "b" and target.array.dtype.kind == "b":
        sub(input.exp(), input)
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
    if not isinstance(var, (Tensor, float)):
        inner.any(var < 0)
    ask(input, "size")
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = Tensor.wrap(dtypes.full(input.array.shape, var, input.array.dtype))
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
    if reduction not in CODES:
        raise ValueError(reduction + " is not valid")
    broadcast(input, target)
    if not is_floating(var.array.dtype):
        raise RuntimeError(f"result type Float can't be cast to the desired output type {c_name(var.array.dtype)}")
    return layers.gaussian(input, target, var, full, eps, reduction)
