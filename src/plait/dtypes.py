"""Dtypes of the engine and their promotion.

The engine's dtypes are NumPy's, and `BFLOAT16`, a two-byte structured dtype that stores, copies and views but on which NumPy
refuses arithmetic: ops go through float32 (see `as_float32` and `to_bfloat16`).

Promotion goes by categories (bool < integer < floating): operands with dimensions count most, 0-d tensors less, Python
numbers least, and a lower kind of operand changes the result only where its category is higher.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plait import config

F16, F32, F64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)
U8, I8, I16, I32, I64 = (np.dtype(t) for t in (np.uint8, np.int8, np.int16, np.int32, np.int64))
BOOL = np.dtype(np.bool_)
BFLOAT16 = np.dtype([("bfloat16", "<u2")])

_CATEGORY = {BOOL: 0, U8: 1, I8: 1, I16: 1, I32: 1, I64: 1, F16: 2, BFLOAT16: 2, F32: 2, F64: 2}
FLOATING = frozenset((F16, BFLOAT16, F32, F64))


def is_floating(dtype: np.dtype) -> bool:
    """Whether `dtype` is a floating dtype."""
    return dtype.char in "fde" or dtype == BFLOAT16


def category(dtype: np.dtype) -> int:
    """0 for bool, 1 for integers, 2 for floating dtypes."""
    got = _CATEGORY.get(dtype)
    return got if got is not None else (1 if dtype.kind in "iu" else 2)


def promote(a: np.dtype, b: np.dtype) -> np.dtype:
    """The dtype that holds both: integers never widen a floating dtype."""
    if a == b:
        return a
    ca, cb = category(a), category(b)
    if ca != cb and max(ca, cb) == 2:
        return a if ca == 2 else b
    if ca == 2 and (a == BFLOAT16 or b == BFLOAT16):
        other = b if a == BFLOAT16 else a
        return F32 if other == F16 else other
    return np.promote_types(a, b)


def number_dtype(value: object) -> np.dtype:
    """The dtype that a Python number has as an operand."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return I64
    if isinstance(value, float):
        return config.default_dtype
    return np.asarray(value).dtype


def _combine(higher: np.dtype | None, lower: np.dtype | None) -> np.dtype | None:
    if higher is None or lower is None:
        return lower if higher is None else higher
    if category(lower) > category(higher):
        return promote(higher, lower)
    return higher


def result_type(*operands: object) -> np.dtype:
    """The dtype of an elementwise result over ndarrays and Python numbers."""
    dims: np.dtype | None = None
    zero: np.dtype | None = None
    number: np.dtype | None = None
    for x in operands:
        if isinstance(x, np.ndarray):
            if x.ndim:
                dims = x.dtype if dims is None else promote(dims, x.dtype)
            else:
                zero = x.dtype if zero is None else promote(zero, x.dtype)
        else:
            d = number_dtype(x)
            number = d if number is None else promote(number, d)
    result = _combine(_combine(dims, zero), number)
    if result is None:
        raise TypeError("result_type needs at least one operand")
    return result


def as_float32(array: NDArray) -> NDArray:
    """A bfloat16 array's values in float32."""
    bits = array.view(np.uint16).astype(np.uint32)
    np.left_shift(bits, np.uint32(16), out=bits)
    return bits.view(np.float32)


def to_bfloat16(array: NDArray) -> NDArray:
    """Float32 values rounded to the nearest bfloat16, ties to even; NaN stays NaN."""
    values = np.array(array, dtype=np.float32, ndmin=array.ndim)  # in the same order of strides
    bits = values.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    out = np.where(np.isnan(values), np.uint32(0x7FC0), rounded).astype(np.uint16)
    return out.view(BFLOAT16)


def full(shape: tuple[int, ...], value: float, dtype: np.dtype) -> NDArray:
    """A new array full of one number, in any of the engine's dtypes."""
    return to_bfloat16(np.full(shape, value, np.float32)) if dtype == BFLOAT16 else np.full(shape, value, dtype)


def working(array: NDArray) -> NDArray:
    """An array on which NumPy can compute: float32 in place of bfloat16."""
    return as_float32(array) if array.dtype == BFLOAT16 else array


def cast(array: NDArray, dtype: np.dtype) -> NDArray:
    """`array` in `dtype`: the same array where it already is; NaN and overflow to integers as C does, without a warning."""
    if array.dtype is dtype or array.dtype == dtype:
        return array
    if array.dtype == BFLOAT16:
        return cast(as_float32(array), dtype)
    if dtype == BFLOAT16:
        return to_bfloat16(cast(array, F32))
    if (array.dtype.kind == "f" and dtype.kind in "iu") or dtype == F16 or dtype == F32:
        with np.errstate(all="ignore"):
            if dtype.kind == "u":
                return array.astype(np.int64).astype(dtype)
            if dtype.kind == "i" and dtype.itemsize < 4:
                return array.astype(np.int32).astype(dtype)
            return array.astype(dtype)
    return array.astype(dtype)
