"""16-bit sums that round at every step, for gradients whose digits depend on it.

Rules of this file: a sum that other frameworks keep in its own 16-bit dtype is worked out term after term, in the order of the terms, each
partial sum rounded. Sums kept in float32 and rounded once are not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Near = Callable[[Any], NDArray]

__all__ = ["LANES", "gather_steps", "in_lanes", "is_half", "nearest", "rounded", "scatter_steps", "turns"]


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


def nearest(dtype: np.dtype) -> Near:
    """The rounding of numbers to `dtype`, kept in the dtype to compute in.

    >>> float(nearest(dtypes.F16)(2049.0))
    2048.0
    """
    work = np.float64 if dtype == dtypes.F64 else np.float32
    return lambda v: rounded(np.asarray(v, work), dtype)


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


#: How many 16-bit elements PyTorch's vector loops take at once; what is left over goes through its scalar code.
LANES = 32


def in_lanes(
    whole: Callable[..., NDArray], single: Callable[..., NDArray], *arrays: NDArray, lanes: int = LANES
) -> NDArray:
    """An elementwise function of 16-bit arrays whose result depends on the loop that an element falls into.

    Whole runs of `lanes` are worked out by `whole(*float32)` and rounded once, what is left over, and all where the elements do not lie one after
    another, by `single(*float32, near)`.
    """
    dtype, shape = arrays[0].dtype, np.broadcast_shapes(*[a.shape for a in arrays])
    if arrays[0].ndim > 1 and all(a.shape == shape and a.strides == arrays[0].strides for a in arrays):
        order = tuple(int(i) for i in np.argsort([-s for s in arrays[0].strides], kind="stable"))
        if order != tuple(range(len(order))):
            y = in_lanes(whole, single, *[a.transpose(order) for a in arrays], lanes=lanes)
            return y.transpose(tuple(int(i) for i in np.argsort(order)))
    if all(a.flags.c_contiguous and a.shape == shape for a in arrays):
        rows = [a.reshape(1, -1) for a in arrays]
    else:
        rows = [np.broadcast_to(a, shape).reshape(-1, shape[-1] if shape else 1) for a in arrays]
        if not all(a.ndim and (a.shape[-1] == 1 or a.strides[-1] == a.itemsize) for a in arrays):
            lanes = shape[-1] + 1 if shape else 2
    wide = [dtypes.cast(a, dtypes.F32) for a in rows]
    cut = wide[0].shape[1] // lanes * lanes
    out: NDArray = np.empty(wide[0].shape, np.float32)
    with np.errstate(all="ignore"):
        if cut:
            out[:, :cut] = whole(*[a[:, :cut] for a in wide])
        if cut < out.shape[1]:
            out[:, cut:] = single(*[a[:, cut:] for a in wide], lambda v: rounded(v, dtype))
    return dtypes.cast(out.reshape(shape), dtype)
