"""Taking and putting by index, masks, and the indices of what is true.

Rules of this file: indices are integer tensors, negative ones count from the end where Paddle lets them; out of bounds raises.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply
from plait.ops import elementwise as ew
from plait.ops import gathering, shape, views
from plait.ops import index as ix
from plait.paddle._tensor import Tensor, method
from plait.paddle.functions import operators
from plait.paddle.functions._common import axis_of, function, made, need_tensor, number, same_kind
from plait.paddle.functions.elementwise import in_place

__all__ = [
    "argwhere", "gather", "gather_nd", "index_add", "index_fill", "index_put", "index_sample", "index_select", "masked_fill", "masked_scatter",
    "masked_select", "multiplex", "nonzero", "put_along_axis", "scatter", "scatter_nd", "scatter_nd_add", "take", "take_along_axis", "where",
]  # fmt: skip


def _at(axis: Any, ndim: int, name: str) -> int:
    """An axis counted from the front; IndexError where there is none such."""
    try:
        return axis_of(axis, ndim, name)
    except ValueError as error:
        raise IndexError(str(error)) from None


def _index(index: Any, name: str, n: int | None = None, argument: str = "index", negative: bool = True) -> Any:
    """An int64 index tensor without negative numbers; ValueError out of the bounds of a dimension of size n."""
    need_tensor(index, name, argument, 1)
    array = index.array
    if array.dtype not in (dtypes.I32, dtypes.I64):
        raise ValueError(f"(InvalidType) {name}(): {argument} must be int32 or int64, but received {index.dtype}")
    if n is not None and array.size:
        low, high = int(array.min()), int(array.max())
        if high >= n or low < (-n if negative else 0):
            raise (ValueError if name in ("index_select", "gather_nd") else IndexError)(
                f"(InvalidArgument) {name}(): {argument} must be in the range of [{-n if negative else 0}, {n}), but received "
                f"{high if high >= n else low}"
            )
        if low < 0:
            array = np.where(array < 0, array + n, array)
    return made(array.astype(np.int64, copy=False))


@function("x:input", "axis:dim")
def gather(x: Any, index: Any, axis: Any = None, name: str | None = None, out: Any = None) -> Any:
    """The slices of `x` along `axis` (0) at the places of `index`, 0-D or 1-D."""
    need_tensor(x, "gather")
    need_tensor(index, "gather", "index", 1)
    at = _at(0 if axis is None else axis, x.array.ndim, "gather")
    if index.array.ndim == 2 and index.array.shape[1] == 1:
        index = shape.reshape(index, (-1,))
    if index.array.ndim > 1:
        raise ValueError(
            f"(InvalidArgument) gather(): index must be 0-D or 1-D, but has the shape {list(index.array.shape)}"
        )
    got = ix.index_select(x, at, shape.reshape(_index(index, "gather", x.array.shape[at]), (-1,)))
    return views.squeeze(got, at) if not index.array.ndim else got


@function("x:input", "axis:dim")
def index_select(x: Any, index: Any, axis: int = 0, name: str | None = None, *, out: Any = None) -> Any:
    """The slices of `x` along `axis` at the places of a 1-D `index`."""
    need_tensor(x, "index_select")
    at = _at(axis, x.array.ndim, "index_select")
    found = _index(index, "index_select", x.array.shape[at])
    if found.array.ndim == 2 and found.array.shape[1] == 1:
        found = shape.reshape(found, (-1,))
    if found.array.ndim > 1:
        raise ValueError(
            f"(InvalidArgument) index_select(): index must be 1-D, but has the shape {list(found.array.shape)}"
        )
    return ix.index_select(x, at, shape.reshape(found, (-1,)))


def _coordinates(index: Any, sizes: Any, name: str) -> tuple[list[Any], int]:
    need_tensor(index, name, "index", 1)
    depth = index.array.shape[-1] if index.array.ndim else 1
    if depth > len(sizes):
        raise ValueError(
            f"(InvalidArgument) {name}(): the last size of index, {depth}, must not exceed the dimensions of x, {len(sizes)}"
        )
    parts = [made(np.array(index.array[..., d])) for d in range(depth)] if index.array.ndim else [index]
    return [_index(p, name, sizes[d]) for d, p in enumerate(parts)], depth


@function("x:input")
def gather_nd(x: Any, index: Any, name: str | None = None) -> Any:
    """The parts of `x` that the last dimension of `index` names by coordinates."""
    need_tensor(x, "gather_nd")
    found, depth = _coordinates(index, x.array.shape, "gather_nd")
    if not depth:
        return shape.clone(shape.expand(x, (*index.array.shape[:-1], *x.array.shape)))
    return apply(ix.INDEX, (x, *found), (tuple(range(depth)),))


@function("x:input")
def scatter(x: Any, index: Any, updates: Any, overwrite: bool = True, name: str | None = None, out: Any = None) -> Any:
    """`x` with the rows `updates` at the places of `index`; with `overwrite=False` the sum of the updates of each place."""
    need_tensor(x, "scatter")
    need_tensor(updates, "scatter", "updates", 2)
    same_kind(x, updates, "scatter")
    if index.array.ndim == 2 and index.array.shape[1] == 1:
        index = shape.reshape(index, (-1,))
    if index.array.ndim > 1:
        raise ValueError(
            f"(InvalidArgument) scatter(): index must be 0-D or 1-D, but has the shape {list(index.array.shape)}"
        )
    found = shape.reshape(_index(index, "scatter", x.array.shape[0], negative=False), (-1,))
    rows = shape.reshape(updates, (found.array.size, *x.array.shape[1:])) if not index.array.ndim else updates
    if rows.array.shape != (found.array.size, *x.array.shape[1:]):
        raise ValueError(
            f"(InvalidArgument) scatter(): updates must have the shape {[found.array.size, *x.array.shape[1:]]}, but has {list(updates.array.shape)}"
        )
    if overwrite:
        return apply(ix.INDEX_COPY, (x, found, rows), (0,))
    emptied = ix.INDEX_FILL
    return ix.index_add(apply(emptied, (x, found, 0), (0,)), 0, found, rows)


in_place("scatter", scatter)


@function("x:input")
def scatter_nd_add(x: Any, index: Any, updates: Any, name: str | None = None) -> Any:
    """`x` plus `updates` at the coordinates that the last dimension of `index` holds."""
    need_tensor(x, "scatter_nd_add")
    need_tensor(updates, "scatter_nd_add", "updates", 2)
    if x.array.dtype != updates.array.dtype:
        raise TypeError(f"x and updates must have same data type but x.dtype={x.dtype}, updates.dtype={updates.dtype}")
    found, depth = _coordinates(index, x.array.shape, "scatter_nd_add")
    if not depth:
        lead = tuple(range(index.array.ndim - 1))
        from plait.ops.reduce import sum as total

        return operators.add(x, total(updates, lead) if lead else updates)
    want = (*index.array.shape[:-1], *x.array.shape[depth:])
    if updates.array.shape != want:
        raise ValueError(
            f"(InvalidArgument) scatter_nd_add(): updates must have the shape {list(want)}, but has {list(updates.array.shape)}"
        )
    return apply(ix.INDEX_PUT, (x, updates, *found), (tuple(range(depth)), True))


@function(method=False)
def scatter_nd(index: Any, updates: Any, shape: Any, name: str | None = None) -> Any:
    """Zeros of that shape plus `updates` at the coordinates of `index`."""
    from plait.paddle.functions.creation import zeros

    return scatter_nd_add(zeros(shape, dtype=need_tensor(updates, "scatter_nd", "updates", 1).dtype), index, updates)


# --- along an axis ----------------------------------------------------------------------------------------------------


def _broadcast(arr: Any, indices: Any, axis: int, name: str) -> tuple[Any, Any, int]:
    """Both broadcast against each other in all dimensions but `axis`."""
    if arr.array.ndim != indices.array.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions!")
    at = axis_of(axis, arr.array.ndim, name)
    a, b = list(arr.array.shape), list(indices.array.shape)
    own, theirs = a[at], b[at]
    a[at] = b[at] = 1
    try:
        full = list(np.broadcast_shapes(tuple(a), tuple(b)))
    except ValueError:
        raise ValueError(
            f"(InvalidArgument) {name}(): indices of shape {list(indices.array.shape)} do not broadcast to arr of shape {list(arr.array.shape)}"
        ) from None
    full[at] = own
    wide = shape.expand(arr, full)
    full[at] = theirs
    return wide, made(np.broadcast_to(indices.array, full)), at


@function("arr:input", "axis:dim")
def take_along_axis(arr: Any, indices: Any, axis: Any, broadcast: bool = True, *, out: Any = None) -> Any:
    """The elements along `axis` that `indices` names, place by place."""
    need_tensor(arr, "take_along_axis", "arr")
    need_tensor(indices, "take_along_axis", "indices", 1)
    if axis is None:
        arr, indices, axis = shape.reshape(arr, (-1,)), shape.reshape(indices, (-1,)), 0
    if broadcast:
        arr, indices, at = _broadcast(arr, indices, axis, "take_along_axis")
    else:
        at = axis_of(axis, arr.array.ndim, "take_along_axis")
        _no_larger(arr, indices, at, "take_along_axis")
    return ix.gather(arr, at, _index(indices, "take_along_axis", arr.array.shape[at], "indices"))


method("take_along_dim")(take_along_axis)


def _no_larger(arr: Any, indices: Any, at: int, name: str) -> None:
    if arr.array.ndim != indices.array.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions!")
    for d, (n, m) in enumerate(zip(arr.array.shape, indices.array.shape, strict=True)):
        if d != at and m > n:
            raise RuntimeError(
                f"(InvalidArgument) Size does not match at dimension {d} of {name}: indices {m}, arr {n}"
            )


_HOW = {"add": "sum", "mul": "prod", "multiply": "prod", "mean": "mean", "amin": "amin", "amax": "amax"}


@function("arr:input", "axis:dim", "values:src")
def put_along_axis(
    arr: Any,
    indices: Any,
    values: Any,
    axis: int,
    reduce: str = "assign",
    include_self: bool = True,
    broadcast: bool = True,
) -> Any:
    """`arr` with `values` at the elements along `axis` that `indices` names; `reduce` joins them with what is there."""
    need_tensor(arr, "put_along_axis", "arr")
    need_tensor(indices, "put_along_axis", "indices", 1)
    at = axis_of(axis, arr.array.ndim, "put_along_axis")
    if broadcast:
        sizes = list(arr.array.shape)
        sizes[at] = indices.array.shape[at] if indices.array.ndim == arr.array.ndim else 1
        if indices.array.ndim != arr.array.ndim:
            raise ValueError("`indices` and `arr` must have the same number of dimensions!")
        indices = made(np.broadcast_to(indices.array, sizes))
        if isinstance(values, Tensor):
            values = shape.expand(values, sizes)
    else:
        _no_larger(arr, indices, at, "put_along_axis")
    found = _index(indices, "put_along_axis", arr.array.shape[at], "indices")
    if not isinstance(values, Tensor):
        values = made(dtypes.full(found.array.shape, number(values), arr.array.dtype))
    if values.array.dtype != arr.array.dtype:
        values = shape.to_dtype(values, arr.array.dtype)
    if values.array.shape != found.array.shape:
        values = (
            shape.expand(values, found.array.shape)
            if values.array.size == 1
            else values[tuple([slice(0, n) for n in found.array.shape])]
        )
    if reduce == "assign":
        return apply(ix.SCATTER, (arr, found, values), (at,))
    if reduce not in _HOW:
        raise ValueError(
            f"put_along_axis(): reduce must be one of assign, add, mul, multiply, mean, amin, amax; got {reduce!r}"
        )
    return gathering.scatter_reduce(arr, at, found, values, _HOW[reduce], bool(include_self))


in_place("put_along_axis", put_along_axis)


@function("x:input", "axis:dim")
def index_add(x: Any, index: Any, axis: int, value: Any, name: str | None = None) -> Any:
    """`x` plus the slices `value` at the places of `index`."""
    at = axis_of(axis, need_tensor(x, "index_add").array.ndim, "index_add")
    return ix.index_add(
        x, at, _index(index, "index_add", x.array.shape[at]), need_tensor(value, "index_add", "value", 3)
    )


in_place("index_add", index_add)


@function("x:input", "axis:dim")
def index_fill(x: Any, index: Any, axis: int, value: Any, name: str | None = None) -> Any:
    """`x` with one number in the slices at `index`."""
    at = axis_of(axis, need_tensor(x, "index_fill").array.ndim, "index_fill")
    return apply(ix.INDEX_FILL, (x, _index(index, "index_fill", x.array.shape[at]), number(value)), (at,))


in_place("index_fill", index_fill)


@function("x:input")
def index_put(x: Any, indices: Any, value: Any, accumulate: bool = False, name: str | None = None) -> Any:
    """`x` with `value` at the coordinates of the index tensors; `accumulate` adds instead."""
    got = need_tensor(x, "index_put").clone()
    if not accumulate:
        got[tuple(indices)] = value
        return got
    coordinates: list[Any] = []
    for i in indices:
        coordinates += [made(c) for c in np.nonzero(i.array)] if i.array.dtype == dtypes.BOOL else [i]
    found = [_index(c, "index_put", x.array.shape[d]) for d, c in enumerate(coordinates)]
    return apply(ix.INDEX_PUT, (x, value, *found), (tuple(range(len(found))), True))


in_place("index_put", index_put)


@function("x:input")
def index_sample(x: Any, index: Any) -> Any:
    """For each row of `x`, the elements that the row of `index` names."""
    need_tensor(x, "index_sample")
    return ix.gather(x, 1, _index(index, "index_sample", x.array.shape[1], negative=False))


@function("x:input")
def take(x: Any, index: Any, mode: str = "raise", name: str | None = None) -> Any:
    """The elements of the flattened tensor at `index`; `mode` "wrap" or "clip" for indices out of bounds."""
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"'mode' in 'take' should be 'raise', 'wrap', 'clip', but received {mode}.")
    n = need_tensor(x, "take").array.size
    if mode != "raise":
        index = made(index.array % n if mode == "wrap" else np.clip(index.array, 0, n - 1))
    return ix.take(x, _index(index, "take", n))


# --- masks ------------------------------------------------------------------------------------------------------------


def _mask(mask: Any, name: str) -> Any:
    need_tensor(mask, name, "mask", 1)
    if mask.array.dtype != dtypes.BOOL:
        raise ValueError(f"(InvalidType) {name}(): mask must be bool, but received {mask.dtype}")
    return mask


@function("x:input")
def masked_select(x: Any, mask: Any, name: str | None = None, *, out: Any = None) -> Any:
    """The elements where `mask` holds, in one dimension."""
    return ix.masked_select(need_tensor(x, "masked_select"), _mask(mask, "masked_select"))


@function("x:input")
def masked_fill(x: Any, mask: Any, value: Any, name: str | None = None) -> Any:
    """`x` with one value where `mask` holds."""
    v = value if isinstance(value, Tensor) and value.array.ndim == 0 and not value.stop_gradient else number(value)
    return ix.masked_fill(need_tensor(x, "masked_fill"), _mask(mask, "masked_fill"), v)


in_place("masked_fill", masked_fill)


@function("x:input")
def masked_scatter(x: Any, mask: Any, value: Any, name: str | None = None) -> Any:
    """`x` with the elements of `value`, in their order, where `mask` holds."""
    return ix.masked_scatter(
        need_tensor(x, "masked_scatter"),
        _mask(mask, "masked_scatter"),
        need_tensor(value, "masked_scatter", "value", 2),
    )


in_place("masked_scatter", masked_scatter)


@function("x:input", "y:other", method=False)
def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None, *, out: Any = None) -> Any:
    """`x` where the condition holds, else `y`; with the condition alone, the indices of what is true, a tensor for each dimension."""
    need_tensor(condition, "where", "condition")
    if x is None and y is None:
        return nonzero(condition, as_tuple=True)
    if x is None or y is None:
        raise ValueError("either both or neither of x and y should be given")
    if condition.array.dtype != dtypes.BOOL:
        raise ValueError(f"(InvalidType) where(): condition must be bool, but received {condition.dtype}")
    x, y = _branch(x), _branch(y)
    same_kind(x, y, "where")
    return ew.where(condition, x, y)


def _branch(value: Any) -> Any:
    """A tensor, or a number as a tensor of its own kind: bool, int64 or the default floating dtype."""
    if isinstance(value, Tensor):
        return value
    kinds = {bool: dtypes.BOOL, int: dtypes.I64}
    return made(np.asarray(value, kinds.get(type(value)) or dtypes.number_dtype(1.0)))


@method("where")
def _where_method(self: Any, x: Any, y: Any, name: str | None = None) -> Any:
    """`paddle.where` with the tensor as its condition."""
    return where(self, x, y)


@function("x:input")
def nonzero(x: Any, as_tuple: bool = False, *, out: Any = None) -> Any:
    """The indices of what is not zero, as rows [count, dimensions], or a tensor for each dimension."""
    if not need_tensor(x, "nonzero").array.ndim:
        raise ValueError("(InvalidArgument) nonzero(): x must have at least one dimension, but is 0-D")
    found = ix.nonzero(dtypes.working(x.array))
    if not as_tuple:
        return made(np.ascontiguousarray(found))
    return tuple([made(np.ascontiguousarray(found[:, d])) for d in range(found.shape[1])])


@function("x:input")
def argwhere(x: Any) -> Any:
    """`nonzero` as rows."""
    return nonzero(x)


@function(method=False)
def multiplex(inputs: Any, index: Any, name: str | None = None) -> Any:
    """Row i from the tensor of `inputs` that index[i] names."""
    from plait.ops.arrange import stack

    at = _index(index, "multiplex", len(inputs)).array.reshape(-1)
    rows = made(np.arange(len(at)))
    return apply(ix.INDEX, (stack(inputs), made(at), rows), ((0, 1),))
