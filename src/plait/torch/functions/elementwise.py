"""Elementwise functions of one tensor, and their in-place forms.

Rules of this file: a row is upstream's name, the engine's function and its record; an in-place form keeps the target's dtype and
refuses a result that it can not hold.
"""

from __future__ import annotations

from typing import Any

from plait import dtypes
from plait.op import apply, apply_
from plait.ops import binary, maths, select
from plait.ops import elementwise as ew
from plait.ops.compare import bitwise_not as invert_
from plait.ops.shape import to_dtype
from plait.ops.views import named
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import into, need_tensor, refuse_kinds

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "bitwise_not",
    "ceil",
    "cos",
    "cosh",
    "deg2rad",
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "fix",
    "floor",
    "frac",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "logit",
    "nan_to_num",
    "neg",
    "negative",
    "polygamma",
    "positive",
    "rad2deg",
    "reciprocal",
    "round",
    "rsqrt",
    "sgn",
    "sign",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "trunc",
]

#: The same records under the names that upstream's overloads give their nodes.
RSUB, RSUB_TENSOR = named(ew.SUB, "RsubBackward1"), named(ew.SUB, "RsubBackward0")
POW_TENSOR, POW_BASE = named(ew.POW, "PowBackward1"), named(ew.POW, "PowBackward2")
REMAINDER_TENSOR, FMOD_TENSOR = named(binary.remainder.op, "RemainderBackward1"), named(binary.fmod.op, "FmodBackward1")
LERP_TENSOR, ROUND_DECIMALS = named(select.LERP, "LerpBackward1"), named(maths.ROUND, "RoundBackward1")
CLAMP_NUMBER = named(select.CLAMP, "ClampBackward1")
CLAMP_MIN, CLAMP_MAX = named(select.CLAMP, "ClampMinBackward0"), named(select.CLAMP, "ClampMaxBackward0")
CLAMP_MIN_TENSOR, CLAMP_MAX_TENSOR = named(select.CLAMP, "ClampMinBackward1"), named(select.CLAMP, "ClampMaxBackward1")


#: NaN has no direction: its sign is 0, and so is the slope of its magnitude.
SGN, ABS = named(maths.direction.op, "SgnBackward0"), named(ew.ABS, "AbsBackward0")
ABS.backward = lambda ctx, g: ew.mul(g, maths.direction(ctx.x(0)))


def abs_(x: Tensor) -> Any:
    """|x|."""
    return apply(ABS, (x,))


def _underivable(op: Any, label: str) -> Any:
    """A record whose node refuses to run backward, as upstream's does."""

    def refuse(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError(f"derivative for {label} is not implemented")

    twin = named(op, "NotImplemented")
    twin.backward = refuse
    return twin


FLOOR_DIVIDE = _underivable(binary.div_floor.op, "aten::floor_divide")
REMAINDER_BASE = _underivable(binary.remainder.op, "aten::remainder")


def _unary(name: str, call: Any, op: Any, *more: str, refused: tuple[str, str] = ("", "")) -> Any:
    """torch.name(input, *, out=None), Tensor.name() and Tensor.name_(); `more` are other names of the same, `refused` a kernel's name and the kinds of dtype it does not take."""

    def function(input: Any, *, out: Any = None) -> Any:
        if not isinstance(input, Tensor):
            need_tensor(input, name)
        if refused[1]:
            refuse_kinds(*refused, input)
        result = call(input)
        return result if out is None else into(name, out, result)

    def in_place(self: Tensor) -> Tensor:
        if refused[1]:
            refuse_kinds(*refused, self)
        result: Tensor = apply_(op, self, (self,))
        return result

    function.__doc__ = call.__doc__ or name
    in_place.__doc__ = f"`{name}` in place."
    for label in (name, *more):
        method(label)(function)
        method(label + "_")(in_place)
    function.__name__ = function.__qualname__ = name
    in_place.__name__ = in_place.__qualname__ = name + "_"
    return function


def _row(name: str, call: Any, *more: str, refused: tuple[str, str] = ("", "")) -> Any:
    return _unary(name, call, call.op, *more, refused=refused)


exp = _unary("exp", ew.exp, ew.EXP)
log = _unary("log", ew.log, ew.LOG)
sqrt = _unary("sqrt", ew.sqrt, ew.SQRT)
abs = absolute = _unary("abs", abs_, ABS, "absolute", refused=("abs_cpu", "b"))
sign = _unary("sign", maths.direction, maths.direction.op)
sgn = _unary("sgn", maths.direction, SGN)
rsqrt, exp2, expm1 = _row("rsqrt", maths.rsqrt), _row("exp2", maths.exp2), _row("expm1", maths.expm1)
log2, log10, log1p = _row("log2", maths.log2), _row("log10", maths.log10), _row("log1p", maths.log1p)
sin, cos, tan = _row("sin", maths.sin), _row("cos", maths.cos), _row("tan", maths.tan)
asin = arcsin = _row("asin", maths.asin, "arcsin")
acos = arccos = _row("acos", maths.acos, "arccos")
atan = arctan = _row("atan", maths.atan, "arctan")
sinh, cosh = _row("sinh", maths.sinh), _row("cosh", maths.cosh)
asinh = arcsinh = _row("asinh", maths.asinh, "arcsinh")
acosh = arccosh = _row("acosh", maths.acosh, "arccosh")
atanh = arctanh = _row("atanh", maths.atanh, "arctanh")
erf, erfc, erfinv = _row("erf", maths.erf), _row("erfc", maths.erfc), _row("erfinv", maths.erfinv)
floor = _row("floor", maths.floor, refused=("floor_vml_cpu", "b"))
ceil = _row("ceil", maths.ceil, refused=("ceil_vml_cpu", "b"))
trunc = fix = _row("trunc", maths.trunc, "fix", refused=("trunc_vml_cpu", "b"))
frac = _row("frac", maths.frac, refused=("frac_cpu", "iub"))
reciprocal = _row("reciprocal", maths.reciprocal)
deg2rad, rad2deg = _row("deg2rad", maths.deg2rad), _row("rad2deg", maths.rad2deg)
lgamma, digamma, sinc = _row("lgamma", maths.lgamma), _row("digamma", maths.digamma), _row("sinc", maths.sinc)


def _square_input(x: Tensor) -> Any:
    return to_dtype(x, dtypes.I64) if x.array.dtype.kind == "b" else x


def _square(x: Tensor) -> Any:
    return maths.square(_square_input(x))


square = _unary("square", _square, maths.square.op)


@method("square_")
def _square_in_place(self: Tensor) -> Any:
    return apply_(maths.square.op, self, (_square_input(self),))


def _no_bool_neg(x: Tensor) -> Any:
    if x.array.dtype.kind == "b":
        raise RuntimeError("Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the "
                           "`~` or `logical_not()` operator instead.")  # fmt: skip
    return ew.neg(x)


neg = negative = _unary("neg", _no_bool_neg, ew.NEG, "negative")


@method
def positive(input: Any) -> Any:
    """`input` itself; bool raises."""
    need_tensor(input, "positive")
    if input.array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


def _invert(x: Tensor) -> Any:
    if x.array.dtype.kind not in "iub":
        raise NotImplementedError(f"\"bitwise_not_cpu\" not implemented for '{_kind(x)}'")
    return invert_(x)


def _kind(x: Any) -> str:
    from plait.op import type_name

    return type_name(x.array.dtype)


bitwise_not = _unary("bitwise_not", _invert, invert_.op)


@method
def round(input: Any, *, decimals: int | None = None, out: Any = None) -> Any:
    """The nearest multiple of 10^-decimals, ties to even."""
    need_tensor(input, "round")
    refuse_kinds("round_cpu" if decimals else "round_vml_cpu", "b" if decimals is None else "iub", input)
    result = maths.round_(input) if decimals is None else apply(ROUND_DECIMALS, (input,), (decimals,))
    return result if out is None else into("round", out, result)


@method("round_")
def _round_in_place(self: Tensor, *, decimals: int = 0) -> Any:
    return apply_(maths.ROUND, self, (self,), (decimals,))


@method
def nan_to_num(input: Any, nan: Any = None, posinf: Any = None, neginf: Any = None, *, out: Any = None) -> Any:
    """`input` with NaN and infinities exchanged for numbers."""
    need_tensor(input, "nan_to_num")
    result = maths.nan_to_num(input, nan, posinf, neginf)
    return result if out is None else into("nan_to_num", out, result)


@method("nan_to_num_")
def _nan_to_num_in_place(self: Tensor, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Any:
    return apply_(maths.NAN_TO_NUM, self, (self,), (0.0 if nan is None else nan, posinf, neginf))


@method
def logit(input: Any, eps: float | None = None, *, out: Any = None) -> Any:
    """ln(x / (1 - x))."""
    need_tensor(input, "logit")
    result = maths.logit(input, eps)
    return result if out is None else into("logit", out, result)


@method("logit_")
def _logit_in_place(self: Tensor, eps: float | None = None) -> Any:
    return apply_(maths.LOGIT, self, (self,), (eps,))


def polygamma(n: int, input: Any, *, out: Any = None) -> Any:
    """The derivative of order `n` of digamma."""
    need_tensor(input, "polygamma", "input", 2)
    result = maths.polygamma(input, n)
    return result if out is None else into("polygamma", out, result)


@method("polygamma")
def _polygamma_method(self: Tensor, n: int) -> Any:
    return maths.polygamma(self, n)
