"""Sums and means in the order of Eigen's kernels, for dialects whose digits depend on it.

32 bytes of elements are added lane by lane, `chains` such rows (1, 2 or 4) side by side, then the halves of the lanes, at last what was left
over. A sum longer than 1024 rows is the sum of its halves'. What is not one run of axes, and results of more than `MOST` elements each,
are added in the engine's own order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Sample, apply
from plait.ops import reduce
from plait.ops.rows import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["MEAN_LANES", "SUM_LANES", "mean", "sum", "total"]

MOST = 1 << 18


def _worked_out(x: NDArray, dims: tuple[int, ...], keepdim: bool, chains: int, mean: bool) -> Any:
    got = None
    if x.dtype in (dtypes.F32, dtypes.F64) and (len(dims) < x.ndim or x.size <= MOST):
        got = _native.lane_reduce(x, dims, keepdim, chains, mean)
    return (reduce.MEAN if mean else reduce.SUM).run(x, dims, keepdim) if got is None else got


def _sum(x: NDArray, dims: tuple[int, ...], keepdim: bool, chains: int) -> Any:
    return _worked_out(x, dims, keepdim, chains, False)


def _mean(x: NDArray, dims: tuple[int, ...], keepdim: bool, chains: int) -> Any:
    return _worked_out(x, dims, keepdim, chains, True)


def _samples() -> Iterable[Sample]:
    """Fewer elements than lanes, some rows, an odd number of rows; rows, columns and what lies between; kept dimensions."""
    for shape in ((3,), (4, 5), (5, 8), (2, 3, 7), ()):
        yield Sample([numbers(*shape)], (tuple(range(len(shape))), False, 2))
    yield Sample([numbers(4, 5)], ((0, 1), True, 1))
    yield Sample([numbers(3, 35)], ((1,), True, 4))
    yield Sample([numbers(18, 11)], ((0,), False, 4))
    yield Sample([numbers(2, 17, 3)], ((1,), False, 4))
    yield Sample([numbers(2, 3, 4)], ((0, 2), False, 4))


def _infer(x: Any, dims: Sequence[int], keepdim: bool, chains: int) -> list[Any]:
    return reduce.reduce_infer(x, dims, keepdim)


SUM_LANES: Op = Op(
    "sum_lanes", kind="reduce", forward=_sum, backward=reduce.SUM.backward, infer=_infer,
    reference=lambda x, dims, keepdim, chains: reduce.SUM.reference(x, dims, keepdim), samples=_samples, rejects=lambda: [],
    cost=reduce.reduce_cost, explain="sum over the reduced dimensions, in lanes", export="ReduceSum",
)  # fmt: skip
MEAN_LANES: Op = Op(
    "mean_lanes", kind="reduce", forward=_mean, backward=reduce.MEAN.backward, infer=_infer,
    reference=lambda x, dims, keepdim, chains: reduce.MEAN.reference(x, dims, keepdim), samples=_samples, rejects=lambda: [],
    cost=reduce.reduce_cost, explain="mean over the reduced dimensions, in lanes", export="ReduceMean",
)  # fmt: skip


def sum(x: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False, chains: int = 4) -> Any:
    """The sum over `dim`, in the dtype of `x`."""
    return apply(SUM_LANES, (x,), (reduce.dims_of(dim, x.array.ndim), keepdim, chains))


def mean(x: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False, chains: int = 4) -> Any:
    """The mean over `dim`, floating."""
    return apply(MEAN_LANES, (x,), (reduce.dims_of(dim, x.array.ndim), keepdim, chains))


def total(x: NDArray, chains: int = 4) -> Any:
    """The sum of all elements of an array: a number of NumPy's."""
    x = np.asarray(x)
    return _sum(x, tuple(range(x.ndim)), False, chains)[()]
