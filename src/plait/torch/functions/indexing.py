"""Tensor's [] and the functions that read and write by index or mask.

Rules of this file: integers and slices make views; tensors, lists and masks make copies, and come after the views of the same
brackets. Assignment writes through the same views, or by index.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait import dtypes
from plait.dtypes import BOOL, I32, I64, U8
from plait.op import apply, apply_, type_name
from plait.ops import elementwise as ew
from plait.ops import index as ix
from plait.ops import shape, views
from plait.ops.copying import COPY
from plait.ops.shape import wrap_dim
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import Number, into, into_exact, need_int, need_tensor, number
from plait.torch.functions.creation import tensor as make_tensor

__all__ = [
    "argwhere", "gather", "index_add", "index_copy", "index_fill", "index_put", "index_put_", "index_reduce", "index_select", "masked_fill",
    "masked_scatter", "masked_select", "nonzero", "put", "scatter", "scatter_add", "scatter_reduce", "take", "take_along_dim", "where",
]  # fmt: skip

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


# --- brackets ----------------------------------------------------------------------------------------------------------------


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


# --- along a dimension -------------------------------------------------------------------------------------------------------


def _index_tensor(index: Any, name: str, argument: str = "index") -> None:
    need_tensor(index, name, argument, 3)


def _check_range(
    array: Any, n: int, dim: int, name: str, error: type[Exception] = RuntimeError, words: str = ""
) -> None:
    if array.size:
        low, high = (int(array.min()), int(array.max())) if array.size > 1 else (int(array.reshape(-1)[0]),) * 2
        if low < 0 or high >= n:
            bad = low if low < 0 else high
            raise error(words or f"index {bad} is out of bounds for dimension {dim} with size {n}")


def _vector(index: Any, name: str) -> None:
    _index_tensor(index, name)
    if index.array.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector")
    if index.array.dtype not in (I64, I32):
        raise RuntimeError(f"{name}(): Expected dtype int32 or int64 for index")


def _long(index: Tensor) -> Tensor:
    return index if index.array.dtype == I64 else Tensor.wrap(index.array.astype(np.int64))


@method
def index_select(input: Any, dim: int, index: Any, *, out: Any = None) -> Any:
    """Slices along `dim` in the order of `index`."""
    need_tensor(input, "index_select")
    _index_tensor(index, "index_select")
    d = wrap_dim(need_int(dim, "index_select", "dim", 2), input.array.ndim)
    if index.array.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index.array.dtype not in (I64, I32):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    if not input.array.ndim and index.array.size != 1:
        raise IndexError("index_select(): Index to scalar can have only 1 value, got " + f"{index.array.size} value(s)")
    _check_range(
        index.array,
        input.array.shape[d] if input.array.ndim else 1,
        d,
        "index_select",
        IndexError,
        "index out of range in self",
    )
    result = ix.index_select(input, d, _long(index))
    return result if out is None else into("index_select", out, result, input, index)


def _check_gather(input: Any, dim: int, index: Any, name: str, src: Any = None) -> int:
    need_tensor(input, name)
    _index_tensor(index, name)
    d = wrap_dim(need_int(dim, name, "dim", 2), input.array.ndim)
    if not index.array.size:
        return d
    if index.array.dtype not in (I64, I32):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    have, want = input.array.ndim or 1, index.array.ndim or 1
    if have != want:
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as {'input' if name == 'gather' else 'self'} tensor"
        )
    shape_in, shape_ix = input.array.shape or (1,), index.array.shape or (1,)
    if isinstance(src, Tensor) and (src.array.ndim or 1) != want:
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    for i in range(have):
        if name == "gather":
            if i != d and shape_ix[i] > shape_in[i]:
                raise RuntimeError(f"Size does not match at dimension {i} expected index {list(shape_ix)} to be no larger than self "
                                   f"{list(shape_in)} apart from dimension {d}")  # fmt: skip
        else:
            too_wide = (i != d and shape_ix[i] > shape_in[i]) or (
                isinstance(src, Tensor) and shape_ix[i] > (src.array.shape or (1,))[i]
            )
            if too_wide:
                and_src = (
                    f" and to be no larger size than src {list(src.array.shape)}" if isinstance(src, Tensor) else ""
                )
                raise RuntimeError(f"Expected index {list(shape_ix)} to be no larger than self {list(shape_in)} apart from dimension {d}"
                                   f"{and_src}")  # fmt: skip
    _check_range(index.array, shape_in[d], d, name)
    return d


@method
def gather(input: Any, dim: int, index: Any, *, sparse_grad: bool = False, out: Any = None) -> Any:
    """out[i][j] = input[index[i][j]][j] for dim 0, and so on."""
    d = _check_gather(input, dim, index, "gather")
    if not index.array.size:
        result = apply(GATHER_NOTHING, (input, Tensor.wrap(np.zeros(index.array.shape, np.int64))))
    else:
        result = ix.gather(input, d, _long(index))
    return result if out is None else into_exact("gather", out, result, inputs=(input, index))


def _wrapped(index: Tensor, n: int) -> Tensor:
    array = index.array
    return Tensor.wrap(np.where(array < 0, array + n, array)) if array.size and array.min() < 0 else index


@method
def take_along_dim(input: Any, indices: Any, dim: int | None = None, *, out: Any = None) -> Any:
    """`gather` with broadcasting; over the flattened tensor where `dim` is None."""
    need_tensor(input, "take_along_dim")
    need_tensor(indices, "take_along_dim", "indices", 2)
    if indices.array.dtype != I64:
        raise RuntimeError(
            "torch.take_along_dim(): dtype of indices should be Long but got " + type_name(indices.array.dtype)
        )
    if dim is None:
        result = gather(shape.reshape(input, (-1,)), 0, shape.reshape(_wrapped(indices, input.array.size), (-1,)))
    else:
        if input.array.ndim != indices.array.ndim:
            raise RuntimeError("torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
                               f"{input.array.ndim} dimensions for input, and {indices.array.ndim} dimensions for indices")  # fmt: skip
        d = wrap_dim(dim, input.array.ndim)
        a, b = list(input.array.shape), list(indices.array.shape)
        keep_a, keep_b = a[d], b[d]
        b[d] = keep_a
        try:
            full = list(np.broadcast_shapes(tuple(a), tuple(b)))
        except ValueError:
            raise ew.broadcast_error(np.empty(a), np.empty(b)) from None
        full[d] = keep_a
        wide = shape.expand(input, full)
        full[d] = keep_b
        result = gather(wide, d, shape.expand(_wrapped(indices, keep_a), full))
    return result if out is None else into("take_along_dim", out, result)


def _source(name: str, input: Any, src: Any) -> Any:
    if isinstance(src, Tensor):
        if src.array.dtype != input.array.dtype:
            raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")
        return src
    return number(src)


_REDUCE = {"add": "add", "multiply": "multiply", "sum": "add", "prod": "multiply"}


def _scatter(input: Any, dim: int, index: Any, src: Any, value: Any, reduce: Any, target: Any) -> Any:
    need_tensor(input, "scatter")
    given = src if src is not None else value
    d = _check_gather(input, dim, index, "scatter", given)
    given = _source("scatter", input, given)
    if not index.array.size:
        return shape.clone(input) if target is None else target
    inputs = (input, _long(index), given)
    if reduce is None:
        op, params = ix.SCATTER if isinstance(given, Tensor) else SCATTER_NUMBER, (d,)
    elif reduce == "add":
        op, params = ix.SCATTER_ADD, (d,)
    elif reduce == "multiply":
        op, params = ix.SCATTER_WITH, (d, "multiply")  # type: ignore[assignment]
    else:
        raise RuntimeError("reduce argument must be either add or multiply.")
    return apply(op, inputs, params) if target is None else apply_(op, target, inputs, params)


@method
def scatter(
    input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None, out: Any = None
) -> Any:
    """A copy of `input` with `src` (a tensor or number) at the places that `index` names along `dim`."""
    result = _scatter(input, dim, index, src, value, reduce, None)
    return result if out is None else into("scatter", out, result)


@method
def scatter_(
    self: Tensor, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Any:
    """`scatter` in place."""
    return _scatter(self, dim, index, src, value, reduce, self)


@method
def scatter_add(input: Any, dim: int, index: Any, src: Any, *, out: Any = None) -> Any:
    """A copy of `input` plus `src` at the places that `index` names along `dim`."""
    need_tensor(src, "scatter_add", "src", 4)
    d = _check_gather(input, dim, index, "scatter", src)
    _source("scatter", input, src)
    result = apply(ix.SCATTER_ADD, (input, _long(index), src), (d,)) if index.array.size else shape.clone(input)
    return result if out is None else into("scatter_add", out, result)


@method
def scatter_add_(self: Tensor, dim: int, index: Any, src: Any) -> Any:
    """`scatter_add` in place."""
    need_tensor(src, "scatter_add_", "src", 3)
    d = _check_gather(self, dim, index, "scatter", src)
    _source("scatter", self, src)
    return apply_(ix.SCATTER_ADD, self, (self, _long(index), src), (d,)) if index.array.size else self


@method
def scatter_reduce(
    input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True, out: Any = None
) -> Any:
    """Sums, products, means or extremes of `src` by place, together with `input` unless `include_self` is False."""
    d = _check_gather(input, dim, index, "scatter_reduce", src)
    _source("scatter", input, src)
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError("reduce argument must be either sum, prod, mean, amax or amin, got " + str(reduce) + ".")
    from plait.ops.gathering import scatter_reduce as engine

    result = engine(input, d, _long(index), src, reduce, include_self)
    return result if out is None else into("scatter_reduce", out, result)


@method("scatter_reduce_")
def _scatter_reduce_in_place(
    self: Tensor, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True
) -> Any:
    return copy_into(self, scatter_reduce(shape.clone(self), dim, index, src, reduce, include_self=include_self))


def _check_index_add(name: str, input: Any, dim: int, index: Any, source: Any) -> int:
    need_tensor(input, name)
    _index_tensor(index, name)
    need_tensor(source, name, "source", 4)
    d = wrap_dim(need_int(dim, name, "dim", 2), input.array.ndim)
    if index.array.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector")
    if index.array.dtype not in (I64, I32) or (name == "index_copy" and index.array.dtype != I64):
        if name == "index_copy":
            raise IndexError("index_copy_(): Expected a long tensor for index, but got " + type_name(index.array.dtype))
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    if source.array.dtype != input.array.dtype:
        raise RuntimeError(f"{name}(): self ({type_name(input.array.dtype)}) and source ({type_name(source.array.dtype)}) must have the "
                           "same scalar type")  # fmt: skip
    numel, at = index.array.size, source.array.shape
    if source.array.ndim and numel != at[wrap_dim(dim, source.array.ndim)]:
        raise (IndexError if name == "index_copy" else RuntimeError)(
            f"{name}(): Number of indices ({numel}) should be equal to source.size(dim): ({at[d]}), for dim: {d}"
        )
    if input.array.ndim and source.array.ndim:
        rest_a = input.array.shape[:d] + input.array.shape[d + 1 :]
        rest_b = at[:d] + at[d + 1 :]
        if rest_a != rest_b:
            raise RuntimeError(f"source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
                               f"{list(input.array.shape)} source.shape = {list(at)}")  # fmt: skip
    _check_range(index.array, input.array.shape[d] if input.array.ndim else 1, d, name, IndexError if name == "index_copy" else RuntimeError,
                 "index out of range in self" if name != "index_copy" else "index_copy_(): index out of bounds")  # fmt: skip
    return d


@method
def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """A copy of `input` plus alpha times the slices of `source` at `index`."""
    d = _check_index_add("index_add", input, dim, index, source)
    result = ix.index_add(input, d, _long(index), source, number(alpha))
    return result if out is None else into("index_add", out, result)


@method
def index_add_(self: Tensor, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """`index_add` in place."""
    d = _check_index_add("index_add", self, dim, index, source)
    return apply_(ix.INDEX_ADD, self, (self, _long(index), source), (d, number(alpha)))


@method
def index_copy(input: Any, dim: int, index: Any, source: Any, *, out: Any = None) -> Any:
    """A copy of `input` with the slices of `source` at `index`."""
    d = _check_index_add("index_copy", input, dim, index, source)
    result = apply(ix.INDEX_COPY, (input, index, source), (d,))
    return result if out is None else into("index_copy", out, result)


@method
def index_copy_(self: Tensor, dim: int, index: Any, source: Any) -> Any:
    """`index_copy` in place."""
    d = _check_index_add("index_copy", self, dim, index, source)
    return apply_(ix.INDEX_COPY, self, (self, index, source), (d,))


@method
def index_reduce(
    input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True, out: Any = None
) -> Any:
    """`scatter_reduce` by whole slices."""
    d = _check_index_add("index_reduce", input, dim, index, source)
    places = index.array.reshape([-1 if i == d else 1 for i in range(source.array.ndim)] if source.array.ndim else ())
    full = np.broadcast_to(places, source.array.shape)
    result = scatter_reduce(input, d, Tensor.wrap(np.array(full, np.int64)), source, reduce, include_self=include_self)
    return result if out is None else into("index_reduce", out, result)


@method("index_reduce_")
def _index_reduce_in_place(
    self: Tensor, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True
) -> Any:
    return copy_into(self, index_reduce(shape.clone(self), dim, index, source, reduce, include_self=include_self))


def _check_index_fill(input: Any, dim: int, index: Any, value: Any) -> tuple[int, Any]:
    need_tensor(input, "index_fill")
    _index_tensor(index, "index_fill")
    d = wrap_dim(need_int(dim, "index_fill", "dim", 2), input.array.ndim)
    if index.array.dtype != I64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index.array.ndim > 1:
        raise IndexError("index_fill_(): Index is supposed to be a vector")
    if isinstance(value, Tensor):
        if value.array.ndim:
            raise RuntimeError(
                f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.array.ndim} dimension(s)."
            )
        value = _cast_value(value, input)
    else:
        value = number(value)
    n = input.array.shape[d] if input.array.ndim else 1
    array = index.array
    if array.size and (int(array.min()) < -n or int(array.max()) >= n):
        raise IndexError(
            f"index {int(array.max()) if int(array.max()) >= n else int(array.min())} is out of bounds for dimension {d} with size {n}"
        )
    return d, value


@method
def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """A copy of `input` with a number in the slices at `index`."""
    d, v = _check_index_fill(input, dim, index, value)
    return apply(INDEX_FILL_TENSOR if isinstance(v, Tensor) else ix.INDEX_FILL, (input, index, v), (d,))


@method
def index_fill_(self: Tensor, dim: int, index: Any, value: Any) -> Any:
    """`index_fill` in place."""
    d, v = _check_index_fill(self, dim, index, value)
    return apply_(ix.INDEX_FILL, self, (self, index, v), (d,))


@method
def fill_diagonal_(self: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """A number on the main diagonal, in place; `wrap` starts again below a tall matrix's last row."""
    n = self.array.ndim
    if n < 2:
        raise RuntimeError("dimensions must larger than 1")
    if n > 2 and len(set(self.array.shape)) != 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    if n == 2 and not (wrap and self.array.shape[0] > self.array.shape[1] + 1):
        copy_into(views.diagonal(self), number(fill_value))
        return self
    places = np.zeros(self.array.shape, bool)
    np.fill_diagonal(places, True, wrap)
    result: Tensor = apply_(ix.MASKED_FILL, self, (self, Tensor.wrap(places), number(fill_value)))
    return result


# --- masks -------------------------------------------------------------------------------------------------------------------


def _check_mask(name: str, input: Any, mask: Any) -> Any:
    need_tensor(input, name)
    need_tensor(mask, name, "mask", 2)
    if mask.array.dtype != BOOL:
        if name == "masked_select":
            raise RuntimeError("masked_select: expected BoolTensor for mask")
        raise RuntimeError(f"{name} only supports boolean masks, but got mask with dtype "
                           f"{'unsigned char' if mask.array.dtype == U8 else mask.array.dtype.name}")  # fmt: skip
    if input.array.shape == mask.array.shape:
        return mask.array.shape
    try:
        return np.broadcast_shapes(input.array.shape, mask.array.shape)
    except ValueError:
        raise ew.broadcast_error(input.array, mask.array) from None


@method
def masked_select(input: Any, mask: Any, *, out: Any = None) -> Any:
    """The elements where `mask` is true, in one dimension."""
    _check_mask("masked_select", input, mask)
    result = ix.masked_select(input, mask)
    return result if out is None else into("masked_select", out, result, input, mask)


def _fill_value(input: Any, value: Any) -> Any:
    if isinstance(value, Tensor):
        if value.array.ndim:
            raise RuntimeError(
                f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.array.ndim} dimension(s)."
            )
        return _cast_value(value, input)
    if isinstance(value, complex):
        raise RuntimeError(f"value cannot be converted to type {_cpp(input.array.dtype)} without overflow")
    if not isinstance(value, Number):
        raise TypeError(f"masked_fill(): argument 'value' (position 2) must be Number, not {type(value).__name__}")
    value = number(value)
    if (
        isinstance(value, float)
        and not isinstance(value, bool)
        and input.array.dtype.kind in "iub"
        and not value.is_integer()
    ):
        raise RuntimeError(f"value cannot be converted to type {_cpp(input.array.dtype)} without overflow")
    return value


def _cpp(dtype: np.dtype) -> str:
    return {
        "int64": "int64_t",
        "int32": "int",
        "uint8": "uint8_t",
        "bool": "bool",
        "float32": "float",
        "float64": "double",
    }.get(dtype.name, dtype.name)


@method
def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """A copy of `input` with `value` where `mask` is true."""
    _check_mask("masked_fill", input, mask)
    return apply(
        MASKED_FILL_TENSOR if isinstance(value, Tensor) else ix.MASKED_FILL, (input, mask, _fill_value(input, value))
    )


@method
def masked_fill_(self: Tensor, mask: Any, value: Any) -> Any:
    """`masked_fill` in place."""
    full = _check_mask("masked_fill_", self, mask)
    if full != self.array.shape:
        raise RuntimeError(f"output with shape {list(self.array.shape)} doesn't match the broadcast shape {list(full)}")
    return apply_(ix.MASKED_FILL, self, (self, mask, _fill_value(self, value)))


def _check_masked_scatter(input: Any, mask: Any, source: Any) -> None:
    if source.array.dtype != input.array.dtype:
        raise RuntimeError(f"masked_scatter: expected self and source to have same dtypes but got {type_name(input.array.dtype)} and "
                           f"{type_name(source.array.dtype)}")  # fmt: skip
    _check_mask("masked_scatter_", input, mask)


@method
def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """A copy of `input` with the elements of `source`, in order, where `mask` is true."""
    _check_masked_scatter(input, mask, source)
    return ix.masked_scatter(input, mask, source)


@method
def masked_scatter_(self: Tensor, mask: Any, source: Any) -> Any:
    """`masked_scatter` in place."""
    _check_masked_scatter(self, mask, source)
    return apply_(ix.MASKED_SCATTER, self, (self, mask, source))


# --- flat indices ------------------------------------------------------------------------------------------------------------


@method
def take(input: Any, index: Any, *, out: Any = None) -> Any:
    """Elements of the flattened tensor."""
    need_tensor(input, "take")
    need_tensor(index, "take", "index", 2)
    if index.array.dtype != I64:
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {type_name(index.array.dtype)}")
    n = input.array.size
    if index.array.size and not n:
        raise IndexError("take(): tried to take from an empty tensor")
    if index.array.size and (int(index.array.min()) < -n or int(index.array.max()) >= n):
        raise IndexError(
            "out of range: tried to access index " + f"{int(index.array.max())} on a tensor of {n} elements."
        )
    result = ix.take(input, index)
    return result if out is None else into("take", out, result, input, index)


def _check_put(input: Any, index: Any, source: Any) -> None:
    if index.array.dtype != I64:
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {type_name(index.array.dtype)}")
    if source.array.dtype != input.array.dtype:
        raise RuntimeError("put_(): self and source expected to have the same dtype, but got self.dtype = "
                           f"{type_name(input.array.dtype)} and source.dtype = {type_name(source.array.dtype)}")  # fmt: skip
    if index.array.size != source.array.size:
        raise RuntimeError("put_(): Expected source and index to have the same number of elements, but got source.numel() = "
                           f"{source.array.size}, index.numel() = {index.array.size}")  # fmt: skip
    n = input.array.size
    if index.array.size and (int(index.array.min()) < -n or int(index.array.max()) >= n):
        raise IndexError(f"out of range: tried to access index {int(index.array.max())} on a tensor of {n} elements.")


@method
def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """A copy of `input` with `source` at places of the flattened tensor."""
    _check_put(input, index, source)
    return apply(ix.PUT, (input, index, source), (accumulate,))


@method
def put_(self: Tensor, index: Any, source: Any, accumulate: bool = False) -> Any:
    """`put` in place."""
    _check_put(self, index, source)
    return apply_(ix.PUT, self, (self, index, source), (accumulate,))


@method
def nonzero(input: Any, *, out: Any = None, as_tuple: bool = False) -> Any:
    """Coordinates of the elements that are not zero: rows of a matrix, or a tuple of one tensor a dimension."""
    need_tensor(input, "nonzero")
    if as_tuple:
        array = input.array if input.array.ndim else input.array.reshape(1)
        rows = ix.nonzero(array)
        return tuple(Tensor.wrap(np.ascontiguousarray(rows[:, i])) for i in range(rows.shape[1]))
    result = Tensor.wrap(ix.nonzero(input.array))
    if out is not None and out.array.dtype != I64:
        raise RuntimeError(
            f"nonzero: Expected out tensor to have scalar type Long but got scalar type{type_name(out.array.dtype)}"
        )
    return result if out is None else into("nonzero", out, result)


@method
def argwhere(input: Any) -> Any:
    """Coordinates of the elements that are not zero, one row each."""
    return nonzero(input)


def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Any:
    """`input` where the condition holds, else `other`; with the condition alone its `nonzero` as a tuple."""
    need_tensor(condition, "where", "condition")
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if condition.array.dtype == U8:
        warnings.warn("where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future version of "
                      "PyTorch. Use a boolean condition instead.", UserWarning, stacklevel=2)  # fmt: skip
        condition = Tensor.wrap(condition.array != 0)
    elif condition.array.dtype != BOOL:
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {type_name(condition.array.dtype)}"
        )
    from plait.torch.functions.elementwise import operand

    a, b = operand(input, "where", "input"), operand(other, "where", "other", 3)
    result = _where(condition, a, b)
    return result if out is None else into("where", out, result)


def _where(condition: Any, a: Any, b: Any) -> Any:
    if isinstance(a, Tensor) and isinstance(b, Tensor) and a.array.dtype == b.array.dtype:
        return apply(ew.WHERE, (condition, a, b))
    kind = dtypes.result_type(*(v.array if isinstance(v, Tensor) else v for v in (a, b)))
    a, b = (
        shape.to_dtype(v, kind) if isinstance(v, Tensor) else Tensor.wrap(dtypes.cast(np.asarray(v), kind))
        for v in (a, b)
    )
    return apply(ew.WHERE, (condition, a, b))


@method("where")
def _where_method(self: Tensor, condition: Any, other: Any = None) -> Any:
    return where(condition, self, other)
