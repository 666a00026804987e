"""Functions of two tensors beyond the four operations: quotients that round, remainders, extremes, angles, logarithms of sums.

Rules of this file: operands broadcast and promote inside the record, and Python numbers stay numbers; a derivative is written with
tensors. Integers divided by zero raise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from plait.dtypes import F32, cast, result_type
from plait.ops.compare import eq, ge, gt, isnan, le, logical_or, lt
from plait.ops.elementwise import exp, where
from plait.ops.tables import binary, operand, quiet, working


def _nonzero(b: NDArray) -> None:
    if b.dtype.kind in "iub" and not np.all(b):
        raise RuntimeError("ZeroDivisionError")


def _div_floor(a: NDArray, b: NDArray) -> NDArray:
    _nonzero(b)
    return np.floor_divide(a, b)


def _div_trunc(a: NDArray, b: NDArray) -> NDArray:
    _nonzero(b)
    if a.dtype.kind == "f":
        return np.trunc(np.true_divide(a, b))
    if a.dtype.kind == "u":
        return np.floor_divide(a, b)
    return np.floor_divide(a - np.fmod(a, b), b)


def _trunc_forward(a: Any, b: Any) -> NDArray:
    dtype = result_type(a, b)
    if working(dtype) == dtype:
        return _whole_trunc(a, b)
    with quiet():
        quotient = cast(
            np.asarray(np.true_divide(operand(a, F32), operand(b, F32))), dtype
        )  # upstream rounds to 16 bits first
        return cast(np.trunc(cast(quotient, F32)), dtype)


def _remainder(a: NDArray, b: NDArray) -> NDArray:
    _nonzero(b)
    out: NDArray = np.remainder(a, b)
    if out.dtype.kind == "f":  # a remainder of zero has the dividend's sign, not the divisor's
        zero = out == 0
        if zero.any():
            out = np.where(zero, np.copysign(np.zeros((), out.dtype), a), out)
    return out


def _fmod(a: NDArray, b: NDArray) -> NDArray:
    _nonzero(b)
    return np.fmod(a, b)


def _zeros(ctx: Any, g: Any) -> Any:
    return (g * 0 if ctx.needs[0] else None, g * 0 if ctx.needs[1] else None)


div_floor = binary(
    "div_floor", _div_floor, _zeros, save=(), low=0.5, high=4, explain="⌊a / b⌋", grad_name="DivBackward2", check=False
)
div_trunc = binary("div_trunc", _div_trunc, _zeros, save=(), low=0.5, high=4, explain="a / b without its fraction",
                   grad_name="DivBackward2", check=False)  # fmt: skip
_whole_trunc = div_trunc.op.run
div_trunc.op.run = _trunc_forward
div_trunc.op.forward["cpu"] = _trunc_forward
remainder = binary(
    "remainder", _remainder, lambda ctx, g: (g, -g * div_floor(ctx.x(0), ctx.x(1)) if ctx.needs[1] else None),
    save=((0, 1), 1), low=0.5, high=4, explain="a − b·⌊a / b⌋, with the sign of b", export="Mod",
)  # fmt: skip
fmod = binary(
    "fmod", _fmod, lambda ctx, g: (g, -g * div_trunc(ctx.x(0), ctx.x(1)) if ctx.needs[1] else None), save=((0, 1), 1), low=0.5, high=4,
    explain="a − b·trunc(a / b), with the sign of a", export="Mod",
)  # fmt: skip


def _halves(a: Any, b: Any, g: Any, loser: Any) -> Any:
    return where(eq(a, b), g / 2, where(loser, 0, g))


maximum = binary(
    "maximum", np.maximum,
    lambda ctx, g: (
        _halves(ctx.x(0), ctx.x(1), g, lt(ctx.x(0), ctx.x(1))) if ctx.needs[0] else None,
        _halves(ctx.x(0), ctx.x(1), g, gt(ctx.x(0), ctx.x(1))) if ctx.needs[1] else None,
    ),
    export="Max", explain="the larger of a and b, NaN where one is NaN; equal operands share the gradient",
)  # fmt: skip
minimum = binary(
    "minimum", np.minimum,
    lambda ctx, g: (
        _halves(ctx.x(0), ctx.x(1), g, gt(ctx.x(0), ctx.x(1))) if ctx.needs[0] else None,
        _halves(ctx.x(0), ctx.x(1), g, lt(ctx.x(0), ctx.x(1))) if ctx.needs[1] else None,
    ),
    export="Min", explain="the smaller of a and b, NaN where one is NaN; equal operands share the gradient",
)  # fmt: skip
fmax = binary(
    "fmax", np.fmax,
    lambda ctx, g: (
        where(logical_or(ge(ctx.x(0), ctx.x(1)), isnan(ctx.x(1))), g, 0),
        where(logical_or(ge(ctx.x(0), ctx.x(1)), isnan(ctx.x(1))), 0, g),
    ),
    explain="the larger of a and b, passing over NaN",
)  # fmt: skip
fmin = binary(
    "fmin", np.fmin,
    lambda ctx, g: (
        where(logical_or(le(ctx.x(0), ctx.x(1)), isnan(ctx.x(1))), g, 0),
        where(logical_or(le(ctx.x(0), ctx.x(1)), isnan(ctx.x(1))), 0, g),
    ),
    explain="the smaller of a and b, passing over NaN",
)  # fmt: skip


def _atan2_grad(ctx: Any, g: Any) -> Any:
    a, b = ctx.x(0), ctx.x(1)
    square = a * a + b * b
    over = where(eq(square, 0), 0, 1 / square)
    return (g * b * over if ctx.needs[0] else None, g * -a * over if ctx.needs[1] else None)


atan2 = binary("atan2", np.arctan2, _atan2_grad, real=True, low=0.2, explain="the angle of the point (b, a)")
logaddexp = binary(
    "logaddexp", np.logaddexp, lambda ctx, g: (g / (1 + exp(ctx.x(1) - ctx.x(0))), g / (1 + exp(ctx.x(0) - ctx.x(1)))),
    explain="ln(eᵃ + eᵇ)",
)  # fmt: skip
logaddexp2 = binary(
    "logaddexp2", np.logaddexp2,
    lambda ctx, g: (g / (1 + 2 ** (ctx.x(1) - ctx.x(0))), g / (1 + 2 ** (ctx.x(0) - ctx.x(1)))), explain="log₂(2ᵃ + 2ᵇ)",
)  # fmt: skip
hypot = binary(
    "hypot", np.hypot, lambda ctx, g: (g * (ctx.x(0) / ctx.y(0)), g * (ctx.x(1) / ctx.y(0))), save_outputs=(0,), low=0.3,
    explain="√(a² + b²)",
)  # fmt: skip


def _copysign_grad(ctx: Any, g: Any) -> Any:
    ratio = ctx.y(0) / ctx.x(0)
    return where(eq(ctx.x(0), 0), 0, g * ratio), g * 0


copysign = binary(
    "copysign",
    np.copysign,
    _copysign_grad,
    save=(0,),
    save_outputs=(0,),
    real=True,
    low=0.3,
    explain="|a| with the sign of b",
)


def _xlogy(a: NDArray, b: NDArray) -> NDArray:
    return np.where((a == 0) & ~np.isnan(b), a.dtype.type(0), a * np.log(b))


def _xlogy_grad(ctx: Any, g: Any) -> Any:
    from plait.ops.elementwise import log, logical_and

    a, b = ctx.x(0), ctx.x(1)
    return (
        where(logical_and(eq(a, 0), le(b, 0)), 0, g * log(b)) if ctx.needs[0] else None,
        g * a / b if ctx.needs[1] else None,
    )


xlogy = binary("xlogy", _xlogy, _xlogy_grad, real=True, low=0.3, explain="a·ln b, 0 where a is 0")
heaviside = binary(
    "heaviside", lambda a, b: np.where(a == 0, b, np.where(np.isnan(a), a, a > 0)).astype(a.dtype), None,
    explain="0 below 0, 1 above 0, b at 0",
)  # fmt: skip
gcd = binary(
    "gcd",
    lambda a, b: np.gcd(a.astype(np.int64), b.astype(np.int64)).astype(a.dtype),
    None,
    integers=True,
    low=1,
    high=30,
    explain="greatest common divisor",
)
lcm = binary(
    "lcm",
    lambda a, b: np.lcm(a.astype(np.int64), b.astype(np.int64)).astype(a.dtype),
    None,
    integers=True,
    low=1,
    high=30,
    explain="least common multiple",
)
nextafter = binary("nextafter", np.nextafter, None, explain="the next number after a in the direction of b")


def _shift_left(a: NDArray, b: NDArray) -> NDArray:
    bits = 8 * a.dtype.itemsize
    inside = (b >= 0) & (b < bits)
    return np.where(inside, np.left_shift(a, np.where(inside, b, 0)), 0).astype(a.dtype)


def _shift_right(a: NDArray, b: NDArray) -> NDArray:
    bits = 8 * a.dtype.itemsize
    inside = (b >= 0) & (b < bits)
    return np.right_shift(a, np.where(inside, b, bits - 1)).astype(a.dtype)


shift_left = binary("shift_left", _shift_left, None, low=0, high=4, integers=True, explain="a·2ᵇ on bits")
shift_right = binary("shift_right", _shift_right, None, low=0, high=4, integers=True, explain="⌊a / 2ᵇ⌋ on bits")
bitwise_and = binary("bitwise_and", np.bitwise_and, None, low=0, high=9, integers=True, explain="bits set in both")
bitwise_or = binary("bitwise_or", np.bitwise_or, None, low=0, high=9, integers=True, explain="bits set in one")
bitwise_xor = binary(
    "bitwise_xor", np.bitwise_xor, None, low=0, high=9, integers=True, explain="bits set in exactly one"
)
