"""Losses of margins: hinges, rankings, triplets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from plait import dtypes
from plait.layers import loss as layers
from plait.op import type_name
from plait.ops import margin_loss
from plait.torch._builtins import ask, inner
from plait.torch._tensor import Tensor
from plait.torch.functions._common import refuse_kinds
from plait.torch.functions.arithmetic import sub
from plait.torch.nn._reduction import resolve
from plait.torch.nn.functional.distance import pairwise_distance
from plait.torch.nn.functional.loss import CODES, broadcast, sizes_of

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """input where target is 1, max(0, margin − input) where it is −1."""
    inner.hinge_embedding_loss(input, target, margin, 0)
    reduction = resolve(reduction, size_average, reduce)
    broadcast(target, input)
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
    ask(input1, "dim")
    ask(input2, "dim")
    ask(target, "dim")
    inner.margin_ranking_loss(input1, input2, target, margin, 0)
    reduction = resolve(reduction, size_average, reduce)
    if input1.array.ndim != input2.array.ndim or input1.array.ndim != target.array.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    broadcast(input1, input2, target)
    if input1.array.dtype.kind == "b" and input2.array.dtype.kind == "b":
        sub(input1, input2)
    return layers.margin_ranking(input1, input2, target, float(margin), reduction)


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
    inner.cosine_embedding_loss(input1, input2, target, margin, 0)
    reduction = resolve(reduction, size_average, reduce)
    n = target.array.ndim
    if n not in (0, 1):
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.array.ndim != n + 1 or input2.array.ndim != n + 1:
        which = "0D target tensor expects 1D" if n == 0 else "1D target tensor expects 2D"
        raise RuntimeError(
            f"{which} input tensors, but found inputs with sizes {sizes_of(input1)} and {sizes_of(input2)}."
        )
    broadcast(input1, input2)
    if n:
        broadcast(target, Tensor.wrap(np.empty(broadcast(input1, input2)[0])))
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
    code = CODES[resolve(reduction, size_average, reduce)]
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    inner.multi_margin_loss(input, target, p, margin, weight, 0)
    if weight is not None and weight.array.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    shape = _matrix(input)
    count = shape[0] if len(shape) == 2 else 1
    if target.array.ndim > 1 or target.array.size != count:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). "
            f"Expected target size [{count}], but got {sizes_of(target)}. Input has shape {sizes_of(input)}."
        )
    if weight is not None and weight.array.size != shape[-1]:
        raise RuntimeError(f"inconsistent weight size, expected {shape[-1]} but got {sizes_of(weight)}")
    _need_long(target)
    refuse_kinds("multi_margin_loss_cpu_kernel", "iubh", input)
    return margin_loss.multi_margin(input, target, p, float(margin), weight, code)


def _matrix(input: Tensor) -> tuple[int, ...]:
    shape = input.array.shape
    if len(shape) > 2 or (len(shape) == 2 and shape[1] == 0) or shape == (0,):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {sizes_of(input)}"
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
    inner.multilabel_margin_loss(input, target, 0)
    code = CODES[resolve(reduction, size_average, reduce)]
    shape = _matrix(input)
    want = shape if input.array.ndim else ()
    if target.array.shape != want and not (input.array.ndim == 0 and target.array.size == 1):
        raise RuntimeError(f"inconsistent target size: {sizes_of(target)} for input of size: {sizes_of(input)}")
    _need_long(target)
    refuse_kinds("multilabel_margin_loss_forward_out_frame", "iubh", input)
    return margin_loss.multilabel_margin(input, target, code)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the last dimension of −(target·log σ(input) + (1 − target)·log σ(−input))."""
    inner.log_sigmoid(input)
    if size_average is not None or reduce is not None:
        reduction = resolve(reduction, size_average, reduce)
    if reduction not in CODES:
        raise ValueError(reduction + " is not valid")
    if isinstance(target, (int, float)):
        target = Tensor.wrap(dtypes.full(input.array.shape, target, input.array.dtype))
    return layers.multilabel_soft_margin(input, target, weight, reduction)


def _check_triplet(anchor: Tensor, positive: Tensor, negative: Tensor) -> None:
    a, p, n = anchor.ndim, positive.ndim, negative.ndim
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
    inner.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, 0)
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
    if reduction not in CODES:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    _check_triplet(anchor, positive, negative)
    return layers.triplet(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)
