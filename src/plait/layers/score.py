"""What metrics count: hits, confusions over thresholds, areas under curves. Plain arrays in and out.

`t` are targets, `x` predictions, `weight` numbers that broadcast over them or None.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def ratio(a: Any, b: Any) -> Any:
    """a / b, and 0 where b is 0.

    >>> ratio(np.float32(1), np.array([2.0, 0.0], np.float32)).tolist()
    [0.5, 0.0]
    """
    b = np.asarray(b)
    with np.errstate(all="ignore"):
        return np.where(b == 0, np.zeros((), np.result_type(a, b)), np.divide(a, np.where(b == 0, b.dtype.type(1), b)))


def in_top(t: Array, x: Array, k: int) -> Array:
    """Whether the score of the class `t` is among the `k` best of its row: fewer than k scores are higher.

    A class out of range, and a row whose score of the class is not finite, are no hits.
    """
    classes = x.shape[-1]
    inside = (t >= 0) & (t < classes)
    own = np.take_along_axis(x, np.where(inside, t, 0)[:, None], 1)
    return inside & np.isfinite(own[:, 0]) & ((x > own).sum(1) < k)


def keep_top(x: Array, k: int, low: float) -> Array:
    """`x` with all but the k largest of the last axis at `low` (of equal ones the first are kept)."""
    order = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    mask = np.zeros(x.shape, x.dtype)
    np.put_along_axis(mask, order, 1, -1)
    return x * mask + x.dtype.type(low) * (1 - mask)


class Confusions:
    """Weights of true and false positives and negatives, an array each, one entry (or row) for each threshold."""

    __slots__ = ("fn", "fp", "tn", "tp")

    def __init__(self, tp: Array, fp: Array, tn: Array, fn: Array) -> None:
        self.tp, self.fp, self.tn, self.fn = tp, fp, tn, fn


def confusions(t: Array, x: Array, thresholds: Array, weight: Array | None, columns: bool = False) -> Confusions:
    """Counts of x > threshold against t ≠ 0, for each threshold; with `columns` also for each column of `x`."""
    dtype = x.dtype
    if not columns:
        t, x = t.reshape(-1), x.reshape(-1)
        weight = None if weight is None else weight.reshape(-1)
    positive = x[None] > thresholds.reshape((-1,) + (1,) * x.ndim)
    true = t.astype(bool)[None]
    w = np.ones((), dtype) if weight is None else weight[None]

    def total(both: Array) -> Array:
        return np.sum(np.where(both, w, dtype.type(0)), axis=1, dtype=dtype)

    return Confusions(
        total(true & positive), total(~true & positive), total(~true & ~positive), total(true & ~positive)
    )


def confusions_even(t: Array, x: Array, count: int, weight: Array | None, columns: bool, outside: bool) -> Confusions:
    """As `confusions` for `count` thresholds at equal distances from 0 to 1, in one pass by buckets.

    `outside`: the first and last threshold lie a little outside of 0 … 1.
    """
    dtype = x.dtype
    w = np.ones((), dtype) if weight is None else weight
    true = t.astype(bool).astype(dtype)
    if not columns:
        true, x = true.reshape(-1, 1), x.reshape(-1, 1)
        w = w.reshape(-1, 1) if w.ndim else w
    right, wrong = true * w, (1 - true) * w
    bucket = np.ceil(np.clip(x, 0, 1) * dtype.type(count - 1)) - 1
    if outside:
        bucket = np.maximum(bucket, 0)
    with np.errstate(invalid="ignore"):
        bucket = bucket.astype(np.int32)

    def above(values: Array) -> Array:
        sums = np.zeros((count, x.shape[1]), dtype)
        for j in range(x.shape[1]):
            inside = bucket[:, j] >= 0
            held = np.bincount(bucket[inside, j], weights=values[inside, j], minlength=count)
            sums[:, j] = held
        out = np.cumsum(sums[::-1], axis=0, dtype=dtype)[::-1]
        return out if columns else out[:, 0]

    tp, fp = above(right), above(wrong)
    all_right, all_wrong = (v.sum(0, dtype=dtype) if columns else v.sum(dtype=dtype) for v in (right, wrong))
    return Confusions(tp, fp, all_wrong - fp, all_right - tp)


def area_interpolated(c: Confusions) -> Array:
    """Area under precision over recall, interpolated as Davis and Goadrich (2006) do; for each column."""
    dtp = c.tp[:-1] - c.tp[1:]
    p = c.tp + c.fp
    slope = ratio(dtp, np.maximum(p[:-1] - p[1:], 0))
    intercept = c.tp[1:] - slope * p[1:]
    both = (p[:-1] > 0) & (p[1:] > 0)
    quotient = np.where(both, ratio(p[:-1], np.maximum(p[1:], 0)), np.ones_like(p[1:]))
    with np.errstate(all="ignore"):
        logs = np.log(quotient)
    return np.sum(ratio(slope * (dtp + intercept * logs), np.maximum(c.tp[1:] + c.fn[1:], 0)), axis=0)


def area(c: Confusions, curve: str, summation: str) -> Array:
    """Area under the curve "ROC", "PR" or "PRGAIN" over the thresholds, by trapezoids, or rectangles below or above it."""
    if curve == "PR" and summation == "interpolation":
        return area_interpolated(c)
    recall = ratio(c.tp, c.tp + c.fn)
    if curve == "ROC":
        x, y = ratio(c.fp, c.fp + c.tn), recall
    elif curve == "PR":
        x, y = recall, ratio(c.tp, c.tp + c.fp)
    else:
        scale = ratio(c.tp + c.fn, c.tn + c.fp)
        none = c.tp == 0
        x = np.maximum(np.where(none, 0, 1 - scale * ratio(c.fn, c.tp)), 0)
        y = np.where(none, 1, 1 - scale * ratio(c.fp, c.tp))
    if summation == "interpolation":
        heights = (y[:-1] + y[1:]) / x.dtype.type(2)
    else:
        heights = (np.minimum if summation == "minoring" else np.maximum)(y[:-1], y[1:])
    return np.sum((x[:-1] - x[1:]) * heights, axis=0)


def best_where(constrained: Array, dependent: Array, least: float) -> Any:
    """The largest of `dependent` where `constrained` is at least `least`, and at least 0."""
    return np.max(np.where(constrained >= least, dependent, dependent.dtype.type(0)), initial=0)


def confusion_matrix(t: Array, x: Array, classes: int, weight: Array | None, dtype: Any) -> Array:
    """How often (by weight) class i was predicted as class j; entries with a class out of range do not count."""
    inside = (t >= 0) & (t < classes) & (x >= 0) & (x < classes)
    t, x = t[inside].astype(np.int64), x[inside].astype(np.int64)
    w = None if weight is None else np.broadcast_to(weight, inside.shape)[inside]
    flat = np.bincount(t * classes + x, weights=w, minlength=classes * classes)
    return flat.reshape(classes, classes).astype(dtype)


def overlap(matrix: Array, classes: Sequence[int], eps: float) -> Any:
    """Mean over `classes` (those that occur) of the intersection over the union, from a confusion matrix."""
    hits = np.diag(matrix)
    union = (matrix.sum(0) + matrix.sum(1) - hits)[list(classes)].astype(np.float32)
    hits = hits[list(classes)].astype(np.float32)
    valid = union > 1e-9
    each = np.where(valid, hits / (union + np.float32(eps)), np.float32(0))
    return np.sum(each, dtype=np.float32) / (np.float32(valid.sum()) + np.float32(eps))


def f_beta(tp: Array, fp: Array, fn: Array, beta: float, eps: float) -> Array:
    """(1 + beta²) · precision · recall / (beta² · precision + recall), each quotient with eps below."""
    e = tp.dtype.type(eps)
    precision, recall = tp / (tp + fp + e), tp / (tp + fn + e)
    square = tp.dtype.type(beta**2)
    return precision * recall / (square * precision + recall + e) * (1 + square)
