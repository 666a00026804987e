"""16-bit sums that round at every step, for gradients whose digits depend on it.

Rules of this file: a sum that other frameworks keep in its own 16-bit dtype is worked out term after term, in the order of the terms, each
partial sum rounded. Sums kept in float32 and rounded once are not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from plait import dtypes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["gather_steps", "is_half", "rounded", "scatter_steps", "turns"]


def is_half(dtype: np.dtype) -> bool:
    """Whether `dtype` is float16 or bfloat16."""
    return dtype == dtypes.F16 or dtype == dtypes.BFLOAT16


def rounded(x: NDArray, dtype: np.dtype) -> NDArray:
    """Float32 numbers as `dtype` holds them, in float32; as they are where that is no 16-bit dtype.

    >>> rounded(np.float32([1.0001, 0.1]), dtypes.F16).tolist()
    [1.0, 0.0999755859375]
    """
    if dtype == dtypes.F16:
        with np.errstate(all="ignore"):
            return x.astype(np.float16).astype(np.float32)
    return dtypes.as_float32(dtypes.to_bfloat16(x)) if dtype == dtypes.BFLOAT16 else x


def turns(targets: NDArray) -> list[NDArray]:
    """Places of `targets` in rounds: the first occurrence of every number, then every second one, and so on.

    >>> [t.tolist() for t in turns(np.array([4, 2, 4, 4]))]
    [[1, 0], [2], [3]]
    """
    order = np.argsort(targets, kind="stable")
    ids = targets[order]
    first = np.concatenate([[True], ids[1:] != ids[:-1]]) if len(ids) else np.zeros(0, bool)
    starts = np.nonzero(first)[0]
    rank = np.arange(len(ids)) - np.repeat(starts, np.diff(np.append(starts, len(ids))))
    by_rank = np.argsort(rank, kind="stable")
    ends = np.cumsum(np.bincount(rank)) if len(ids) else np.zeros(0, np.int64)
    return np.split(order[by_rank], ends[:-1]) if len(ends) else []


def scatter_steps(values: NDArray, targets: NDArray, size: int, start: NDArray | None = None) -> NDArray:
    """[planes, size] sums of the columns of 16-bit `values` [planes, n] that have the same number in `targets` [n], in their order.

    >>> scatter_steps(np.float16([[2048, 1, 1]]), np.array([0, 0, 0]), 1).tolist()
    [[2048.0]]
    """
    dtype = values.dtype
    wide = dtypes.cast(values, dtypes.F32)
    out = np.zeros((values.shape[0], size), np.float32) if start is None else dtypes.cast(start, dtypes.F32)
    with np.errstate(all="ignore"):
        for places in turns(targets):
            at = targets[places]
            out[:, at] = rounded(out[:, at] + wide[:, places], dtype)
    return dtypes.cast(out, dtype)


def gather_steps(terms: NDArray, dtype: np.dtype) -> NDArray:
    """The sum of float32 `terms` over their first dimension, rounded to `dtype` after every term; float32."""
    out = np.zeros(terms.shape[1:], np.float32)
    with np.errstate(all="ignore"):
        for term in terms:
            out = rounded(out + term, dtype)
    return out
