"""Clipping gradients, over arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from plait.dtypes import BFLOAT16, F16, F32, as_float32, cast

Array = np.ndarray[Any, Any]


def _p_norm(array: Array, p: float) -> Any:
    wide = as_float32(array) if array.dtype == BFLOAT16 else array.astype(F32) if array.dtype == F16 else array
    flat = np.ascontiguousarray(wide).reshape(-1)
    if p == 2:
        return np.sqrt(np.dot(flat, flat))
    if math.isinf(p):
        sizes = np.abs(flat)
        return (sizes.max(initial=0) if p > 0 else sizes.min()) if flat.size else flat.dtype.type(0)
    if p == 0:
        return flat.dtype.type(np.count_nonzero(flat))
    if p == 1:
        return np.abs(flat).sum()
    return (np.abs(flat) ** p).sum() ** flat.dtype.type(1 / p)


def total_norm(arrays: Sequence[Array], p: float) -> Array:
    """The p-norm of all arrays' elements together: the norm of their norms, a 0-d array."""
    with np.errstate(all="ignore"):
        norms = np.array([_p_norm(a, p) for a in arrays])
        dtype = arrays[0].dtype if all(a.dtype == arrays[0].dtype for a in arrays) else norms.dtype
        return cast(np.asarray(_p_norm(cast(norms, F32) if dtype in (F16, BFLOAT16) else norms, p)), dtype)


def scale(arrays: Sequence[Array], factor: Array) -> None:
    """Multiply every array by the 0-d `factor`, in place."""
    with np.errstate(all="ignore"):
        for a in arrays:
            if a.dtype == BFLOAT16:
                a[...] = cast(as_float32(a) * cast(factor, F32), BFLOAT16)
            else:
                np.multiply(a, cast(factor, a.dtype), out=a)


def clamp(arrays: Sequence[Array], limit: float) -> None:
    """Move every element into −limit … limit, in place."""
    for a in arrays:
        if a.dtype == BFLOAT16:
            a[...] = cast(np.clip(as_float32(a), -limit, limit), BFLOAT16)
        else:
            np.clip(a, -limit, limit, out=a)


def between(array: Array, low: float, high: float) -> Array:
    """A copy with every element moved into low … high."""
    wide = as_float32(array) if array.dtype == BFLOAT16 else array
    return cast(np.clip(wide, wide.dtype.type(low), wide.dtype.type(high)), array.dtype)


def to_norm(array: Array, limit: float) -> Array:
    """A copy scaled down to the 2-norm `limit` where its own is more."""
    with np.errstate(all="ignore"):
        size = _p_norm(array, 2)
        if not size > limit:
            return array.copy()
        wide = as_float32(array) if array.dtype == BFLOAT16 else array
        return cast(wide * (wide.dtype.type(limit) / wide.dtype.type(size)), array.dtype)


def factor_to(arrays: Sequence[Array], limit: float) -> Array:
    """What to multiply by so that the 2-norm of all arrays together is at most `limit`: limit / max(norm, limit), a 0-d array."""
    wide = np.float64 if any(a.dtype == np.float64 for a in arrays) else np.float32
    with np.errstate(all="ignore"):
        total = np.sqrt(sum((wide(_p_norm(a, 2)) ** 2 for a in arrays), wide(0)))
        return np.asarray(wide(limit) / np.maximum(total, wide(limit)))


def share(total: Array, limit: float) -> Array:
    """limit / (total + 1e-6), at most 1: what to multiply by so that a norm of `total` comes down to `limit`."""
    with np.errstate(all="ignore"):
        return np.asarray(np.minimum(total.dtype.type(limit) / (total + total.dtype.type(1e-6)), total.dtype.type(1)))
