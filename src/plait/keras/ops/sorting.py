"""Order and places: sort, top_k, arg-extremes, unique, take, gather, scatter, membership."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _convert, _tape
from plait.keras._errors import InvalidArgumentError, refused
from plait.keras._tensor import Tensor
from plait.keras.ops._common import common, kernel_refuses, one_axis, op, still, tensor
from plait.keras.ops.shaping import ints
from plait.ops import extremes, index, order
from plait.ops import shape as engine

__all__ = [
    "argmax", "argmin", "argsort", "digitize", "get_item", "in_top_k", "isin", "nonzero", "scatter", "scatter_update", "searchsorted", "slice",
    "slice_update", "sort", "take", "take_along_axis", "top_k", "unique",
]  # fmt: skip


def _arg(function: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    x = still(tensor(x))
    if x.array.dtype.kind == "b":
        x = _convert.to(x, dtypes.I32)
    if axis is None:
        found = function(engine.reshape(x, (-1,)), 0)
        return engine.reshape(_int32(found), (1,) * x.array.ndim) if keepdims else _int32(found)
    if not x.array.ndim:
        raise refused(
            "ArgMin" if function is extremes.argmin else "ArgMax",
            f"Expected dimension in the range [0, 0), but got {axis}",
            None,
        )
    kernel = "ArgMin" if function is extremes.argmin else "ArgMax"
    refuses = kernel_refuses(kernel, "Expected dimension in the range [{low}, {ndim}), but got {axis}", None)
    return _int32(function(x, one_axis(axis, x.array.ndim, refuses), keepdims))


def _int32(x: Any) -> Any:
    return Tensor.wrap(x.array.astype(np.int32))


@op
def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Where the largest element lies along `axis` (in the flat tensor without one), the first of equal ones; int32."""
    return _arg(extremes.argmax, x, axis, keepdims)


@op
def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Where the smallest element lies along `axis` (in the flat tensor without one), the first of equal ones; int32."""
    return _arg(extremes.argmin, x, axis, keepdims)


@op
def sort(x: Any, axis: Any = -1) -> Any:
    """Ascending along `axis`; flat without one."""
    x = tensor(x)
    if axis is None:
        x, axis = engine.reshape(x, (-1,)), 0
    at = one_axis(axis, x.array.ndim)
    if x.array.dtype.kind == "b":
        return Tensor.wrap(np.sort(x.array, at))
    return order.sort(x, at, False)[0]


@op
def argsort(x: Any, axis: Any = -1) -> Any:
    """The indices that sort along `axis` (the flat tensor without one), equal elements in their order; int32."""
    x = tensor(x)
    if axis is None or not x.array.ndim:
        x, axis = engine.reshape(x, (-1,)), 0
    values = dtypes.working(x.array)
    return Tensor.wrap(np.argsort(values, one_axis(axis, values.ndim), kind="stable").astype(np.int32))


def largest(x: Any, k: int) -> tuple[Any, Any]:
    """The k largest along the last axis, descending, equal ones in their order, and their places (int32)."""
    values = dtypes.working(x.array)
    if not values.ndim or k > values.shape[-1]:
        raise refused(
            "TopKV2", f"input must have at least k columns. Had {values.shape[-1] if values.ndim else 0}, needed {k}"
        )
    flat = values.astype(np.int64) if values.dtype.kind in "bu" else values
    places = np.argsort(-flat, -1, kind="stable")[..., :k]
    at = np.ascontiguousarray(places)
    return index.gather(x, values.ndim - 1, Tensor.wrap(at)), Tensor.wrap(at.astype(np.int32))


@op
def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    """(values, indices) of the k largest along the last axis, descending."""
    return TopK(*largest(tensor(x), int(k)))


class TopK(tuple):
    """The result of `top_k`: values and indices."""

    __slots__ = ()
    _fields = ("values", "indices")
    __module__ = "tensorflow.python.ops.gen_nn_ops"

    def __new__(cls, values: Any, indices: Any) -> TopK:
        return tuple.__new__(cls, (values, indices))

    @property
    def values(self) -> Any:
        """The largest elements."""
        return self[0]

    @property
    def indices(self) -> Any:
        """Where they lie."""
        return self[1]

    def __repr__(self) -> str:
        if not isinstance(self[0], Tensor):  # of a symbolic tensor upstream has a plain pair
            return tuple.__repr__(self)
        return f"TopKV2(values={self[0]!r}, indices={self[1]!r})"


@op
def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """Whether each target class is among the k best predictions."""
    t, p = tensor(targets).array.astype(np.int64), dtypes.working(tensor(predictions).array)
    valid = (t >= 0) & (t < p.shape[1])
    own = p[np.arange(len(t)), np.where(valid, t, 0)]
    better = (p > own[:, None]).sum(1)
    return Tensor.wrap(valid & (better < k) & np.isfinite(own))


@op
def nonzero(x: Any) -> Any:
    """The places of what is not zero: one int32 vector for each axis."""
    return [Tensor.wrap(np.asarray(i, np.int32)) for i in np.nonzero(dtypes.working(tensor(x).array))]


@op
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each element of x1 is one of x2."""
    a, b = common(x1, x2)
    return Tensor.wrap(np.isin(dtypes.working(a.array), dtypes.working(b.array), assume_unique, invert))


@op
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    """Where `values` would go into a sorted vector; int32."""
    a, b = common(sorted_sequence, values)
    if a.array.ndim != 1:
        raise ValueError(f"searchsorted: sorted_sequence must be 1-D; got shape {a.array.shape}")
    return Tensor.wrap(np.searchsorted(a.array, b.array, side).astype(np.int32))  # type: ignore[call-overload]


@op
def digitize(x: Any, bins: Any) -> Any:
    """The bin that each element falls into; int32."""
    return Tensor.wrap(
        np.digitize(dtypes.working(tensor(x).array), dtypes.working(tensor(bins).array)).astype(np.int32)
    )


@op
def unique(
    x: Any, sorted: bool = True, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
    axis: int | None = None, size: int | None = None, fill_value: Any = None,
) -> Any:  # fmt: skip
    """The distinct elements (slices along `axis`), sorted or as they come; with the wishes given, where they first are, which each is, how many there are."""
    array = tensor(x).array
    values, first, inverse, counts = np.unique(array, True, True, True, axis=axis, equal_nan=False)
    at = 0 if axis is None else axis
    if not sorted:
        seen = np.argsort(first)
        values, first, counts = np.take(values, seen, at), first[seen], counts[seen]
        inverse = np.argsort(seen)[inverse]
    if size is not None:
        have = values.shape[at]
        if have > size:
            values, first, counts = np.take(values, range(size), at), first[:size], counts[:size]
        elif have < size:
            more = list(values.shape)
            more[at] = size - have
            fill = np.full(more, 0 if fill_value is None else fill_value, values.dtype)
            values = np.concatenate([values, fill], at)
            first = np.concatenate([first, np.ones(size - have, first.dtype)])
            counts = np.concatenate([counts, np.zeros(size - have, counts.dtype)])
    out = [Tensor.wrap(values)]
    if return_index:
        out.append(Tensor.wrap(first.astype(np.int32)))
    if return_inverse:
        out.append(Tensor.wrap(inverse.reshape(array.shape if axis is None else (-1,)).astype(np.int32)))
    if return_counts:
        out.append(Tensor.wrap(counts.astype(np.int32)))
    return out[0] if len(out) == 1 else tuple(out)


# --- reading by index --------------------------------------------------------------------------------------------------------


def places(indices: Any, n: int) -> np.ndarray:
    """Indices as int64, negative ones counted from the end; InvalidArgumentError where one is outside of n."""
    at = tensor(indices).array
    if at.dtype.kind not in "iub":
        at = at.astype(np.int32)
    at = at.astype(np.int32 if at.dtype == np.int32 else np.int64, copy=False)
    if at.size and at.min() < 0:
        at = np.where(at < 0, at + n, at)
    if at.size and (at.min() < 0 or at.max() >= n):
        raise place_refused(at, n, None)
    return at


def place_refused(at: np.ndarray, n: int, name: str | None) -> InvalidArgumentError:
    """The error for the first of the indices that is none of n."""
    flat = at.reshape(-1)
    i = int(np.flatnonzero((flat < 0) | (flat >= n))[0])
    where = f"[{','.join(map(str, np.unravel_index(i, at.shape)))}]" if at.ndim else ""
    return refused("GatherV2", f"indices{where} = {flat[i]} is not in [0, {n})", name)


@op
def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """The slices along `axis` that `indices` names (elements of the flat tensor without one)."""
    x = tensor(x)
    if axis is None:
        x, axis = engine.reshape(x, (-1,)), 0
    return taken(x, places(indices, x.array.shape[one_axis(axis, x.array.ndim)]), one_axis(axis, x.array.ndim))


def taken(x: Any, at: np.ndarray, axis: int) -> Any:
    """Slices along an axis by checked indices of any shape."""
    if axis == 0 and x.array.ndim and x.array.dtype.kind == "f":
        from plait.ops.embed import embedding

        _tape.picked(x)
        if at.ndim:
            return embedding(x, Tensor.wrap(at))
        return engine.reshape(embedding(x, Tensor.wrap(at.reshape(1))), x.array.shape[1:])
    flat = index.index_select(x, axis, Tensor.wrap(at.reshape(-1)))
    shape = x.array.shape
    return engine.reshape(flat, (*shape[:axis], *at.shape, *shape[axis + 1 :]))


@op
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Any:
    """One element of each row along `axis` for each index; other axes broadcast."""
    x = tensor(x)
    if axis is None:
        x, axis = engine.reshape(x, (-1,)), 0
    at = one_axis(axis, x.array.ndim)
    which = places(indices, x.array.shape[at])
    if which.ndim != x.array.ndim:
        raise ValueError(
            f"take_along_axis: indices must have as many dimensions as x, {x.array.ndim}; got {which.ndim}"
        )
    shape = x.array.shape
    rest = np.broadcast_shapes(*(tuple(1 if d == at else n for d, n in enumerate(s)) for s in (shape, which.shape)))
    which = np.broadcast_to(which, tuple(which.shape[at] if d == at else n for d, n in enumerate(rest)))
    wide = engine.expand(x, tuple(shape[at] if d == at else n for d, n in enumerate(rest)))
    return index.gather(wide, at, Tensor.wrap(np.ascontiguousarray(which)))


@op
def get_item(x: Any, key: Any) -> Any:
    """x[key]."""
    return x[key] if isinstance(x, np.ndarray) else tensor(x)[key]


@op
def slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    """A block of `inputs` of a shape, from a place; -1 in the shape: all that is left."""
    x = tensor(inputs)
    starts, sizes = ints(start_indices), ints(shape)
    key = []
    if not len(starts) == len(sizes) == x.array.ndim:
        raise refused("Slice", f"Expected begin and size arguments to be 1-D tensors of size {x.array.ndim}, but got shapes "
                               f"[{len(starts)}] and [{len(sizes)}] instead.", None)  # fmt: skip
    for d, (s, n) in enumerate(zip(starts, sizes, strict=True)):
        whole = x.array.shape[d]
        stop = whole if n == -1 else s + n
        if s < 0 or stop > whole:
            raise refused("Slice", f"Expected size[{d}] in [0, {whole - s}], but got {n}", None)
        key.append(np.s_[s:stop])
    return x[tuple(key)]


@op
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """`inputs` with a block replaced by `updates`, from a place (moved inside where it would reach out)."""
    x, new = tensor(inputs), tensor(updates)
    key = []
    for n, s, m in zip(x.array.shape, ints(start_indices), new.array.shape, strict=True):
        at = min(max(s, 0), n - m)
        key.append(np.arange(at, at + m))
    grid = np.ravel_multi_index(np.meshgrid(*key, indexing="ij"), x.array.shape) if key else np.zeros((), np.int64)
    return _written(x, np.asarray(grid, np.int64).reshape(-1), _convert.to(new, x.array.dtype))


def _written(x: Any, at: np.ndarray, new: Any) -> Any:
    """x with the elements at flat places replaced."""
    shape = x.array.shape
    flat = engine.reshape(x, (-1,))
    keep = np.ones(flat.array.shape, bool)
    keep[at] = False
    from plait.ops import elementwise as ew

    kept = ew.where(Tensor.wrap(keep), flat, 0)
    laid = index.index_add(Tensor.wrap(np.zeros_like(flat.array)), 0, Tensor.wrap(at), engine.reshape(new, (-1,)))
    if x.array.dtype.kind == "b":
        return engine.reshape(Tensor.wrap(kept.array | laid.array), shape)
    return engine.reshape(ew.add(kept, laid), shape)


def _gathered_in(x: Any, at: np.ndarray, new: Any, reduction: str) -> Any:
    """x with values reduced into its elements at flat places."""
    from plait.ops.gathering import scatter_reduce

    kind = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}[reduction]
    flat, values = engine.reshape(x, (-1,)), engine.reshape(new, (-1,))
    return engine.reshape(scatter_reduce(flat, 0, Tensor.wrap(at), values, kind, True), x.array.shape)


def _coordinates(indices: Any, shape: tuple[int, ...], name: str) -> np.ndarray:
    at = tensor(indices).array.astype(np.int64)
    depth = at.shape[-1]
    rows = at.reshape(-1, depth)
    lead = shape[:depth]
    if rows.size and ((rows < 0) | (rows >= np.asarray(lead))).any():
        raise InvalidArgumentError(f"{name}: indices must lie in {list(lead)}; got {rows.tolist()}")
    return np.ravel_multi_index(tuple(rows.T), lead) if depth else np.zeros(len(rows), np.int64)


@op
def scatter(indices: Any, values: Any, shape: Any) -> Any:
    """Zeros of a shape with `values` added at the places that `indices` names (its last axis holds coordinates)."""
    v = tensor(values)
    sizes = ints(shape)
    depth = tensor(indices).array.shape[-1]
    rows = _coordinates(indices, sizes, "scatter")
    inner = sizes[depth:]
    flat = Tensor.wrap(np.zeros((int(np.prod(sizes[:depth])), *inner), v.array.dtype))
    added = index.index_add(flat, 0, Tensor.wrap(rows), engine.reshape(v, (len(rows), *inner)))
    return engine.reshape(added, sizes)


@op
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Any:
    """`inputs` with the elements (or slices) at the places that `indices` names replaced, or reduced with what they hold.

    `reduction`: "add", "max", "min" or "mul", else the last update of a place counts.
    """
    if reduction not in (None, "add", "max", "min", "mul"):
        raise ValueError(
            f"scatter_update: reduction must be None, 'add', 'max', 'min' or 'mul'; got reduction={reduction!r}"
        )
    x = tensor(inputs)
    new = tensor(updates, x.dtype)
    shape = x.array.shape
    depth = tensor(indices).array.shape[-1]
    rows = _coordinates(indices, shape, "scatter_update")
    inner = int(np.prod(shape[depth:]))
    at = (rows[:, None] * inner + np.arange(inner)).reshape(-1)
    if reduction is not None:
        return _gathered_in(x, at, new, reduction)
    last = len(at) - 1 - np.unique(at[::-1], return_index=True)[1]  # of several writes to a place, the last
    values = index.index_select(engine.reshape(new, (-1,)), 0, Tensor.wrap(np.sort(last)))
    return _written(x, at[np.sort(last)], values)
