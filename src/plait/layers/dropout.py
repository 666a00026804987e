"""What dropout means: zero each element (or each channel) with probability p in training, and scale the others so that the mean stays.

Alpha dropout sets to the negative saturation of SELU instead, and scales and shifts so that mean and variance stay
(Klambauer et al., 2017).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.op import apply_, type_name
from plait.ops import elementwise, random

if TYPE_CHECKING:
    from plait.tensor import Tensor

__all__ = ["alpha_dropout", "alpha_masked", "dropout"]

_SATURATION = 1.7580993408473766  # scale * alpha of SELU


def _noise(x: Tensor, keep: float, channels: bool, value: float, generator: random.Generator | None) -> Any:
    """`value` with probability `keep`, else zero: for each element in x's layout, or one a channel."""
    array = x.array
    if channels:
        noise = np.empty(array.shape[:2] + (1,) * (array.ndim - 2), array.dtype)
    else:
        noise = random.keep_layout(array)
    random.bernoulli(noise, keep, generator, value)
    return noise


def _check(p: float) -> None:
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p:g}")


def _check_input(x: Tensor, channels: bool) -> None:
    if channels and x.array.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    if not dtypes.is_floating(x.array.dtype):
        raise RuntimeError(f"result type Float can't be cast to the desired output type {type_name(x.array.dtype)}")


def _times(x: Tensor, noise: Any, inplace: bool) -> Any:
    factor = x.face.wrap(noise)
    return apply_(elementwise.MUL, x, (x, factor)) if inplace else elementwise.mul(x, factor)


def dropout(
    x: Tensor,
    p: float,
    training: bool,
    inplace: bool = False,
    channels: bool = False,
    generator: random.Generator | None = None,
) -> Any:
    """x * mask / (1 - p) in training; x itself otherwise. With `channels` one draw decides for all of x[n, c].

    Raises RuntimeError where p is not a probability, where a channel is wanted of fewer than 2 dimensions, or for integers.
    """
    _check(p)
    if p == 0 or not training or x.array.size == 0:
        return x
    dtype = x.array.dtype
    if p == 1:
        return _times(x, np.zeros((), dtype), inplace)
    _check_input(x, channels)
    wide = np.float64 if dtype == dtypes.F64 else np.float32
    return _times(x, _noise(x, 1 - p, channels, float(wide(1) / wide(1 - p)), generator), inplace)


def alpha_dropout(
    x: Tensor,
    p: float,
    training: bool,
    inplace: bool = False,
    channels: bool = False,
    generator: random.Generator | None = None,
) -> Any:
    """a * (x * mask + saturation * (1 - mask)) + b in training, with a and b so that mean and variance stay; else x itself."""
    _check(p)
    if p == 0 or not training or x.array.size == 0:
        return x
    dtype = x.array.dtype
    if p == 1:
        return _times(x, np.zeros((), dtype), inplace)
    _check_input(x, channels)
    mask = _noise(x, 1 - p, channels, 1.0, generator)
    a = 1.0 / math.sqrt((_SATURATION * _SATURATION * p + 1) * (1 - p))
    wide = np.dtype(np.float64 if dtype == dtypes.F64 else np.float32)

    def narrow(value: Any) -> Any:  # a step's result as the dtype holds it
        return dtypes.cast(dtypes.cast(np.asarray(value, wide), dtype), wide)

    shift = narrow(wide.type(_SATURATION * a * p))
    dropped = narrow(narrow(-wide.type(_SATURATION * a)) + shift)
    hit = (mask if dtype != dtypes.BFLOAT16 else dtypes.as_float32(mask)) != 0
    offset = dtypes.cast(np.where(hit, shift, dropped), dtype)
    factor = dtypes.cast(np.where(hit, narrow(wide.type(a)), wide.type(0)), dtype)
    scaled = _times(x, factor, inplace)
    term = x.face.wrap(offset)
    return apply_(elementwise.ADD, scaled, (scaled, term)) if inplace else elementwise.add(scaled, term)


def alpha_masked(x: Tensor, kept: Any, p: float) -> Any:
    """a * (x where `kept`, else the saturation) + b, with a and b so that mean and variance stay where a share p is dropped."""
    mask = dtypes.cast(np.asarray(kept), x.array.dtype)
    a = ((1 - p) * (1 + p * _SATURATION**2)) ** -0.5
    low = dtypes.cast((1 - mask) * -_SATURATION, x.array.dtype)
    filled = elementwise.add(elementwise.mul(x, x.face.wrap(mask)), x.face.wrap(low))
    return elementwise.add(elementwise.mul(filled, a), a * _SATURATION * p)


def kept(x: Tensor, keep: Any, scale: float, inplace: bool = False, unsigned: bool = False) -> Any:
    """x where `keep` (an array of truth values that broadcasts) says so, times a scale; zero elsewhere, with x's sign unless `unsigned`."""
    dtype = x.array.dtype
    wide = np.float64 if dtype == dtypes.F64 else np.float32
    result = _times(x, dtypes.cast(keep.astype(wide) * wide(scale), dtype), inplace)
    if unsigned and dtype != dtypes.BFLOAT16:
        result.array += dtype.type(0)
    return result


def alpha_kept(x: Tensor, keep: Any, p: float) -> Any:
    """x where `keep` says so, the negative saturation of SELU elsewhere, scaled and shifted as dropout of probability p asks."""
    dtype = x.array.dtype
    a = ((1 - p) * (1 + p * _SATURATION**2)) ** -0.5
    shift = np.where(keep, 0.0, -_SATURATION) * a + a * _SATURATION * p
    scaled = kept(x, keep, a)
    return elementwise.add(scaled, x.face.wrap(dtypes.cast(shift, dtype)))
