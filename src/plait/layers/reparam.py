"""Weights as functions of others: a direction and a length; a quotient by the largest singular value."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply
from plait.ops import elementwise as ew
from plait.ops import reduce
from plait.ops.shape import permute, reshape
from plait.ops.statistics import norm
from plait.ops.views import named

_SCALED = named(ew.MUL, "WeightNormInterfaceBackward0")


def norm_except(v: Any, dim: int) -> Any:
    """The 2-norm over all dimensions but `dim`, which are kept with size 1; dim = −1: over all, a scalar."""
    if dim == -1:
        return norm(v)
    others = tuple(d for d in range(v.array.ndim) if d != dim % v.array.ndim)
    return norm(v, 2, others, True) if others else ew.abs(v)


def weight_norm(v: Any, g: Any, dim: int) -> Any:
    """g · v / ‖v‖ (arXiv 1602.07868)."""
    length = ew.div(g, norm_except(v, dim))
    return apply(_SCALED, (v, length)) if dim in (0, v.array.ndim - 1) else ew.mul(v, length)


def as_matrix(weight: Any, dim: int) -> Any:
    """The weight with `dim` first and all else in one second dimension."""
    n = weight.array.ndim
    if dim != 0:
        weight = permute(weight, (dim, *(d for d in range(n) if d != dim)))
    rows = weight.array.shape[0]
    return reshape(weight, (rows, weight.array.size // max(rows, 1)))


def unit(x: np.ndarray[Any, Any], eps: float) -> np.ndarray[Any, Any]:
    """x / max(‖x‖, eps)."""
    return np.asarray(x / np.maximum(np.sqrt(np.dot(x, x)), x.dtype.type(eps)))


def power_iteration(
    matrix: np.ndarray[Any, Any],
    u: np.ndarray[Any, Any],
    v: np.ndarray[Any, Any],
    times: int,
    eps: float,
    u_first: bool,
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Better left and right singular vectors of the largest singular value."""
    for _ in range(times):
        if u_first:
            u = unit(matrix @ v, eps)
            v = unit(matrix.T @ u, eps)
        else:
            v = unit(matrix.T @ u, eps)
            u = unit(matrix @ v, eps)
    return u, v


def spectral_norm(weight: Any, u: np.ndarray[Any, Any], v: np.ndarray[Any, Any], dim: int) -> Any:
    """weight / (u · W v), with u and v constant (arXiv 1802.05957)."""
    matrix = as_matrix(weight, dim)
    outer = dtypes.cast(np.outer(u, v), weight.array.dtype)
    return ew.div(weight, reduce.sum(ew.mul(matrix, weight.face.wrap(outer))))


def lengths(v: Any, dim: int) -> Any:
    """The 2-norm of each slice of v along `dim`, a vector; -1: of all, a scalar."""
    return reshape(norm_except(v, dim), (-1,) if dim != -1 else ())


def weight_norm_of(v: Any, g: Any, dim: int) -> Any:
    """`weight_norm` for lengths that lie as a vector (a scalar for dim = -1)."""
    if dim == -1:
        return ew.mul(ew.div(v, norm_except(v, dim)), g)
    shape = [1] * v.array.ndim
    shape[dim] = -1
    return weight_norm(v, reshape(g, shape), dim)
