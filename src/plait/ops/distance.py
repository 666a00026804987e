"""Distances between all pairs of rows: of two sets (`cdist`), or within one (`pdist`).

Rules of this file: p = 0 counts the differences, infinity takes the largest. A distance of zero passes no gradient on. Pairs are worked
through in blocks, so that the differences never take more than a few megabytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.errors import NoSecondDerivative
from plait.op import Op, Sample, apply, type_name
from plait.ops.product import transposed
from plait.ops.rows import no_rejects, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]

_BLOCK = 1 << 20


def _norm(d: NDArray, p: float) -> NDArray:
    """The p-norm along the last axis."""
    if p == 2:
        return np.sqrt(np.einsum("...k,...k->...", d, d))
    if p == 0:
        return np.asarray((d != 0).sum(-1)).astype(d.dtype)
    d = np.abs(d)
    if p == 1:
        return d.sum(-1)
    if np.isinf(p):
        return d.max(-1, initial=0)
    return np.asarray((d**p).sum(-1) ** (1.0 / p))


def _slope(d: NDArray, dist: NDArray, p: float) -> NDArray:
    """The derivative of the p-norm `dist` of `d` by `d`."""
    dist = dist[..., None]
    if p == 0:
        return np.zeros_like(d)
    if p == 1:
        return np.sign(d)
    if np.isinf(p):
        return np.sign(d) * (np.abs(d) == dist)
    with np.errstate(all="ignore"):
        if p == 2:
            raw = d / dist
        elif p < 2:
            raw = np.sign(d) * np.abs(d) ** (p - 1) / dist ** (p - 1)
            raw = np.where(d == 0, 0, raw)
        else:
            raw = d * np.abs(d) ** (p - 2) / dist ** (p - 1)
    return np.where(dist == 0, 0, raw)


def _rows(count: int, inner: int) -> int:
    return max(1, _BLOCK // max(1, count * inner))


def _cdist(x: NDArray, y: NDArray, p: float) -> NDArray:
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    m, n, k = x.shape[-2], y.shape[-2], x.shape[-1]
    x = np.broadcast_to(x, (*batch, m, k)).reshape(int(np.prod(batch)), m, k)
    y = np.broadcast_to(y, (*batch, n, k)).reshape(-1 if n * k else x.shape[0], n, k)
    out = np.zeros((x.shape[0], m, n), x.dtype)
    step = _rows(n, k)
    for b in range(out.shape[0]):
        for i in range(0, m, step):
            out[b, i : i + step] = _norm(x[b, i : i + step, None] - y[b, None], p)
    return out.reshape(*batch, m, n)


def _cdist_grad(g: NDArray, x: NDArray, y: NDArray, dist: NDArray, p: float) -> NDArray:
    """The gradient for x, of the broadcast shape."""
    batch, m, n, k = dist.shape[:-2], x.shape[-2], y.shape[-2], x.shape[-1]
    x = np.broadcast_to(x, (*batch, m, k))
    y = np.broadcast_to(y, (*batch, n, k))
    out = np.zeros((*batch, m, k), x.dtype)
    step = _rows(n, k)
    for b in np.ndindex(*batch):
        for i in range(0, m, step):
            d = x[b][i : i + step, None] - y[b][None]
            slope = _slope(d, dist[b][i : i + step], p)
            out[b][i : i + step] = np.einsum("ij,ijk->ik", g[b][i : i + step], slope)
    return out


def _no_second(name: str) -> Callable[..., Any]:
    def backward(ctx: Any, g: Any) -> Any:
        raise NoSecondDerivative(f"the derivative for '{name}' is not implemented.")

    return backward


def _cdist_backward(ctx: Any, g: Any) -> Any:
    x, y, dist, p = ctx.x(0), ctx.x(1), ctx.y(0), ctx.params[0]
    gx = apply(CDIST_BACKWARD, (g, x, y, dist), (p,)) if ctx.needs[0] else None
    if not ctx.needs[1]:
        return gx, None
    return gx, apply(CDIST_BACKWARD, (transposed(g), y, x, transposed(dist)), (p,))


def _pair_cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    x, y = shapes[0], shapes[-1]
    n = int(np.prod(x)) * (y[-2] if len(y) > 1 else 1)
    return 3 * n, 4 * n


CDIST: Op = Op(
    "cdist", kind="distance", forward=_cdist, backward=_cdist_backward,
    infer=lambda x, y, p: [((*np.broadcast_shapes(x[0][:-2], y[0][:-2]), x[0][-2], y[0][-2]), x[1])],
    reference=lambda x, y, p: _norm(x[..., :, None, :] - y[..., None, :, :], p),
    samples=lambda: [
        *(Sample([numbers(4, 3), numbers(5, 3, seed=1)], (p,), grad=p < 9) for p in (2.0, 1.0, 1.5, 3.0, float("inf"))),
        Sample([numbers(4, 3), numbers(5, 3, seed=1)], (0.0,), grad=False),
        Sample([numbers(2, 1, 4, 3), numbers(3, 5, 3, seed=1)], (2.0,)), Sample([numbers(0, 3), numbers(2, 3)], (2.0,)),
    ],
    rejects=no_rejects, cost=_pair_cost, explain="p-norm of row i of x less row j of y", export=None, save_inputs=((0, 0), (0, 1), (1, 0), (1, 1)),
    save_outputs=(0,),
)  # fmt: skip
CDIST_BACKWARD: Op = Op(
    "cdist_backward", kind="distance", forward=_cdist_grad, backward=_no_second("_cdist_backward"),
    infer=lambda g, x, y, dist, p: [((*dist[0][:-1], x[0][-1]), x[1])],
    reference=lambda g, x, y, dist, p: (g[..., None] * _slope(x[..., :, None, :] - y[..., None, :, :], dist, p)).sum(-2),
    samples=lambda: [Sample([numbers(4, 5, seed=2), numbers(4, 3), numbers(5, 3, seed=1), _cdist(numbers(4, 3), numbers(5, 3, seed=1), 2.0)],
                            (2.0,), grad=False)],
    rejects=no_rejects, cost=_pair_cost, explain="sum over j of the gradient times the norm's slope", export=None,
)  # fmt: skip


def _pdist(x: NDArray, p: float) -> NDArray:
    n = x.shape[0]
    parts = [_norm(x[i] - x[i + 1 :], p) for i in range(n - 1)]
    return np.concatenate(parts) if parts else np.zeros(0, x.dtype)


def _pdist_grad(g: NDArray, x: NDArray, dist: NDArray, p: float) -> NDArray:
    out = np.zeros_like(x, order="C")
    at, n = 0, x.shape[0]
    for i in range(n - 1):
        part = slice(at, at + n - 1 - i)
        flow = g[part][:, None] * _slope(x[i] - x[i + 1 :], dist[part], p)
        out[i] += flow.sum(0)
        out[i + 1 :] -= flow
        at += n - 1 - i
    return out


PDIST: Op = Op(
    "pdist", kind="distance", forward=_pdist,
    backward=lambda ctx, g: apply(PDIST_BACKWARD, (g, ctx.x(0), ctx.y(0)), ctx.params),
    infer=lambda x, p: [((x[0][0] * (x[0][0] - 1) // 2,), x[1])],
    reference=lambda x, p: np.array([_norm(x[i] - x[j], p) for i in range(len(x)) for j in range(i + 1, len(x))]).reshape(-1),
    samples=lambda: [*(Sample([numbers(5, 3)], (p,), grad=p < 9) for p in (2.0, 1.0, 1.5, 3.0, float("inf"))), Sample([numbers(1, 3)], (2.0,)),
                     Sample([numbers(0, 3)], (2.0,))],
    rejects=no_rejects, cost=lambda shapes, params=(): _pair_cost((shapes[0], shapes[0])), explain="p-norm of row i less row j, i < j",
    export=None, save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip
PDIST_BACKWARD: Op = Op(
    "pdist_backward", kind="distance", forward=_pdist_grad, backward=_no_second("_pdist_backward"),
    infer=lambda g, x, dist, p: [x], reference=_pdist_grad,
    samples=lambda: [Sample([numbers(10, seed=2), numbers(5, 3), _pdist(numbers(5, 3), 2.0)], (2.0,), grad=False)],
    rejects=no_rejects, cost=lambda shapes, params=(): _pair_cost((shapes[1], shapes[1])), explain="sum of the gradients times the norm's slopes",
    export=None,
)  # fmt: skip


def cdist(x: Any, y: Any, p: float = 2.0) -> Any:
    """Distances between the rows of x[..., m, k] and of y[..., n, k]: gives [..., m, n]."""
    a, b = x.array, y.array
    for name, v in (("X1", a), ("X2", b)):
        if v.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {v.ndim}D")
    if a.shape[-1] != b.shape[-1]:
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {a.shape[-1]} X2: {b.shape[-1]}")
    for name, v in (("X1", a), ("X2", b)):
        if not dtypes.is_floating(v.dtype):
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {type_name(v.dtype)}")
    if a.dtype != b.dtype:
        raise RuntimeError(f"expected scalar type {type_name(a.dtype)} but found {type_name(b.dtype)}")
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    _no_half(a.dtype, "cdist")
    return apply(CDIST, (x, y), (float(p),))


def pdist(x: Any, p: float = 2.0) -> Any:
    """Distances between all pairs of rows i < j of x[n, k]: gives [n (n - 1) / 2]."""
    a = x.array
    if a.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {a.ndim}D")
    if not dtypes.is_floating(a.dtype):
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    _no_half(a.dtype, "pdist")
    return apply(PDIST, (x,), (float(p),))


def _no_half(dtype: np.dtype, name: str) -> None:
    if dtype in (dtypes.F16, dtypes.BFLOAT16):
        raise NotImplementedError(f"\"{name}\" not implemented for '{type_name(dtype)}'")
