"""What a model pays for its weights, and what weights are brought back to after a step: penalties and projections of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.ops import elementwise as ew
from plait.ops import reduce, select
from plait.ops.matmul import matmul
from plait.ops.shape import permute

__all__ = ["absolute", "alignment", "limited", "non_negative", "squares", "unit", "within"]


def absolute(x: Any, factor: float) -> Any:
    """factor · Σ|x|."""
    return ew.mul(reduce.sum(ew.abs(x)), factor)


def squares(x: Any, factor: float) -> Any:
    """factor · Σx²."""
    return ew.mul(reduce.sum(ew.mul(x, x)), factor)


def direction(x: Any, dim: Any, eps: float) -> Any:
    """x / ‖x‖ along `dim`, and no more than x / eps."""
    inverse = ew.pow(reduce.sum(ew.mul(x, x), dim, True), -0.5)
    return ew.mul(x, select.clamp(inverse, None, 1.0 / eps))


def alignment(x: Any, factor: float, rows: bool, eps: float) -> Any:
    """factor times the mean |cosine| of two different rows (else columns) of a matrix."""
    unit_rows = direction(x, 1 if rows else 0, eps)
    other = permute(unit_rows, (1, 0))
    cosines = matmul(unit_rows, other) if rows else matmul(other, unit_rows)
    n = x.array.shape[0 if rows else 1]
    apart = x.face.wrap(1 - np.eye(n, dtype=x.array.dtype))
    pairs = n * (n - 1.0) / 2.0
    return ew.div(ew.mul(reduce.sum(ew.abs(ew.mul(cosines, apart))), factor * 0.5), pairs)


def _norms(w: Any, dim: Any) -> Any:
    return ew.sqrt(reduce.sum(ew.mul(w, w), dim, True))


def limited(w: Any, most: float, dim: Any, eps: float) -> Any:
    """w with the norms along `dim` brought down to `most`."""
    norms = _norms(w, dim)
    return ew.mul(w, ew.div(select.clamp(norms, 0, most), ew.add(norms, eps)))


def within(w: Any, least: float, most: float, rate: float, dim: Any, eps: float) -> Any:
    """w with the norms along `dim` brought the share `rate` of the way into [least, most]."""
    norms = _norms(w, dim)
    wanted = ew.add(ew.mul(select.clamp(norms, least, most), rate), ew.mul(norms, 1 - rate))
    return ew.mul(w, ew.div(wanted, ew.add(norms, eps)))


def unit(w: Any, dim: Any, eps: float) -> Any:
    """w over its norms along `dim`."""
    return ew.div(w, ew.add(_norms(w, dim), eps))


def non_negative(w: Any) -> Any:
    """w with zero in place of what is below."""
    return select.clamp(w, 0)
