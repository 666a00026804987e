"""Linear maps: x times the rows of a weight, plus a bias.

Rules of this file: one computation under several names, because a result's node is named by the rank of its input. The gradients are
products of matrices, and a sum over rows for the bias.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply, type_name
from plait.ops.conv import CHANNEL_SUMS
from plait.ops.matmul import addmm, cannot_multiply, matmul
from plait.ops.product import MM, c_name, no_bool, product_cost
from plait.ops.rows import numbers
from plait.ops.shape import permute, reshape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_F32, _F64 = dtypes.F32, dtypes.F64
_native_linear = _native.linear


def _linear(x: NDArray, w: NDArray, bias: NDArray | None) -> NDArray:
    try:
        return _native_linear(x, w, bias)
    except ValueError:
        pass  # another dtype or layout
    dtype = x.dtype
    if dtype in (_F32, _F64):
        return _native_linear(np.ascontiguousarray(x), w, None if bias is None else np.ascontiguousarray(bias))
    if dtype.kind in "iu":
        out = np.matmul(x, w.T)
        return out if bias is None else out + bias
    wide = [None if a is None else dtypes.cast(a, _F32) for a in (x, w, bias)]
    return dtypes.cast(_linear(wide[0], wide[1], wide[2]), dtype)  # type: ignore[arg-type]


def _linear_backward(ctx: Any, g: Any) -> Any:
    needs = ctx.needs
    flat = (
        g
        if len(ctx.shapes[0]) == 2
        else reshape(g, (-1 if g.array.size else int(np.prod(ctx.shapes[0][:-1])), ctx.shapes[1][0]))
    )
    gx = gw = gb = None
    if needs[0]:
        gx = apply(MM, (flat, ctx.x(1)))
        if flat is not g:
            gx = reshape(gx, ctx.shapes[0])
    if needs[1]:
        x = ctx.x(0)
        rows = x if flat is g else reshape(x, (flat.array.shape[0], ctx.shapes[1][1]))
        gw = apply(MM, (permute(flat, (1, 0)), rows))
    if len(needs) > 2 and needs[2]:
        gb = apply(CHANNEL_SUMS, (flat,))
    return gx, gw, gb


def _linear_samples() -> Iterable[Sample]:
    yield Sample([numbers(3, 5), numbers(4, 5, seed=1), numbers(4, seed=2)])
    yield Sample([numbers(2, 3, 5), numbers(4, 5, seed=1), numbers(4, seed=2)])
    yield Sample([numbers(3, 5), numbers(4, 5, seed=1), None])
    yield Sample([numbers(5), numbers(4, 5, seed=1), numbers(4, seed=2)])
    yield Sample([numbers(0, 5), numbers(4, 5, seed=1), numbers(4, seed=2)])
    yield Sample([numbers(3, 0), numbers(4, 0), numbers(4, seed=2)])
    yield Sample([numbers(65, 130), numbers(50, 130, seed=1), numbers(50, seed=2)], grad=False)


def _linear_op(name: str, grad_name: str) -> Op:
    return Op(
        name, kind="product", forward=_linear, backward=_linear_backward,
        infer=lambda x, w, bias: [((*x[0][:-1], w[0][0]), x[1])],
        reference=lambda x, w, bias: x @ w.T + (0 if bias is None else bias),
        samples=_linear_samples,
        rejects=lambda: [Reject([numbers(2, 3), numbers(4, 2), None], (), ValueError, "linear: x[..., k] and w[n, k]")],
        cost=lambda shapes, params=(): product_cost((shapes[0], shapes[1][::-1])),
        explain="x times row j of w, plus bias[j]", export="Gemm", save_inputs=((0, 1), (1, 0)), grad_name=grad_name,
    )  # fmt: skip


LINEAR = _linear_op("linear", "AddmmBackward0")
LINEAR_PLAIN = _linear_op("linear_plain", "MmBackward0")
LINEAR_ROWS = _linear_op("linear_rows", "ViewBackward0")
LINEAR_ROWS_PLAIN = _linear_op("linear_rows_plain", "UnsafeViewBackward0")
LINEAR_VECTOR_PLAIN = _linear_op("linear_vector_plain", "SqueezeBackward4")


def linear(x: Any, w: Any, bias: Any = None) -> Any:
    """x[..., k] · w[n, k]ᵀ + bias[n]: gives [..., n].

    >>> from plait.tensor import Tensor
    >>> linear(Tensor.wrap(np.ones((2, 3))), Tensor.wrap(np.ones((4, 3)))).array.shape
    (2, 4)
    """
    a, b = x.array, w.array
    sa, sb = a.shape, b.shape
    if len(sb) == 2 and sa and sa[-1] == sb[1] and a.dtype == b.dtype:
        if bias is None:
            op = LINEAR_PLAIN if len(sa) == 2 else LINEAR_ROWS_PLAIN if len(sa) > 2 else LINEAR_VECTOR_PLAIN
            if a.dtype == dtypes.BOOL and a.size:
                no_bool(a.dtype, "addmm_impl_cpu_")
            return apply(op, (x, w, None))
        c = bias.array
        if c.shape == (sb[0],) and c.dtype == a.dtype:
            if a.dtype == dtypes.BOOL and a.size:
                no_bool(a.dtype, "addmm_impl_cpu_")
            return apply(LINEAR if len(sa) == 2 else LINEAR_ROWS, (x, w, bias))
    return _linear_unusual(x, w, bias)


def _linear_unusual(x: Any, w: Any, bias: Any) -> Any:
    """What is wrong with the operands of `linear`, or the rarer of its forms: a vector of weights, a bias that broadcasts."""
    a, b = x.array, w.array
    if a.ndim == 0 or b.ndim == 0:
        raise RuntimeError(f"both arguments to linear need to be at least 1D, but they are {a.ndim}D and {b.ndim}D")
    if b.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {b.ndim}D")
    if bias is None:
        if b.ndim == 1:
            return matmul(x, w)
        rows = int(np.prod(a.shape[:-1]))
        if a.dtype != b.dtype:
            raise RuntimeError(
                f"expected m1 and m2 to have the same dtype, but got: {c_name(a.dtype)} != {c_name(b.dtype)}"
            )
        raise cannot_multiply(rows, a.shape[-1], b.shape[1], b.shape[0])
    if b.ndim == 1:
        raise RuntimeError("mat2 must be a matrix, got 1-D tensor")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got {type_name(a.dtype)} and {type_name(b.dtype)}"
        )
    flat = x if a.ndim == 2 else reshape(x, (int(np.prod(a.shape[:-1])), a.shape[-1]))
    out = addmm(bias, flat, permute(w, (1, 0)))
    return out if a.ndim == 2 else reshape(out, (*a.shape[:-1], b.shape[0]))
