"""Sums and means of all elements in the order of Eigen's kernels, for dialects whose digits depend on it.

32 bytes of elements are added lane by lane (a sum does two such rows at a time), then the halves of the lanes, at last what was left over.
A sum longer than 1024 rows is the sum of its halves'. More than `MOST` elements are added in the engine's own order, by all threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Sample, apply
from plait.ops import elementwise as ew
from plait.ops import reduce
from plait.ops.rows import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["MEAN_LANES", "SUM_LANES", "mean", "sum"]

MOST = 1 << 17


def _sum(x: NDArray, keepdim: bool) -> Any:
    return _native.lane_reduce(x if x.flags.c_contiguous else np.ascontiguousarray(x), False, keepdim)


def _mean(x: NDArray, keepdim: bool) -> Any:
    return _native.lane_reduce(x if x.flags.c_contiguous else np.ascontiguousarray(x), True, keepdim)


def _samples() -> Iterable[Sample]:
    """Fewer elements than lanes, some rows, an odd number of rows; kept dimensions; nothing."""
    for shape in ((3,), (4, 5), (5, 8), (2, 3, 7), ()):
        yield Sample([numbers(*shape)], (False,))
    yield Sample([numbers(4, 5)], (True,))


def _infer(x: Any, keepdim: bool) -> list[Any]:
    return [((1,) * len(x[0]) if keepdim else (), x[1])]


def _every(ctx: Any) -> tuple[int, ...]:
    return tuple(range(len(ctx.shapes[0])))


SUM_LANES: Op = Op(
    "sum_lanes", kind="reduce", forward=_sum, backward=lambda ctx, g: reduce.spread(g, ctx.shapes[0], _every(ctx)), infer=_infer,
    reference=lambda x, keepdim: np.sum(x, keepdims=keepdim), samples=_samples, rejects=lambda: [],
    cost=reduce.reduce_cost, explain="sum over all dimensions, in lanes", export="ReduceSum",
)  # fmt: skip
MEAN_LANES: Op = Op(
    "mean_lanes", kind="reduce", forward=_mean,
    backward=lambda ctx, g: reduce.spread(ew.div(g, int(np.prod(ctx.shapes[0]))), ctx.shapes[0], _every(ctx)), infer=_infer,
    reference=lambda x, keepdim: np.mean(x, keepdims=keepdim), samples=_samples, rejects=lambda: [],
    cost=reduce.reduce_cost, explain="mean over all dimensions, in lanes", export="ReduceMean",
)  # fmt: skip


def _fits(x: Any) -> bool:
    return x.array.dtype in (dtypes.F32, dtypes.F64) and 0 < x.array.size <= MOST


def sum(x: Any, keepdim: bool = False) -> Any:
    """The sum of all elements."""
    return apply(SUM_LANES, (x,), (keepdim,)) if _fits(x) else reduce.sum(x, None, keepdim)


def mean(x: Any, keepdim: bool = False) -> Any:
    """The mean of all elements."""
    return apply(MEAN_LANES, (x,), (keepdim,)) if _fits(x) else reduce.mean(x, None, keepdim)
