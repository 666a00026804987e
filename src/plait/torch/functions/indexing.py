"""Functions that read and write along a dimension, by masks and by flat indices."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait.dtypes import I32, I64
from plait.op import apply, apply_, type_name
from plait.ops import elementwise as ew
from plait.ops import index as ix
from plait.ops import shape, views
from plait.ops.shape import wrap_dim
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import into, into_exact, need_int, need_tensor, number
from plait.torch.functions.brackets import GATHER_NOTHING, INDEX_FILL_TENSOR, SCATTER_NUMBER, _cast_value, copy_into

__all__ = [
    "gather",
    "index_add",
    "index_copy",
    "index_fill",
    "index_reduce",
    "index_select",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "take_along_dim",
]


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
    if reduce is not None and isinstance(given, Tensor):
        warnings.warn(
            "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future PyTorch release. Use "
            "torch.scatter_reduce instead for more reduction options.",
            UserWarning,
            stacklevel=3,
        )
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
    return apply_(INDEX_FILL_TENSOR if isinstance(v, Tensor) else ix.INDEX_FILL, self, (self, index, v), (d,))


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
