"""Quantiles: elements of a sorted row, or what lies between two of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from plait.ops import order
from plait.ops.index import gather
from plait.ops.select import lerp

__all__ = ["INTERPOLATIONS", "quantiles"]

INTERPOLATIONS = ("linear", "lower", "higher", "nearest", "midpoint")


def quantiles(x: Any, points: NDArray, interpolation: str, skip: bool, places: Any = np.float64) -> Any:
    """The quantiles of x [..., n] at m points in [0, 1], as [..., m]; gradients go to the elements that they are made of.

    A row with NaN gives NaN, or with `skip` the quantiles of its other elements. The place q · (n − 1) is worked out in the dtype `places`.
    """
    last = x.array.ndim - 1
    ranked = order.sort(x, last, False)[0]
    n = ranked.array.shape[-1]
    bad = np.isnan(ranked.array)
    count = (n - bad.sum(-1, keepdims=True)) if skip else np.full((*ranked.array.shape[:-1], 1), n)
    at = points.reshape(-1).astype(places) * np.maximum(count - 1, 0).astype(places)
    if not skip:
        at = np.where(bad.any(-1, keepdims=True), places(n - 1), at)
    low, high = np.floor(at), np.ceil(at)
    if interpolation == "lower":
        high = low
    elif interpolation == "higher":
        low = high
    elif interpolation == "nearest":
        low = high = np.rint(at)
    wrap = x.face.wrap
    a = gather(ranked, last, wrap(low.astype(np.int64)))
    if interpolation not in ("linear", "midpoint"):
        return a
    weight = np.full_like(at, 0.5) if interpolation == "midpoint" else at - low
    return lerp(a, gather(ranked, last, wrap(high.astype(np.int64))), wrap(weight.astype(x.array.dtype)))
