"""Reductions by place: sums, products, means and extremes of a source's elements over the places that an index names.

Rules of this file: a mean is a sum over a count; products and extremes have derivatives written with gather.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.op import Op, Sample, apply
from plait.ops.arrange import move_cost
from plait.ops.elementwise import div, eq, mul, where
from plait.ops.index import SCATTER, SCATTER_ADD, _write, gather, indices, scatter_new
from plait.ops.rows import no_rejects
from plait.ops.shape import wrap_like
from plait.ops.tables import values


def _start(x: np.ndarray, index: np.ndarray, dim: int, how: str, include: bool) -> np.ndarray:
    """`x`, with the neutral number where elements of the source go and `x` does not count."""
    if include:
        return x
    if x.dtype.kind == "f":
        limits = (-np.inf, np.inf)
    elif x.dtype.kind == "b":
        limits = (False, True)
    else:
        limits = (np.iinfo(x.dtype).min, np.iinfo(x.dtype).max) if x.dtype != dtypes.BFLOAT16 else (-np.inf, np.inf)
    neutral = {"prod": 1, "amax": limits[0], "amin": limits[1]}[how]
    return _write(x, index, neutral, dim, "set")


def _reduce(x: np.ndarray, index: np.ndarray, source: np.ndarray, dim: int, how: str, include: bool) -> np.ndarray:
    return _write(_start(x, index, dim, how, include), index, source, dim, how)


def _backward(ctx: Any, g: Any) -> Any:
    dim, how, include = ctx.params
    x, index, source, y = ctx.x(0), ctx.x(1), ctx.x(2), ctx.y(0)
    own = x if include else apply(SCATTER, (x, index, 1 if how == "prod" else _outside(how)), (dim,))
    if how == "prod":
        gx = where(eq(own, 0), _prod_without(own, index, source, dim), div(y, where(eq(own, 0), 1, own)))
        gs = _source_prod(own, index, source, y, dim)
        gx = mul(g, gx)
        if not include:
            gx = apply(SCATTER, (gx, index, 0), (dim,))
        return gx, None, mul(gather(g, dim, index), gs)
    hit = wrap_like(g, dtypes.cast(eq(own, y).array, g.array.dtype))
    mine = wrap_like(g, dtypes.cast(eq(_cropped(source, index), gather(y, dim, index)).array, g.array.dtype))
    count = apply(SCATTER_ADD, (hit, index, mine), (dim,))
    shared = div(g, count)
    gx = mul(shared, hit)
    if not include:
        gx = apply(SCATTER, (gx, index, 0), (dim,))
    gs = mul(gather(shared, dim, index), mine)
    return gx, None, _fit(gs, ctx.shapes[2])


def _outside(how: str) -> float:
    return float("-inf") if how == "amax" else float("inf")


def _cropped(source: Any, index: Any) -> Any:
    from plait.ops.index import CROP_END

    n = index.array.shape
    return source if source.array.shape == n else apply(CROP_END, (source,), (n,))


def _fit(g: Any, shape: Any) -> Any:
    from plait.ops.index import PAD_END

    return g if g.array.shape == shape else apply(PAD_END, (g,), (shape,))


def _prod_without(own: Any, index: Any, source: Any, dim: int) -> Any:
    one = wrap_like(own, dtypes.full(own.array.shape, 1, own.array.dtype))
    return apply(SCATTER_PROD, (one, index, source), (dim, "prod", True))


def _source_prod(own: Any, index: Any, source: Any, y: Any, dim: int) -> Any:
    """For every source element the product of the others of its place."""
    part = _cropped(source, index)
    zero = eq(part, 0)
    zeros = scatter_new(wrap_like(part, zero.array.astype(part.array.dtype)), index, own.array.shape, dim)
    filled = where(zero, 1, part)
    rest = apply(SCATTER_PROD, (own, index, filled), (dim, "prod", True))
    single = eq(gather(zeros, dim, index), 1)
    at_zero = where(single, gather(rest, dim, index), 0)
    return _fit(where(zero, at_zero, div(gather(y, dim, index), filled)), source.array.shape)


SCATTER_PROD: Op = Op(
    "scatter_reduce", kind="index", forward=_reduce, backward=_backward, infer=lambda x, *_: [x], reference=_reduce, rejects=no_rejects,
    samples=lambda: [Sample([values((3, 4), 0.5, 1), indices(3, 3, below=4), values((3, 3), 0.5, 2, 1)], (1, how, inc))
                     for how in ("prod", "amax", "amin") for inc in (True, False)],
    cost=move_cost, explain="the product or extreme of the source's elements by place", export=None, save_inputs=(0, 1, 2),
    save_outputs=(0,), grad_name="ScatterReduceBackward0",
)  # fmt: skip


def scatter_reduce(x: Any, dim: int, index: Any, source: Any, how: str, include: bool) -> Any:
    """`x` reduced with the elements of `source` at the places that `index` names along `dim`."""
    if how in ("sum", "mean"):
        start = x if include else apply(SCATTER, (x, index, 0), (dim,))
        total = apply(SCATTER_ADD, (start, index, source), (dim,))
        if how == "sum":
            return total
        ones = np.ones(x.array.shape, np.int64)
        if not include:
            ones = _write(ones, index.array, 0, dim, "set")
        count = np.maximum(_write(ones, index.array, 1, dim, "add"), 1)
        if x.array.dtype.kind in "iu":
            return wrap_like(x, np.floor_divide(total.array, count).astype(x.array.dtype))
        return div(total, wrap_like(x, dtypes.cast(count, x.array.dtype)))
    return apply(SCATTER_PROD, (x, index, source), (dim, how, include))
