"""Means under windows whose elements are added one after another, row by row, for dialects whose digits depend on it.

Up to `MOST` elements are added so; more, windows without elements, what does not fit the plan, and what is neither float32 nor float64, go the engine's way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plait.ops.pool_plan import Plan

__all__ = ["averaged"]

MOST = 1 << 16


def _order(plan: Plan) -> tuple[NDArray, NDArray] | None:
    """(numbers of the elements under each output, [taps, outputs], the plane's size where there is none; divisors), None for empty windows."""
    if any(not len(t) or t.min() < 1 for t in plan.taps) or any(w.min() < 1 for w in plan.weight):
        return None
    places: NDArray = np.zeros((1, 1), np.int64)
    inside: NDArray = np.ones((1, 1), bool)
    divisor: NDArray = np.ones(1, np.int64)
    for d in range(plan.rank):
        t = np.arange(int(plan.taps[d].max()))[:, None]
        at, held = plan.lo[d] + t * plan.dilation[d], t < plan.taps[d]
        shape = (places.shape[0] * at.shape[0], places.shape[1] * at.shape[1])
        places = (places[:, None, :, None] * plan.sizes[d] + at[None, :, None, :]).reshape(shape)
        inside = (inside[:, None, :, None] & held[None, :, None, :]).reshape(shape)
        divisor = (divisor[:, None] * plan.weight[d]).reshape(-1)
    size = int(np.prod(plan.sizes))
    return np.where(inside, places, size), divisor


def averaged(x: NDArray, plan: Plan) -> Any:
    """The means, or None where the engine's order is as good."""
    if x.dtype not in (dtypes.F32, dtypes.F64) or not x.size or x.shape[x.ndim - plan.rank :] != plan.sizes:
        return None
    lead = x.shape[: x.ndim - plan.rank]
    if len(lead) not in (1, 2):
        return None
    planes = int(np.prod(lead))
    if planes * int(np.prod(plan.out)) * int(np.prod([t.max(initial=0) for t in plan.taps])) > MOST:
        return None
    if plan.order is None:
        plan.order = _order(plan) or ()
    if not plan.order:
        return None
    places, divisor = plan.order
    size = int(np.prod(plan.sizes))
    elements = np.zeros((size + 1, planes), x.dtype)
    elements[:size] = x.reshape(planes, size).T
    rows = elements[places]
    with np.errstate(all="ignore"):
        if rows[0].size == 1:
            total = np.cumsum(rows, axis=0)[-1]
        else:
            total = np.add.reduce(rows.reshape(len(rows), -1), axis=0).reshape(rows.shape[1:])
        total += 0
        mean = total / divisor.astype(x.dtype)[:, None]
    return np.ascontiguousarray(mean.T).reshape(*lead, *plan.out)
