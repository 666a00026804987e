"""Sums and means one element after another, for dialects whose digits depend on it.

The last of the axes is walked slowest, the first fastest, and a mean divides by the count. More than `lanes.MOST` elements, and what is neither
float32 nor float64, are added in the engine's own order; a sum of everything is `lanes`'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait import _native
from plait.op import Op, Sample, apply
from plait.ops import lanes, reduce
from plait.ops.rows import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["MEAN_TURN", "SUM_TURN", "mean", "sum"]

Dims = tuple[int, ...]


def _total(x: NDArray, dims: Dims, keepdim: bool) -> Any:
    """The sum, or None where the engine's order is as good."""
    if x.dtype.char not in "fd" or not 0 < x.size <= lanes.MOST:
        return None
    total = _native.sum_in_turn(x, dims)
    return total.reshape([1 if d in dims else n for d, n in enumerate(x.shape)]) if keepdim else total


def _sum(x: NDArray, dims: Dims, keepdim: bool) -> Any:
    got = _total(x, dims, keepdim)
    return reduce.SUM.run(x, dims, keepdim) if got is None else got


def _mean(x: NDArray, dims: Dims, keepdim: bool) -> Any:
    got = _total(x, dims, keepdim)
    return reduce.MEAN.run(x, dims, keepdim) if got is None else got / got.dtype.type(x.size // got.size)


def _samples() -> Iterable[Sample]:
    yield Sample([numbers(4, 5)], ((1,), False))
    yield Sample([numbers(4, 5)], ((0,), True))
    yield Sample([numbers(1, 9)], ((1,), False))
    yield Sample([numbers(2, 3, 4)], ((0, 2), False))
    yield Sample([numbers(2, 3, 4)], ((1, 2), True))


SUM_TURN: Op = Op(
    "sum_turn", kind="reduce", forward=_sum, backward=reduce.SUM.backward, infer=reduce.SUM.infer, samples=_samples,
    rejects=reduce.SUM.rejects, reference=reduce.SUM.reference, cost=reduce.SUM.cost, explain="the sum, one element after another",
    export="ReduceSum",
)  # fmt: skip
MEAN_TURN: Op = Op(
    "mean_turn", kind="reduce", forward=_mean, backward=reduce.MEAN.backward, infer=reduce.MEAN.infer, samples=_samples,
    rejects=reduce.MEAN.rejects, reference=reduce.MEAN.reference, cost=reduce.MEAN.cost,
    explain="the sum, one element after another, by the count", export="ReduceMean",
)  # fmt: skip


def sum(x: Any, dims: Dims, keepdim: bool = False) -> Any:
    """The sum over `dims`."""
    return apply(SUM_TURN, (x,), (dims, keepdim))


def mean(x: Any, dims: Dims, keepdim: bool = False) -> Any:
    """The mean over `dims`."""
    return apply(MEAN_TURN, (x,), (dims, keepdim))
