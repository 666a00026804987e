"""Operations on tensors as such: conversion, shapes, casts, pieces of a tensor."""

from __future__ import annotations

from typing import Any

from plait.keras import _convert
from plait.keras.ops import _common

__all__ = ["convert_to_tensor", "is_tensor", "shape"]


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """`x` as a tensor, cast to `dtype` where one is given."""
    return _common.tensor(x, dtype)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor or a variable."""
    return _convert.is_tensor(x)


def shape(x: Any) -> tuple[int, ...]:
    """The sizes as a tuple."""
    if _common.any_symbolic((x,)):
        return tuple(x.shape)
    return tuple(_common.tensor(x).array.shape)
