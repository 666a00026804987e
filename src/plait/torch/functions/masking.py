"""Functions that read and write by masks, by flat indices, and where."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait import dtypes
from plait.dtypes import BOOL, I64, U8
from plait.op import apply, apply_, type_name
from plait.ops import elementwise as ew
from plait.ops import index as ix
from plait.ops import shape
from plait.torch._tensor import Tensor, method
from plait.torch.functions._arrays import fit_number
from plait.torch.functions._common import Number, into, need_tensor, number
from plait.torch.functions.brackets import MASKED_FILL_TENSOR, _cast_value

__all__ = ["argwhere", "masked_fill", "masked_scatter", "masked_select", "nonzero", "put", "take", "where"]

# --- masks -----------------------------------------------------------------------------------------------------------


def _check_mask(name: str, input: Any, mask: Any) -> Any:
    need_tensor(input, name)
    need_tensor(mask, name, "mask", 2)
    if mask.array.dtype != BOOL:
        if name == "masked_select":
            raise RuntimeError("masked_select: expected BoolTensor for mask")
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {_cpp(mask.array.dtype)}"
        )
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
    return fit_number(number(value), input.array.dtype)


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
    op = MASKED_FILL_TENSOR if isinstance(value, Tensor) else ix.MASKED_FILL
    return apply_(op, self, (self, mask, _fill_value(self, value)))


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


# --- flat indices ----------------------------------------------------------------------------------------------------


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
    if condition.array.dtype.kind == "b":
        pass
    elif condition.array.dtype == U8:
        warnings.warn("where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future version of "
                      "PyTorch. Use a boolean condition instead.", UserWarning, stacklevel=2)  # fmt: skip
        condition = Tensor.wrap(condition.array != 0)
    else:
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {type_name(condition.array.dtype)}"
        )
    if not isinstance(input, Tensor) or not isinstance(other, Tensor):
        from plait.torch.functions.arithmetic import operand

        input, other = operand(input, "where", "input"), operand(other, "where", "other", 3)
    result = _where(condition, input, other)
    return result if out is None else into("where", out, result)


def _where(condition: Any, a: Any, b: Any) -> Any:
    if (
        isinstance(a, Tensor)
        and isinstance(b, Tensor)
        and (a.array.dtype is b.array.dtype or a.array.dtype == b.array.dtype)
    ):
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
