"""Random values for initializers, from the generator that `paddle.seed` sets; with a seed that is not 0, from a sequence of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import init
from plait.ops.random64 import Generator64
from plait.paddle import _random
from plait.record import differentiable

__all__: list[str] = []


def _wide(shape: Any, dtype: Any) -> Any:
    if not differentiable(dtype):
        raise RuntimeError(
            f"(NotFound) random values are drawn for floating-point tensors only, but this one is of {dtype}."
        )
    return np.empty(tuple(shape), dtypes.F64 if dtype == dtypes.F64 else dtypes.F32)


def _engine(seed: int) -> Generator64:
    seed = seed or _random.Program.random_seed
    return _random.engine() if seed == 0 else Generator64(seed, spread=False)


def uniform(shape: Any, dtype: Any, low: float, high: float, seed: int = 0) -> Any:
    """Uniform in [low, high)."""
    array = _wide(shape, dtype)
    _engine(seed).uniform(array, low, high)
    return array


def normal(shape: Any, dtype: Any, mean: float, std: float, seed: int = 0) -> Any:
    """Normal with that mean and standard deviation."""
    array = _wide(shape, dtype)
    _engine(seed).normal(array, mean, std)
    return array


def truncated_normal(shape: Any, dtype: Any, mean: float, std: float, low: float, high: float, seed: int = 0) -> Any:
    """Normal, cut to [low, high]: the distribution's inverse at uniform numbers."""
    array = _wide(shape, dtype)
    _engine(seed).uniform(array, float(np.finfo(np.float32).tiny), 1.0)
    return init.truncated_normal_at(array, mean, std, low, high)
