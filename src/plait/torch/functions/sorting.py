"""Order: sort, topk, kthvalue, median, mode, unique, searchsorted, bincount, histc; results are upstream's named tuples."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.dtypes import I32, I64
from plait.op import apply, type_name
from plait.ops import order
from plait.ops.shape import wrap_dim
from plait.ops.views import named
from plait.torch._builtins import inner
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import into, into_exact, named_result, need_int, need_tensor, number, refuse_kinds

__all__ = [
    "argsort", "bincount", "bucketize", "histc", "kthvalue", "median", "mode", "msort", "nanmedian", "searchsorted", "sort", "topk", "unique",
    "unique_consecutive",
]  # fmt: skip

SORT_STABLE = named(order.SORT, "SortBackward1")
_SORT = named_result("sort", "values", "indices")
_TOPK = named_result("topk", "values", "indices")


def _pair(kind: Any, name: str, got: Any, out: Any, *inputs: Any) -> Any:
    if out is None:
        return kind(got)
    return named_result(name + "_out", "values", "indices")((into_exact(name, out[0], got[0], inputs=inputs),
                                                                    into_exact(name, out[1], got[1], inputs=inputs)))  # fmt: skip


@method
def sort(input: Any, dim: Any = -1, descending: bool = False, stable: bool | None = None, *, out: Any = None) -> Any:
    """(sorted, indices) along `dim`; equal elements keep their order, NaN is the largest."""
    need_tensor(input, "sort")
    if isinstance(dim, bool):
        dim, descending = -1, dim
    d = wrap_dim(need_int(dim, "sort", "dim", 2), input.array.ndim)
    return _pair(
        _SORT, "sort", apply(order.SORT if stable is None else SORT_STABLE, (input,), (d, bool(descending))), out
    )


@method
def argsort(input: Any, dim: Any = -1, descending: bool = False, stable: bool = False) -> Any:
    """The indices that sort along `dim`."""
    need_tensor(input, "argsort")
    d = wrap_dim(need_int(dim, "argsort", "dim", 2), input.array.ndim)
    return Tensor.wrap(order.order(input.array, d, bool(descending)))


@method
def msort(input: Any, *, out: Any = None) -> Any:
    """Sorted along the first dimension."""
    need_tensor(input, "msort")
    result = order.sort(input, 0, False)[0]
    return result if out is None else into("msort", out, result)


@method
def topk(input: Any, k: Any, dim: int = -1, largest: bool = True, sorted: bool = True, *, out: Any = None) -> Any:
    """(values, indices) of the k largest (or smallest) elements along `dim`, in order."""
    need_tensor(input, "topk")
    count = need_int(k, "topk", "k", 2)
    if input.array.dtype == np.bool_:
        raise RuntimeError("topk does not support bool dtypes on CPU")
    d = wrap_dim(dim, input.array.ndim)
    n = input.array.shape[d] if input.array.ndim else 1
    if not 0 <= count <= n:
        raise RuntimeError("selected index k out of range")
    return _pair(_TOPK, "topk", order.topk(input, count, d, bool(largest)), out)


_KTHVALUE = named_result("kthvalue", "values", "indices")


@method
def kthvalue(input: Any, k: Any, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Any:
    """(value, index) of the k-th smallest element along `dim`."""
    need_tensor(input, "kthvalue")
    count = need_int(k, "kthvalue", "k", 2)
    d = wrap_dim(dim, input.array.ndim)
    _need_elements(input, d, "kthvalue")
    n = input.array.shape[d] if input.array.ndim else 1
    if not 1 <= count <= n:
        raise RuntimeError("kthvalue(): selected number k out of range for dimension " + str(d))
    refuse_kinds("kthvalue_cpu", "b", input)
    return _pair(_KTHVALUE, "kthvalue", apply(order.KTHVALUE, (input,), (count, d, keepdim)), out, input)


def _need_elements(x: Tensor, dim: int, name: str) -> None:
    if x.array.ndim and x.array.shape[dim] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")


MEDIAN_DIM, NANMEDIAN_DIM = named(order.MEDIAN, "MedianBackward1"), named(order.MEDIAN, "NanmedianBackward1")


def _median(name: str, skip: bool, whole: Any, along: Any) -> Any:
    kind = named_result(name, "values", "indices")

    def function(input: Any, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
        need_tensor(input, name)
        if dim is None:
            n = input.array.size
            if n == 0:
                bad = np.nan if dtypes.is_floating(input.array.dtype) else np.iinfo(input.array.dtype).min
                return Tensor.wrap(dtypes.cast(np.asarray(bad), input.array.dtype))
            refuse_kinds("median_cpu", "b", input)
            return apply(whole, (input,), (skip,))
        d = wrap_dim(need_int(dim, name, "dim", 2), input.array.ndim)
        _need_elements(input, d, name)
        refuse_kinds("median_out", "b", input)
        return _pair(kind, name, apply(along, (input,), (skip, d, keepdim)), out)

    function.__doc__ = (
        f"The lower middle element of all, or (values, indices) along `dim`{'; NaN is passed over' if skip else ''}."
    )
    function.__name__ = function.__qualname__ = name
    method(name)(function)
    return function


median = _median("median", False, order.MEDIAN_ALL, MEDIAN_DIM)
nanmedian = _median("nanmedian", True, order.NANMEDIAN_ALL, NANMEDIAN_DIM)
_MODE = named_result("mode", "values", "indices")


@method
def mode(input: Any, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Any:
    """(value, index) of the most frequent element along `dim`, the smallest of several."""
    need_tensor(input, "mode")
    d = wrap_dim(dim, input.array.ndim)
    _need_elements(input, d, "mode")
    return _pair(_MODE, "mode", apply(order.MODE, (input,), (d, keepdim)), out)


# --- distinct values ---------------------------------------------------------------------------------------------------------


def _some(first: Any, inverse: Any, counts: Any, want_inverse: bool, want_counts: bool) -> Any:
    out = [Tensor.wrap(first)]
    if want_inverse:
        out.append(Tensor.wrap(inverse))
    if want_counts:
        out.append(Tensor.wrap(counts))
    return out[0] if len(out) == 1 else tuple(out)


@method
def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The distinct elements (or slices along `dim`) in order, with their places and counts where asked."""
    if dim is None:
        inner._unique2(input, sorted=sorted, return_inverse=return_inverse, return_counts=return_counts)
    else:
        inner.unique_dim(input, dim, sorted=sorted, return_inverse=return_inverse, return_counts=return_counts)
    d = None if dim is None else wrap_dim(dim, input.array.ndim)
    if d is not None and input.array.ndim and input.array.shape[d] == 0 and input.array.size == 0:
        rest = input.array.shape[:d] + input.array.shape[d + 1 :]
        if 0 in rest:
            raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    elif d is not None and 0 in input.array.shape:
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    return _some(*order.unique(input.array, d), return_inverse, return_counts)


@method
def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Runs of equal neighbours as one element each."""
    inner.unique_consecutive(input, return_inverse=return_inverse, return_counts=return_counts, dim=dim)
    d = None if dim is None else wrap_dim(dim, input.array.ndim)
    return _some(*order.unique_consecutive(input.array, d), return_inverse, return_counts)


# --- bins --------------------------------------------------------------------------------------------------------------------


@method
def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each non-negative integer occurs, or the sum of its weights."""
    need_tensor(input, "bincount")
    x = input.array
    if x.dtype.kind not in "iu":
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{type_name(x.dtype)}'")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if x.ndim != 1 or (x.size and x.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and weights.array.shape != x.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    if x.size == 0:
        return Tensor.wrap(np.zeros(minlength, np.int64))
    if weights is None:
        return Tensor.wrap(np.bincount(x, minlength=minlength).astype(np.int64))
    kind = weights.array.dtype if weights.array.dtype == dtypes.F32 else dtypes.F64
    got = np.bincount(x, dtypes.cast(weights.array, dtypes.F64), minlength)
    return Tensor.wrap(got.astype(kind))


@method
def histc(input: Any, bins: int = 100, min: Any = 0, max: Any = 0, *, out: Any = None) -> Any:
    """How many elements lie in each of `bins` equal parts of [min, max]; the range of the data where both are equal."""
    need_tensor(input, "histc")
    if input.array.dtype.kind in "b" or input.array.dtype.kind in "iu":
        raise NotImplementedError(f"\"histogram_cpu\" not implemented for '{type_name(input.array.dtype)}'")
    if bins <= 0:
        raise RuntimeError("bins must be > 0")
    result = Tensor.wrap(order.histc(input.array, bins, number(min), number(max)))
    return result if out is None else into("histc", out, result)


def searchsorted(
    sorted_sequence: Any, input: Any, *, out_int32: bool = False, right: bool = False, side: str | None = None, sorter: Any = None,
    out: Any = None,
) -> Any:  # fmt: skip
    """Where values would be inserted into a sorted last dimension."""
    need_tensor(sorted_sequence, "searchsorted", "sorted_sequence")
    table = sorted_sequence.array
    scalar = not isinstance(input, Tensor)
    x = np.asarray(number(input), dtypes.number_dtype(number(input))) if scalar else input.array
    if side is not None and side not in ("left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )
    if table.ndim == 0:
        raise RuntimeError("torch.searchsorted(): input value can be a scalar only when sequence tensor dimension is 1, but we got "
                           "sequence dim(0)" if scalar else "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 "
                           "dimension")  # fmt: skip
    if x.ndim == 0 and table.ndim != 1:
        raise RuntimeError("torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
                           f"boundaries tensor dim({table.ndim}) and input value's dim(0) numel(1)")  # fmt: skip
    if table.ndim != 1 and x.shape[:-1] != table.shape[:-1]:
        raise RuntimeError("torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
                           f"tensor and input value tensor must match, but we got boundaries tensor {list(table.shape)} and input value "
                           f"tensor {list(x.shape)}")  # fmt: skip
    if not scalar and x.dtype != table.dtype:
        both = dtypes.promote(x.dtype, table.dtype)
        x, table = dtypes.cast(x, both), dtypes.cast(table, both)
    if sorter is not None:
        if sorter.array.shape != table.shape:
            raise RuntimeError("torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
                               f"{list(table.shape)}and got sorter tensor {list(sorter.array.shape)}")  # fmt: skip
        if sorter.array.dtype != I64:
            raise RuntimeError(
                f"torch.searchsorted(): sorter must be a tensor of long dtype but got dtype {type_name(sorter.array.dtype)}"
            )
        if sorter.array.size and (sorter.array.min() < 0 or sorter.array.max() >= table.shape[-1]):
            raise RuntimeError("torch.searchsorted(): sorter index out of range")
        table = np.take_along_axis(table, sorter.array, -1)
    if table.dtype == dtypes.BFLOAT16:
        table, x = dtypes.as_float32(table), dtypes.cast(x, dtypes.F32)
    got = order.searchsorted(table, x, right or side == "right")
    result = Tensor.wrap(got.astype(np.int32) if out_int32 else got)
    if out is not None and out.array.dtype != (I32 if out_int32 else I64):
        raise RuntimeError("torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or Long(int64) depending on "
                           "whether out_int32 flag is True, but we got output tensor's dtype "
                           f"{type_name(out.array.dtype)} and out_int32 flag is {'True' if out_int32 else 'False'}")  # fmt: skip
    return result if out is None else into("searchsorted", out, result)


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False, out: Any = None) -> Any:
    """`searchsorted` with the arguments exchanged, over one sorted vector."""
    need_tensor(boundaries, "bucketize", "boundaries", 2)
    if boundaries.array.ndim != 1:
        raise RuntimeError(f"bucketize(): boundaries tensor must be 1 dimension, but got dim({boundaries.array.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right, out=out)
