"""Functions of `tf` that make, join, split and index tensors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from plait import dtypes
from plait.keras import _convert
from plait.keras._convert import constant
from plait.keras._dtypes import as_dtype
from plait.keras._errors import InvalidArgumentError, bracketed, refused
from plait.keras._operators import boolean_mask as masked
from plait.keras._operators import pair
from plait.keras._slices import mapped
from plait.keras._tensor import Tensor
from plait.keras.ops import blocks, shaping, sorting
from plait.keras.ops._common import axes_of, one_axis, raw
from plait.op import apply
from plait.ops import arrange, views
from plait.ops import elementwise as ew
from plait.ops import shape as engine
from plait.tensorflow._call import as_tensor, face, ints, numpy_of, wrap

__all__ = [
    "boolean_mask",
    "broadcast_to",
    "cast",
    "concat",
    "constant",
    "ensure_shape",
    "expand_dims",
    "gather",
    "gather_nd",
    "identity",
    "is_tensor",
    "meshgrid",
    "one_hot",
    "pad",
    "rank",
    "repeat",
    "reshape",
    "reverse",
    "roll",
    "scatter_nd",
    "searchsorted",
    "sequence_mask",
    "shape",
    "size",
    "slice",
    "split",
    "squeeze",
    "stack",
    "stop_gradient",
    "tensor_scatter_nd_update",
    "tile",
    "transpose",
    "unique",
    "unstack",
    "where",
]

is_tensor = _convert.is_tensor


def cast(x: Any, dtype: Any, name: Any = None) -> Any:
    """`x` in another dtype."""
    return mapped(lambda t: _convert.to(t, numpy_of(dtype)), x)


@face
def reshape(tensor: Any, shape: Any, name: Any = None) -> Any:
    """The same elements in another shape; one size may be -1."""
    return shaping.reshaped(as_tensor(tensor), ints(shape))


@face
def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str = "transpose") -> Any:
    """The axes in another order, turned round without `perm`."""
    return shaping.transposed(as_tensor(a), None if perm is None else ints(perm))


@face
def expand_dims(input: Any, axis: Any, name: Any = None) -> Any:
    """A new axis of size 1."""
    x = as_tensor(input)
    n, at = x.array.ndim, int(axis)
    if not -n - 1 <= at <= n:
        raise refused("ExpandDims", f"Tried to expand dim index {at} for tensor with {n} dimensions.")
    return views.unsqueeze(x, at)


@face
def squeeze(input: Any, axis: Any = None, name: Any = None) -> Any:
    """Axes of size 1 left out."""
    x = as_tensor(input)
    shape = x.array.shape
    for d in () if axis is None else axis if isinstance(axis, (list, tuple)) else (axis,):
        if isinstance(d, int) and -len(shape) <= d < len(shape) and shape[d] != 1:
            raise refused(
                "Squeeze", f"Can not squeeze dim[{d % len(shape)}], expected a dimension of 1, got {shape[d]}"
            )
    return raw(shaping.squeeze)(x, axis)


def _same_dtypes(values: Any, name: str) -> list[Any]:
    first = next((v for v in values if isinstance(v, Tensor) or hasattr(v, "_read")), None)
    hint = None if first is None else as_tensor(first).array.dtype
    each = [as_tensor(v, hint) for v in values]
    for i, v in enumerate(each):
        if v.array.dtype != each[0].array.dtype:
            raise InvalidArgumentError(f"cannot compute {name} as input #{i}(zero-based) was expected to be a {each[0].dtype.name} tensor but "
                                       f"is a {v.dtype.name} tensor [Op:{name}]")  # fmt: skip
    return each


@face
def concat(values: Any, axis: Any, name: str = "concat") -> Any:
    """Tensors one behind the other along `axis`."""
    if not isinstance(values, (list, tuple)):
        return as_tensor(values)
    return shaping.joined(_same_dtypes(values, "ConcatV2"), int(axis))


@face
def stack(values: Any, axis: int = 0, name: str = "stack") -> Any:
    """Tensors of one shape along a new axis."""
    each = _same_dtypes(values, "Pack")
    shaping.need_one_shape(each)
    n = each[0].array.ndim + 1
    if not -n <= axis < n:
        raise ValueError(f"Argument `axis` = {axis} not in range [{-n}, {n})")
    return arrange.stack(each, axis % n)


@face
def split(value: Any, num_or_size_splits: Any, axis: Any = 0, num: Any = None, name: str = "split") -> list[Any]:
    """Equal parts (a number) or parts of given sizes (a list, one of them may be -1) along `axis`."""
    x = as_tensor(value)
    at = one_axis(axis, x.array.ndim)
    n = x.array.shape[at]
    if isinstance(num_or_size_splits, (int, np.integer)):
        parts = int(num_or_size_splits)
        if parts < 1 or n % parts:
            raise refused("Split", f"Number of ways to split should evenly divide the split dimension, but got split_dim {at} (size = {n}) "
                          f"and num_split {parts}", name, f"Split_num_split_{parts}")  # fmt: skip
        sizes = (n // parts,) * parts
    else:
        sizes = ints(num_or_size_splits)
        if -1 in sizes:
            sizes = tuple(n - sum(s for s in sizes if s != -1) if s == -1 else s for s in sizes)
        if sum(sizes) != n:
            raise refused("SplitV", "Determined shape must either match input shape along split_dim exactly if fully specified, or be less "
                          f"than the size of the input along split_dim if not fully specified.  Got: {sum(sizes)}", name,
                          f"SplitV_num_split_{len(sizes)}")  # fmt: skip
    return list(apply(views.SPLIT, (x,), (at, sizes)))


@face
def unstack(value: Any, num: Any = None, axis: int = 0, name: str = "unstack") -> list[Any]:
    """One tensor for each index of `axis`."""
    x = as_tensor(value)
    at = one_axis(axis, x.array.ndim) if x.array.ndim else 0
    if num is not None and x.array.ndim and num != x.array.shape[at]:
        raise refused(
            "Unpack",
            f"Input shape axis {at} must equal {num}, got shape {bracketed(x.array.shape)}",
            name,
            f"Unpack_num_{num}",
        )
    return raw(shaping.unstack)(x, num, axis)


@face
def tile(input: Any, multiples: Any, name: Any = None) -> Any:
    """The whole tensor again and again along each axis."""
    x, times = as_tensor(input), ints(multiples)
    if len(times) != x.array.ndim:
        raise refused(
            "Tile",
            f"Expected multiples argument to be a vector of length {x.array.ndim} but got length {len(times)}",
            None,
        )
    return arrange.repeat(x, times) if x.array.ndim else x


@face
def repeat(input: Any, repeats: Any, axis: Any = None, name: Any = None) -> Any:
    """Each element several times along `axis`, of the flat tensor without one."""
    return raw(shaping.repeat)(as_tensor(input), repeats, axis)


@face
def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0, name: Any = None) -> Any:
    """A border: constant, or the tensor mirrored without ("REFLECT") or with its edge ("SYMMETRIC")."""
    x = as_tensor(tensor)
    pairs = as_tensor(paddings).array
    if pairs.shape != (x.array.ndim, 2):
        raise refused("Pad", f"The first dimension of paddings must be the rank of inputs[{pairs.shape[0] if pairs.ndim else 0},2] "
                      f"{bracketed(x.array.shape)}", None)  # fmt: skip
    kind = mode.lower()
    if kind not in ("constant", "reflect", "symmetric"):
        raise ValueError(f"Value of argument `mode` expected to be one of CONSTANT, REFLECT or SYMMETRIC; got {mode!r}")
    return blocks.padded(x, tuple((int(a), int(b)) for a, b in pairs), kind, constant_values)


@face
def gather(
    params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: int = 0, name: Any = None
) -> Any:
    """The slices along `axis` that `indices` names; the first `batch_dims` axes go together."""
    x, at = as_tensor(params), as_tensor(indices)
    if at.array.dtype not in (dtypes.I32, dtypes.I64):
        raise InvalidArgumentError(
            "Value for attr 'Tindices' is not in the list of allowed values: int32, int64 [Op:GatherV2]"
        )
    along = batch_dims if axis is None else one_axis(axis, x.array.ndim)
    n = x.array.shape[along]
    places = at.array
    if places.size and (places.min() < 0 or places.max() >= n):
        raise sorting.place_refused(places, n, None if places.ndim else "")
    if not batch_dims:
        return sorting.taken(x, places, along)
    shape = x.array.shape
    lead = shape[:batch_dims]
    count = int(np.prod(lead))
    middle, rest = shape[batch_dims:along], shape[along + 1 :]
    moved = engine.reshape(x, (count, *middle, n, *rest))
    order = (0, len(middle) + 1, *range(1, len(middle) + 1), *range(len(middle) + 2, moved.array.ndim))
    rows = engine.reshape(engine.permute(moved, order), (count * n, *middle, *rest))
    inner = places.shape[batch_dims:]
    flat = (places.reshape(count, -1) + np.arange(count)[:, None] * n).reshape(-1)
    got = engine.reshape(sorting.taken(rows, flat, 0), (count, int(np.prod(inner)), *middle, *rest))
    back = (0, *range(2, 2 + len(middle)), 1, *range(2 + len(middle), got.array.ndim))
    return engine.reshape(engine.permute(got, back), (*lead, *middle, *inner, *rest))


@face
def gather_nd(params: Any, indices: Any, batch_dims: int = 0, name: Any = None) -> Any:
    """The slices at the places whose coordinates lie along the last axis of `indices`."""
    if batch_dims:
        raise NotImplementedError("gather_nd: batch_dims is not part of plait")
    x, at = as_tensor(params), as_tensor(indices).array
    rows = sorting._coordinates(Tensor.wrap(at), x.array.shape, "gather_nd")
    depth = at.shape[-1]
    flat = x if depth == 1 else engine.reshape(x, (int(np.prod(x.array.shape[:depth])), *x.array.shape[depth:]))
    return engine.reshape(sorting.taken(flat, rows, 0), (*at.shape[:-1], *x.array.shape[depth:]))


@face
def scatter_nd(indices: Any, updates: Any, shape: Any, name: Any = None) -> Any:
    """Zeros of a shape with `updates` added at places."""
    return raw(sorting.scatter)(as_tensor(indices), as_tensor(updates), ints(shape))


@face
def tensor_scatter_nd_update(tensor: Any, indices: Any, updates: Any, name: Any = None) -> Any:
    """`tensor` with the elements (or slices) at places replaced."""
    return raw(sorting.scatter_update)(as_tensor(tensor), as_tensor(indices), as_tensor(updates))


@face
def where(condition: Any, x: Any = None, y: Any = None, name: Any = None) -> Any:
    """x where `condition` holds, else y; with neither, the coordinates of what is not zero, int64."""
    c = as_tensor(condition)
    if x is None and y is None:
        return wrap(np.argwhere(dtypes.working(c.array)).astype(np.int64))
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    if c.array.dtype.kind != "b":
        raise InvalidArgumentError(f"cannot compute SelectV2 as input #0(zero-based) was expected to be a bool tensor but is a {c.dtype.name} "
                                   "tensor [Op:SelectV2] name: ")  # fmt: skip
    a, b = pair("SelectV2", x, y)
    shapes = [v.array.shape for v in (c, a, b)]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        told = [bracketed(s) for s in shapes]
        raise refused(
            "SelectV2", f"condition {told[0]}, then {told[1]}, and else {told[2]} must be broadcastable"
        ) from None
    return ew.where(c, a, b)


@face
def boolean_mask(tensor: Any, mask: Any, axis: Any = None, name: str = "boolean_mask") -> Any:
    """The slices where `mask` holds, its axes taken from `axis` on."""
    x, m = as_tensor(tensor), as_tensor(mask)
    at = 0 if axis is None else one_axis(axis, x.array.ndim)
    if not at:
        return masked(x, m)
    order = (*range(at, x.array.ndim), *range(at))
    got = masked(engine.permute(x, order), m)
    back = got.array.ndim - at
    return engine.permute(got, (*range(back, got.array.ndim), *range(back)))


@face
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    name: Any = None,
) -> Any:
    """`on_value` at the place that each integer names along a new axis, `off_value` elsewhere."""
    at = as_tensor(indices).array
    arrays = indices if isinstance(indices, list) else [indices]
    packed = isinstance(indices, (list, np.ndarray)) and not any(isinstance(a, float) for a in arrays)
    if packed and at.dtype.kind == "f":
        at = at.astype(np.int64)
    if at.dtype.kind not in "iu":
        raise InvalidArgumentError(
            "Value for attr 'TI' is not in the list of allowed values: uint8, int8, int32, int64 [Op:OneHot]"
        )
    given = next((as_tensor(v).dtype for v in (on_value, off_value) if v is not None), None)
    want = numpy_of(dtype if dtype is not None else given if given is not None else "float32")
    if given is not None and dtype is not None and given._numpy != want:
        raise TypeError(
            f"dtype {given.name} of on_value or off_value does not match dtype parameter {as_dtype(dtype).name}"
        )
    on, off = (default if v is None else as_tensor(v).array for v, default in ((on_value, 1), (off_value, 0)))
    if int(depth) < 0:
        raise refused("OneHot", f"depth must be non-negative, got: {int(depth)}", None)
    hot = np.where(at[..., None] == np.arange(int(depth)), on, off)
    return wrap(np.ascontiguousarray(np.moveaxis(dtypes.cast(np.asarray(hot), want), -1, -1 if axis is None else axis)))


def shape(input: Any, out_type: Any = None, name: Any = None) -> Any:
    """The sizes as an int32 tensor."""
    return wrap(np.array(as_tensor(input).array.shape, numpy_of(out_type or "int32")))


def size(input: Any, out_type: Any = None, name: Any = None) -> Any:
    """The number of elements as an int32 tensor."""
    return wrap(np.array(as_tensor(input).array.size, numpy_of(out_type or "int32")))


def rank(input: Any, name: Any = None) -> Any:
    """The number of dimensions as an int32 tensor."""
    return wrap(np.array(as_tensor(input).array.ndim, np.int32))


def identity(input: Any, name: Any = None) -> Any:
    """The same values in a tensor of its own."""
    return mapped(lambda x: apply(views.ALIAS, (x,)), input)


def stop_gradient(input: Any, name: Any = None) -> Any:
    """The values, through which no gradient flows."""
    return wrap(as_tensor(input).array)


@face
def broadcast_to(input: Any, shape: Any, name: Any = None) -> Any:
    """A tensor repeated to a shape that it broadcasts to."""
    return raw(shaping.broadcast_to)(as_tensor(input), ints(shape))


def ensure_shape(x: Any, shape: Any, name: Any = None) -> Any:
    """`x` itself; InvalidArgumentError where its shape is another."""
    x = as_tensor(x)
    if not x.shape.is_compatible_with(shape):
        raise InvalidArgumentError(
            f"Shape of tensor x {list(x.array.shape)} is not compatible with expected shape {shape}. [Op:EnsureShape]"
        )
    return x


@face
def reverse(tensor: Any, axis: Any, name: Any = None) -> Any:
    """Elements in reverse order along axes."""
    x = as_tensor(tensor)
    return arrange.flip(x, axes_of(axis, x.array.ndim) or ())


@face
def roll(input: Any, shift: Any, axis: Any, name: Any = None) -> Any:
    """Elements moved on along axes, those that fall off coming in again."""
    return raw(shaping.roll)(as_tensor(input), shift, axis)


@face
def slice(input_: Any, begin: Any, size: Any, name: Any = None) -> Any:
    """A block of a size from a place; -1: all that is left."""
    return raw(sorting.slice)(as_tensor(input_), begin, size)


@face
def meshgrid(*args: Any, indexing: str = "xy", name: str = "meshgrid") -> list[Any]:
    """Coordinates of a grid, one tensor for each axis."""
    from plait.keras.ops.creation import meshgrid as grid

    return raw(grid)(*args, indexing=indexing)


@face
def searchsorted(
    sorted_sequence: Any, values: Any, side: Any = "left", out_type: Any = "int32", name: Any = None
) -> Any:
    """Where `values` would go into sorted rows."""
    a, b = as_tensor(sorted_sequence).array, as_tensor(values).array
    if a.ndim == 1:
        return wrap(np.searchsorted(a, b, side).astype(numpy_of(out_type)))
    rows = [
        np.searchsorted(x, y, side) for x, y in zip(a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1]), strict=True)
    ]
    return wrap(np.stack(rows).reshape(b.shape).astype(numpy_of(out_type)))


class Unique(NamedTuple):
    """What `unique` gives."""

    y: Any
    idx: Any


def unique(x: Any, out_idx: Any = "int32", name: Any = None) -> Any:
    """(y, idx): the distinct elements in the order of their first appearance, and which each element is."""
    array = as_tensor(x).array
    _values, first, inverse = np.unique(array, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank_of = np.empty_like(order)
    rank_of[order] = np.arange(len(order))
    return Unique(wrap(array[np.sort(first)]), wrap(rank_of[inverse].astype(numpy_of(out_idx))))


@face
def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool", name: Any = None) -> Any:
    """Shape lengths + [maxlen]: true in the first `lengths` places; `maxlen` is the greatest length where it is not given."""
    n = as_tensor(lengths).array
    if maxlen is None:
        most = max(int(n.max()), 0) if n.size else 0
    else:
        limit = as_tensor(maxlen).array
        if limit.ndim:
            raise ValueError(
                f"Argument `maxlen` must be scalar for sequence_mask, received `maxlen` = {maxlen} with shape '{limit.shape}' instead"
            )
        most = int(limit)
    mask = wrap(np.arange(most) < n.astype(np.int64)[..., None])
    return mask if as_dtype(dtype).name == "bool" else _convert.to(mask, numpy_of(dtype))
