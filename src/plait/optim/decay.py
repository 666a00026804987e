"""Terms that penalties on parameters add to gradients, over arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes

Array = np.ndarray[Any, Any]


def size_term(param: Array, rate: float) -> Array:
    """The gradient of rate/2 · Σp²."""
    work = dtypes.working(param)
    return dtypes.cast(work * work.dtype.type(rate), param.dtype)


def sign_term(param: Array, rate: float) -> Array:
    """A gradient of rate · Σ|p|; 0 at 0."""
    work = dtypes.working(param)
    return dtypes.cast(np.sign(work) * work.dtype.type(rate), param.dtype)
