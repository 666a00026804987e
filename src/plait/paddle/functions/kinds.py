"""What a tensor is: its dtype, its shape, its rank."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.ops import shape as shapes
from plait.paddle import _dtypes
from plait.paddle._tensor import method
from plait.paddle.functions._common import (
    function,
    made,
    marked,
    need_tensor,
    replace,
)

__all__ = ["cast", "is_complex", "is_empty", "is_floating_point", "is_integer", "rank", "shape"]


@function("x:input")
def cast(x: Any, dtype: Any) -> Any:
    """In another dtype; a copy where the tensor has it already."""
    kind = _dtypes.as_numpy(dtype)
    if need_tensor(x, "cast").array.dtype == kind:
        return x.clone()
    result = shapes.to_dtype(x, kind)
    return result if result.tracks else marked(x, result)


@method
def cast_(x: Any, dtype: Any) -> Any:
    """`cast` in place."""
    return replace(x, cast(x, dtype))


def shape(input: Any) -> Any:
    """The sizes as an int64 tensor."""
    return made(np.asarray(need_tensor(input, "shape", "input").array.shape, np.int64))


@function("input:x")
def rank(input: Any) -> Any:
    """The number of dimensions: a 0-D int32 tensor."""
    return made(np.asarray(need_tensor(input, "rank", "input").array.ndim, np.int32))


@function("x:input")
def is_floating_point(x: Any) -> bool:
    """Whether the dtype is floating."""
    return need_tensor(x, "is_floating_point").dtype in _dtypes.FLOATS


@function("x:input")
def is_integer(x: Any) -> bool:
    """Whether the dtype is an integer's."""
    return need_tensor(x, "is_integer").array.dtype.kind in "iu"


@function("x:input")
def is_complex(x: Any) -> bool:
    """Whether the dtype is complex."""
    return need_tensor(x, "is_complex").array.dtype.kind == "c"


@function("x:input")
def is_empty(x: Any, name: str | None = None) -> Any:
    """Whether there are no elements: a 0-D bool tensor."""
    return made(np.asarray(need_tensor(x, "is_empty").array.size == 0))
