"""Operations on tensors as such: conversion, shapes, casts, control."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras import _convert, _dtypes
from plait.keras._tensor import Tensor
from plait.keras.ops._common import any_symbolic, op, still, tensor

__all__ = [
    "cast", "cond", "convert_to_numpy", "convert_to_tensor", "dtype", "is_tensor", "ndim", "saturate_cast", "shape", "size", "stop_gradient",
]  # fmt: skip


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """`x` as a tensor, cast to `dtype` where one is given."""
    if any_symbolic((x,)):
        return x if dtype is None or _dtypes.standardize(dtype) == x.dtype else cast(x, dtype)
    return tensor(x, dtype)


def convert_to_numpy(x: Any) -> Any:
    """A NumPy array with the values of `x`."""
    return np.array(_convert.as_tensor(x) if hasattr(x, "_read") else x)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor or a variable."""
    return _convert.is_tensor(x)


def shape(x: Any) -> tuple[int, ...]:
    """The sizes as a tuple."""
    if any_symbolic((x,)):
        return tuple(x.shape)
    return tuple(tensor(x).array.shape)


@op
def ndim(x: Any) -> Any:
    """The number of dimensions."""
    return tensor(x).array.ndim


@op
def size(x: Any) -> Any:
    """The number of elements, an int32 tensor."""
    return Tensor.wrap(np.array(tensor(x).array.size, np.int32))


def dtype(x: Any) -> str:
    """The dtype's name."""
    if any_symbolic((x,)):
        return str(x.dtype)
    return _dtypes.standardize(tensor(x).dtype)


@op
def cast(x: Any, dtype: Any) -> Any:
    """`x` in another dtype."""
    return _convert.to(tensor(x), _dtypes.numpy_dtype(dtype))


@op
def saturate_cast(x: Any, dtype: Any) -> Any:
    """`x` in another dtype, cut to what that holds."""
    from plait.ops import select

    x, want = tensor(x), _dtypes.numpy_dtype(dtype)
    if want.kind in "iu":
        limits = np.iinfo(want)
        x = (
            select.clamp(x, int(limits.min), int(limits.max))
            if x.array.dtype.kind == "f" or x.array.dtype.itemsize >= want.itemsize
            else x
        )
        if x.array.dtype.kind in "iu":
            return Tensor.wrap(np.clip(x.array, limits.min, limits.max).astype(want))
    return _convert.to(x, want)


@op
def stop_gradient(variable: Any) -> Any:
    """The values, through which no gradient flows."""
    return still(tensor(variable))


def cond(pred: Any, true_fn: Any, false_fn: Any) -> Any:
    """true_fn() where `pred` holds, else false_fn(); of a symbolic `pred` what both would give, ValueError where they differ."""
    if any_symbolic((pred,)):
        from plait.keras._op_classes import Cond

        return Cond()(pred, true_fn, false_fn)
    return true_fn() if bool(pred) else false_fn()
