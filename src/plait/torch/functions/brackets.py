"""Tensor's [] for reading and writing.

Rules of this file: integers and slices make views; tensors, lists and masks make copies, and come after the views of the same
brackets. Assignment writes through the same views, or by index.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait.dtypes import BOOL, I32, I64, U8
from plait.op import apply, apply_, type_name
from plait.ops import index as ix
from plait.ops import shape, views
from plait.ops.copying import COPY
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import Number, number
from plait.torch.functions.creation import tensor as make_tensor

__all__ = ["index_put", "index_put_"]

_INDEX_KINDS = (I64, I32, BOOL, U8)


SCATTER_NUMBER, MASKED_FILL_TENSOR = (
    views.named(ix.SCATTER, "ScatterBackward1"),
    views.named(ix.MASKED_FILL, "MaskedFillBackward1"),
)
GATHER_NOTHING = views.named(ix.TAKE, "GatherBackward0")
INDEX_FILL_TENSOR = views.named(ix.INDEX_FILL, "IndexFillBackward1")


def copy_into(target: Tensor, value: Any) -> Tensor:
    """Write a tensor (broadcast, cast) or a number into `target`."""
    if isinstance(value, Tensor) and value.array.shape != target.array.shape:
        have, want = value.array.shape, target.array.shape
        if len(have) > len(want) or any(a not in (b, 1) for a, b in zip(have[::-1], want[::-1], strict=False)):
            raise RuntimeError(f"The expanded size of the tensor ({_first_bad(have, want)[1]}) must match the existing size "
                               f"({_first_bad(have, want)[0]}) at non-singleton dimension {_first_bad(have, want)[2]}.  Target sizes: "
                               f"{list(want)}.  Tensor sizes: {list(have)}" if len(have) <= len(want) else
                               f"output with shape {list(want)} doesn't match the broadcast shape {list(have)}")  # fmt: skip
    result: Tensor = apply_(COPY, target, (target, value))
    return result


def _first_bad(have: Any, want: Any) -> tuple[int, int, int]:
    lead = len(want) - len(have)
    for i, (a, b) in enumerate(zip(have, want[lead:], strict=False)):
        if a not in (b, 1):
            return a, b, i + lead
    return 0, 0, 0


def _bad_index(value: Any) -> IndexError:
    return IndexError(f"only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
                      f"{type(value).__name__})")  # fmt: skip


def _as_index(value: Any) -> Any:
    """A list, range, array or tensor as an index tensor."""
    if not isinstance(value, Tensor):
        value = Tensor.wrap(value) if isinstance(value, np.ndarray) else make_tensor(value)
        if value.array.size == 0 and value.array.dtype.kind == "f":
            value = Tensor.wrap(value.array.astype(np.int64))
    if value.array.dtype not in _INDEX_KINDS:
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return value


def _is_tuple_like(key: Any) -> bool:
    """Whether a list means several indices: upstream's old rule for short lists that hold more than numbers."""
    if len(key) >= 32:
        return False
    return any(isinstance(item, (Tensor, slice, list, tuple)) or item is None or item is Ellipsis for item in key)


_LIST_WARNING = (
    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use x[tuple(seq)] instead "
    "of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], which will result either in an error or a "
    "different result"
)


def _unpack(key: Any) -> tuple[Any, ...]:
    if type(key) is tuple:
        return key
    if isinstance(key, list) and _is_tuple_like(key):
        warnings.warn(_LIST_WARNING, UserWarning, stacklevel=3)
        return tuple(key)
    return (key,)


def _bound(value: Any) -> Any:
    if value is None or type(value) is int:
        return value
    if isinstance(value, Tensor):
        if value.array.size != 1 or value.array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(value.array.reshape(-1)[0])
    if hasattr(value, "__index__"):
        return value.__index__()
    raise TypeError("slice indices must be integers or None or have an __index__ method")


def _consumed(item: Any) -> int:
    """How many dimensions an item of the brackets takes."""
    if item is None or item is Ellipsis or item is True or item is False:
        return 0
    if isinstance(item, Tensor) and item.array.dtype in (BOOL, U8):
        return item.array.ndim
    if isinstance(item, np.ndarray) and item.dtype == bool:
        return item.ndim
    if isinstance(item, (list, range)) and not isinstance(item, range):
        probe: Any = item
        depth = 0
        while isinstance(probe, list) and probe:
            probe, depth = probe[0], depth + 1
        return depth if isinstance(probe, (bool, np.bool_)) else 1
    return 1


def _prepare(x: Tensor, key: Any) -> tuple[Any, list[Any]]:
    """The view that integers, slices, None and … make, and the index tensors that remain, by dimension."""
    items = _unpack(key)
    for item in items:
        if isinstance(item, (str, bytes)):
            raise TypeError(f"new(): invalid data type '{type(item).__name__}'")
    taken = 0
    for item in items:
        taken += _consumed(item)
    n = x.array.ndim
    if n == 0 and taken and len(items) == 1 and not isinstance(items[0], (Tensor, list, np.ndarray)):
        if type(items[0]) is int or isinstance(items[0], (int, np.integer)):
            raise IndexError("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
                             "0-dim tensor to a number")  # fmt: skip
    if taken > n:
        raise IndexError(f"too many indices for tensor of dimension {n}")
    dim = 0
    rest: list[Any] = []
    for item in items:
        kind = type(item)
        if kind is int:
            x = _select(x, dim, item)
        elif kind is slice:
            x = _slice(x, dim, item)
            dim += 1
        elif item is None:
            x = apply(views.UNSQUEEZE, (x,), (dim,))
            dim += 1
        elif item is Ellipsis:
            dim += n - taken
        elif kind is bool or kind is np.bool_:
            x = apply(views.UNSQUEEZE, (x,), (dim,))
            rest.append((dim, Tensor.wrap(np.asarray([bool(item)]))))
            dim += 1
        elif isinstance(item, Tensor) and not item.array.ndim and item.array.dtype.kind in "iub":
            if item.array.dtype in (BOOL, U8):
                x = apply(views.UNSQUEEZE, (x,), (dim,))
                rest.append((dim, Tensor.wrap(np.asarray([bool(item.array)]))))
                dim += 1
            else:
                x = _select(x, dim, int(item.array))
        elif isinstance(item, np.integer):
            x = _select(x, dim, int(item))
        elif isinstance(item, (Tensor, list, range, np.ndarray, tuple)):
            index = _as_index(list(item) if isinstance(item, (range, tuple)) else item)
            rest.append((dim, index))
            dim += index.array.ndim if index.array.dtype in (BOOL, U8) else 1
        elif hasattr(item, "__index__"):
            x = _select(x, dim, item.__index__())
        else:
            raise _bad_index(item)
    return x, rest


def _select(x: Tensor, dim: int, index: int) -> Any:
    n = x.array.shape[dim]
    if index < 0:
        if index < -n:
            raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {n}")
        index += n
    elif index >= n:
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {n}")
    return apply(views.SELECT, (x,), (dim, index))


def _slice(x: Tensor, dim: int, item: slice) -> Any:
    start, stop, step = item.start, item.stop, item.step
    if start is None and stop is None and step is None and dim:
        return x
    step = 1 if step is None else _bound(step)
    if step == 0:
        raise ValueError("slice step cannot be zero")
    if step < 0:
        raise ValueError("step must be greater than zero")
    lo, hi, by = slice(_bound(start), _bound(stop), step).indices(x.array.shape[dim])
    if hi < lo:
        hi = lo
    return apply(shape.SLICE, (x,), (dim, lo, hi, by))


def _check_bounds(x: Tensor, array: Any, dim: int) -> None:
    n = x.array.shape[dim]
    if array.size:
        low, high = int(array.min()), int(array.max())
        if low < -n or high >= n:
            raise IndexError(f"index {low if low < -n else high} is out of bounds for dimension {dim} with size {n}")


def _out_of_bounds(x: Tensor, arrays: Any, dims: Any) -> None:
    """Name the index that NumPy refused."""
    for index, dim in zip(arrays, dims, strict=True):
        _check_bounds(x, index.array, dim)


def _expand_masks(x: Tensor, rest: list[Any]) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """Index tensors in int64, masks as the coordinates of what is true, broadcast-checked, and their dimensions."""
    arrays: list[Any] = []
    dims: list[int] = []
    for dim, index in rest:
        array = index.array
        if array.dtype == U8:
            warnings.warn(
                "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.",
                UserWarning,
                stacklevel=4,
            )
            array = array != 0
        if array.dtype == BOOL:
            for i, m in enumerate(array.shape):
                if x.array.shape[dim + i] != m:
                    raise IndexError(f"The shape of the mask {list(array.shape)} at index {i} does not match the shape of the indexed "
                                     f"tensor {list(x.array.shape)} at index {dim + i}")  # fmt: skip
            for i, coordinates in enumerate(np.nonzero(array)):
                arrays.append(coordinates)
                dims.append(dim + i)
        else:
            arrays.append(array if array.dtype == I64 else array.astype(np.int64))
            dims.append(dim)
            if not x.array.size:
                _check_bounds(x, array, dim)
    if len(rest) == 1:
        return tuple([Tensor.wrap(a) for a in arrays]), tuple(dims)
    try:
        np.broadcast_shapes(*(a.shape for a in arrays))
    except ValueError:
        shapes = ", ".join(str(list(a.shape)) for a in arrays)
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
        ) from None
    return tuple(Tensor.wrap(a) for a in arrays), tuple(dims)


def _short_key(key: Any, ndim: int) -> Any:
    """A key of integers, slices, None and … as NumPy takes it, where the tape does not care for the steps between; else None."""
    if type(key) is not tuple:
        key = (key,)
    taken = 0
    for item in key:
        kind = type(item)
        if kind is int:
            taken += 1
        elif kind is slice:
            taken += 1
            for bound in (item.start, item.stop):
                if bound is not None and type(bound) is not int:
                    return None
            if item.step is not None and (type(item.step) is not int or item.step < 1):
                return None
        else:
            return None
    return (*key, Ellipsis) if 0 < taken <= ndim else None


@method
def __getitem__(self: Tensor, key: Any) -> Any:
    """What the brackets name: a view for integers and slices, a copy for tensors, lists and masks."""
    if type(key) is int and self.array.ndim:
        return _select(self, 0, key)
    if not self.tracks and self.base is None:
        short = _short_key(key, self.array.ndim)
        if short is not None:
            try:
                return apply(views.BASIC, (self,), (short,))
            except IndexError:
                pass  # the long way says what is wrong
    x, rest = _prepare(self, key)
    if rest:
        arrays, dims = _expand_masks(x, rest)
        try:
            return apply(ix.INDEX, (x, *arrays), (dims,))
        except IndexError:
            _out_of_bounds(x, arrays, dims)
            raise
    return apply(views.ALIAS, (x,)) if x is self else x


def _value(self: Tensor, value: Any) -> Any:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, np.ndarray):
        return Tensor.wrap(value)
    if isinstance(value, Number):
        return number(value)
    if isinstance(value, (list, tuple)):
        raise TypeError(f"can't assign a {type(value).__name__} to a torch.{type_name(self.array.dtype)}Tensor")
    raise TypeError(f"can't assign a {type(value).__name__} to a torch.{type_name(self.array.dtype)}Tensor")


def _stripped(value: Any, ndim: int) -> Any:
    """A value without the leading dimensions of size 1 that the target lacks."""
    if isinstance(value, Tensor) and value.array.ndim > ndim:
        dims = value.array.shape
        while len(dims) > ndim and dims[0] == 1:
            dims = dims[1:]
        if dims != value.array.shape:
            return shape.reshape(value, dims)
    return value


@method
def __setitem__(self: Tensor, key: Any, value: Any) -> None:
    """Write a number or a tensor to what the brackets name."""
    value = _value(self, value)
    x, rest = _prepare(self, key)
    if not rest:
        copy_into(x, _stripped(value, x.array.ndim))
        return
    if len(rest) == 1 and rest[0][1].array.dtype == BOOL and not (isinstance(value, Tensor) and value.array.ndim):
        dim, mask = rest[0]
        if mask.array.shape == x.array.shape[dim : dim + mask.array.ndim]:
            tail = x.array.ndim - dim - mask.array.ndim
            full = Tensor.wrap(mask.array.reshape(mask.array.shape + (1,) * tail))
            apply_(ix.MASKED_FILL, x, (x, full, _cast_value(value, x)))
            return
    arrays, dims = _expand_masks(x, rest)
    _put_by_index(x, arrays, dims, value, False)


def _cast_value(value: Any, x: Tensor) -> Any:
    if isinstance(value, Tensor) and value.array.dtype != x.array.dtype:
        return shape.to_dtype(value, x.array.dtype)
    return value


def _put_by_index(x: Tensor, arrays: Any, dims: Any, value: Any, accumulate: bool) -> Any:
    value = _cast_value(value, x)
    _out_of_bounds(x, arrays, dims)
    if isinstance(value, Tensor):
        place = ix._index(np.broadcast_to(np.empty((), BOOL), x.array.shape), *(a.array for a in arrays), dims).shape
        value = _stripped(value, len(place))
        have = value.array.shape
        if len(have) > len(place) or any(a not in (b, 1) for a, b in zip(have[::-1], place[::-1], strict=False)):
            raise RuntimeError(
                f"shape mismatch: value tensor of shape {list(have)} cannot be broadcast to indexing result of shape {list(place)}"
            )
    return apply_(ix.INDEX_PUT, x, (x, value, *arrays), (dims, accumulate))


def _by_indices(x: Tensor, indices: Any) -> tuple[Any, Any]:
    rest = []
    dim = 0
    if len(indices) > x.array.ndim:
        raise IndexError(f"too many indices for tensor of dimension {x.array.ndim} (got {len(indices)})")
    for item in indices:
        if item is None:
            dim += 1
            continue
        index = _as_index(item)
        rest.append((dim, index))
        dim += index.array.ndim if index.array.dtype in (BOOL, U8) else 1
    return _expand_masks(x, rest)


@method
def index_put_(self: Tensor, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """Write `values` at the coordinates of the index tensors; `accumulate` adds instead."""
    if values.array.dtype != self.array.dtype:
        raise RuntimeError(f"Index put requires the source and destination dtypes match, got {type_name(self.array.dtype)} for the "
                           f"destination and {type_name(values.array.dtype)} for the source.")  # fmt: skip
    arrays, dims = _by_indices(self, indices)
    return _put_by_index(self, arrays, dims, values, accumulate)


@method
def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """A copy of `input` with `values` at the coordinates of the index tensors."""
    return index_put_(shape.clone(input), indices, values, accumulate)
