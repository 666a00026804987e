"""What the losses mean that are made of other ops. `reduction` is "none", "mean" or "sum"."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait import dtypes
from plait.layers.distance import cosine_similarity, pairwise_distance
from plait.op import apply
from plait.ops import elementwise as ew
from plait.ops import loss as ops
from plait.ops import reduce
from plait.ops.activation import logsigmoid
from plait.ops.shape import reshape, to_dtype
from plait.ops.softmax import log_softmax

CODES = {"none": ops.NONE, "mean": ops.MEAN, "sum": ops.SUM}


def reduced(y: Any, reduction: str) -> Any:
    """`y`, its mean or its sum."""
    return reduce.mean(y) if reduction == "mean" else reduce.sum(y) if reduction == "sum" else y


def minus(a: Any, b: Any) -> Any:
    """a − b, which booleans do not have."""
    flags = [getattr(x, "array", x) for x in (a, b)]
    booleans = sum(isinstance(x, bool) or getattr(x, "dtype", None) == dtypes.BOOL for x in flags)
    if booleans == 2:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    if booleans:
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    return ew.sub(a, b)


def at_least(x: Any, low: float) -> Any:
    """max(x, low), whose gradient at low is that of x."""
    return apply(ops.CLAMP_MIN, (x,), (low,))


def absolute(x: Any, t: Any, reduction: str) -> Any:
    """|x − t|."""
    return reduced(ew.abs(minus(x, t)), reduction)


def weighted(y: Any, weight: Any, reduction: str) -> Any:
    """Losses times weights; their mean is over the sum of the weights."""
    y = ew.mul(y, weight)
    return ew.div(reduce.sum(y), reduce.sum(weight)) if reduction == "mean" else reduced(y, reduction)


def cross_entropy_of_probabilities(x: Any, t: Any, weight: Any, smoothing: float, reduction: str) -> Any:
    """−Σ w t log softmax(x) over the classes (dimension 1, or 0 of a single sample); the mean is over the samples."""
    dim = 0 if x.array.ndim == 1 else 1
    classes = x.array.shape[dim]
    if smoothing:
        t = ew.add(ew.mul(t, 1 - smoothing), smoothing / classes)
    log_p = log_softmax(x, dim)
    if weight is not None:
        log_p = ew.mul(log_p, reshape(weight, [classes] + [1] * (x.array.ndim - dim - 1)))
    y = ew.mul(log_p, t)
    if reduction == "none":
        return ew.neg(reduce.sum(y, dim))
    total = ew.neg(reduce.sum(y))
    return (
        total
        if reduction == "sum"
        else apply(ops.DIVIDE_BY, (total,), (x.array.size / classes if x.array.size else float("nan"),))
    )


def kl_divergence(x: Any, t: Any, log_target: bool, reduction: str) -> Any:
    """t (log t − x); with `log_target` exp(t) (t − x)."""
    if log_target:
        y = ew.mul(ew.exp(t), ew.sub(t, x))
    else:
        y = ew.sub(xlogy(t), ew.mul(t, x))
    return reduced(y, reduction)


def xlogy(t: Any) -> Any:
    """t log t, which is 0 at 0."""
    zero = ew.eq(t, 0)
    return ew.where(zero, 0.0, ew.mul(t, ew.log(ew.where(zero, 1.0, t))))


def poisson(x: Any, t: Any, log_input: bool, full: bool, eps: float, reduction: str) -> Any:
    """exp(x) − t x, or x − t log(x + eps); `full` adds Stirling's approximation of log t! where t > 1."""
    y = ew.sub(ew.exp(x), ew.mul(t, x)) if log_input else ew.sub(x, ew.mul(t, ew.log(ew.add(x, eps))))
    if full:
        large = ew.gt(t, 1)
        safe = ew.where(large, t, 2.0 if t.array.dtype.kind == "f" else 2)
        stirling = ew.add(ew.sub(ew.mul(safe, ew.log(safe)), safe), ew.mul(ew.log(ew.mul(safe, 2 * math.pi)), 0.5))
        y = ew.add(y, ew.where(large, stirling, 0.0))
    return reduced(y, reduction)


def gaussian(x: Any, t: Any, var: Any, full: bool, eps: float, reduction: str) -> Any:
    """(log var + (x − t)² / var) / 2, var not below eps (its gradient passes all the same)."""
    if dtypes.is_floating(var.array.dtype):
        wide = dtypes.working(var.array)
        var = ew.add(var, var.face.wrap(dtypes.cast(np.maximum(wide.dtype.type(eps) - wide, 0), var.array.dtype)))
    d = minus(x, t)
    y = ew.mul(ew.add(ew.log(var), ew.div(ew.pow(d, 2), var)), 0.5)
    if full:
        y = ew.add(y, 0.5 * math.log(2 * math.pi))
    return reduced(y, reduction)


def hinge_embedding(x: Any, t: Any, margin: float, reduction: str) -> Any:
    """x where t = 1, max(0, margin − x) where t = −1 (where t is neither, both)."""
    hinge = at_least(minus(margin, x), 0)
    y = ew.add(ew.where(ew.eq(t, 1), 0.0, hinge), ew.where(ew.eq(t, -1), 0.0, x))
    return reduced(y, reduction)


def margin_ranking(a: Any, b: Any, t: Any, margin: float, reduction: str) -> Any:
    """max(0, margin − t (a − b))."""
    return reduced(at_least(ew.add(ew.mul(ew.neg(t), minus(a, b)), margin), 0), reduction)


def cosine_embedding(a: Any, b: Any, t: Any, margin: float, reduction: str) -> Any:
    """1 − cos where t = 1, max(0, cos − margin) where t = −1, cos with 1e-12 under the root."""
    last = t.array.ndim  # a single sample: 0

    def dot(p: Any, q: Any) -> Any:
        y = ew.mul(p, q)
        return reduce.sum(y if dtypes.is_floating(y.array.dtype) else to_dtype(y, dtypes.I64), last)

    aa, bb = ew.add(dot(a, a), 1e-12), ew.add(dot(b, b), 1e-12)
    cos = ew.div(dot(a, b), ew.sqrt(ew.mul(aa, bb)))
    y = ew.add(
        ew.where(ew.eq(t, 1), ew.sub(1.0, cos), 0.0), ew.where(ew.eq(t, -1), at_least(ew.sub(cos, margin), 0), 0.0)
    )
    return reduced(y, reduction)


def multilabel_soft_margin(x: Any, t: Any, weight: Any, reduction: str) -> Any:
    """The mean over the classes of −(t log sigmoid(x) + (1 − t) log sigmoid(−x))."""
    y = ew.neg(ew.add(ew.mul(t, logsigmoid(x)), ew.mul(minus(1, t), logsigmoid(ew.neg(x)))))
    if weight is not None:
        y = ew.mul(y, weight)
    last = x.array.ndim - 1
    return reduced(ew.div(reduce.sum(y, last), x.array.shape[last]), reduction)


def triplet(
    anchor: Any,
    positive: Any,
    negative: Any,
    distance: Any,
    margin: float,
    swap: bool,
    reduction: str,
) -> Any:
    """max(0, margin + d(anchor, positive) − d(anchor, negative)); `swap`: the smaller of the two distances to negative."""
    near = distance(anchor, positive)
    far = distance(anchor, negative)
    if swap:
        other = distance(positive, negative)
        both = ew.eq(far, other)
        smaller = ew.where(ew.lt(far, other), far, other)
        far = ew.where(both, ew.mul(ew.add(far, other), 0.5), smaller)
    return reduced(at_least(ew.sub(ew.add(near, margin), far), 0), reduction)


__all__ = [
    "CODES",
    "absolute",
    "cosine_embedding",
    "cosine_similarity",
    "cross_entropy_of_probabilities",
    "gaussian",
    "hinge_embedding",
    "kl_divergence",
    "margin_ranking",
    "multilabel_soft_margin",
    "pairwise_distance",
    "poisson",
    "reduced",
    "triplet",
    "weighted",
]
