"""Pooling: maxima and means over windows, their gradients, and moves by index within a plane.

Rules of this file: every rank is one op; a `Plan` says, per dimension and output, which taps lie inside the input, so that no op knows of
padding, ceil rules or adaptive bins. Arrays are [N, C, spatial…] or, unbatched, [C, spatial…]; memory with channels last is read as it lies.
No index is made unless asked: the gradient finds each window's maximum again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply, type_name
from plait.ops.halves import gather_steps, is_half, rounded, scatter_steps
from plait.ops.pool_plan import (
    LOWEST,
    Plan,
    arranged,
    as_dtype,
    elements_at,
    laid_back,
    lies_last,
    places_of,
    shaped,
    widened,
    window_cost,
)
from plait.ops.rows import numbers
from plait.ops.unpool import PUT, TAKE, put_array, reference_put
from plait.tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray


__all__ = [
    "AVG",
    "AVG_SHARES",
    "MAX",
    "MAX_INDEX",
    "RANDOM_MAX",
    "average",
    "maximum",
    "maximum_index",
    "random_maximum",
]


def _node_name(kind: str, index: bool = False) -> Any:
    def name(params: tuple[Any, ...]) -> str:
        plan = params[0]
        if plan.rank == 1:
            return "SqueezeBackward1"
        if plan.adaptive and kind == "AvgPool" and plan.out == (1,) * plan.rank:
            return "MeanBackward1"
        tail = "WithIndices" if kind == "MaxPool" and not plan.adaptive else ""
        return f"{'Adaptive' if plan.adaptive else ''}{kind}{plan.rank}D{tail}Backward0"

    return name


# --- arrays -----------------------------------------------------------------------------------------------------------------


def _reference_max(x: NDArray, plan: Plan, *_: Any) -> tuple[NDArray, NDArray]:
    lead = x.shape[: x.ndim - plan.rank]
    y, index = np.empty((*lead, *plan.out), x.dtype), np.empty((*lead, *plan.out), np.int64)
    flat = np.arange(int(np.prod(plan.sizes))).reshape(plan.sizes)
    for place in places_of(plan):
        part = plan.taps_of(place)
        window, at = x[elements_at(part)].reshape(*lead, flat[part].size), flat[part].reshape(-1)
        if window.shape[-1] == 0:
            y[elements_at(place)] = -np.inf
            index[elements_at(place)] = 0
            continue
        best = window.argmax(-1)  # NaN counts as the greatest, the first of equals wins
        if x.dtype.kind == "f" and np.isnan(window).any():  # of several NaN the last one is the place
            wrong = np.isnan(window)
            best = np.where(wrong.any(-1), window.shape[-1] - 1 - wrong[..., ::-1].argmax(-1), best)
        y[elements_at(place)] = np.take_along_axis(window, best[..., None], -1)[..., 0]
        index[elements_at(place)] = at[best]
    return y, index


def _reference_avg(x: NDArray, plan: Plan) -> NDArray:
    y = np.empty((*x.shape[: x.ndim - plan.rank], *plan.out), x.dtype)
    axes = tuple(range(-plan.rank, 0))
    for place in places_of(plan):
        divisor = np.prod([w[o] for w, o in zip(plan.weight, place, strict=True)])
        total = x[elements_at(plan.taps_of(place))].sum(axis=axes)
        y[elements_at(place)] = total / divisor if x.dtype.kind == "f" else np.trunc(total / divisor)
    return y


def _max(x: NDArray, plan: Plan) -> NDArray:
    if x.size == 0:
        return shaped(x, plan, plan.out)
    if x.dtype.kind in "iu":
        return _reference_max(x, plan)[0]
    z, last, batched = arranged(plan, widened(x))
    y = laid_back(_native.pool_max(z, plan.table, last), last, batched)
    if plan.floor and not y.min() > LOWEST:
        y = _from_lowest(widened(x), y, plan)
    return dtypes.cast(y, x.dtype)


def _from_lowest(x: NDArray, y: NDArray, plan: Plan) -> NDArray:
    """`y` with `LOWEST` where nothing was greater, and, unless NaN is dropped, NaN forgotten where something follows it."""
    if not plan.drop_nan and np.isnan(y).any():
        for place in places_of(plan):
            window = x[elements_at(plan.taps_of(place))].reshape(*x.shape[: x.ndim - plan.rank], -1)
            lost = np.isnan(window)
            after = np.flip(np.cumsum(np.flip(lost, -1), -1), -1) == 0
            best = np.where(after, window, -np.inf).max(-1, initial=-np.inf)
            y[elements_at(place)] = np.where(
                lost[..., -1:].any(-1), np.nan, np.where(lost.any(-1), best, np.maximum(best, LOWEST))
            )
        return y
    return np.maximum(y, y.dtype.type(LOWEST))


def _max_index(x: NDArray, plan: Plan) -> tuple[NDArray, NDArray]:
    if x.size == 0:
        y = shaped(x, plan, plan.out)
        return y, y.astype(np.int64)
    if x.dtype.kind in "iu":
        return _reference_max(x, plan)
    z, last, batched = arranged(plan, widened(x))
    y, index = _native.pool_argmax(z, plan.table, last)
    y, index = laid_back(y, last, batched), laid_back(index, last, batched)
    if plan.floor and not y.min() > LOWEST:
        index = np.where(y > LOWEST, index, -1)
        y = np.maximum(y, y.dtype.type(LOWEST))
    return dtypes.cast(y, x.dtype), index


def _max_grad(g: NDArray, x: NDArray, y: NDArray, plan: Plan) -> NDArray:
    if g.size == 0:
        return shaped(x, plan, plan.sizes)
    if plan.floor and np.isnan(y.min()):  # what is no number came from no element
        g, y = np.where(np.isnan(y), g.dtype.type(0), g), np.where(np.isnan(y), y.dtype.type(np.inf), y)
    if is_half(x.dtype):
        return put_array(g, _max_index(x, plan)[1], plan.sizes, True)
    z, last, batched = arranged(plan, widened(x))
    dz = _native.pool_max_grad(
        as_dtype(widened(g), last, batched), z, as_dtype(widened(y), last, batched), plan.table, last
    )
    return dtypes.cast(laid_back(dz, last, batched), x.dtype)


def _avg(x: NDArray, plan: Plan, kernel: Any = _native.pool_avg) -> NDArray:
    if x.size == 0:
        return shaped(x, plan, plan.out)
    if x.dtype.kind in "iu":
        return _reference_avg(x, plan)
    if plan.adaptive and plan.rank == 3 and is_half(x.dtype) and plan.out != (1, 1, 1):
        return _avg_steps(x, plan)
    z, last, batched = arranged(plan, widened(x))
    return dtypes.cast(laid_back(kernel(z, plan.table, last), last, batched), x.dtype)


def _avg_steps(x: NDArray, plan: Plan) -> NDArray:
    """In 16 bits: sums rounded after every element, then after the division by the length along each axis."""
    y = np.empty((*x.shape[: x.ndim - plan.rank], *plan.out), x.dtype)
    for place in places_of(plan):
        window = x[elements_at(plan.taps_of(place))].reshape(*y.shape[: y.ndim - plan.rank], -1)
        total = gather_steps(np.moveaxis(dtypes.cast(window, dtypes.F32), -1, 0), x.dtype)
        for w, o in zip(plan.weight, place, strict=True):
            total = rounded(total / np.float32(w[o]), x.dtype)
        y[elements_at(place)] = dtypes.cast(total, x.dtype)
    return y


def _avg_grad(g: NDArray, plan: Plan) -> NDArray:
    if g.size == 0:
        return shaped(g, plan, plan.sizes)
    if is_half(g.dtype):
        return _avg_grad_steps(g, plan)
    batched = g.ndim == plan.rank + 2
    z = g if batched else g[None]
    last = lies_last(z)
    return dtypes.cast(
        laid_back(_native.pool_avg_grad(as_dtype(widened(g), last, batched), plan.table, last), last, batched), g.dtype
    )


def _avg_grad_steps(g: NDArray, plan: Plan) -> NDArray:
    """In 16 bits: each window's share is rounded, and each partial sum of shares. Adaptive bins divide by their length along every axis in turn."""
    outputs, inputs, divisor = np.zeros(1, np.int64), np.zeros(1, np.int64), [np.ones(1, np.float32)]
    for d in range(plan.rank):
        taps = plan.taps[d]
        out = np.repeat(np.arange(len(taps)), taps)
        at = plan.lo[d][out] + (np.arange(len(out)) - np.repeat(np.cumsum(taps) - taps, taps)) * plan.dilation[d]
        outputs = (outputs[:, None] * plan.out[d] + out).ravel()
        inputs = (inputs[:, None] * plan.sizes[d] + at).ravel()
        divisor = [v[..., None] for v in divisor]
        divisor.append(plan.weight[d].astype(np.float32))
    order = np.argsort(outputs, kind="stable")
    planes = int(np.prod(g.shape[: g.ndim - plan.rank]))
    share = dtypes.cast(np.ascontiguousarray(g), dtypes.F32).reshape(planes, *plan.out)
    if not plan.adaptive or plan.out == (1,) * plan.rank:
        divisor = [np.prod(np.broadcast_arrays(*divisor), axis=0)]
    for by in divisor:
        share = rounded(share / by, g.dtype)
    terms = dtypes.cast(share, g.dtype).reshape(planes, -1)[:, outputs[order]]
    sums = scatter_steps(terms, inputs[order], int(np.prod(plan.sizes)))
    return sums.reshape(*g.shape[: g.ndim - plan.rank], *plan.sizes)


def _random_max(x: NDArray, starts: NDArray, plan: Plan) -> tuple[NDArray, NDArray]:
    batched = x.ndim == plan.rank + 2
    z = np.ascontiguousarray(widened(x) if batched else widened(x)[None])
    if z.size == 0:
        y = shaped(x, plan, plan.out)
        return y, y.astype(np.int64)
    begins = starts.astype(np.int64).reshape(z.shape[0], z.shape[1], -1)
    units = np.zeros((*begins.shape[:2], 3 - plan.rank), np.int64)  # the unit dimensions in front start at 0
    y, index = _native.pool_random_max(z, np.concatenate([units, begins], -1), plan.table)
    return dtypes.cast(laid_back(y, False, batched), x.dtype), laid_back(index, False, batched)


def _reference_random_max(x: NDArray, starts: NDArray, plan: Plan) -> tuple[NDArray, NDArray]:
    lead = x.shape[: x.ndim - plan.rank]
    planes, begins = x.reshape(-1, *plan.sizes), starts.reshape(-1, sum(plan.out)).astype(np.int64)
    cuts = np.cumsum(plan.out)[:-1]
    flat = np.arange(int(np.prod(plan.sizes))).reshape(plan.sizes)
    y, index = np.empty((len(planes), *plan.out), x.dtype), np.empty((len(planes), *plan.out), np.int64)
    for p, plane in enumerate(planes):
        rows = np.split(begins[p], cuts)
        for place in places_of(plan):
            part = tuple(slice(int(rows[d][o]), int(rows[d][o]) + plan.kernel[d]) for d, o in enumerate(place))
            window = plane[part].reshape(-1)
            y[p][elements_at(place)], index[p][elements_at(place)] = (
                window.max(),
                flat[part].reshape(-1)[window.argmax()],
            )
    return y.reshape(*lead, *plan.out), index.reshape(*lead, *plan.out)


# --- records ----------------------------------------------------------------------------------------------------------------


def window_plan(
    sizes: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int] = (),
    dilation: Sequence[int] = (),
) -> Plan:
    """The plan of plain windows, floor rule, padding counted; for samples (layers plan with all their rules in plait/layers/pool.py)."""
    rank = len(sizes)
    padding, dilation = tuple(padding) or (0,) * rank, tuple(dilation) or (1,) * rank
    out, lo, taps, weight = [], [], [], []
    for n, k, s, p, d in zip(sizes, kernel, stride, padding, dilation, strict=True):
        count = (n + 2 * p - d * (k - 1) - 1) // s + 1
        start = np.arange(count) * s - p
        skipped = np.maximum(0, -(start // d))
        first = start + skipped * d
        end = np.minimum(start + d * (k - 1) + 1, n)
        out.append(count)
        lo.append(first)
        taps.append((end - first + d - 1) // d)
        weight.append(np.full(count, k))
    return Plan(sizes, out, kernel, stride, padding, dilation, lo, taps, weight)


def _samples_of(with_plan: Any) -> Any:
    def samples() -> Iterable[Sample]:
        yield with_plan(numbers(2, 3, 5, 7), window_plan((5, 7), (2, 2), (2, 2)))
        yield with_plan(numbers(1, 2, 6, 9), window_plan((6, 9), (3, 3), (2, 2), (1, 1)))
        yield with_plan(numbers(1, 2, 35), window_plan((35,), (5,), (1,), (2,)))
        yield with_plan(numbers(1, 2, 4, 5, 6), window_plan((4, 5, 6), (2, 2, 2), (2, 1, 2)))
        yield with_plan(numbers(2, 6, 6), window_plan((6, 6), (2, 3), (1, 2)))
        yield with_plan(numbers(0, 3, 5, 7), window_plan((5, 7), (2, 2), (2, 2)))

    return samples


def _dilated() -> Iterable[Sample]:
    yield from _samples_of(lambda x, plan: Sample([x], (plan,)))()
    yield Sample([numbers(1, 2, 9, 11)], (window_plan((9, 11), (2, 3), (1, 2), (1, 1), (2, 3)),))
    # padding and dilation by rows: the second window begins above the first one's first tap
    yield Sample([numbers(1, 2, 13, 11)], (window_plan((13, 11), (2, 2), (2, 2), (1, 0), (3, 2)),))


def _pooled(x: Any, plan: Plan) -> tuple[int, ...]:
    return (*x[0][: len(x[0]) - plan.rank], *plan.out)


def _wrong_rank() -> Iterable[Reject]:
    yield Reject([numbers(5, 7)], (window_plan((5, 7), (2, 2), (2, 2)),), ValueError, "pool")


MAX: Op = Op(
    "max_pool", kind="window", forward=_native.native_call("pool", "max", _max), grad_name=_node_name("MaxPool"),
    backward=lambda ctx, g: apply(MAX_GRAD, (g, ctx.x(0), ctx.y(0)), ctx.params),
    infer=lambda x, plan: [(_pooled(x, plan), x[1])], reference=lambda x, plan: _reference_max(x, plan)[0], samples=_dilated, rejects=_wrong_rank,
    cost=window_cost, explain="the greatest element under the window; the first one gets the gradient", export="MaxPool",
    save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip


def _max_grad_samples() -> Iterable[Sample]:
    for s in _samples_of(lambda x, plan: Sample([x], (plan,)))():
        y = _reference_max(s.arrays[0], s.params[0])[0]
        yield Sample([numbers(*y.shape, seed=2), s.arrays[0], y], s.params, grad=False)


def _reference_max_grad(g: NDArray, x: NDArray, y: NDArray, plan: Plan) -> NDArray:
    return reference_put(g, _reference_max(x, plan)[1], plan.sizes, True)


def _max_grad_gradient(ctx: Any, g: Any) -> Any:
    plan = ctx.params[0]
    at_first = None
    if ctx.needs[0]:
        at_first = apply(TAKE, (g, type(g).face.wrap(_max_index(ctx.x(1).array, plan)[1])), (plan.rank,))
    # Where the maxima are does not move with x.
    flat = type(g).face.wrap(np.zeros(g.array.shape, g.array.dtype)) if ctx.needs[1] else None
    return at_first, flat, None


MAX_GRAD: Op = Op(
    "max_pool_grad", kind="window", forward=_max_grad, grad_name="MaxPoolBackwardBackward0", backward=_max_grad_gradient,
    infer=lambda g, x, y, plan: [(x[0], x[1])], reference=_reference_max_grad, samples=_max_grad_samples, rejects=lambda: [],
    cost=window_cost, explain="each window's gradient at its first maximum, zero elsewhere", export=None, save_inputs=((1, 0),),
)  # fmt: skip
MAX_INDEX: Op = Op(
    "max_pool_index", kind="window", forward=_max_index, grad_name=_node_name("MaxPool"), visible=2,
    backward=lambda ctx, g, _: None if g is None else apply(PUT, (g, ctx.y(1)), (ctx.params[0].sizes, True)),
    infer=lambda x, plan: [(_pooled(x, plan), x[1]), (_pooled(x, plan), dtypes.I64)], reference=_reference_max, samples=_dilated,
    rejects=_wrong_rank, cost=window_cost, explain="the greatest element under the window, and its flat place in the plane", export="MaxPool",
    save_outputs=(1,),
)  # fmt: skip
AVG: Op = Op(
    "avg_pool", kind="window", forward=_native.native_call("pool", "avg", _avg), grad_name=_node_name("AvgPool"),
    backward=lambda ctx, g: apply(AVG_GRAD, (g,), ctx.params),
    infer=lambda x, plan: [(_pooled(x, plan), x[1])], reference=_reference_avg, samples=_samples_of(lambda x, plan: Sample([x], (plan,))),
    rejects=_wrong_rank, cost=window_cost, explain="the sum of the elements under the window by the divisor", export="AveragePool",
)  # fmt: skip


def _avg_grad_samples() -> Iterable[Sample]:
    for s in _samples_of(lambda x, plan: Sample([x], (plan,)))():
        plan = s.params[0]
        yield Sample([numbers(*s.arrays[0].shape[: -plan.rank], *plan.out, seed=2)], s.params)


def _reference_avg_grad(g: NDArray, plan: Plan) -> NDArray:
    dx = np.zeros((*g.shape[: g.ndim - plan.rank], *plan.sizes), g.dtype)
    for place in places_of(plan):
        divisor = np.prod([w[o] for w, o in zip(plan.weight, place, strict=True)])
        dx[elements_at(plan.taps_of(place))] += (g[elements_at(place)] / divisor).reshape(
            *g.shape[: g.ndim - plan.rank], *(1,) * plan.rank
        )
    return dx


AVG_GRAD: Op = Op(
    "avg_pool_grad", kind="window", forward=_avg_grad, grad_name="AvgPoolBackwardBackward0",
    backward=lambda ctx, g: apply(AVG, (g,), ctx.params),
    infer=lambda g, plan: [((*g[0][: len(g[0]) - plan.rank], *plan.sizes), g[1])], reference=_reference_avg_grad, samples=_avg_grad_samples,
    rejects=lambda: [], cost=window_cost, explain="the sum of the gradients of the windows over the element, each by its divisor", export=None,
)  # fmt: skip


def _shares_backward(ctx: Any, g: Any) -> Any:
    plan = ctx.params[0]
    counts = np.float64(1.0)
    for weight in plan.weight:
        counts = np.asarray(counts)[..., None] * weight
    with np.errstate(divide="ignore"):
        shares = (1.0 / counts).astype(np.float32).astype(g.array.dtype)
    whole = Plan(
        plan.sizes, plan.out, plan.kernel, plan.stride, plan.padding, plan.dilation, plan.lo, plan.taps,
        [np.ones_like(weight) for weight in plan.weight], adaptive=plan.adaptive,
    )  # fmt: skip
    return apply(AVG_GRAD, (g * g.face.wrap(shares),), (whole,))


def _avg_in_turn(x: NDArray, plan: Plan) -> NDArray:
    return _avg(x, plan, _native.pool_avg if is_half(x.dtype) else _native.pool_avg_in_turn)


AVG_SHARES: Op = Op(
    "avg_pool_shares", kind="window", forward=_native.native_call("pool", "avg in turn", _avg_in_turn), grad_name=_node_name("AvgPool"), backward=_shares_backward,
    infer=lambda x, plan: [(_pooled(x, plan), x[1])], reference=_reference_avg, samples=_samples_of(lambda x, plan: Sample([x], (plan,))),
    rejects=_wrong_rank, cost=window_cost, export="AveragePool",
    explain="the sum of the elements under the window, one after another, by the divisor; a gradient is shared by 1 / divisor, rounded to float32",
)  # fmt: skip


def _random_samples() -> Iterable[Sample]:
    plan = fractional_plan((5, 6), (2, 3), (2, 2))
    yield Sample([numbers(1, 2, 5, 6), np.array([[[0, 3, 0, 2, 4], [1, 3, 1, 2, 4]]])], (plan,))


def fractional_plan(sizes: Sequence[int], out: Sequence[int], kernel: Sequence[int]) -> Plan:
    """The plan of windows whose starts come with the call."""
    zeros = [np.zeros(o, np.int64) for o in out]
    return Plan(sizes, out, kernel, (1,) * len(out), (0,) * len(out), (1,) * len(out), zeros,
                [np.full(o, k) for o, k in zip(out, kernel, strict=True)], [np.ones(o, np.int64) for o in out], adaptive=True)  # fmt: skip


RANDOM_MAX: Op = Op(
    "fractional_max_pool", kind="window", forward=_random_max, visible=2,
    grad_name=lambda params: f"FractionalMaxPool{params[0].rank}DBackward0",
    backward=lambda ctx, g, _: None if g is None else (apply(PUT, (g, ctx.y(1)), (ctx.params[0].sizes, True)), None),
    infer=lambda x, starts, plan: [(_pooled(x, plan), x[1]), (_pooled(x, plan), dtypes.I64)], reference=_reference_random_max,
    samples=_random_samples, rejects=lambda: [], cost=window_cost,
    explain="the greatest element under a window whose start was drawn, and its flat place", export=None, save_outputs=(1,),
)  # fmt: skip


# --- functions --------------------------------------------------------------------------------------------------------------


def maximum(x: Any, plan: Plan) -> Any:
    """The maximum under each window."""
    return apply(MAX, (x,), (plan,))


def maximum_index(x: Any, plan: Plan) -> tuple[Any, Any]:
    """The maximum under each window and its flat place in the plane."""
    return apply(MAX_INDEX, (x,), (plan,))


def average(x: Any, plan: Plan, shares: bool = False) -> Any:
    """The mean under each window; `shares`: small ones add in turn, and a gradient goes back times 1 / divisor, rounded to float32."""
    return apply(AVG_SHARES if shares else AVG, (x,), (plan,))


def random_maximum(x: Any, starts: NDArray, plan: Plan) -> tuple[Any, Any]:
    """The maximum under windows that begin at `starts` [N, C, sum(out)], and its flat place."""
    return apply(RANDOM_MAX, (x, Tensor.wrap(starts)), (plan,))


def refuse_dtype(x: Any, where: str, allowed: str) -> None:
    """NotImplementedError for a dtype whose kind is not among `allowed` ("f" floats, "i" signed, "u" unsigned, "l" int64 alone)."""
    dtype = x.array.dtype
    if (
        dtype.kind == "f"
        or dtype == dtypes.BFLOAT16
        or dtype.kind in allowed
        or ("l" in allowed and dtype == dtypes.I64)
    ):
        return
    raise NotImplementedError(f"\"{where}\" not implemented for '{type_name(dtype)}'")
