"""Running results along a dimension: sums, products, extremes.

Rules of this file: `dim` is counted from the front; a 0-d tensor is its own scan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.dtypes import F32, F64, I64
from plait.op import Op, Sample, apply
from plait.ops.elementwise import exp, gt, log, where
from plait.ops.extremes import wide
from plait.ops.halves import is_half, nearest
from plait.ops.rows import no_rejects
from plait.ops.shape import cat, narrow, wrap_dim, wrap_like
from plait.ops.tables import quiet, values, working
from plait.tensor import MODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray


def _cost(shapes: Sequence[tuple[int, ...]], _params: Any = ()) -> tuple[int, int]:
    n = int(np.prod(shapes[0]))
    return n, 8 * n


def _scan(ufunc: np.ufunc) -> Callable[..., NDArray]:
    def forward(x: NDArray, dim: int) -> NDArray:
        if not x.ndim:
            return x.copy()
        work = dtypes.cast(x, working(x.dtype))
        running = F64 if x.dtype == F32 and ufunc is not np.logaddexp else work.dtype  # as upstream runs
        with quiet():
            return dtypes.cast(ufunc.accumulate(work, axis=dim, dtype=running), x.dtype)

    return forward


def _samples() -> Iterable[Sample]:
    yield Sample([values((3, 4, 2), 0.3, 2)], (1,))
    yield Sample([values((3, 4), 0.3, 2)], (0,))
    yield Sample([values((), 0.3, 2)], (0,))
    yield Sample([values((0, 2), 0, 1)], (0,))


def _flip(x: Any, dim: int) -> Any:
    from plait.ops.arrange import flip

    return flip(x, (dim,)) if x.array.ndim else x


CUMSUM: Op = Op(
    "cumsum", kind="scan", forward=_scan(np.add), backward=lambda ctx, g: _flip(cumsum(_flip(g, ctx.params[0]), ctx.params[0]), ctx.params[0]),
    infer=lambda x, dim: [x], reference=lambda x, dim: np.cumsum(x, dim) if x.ndim else x, samples=_samples, rejects=no_rejects, cost=_cost,
    explain="the sum of the elements up to here", export="CumSum",
)  # fmt: skip


def cumsum(x: Any, dim: int) -> Any:
    """Running sums along `dim`."""
    return apply(CUMSUM, (x,), (wrap_dim(dim, x.array.ndim),))


def _later(x: Any, dim: int, i: int) -> Any:
    """`x` with ones at place `i` of `dim`."""
    n = x.array.shape[dim]
    shape = list(x.array.shape)
    shape[dim] = 1
    one = wrap_like(x, dtypes.full(tuple(shape), 1, x.array.dtype))
    return cat([narrow(x, dim, 0, i), one, narrow(x, dim, i + 1, n - i - 1)], dim)


def _cumprod_backward(ctx: Any, g: Any) -> Any:
    (dim,) = ctx.params
    x = ctx.x(0)
    if not x.array.ndim:
        return g
    if np.all(wide(x.array)):
        return _flip(cumsum(_flip(g * ctx.y(0), dim), dim), dim) / x
    if is_half(x.array.dtype) and not MODE.grad:
        return type(g).face.wrap(_cumprod_slope_half(g.array, x.array, ctx.y(0).array, dim))
    from plait.ops.reduce import sum as sum_

    n = x.array.shape[dim]
    parts = []
    for i in range(n):
        running = cumprod(_later(x, dim, i), dim)
        parts.append(sum_(narrow(g, dim, i, n - i) * narrow(running, dim, i, n - i), dim, True))
    return cat(parts, dim)


def _cumprod_slope_half(g: NDArray, x: NDArray, y: NDArray, dim: int) -> NDArray:
    """The gradient in 16 bits where elements are zero: up to the first zero as without one, at it by the products that pass over it."""
    dtype = x.dtype
    lines = [np.moveaxis(dtypes.cast(a, F32), dim, -1).reshape(-1, x.shape[dim]) for a in (g, x, y)]
    out = np.zeros(lines[0].shape, F32)
    near = nearest(dtype)
    with quiet():
        for slope, rise, row, total in zip(out, *lines, strict=True):
            zeros = np.flatnonzero(row == 0)
            first = int(zeros[0]) if len(zeros) else len(row)
            weighed = near(rise * total)[:first]
            slope[:first] = near(near(np.cumsum(weighed[::-1], dtype=F32)[::-1]) / row[:first])
            if first < len(row):
                end = int(zeros[1]) if len(zeros) > 1 else len(row)
                before = near(np.cumprod(row[:first], dtype=F32))[-1:] if first else np.ones(1, F32)
                passing = near(np.cumprod(np.concatenate([np.ones(1, F32), row[first + 1 : end]]), dtype=F32))
                slope[first] = near(before * near(near(passing * rise[first:end]).sum(dtype=F32)))[0]
    shape = np.moveaxis(x, dim, -1).shape
    return dtypes.cast(np.ascontiguousarray(np.moveaxis(out.reshape(shape), -1, dim)), dtype)


CUMPROD: Op = Op(
    "cumprod", kind="scan", forward=_scan(np.multiply), backward=_cumprod_backward, infer=lambda x, dim: [x],
    reference=lambda x, dim: np.cumprod(x, dim) if x.ndim else x, samples=_samples, rejects=no_rejects, cost=_cost,
    explain="the product of the elements up to here", export=None, save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip


def cumprod(x: Any, dim: int) -> Any:
    """Running products along `dim`."""
    return apply(CUMPROD, (x,), (wrap_dim(dim, x.array.ndim),))


def exclusive_products(x: Any) -> Any:
    """For every element the product of the others along the last dimension; right where elements are zero."""
    dim = x.array.ndim - 1
    n = x.array.shape[dim]
    one = wrap_like(x, dtypes.full((*x.array.shape[:-1], 1), 1, x.array.dtype))
    before = cumprod(cat([one, narrow(x, dim, 0, n - 1)], dim), dim)
    after = _flip(cumprod(cat([one, _flip(narrow(x, dim, 1, n - 1), dim)], dim), dim), dim)
    return before * after


def _logcumsumexp_backward(ctx: Any, g: Any) -> Any:
    """In logarithms, the positive and the negative part of the gradient apart, so that nothing overflows."""
    dim, x, y = ctx.params[0], ctx.x(0), ctx.y(0)

    def part(sign: float) -> Any:
        size = where(gt(g * sign, 0), log(where(gt(g * sign, 0), g * sign, 1)), float("-inf"))
        return exp(_flip(logcumsumexp(_flip(size - y, dim), dim), dim) + x)

    return part(1.0) - part(-1.0)


LOGCUMSUMEXP: Op = Op(
    "logcumsumexp", kind="scan", forward=_scan(np.logaddexp), infer=lambda x, dim: [x],
    backward=lambda ctx, g: _logcumsumexp_backward(ctx, g),
    reference=lambda x, dim: np.log(np.cumsum(np.exp(x), dim)) if x.ndim else x, samples=_samples, rejects=no_rejects, cost=_cost,
    explain="ln Σ eˣ over the elements up to here", export=None, save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip


def logcumsumexp(x: Any, dim: int) -> Any:
    """Running logarithms of sums of exponentials along `dim`."""
    return apply(LOGCUMSUMEXP, (x,), (wrap_dim(dim, x.array.ndim),))


def _running(ufunc: np.ufunc) -> Callable[..., tuple[NDArray, NDArray]]:
    def forward(x: NDArray, dim: int) -> tuple[NDArray, NDArray]:
        if not x.ndim:
            return x.copy(), np.zeros((), np.int64)
        work = wide(x)
        best = ufunc.accumulate(work, axis=dim)
        hit = work == best
        if work.dtype.kind == "f":
            hit |= np.isnan(work)
        places = np.arange(x.shape[dim]).reshape([-1 if i == dim else 1 for i in range(x.ndim)])
        index = np.maximum.accumulate(np.where(hit, places, 0), axis=dim)
        return dtypes.cast(best, x.dtype), index

    return forward


def _running_backward(ctx: Any, g: Any, _index: Any = None) -> Any:
    from plait.ops.index import scatter_new

    return None if g is None else scatter_new(g, ctx.y(1), ctx.shapes[0], ctx.params[0])


def _running_op(name: str, ufunc: np.ufunc, words: str) -> Op:
    forward = _running(ufunc)
    return Op(
        name, kind="scan", forward=forward, backward=_running_backward, infer=lambda x, dim: [x, (x[0], I64)], reference=forward,
        samples=_samples, rejects=no_rejects, cost=_cost, explain=words, export=None, save_outputs=(1,), visible=2,
    )  # fmt: skip


CUMMAX = _running_op("cummax", np.maximum, "the largest element up to here, and where it last was")
CUMMIN = _running_op("cummin", np.minimum, "the smallest element up to here, and where it last was")


def cummax(x: Any, dim: int) -> Any:
    """(running maximum, index of its last occurrence) along `dim`."""
    return apply(CUMMAX, (x,), (wrap_dim(dim, x.array.ndim),))


def cummin(x: Any, dim: int) -> Any:
    """(running minimum, index of its last occurrence) along `dim`."""
    return apply(CUMMIN, (x,), (wrap_dim(dim, x.array.ndim),))
