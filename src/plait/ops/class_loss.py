"""Losses of classes: cross-entropy and the negative log-likelihood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply
from plait.ops import elementwise as ew
from plait.ops import loss_halves as halves
from plait.ops import reduce
from plait.ops.halves import is_half
from plait.ops.loss import MEAN, NONE, SUM, ready, spread_by, without_slope, working_dtype
from plait.ops.rows import numbers
from plait.ops.shape import reshape
from plait.ops.softmax import log_softmax
from plait.tensor import MODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]


__all__: list[str] = []


def _three(shape: Shape) -> Shape:
    """Scores as [outer, classes, inner]."""
    if len(shape) == 1:
        return (1, shape[0], 1)
    return (shape[0], shape[1], math.prod(shape[2:]))


def _class_coefficients(
    x_shape: Shape, target: NDArray, weight: Any, ignore: int, smoothing: float, dtype: np.dtype
) -> tuple[NDArray, NDArray, float]:
    """([outer, classes, inner] coefficients of the log-probabilities, [outer, 1, inner] their sums, sum of targets' weights)."""
    outer, classes, inner = _three(x_shape)
    t = target.reshape(outer, 1, inner)
    counts = t != ignore
    safe = np.where(counts, t, 0)
    w = dtypes.full((classes,), 1, dtype) if weight is None else dtypes.cast(weight, dtype)
    picked = (w[safe] * counts).astype(dtype)
    coefs = np.zeros((outer, classes, inner), dtype)
    np.put_along_axis(coefs, safe, (1 - smoothing) * picked, 1)
    if smoothing:
        coefs += counts * (smoothing / classes) * w[None, :, None]
    return coefs, coefs.sum(1, keepdims=True), float(picked.sum(dtype=np.float64))


def _cross_entropy(x: NDArray, target: NDArray, weight: Any, ignore: int, smoothing: float, reduction: int) -> Any:
    dtype = working_dtype(x.dtype)
    shape = _three(x.shape)
    if (
        weight is None and reduction != NONE and x.dtype is dtype and target.dtype is dtypes.I64
        and x.flags.c_contiguous and target.flags.c_contiguous
    ):  # fmt: skip
        loss, lse, total = _native.cross_entropy(x.reshape(shape), target, None, ignore, smoothing, reduction)
        return loss, lse, np.asarray(total)
    loss, lse, total = _native.cross_entropy(
        ready(x, x.shape, dtype).reshape(shape), ready(target, target.shape, dtypes.I64),
        ready(weight, (shape[1],), dtype), ignore, smoothing, reduction,
    )  # fmt: skip
    if reduction == NONE:
        loss = loss.reshape(target.shape)
    return loss if loss.dtype == x.dtype else dtypes.cast(loss, x.dtype), lse, np.asarray(total)


def _cross_entropy_backward(ctx: Any, g: Any) -> Any:
    x, target = ctx.x(0), ctx.x(1)
    weight, ignore, smoothing, reduction = ctx.params
    dtype = working_dtype(x.array.dtype)
    shape = _three(x.array.shape)
    if not MODE.grad:
        count = (shape[0], shape[2])
        got = _native.cross_entropy_backward(
            ready(x.array, x.array.shape, dtype).reshape(shape), ready(target.array, target.array.shape, dtypes.I64),
            ready(weight, (shape[1],), dtype), ctx.y(1).array,
            ready(g.array.reshape(count) if reduction == NONE else g.array, count if reduction == NONE else (), dtype),
            ignore, smoothing, reduction, float(ctx.y(2).array),
        ).reshape(x.array.shape)  # fmt: skip
        return type(g).face.wrap(got if got.dtype == x.array.dtype else dtypes.cast(got, x.array.dtype)), None
    coefs, sums, total = _class_coefficients(x.array.shape, target.array, weight, ignore, smoothing, x.array.dtype)
    wrap = type(g).face.wrap
    rows = reshape(x, shape)
    raised = ew.exp(ew.sub(rows, wrap(rows.array.max(1, keepdims=True, initial=-np.inf))))
    p = ew.div(raised, reduce.sum(raised, 1, True))
    part = ew.sub(ew.mul(p, wrap(sums)), wrap(coefs))
    each = (
        reshape(g, (shape[0], 1, shape[2]))
        if reduction == NONE
        else spread_by(g, total, (shape[0], 1, shape[2]), reduction)
    )
    return reshape(ew.mul(part, each), x.array.shape), None


def _reference_cross_entropy(
    x: NDArray, target: NDArray, weight: Any, ignore: int, smoothing: float, reduction: int
) -> Any:
    coefs, _, total = _class_coefficients(x.shape, target, weight, ignore, smoothing, np.dtype(np.float64))
    rows = x.reshape(_three(x.shape))
    top = rows.max(1, keepdims=True) if rows.size else 0.0
    log_p = rows - top - np.log(np.exp(rows - top).sum(1, keepdims=True))
    y = -(coefs * log_p).sum(1)
    return y.reshape(target.shape) if reduction == NONE else y.sum() if reduction == SUM else y.sum() / total


def _class_samples(smoothing: float | None) -> Callable[[], Iterable[Sample]]:
    def samples() -> Iterable[Sample]:
        w = numbers(4, low=0.5)
        tails: tuple[tuple[float, ...], ...] = ((),) if smoothing is None else ((0.0,), (smoothing,))
        for tail in tails:
            t = np.array([0, 3, -100, 1, 2], np.int64)
            for reduction in (NONE, MEAN, SUM):
                yield Sample([numbers(5, 4), t], (None, -100, *tail, reduction))
            yield Sample([numbers(5, 4), t], (w, -100, *tail, MEAN))
            yield Sample([numbers(4), np.array(2)], (w, 2, *tail, SUM))
            images = np.arange(2 * 3 * 7).reshape(2, 3, 7) % 4
            yield Sample([numbers(2, 4, 3, 7), images], (w, 1, *tail, MEAN))
            yield Sample([numbers(2, 4, 3, 7), images], (None, -100, *tail, NONE))
            yield Sample([numbers(0, 4), np.zeros(0, np.int64)], (None, -100, *tail, SUM))

    return samples


def _class_infer(x: Any, target: Any, *params: Any) -> Any:
    return [(target[0] if params[-1] == NONE else (), x[1])]


def class_cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    """(FLOPs, bytes) of a loss of scores."""
    n = int(np.prod(shapes[0]))
    return 12 * n, 4 * n


def _class_op(name: str, grad_name: str) -> Op:
    """Cross entropy under one of the names that its node has upstream of dialects: by rank, and with smoothing."""
    return Op(
        name, kind="loss", forward=_cross_entropy, backward=_cross_entropy_backward, infer=_class_infer,
        reference=_reference_cross_entropy, samples=_class_samples(0.1),
        rejects=lambda: [Reject([numbers(2, 4), np.array([1, 4])], (None, -100, 0.0, MEAN), IndexError, "Target 4 is out of bounds.")],
        cost=class_cost, explain="the target's weight times (log of the sum of exp(x) over the classes - x of the target)",
        export="SoftmaxCrossEntropyLoss", save_inputs=(0, 1), save_outputs=(1, 2), grad_name=grad_name,
    )  # fmt: skip


CROSS_ENTROPY = _class_op("cross_entropy", "NllLossBackward0")


CROSS_ENTROPY_PLACES = _class_op("cross_entropy_places", "NllLoss2DBackward0")


CROSS_ENTROPY_SMOOTH = _class_op("cross_entropy_smooth", "AddBackward0")


def _nll(x: NDArray, target: NDArray, weight: Any, ignore: int, reduction: int) -> Any:
    dtype = working_dtype(x.dtype)
    shape = _three(x.shape)
    if is_half(x.dtype) and reduction != NONE:
        each = _nll(x, target, weight, ignore, NONE)
        total = halves.cascade(dtypes.cast(each, dtypes.F32).reshape(-1), x.dtype)
        with np.errstate(all="ignore"):
            if reduction == MEAN:
                total = total / _total_half(target, weight, ignore, shape[1], x.dtype)
            return dtypes.cast(np.asarray(total, np.float32), x.dtype)
    loss, _ = _native.nll(
        ready(x, x.shape, dtype).reshape(shape), ready(target, target.shape, dtypes.I64), ready(weight, (shape[1],), dtype), ignore,
        reduction,
    )  # fmt: skip
    if reduction == NONE:
        loss = loss.reshape(target.shape)
    return loss if loss.dtype == x.dtype else dtypes.cast(loss, x.dtype)


def _total_half(target: NDArray, weight: Any, ignore: int, classes: int, dtype: np.dtype) -> Any:
    """The weights of the classes that count, added in 16 bits."""
    counts = (target != ignore).reshape(-1)
    w = np.ones(classes, np.float32) if weight is None else dtypes.cast(weight, dtypes.F32)
    return halves.cascade(np.where(counts, w[np.where(counts, target.reshape(-1), 0)], np.float32(0)), dtype)


def _nll_backward(ctx: Any, g: Any) -> Any:
    target = ctx.x(1).array
    weight, ignore, reduction = ctx.params
    shape = _three(ctx.shapes[0])
    coefs, _, total = _class_coefficients(ctx.shapes[0], target, weight, ignore, 0.0, working_dtype(ctx.dtypes[0]))
    if is_half(ctx.dtypes[0]) and reduction == MEAN:
        total = float(_total_half(target, weight, ignore, shape[1], ctx.dtypes[0]))
    each = reshape(g, (shape[0], 1, shape[2])) if reduction == NONE else spread_by(g, total, (1, 1, 1), reduction)
    part = ew.mul(each, type(g).face.wrap(dtypes.cast(0 - coefs, ctx.dtypes[0])))
    return reshape(part, ctx.shapes[0]), None


def _reference_nll(x: NDArray, target: NDArray, weight: Any, ignore: int, reduction: int) -> Any:
    coefs, _, total = _class_coefficients(x.shape, target, weight, ignore, 0.0, np.dtype(np.float64))
    y = -(coefs * x.reshape(_three(x.shape))).sum(1)
    return y.reshape(target.shape) if reduction == NONE else y.sum() if reduction == SUM else y.sum() / total


def _nll_op(name: str) -> Op:
    return Op(
        name, kind="loss", forward=_nll, backward=_nll_backward, infer=_class_infer, reference=_reference_nll, samples=_class_samples(None),
        rejects=lambda: [Reject([numbers(2, 4), np.array([1, -1])], (None, -100, MEAN), IndexError, "Target -1 is out of bounds.")],
        cost=class_cost, explain="minus the target's weight times x of the target", export="NegativeLogLikelihoodLoss", save_inputs=((1, 0),),
    )  # fmt: skip


NLL_LOSS = _nll_op("nll_loss")


NLL_LOSS_2D = _nll_op("nll_loss_2D")


def cross_entropy(x: Any, target: Any, weight: Any, ignore: int, smoothing: float, reduction: int) -> Any:
    """Softmax and negative log-likelihood of scores [N, C, …] with class numbers [N, …]."""
    if is_half(x.array.dtype) and not smoothing:  # in 16 bits the logarithms round before one of them is picked
        return nll(log_softmax(x, 1 if x.array.ndim > 1 else 0), target, weight, ignore, reduction)
    op = CROSS_ENTROPY_SMOOTH if smoothing else CROSS_ENTROPY if x.array.ndim < 3 else CROSS_ENTROPY_PLACES
    name = "nll_loss_forward" if x.array.ndim < 3 else "nll_loss2d_forward"
    return apply(op, (x, target), (without_slope(weight, name, "weight"), ignore, smoothing, reduction))


def nll(x: Any, target: Any, weight: Any, ignore: int, reduction: int) -> Any:
    """Negative log-likelihood of log-probabilities [N, C, …] with class numbers [N, …]."""
    op = NLL_LOSS if x.array.ndim < 3 else NLL_LOSS_2D
    name = "nll_loss_forward" if x.array.ndim < 3 else "nll_loss2d_forward"
    return apply(op, (x, target), (without_slope(weight, name, "weight"), ignore, reduction))
