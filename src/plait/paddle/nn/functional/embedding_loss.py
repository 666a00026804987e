"""Losses of embeddings: rankings, cosines, triplets."""

from __future__ import annotations

from typing import Any

from plait import dtypes
from plait.layers import loss as layer
from plait.layers.distance import pairwise_distance as distance
from plait.ops import elementwise as ew
from plait.ops.binary import minimum
from plait.paddle.functions._common import function, need_tensor
from plait.paddle.nn.functional.loss import both, check_reduction, reduced

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


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
    return layer.hinge_embedding(*both(input, label, "hinge_embedding_loss"), margin, reduction, False)


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
    return reduced(layer.at_least(ew.add(ew.sub(near, far), margin), 0.0), reduction)


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
