"""Convolutions' sums in float16 as PyTorch's processors without float16 arithmetic make them: by columns.

Rules of this file: products are summed over channels in float32 and rounded; what falls on one element is then added tap by tap, rounded each
time, and gradients of weights image by image. bfloat16's sums are float32 to the end, but in a transposed convolution that is larger than one
whose stride fits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from plait import dtypes
from plait.ops.halves import gather_steps, scatter_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = tuple[int, ...]

__all__ = ["goes_by_columns", "image_sums", "transpose_steps"]


@lru_cache(maxsize=64)
def _places(taps: Ints, small: Ints, big: Ints, stride: Ints, before: Ints, dilation: Ints) -> tuple[NDArray, NDArray]:
    """For every tap and input position, in that order, whether it falls inside, and on which element where it does."""
    inside, at = np.ones((1, 1), bool), np.zeros((1, 1), np.int64)
    for k, m, n, s, b, d in zip(taps, small, big, stride, before, dilation, strict=True):
        to = np.arange(k)[:, None] * d + np.arange(m) * s - b
        good = (to >= 0) & (to < n)
        inside = (inside[:, None, :, None] & good[None, :, None, :]).reshape(inside.shape[0] * k, -1)
        at = (at[:, None, :, None] * n + to[None, :, None, :]).reshape(at.shape[0] * k, -1)
    return inside.ravel(), at.ravel()[inside.ravel()]


def goes_by_columns(dtype: np.dtype, x: Ints, w: Ints, stride: Ints, before: Ints, dilation: Ints, size: Ints) -> bool:
    """Whether a transposed convolution is one of those."""
    return dtype == dtypes.F16 or (
        dtype == dtypes.BFLOAT16
        and any(
            m - ((n - 1) * s - 2 * b + d * (k - 1) + 1) >= s
            for m, n, k, s, b, d in zip(size, x[2:], w[2:], stride, before, dilation, strict=True)
        )
    )


def transpose_steps(
    x: NDArray, w: NDArray, bias: NDArray | None, stride: Ints, before: Ints, dilation: Ints, groups: int, size: Ints
) -> NDArray:
    """The transposed convolution of 16-bit x[n, i, …] with w[i, o / groups, k…]."""
    n, channels = x.shape[0], w.shape[1]
    inside, at = _places(w.shape[2:], x.shape[2:], size, stride, before, dilation)
    wide = dtypes.cast(x, dtypes.F32).reshape(n, groups, x.shape[1] // groups, -1)
    columns = dtypes.cast(w, dtypes.F32).reshape(groups, w.shape[0] // groups, -1)
    with np.errstate(all="ignore"):
        moved = dtypes.cast(np.matmul(columns.transpose(0, 2, 1), wide), x.dtype)
        rows = moved.reshape(n * groups * channels, -1)[:, inside]
        y = scatter_steps(rows, at, int(np.prod(size))).reshape(n, groups * channels, *size)
        if bias is None:
            return y
        line = bias.reshape(1, -1, *(1,) * len(size))
        return dtypes.cast(dtypes.cast(y, dtypes.F32) + dtypes.cast(line, dtypes.F32), x.dtype)


def image_sums(each: NDArray, dtype: np.dtype) -> NDArray:
    """Float32 gradients of single images, added in a 16-bit dtype."""
    return dtypes.cast(gather_steps(each, dtype), dtype)
