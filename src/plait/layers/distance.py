"""Distances between vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.ops import elementwise as ew
from plait.ops import reduce
from plait.ops.shape import wrap_dim


def p_norm(x: Any, p: float, dim: int, keepdim: bool = False) -> Any:
    """(sum |x|^p)^(1/p) along `dim`; the largest |x| for p = inf, the number of non-zeros for p = 0. At zero its gradient is zero."""
    if p == 2:
        y = ew.sqrt(reduce.sum(ew.mul(x, x), dim, True))
        if (y.array == 0).any():  # the root has no slope there
            zero = y.array == 0
            wrap = x.face.wrap
            safe = ew.where(wrap(zero), 1.0, reduce.sum(ew.mul(x, x), dim, True))
            y = ew.where(wrap(zero), 0.0, ew.sqrt(safe))
    elif p == 1:
        y = reduce.sum(ew.abs(x), dim, True)
    elif p == 0:
        y = reduce.sum(x.face.wrap((x.array != 0).astype(x.array.dtype)), dim, True)
    elif np.isinf(p):
        a = np.abs(x.array)
        top = a.max(dim, keepdims=True) if p > 0 else a.min(dim, keepdims=True)
        hit = a == top
        share = (hit / hit.sum(dim, keepdims=True)).astype(x.array.dtype)
        y = reduce.sum(ew.mul(ew.abs(x), x.face.wrap(share)), dim, True)
    else:
        zero = x.face.wrap(x.array == 0)
        powers = ew.where(zero, 0.0, ew.pow(ew.where(zero, 1.0, ew.abs(x)), p))
        total = reduce.sum(powers, dim, True)
        none = x.face.wrap(total.array == 0)
        y = ew.where(none, 0.0, ew.pow(ew.where(none, 1.0, total), 1.0 / p))
    return y if keepdim else reduce.sum(y, dim)


def pairwise_distance(a: Any, b: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The p-norm of a − b + eps over the last dimension, which broadcast."""
    d = ew.add(ew.sub(a, b), eps)
    return p_norm(d, p, d.array.ndim - 1, keepdim)


def cosine_similarity(a: Any, b: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """a · b / (max(‖a‖, eps) max(‖b‖, eps)) along `dim`; a and b broadcast."""
    a, b = ew.operands(a, b)
    if not dtypes.is_floating(a.array.dtype):
        from plait.op import type_name

        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {type_name(a.array.dtype)}"
        )
    shape = np.broadcast_shapes(a.array.shape, b.array.shape)
    from plait.ops.shape import expand

    a, b = (x if x.array.shape == shape else expand(x, shape) for x in (a, b))
    dim = wrap_dim(dim, len(shape))

    def unit(x: Any) -> Any:
        length = p_norm(x, 2, dim, True)
        small = length.array < eps
        if small.any():
            # upstream of the threshold the length is a constant, but still has its gradient's place in the quotient
            length = ew.add(length, x.face.wrap(np.where(small, eps - length.array, 0).astype(x.array.dtype)))
        return ew.div(x, length)

    return reduce.sum(ew.mul(unit(a), unit(b)), dim)
