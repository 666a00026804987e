"""Values put back where windows took them from, and taken from there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply
from plait.ops.halves import is_half, scatter_steps
from plait.ops.pool_plan import sizes_array, widened, window_cost
from plait.ops.rows import numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray


__all__ = ["PUT", "TAKE", "put", "put_array", "reference_put"]


def _flat(x: NDArray, index: NDArray) -> tuple[NDArray, NDArray]:
    return np.ascontiguousarray(widened(x)), np.ascontiguousarray(index)


def put_array(x: NDArray, index: NDArray, shape: tuple[int, ...], total: bool) -> NDArray:
    """Zeros of `shape` in each plane, with `x` at the places `index`; `total` adds what meets at a place."""
    if total and index.size and index.min() < 0:  # a maximum of nothing
        x, index = np.where(index < 0, x.dtype.type(0), x), np.maximum(index, 0)
    if total and is_half(x.dtype) and x.size:
        lead = x.shape[: x.ndim - len(shape)]
        size, planes = int(np.prod(shape)), int(np.prod(lead))
        at = index.reshape(planes, -1) + size * np.arange(planes)[:, None]
        sums = scatter_steps(np.ascontiguousarray(x).reshape(1, -1), at.ravel(), size * planes)
        return sums.reshape(*lead, *shape)
    z, at = _flat(x, index)
    return dtypes.cast(_native.pool_scatter(z, at, len(shape), sizes_array(shape), total), x.dtype)


def _take(y: NDArray, index: NDArray, dims: int) -> NDArray:
    z, at = _flat(y, index)
    return dtypes.cast(_native.pool_gather(z, at, dims), y.dtype)


def reference_put(x: NDArray, index: NDArray, shape: Sequence[int], total: bool) -> NDArray:
    """`put_array` by its definition."""
    lead = x.shape[: x.ndim - len(shape)]
    out = np.zeros((int(np.prod(lead)), int(np.prod(shape))), x.dtype)
    if x.size == 0:
        return out.reshape(*lead, *shape)
    for row, values, at in zip(out, x.reshape(len(out), -1), index.reshape(len(out), -1).astype(np.int64), strict=True):
        if total:
            np.add.at(row, at, values)
        else:
            row[at] = values
    return out.reshape(*lead, *shape)


def _put_samples() -> Iterable[Sample]:
    index = np.array([[[3, 1], [0, 8]], [[2, 6], [5, 7]]])
    yield Sample([numbers(2, 2, 2), index], ((3, 3), True))
    yield Sample([numbers(2, 2, 2), index], ((3, 3), False))
    yield Sample([numbers(2, 2), np.array([[1, 1], [0, 2]])], ((3,), True))


def _take_samples() -> Iterable[Sample]:
    yield Sample([numbers(2, 3, 3), np.array([[[3, 1], [0, 8]], [[2, 6], [5, 7]]])], (2,))
    yield Sample([numbers(2, 5), np.array([[1, 1], [0, 4]])], (1,))


def _reference_take(y: NDArray, index: NDArray, dims: int) -> NDArray:
    lead = y.shape[: y.ndim - dims]
    flat = y.reshape(*lead, -1)
    return np.take_along_axis(flat, index.astype(np.int64).reshape(*lead, -1), -1).reshape(index.shape)


def _bad_index() -> Iterable[Reject]:
    yield Reject([numbers(1, 2), np.array([[1, 9]])], ((3,), False), IndexError, "9")


def _unpooled_name(params: tuple[Any, ...]) -> str:
    return f"MaxUnpool{len(params[0])}DBackward0" if len(params[0]) > 1 else "SqueezeBackward1"


PUT: Op = Op(
    "max_unpool", kind="window", forward=put_array, grad_name=_unpooled_name,
    backward=lambda ctx, g: (apply(TAKE, (g, ctx.x(1)), (len(ctx.params[0]),)), None),
    infer=lambda x, index, shape, total: [((*x[0][: len(x[0]) - len(shape)], *shape), x[1])], reference=reference_put, samples=_put_samples,
    rejects=_bad_index, cost=window_cost, explain="each value at its flat place in a plane of zeros; of two in one place the last, or the sum",
    export="MaxUnpool", save_inputs=((1, 0),),
)  # fmt: skip


TAKE: Op = Op(
    "max_unpool_grad", kind="window", forward=_take, grad_name="MaxUnpoolBackwardBackward0",
    backward=lambda ctx, g: (apply(PUT, (g, ctx.x(1)), (ctx.shapes[0][len(ctx.shapes[0]) - ctx.params[0] :], True)), None),
    infer=lambda y, index, dims: [(index[0], y[1])], reference=_reference_take, samples=_take_samples, rejects=lambda: [],
    cost=lambda shapes, params: (0, 8 * int(np.prod(shapes[1]))), explain="the plane's elements at the flat places", export=None,
    save_inputs=((1, 0),),
)  # fmt: skip


def put(x: Any, index: Any, shape: Sequence[int]) -> Any:
    """Values laid to flat places in planes of zeros of the given shape."""
    return apply(PUT, (x, index), (tuple(shape), False))
