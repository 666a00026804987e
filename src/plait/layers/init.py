"""Rules for initial weights, over plain arrays that they fill.

Weights lie as [outputs, inputs, kernel...]. Sources: Xavier, Glorot and Bengio 2010; Kaiming, He et al. 2015; orthogonal, Saxe et
al. 2013; sparse, Martens 2010; Dirac, Zagoruyko and Komodakis 2017.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait import dtypes
from plait.ops import random
from plait.ops.special import erfinv

__all__ = [
    "bilinear",
    "dirac",
    "fans",
    "gain",
    "orthogonal",
    "orthonormal",
    "scaled_variance",
    "sparse",
    "truncated_normal",
    "truncated_normal_at",
    "xavier_std",
]

Array = np.ndarray[Any, Any]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs an output sees, and how many outputs an input: ValueError for fewer than 2 dimensions.

    >>> fans((8, 3, 5, 5))
    (75, 200)
    """
    if len(shape) < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def scaled_variance(fan_in: float, fan_out: float, scale: float, mode: str) -> float:
    """The variance of weights: `scale` over the inputs ("fan_in"), the outputs ("fan_out") or their mean ("fan_avg"), at least over 1."""
    by = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[mode]
    return scale / max(1.0, by)


#: The standard deviation of a standard normal number that is drawn anew where it lies beyond two.
TRUNCATED_STD = 0.87962566103423978


def gain(nonlinearity: str, slope: Any = None) -> float:
    """The factor on the standard deviation that an activation asks for; ValueError for one that is unknown."""
    if nonlinearity in ("linear", "sigmoid") or nonlinearity in (
        "conv1d",
        "conv2d",
        "conv3d",
        "conv_transpose1d",
        "conv_transpose2d",
        "conv_transpose3d",
    ):
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if slope is None:
            slope = 0.01
        elif isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {slope} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def xavier_std(shape: tuple[int, ...], factor: float) -> float:
    """The standard deviation that keeps the variance both ways."""
    fan_in, fan_out = fans(shape)
    return factor * math.sqrt(2.0 / float(fan_in + fan_out))


def _cdf(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def truncated_normal(
    array: Array, mean: float, std: float, low: float, high: float, generator: random.Generator | None = None
) -> None:
    """Fill with normal numbers inside [low, high]: where that keeps more than 0.3 of them, what lies outside is drawn anew;
    else uniform candidates are accepted with the normal's density relative to its peak."""
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    likely = _cdf((high - mean) / std) - _cdf((low - mean) / std)
    if array.dtype == dtypes.BFLOAT16:
        wide = np.empty(array.shape, np.float32)
        truncated_normal(wide, mean, std, low, high, generator)
        array[...] = dtypes.to_bfloat16(wide)
        return
    if likely > 0.3:
        bottom, top = array.dtype.type(low), array.dtype.type(high)
        random.normal(array, mean, std, generator)
        while (outside := (array < bottom) | (array > top)).any():
            fresh = np.empty_like(array)
            random.normal(fresh, mean, std, generator)
            np.copyto(array, fresh, where=outside)
        return
    mode = max(low, min(mean, high))
    peak = -0.5 * ((mode - mean) / std) ** 2
    candidates, chances = np.empty_like(array), np.empty_like(array)

    def refused() -> Any:
        with np.errstate(divide="ignore"):
            density = ((candidates - mean) / std) ** 2 * -0.5 - peak
            random.uniform(chances, 0.0, 1.0, generator)
            return np.log(chances) > density

    random.uniform(array, low, high, generator)
    candidates[...] = array
    pending = refused()
    while pending.any():
        random.uniform(candidates, low, high, generator)
        np.copyto(array, candidates, where=pending)
        pending &= refused()


def truncated_normal_at(chances: Array, mean: float, std: float, low: float, high: float) -> Array:
    """The numbers below which a normal cut to [low, high] stays with the given chances."""
    bottom, top = _cdf((low - mean) / std), _cdf((high - mean) / std)
    share = chances.astype(np.float64) * (top - bottom) + bottom
    return np.asarray(erfinv(2 * share - 1) * (std * math.sqrt(2.0)) + mean).astype(chances.dtype)


def orthogonal(array: Array, factor: float, generator: random.Generator | None = None) -> None:
    """Fill with `factor` times a matrix of orthonormal rows or columns (all dimensions but the first taken as one)."""
    rows = array.shape[0]
    columns = array.size // rows
    drawn = np.empty((rows, columns), array.dtype)
    random.normal(drawn, 0.0, 1.0, generator)
    wide = drawn.astype(np.float64)  # rounded once, at the end
    array[...] = orthonormal(wide.T if rows < columns else wide, rows < columns).reshape(array.shape)
    array *= array.dtype.type(factor)


def orthonormal(drawn: Array, transposed: bool) -> Array:
    """The orthonormal columns that span those of a tall matrix, with signs that make the rule uniform (Q of QR times the sign of R's
    diagonal); as rows if `transposed`."""
    q, r = np.linalg.qr(drawn)
    q = q * np.sign(np.diagonal(r))
    return np.asarray(q.T if transposed else q)


def sparse(array: Array, sparsity: float, std: float, generator: random.Generator | None = None) -> None:
    """Fill a matrix with normal numbers, then set the share `sparsity` of each column to zero (which ones, the default
    generator says)."""
    rows, columns = array.shape
    zeros = math.ceil(sparsity * rows)
    random.normal(array, 0.0, std, generator)
    for j in range(columns):
        array[random.permutation_list(rows)[:zeros], j] = 0


def dirac(array: Array, groups: int) -> None:
    """Fill a convolution's kernel so that, in each group, channels pass unchanged: one at the window's middle."""
    array[...] = 0
    outputs = array.shape[0] // groups
    middle = tuple(n // 2 for n in array.shape[2:])
    for g in range(groups):
        for d in range(min(outputs, array.shape[1])):
            place = (g * outputs + d, d, *middle)
            array[place] = 1


def bilinear(array: Array) -> None:
    """Fill a transposed convolution's kernel [o, i, k, k] so that it upsamples bilinearly (row y counts in fractions of a row, as x / k does)."""
    size = array.shape[3]
    half = np.ceil(size / 2.0)
    middle = (2 * half - 1 - half % 2) / (2.0 * half)
    i = np.arange(array.size)
    x, y = i % size, i / size % size
    array[...] = ((1 - np.abs(x / half - middle)) * (1 - np.abs(y / half - middle))).reshape(array.shape)
