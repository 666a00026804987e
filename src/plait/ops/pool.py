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
from plait.ops.rows import numbers
from plait.ops.shape import TO_FIRST, TO_LAST
from plait.tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "AVG",
    "MAX",
    "MAX_INDEX",
    "PUT",
    "RANDOM_MAX",
    "TAKE",
    "Plan",
    "average",
    "maximum",
    "maximum_index",
    "put",
    "random_maximum",
]


#: What a maximum that passes over NaN starts from: the lowest finite float32, in every dtype.
LOWEST = float(np.finfo(np.float32).min)


class Plan:
    """Where the windows of one layer lie in one input size.

    `drop_nan`: a maximum passes over NaN. `floor`: it starts from `LOWEST`, and its place is -1 where nothing is greater; without
    `drop_nan` it begins again after a NaN. `sizes` and `out` are the spatial sizes in and out; `table` is what the kernels read: a header, then for each of three dimensions (unit
    ones in front) the arrays lo, n, cnt by output and io, in_n by input: first tap inside, taps inside, share of the divisor; first output
    whose window holds the coordinate, how many do.
    """

    __slots__ = (
        "adaptive",
        "dilation",
        "drop_nan",
        "floor",
        "kernel",
        "lo",
        "out",
        "padding",
        "rank",
        "sizes",
        "stride",
        "table",
        "taps",
        "weight",
    )

    def __init__(
        self,
        sizes: Sequence[int],
        out: Sequence[int],
        kernel: Sequence[int],
        stride: Sequence[int],
        padding: Sequence[int],
        dilation: Sequence[int],
        lo: Sequence[NDArray],
        taps: Sequence[NDArray],
        weight: Sequence[NDArray],
        *,
        adaptive: bool = False,
        drop_nan: bool = False,
        floor: bool = False,
    ) -> None:
        self.sizes, self.out, self.rank, self.adaptive = tuple(sizes), tuple(out), len(sizes), adaptive
        self.kernel, self.stride, self.padding, self.dilation = (
            tuple(kernel),
            tuple(stride),
            tuple(padding),
            tuple(dilation),
        )
        self.lo, self.taps, self.weight = tuple(lo), tuple(taps), tuple(weight)
        self.drop_nan, self.floor = drop_nan, floor
        fill = 3 - self.rank
        ones, zeros = (1,) * fill, (0,) * fill
        regular = not adaptive or stride[-1] * out[-1] == sizes[-1]  # bins of one length are windows side by side
        head = [
            1,
            *ones,
            *self.sizes,
            *ones,
            *self.out,
            *ones,
            *kernel,
            *ones,
            *stride,
            *zeros,
            *padding,
            *ones,
            *dilation,
            regular,
            drop_nan,
        ]
        parts: list[Any] = [np.array(head, np.int64)]
        unit = [np.array(v, np.int64) for v in ([0], [1], [1], [0], [1])]
        for _ in range(fill):
            parts += unit
        for d in range(self.rank):
            first, count = self._outputs_of(d)
            parts += [lo[d], taps[d], weight[d], first, count]
        self.table = np.concatenate(parts).astype(np.int64)

    def _outputs_of(self, d: int) -> tuple[NDArray, NDArray]:
        i = np.arange(self.sizes[d])
        end = self.lo[d] + self.taps[d]
        first = np.searchsorted(end, i, side="right") if len(end) else np.zeros_like(i)
        last = np.searchsorted(self.lo[d], i, side="right") if len(end) else np.zeros_like(i)
        return first, np.maximum(last - first, 0)

    def taps_of(self, place: Sequence[int]) -> tuple[slice, ...]:
        """The part of the input under one output."""
        return tuple(
            slice(
                int(self.lo[d][o]), int(self.lo[d][o] + (self.taps[d][o] - 1) * self.dilation[d] + 1), self.dilation[d]
            )
            for d, o in enumerate(place)
        )

    def __repr__(self) -> str:
        return f"Plan({self.sizes} -> {self.out}, kernel={self.kernel}, stride={self.stride})"


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


def _lies_last(x: NDArray) -> bool:
    return x.ndim > 3 and x.shape[1] > 1 and x.strides[1] == x.itemsize and not x.flags.c_contiguous


def _readable(x: NDArray) -> NDArray:
    """`x`, or a copy that the kernels can read: no negative or odd steps, unit ones along the last dimension."""
    if x.flags.c_contiguous:
        return x
    item = x.itemsize
    ok = all(s >= 0 and s % item == 0 for s in x.strides) and (x.strides[-1] == item or x.shape[-1] == 1)
    return x if ok else np.ascontiguousarray(x)


def _arranged(plan: Plan, x: NDArray) -> tuple[NDArray, bool, bool]:
    """The input with a batch dimension, in the order of its memory: array, channels last?, batched?"""
    batched = x.ndim == plan.rank + 2
    if not batched:
        x = x[None]
    if _lies_last(x):
        last = x.transpose(TO_LAST[x.ndim])
        item = x.itemsize
        if all(s >= 0 and s % item == 0 for s in last.strides):
            return last, True, batched
    return _readable(x), False, batched


def _back(y: NDArray, last: bool, batched: bool) -> NDArray:
    if last:
        y = y.transpose(TO_FIRST[y.ndim])
    return y if batched else y[0]


def _as(x: NDArray, last: bool, batched: bool) -> NDArray:
    """An array of outputs, contiguous in the same order."""
    if not batched:
        x = x[None]
    return np.ascontiguousarray(x.transpose(TO_LAST[x.ndim]) if last else x)


def _wide(x: NDArray) -> NDArray:
    return dtypes.cast(x, dtypes.F32) if x.dtype in (dtypes.F16, dtypes.BFLOAT16) else x


def _places(plan: Plan) -> Iterable[tuple[int, ...]]:
    return np.ndindex(*plan.out)


def _at(part: Iterable[Any]) -> Any:
    """The index of a part of every plane."""
    return (..., *part)


def _reference_max(x: NDArray, plan: Plan, *_: Any) -> tuple[NDArray, NDArray]:
    lead = x.shape[: x.ndim - plan.rank]
    y, index = np.empty((*lead, *plan.out), x.dtype), np.empty((*lead, *plan.out), np.int64)
    flat = np.arange(int(np.prod(plan.sizes))).reshape(plan.sizes)
    for place in _places(plan):
        part = plan.taps_of(place)
        window, at = x[_at(part)].reshape(*lead, flat[part].size), flat[part].reshape(-1)
        if window.shape[-1] == 0:
            y[_at(place)] = -np.inf
            index[_at(place)] = 0
            continue
        best = window.argmax(-1)  # NaN counts as the greatest, the first of equals wins
        if x.dtype.kind == "f" and np.isnan(window).any():  # of several NaN the last one is the place
            wrong = np.isnan(window)
            best = np.where(wrong.any(-1), window.shape[-1] - 1 - wrong[..., ::-1].argmax(-1), best)
        y[_at(place)] = np.take_along_axis(window, best[..., None], -1)[..., 0]
        index[_at(place)] = at[best]
    return y, index


def _reference_avg(x: NDArray, plan: Plan) -> NDArray:
    y = np.empty((*x.shape[: x.ndim - plan.rank], *plan.out), x.dtype)
    axes = tuple(range(-plan.rank, 0))
    for place in _places(plan):
        divisor = np.prod([w[o] for w, o in zip(plan.weight, place, strict=True)])
        total = x[_at(plan.taps_of(place))].sum(axis=axes)
        y[_at(place)] = total / divisor if x.dtype.kind == "f" else np.trunc(total / divisor)
    return y


def _shaped(x: NDArray, plan: Plan, sizes: Sequence[int]) -> NDArray:
    """The result for an input without elements: nothing to compute, and steps that may be anything."""
    return np.zeros((*x.shape[: x.ndim - plan.rank], *sizes), x.dtype)


def _max(x: NDArray, plan: Plan) -> NDArray:
    if x.size == 0:
        return _shaped(x, plan, plan.out)
    if x.dtype.kind in "iu":
        return _reference_max(x, plan)[0]
    z, last, batched = _arranged(plan, _wide(x))
    y = _back(_native.pool_max(z, plan.table, last), last, batched)
    if plan.floor and not y.min() > LOWEST:
        y = _from_lowest(_wide(x), y, plan)
    return dtypes.cast(y, x.dtype)


def _from_lowest(x: NDArray, y: NDArray, plan: Plan) -> NDArray:
    """`y` with `LOWEST` where nothing was greater, and, unless NaN is dropped, NaN forgotten where something follows it."""
    if not plan.drop_nan and np.isnan(y).any():
        for place in _places(plan):
            window = x[_at(plan.taps_of(place))].reshape(*x.shape[: x.ndim - plan.rank], -1)
            lost = np.isnan(window)
            after = np.flip(np.cumsum(np.flip(lost, -1), -1), -1) == 0
            best = np.where(after, window, -np.inf).max(-1, initial=-np.inf)
            y[_at(place)] = np.where(
                lost[..., -1:].any(-1), np.nan, np.where(lost.any(-1), best, np.maximum(best, LOWEST))
            )
        return y
    return np.maximum(y, y.dtype.type(LOWEST))


def _max_index(x: NDArray, plan: Plan) -> tuple[NDArray, NDArray]:
    if x.size == 0:
        y = _shaped(x, plan, plan.out)
        return y, y.astype(np.int64)
    if x.dtype.kind in "iu":
        return _reference_max(x, plan)
    z, last, batched = _arranged(plan, _wide(x))
    y, index = _native.pool_argmax(z, plan.table, last)
    y, index = _back(y, last, batched), _back(index, last, batched)
    if plan.floor and not y.min() > LOWEST:
        index = np.where(y > LOWEST, index, -1)
        y = np.maximum(y, y.dtype.type(LOWEST))
    return dtypes.cast(y, x.dtype), index


def _max_grad(g: NDArray, x: NDArray, y: NDArray, plan: Plan) -> NDArray:
    if g.size == 0:
        return _shaped(x, plan, plan.sizes)
    if plan.floor and np.isnan(y.min()):  # what is no number came from no element
        g, y = np.where(np.isnan(y), g.dtype.type(0), g), np.where(np.isnan(y), y.dtype.type(np.inf), y)
    if is_half(x.dtype):
        return _put(g, _max_index(x, plan)[1], plan.sizes, True)
    z, last, batched = _arranged(plan, _wide(x))
    dz = _native.pool_max_grad(_as(_wide(g), last, batched), z, _as(_wide(y), last, batched), plan.table, last)
    return dtypes.cast(_back(dz, last, batched), x.dtype)


def _avg(x: NDArray, plan: Plan) -> NDArray:
    if x.size == 0:
        return _shaped(x, plan, plan.out)
    if x.dtype.kind in "iu":
        return _reference_avg(x, plan)
    if plan.adaptive and plan.rank == 3 and is_half(x.dtype) and plan.out != (1, 1, 1):
        return _avg_steps(x, plan)
    z, last, batched = _arranged(plan, _wide(x))
    return dtypes.cast(_back(_native.pool_avg(z, plan.table, last), last, batched), x.dtype)


def _avg_steps(x: NDArray, plan: Plan) -> NDArray:
    """In 16 bits: sums rounded after every element, then after the division by the length along each axis."""
    y = np.empty((*x.shape[: x.ndim - plan.rank], *plan.out), x.dtype)
    for place in _places(plan):
        window = x[_at(plan.taps_of(place))].reshape(*y.shape[: y.ndim - plan.rank], -1)
        total = gather_steps(np.moveaxis(dtypes.cast(window, dtypes.F32), -1, 0), x.dtype)
        for w, o in zip(plan.weight, place, strict=True):
            total = rounded(total / np.float32(w[o]), x.dtype)
        y[_at(place)] = dtypes.cast(total, x.dtype)
    return y


def _avg_grad(g: NDArray, plan: Plan) -> NDArray:
    if g.size == 0:
        return _shaped(g, plan, plan.sizes)
    if is_half(g.dtype):
        return _avg_grad_steps(g, plan)
    batched = g.ndim == plan.rank + 2
    z = g if batched else g[None]
    last = _lies_last(z)
    return dtypes.cast(
        _back(_native.pool_avg_grad(_as(_wide(g), last, batched), plan.table, last), last, batched), g.dtype
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


def _sizes(shape: Sequence[int]) -> NDArray:
    return np.array(shape, np.int64)


def _flat(x: NDArray, index: NDArray) -> tuple[NDArray, NDArray]:
    return np.ascontiguousarray(_wide(x)), np.ascontiguousarray(index)


def _put(x: NDArray, index: NDArray, shape: tuple[int, ...], total: bool) -> NDArray:
    if total and index.size and index.min() < 0:  # a maximum of nothing
        x, index = np.where(index < 0, x.dtype.type(0), x), np.maximum(index, 0)
    if total and is_half(x.dtype) and x.size:
        lead = x.shape[: x.ndim - len(shape)]
        size, planes = int(np.prod(shape)), int(np.prod(lead))
        at = index.reshape(planes, -1) + size * np.arange(planes)[:, None]
        sums = scatter_steps(np.ascontiguousarray(x).reshape(1, -1), at.ravel(), size * planes)
        return sums.reshape(*lead, *shape)
    z, at = _flat(x, index)
    return dtypes.cast(_native.pool_scatter(z, at, len(shape), _sizes(shape), total), x.dtype)


def _take(y: NDArray, index: NDArray, dims: int) -> NDArray:
    z, at = _flat(y, index)
    return dtypes.cast(_native.pool_gather(z, at, dims), y.dtype)


def _random_max(x: NDArray, starts: NDArray, plan: Plan) -> tuple[NDArray, NDArray]:
    batched = x.ndim == plan.rank + 2
    z = np.ascontiguousarray(_wide(x) if batched else _wide(x)[None])
    if z.size == 0:
        y = _shaped(x, plan, plan.out)
        return y, y.astype(np.int64)
    begins = starts.astype(np.int64).reshape(z.shape[0], z.shape[1], -1)
    units = np.zeros((*begins.shape[:2], 3 - plan.rank), np.int64)  # the unit dimensions in front start at 0
    y, index = _native.pool_random_max(z, np.concatenate([units, begins], -1), plan.table)
    return dtypes.cast(_back(y, False, batched), x.dtype), _back(index, False, batched)


def _reference_random_max(x: NDArray, starts: NDArray, plan: Plan) -> tuple[NDArray, NDArray]:
    lead = x.shape[: x.ndim - plan.rank]
    planes, begins = x.reshape(-1, *plan.sizes), starts.reshape(-1, sum(plan.out)).astype(np.int64)
    cuts = np.cumsum(plan.out)[:-1]
    flat = np.arange(int(np.prod(plan.sizes))).reshape(plan.sizes)
    y, index = np.empty((len(planes), *plan.out), x.dtype), np.empty((len(planes), *plan.out), np.int64)
    for p, plane in enumerate(planes):
        rows = np.split(begins[p], cuts)
        for place in _places(plan):
            part = tuple(slice(int(rows[d][o]), int(rows[d][o]) + plan.kernel[d]) for d, o in enumerate(place))
            window = plane[part].reshape(-1)
            y[p][_at(place)], index[p][_at(place)] = window.max(), flat[part].reshape(-1)[window.argmax()]
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


def _cost(shapes: Sequence[tuple[int, ...]], params: Any) -> tuple[int, int]:
    plan = params[0] if isinstance(params[0], Plan) else params[-1] if isinstance(params[-1], Plan) else None
    size = int(np.prod(shapes[0]))
    if plan is None:
        return 0, 8 * size
    outputs = int(np.prod(shapes[0][: len(shapes[0]) - plan.rank])) * int(np.prod(plan.out))
    return outputs * int(np.prod(plan.kernel)), 4 * (size + outputs)


def _wrong_rank() -> Iterable[Reject]:
    yield Reject([numbers(5, 7)], (window_plan((5, 7), (2, 2), (2, 2)),), ValueError, "pool")


MAX: Op = Op(
    "max_pool", kind="window", forward=_max, grad_name=_node_name("MaxPool"),
    backward=lambda ctx, g: apply(MAX_GRAD, (g, ctx.x(0), ctx.y(0)), ctx.params),
    infer=lambda x, plan: [(_pooled(x, plan), x[1])], reference=lambda x, plan: _reference_max(x, plan)[0], samples=_dilated, rejects=_wrong_rank,
    cost=_cost, explain="the greatest element under the window; the first one gets the gradient", export="MaxPool",
    save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip


def _max_grad_samples() -> Iterable[Sample]:
    for s in _samples_of(lambda x, plan: Sample([x], (plan,)))():
        y = _reference_max(s.arrays[0], s.params[0])[0]
        yield Sample([numbers(*y.shape, seed=2), s.arrays[0], y], s.params, grad=False)


def _reference_max_grad(g: NDArray, x: NDArray, y: NDArray, plan: Plan) -> NDArray:
    return _reference_put(g, _reference_max(x, plan)[1], plan.sizes, True)


MAX_GRAD: Op = Op(
    "max_pool_grad", kind="window", forward=_max_grad, grad_name="MaxPoolBackwardBackward0",
    backward=lambda ctx, g: (
        apply(TAKE, (g, type(g).face.wrap(_max_index(ctx.x(1).array, ctx.params[0])[1])), (ctx.params[0].rank,)), None, None
    ),
    infer=lambda g, x, y, plan: [(x[0], x[1])], reference=_reference_max_grad, samples=_max_grad_samples, rejects=lambda: [],
    cost=_cost, explain="each window's gradient at its first maximum, zero elsewhere", export=None, save_inputs=((1, 0),),
)  # fmt: skip
MAX_INDEX: Op = Op(
    "max_pool_index", kind="window", forward=_max_index, grad_name=_node_name("MaxPool"), visible=2,
    backward=lambda ctx, g, _: None if g is None else apply(PUT, (g, ctx.y(1)), (ctx.params[0].sizes, True)),
    infer=lambda x, plan: [(_pooled(x, plan), x[1]), (_pooled(x, plan), dtypes.I64)], reference=_reference_max, samples=_dilated,
    rejects=_wrong_rank, cost=_cost, explain="the greatest element under the window, and its flat place in the plane", export="MaxPool",
    save_outputs=(1,),
)  # fmt: skip
AVG: Op = Op(
    "avg_pool", kind="window", forward=_avg, grad_name=_node_name("AvgPool"),
    backward=lambda ctx, g: apply(AVG_GRAD, (g,), ctx.params),
    infer=lambda x, plan: [(_pooled(x, plan), x[1])], reference=_reference_avg, samples=_samples_of(lambda x, plan: Sample([x], (plan,))),
    rejects=_wrong_rank, cost=_cost, explain="the sum of the elements under the window by the divisor", export="AveragePool",
)  # fmt: skip


def _avg_grad_samples() -> Iterable[Sample]:
    for s in _samples_of(lambda x, plan: Sample([x], (plan,)))():
        plan = s.params[0]
        yield Sample([numbers(*s.arrays[0].shape[: -plan.rank], *plan.out, seed=2)], s.params)


def _reference_avg_grad(g: NDArray, plan: Plan) -> NDArray:
    dx = np.zeros((*g.shape[: g.ndim - plan.rank], *plan.sizes), g.dtype)
    for place in _places(plan):
        divisor = np.prod([w[o] for w, o in zip(plan.weight, place, strict=True)])
        dx[_at(plan.taps_of(place))] += (g[_at(place)] / divisor).reshape(
            *g.shape[: g.ndim - plan.rank], *(1,) * plan.rank
        )
    return dx


AVG_GRAD: Op = Op(
    "avg_pool_grad", kind="window", forward=_avg_grad, grad_name="AvgPoolBackwardBackward0",
    backward=lambda ctx, g: apply(AVG, (g,), ctx.params),
    infer=lambda g, plan: [((*g[0][: len(g[0]) - plan.rank], *plan.sizes), g[1])], reference=_reference_avg_grad, samples=_avg_grad_samples,
    rejects=lambda: [], cost=_cost, explain="the sum of the gradients of the windows over the element, each by its divisor", export=None,
)  # fmt: skip


def _reference_put(x: NDArray, index: NDArray, shape: Sequence[int], total: bool) -> NDArray:
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
    "max_unpool", kind="window", forward=_put, grad_name=_unpooled_name,
    backward=lambda ctx, g: (apply(TAKE, (g, ctx.x(1)), (len(ctx.params[0]),)), None),
    infer=lambda x, index, shape, total: [((*x[0][: len(x[0]) - len(shape)], *shape), x[1])], reference=_reference_put, samples=_put_samples,
    rejects=_bad_index, cost=_cost, explain="each value at its flat place in a plane of zeros; of two in one place the last, or the sum",
    export="MaxUnpool", save_inputs=((1, 0),),
)  # fmt: skip
TAKE: Op = Op(
    "max_unpool_grad", kind="window", forward=_take, grad_name="MaxUnpoolBackwardBackward0",
    backward=lambda ctx, g: (apply(PUT, (g, ctx.x(1)), (ctx.shapes[0][len(ctx.shapes[0]) - ctx.params[0] :], True)), None),
    infer=lambda y, index, dims: [(index[0], y[1])], reference=_reference_take, samples=_take_samples, rejects=lambda: [],
    cost=lambda shapes, params: (0, 8 * int(np.prod(shapes[1]))), explain="the plane's elements at the flat places", export=None,
    save_inputs=((1, 0),),
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
    samples=_random_samples, rejects=lambda: [], cost=_cost,
    explain="the greatest element under a window whose start was drawn, and its flat place", export=None, save_outputs=(1,),
)  # fmt: skip


# --- functions --------------------------------------------------------------------------------------------------------------


def maximum(x: Any, plan: Plan) -> Any:
    """The maximum under each window."""
    return apply(MAX, (x,), (plan,))


def maximum_index(x: Any, plan: Plan) -> tuple[Any, Any]:
    """The maximum under each window and its flat place in the plane."""
    return apply(MAX_INDEX, (x,), (plan,))


def average(x: Any, plan: Plan) -> Any:
    """The mean under each window."""
    return apply(AVG, (x,), (plan,))


def put(x: Any, index: Any, shape: Sequence[int]) -> Any:
    """Values laid to flat places in planes of zeros of the given shape."""
    return apply(PUT, (x, index), (tuple(shape), False))


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
