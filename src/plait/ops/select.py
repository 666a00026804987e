"""Choices and blends of several tensors: clamping, linear interpolation, fused products and quotients.

Rules of this file: operands broadcast and promote inside the record; a bound that is None does not bind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.dtypes import F32, F64, cast, result_type
from plait.op import Op, Sample, apply
from plait.ops.compare import ge, gt, le, lt
from plait.ops.elementwise import div, logical_and, where
from plait.ops.halves import in_lanes, is_half, rounded
from plait.ops.rows import elementwise_cost, no_rejects
from plait.ops.tables import operand, promoted, quiet, together, values, working
from plait.ops.views import named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Meta = tuple[tuple[int, ...], np.dtype]


def _infer(*args: Any) -> list[Meta]:
    metas = [m for m in args if isinstance(m, tuple) and len(m) == 2 and isinstance(m[1], np.dtype)]
    dtype = result_type(*(np.empty((0,) if m[0] else (), m[1]) for m in metas))
    return [(np.broadcast_shapes(*(m[0] for m in metas)), dtype)]


def _clamp(x: NDArray, low: Any, high: Any) -> NDArray:
    dtype = x.dtype
    if (
        (dtype is F32 or dtype is F64)
        and (low is None or type(low) in (int, float))
        and (high is None or type(high) in (int, float))
    ):
        with quiet():
            if low is not None:
                x = np.maximum(x, dtype.type(low))
            return np.asarray(np.minimum(x, dtype.type(high)) if high is not None else x)
    dtype = result_type(*(v for v in (x, low, high) if v is not None))
    work = working(dtype)
    out = operand(x, work)
    if low is not None:
        out = together(np.maximum, out, operand(low, work))
    if high is not None:
        out = together(np.minimum, out, operand(high, work))
    return cast(np.asarray(out), dtype)


def _clamp_reference(x: NDArray, low: Any, high: Any) -> NDArray:
    return np.minimum(np.maximum(x, -np.inf if low is None else low), np.inf if high is None else high)


def _clamp_backward(ctx: Any, g: Any) -> Any:
    x, low, high = ctx.x(0), ctx.x(1), ctx.x(2)
    gx = glow = ghigh = None
    if ctx.needs[0]:
        inside = None if low is None else ge(x, low)
        if high is not None:
            below = le(x, high)
            inside = below if inside is None else logical_and(inside, below)
        gx = g if inside is None else where(inside, g, 0)
    if ctx.needs[1]:
        bound = lt(x, low)
        glow = where(bound if high is None else logical_and(bound, lt(low, high)), g, 0)
    if ctx.needs[2]:
        bound = gt(x, high)
        if low is not None:
            from plait.ops.compare import logical_or

            bound = logical_or(bound, lt(high, low))
        ghigh = where(bound, g, 0)
    return gx, glow, ghigh


def _clamp_samples() -> Iterable[Sample]:
    x = values((3, 5), -2, 2)
    yield Sample([x, -1.0, 1.0])
    yield Sample([x, None, 0.5])
    yield Sample([x, values((5,), -1, 0, 3), values((3, 1), 0, 1, 4)])
    yield Sample([values((0, 2), 0, 1), 0.0, None])


CLAMP: Op = Op(
    "clamp", kind="elementwise", forward=_native.native_call("clamp", "", _clamp), backward=_clamp_backward,
    infer=_infer, reference=_clamp_reference, samples=_clamp_samples, rejects=no_rejects, cost=elementwise_cost(2),
    explain="x, at least low and then at most high", export="Clip", save_inputs=(0, 1, 2),
)  # fmt: skip


def clamp(x: Any, low: Any = None, high: Any = None) -> Any:
    """`x`, at least `low` and then at most `high`; a bound is a number, a tensor or None."""
    return apply(CLAMP, (x, low, high))


_BLOCK = 1 << 15


def fused(x: NDArray, a: Any, b: NDArray) -> NDArray:
    """x + a·b; in float32 with one rounding, as an instruction that multiplies and adds gives it (through float64: exact products)."""
    if x.dtype != F32:
        return x + a * b
    shape = np.broadcast_shapes(x.shape, np.shape(a), b.shape)
    out = np.empty(shape, F32)
    flat = out.size > _BLOCK and all(np.ndim(v) == 0 or (v.shape == shape and v.flags.c_contiguous) for v in (x, a, b))
    if not flat:
        np.add(x, np.multiply(a, b, dtype=F64), out=out, dtype=F64, casting="same_kind")
        return out
    parts = [v if np.ndim(v) == 0 else v.reshape(-1) for v in (x, a, b)]
    whole = out.reshape(-1)
    for i in range(0, out.size, _BLOCK):
        x, a, b = (v if np.ndim(v) == 0 else v[i : i + _BLOCK] for v in parts)
        np.add(x, np.multiply(a, b, dtype=F64), out=whole[i : i + _BLOCK], dtype=F64, casting="same_kind")
    return out


_add_scaled_wide = promoted(lambda x, b, alpha: fused(x, x.dtype.type(alpha), b), count=2)


def _add_scaled(x: NDArray, b: Any, alpha: float) -> NDArray:
    if is_half(x.dtype) and isinstance(b, np.ndarray) and b.dtype == x.dtype:
        factor = rounded(np.asarray(alpha, F32), x.dtype)
        return in_lanes(lambda p, q: p + factor * q, lambda p, q, near: near(p + near(factor * q)), x, b)
    return _add_scaled_wide(x, b, alpha)


ADD_SCALED: Op = Op(
    "add_scaled", kind="elementwise", infer=lambda x, b, alpha: _infer(x, b), rejects=no_rejects, cost=elementwise_cost(2),
    forward=_add_scaled, reference=lambda x, b, alpha: x + alpha * b,
    backward=lambda ctx, g: (g if ctx.needs[0] else None, g * ctx.params[0] if ctx.needs[1] else None),
    samples=lambda: [Sample([values((3, 5), -1, 1), values((3, 5), -1, 1, 1)], (0.5,)), Sample([values((3, 1), -1, 1), values((5,), -1, 1, 1)], (-2.0,))],
    explain="x + alpha·b", export=None, grad_name="AddBackward0",
)  # fmt: skip
SUB_SCALED = named(ADD_SCALED, "SubBackward0")


def _lerp(a: NDArray, b: NDArray, w: Any) -> NDArray:
    work = working(a.dtype)
    start, end, weight = operand(a, work), operand(b, work), operand(w, work)
    with quiet():
        change = end - start
        near = np.abs(weight) < 0.5
        if weight.ndim == 0:
            out = fused(start, weight, change) if near else fused(end, weight - weight.dtype.type(1), change)
        else:
            out = np.where(near, fused(start, weight, change), fused(end, weight - weight.dtype.type(1), change))
    return cast(np.asarray(out), a.dtype)


def _lerp_backward(ctx: Any, g: Any) -> Any:
    w = ctx.x(2)
    return (
        g * (1 - w) if ctx.needs[0] else None,
        g * w if ctx.needs[1] else None,
        g * (ctx.x(1) - ctx.x(0)) if ctx.needs[2] else None,
    )


LERP: Op = Op(
    "lerp", kind="elementwise", forward=_lerp, backward=_lerp_backward, infer=_infer, reference=lambda a, b, w: a + w * (b - a),
    samples=lambda: [Sample([values((3, 5), -1, 1), values((3, 5), -1, 1, 1), 0.3]),
                     Sample([values((3, 5), -1, 1), values((5,), -1, 1, 1), values((3, 1), 0, 1)])],
    rejects=no_rejects, cost=elementwise_cost(3), explain="a + w·(b − a)", export=None, save_inputs=((0, 2), (1, 2), (2, 0), (2, 1), (2, 2)),
)  # fmt: skip


def lerp(a: Any, b: Any, weight: Any) -> Any:
    """a + weight·(b − a); `weight` is a number or a tensor."""
    return apply(LERP, (a, b, weight))


def _addcmul_backward(ctx: Any, g: Any) -> Any:
    value = ctx.params[0]
    return (
        g if ctx.needs[0] else None,
        g * (ctx.x(2) * value) if ctx.needs[1] else None,
        g * (ctx.x(1) * value) if ctx.needs[2] else None,
    )


def _three() -> Iterable[Sample]:
    yield Sample([values((3, 5), -1, 1), values((3, 5), 0.3, 1, 1), values((3, 5), 0.3, 1, 2)], (0.5,))
    yield Sample([values((3, 1), -1, 1), values((5,), 0.3, 1, 1), values((3, 5), 0.3, 1, 2)], (1,))


ADDCMUL: Op = Op(
    "addcmul", kind="elementwise", backward=_addcmul_backward, infer=_infer, samples=_three, rejects=no_rejects,
    forward=promoted(lambda x, a, b, value: fused(x, a if value == 1 else a * x.dtype.type(value), b), count=3),
    reference=lambda x, a, b, value: x + value * a * b, cost=elementwise_cost(3), explain="x + value·a·b", export=None,
    save_inputs=((1, 2), (2, 1)),
)  # fmt: skip


def addcmul(x: Any, a: Any, b: Any, value: Any = 1) -> Any:
    """x + value·a·b."""
    return apply(ADDCMUL, (x, a, b), (value,))


def _addcdiv_backward(ctx: Any, g: Any) -> Any:
    value = ctx.params[0]
    dtype = ctx.x(2).array.dtype
    held = float(dtypes.working(dtypes.cast(np.asarray(value, dtypes.F32), dtype))) if is_half(dtype) else value
    return (
        g if ctx.needs[0] else None,
        g * div(held, ctx.x(2)) if ctx.needs[1] else None,
        -g * (ctx.x(1) * value / (ctx.x(2) * ctx.x(2))) if ctx.needs[2] else None,
    )


ADDCDIV: Op = Op(
    "addcdiv", kind="elementwise", backward=_addcdiv_backward, infer=_infer, samples=_three, rejects=no_rejects,
    forward=promoted(lambda x, a, b, value: x + (a if value == 1 else x.dtype.type(value) * a) / b, count=3),
    reference=lambda x, a, b, value: x + value * a / b, cost=elementwise_cost(3), explain="x + value·a / b", export=None,
    save_inputs=((1, 2), (2, 1), (2, 2)),
)  # fmt: skip


def addcdiv(x: Any, a: Any, b: Any, value: Any = 1) -> Any:
    """x + value·a / b."""
    return apply(ADDCDIV, (x, a, b), (value,))
