"""Distances between vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply, type_name
from plait.ops import elementwise as ew
from plait.ops import reduce
from plait.ops.loss import P_NORM, SUM_ALONG
from plait.ops.select import clamp
from plait.ops.shape import expand, wrap_dim
from plait.ops.statistics import norm


def pairwise_distance(
    a: Any, b: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False, flat: bool = False
) -> Any:
    """The p-norm of a − b + eps over the last dimension, which broadcast. `flat` as in `norm`."""
    if any(x.array.dtype == dtypes.BOOL for x in (a, b)):
        from plait.layers.loss import minus

        minus(a, b)  # raises
    d = ew.add(ew.sub(a, b), eps)
    return apply(P_NORM, (d,), (float(p), (d.array.ndim - 1,) if d.array.ndim else (), keepdim, flat))


def cosine_similarity(a: Any, b: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """a · b / (max(‖a‖, eps) max(‖b‖, eps)) along `dim`; a and b broadcast."""
    a, b = ew.operands(a, b)
    if not dtypes.is_floating(a.array.dtype):
        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {type_name(a.array.dtype)}"
        )
    try:
        shape = np.broadcast_shapes(a.array.shape, b.array.shape)
    except ValueError:
        raise ew.broadcast_error(a.array, b.array) from None
    a, b = (x if x.array.shape == shape else expand(x, shape) for x in (a, b))
    dim = wrap_dim(dim, len(shape))

    def unit(x: Any) -> Any:
        length = norm(x, 2, dim, True)
        sizes = dtypes.working(length.array)
        if (sizes < eps).any():
            # below the threshold the length is a constant, but still has its gradient's place in the quotient
            missing = np.where(sizes < eps, eps - sizes, 0)
            length = ew.add(length, x.face.wrap(dtypes.cast(missing, x.array.dtype)))
        return ew.div(x, length)

    return apply(SUM_ALONG, (ew.mul(unit(a), unit(b)),), ((dim,) if shape else (), False))


def cosine_of_products(a: Any, b: Any, dim: int, eps: float) -> Any:
    """a · b / sqrt(max(a · a b · b, eps²)) along `dim`; a vector of one element along it counts as often as the other has elements.

    Under the root the dtype's largest number stands for infinity.
    """
    n, m = a.array.shape[dim], b.array.shape[dim]

    def dot(p: Any, q: Any, times: float = 1) -> Any:
        total = reduce.sum(ew.mul(p, q), dim)
        return total if times == 1 else ew.mul(total, times)

    if n == 0 or m == 0:
        return dot(a, b)
    longest = max(n, m)
    squares = ew.mul(dot(a, a, longest / n), dot(b, b, longest / m))
    kind = squares.array.dtype
    most = float(np.finfo(kind).max) if kind in (dtypes.F32, dtypes.F64) else None
    return ew.div(dot(a, b), ew.sqrt(clamp(squares, eps * eps, most)))
