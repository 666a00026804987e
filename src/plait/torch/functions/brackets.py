"""Tensor's [] for reading and writing.

Rules of this file: integers and slices make views; tensors, lists and masks make copies, and come after the views of the same
brackets. Assignment writes through the same views, or by index.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait import picking
from plait.dtypes import BOOL, I32, I64, U8
from plait.op import apply_, type_name
from plait.ops import index as ix
from plait.ops import shape, views
from plait.ops.copying import COPY
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import number
from plait.torch.functions.creation import tensor as make_tensor

__all__ = ["index_put", "index_put_"]

_INDEX_KINDS = (I64, I32, BOOL, U8)


SCATTER_NUMBER, MASKED_FILL_TENSOR = (
    views.named(ix.SCATTER, "ScatterBackward1"),
    views.named(ix.MASKED_FILL, "MaskedFillBackward1"),
)
GATHER_NOTHING = views.named(ix.TAKE, "GatherBackward0")
_FILL, _MASK_PUT = views.named(COPY, "FillBackward3"), views.named(ix.MASKED_FILL, "IndexPutBackward0")
INDEX_FILL_TENSOR = views.named(ix.INDEX_FILL, "IndexFillBackward1")


def copy_into(target: Tensor, value: Any) -> Tensor:
    """Write a tensor (broadcast, cast) or a number into `target`."""
    if isinstance(value, Tensor) and value.array.shape != target.array.shape:
        have, want = value.array.shape, target.array.shape
        if len(have) > len(want) or any(a not in (b, 1) for a, b in zip(have[::-1], want[::-1], strict=False)):
            if len(have) > len(want):
                raise shape.too_many_dims(value, want)
            old, new, at = _first_bad(have, want)
            raise RuntimeError(f"The expanded size of the tensor ({new}) must match the existing size ({old}) at non-singleton dimension {at}.  "
                               f"Target sizes: {list(want)}.  Tensor sizes: {list(have)}")  # fmt: skip
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
        warnings.warn(_LIST_WARNING, UserWarning, stacklevel=5)
        return tuple(key)
    return (key,)


class _Brackets(picking.Brackets):
    """PyTorch's: a list may stand for a tuple, a uint8 tensor for a mask."""

    unpack = staticmethod(_unpack)
    as_index = staticmethod(_as_index)

    def wrong(self, value: Any) -> Exception:
        if isinstance(value, (str, bytes)):
            return TypeError(f"new(): invalid data type '{type(value).__name__}'")
        return _bad_index(value)

    def scalar(self) -> Exception:
        return IndexError("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim "
                          "tensor to a number")  # fmt: skip

    def byte_mask(self) -> None:
        warnings.warn(
            "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.",
            UserWarning,
            stacklevel=5,
        )


_BRACKETS = _Brackets()
_prepare, _expand_masks = _BRACKETS.prepare, _BRACKETS.expand_masks
_get = _BRACKETS.get


@method
def __getitem__(self: Tensor, key: Any) -> Any:
    """What the brackets name: a view for integers and slices, a copy for tensors, lists and masks."""
    return _get(self, key)


def _value(self: Tensor, value: Any) -> Any:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (int, float, np.integer)):  # float64 is a float; upstream takes no other float of NumPy here
        return number(value)
    name = f"numpy.{type(value).__name__}" if isinstance(value, (np.ndarray, np.generic)) else type(value).__name__
    raise TypeError(f"can't assign a {name} to a torch.{type_name(self.array.dtype)}Tensor")


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
    x, rest = _prepare(self, Ellipsis if key == slice(None) else key)
    if not rest:
        if not isinstance(value, Tensor) or not value.array.ndim:
            apply_(_FILL, x, (x, value))
        else:
            copy_into(x, _stripped(value, x.array.ndim))
        return
    if len(rest) == 1 and rest[0][1].array.dtype == BOOL and not (isinstance(value, Tensor) and value.array.ndim):
        dim, mask = rest[0]
        if mask.array.shape == x.array.shape[dim : dim + mask.array.ndim]:
            tail = x.array.ndim - dim - mask.array.ndim
            full = Tensor.wrap(mask.array.reshape(mask.array.shape + (1,) * tail))
            apply_(_MASK_PUT, x, (x, full, _cast_value(value, x)))
            return
    arrays, dims = _expand_masks(x, rest)
    _put_by_index(x, arrays, dims, value, False)


def _cast_value(value: Any, x: Tensor) -> Any:
    if isinstance(value, Tensor) and value.array.dtype != x.array.dtype:
        return shape.to_dtype(value, x.array.dtype)
    return value


def _put_by_index(x: Tensor, arrays: Any, dims: Any, value: Any, accumulate: bool) -> Any:
    value = _cast_value(value, x)
    picking.check_bounds(x, arrays, dims)
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
