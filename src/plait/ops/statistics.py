"""Reductions that compute: products, variance, norms, the logarithm of a sum of exponentials.

Rules of this file: float32 sums of squares run in float64 inside the record; `dims` are counted from the front and sorted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.dtypes import F32, F64
from plait.op import Op, Sample, apply
from plait.ops.compare import eq
from plait.ops.elementwise import abs as abs_
from plait.ops.elementwise import exp, sign, where
from plait.ops.extremes import wide
from plait.ops.halves import is_half, rounded
from plait.ops.maths import direction
from plait.ops.reduce import dims_of, mean, reduce_cost, reduce_infer, reduced_shape, spread
from plait.ops.reduce import sum as sum_
from plait.ops.rows import no_rejects
from plait.ops.shape import contiguous, permute, reshape
from plait.ops.tables import quiet, values, working

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]


def _size(shape: Shape, dims: Sequence[int]) -> int:
    return math.prod(shape[d] for d in dims)


# --- products ----------------------------------------------------------------------------------------------------------------


def _prod(x: NDArray, dims: Shape, keepdim: bool) -> NDArray:
    if is_half(x.dtype) and x.size:
        return _prod_steps(x, dims, keepdim)
    work: Any = wide(x)
    with quiet():
        return dtypes.cast(np.asarray(work.prod(axis=dims, keepdims=keepdim, dtype=work.dtype)), x.dtype)


def _prod_steps(x: NDArray, dims: Shape, keepdim: bool) -> NDArray:
    """In 16 bits, rounded after every factor."""
    rest = [d for d in range(x.ndim) if d not in dims]
    factors = np.transpose(dtypes.cast(x, F32), (*dims, *rest)).reshape(-1, *(x.shape[d] for d in rest))
    out = factors[0]
    with quiet():
        for factor in factors[1:]:
            out = rounded(out * factor, x.dtype)
    return dtypes.cast(np.array(out).reshape(reduced_shape(x.shape, dims, keepdim)), x.dtype)


def _prod_backward(ctx: Any, g: Any) -> Any:
    x, dims = ctx.x(0), ctx.params[0]
    shape = ctx.shapes[0]
    if np.all(wide(x.array)):
        return spread(g, shape, dims) * (spread(ctx.y(0), shape, dims) / x)
    if not shape:
        return g
    from plait.ops.scan import exclusive_products

    rest = [d for d in range(len(shape)) if d not in dims]
    order = (*rest, *dims)
    flat = reshape(contiguous(permute(x, order)), (*(shape[d] for d in rest), _size(shape, dims)))
    others = reshape(exclusive_products(flat), tuple(shape[d] for d in order))
    return spread(g, shape, dims) * permute(others, tuple(int(i) for i in np.argsort(order)))


def _quotient_backward(ctx: Any, g: Any) -> Any:
    dims, shape = ctx.params[0], ctx.shapes[0]
    return spread(g, shape, dims) * spread(ctx.y(0), shape, dims) * (1.0 / ctx.x(0))


def _samples() -> Iterable[Sample]:
    x = values((3, 4, 2), 0.5, 2)
    yield Sample([x], ((0, 1, 2), False))
    yield Sample([x], ((1,), True))
    yield Sample([x], ((0, 2), False))


PROD: Op = Op(
    "prod", kind="reduce", forward=_prod, backward=_prod_backward, infer=reduce_infer, samples=_samples, rejects=no_rejects,
    reference=lambda x, dims, keepdim: np.prod(x, axis=dims, keepdims=keepdim), cost=reduce_cost,
    explain="the product of the elements", export="ReduceProd", save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip


PROD_QUOTIENT: Op = Op(
    "prod_quotient", kind="reduce", forward=_prod, backward=_quotient_backward, infer=reduce_infer, samples=_samples, rejects=no_rejects,
    reference=lambda x, dims, keepdim: np.prod(x, axis=dims, keepdims=keepdim), cost=reduce_cost,
    explain="the product of the elements, whose gradient is the product over each element: NaN at a zero", export="ReduceProd",
    save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip


def prod(x: Any, dim: Any = None, keepdim: bool = False, quotient: bool = False) -> Any:
    """The product of the elements over `dim`; `quotient`: its gradient is the product over each element, also where that is 0 / 0."""
    return apply(PROD_QUOTIENT if quotient else PROD, (x,), (dims_of(dim, x.array.ndim), keepdim))


# --- variance ----------------------------------------------------------------------------------------------------------------


_BLOCK = 1 << 14


def _squares(x: NDArray, centre: float) -> float:
    """The sum of (x - centre)² in float64, a block at a time so that nothing leaves the cache."""
    flat = x.reshape(-1)
    total = 0.0
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK].astype(F64)
        if centre:
            block -= centre
        block *= block
        total += float(np.add.reduce(block))
    return total


def _var(x: NDArray, dims: Shape, correction: float, keepdim: bool) -> NDArray:
    n = _size(x.shape, dims)
    if n > correction and x.dtype.kind == "f" and not keepdim and len(dims) == x.ndim:
        centre = np.add.reduce(x, axis=None, dtype=F64) / n
        return np.asarray(_squares(x, centre) / (n - correction), x.dtype)
    if n > correction and x.dtype.kind == "f":
        work = x.astype(F64)
        work -= work.sum(axis=dims, keepdims=True) / n
        work *= work
        return np.asarray(work.sum(axis=dims, keepdims=keepdim) / (n - correction), x.dtype)
    with quiet():
        work = dtypes.cast(x, F64)
        centre = work.mean(axis=dims, keepdims=True)
        work = np.asarray(work - centre)
        np.multiply(work, work, out=work)
        total = work.sum(axis=dims, keepdims=keepdim)
        return dtypes.cast(np.asarray(total / np.float64(max(n - correction, 0))), x.dtype)


def _var_backward(ctx: Any, g: Any) -> Any:
    x = ctx.x(0)
    dims, correction = ctx.params[0], ctx.params[1]
    left = _size(ctx.shapes[0], dims) - correction
    centred = x - mean(x, dims, True) if x.array.ndim else x - x
    scale = 2.0 / left if left > 0 else math.inf
    return spread(g, ctx.shapes[0], dims) * scale * centred


def _var_infer(x: Any, dims: Sequence[int], _correction: float, keepdim: bool) -> list[Any]:
    return [(reduced_shape(x[0], dims, keepdim), x[1])]


def _var_samples() -> Iterable[Sample]:
    x = values((3, 4, 5), -2, 2)
    yield Sample([x], ((0, 1, 2), 1, False))
    yield Sample([x], ((1,), 0, True))
    yield Sample([x], ((0, 2), 2, False))


VAR: Op = Op(
    "var", kind="reduce", forward=_var, backward=_var_backward, infer=_var_infer, samples=_var_samples, rejects=no_rejects,
    reference=lambda x, dims, c, keepdim: np.var(x, axis=dims, ddof=c, keepdims=keepdim), cost=reduce_cost,
    explain="the mean squared distance from the mean, over n − correction", export=None, save_inputs=(0,),
)  # fmt: skip


def _std_backward(ctx: Any, g: Any) -> Any:
    y = ctx.y(0)
    scaled = where(eq(y, 0), 0, g / (y * 2))
    return _var_backward(ctx, scaled)


STD: Op = Op(
    "std", kind="reduce", forward=lambda *a: np.sqrt(_var_wide(*a)).astype(a[0].dtype) if a[0].dtype.kind == "f" else
    dtypes.cast(np.asarray(np.sqrt(_var_wide(*a))), a[0].dtype), backward=_std_backward, infer=_var_infer, samples=_var_samples,
    rejects=no_rejects, reference=lambda x, dims, c, keepdim: np.std(x, axis=dims, ddof=c, keepdims=keepdim), cost=reduce_cost,
    explain="the square root of the variance", export=None, save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip


def _var_wide(x: NDArray, dims: Shape, correction: float, keepdim: bool) -> NDArray:
    return _var(dtypes.cast(x, F64), dims, correction, keepdim)


def _two_backward(first: Any) -> Any:
    def backward(ctx: Any, g: Any, gm: Any) -> Any:
        dims = ctx.params[0]
        gx = None if g is None else first(ctx, g)
        if gm is not None:
            part = spread(gm / max(_size(ctx.shapes[0], dims), 1), ctx.shapes[0], dims)
            gx = part if gx is None else gx + part
        return gx

    return backward


def _two_infer(x: Any, dims: Sequence[int], _correction: float, keepdim: bool) -> list[Any]:
    return [(reduced_shape(x[0], dims, keepdim), x[1])] * 2


def _mean_of(x: NDArray, dims: Shape, keepdim: bool) -> NDArray:
    with quiet():
        return dtypes.cast(np.asarray(dtypes.cast(x, F64).mean(axis=dims, keepdims=keepdim)), x.dtype)


VAR_MEAN: Op = Op(
    "var_mean", kind="reduce", forward=lambda x, dims, c, keepdim: (_var(x, dims, c, keepdim), _mean_of(x, dims, keepdim)),
    backward=_two_backward(_var_backward), infer=_two_infer, samples=_var_samples, rejects=no_rejects, cost=reduce_cost, visible=2,
    reference=lambda x, dims, c, keepdim: (np.var(x, axis=dims, ddof=c, keepdims=keepdim), np.mean(x, axis=dims, keepdims=keepdim)),
    explain="the variance and the mean", export=None, save_inputs=(0,),
)  # fmt: skip
STD_MEAN: Op = Op(
    "std_mean", kind="reduce", forward=lambda x, dims, c, keepdim: (STD.run(x, dims, c, keepdim), _mean_of(x, dims, keepdim)),
    backward=_two_backward(_std_backward), infer=_two_infer, samples=_var_samples, rejects=no_rejects, cost=reduce_cost, visible=2,
    reference=lambda x, dims, c, keepdim: (np.std(x, axis=dims, ddof=c, keepdims=keepdim), np.mean(x, axis=dims, keepdims=keepdim)),
    explain="the standard deviation and the mean", export=None, save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip


def var(x: Any, dim: Any = None, correction: float = 1, keepdim: bool = False) -> Any:
    """The variance over `dim`, divided by n − correction."""
    return apply(VAR, (x,), (dims_of(dim, x.array.ndim), correction, keepdim))


def var_mean(x: Any, dim: Any = None, correction: float = 1, keepdim: bool = False) -> tuple[Any, Any]:
    """Variance and mean."""
    return apply(VAR_MEAN, (x,), (dims_of(dim, x.array.ndim), correction, keepdim))


def std(x: Any, dim: Any = None, correction: float = 1, keepdim: bool = False) -> Any:
    """The standard deviation over `dim`."""
    return apply(STD, (x,), (dims_of(dim, x.array.ndim), correction, keepdim))


# --- norms -------------------------------------------------------------------------------------------------------------------


_IN_ORDER = 1 << 16  # as many float32 numbers as PyTorch adds in one order


def _norm(x: NDArray, p: float, dims: Shape, keepdim: bool, flat: bool = False) -> NDArray:
    if p == 2 and x.dtype == F32 and 0 < x.size <= _IN_ORDER and x.flags.c_contiguous:
        first = x.ndim - len(dims)
        if dims == () or min(dims) >= first:
            rows = x.reshape(-1, math.prod(x.shape[first:]))
            return _native.lane_lengths(rows).reshape(reduced_shape(x.shape, dims, keepdim))
        if len(dims) == 1 and x.shape[-1] > 1:
            return np.asarray(np.sqrt((x * x).sum(axis=dims, keepdims=keepdim)))
    if p == 2 and not keepdim and len(dims) == x.ndim and x.dtype.kind == "f":
        return np.asarray(math.sqrt(_squares(x, 0.0)), x.dtype)
    work = dtypes.cast(x, F64) if p not in (math.inf, -math.inf) else dtypes.cast(x, working(x.dtype))
    with quiet():
        if p == 2:
            out = np.sqrt(np.square(work).sum(axis=dims, keepdims=keepdim))
        elif p == 1:
            out = np.abs(work).sum(axis=dims, keepdims=keepdim)
        elif p == 0:
            out = (work != 0).sum(axis=dims, keepdims=keepdim).astype(F64)
        elif p == math.inf:
            out = (
                np.abs(work).max(axis=dims, keepdims=keepdim)
                if work.size or dims == ()
                else _empty_max(work, dims, keepdim)
            )
        elif p == -math.inf:
            out = np.abs(work).min(axis=dims, keepdims=keepdim)
        else:
            out = (np.abs(work) ** p).sum(axis=dims, keepdims=keepdim) ** (1.0 / p)
        return dtypes.cast(np.asarray(out), x.dtype)


def _empty_max(work: NDArray, dims: Shape, keepdim: bool) -> NDArray:
    return np.zeros(reduced_shape(work.shape, dims, keepdim), work.dtype)


def _norm_backward(ctx: Any, g: Any) -> Any:
    p, dims, _keep, *flat = ctx.params
    x, shape = ctx.x(0), ctx.shapes[0]
    if p == 0:  # a count does not move; `flat` gives that a gradient
        return x.face.wrap(np.zeros(shape, x.array.dtype)) if any(flat) else None
    y, g = spread(ctx.y(0), shape, dims), spread(g, shape, dims)
    if p == 1:
        return direction(x) * g
    if p == 2:
        return where(eq(y, 0), 0, g * (x / y))
    if abs(p) == math.inf:
        from plait.ops.compare import isnan, logical_or

        size = abs_(x)
        winners = logical_or(eq(size, y), isnan(y) * isnan(size))
        mask = winners.face.wrap(winners.array.astype(working(x.array.dtype)))
        return direction(x) * (g * mask if any(flat) else g * mask / sum_(mask, dims, True))
    if p < 1:
        part = sign(x) * where(eq(x, 0), 0, abs_(x) ** (p - 1))
        return part * g * (y ** (1 - p))
    if p < 2:
        return where(eq(y, 0), 0, sign(x) * abs_(x) ** (p - 1) * (g / y ** (p - 1)))
    return where(eq(y, 0), 0, x * abs_(x) ** (p - 2) * (g / y ** (p - 1)))


def _norm_infer(x: Any, p: float, dims: Sequence[int], keepdim: bool, flat: bool = False) -> list[Any]:
    return [(reduced_shape(x[0], dims, keepdim), x[1])]


NORM: Op = Op(
    "norm", kind="reduce", forward=_norm, backward=_norm_backward, infer=_norm_infer, reference=_norm,
    samples=lambda: [Sample([values((3, 4, 5), -2, 2)], (p, d, k)) for p in (2, 1, 3, 1.5, math.inf, 0.5)
                     for d, k in (((0, 1, 2), False), ((1,), True))],
    rejects=no_rejects, cost=reduce_cost, explain="(Σ |x|ᵖ)^(1/p)", export=None, save_inputs=(0,), save_outputs=(0,),
    grad_name="LinalgVectorNormBackward0",
)  # fmt: skip


def norm(x: Any, p: float = 2.0, dim: Any = None, keepdim: bool = False, flat: bool = False) -> Any:
    """The vector p-norm over `dim`. `flat`: the gradient of a count (p = 0) is zeros, not none, and all that reach an infinite norm have
    its gradient whole instead of sharing it."""
    return apply(NORM, (x,), (float(p), dims_of(dim, x.array.ndim), keepdim, flat))


# --- logsumexp ---------------------------------------------------------------------------------------------------------------


def _logsumexp(x: NDArray, dims: Shape, keepdim: bool, limits: bool = True) -> NDArray:
    work = dtypes.cast(x, working(x.dtype))
    with quiet():
        if work.size == 0:
            return dtypes.cast(np.log(work.sum(axis=dims, keepdims=keepdim)), x.dtype)
        top = work.max(axis=dims, keepdims=True)
        if limits:
            top = np.where(np.isfinite(top), top, 0).astype(work.dtype)
        total = np.log(np.exp(work - top).sum(axis=dims, keepdims=keepdim))
        return dtypes.cast(np.asarray(total + (top if keepdim else top.reshape(total.shape))), x.dtype)


LOGSUMEXP: Op = Op(
    "logsumexp", kind="reduce", forward=_logsumexp, infer=lambda x, dims, keepdim, limits=True: reduce_infer(x, dims, keepdim), samples=_samples, rejects=no_rejects,
    backward=lambda ctx, g: spread(g, ctx.shapes[0], ctx.params[0]) * exp(ctx.x(0) - spread(ctx.y(0), ctx.shapes[0], ctx.params[0])),
    reference=lambda x, dims, keepdim, limits=True: np.log(np.exp(x).sum(axis=dims, keepdims=keepdim)), cost=reduce_cost,
    explain="ln Σ eˣ", export="ReduceLogSumExp", save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip


def logsumexp(x: Any, dim: Any, keepdim: bool = False, limits: bool = True) -> Any:
    """ln Σ eˣ over `dim`, without overflow; with `limits` the limit where the greatest is infinite, else NaN."""
    return apply(LOGSUMEXP, (x,), (dims_of(dim, x.array.ndim), keepdim, limits))
