"""Random values for initializers, from the generator that `paddle.seed` sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import init
from plait.ops import random

__all__: list[str] = []


def _wide(shape: Any, dtype: Any) -> Any:
    return np.empty(tuple(shape), dtypes.F64 if dtype == dtypes.F64 else dtypes.F32)


def uniform(shape: Any, dtype: Any, low: float, high: float, seed: int = 0) -> Any:
    """Uniform in [low, high)."""
    array = _wide(shape, dtype)
    random.uniform(array, low, high)
    return array


def normal(shape: Any, dtype: Any, mean: float, std: float, seed: int = 0) -> Any:
    """Normal with that mean and standard deviation."""
    array = _wide(shape, dtype)
    random.normal(array, mean, std)
    return array


def truncated_normal(shape: Any, dtype: Any, mean: float, std: float, low: float, high: float, seed: int = 0) -> Any:
    """Normal, cut to [low, high]."""
    array = _wide(shape, dtype)
    init.truncated_normal(array, mean, std, low, high)
    return array
