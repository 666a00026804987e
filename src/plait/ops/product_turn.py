"""Products whose sums add one product after another, each rounded by itself, for dialects whose digits depend on it.

Up to `MOST` products are made so; larger ones, and what is neither float32 nor float64, are made in the engine's own order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Sample, apply
from plait.ops import product, turn
from plait.ops.matmul import matmul as engine_matmul
from plait.ops.rows import no_rejects, numbers
from plait.ops.shape import permute, reshape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["LINEAR_TURN", "MATMUL_TURN", "MOST", "linear", "matmul", "multiplied"]

MOST = 1 << 18


def multiplied(a: NDArray, b: NDArray) -> NDArray:
    """a[..., m, k] · b[..., k, n]; batches broadcast."""
    dtype, n = a.dtype, b.shape[-1]
    if dtype not in (dtypes.F32, dtypes.F64) or b.dtype != dtype or max(a.size * n, b.size * a.shape[-2]) > MOST:
        return product.product(a, b)
    if a.ndim == 2 and b.ndim == 2:
        return _native.matmul_in_turn(a, b)
    if b.ndim == 2:
        rows = int(np.prod(a.shape[:-1]))
        return _native.matmul_in_turn(a.reshape(rows, a.shape[-1]), b).reshape(*a.shape[:-1], n)
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    count = int(np.prod(batch))
    a, b = (np.broadcast_to(x, (*batch, *x.shape[-2:])).reshape(count, *x.shape[-2:]) for x in (a, b))
    return _native.matmul_in_turn(a, b).reshape(*batch, a.shape[1], n)


def _samples() -> Iterable[Sample]:
    yield Sample([numbers(3, 5), numbers(5, 4, seed=1)])
    yield Sample([numbers(1, 70), numbers(70, 3, seed=1)])
    yield Sample([numbers(2, 0), numbers(0, 3)])
    yield Sample([numbers(2, 3, 5), numbers(5, 4, seed=1)])
    yield Sample([numbers(2, 1, 3, 2), numbers(3, 2, 2, seed=1)])
    yield Sample([numbers(70, 100), numbers(100, 60, seed=1)], grad=False)


MATMUL_TURN: Op = Op(
    "matmul_turn", kind="product", forward=multiplied, backward=product.MATMUL.backward, infer=product.MATMUL.infer, reference=np.matmul,
    samples=_samples, rejects=no_rejects, cost=product.product_cost, explain="row i of a times column j of b, one product after another",
    export="MatMul", save_inputs=((0, 1), (1, 0)),
)  # fmt: skip


def _linear(x: NDArray, bias: NDArray | None, w: NDArray) -> NDArray:
    out = multiplied(x, w)
    return out if bias is None else out + bias


def _linear_backward(ctx: Any, g: Any) -> Any:
    needs, shapes = ctx.needs, ctx.shapes
    gx = gw = gb = None
    rows = 1
    for size in shapes[0][:-1]:
        rows *= size
    flat = g if len(shapes[0]) == 2 else reshape(g, (rows, shapes[2][1]))
    if needs[0]:
        gx = apply(MATMUL_TURN, (flat, permute(ctx.x(2), (1, 0))))
        gx = gx if flat is g else reshape(gx, shapes[0])
    if needs[2]:
        x = ctx.x(0) if flat is g else reshape(ctx.x(0), (rows, shapes[2][0]))
        gw = apply(MATMUL_TURN, (permute(x, (1, 0)), flat))
    if needs[1]:
        gb = turn.sum(flat, (0,))
    return gx, gb, gw


def _linear_samples() -> Iterable[Sample]:
    yield Sample([numbers(3, 5), numbers(4, seed=2), numbers(5, 4, seed=1)])
    yield Sample([numbers(2, 3, 5), numbers(4, seed=2), numbers(5, 4, seed=1)])
    yield Sample([numbers(3, 5), None, numbers(5, 4, seed=1)])
    yield Sample([numbers(3, 0), numbers(4, seed=2), numbers(0, 4)])


LINEAR_TURN: Op = Op(
    "linear_turn", kind="product", forward=_linear, backward=_linear_backward,
    infer=lambda x, bias, w: [((*x[0][:-1], w[0][1]), x[1])], reference=lambda x, bias, w: x @ w + (0 if bias is None else bias),
    samples=_linear_samples, rejects=no_rejects, cost=lambda shapes, params=(): product.product_cost((shapes[0], shapes[-1])),
    explain="row i of x times column j of the weight, one product after another, plus the bias", export="Gemm",
    save_inputs=((0, 2), (2, 0)),
)  # fmt: skip


def matmul(a: Any, b: Any) -> Any:
    """The product by rank, as `plait.ops.matmul.matmul` gives it; its own way for what is not small, or wrong."""
    x, y = a.array, b.array
    if x.dtype != y.dtype or x.dtype not in (dtypes.F32, dtypes.F64) or not x.size or not y.size:
        return engine_matmul(a, b)
    m, n = x.ndim, y.ndim
    if m > 1 and n > 1:
        if x.shape[-1] != y.shape[-2] or (n > 2 and x.shape[:-2] != y.shape[:-2]):
            return engine_matmul(a, b)
        return apply(MATMUL_TURN, (a, b))
    if m == 2 and n == 1 and x.shape[1] == y.shape[0]:
        return reshape(apply(MATMUL_TURN, (a, reshape(b, (-1, 1)))), (x.shape[0],))
    if m == 1 and n == 2 and x.shape[0] == y.shape[0]:
        return reshape(apply(MATMUL_TURN, (reshape(a, (1, -1)), b)), (y.shape[1],))
    return engine_matmul(a, b)


def linear(x: Any, w: Any, bias: Any) -> Any:
    """x[..., k] times w[k, n], plus bias[n], or None where `plait.ops.linear.linear` says what is wrong or unusual."""
    a, b = x.array, w.array
    if (
        a.ndim < 2
        or b.ndim != 2
        or a.shape[-1] != b.shape[0]
        or a.dtype != b.dtype
        or a.dtype not in (dtypes.F32, dtypes.F64)
    ):
        return None
    if bias is not None and (bias.array.shape != b.shape[1:] or bias.array.dtype != a.dtype):
        return None
    return apply(LINEAR_TURN, (x, bias, w))  # in the order in which leaves get their gradients
