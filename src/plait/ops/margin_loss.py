"""Losses of margins between the scores of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.op import Op, Reject, Sample, apply
from plait.ops import elementwise as ew
from plait.ops import reduce
from plait.ops.class_loss import class_cost
from plait.ops.loss import MEAN, NONE, SUM, reduce_by, spread_by, without_slope, working_dtype
from plait.ops.rows import numbers
from plait.ops.shape import reshape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Shape = tuple[int, ...]


__all__: list[str] = []


def _reduce_rows(y: NDArray, reduction: int) -> Any:
    """`reduce_by`, but no rows have a mean of 0."""
    return reduce_by(y, reduction if y.size else min(reduction, 1) * SUM)


def _rows_of(x: NDArray) -> NDArray:
    return x.reshape(1, -1) if x.ndim < 2 else x


def _one_hot(target: NDArray, classes: int) -> NDArray:
    return target.reshape(-1, 1) == np.arange(classes)


def _multi_margin(x: NDArray, target: NDArray, weight: Any, p: int, margin: float, reduction: int) -> Any:
    rows = _rows_of(dtypes.cast(x, working_dtype(x.dtype)))
    t = target.reshape(-1)
    if ((t < 0) | (t >= rows.shape[1])).any():
        raise RuntimeError("target out of range")
    own = np.take_along_axis(rows, t.reshape(-1, 1), 1)
    z = np.maximum(margin - own + rows, 0) ** p * ~_one_hot(t, rows.shape[1])
    if weight is not None:
        z = z * dtypes.cast(weight, rows.dtype)[t].reshape(-1, 1)
    y = z.sum(1) / rows.dtype.type(rows.shape[1])
    return dtypes.cast(np.asarray(_reduce_rows(y.reshape(target.shape), reduction)), x.dtype)


def _multi_margin_backward(ctx: Any, g: Any) -> Any:
    x, t = ctx.x(0), ctx.x(1).array.reshape(-1)
    weight, p, margin, reduction = ctx.params
    wrap, dtype = type(g).face.wrap, x.array.dtype
    shape = _rows_of(x.array).shape
    rows = reshape(x, shape)
    hot = _one_hot(t, shape[1])
    scale = np.full((shape[0], 1), 1.0 / max(shape[1], 1))
    if weight is not None:
        scale = scale * weight[t].reshape(-1, 1)
    own = reduce.sum(ew.mul(rows, wrap(hot.astype(dtype))), 1, True)
    z = ew.add(ew.sub(rows, own), margin)
    active = ((z.array > 0) & ~hot) * scale * p
    part = wrap(active.astype(dtype))
    if p == 2:
        part = ew.mul(part, z)
    part = ew.sub(part, ew.mul(wrap(hot.astype(dtype)), reduce.sum(part, 1, True)))
    each = reshape(g, (shape[0], 1)) if reduction == NONE else spread_by(g, shape[0], (1, 1), reduction)
    return reshape(ew.mul(part, each), x.array.shape), None


def _margin_samples(*params: Any) -> Callable[[], Iterable[Sample]]:
    def samples() -> Iterable[Sample]:
        for p in (1, 2):
            for reduction in (NONE, MEAN, SUM):
                yield Sample([numbers(5, 4), np.array([0, 3, 2, 1, 2])], (None, p, 0.8, reduction))
            yield Sample([numbers(5, 4), np.array([0, 3, 2, 1, 2])], (numbers(4, low=0.5), p, 0.8, MEAN))
        yield Sample([numbers(4), np.array(2)], (None, 1, 1.0, NONE))

    return samples


def _reference_multi_margin(x: NDArray, target: NDArray, weight: Any, p: int, margin: float, reduction: int) -> Any:
    rows, t = _rows_of(x), target.reshape(-1)
    y = np.array([
        sum(max(0.0, margin - r[k] + r[j]) ** p for j in range(len(r)) if j != k) * (1 if weight is None else weight[k]) / len(r)
        for r, k in zip(rows, t, strict=True)
    ])  # fmt: skip
    return _reduce_rows(y.reshape(target.shape), reduction)


MULTI_MARGIN_LOSS: Op = Op(
    "multi_margin_loss", kind="loss", forward=_multi_margin, backward=_multi_margin_backward,
    infer=lambda x, t, *params: [(t[0] if params[-1] == NONE else (), x[1])], reference=_reference_multi_margin, samples=_margin_samples(),
    rejects=lambda: [Reject([numbers(2, 4), np.array([1, 4])], (None, 1, 1.0, MEAN), RuntimeError, "target out of range")],
    cost=class_cost, explain="mean over the other classes of max(0, margin - x of the target + x of the other) ** p", export=None,
    save_inputs=(0, (1, 0)),
)  # fmt: skip


def _target_mask(target: NDArray, classes: int) -> NDArray:
    """Which classes a row of targets names before its first negative entry."""
    rows = _rows_of(target)
    valid = np.cumsum(rows < 0, 1) == 0
    mask = np.zeros((rows.shape[0], classes), bool)
    at = np.nonzero(valid)
    mask[at[0], rows[at]] = True
    return mask


def _multilabel_terms(x: NDArray, target: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    rows = _rows_of(x)
    mask = _target_mask(target, rows.shape[1])
    z = 1 - rows[:, :, None] + rows[:, None, :]  # [row, target, other]
    valid = np.cumsum(_rows_of(target) < 0, 1) == 0
    times = np.zeros(rows.shape, np.int64)  # a class named twice counts twice
    at = np.nonzero(valid)
    np.add.at(times, (at[0], _rows_of(target)[at]), 1)
    active = (z > 0) * times[:, :, None] * ~mask[:, None, :]
    return z, active, mask


def _multilabel_margin(x: NDArray, target: NDArray, reduction: int) -> Any:
    wide = dtypes.cast(x, working_dtype(x.dtype))
    if ((target >= _rows_of(x).shape[1]) | (target < -1)).any():
        raise RuntimeError("argument #2 'target' is out of range")
    z, active, _ = _multilabel_terms(wide, target)
    y = (z * active).sum((1, 2)) / wide.dtype.type(max(z.shape[1], 1))
    if reduction == NONE:
        y = y.reshape(x.shape[:-1] if x.ndim else ())
    return dtypes.cast(np.asarray(_reduce_rows(y, reduction)), x.dtype)


def _multilabel_margin_backward(ctx: Any, g: Any) -> Any:
    x, target = ctx.x(0), ctx.x(1).array
    (reduction,) = ctx.params
    _, active, _ = _multilabel_terms(x.array, target)
    rows = _rows_of(x.array)
    part = (active.sum(1) - active.sum(2)) / max(rows.shape[1], 1)
    each = reshape(g, (rows.shape[0], 1)) if reduction == NONE else spread_by(g, rows.shape[0], (1, 1), reduction)
    got = ew.mul(type(g).face.wrap(part.astype(x.array.dtype)), each)
    return reshape(got, x.array.shape), None


def _reference_multilabel(x: NDArray, target: NDArray, reduction: int) -> Any:
    y = []
    for r, row in zip(_rows_of(x), _rows_of(target), strict=True):
        named = row[: int(np.argmax(row < 0))] if (row < 0).any() else row
        others = [k for k in range(len(r)) if k not in named]
        y.append(sum(max(0.0, 1 - r[j] + r[k]) for j in named for k in others) / len(r))
    out = np.array(y)
    return _reduce_rows(out.reshape(x.shape[:-1]) if reduction == NONE else out, reduction)


MULTILABEL_MARGIN_LOSS: Op = Op(
    "multilabel_margin_loss", kind="loss", forward=_multilabel_margin, backward=_multilabel_margin_backward,
    infer=lambda x, t, reduction: [(x[0][:-1] if reduction == NONE else (), x[1])], reference=_reference_multilabel,
    samples=lambda: [
        Sample([numbers(3, 4), np.array([[0, 2, -1, 1], [3, -1, 0, 0], [1, 2, 3, 0]])], (r,)) for r in (NONE, MEAN, SUM)
    ] + [Sample([numbers(4), np.array([1, -1, 0, 0])], (NONE,))],
    rejects=lambda: [], cost=class_cost, explain="mean over the classes of max(0, 1 - x of a target + x of another class), summed over targets",
    export=None, save_inputs=(0, (1, 0)),
)  # fmt: skip


def multi_margin(x: Any, target: Any, p: int, margin: float, weight: Any, reduction: int) -> Any:
    """Hinge loss of each class against the target's."""
    return apply(
        MULTI_MARGIN_LOSS, (x, target), (without_slope(weight, "multi_margin_loss", "weight"), p, margin, reduction)
    )


def multilabel_margin(x: Any, target: Any, reduction: int) -> Any:
    """Hinge loss of each class against those that the targets name."""
    return apply(MULTILABEL_MARGIN_LOSS, (x, target), (reduction,))
