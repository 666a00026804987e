"""Sorting and what follows from order: sort, topk, kthvalue, median, mode, unique, searchsorted, histograms.

Rules of this file: NaN is larger than every number; equal elements keep their order; values carry gradients back to the places
they came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.dtypes import I64
from plait.op import Op, Sample, apply
from plait.ops import ties
from plait.ops.extremes import along_backward, along_infer, along_samples, pick, wide
from plait.ops.index import scatter_new
from plait.ops.rows import no_rejects
from plait.ops.shape import wrap_like
from plait.ops.tables import quiet, values

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def sort_cost(shapes: Any, _params: Any = ()) -> tuple[int, int]:
    """n log n comparisons."""
    n = int(np.prod(shapes[0]))
    return int(n * max(np.log2(max(n, 2)), 1)), 8 * n


def order(x: NDArray, dim: int, descending: bool) -> NDArray:
    """The indices that sort `x` along `dim`, stable both ways."""
    x = wide(x)
    if not x.ndim:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(x, axis=dim, kind="stable").astype(np.int64, copy=False)
    back = (*(slice(None),) * dim, slice(None, None, -1))
    turned = np.argsort(x[back], axis=dim, kind="stable")
    return np.subtract(x.shape[dim] - 1, turned[back], dtype=np.int64)


def _sort(x: NDArray, dim: int, descending: bool) -> tuple[NDArray, NDArray]:
    index = order(x, dim, descending)
    if x.dtype == dtypes.BFLOAT16 or not x.ndim:
        return pick(x, index, dim), index
    got = np.sort(x, axis=dim, kind="stable")
    return np.ascontiguousarray(np.flip(got, dim)) if descending else got, index


SORT: Op = Op(
    "sort", kind="order", forward=_sort, infer=lambda x, dim, descending: [x, (x[0], I64)], reference=_sort, rejects=no_rejects,
    backward=lambda ctx, g, _i=None: None if g is None else scatter_new(g, ctx.y(1), ctx.shapes[0], ctx.params[0]),
    samples=lambda: [Sample([values((3, 4, 2), -1, 1)], (1, False)), Sample([values((5,), -1, 1)], (0, True)), Sample([values((), 0, 1)], (0, True))],
    cost=sort_cost, explain="the elements in order, and where they came from", export=None, save_outputs=(1,), visible=2,
)  # fmt: skip


def sort(x: Any, dim: int = -1, descending: bool = False) -> Any:
    """(sorted, indices) along `dim`, counted from the front."""
    return apply(SORT, (x,), (dim, descending))


def _cut(dim: int, start: int, stop: int | None) -> Any:
    """The index of a range along `dim`."""
    return (slice(None),) * dim + (slice(start, stop),)


def _tied(x: NDArray, ranked: NDArray, dim: int, count: int) -> bool:
    """Whether two of the first `count` elements and the next are equal, in rows short enough to care."""
    n = x.shape[dim]
    if n < 2 or n > ties.LONGEST:
        return False
    values_ = np.take_along_axis(x, ranked[_cut(dim, 0, count + 1)], dim)
    early, late = values_[_cut(dim, 0, -1)], values_[_cut(dim, 1, None)]
    same = early == late
    if x.dtype.kind == "f":
        same |= (early != early) & (late != late)
    return bool(same.any())


def _by_rows(x: NDArray, dim: int, choose: Callable[[list[Any]], Any], count: int) -> NDArray:
    """`count` indices for every row along `dim`."""
    rows = np.moveaxis(x, dim, -1)
    out = np.empty((*rows.shape[:-1], count), np.int64)
    for at in np.ndindex(rows.shape[:-1]):
        out[at] = choose(rows[at].tolist())
    return np.moveaxis(out, -1, dim)


def _topk(x: NDArray, k: int, dim: int, largest: bool) -> tuple[NDArray, NDArray]:
    if not x.ndim:
        return x.copy() if k else x.reshape(1)[:0], np.zeros((), np.int64) if k else np.zeros(0, np.int64)
    ranked = order(x, dim, largest)
    if k and _tied(wide(x), ranked, dim, k):
        index = _by_rows(wide(x), dim, lambda row: ties.largest(row, k, largest), k)
    else:
        index = ranked[_cut(dim, 0, k)]
    return np.take_along_axis(x, index, dim), index


TOPK: Op = Op(
    "topk", kind="order", forward=_topk, reference=_topk, rejects=no_rejects, cost=sort_cost,
    infer=lambda x, k, dim, largest: [(s := (*x[0][:dim], k, *x[0][dim + 1 :]) if x[0] else (), x[1]), (s, I64)],
    backward=lambda ctx, g, _i=None: None if g is None else scatter_new(g, ctx.y(1), ctx.shapes[0], ctx.params[1]),
    samples=lambda: [Sample([values((3, 6), -1, 1)], (2, 1, True)), Sample([values((4, 3), -1, 1)], (3, 0, False))],
    explain="the k largest elements in order, and where they lie", export="TopK", save_outputs=(1,), visible=2,
)  # fmt: skip


def topk(x: Any, k: int, dim: int, largest: bool = True) -> Any:
    """(values, indices) of the `k` largest or smallest elements along `dim`."""
    return apply(TOPK, (x,), (k, dim, largest))


def _chosen(choose: Callable[..., NDArray]) -> Callable[..., tuple[NDArray, NDArray]]:
    """Forward from a function that gives the chosen index, kept dimension."""

    def forward(x: NDArray, *params: Any) -> tuple[NDArray, NDArray]:
        *more, dim, keepdim = params
        if not x.ndim:
            return x.copy(), np.zeros((), np.int64)
        index = choose(x, *more, dim)
        got = np.take_along_axis(x, index, dim)
        return (got, index) if keepdim else (got.squeeze(dim), index.squeeze(dim))

    return forward


def _kth(x: NDArray, k: int, dim: int) -> NDArray:
    ranked = order(x, dim, False)
    if _tied(wide(x), ranked, dim, x.shape[dim]):
        return _by_rows(wide(x), dim, lambda row: ties.quickselect(row, k - 1), 1)
    return np.take(ranked, [k - 1], axis=dim)


def _middle(x: NDArray, skip_nan: bool, dim: int) -> NDArray:
    ranks = order(x, dim, False)
    n = x.shape[dim]
    work = wide(x)
    if work.dtype.kind != "f":
        return np.take(ranks, [(n - 1) // 2], axis=dim)
    bad = np.isnan(work)
    count = n - bad.sum(axis=dim, keepdims=True)
    if skip_nan:
        return np.take_along_axis(ranks, np.maximum(count - 1, 0) // 2, dim)
    plain = np.take(ranks, [(n - 1) // 2], axis=dim)
    return np.where(count < n, np.argmax(bad, axis=dim, keepdims=True), plain)


def _most(x: NDArray, dim: int) -> NDArray:
    """The index of the last occurrence of the smallest among the most frequent values."""
    rows = np.moveaxis(wide(x), dim, -1)
    if rows.shape[-1] <= ties.LONGEST:
        return _by_rows(wide(x), dim, ties.most_frequent, 1)
    out = np.zeros((*rows.shape[:-1], 1), np.int64)
    for at in np.ndindex(rows.shape[:-1]):
        row = rows[at]
        _, first, counts = np.unique(row, return_index=True, return_counts=True)
        value = row[first[np.argmax(counts)]]
        same = np.flatnonzero(
            (row == value) | (np.isnan(row) & np.isnan(value)) if row.dtype.kind == "f" else row == value
        )
        out[at] = same[-1]
    return np.moveaxis(out, -1, dim)


def _chosen_op(name: str, choose: Callable[..., NDArray], samples: Any, words: str) -> Op:
    forward = _chosen(choose)
    return Op(
        name, kind="order", forward=forward, backward=along_backward, infer=along_infer, reference=forward, samples=samples,
        rejects=no_rejects, cost=sort_cost, explain=words, export=None, save_outputs=(1,), visible=2,
    )  # fmt: skip


KTHVALUE = _chosen_op("kthvalue", _kth, along_samples(2), "the k-th smallest element, and its index")
MEDIAN = _chosen_op("median", _middle, along_samples(False), "the lower of the middle elements, and its index")
MODE = _chosen_op("mode", _most, along_samples(), "the smallest among the most frequent elements, and its last index")


def _middle_of_all(x: NDArray, skip_nan: bool) -> NDArray:
    flat = x.reshape(-1)
    return np.asarray(flat[_middle(flat, skip_nan, 0)[0]])


def _middle_backward(ctx: Any, g: Any) -> Any:
    """Equal elements share the gradient."""
    x, y = ctx.x(0), ctx.y(0)
    same = wide(x.array) == wide(y.array)
    if not ctx.params[0] and np.isnan(wide(y.array)).any():
        same = np.isnan(wide(x.array))
    share = same.astype(wide(x.array).dtype) / max(int(same.sum()), 1)
    return g * wrap_like(g, dtypes.cast(share, g.array.dtype))


def _middle_op(name: str) -> Op:
    return Op(
        name, kind="order", forward=_middle_of_all, backward=_middle_backward, infer=lambda x, skip: [((), x[1])], reference=_middle_of_all,
        samples=lambda: [Sample([values((3, 5), -1, 1)], (False,)), Sample([values((4,), -1, 1)], (True,))], rejects=no_rejects,
        cost=sort_cost, explain="the lower of the middle elements of all", export=None, save_inputs=(0,), save_outputs=(0,),
        grad_name=name.split("_")[0].capitalize() + "Backward0",
    )  # fmt: skip


def _two_middle(x: NDArray, dim: int, skip_nan: bool) -> tuple[NDArray, NDArray]:
    """The indices of the two middle elements, which NaN makes those of a NaN unless it is left out."""
    ranks = np.argsort(x, axis=dim, kind="stable")
    n = x.shape[dim]
    bad = np.isnan(x).sum(axis=dim, keepdims=True)
    count = n - bad
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, n - 1)
    if not skip_nan:
        low, high = np.where(bad > 0, n - 1, low), np.where(bad > 0, n - 1, high)
    return np.take_along_axis(ranks, low, dim), np.take_along_axis(ranks, high, dim)


def _middle_mean(x: NDArray, dim: int, skip_nan: bool) -> NDArray:
    low, high = (np.take_along_axis(x, at, dim) for at in _two_middle(x, dim, skip_nan))
    with quiet():
        return np.where(low == high, low, (low + high) * x.dtype.type(0.5))


def _middle_mean_backward(ctx: Any, g: Any) -> Any:
    """The two middle elements take half of the gradient each; all that equal the median share it where the two are equal."""
    x, y = ctx.x(0).array, ctx.y(0).array
    dim, skip_nan = ctx.params
    low, high = _two_middle(x, dim, skip_nan)
    share = np.zeros_like(x)
    np.put_along_axis(share, low, 0.5, dim)
    np.put_along_axis(share, high, 0.5, dim)
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    one = same.any(axis=dim, keepdims=True)
    even = same / np.maximum(same.sum(axis=dim, keepdims=True), 1)
    equal = np.take_along_axis(x, low, dim) == np.take_along_axis(x, high, dim)
    share = np.where(one & (equal | np.isnan(y)), even, share).astype(x.dtype)
    return g * wrap_like(g, share)


MIDDLE = Op(
    "middle", kind="order", forward=_middle_mean, backward=_middle_mean_backward, reference=_middle_mean,
    infer=lambda x, dim, skip: [((*x[0][:dim], 1, *x[0][dim + 1 :]), x[1])],
    samples=lambda: [Sample([values((3, 5), -1, 1)], (1, False)), Sample([values((4, 3), -1, 1)], (0, True))], rejects=no_rejects,
    cost=sort_cost, explain="the mean of the two middle elements", export=None, save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip


def middle(x: Any, dim: int, skip_nan: bool) -> Any:
    """The median along `dim`, which stays with size 1: of an even number of elements the mean of the two middle ones. A NaN makes it NaN
    unless it is left out."""
    return apply(MIDDLE, (x,), (dim, skip_nan))


MEDIAN_ALL, NANMEDIAN_ALL = _middle_op("median_all"), _middle_op("nanmedian_all")


def searchsorted(table: NDArray, x: NDArray, right: bool) -> NDArray:
    """Where each element of `x` would be inserted into the sorted last dimension of `table`."""
    side: Any = "right" if right else "left"
    if table.ndim == 1:
        return np.asarray(np.searchsorted(table, x, side), np.int64)
    out = np.zeros(x.shape, np.int64)
    for at in np.ndindex(table.shape[:-1]):
        out[at] = np.searchsorted(table[at], x[at], side)
    return out


def unique(x: NDArray, dim: int | None) -> tuple[NDArray, NDArray, NDArray]:
    """(sorted distinct values, inverse, counts), over all elements or over slices along `dim`. NaN differs from NaN."""
    narrow = x.dtype == dtypes.BFLOAT16
    work = wide(x)
    if dim is None:
        got, inverse, counts = np.unique(work.reshape(-1), return_inverse=True, return_counts=True, equal_nan=False)
        inverse = inverse.reshape(x.shape)
    else:
        got, inverse, counts = np.unique(work, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
        inverse = inverse.reshape(-1)
    return (dtypes.to_bfloat16(got) if narrow else got), inverse.astype(np.int64), counts.astype(np.int64)


def unique_consecutive(x: NDArray, dim: int | None) -> tuple[NDArray, NDArray, NDArray]:
    """(values, inverse, counts), runs of equal neighbours become one."""
    rows = x.reshape(-1) if dim is None else np.moveaxis(x, dim, 0)
    n = rows.shape[0]
    flat = rows.reshape(n, -1) if n else rows.reshape(0, 1)
    starts = np.ones(n, bool)
    if n:
        starts[1:] = np.any(flat[1:] != flat[:-1], axis=1)
    got = rows[starts]
    inverse = np.cumsum(starts) - 1
    counts = np.diff(np.append(np.flatnonzero(starts), n))
    if dim is None:
        inverse = inverse.reshape(x.shape)
    return (got if dim is None else np.moveaxis(got, 0, dim)), inverse.astype(np.int64), counts.astype(np.int64)


def histc(x: NDArray, bins: int, low: float, high: float) -> NDArray:
    """How many elements lie in each of `bins` equal parts of [low, high]; the range of `x` where low equals high."""
    flat = wide(x).reshape(-1)
    if low == high and flat.size:
        low, high = float(flat.min()), float(flat.max())
    if low == high:
        low, high = low - 1, high + 1
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RuntimeError(f"range of [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError("max must be larger than min")
    inside = flat[(flat >= low) & (flat <= high)]
    kind = inside.dtype.type

    def near(v: Any) -> Any:
        return (
            dtypes.cast(dtypes.to_bfloat16(np.asarray(v, np.float32)), dtypes.F32) if x.dtype == dtypes.BFLOAT16 else v
        )

    low, high = near(kind(low)), near(kind(high))
    place = near(near(near(inside - low) * near(kind(bins))) / near(high - low)).astype(np.int64)
    counts = np.bincount(np.minimum(place, bins - 1), minlength=bins)
    return dtypes.cast(counts, x.dtype)
