"""What the functions of `tf` share: conversion of arguments, errors of upstream's type, the `name` argument that changes nothing.

Rules of this file: functions take operands of one dtype as TensorFlow's operations do; the maths is the engine's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from plait.keras._convert import as_tensor
from plait.keras._dtypes import as_dtype
from plait.keras._errors import InvalidArgumentError, refused
from plait.keras._operators import need_dtype
from plait.keras._tensor import Tensor

__all__ = ["as_tensor", "dims", "face", "float_tensor", "ints", "numpy_of", "wrap"]

F = TypeVar("F", bound=Callable[..., Any])


def face(function: F) -> F:
    """A function of `tf`: the engine's complaints about arguments become InvalidArgumentError."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (RuntimeError, IndexError) as error:
            if type(error) in (RuntimeError, IndexError):
                raise InvalidArgumentError(str(error)) from None
            raise

    return call  # type: ignore[return-value]


def wrap(array: Any) -> Any:
    """A tensor over an array or a NumPy scalar."""
    return Tensor.wrap(np.asarray(array))


def float_tensor(value: Any, name: str) -> Any:
    """A floating tensor; InvalidArgumentError for integers."""
    x = as_tensor(value)
    need_dtype(name, x, "fV")
    return x


def ints(value: Any) -> tuple[int, ...]:
    """A shape or another list of integers, also as a tensor or a `TensorShape`."""
    if isinstance(value, Tensor):
        return tuple(value.array.reshape(-1).tolist())
    if hasattr(value, "_read"):
        return tuple(value._read().array.reshape(-1).tolist())
    if isinstance(value, (int, np.integer)):
        return (int(value),)
    return tuple(int(v) for v in value)


def dims(value: Any, op: str = "Fill") -> tuple[int, ...]:
    """`ints` of a shape; negative sizes are refused as the operation does."""
    found = ints(value)
    if any(n < 0 for n in found):
        raise refused(op, f"Dimension {min(found)} must be >= 0")
    return found


def numpy_of(dtype: Any) -> np.dtype:
    """NumPy's dtype of a TensorFlow dtype argument."""
    return as_dtype(dtype)._numpy
