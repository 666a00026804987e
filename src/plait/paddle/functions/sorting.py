"""Sorting, the largest, distinct values, counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from plait import dtypes
from plait.op import apply
from plait.ops import order
from plait.paddle._tensor import Tensor
from plait.paddle.functions._common import axis_of, function, integer, made, marked, need_tensor, number, wanted

__all__ = [
    "argsort", "bincount", "bucketize", "histogram", "isin", "kthvalue", "mode", "msort", "searchsorted", "sort", "topk", "unique",
    "unique_consecutive",
]  # fmt: skip


@function("x:input", "axis:dim")
def sort(x: Any, axis: int = -1, descending: bool = False, stable: bool = False, name: str | None = None) -> Any:
    """Sorted along `axis`."""
    need_tensor(x, "sort")
    return order.sort(x, axis_of(axis, x.array.ndim, "sort"), bool(descending))[0]


@function("x:input")
def msort(x: Any, name: str | None = None) -> Any:
    """Sorted along the first dimension."""
    return sort(x, 0)


@function("x:input", "axis:dim")
def argsort(x: Any, axis: int = -1, descending: bool = False, stable: bool = False, name: str | None = None) -> Any:
    """The indices that sort along `axis`."""
    need_tensor(x, "argsort")
    return marked(x, order.sort(x, axis_of(axis, x.array.ndim, "argsort"), bool(descending))[1])


class TopKRetType(NamedTuple):
    """What `topk` returns."""

    values: Any
    indices: Any


@function("x:input", "axis:dim")
def topk(
    x: Any,
    k: Any,
    axis: Any = None,
    largest: bool = True,
    sorted: bool = True,
    name: str | None = None,
    *,
    out: Any = None,
) -> Any:
    """The k largest, or smallest, along `axis` (-1), as a pair `values`, `indices`."""
    need_tensor(x, "topk")
    at = axis_of(-1 if axis is None else axis, x.array.ndim, "topk")
    count = integer(k, "topk", "k", True)
    n = x.array.shape[at] if x.array.ndim else 1
    if not 1 <= count <= n:
        raise ValueError(
            f"(InvalidArgument) topk(): k must be from 1 to the size {n} of axis {at}, but received {count}"
        )
    values, indices = order.topk(x, count, at, bool(largest))
    return TopKRetType(values, marked(x, indices))


@function("x:input", "axis:dim")
def kthvalue(x: Any, k: int, axis: Any = None, keepdim: bool = False, name: str | None = None) -> Any:
    """(value, index) of the k-th smallest along `axis` (-1)."""
    at = axis_of(-1 if axis is None else axis, need_tensor(x, "kthvalue").array.ndim, "kthvalue")
    value, index = apply(order.KTHVALUE, (x,), (k, at, bool(keepdim)))
    return value, marked(x, index)


@function("x:input", "axis:dim")
def mode(x: Any, axis: int = -1, keepdim: bool = False, name: str | None = None) -> Any:
    """(value, index) of the most frequent element along `axis`."""
    at = axis_of(axis, need_tensor(x, "mode").array.ndim, "mode")
    value, index = apply(order.MODE, (x,), (at, bool(keepdim)))
    return value, marked(x, index)


def _several(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else tuple(parts)


@function("x:input", "axis:dim")
def unique(
    x: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: Any = None, dtype: Any = "int64",
    sorted: bool = True, name: str | None = None,
) -> Any:  # fmt: skip
    """The distinct elements (or slices along `axis`) in order; and where each first lies, which each element is, how many there are."""
    need_tensor(x, "unique")
    kind = wanted(dtype)
    array = dtypes.working(x.array)
    if axis is None:
        array = array.reshape(-1)
    at = None if axis is None else axis_of(axis, array.ndim, "unique")
    got, first, inverse, counts = np.unique(array, True, True, True, axis=at)
    parts = [made(got.astype(array.dtype))]
    for asked, part in ((return_index, first), (return_inverse, inverse.reshape(-1)), (return_counts, counts)):
        if asked:
            parts.append(made(part.astype(kind)))
    return _several(parts)


@function("x:input", "axis:dim")
def unique_consecutive(
    x: Any,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    dtype: Any = "int64",
    name: str | None = None,
) -> Any:
    """Runs of equal neighbours as one element each."""
    need_tensor(x, "unique_consecutive")
    at = None if axis is None else axis_of(axis, x.array.ndim, "unique_consecutive")
    got, inverse, counts = order.unique_consecutive(x.array, at)
    kind = wanted(dtype)
    parts = [made(got)]
    if return_inverse:
        parts.append(made(inverse.reshape(-1).astype(kind)))
    if return_counts:
        parts.append(made(counts.astype(kind)))
    return _several(parts)


@function("x:input")
def bincount(x: Any, weights: Any = None, minlength: int = 0, name: str | None = None) -> Any:
    """How often each of 0, 1 … occurs, or the sum of the `weights` where it occurs."""
    need_tensor(x, "bincount")
    if x.array.dtype not in (dtypes.I32, dtypes.I64):
        raise TypeError("Elements in Input(x) should all be integers")
    if x.array.ndim > 1:
        raise ValueError(f"(InvalidArgument) bincount(): x must be 1-D, but has the shape {list(x.array.shape)}")
    if x.array.size and int(x.array.min()) < 0:
        raise ValueError("(InvalidArgument) The elements in input tensor must be non-negative ints")
    if minlength < 0:
        raise ValueError(f"(InvalidArgument) bincount(): minlength must not be negative; got {minlength}")
    got = np.bincount(x.array.reshape(-1), None if weights is None else weights.array.reshape(-1), minlength)
    if weights is None:
        return made(got.astype(x.array.dtype))
    return made(got.astype(weights.array.dtype if weights.array.dtype.kind == "f" else np.float64))


@function("input:x")
def histogram(
    input: Any,
    bins: int = 100,
    min: float = 0.0,
    max: float = 0.0,
    weight: Any = None,
    density: bool = False,
    name: str | None = None,
) -> Any:
    """How many elements lie in each of `bins` equal parts of [min, max] (of the elements' own range where both are equal)."""
    need_tensor(input, "histogram", "input")
    low, high = float(number(min)), float(number(max))
    if high < low:
        raise ValueError(
            f"(InvalidArgument) histogram(): max must be larger or equal to min. But received max is {high}, min is {low}"
        )
    array = dtypes.working(input.array).reshape(-1)
    if low == high and array.size:
        low, high = float(array.min()), float(array.max())
    if low == high:
        low, high = low - 1, high + 1
    if weight is None and not density:
        inside = array[(array >= low) & (array <= high)]
        return made(order.histc(inside.astype(np.float64), int(bins), low, high).astype(np.int64))
    got, _ = np.histogram(
        array,
        int(bins),
        (low, high),
        density=bool(density),
        weights=None if weight is None else weight.array.reshape(-1),
    )
    return made(got.astype(np.float32 if weight is None or weight.array.dtype != np.float64 else np.float64))


@function("values:input")
def searchsorted(
    sorted_sequence: Any, values: Any, out_int32: bool = False, right: bool = False, name: str | None = None, *, side: str | None = None,
    out: Any = None, sorter: Any = None,
) -> Any:  # fmt: skip
    """Where each value would be inserted into the sorted last dimension."""
    need_tensor(sorted_sequence, "searchsorted", "sorted_sequence")
    need_tensor(values, "searchsorted", "values", 1)
    table = sorted_sequence.array
    if sorter is not None:
        table = np.take_along_axis(table, sorter.array, -1)
    if table.ndim > 1 and table.shape[:-1] != values.array.shape[:-1]:
        raise RuntimeError(
            f"(PreconditionNotMet) searchsorted(): all sizes but the last must be equal; got {list(table.shape)} and {list(values.array.shape)}"
        )
    got = order.searchsorted(table, values.array, bool(right) or side == "right")
    return made(got.astype(np.int32) if out_int32 else got)


@function("x:input")
def bucketize(
    x: Any, sorted_sequence: Any, out_int32: bool = False, right: bool = False, name: str | None = None
) -> Any:
    """`searchsorted` in a 1-D sequence."""
    if need_tensor(sorted_sequence, "bucketize", "sorted_sequence").array.ndim != 1:
        raise ValueError(f"sorted_sequence tensor must be 1 dimension, but got dim {sorted_sequence.array.ndim}")
    return searchsorted(sorted_sequence, x, out_int32, right)


@function("x:elements", "test_x:test_elements")
def isin(x: Any, test_x: Any, assume_unique: bool = False, invert: bool = False, name: str | None = None) -> Any:
    """Whether each element is among those of `test_x`."""
    need_tensor(x, "isin")
    return made(np.isin(x.array, test_x.array if isinstance(test_x, Tensor) else test_x, assume_unique, invert))
