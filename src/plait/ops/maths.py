"""Real functions of one tensor: roots, exponentials, logarithms, trigonometry, rounding, the error function.

Rules of this file: a row is a name, a NumPy function, and its derivative written with tensors.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.op import Op, Sample, apply
from plait.ops import special
from plait.ops.elementwise import eq, exp, ge, le, logical_and, where
from plait.ops.halves import is_half
from plait.ops.rows import elementwise_cost, no_rejects
from plait.ops.tables import lift, unary, values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_LN2, _LN10 = math.log(2.0), math.log(10.0)


def _zero(ctx: Any, g: Any) -> Any:
    return g.face.wrap(np.zeros_like(g.array))


def _nothing(x: NDArray) -> NDArray:
    return x.copy()


def _integers(function: Any) -> Any:
    """Rounding leaves integers as they are."""
    return lambda x: x.copy() if x.dtype.kind in "iub" else function(x)


rsqrt = unary(
    "rsqrt",
    lambda x: 1 / np.sqrt(x),
    lambda ctx, g: -0.5 * g * ctx.y(0) ** 3,
    save="y",
    low=0.1,
    high=4,
    explain="1 / √x",
    single=lambda x, near: near(1 / near(np.sqrt(x))),
)
square = unary(
    "square", np.square, lambda ctx, g: g * (2 * ctx.x(0)), real=False, explain="x²", grad_name="PowBackward0"
)
direction = unary(
    "direction", lambda x: (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype) if x.dtype.kind != "b" else x.copy(), _zero, save="", real=False,
    low=0.1, explain="-1, 0 or 1, as the sign of x; 0 for NaN", grad_name="SignBackward0",
)  # fmt: skip
exp2 = unary("exp2", np.exp2, lambda ctx, g: g * ctx.y(0) * _LN2, save="y", explain="2ˣ")
expm1 = unary("expm1", np.expm1, lambda ctx, g: g * (ctx.y(0) + 1), save="y", explain="eˣ − 1")
log2 = unary("log2", np.log2, lambda ctx, g: g / (ctx.x(0) * _LN2), low=0.1, high=4, explain="log₂ x")
log10 = unary("log10", np.log10, lambda ctx, g: g / (ctx.x(0) * _LN10), low=0.1, high=4, explain="log₁₀ x")
log1p = unary(
    "log1p",
    np.log1p,
    lambda ctx, g: g / (ctx.x(0) + 1),
    low=-0.9,
    high=4,
    explain="ln(1 + x)",
    grad_name="Log1PBackward0",
)
sin = unary("sin", np.sin, lambda ctx, g: g * cos(ctx.x(0)), export="Sin", explain="sin x")
cos: Any = unary("cos", np.cos, lambda ctx, g: g * -sin(ctx.x(0)), export="Cos", explain="cos x")
tan = unary(
    "tan", np.tan, lambda ctx, g: g * (1 + ctx.y(0) ** 2), save="y", low=-1.2, high=1.2, export="Tan", explain="tan x"
)
asin = unary(
    "asin",
    np.arcsin,
    lambda ctx, g: g * rsqrt(-ctx.x(0) * ctx.x(0) + 1),
    low=-0.9,
    high=0.9,
    export="Asin",
    explain="arcsin x",
)
acos = unary(
    "acos",
    np.arccos,
    lambda ctx, g: g * -rsqrt(-ctx.x(0) * ctx.x(0) + 1),
    low=-0.9,
    high=0.9,
    export="Acos",
    explain="arccos x",
)
atan = unary("atan", np.arctan, lambda ctx, g: g / (ctx.x(0) ** 2 + 1), export="Atan", explain="arctan x")
sinh = unary("sinh", np.sinh, lambda ctx, g: g * cosh(ctx.x(0)), export="Sinh", explain="sinh x")
cosh: Any = unary("cosh", np.cosh, lambda ctx, g: g * sinh(ctx.x(0)), export="Cosh", explain="cosh x")
asinh = unary("asinh", np.arcsinh, lambda ctx, g: g * rsqrt(ctx.x(0) ** 2 + 1), export="Asinh", explain="arsinh x")
acosh = unary(
    "acosh",
    np.arccosh,
    lambda ctx, g: g * rsqrt(ctx.x(0) ** 2 - 1),
    low=1.1,
    high=4,
    export="Acosh",
    explain="arcosh x",
)
atanh = unary(
    "atanh", np.arctanh, lambda ctx, g: g / (1 - ctx.x(0) ** 2), low=-0.9, high=0.9, export="Atanh", explain="artanh x"
)
erf = unary(
    "erf", special.erf, lambda ctx, g: 2 / math.sqrt(math.pi) * exp(-(ctx.x(0) ** 2)) * g, export="Erf", explain="erf x"
)
erfc = unary(
    "erfc", special.erfc, lambda ctx, g: -2 / math.sqrt(math.pi) * exp(-(ctx.x(0) ** 2)) * g, explain="1 − erf x"
)
erfinv = unary(
    "erfinv", special.erfinv, lambda ctx, g: 0.5 * math.sqrt(math.pi) * exp(ctx.y(0) ** 2) * g, save="y", low=-0.9, high=0.9,
    explain="y with erf y = x",
)  # fmt: skip
floor = unary("floor", _integers(np.floor), _zero, save="", real=False, export="Floor", explain="⌊x⌋")
ceil = unary("ceil", _integers(np.ceil), _zero, save="", real=False, export="Ceil", explain="⌈x⌉")
trunc = unary("trunc", _integers(np.trunc), _zero, save="", real=False, explain="x without its fraction")
frac = unary("frac", lambda x: x - np.trunc(x), lambda ctx, g: g, save="", real=False, explain="x − trunc x")
reciprocal = unary(
    "reciprocal",
    lambda x: 1 / x,
    lambda ctx, g: -g * ctx.y(0) ** 2,
    save="y",
    low=0.2,
    high=3,
    export="Reciprocal",
    explain="1 / x",
)
deg2rad = unary(
    "deg2rad", lambda x: x * x.dtype.type(math.pi / 180), lambda ctx, g: g * (math.pi / 180), save="", explain="x·π/180"
)
rad2deg = unary(
    "rad2deg", lambda x: x * x.dtype.type(180 / math.pi), lambda ctx, g: g * (180 / math.pi), save="", explain="x·180/π"
)
lgamma = unary("lgamma", special.lgamma, lambda ctx, g: g * digamma(ctx.x(0)), low=0.3, high=5, explain="ln |Γ(x)|")
digamma: Any = unary(
    "digamma", special.digamma, lambda ctx, g: g * polygamma(ctx.x(0), 1), low=0.3, high=5, explain="Γ′(x) / Γ(x)"
)
positive = unary("positive", _nothing, lambda ctx, g: g, save="", real=False, explain="x", grad_name="AliasBackward0")


def _sinc_grad(ctx: Any, g: Any) -> Any:
    x = ctx.x(0) * math.pi
    return g * where(eq(x, 0), 0, math.pi * ((x * cos(x) - sin(x)) / (x * x)))


sinc = unary("sinc", np.sinc, _sinc_grad, low=0.1, explain="sin(πx) / (πx)")


def _polygamma(x: NDArray, order: int) -> NDArray:
    return special.digamma(x) if order == 0 else special.polygamma(x, order)


def _polygamma_samples() -> Iterable[Sample]:
    yield Sample([values((3, 4), 0.4, 5)], (1,))


POLYGAMMA: Op = Op(
    "polygamma", kind="elementwise", forward=lift(_polygamma), backward=lambda ctx, g: g * polygamma(ctx.x(0), ctx.params[0] + 1),
    infer=lambda x, order: [x], reference=_polygamma, samples=_polygamma_samples, rejects=no_rejects, cost=elementwise_cost(60),
    explain="the derivative of order n of the digamma function", export=None, save_inputs=(0,),
)  # fmt: skip


def polygamma(x: Any, order: int) -> Any:
    """The derivative of `digamma` of the given order.

    Raises RuntimeError for a negative order.
    """
    if order < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return digamma(x) if order == 0 else apply(POLYGAMMA, (x,), (order,))


def _round(x: NDArray, decimals: int) -> NDArray:
    if x.dtype.kind in "iub":
        return x.copy()
    if decimals == 0:
        return np.rint(x)
    scale = x.dtype.type(10.0 ** abs(decimals))
    return np.rint(x * scale) / scale if decimals > 0 else np.rint(x / scale) * scale


def _round_samples() -> Iterable[Sample]:
    for decimals in (0, 1, -1):
        yield Sample([values((3, 5), -20, 20)], (decimals,))
    yield Sample([np.array([0.5, 1.5, -2.5])], (0,), grad=False)


ROUND: Op = Op(
    "round", kind="elementwise", forward=lift(_round, real=False), backward=_zero, infer=lambda x, decimals: [x], reference=_round,
    samples=_round_samples, rejects=no_rejects, cost=elementwise_cost(), explain="the nearest integer, ties to even", export="Round",
)  # fmt: skip


def round_(x: Any, decimals: int = 0) -> Any:
    """The nearest multiple of 10 to the power −decimals, ties to even."""
    return apply(ROUND, (x,), (decimals,))


def _nan_to_num(x: NDArray, nan: float, posinf: float | None, neginf: float | None) -> NDArray:
    if x.dtype.kind in "iub":
        return x.copy()
    limits = np.finfo(x.dtype)
    high = limits.max if posinf is None else posinf
    low = limits.min if neginf is None else neginf
    out = np.where(np.isnan(x), x.dtype.type(nan), x)
    return np.where(x == np.inf, x.dtype.type(high), np.where(x == -np.inf, x.dtype.type(low), out))


def _nan_to_num_grad(ctx: Any, g: Any) -> Any:
    from plait.ops.compare import isfinite

    return where(isfinite(ctx.x(0)), g, 0)


def _nan_to_num_samples() -> Iterable[Sample]:
    yield Sample([np.array([1.0, np.nan, np.inf, -np.inf])], (0.0, 9.0, -9.0), grad=False)
    yield Sample([values((2, 3), -2, 2)], (1.0, 2.0, -2.0))


_nan_to_num_wide = lift(_nan_to_num, real=False)


def _nan_to_num_of(x: NDArray, nan: float, posinf: float | None, neginf: float | None) -> NDArray:
    if is_half(x.dtype):  # the largest number is that of 16 bits
        most = 65504.0 if x.dtype == dtypes.F16 else 3.3895313892515355e38
        posinf, neginf = (most if posinf is None else posinf), (-most if neginf is None else neginf)
    return _nan_to_num_wide(x, nan, posinf, neginf)


NAN_TO_NUM: Op = Op(
    "nan_to_num", kind="elementwise", forward=_nan_to_num_of, backward=_nan_to_num_grad, infer=lambda x, *_: [x],
    reference=_nan_to_num, samples=_nan_to_num_samples, rejects=no_rejects, cost=elementwise_cost(),
    explain="x, with NaN and infinities exchanged for numbers", export=None, save_inputs=(0,),
)  # fmt: skip


def nan_to_num(x: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None) -> Any:
    """`x` with NaN and infinities exchanged; by default 0 and the dtype's largest numbers."""
    return apply(NAN_TO_NUM, (x,), (0.0 if nan is None else nan, posinf, neginf))


def _logit(x: NDArray, eps: float | None) -> NDArray:
    z = x if eps is None else np.clip(x, eps, 1 - eps)
    return np.log(z / (1 - z))


def _logit_grad(ctx: Any, g: Any) -> Any:
    x, eps = ctx.x(0), ctx.params[0]
    low, high = (0.0, 1.0) if eps is None else (eps, 1 - eps)
    inside = logical_and(ge(x, low), le(x, high))
    return where(inside, g / (x * (1 - x)), math.nan if eps is None else 0.0)


LOGIT: Op = Op(
    "logit", kind="elementwise", forward=lift(_logit), backward=_logit_grad, infer=lambda x, eps: [x], reference=_logit,
    samples=lambda: [Sample([values((3, 4), 0.1, 0.9)], (None,)), Sample([values((3, 4), 0.1, 0.9)], (0.05,))], rejects=no_rejects,
    cost=elementwise_cost(), explain="ln(x / (1 − x))", export=None, save_inputs=(0,),
)  # fmt: skip


def logit(x: Any, eps: float | None = None) -> Any:
    """ln(x / (1 − x)), x clamped to [eps, 1 − eps] where eps is given."""
    return apply(LOGIT, (x,), (eps,))
