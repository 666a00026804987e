"""Elementwise functions, Tensor's operators and the in-place forms of both.

Rules of this file: a row is upstream's name, the engine's function and its record; in-place forms keep the target's dtype and refuse
results that it can not hold.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply, apply_
from plait.ops import binary, maths, select
from plait.ops import elementwise as ew
from plait.ops.compare import bitwise_not as invert_
from plait.ops.copying import COPY
from plait.ops.shape import clone as clone_
from plait.ops.shape import to_dtype
from plait.ops.views import named
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import Number, into, need_tensor, number, overwrite

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "addcdiv",
    "addcmul",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "copysign",
    "cos",
    "cosh",
    "deg2rad",
    "digamma",
    "div",
    "divide",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "fill",
    "fill_",
    "fix",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frac",
    "gcd",
    "heaviside",
    "hypot",
    "lcm",
    "ldexp",
    "lerp",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logit",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "nan_to_num",
    "neg",
    "negative",
    "nextafter",
    "polygamma",
    "positive",
    "pow",
    "rad2deg",
    "reciprocal",
    "remainder",
    "round",
    "rsqrt",
    "rsub",
    "sgn",
    "sign",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "sub",
    "subtract",
    "tan",
    "true_divide",
    "trunc",
    "xlogy",
    "zero_",
]  # fmt: skip


#: The same records under the names that upstream's overloads give their nodes.
RSUB, RSUB_TENSOR = named(ew.SUB, "RsubBackward1"), named(ew.SUB, "RsubBackward0")
POW_TENSOR, POW_BASE = named(ew.POW, "PowBackward1"), named(ew.POW, "PowBackward2")
REMAINDER_TENSOR, FMOD_TENSOR = named(binary.remainder.op, "RemainderBackward1"), named(binary.fmod.op, "FmodBackward1")
LERP_TENSOR, ROUND_DECIMALS = named(select.LERP, "LerpBackward1"), named(maths.ROUND, "RoundBackward1")
CLAMP_NUMBER = named(select.CLAMP, "ClampBackward1")
CLAMP_MIN, CLAMP_MAX = named(select.CLAMP, "ClampMinBackward0"), named(select.CLAMP, "ClampMaxBackward0")
CLAMP_MIN_TENSOR, CLAMP_MAX_TENSOR = named(select.CLAMP, "ClampMinBackward1"), named(select.CLAMP, "ClampMaxBackward1")


def _underivable(op: Any, label: str) -> Any:
    """A record whose node refuses to run backward, as upstream's does."""

    def refuse(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError(f"derivative for {label} is not implemented")

    twin = named(op, "NotImplemented")
    twin.backward = refuse
    return twin


FLOOR_DIVIDE = _underivable(binary.div_floor.op, "aten::floor_divide")
REMAINDER_BASE = _underivable(binary.remainder.op, "aten::remainder")


def _unary(name: str, call: Any, op: Any, *more: str) -> Any:
    """torch.name(input, *, out=None), Tensor.name() and Tensor.name_(); `more` are other names of the same."""

    def function(input: Any, *, out: Any = None) -> Any:
        if not isinstance(input, Tensor):
            need_tensor(input, name)
        result = call(input)
        return result if out is None else into(name, out, result)

    def in_place(self: Tensor) -> Tensor:
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


def _row(name: str, call: Any, *more: str) -> Any:
    return _unary(name, call, call.op, *more)


exp = _unary("exp", ew.exp, ew.EXP)
log = _unary("log", ew.log, ew.LOG)
sqrt = _unary("sqrt", ew.sqrt, ew.SQRT)
abs = absolute = _unary("abs", ew.abs, ew.ABS, "absolute")
sign = _unary("sign", ew.sign, ew.SIGN)
sgn = _unary("sgn", ew.sign, ew.SIGN)
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
floor, ceil = _row("floor", maths.floor), _row("ceil", maths.ceil)
trunc = fix = _row("trunc", maths.trunc, "fix")
frac, reciprocal = _row("frac", maths.frac), _row("reciprocal", maths.reciprocal)
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
    if decimals and input.array.dtype.kind in "iub":
        raise NotImplementedError(f"\"round_cpu\" not implemented for '{_kind(input)}'")
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


# --- two operands ------------------------------------------------------------------------------------------------------------


def operand(value: Any, function: str, argument: str = "other", position: int = 2) -> Any:
    """A tensor, a Python number (from NumPy's too) or an array as a tensor; TypeError for anything else."""
    if isinstance(value, Tensor) or type(value) in (int, float, bool):
        return value
    if isinstance(value, np.ndarray):
        return Tensor.wrap(value)
    if isinstance(value, Number):
        return value.item() if isinstance(value, np.generic) else value
    raise TypeError(
        f"{function}(): argument '{argument}' (position {position}) must be Tensor, not {type(value).__name__}"
    )


# These take two Python numbers, too.
_OF_NUMBERS = frozenset(("add", "sub", "mul", "div", "floor_divide"))


def _both(a: Any, b: Any, function: str) -> tuple[Any, Any]:
    if not isinstance(a, Tensor):
        if isinstance(a, Number) and isinstance(b, Tensor):
            a = operand(a, function, "input", 1)
        elif isinstance(a, Number) and isinstance(b, Number) and function in _OF_NUMBERS:
            a = Tensor.wrap(np.asarray(a, dtypes.number_dtype(a)))
        else:
            need_tensor(a, function)
    if not isinstance(b, Tensor):
        b = operand(b, function)
    return a, b


def _alpha(a: Any, b: Any, alpha: Any, function: str) -> Any:
    alpha = number(alpha)
    if alpha == 1 and alpha is not True:
        return 1
    kinds = [x.array.dtype if isinstance(x, Tensor) else dtypes.number_dtype(x) for x in (a, b)]
    if isinstance(alpha, bool) and not all(k.kind == "b" for k in kinds):
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and all(dtypes.category(k) < 2 for k in kinds):
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    return alpha


def _pair(a: Any, b: Any) -> tuple[Any, Any]:
    """Two numbers become 0-d tensors, as they do in a function of tensors."""
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        a = Tensor.wrap(np.asarray(a, dtypes.number_dtype(a)))
    return a, b


@method
def add(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """input + alpha * other."""
    a, b = _both(input, other, "add")
    result = ew.add(*_pair(a, b), _alpha(a, b, alpha, "add"))
    return result if out is None else into("add", out, result)


def _no_bool_sub(a: Any, b: Any) -> None:
    x = isinstance(a, bool) or (isinstance(a, Tensor) and a.array.dtype.kind == "b")
    y = isinstance(b, bool) or (isinstance(b, Tensor) and b.array.dtype.kind == "b")
    if x and y:
        raise RuntimeError("Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
                           "operator instead.")  # fmt: skip
    if x or y:
        raise RuntimeError("Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use "
                           "the `~` or `logical_not()` operator instead.")  # fmt: skip


@method
def sub(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """input - alpha * other."""
    a, b = _both(input, other, "sub")
    _no_bool_sub(a, b)
    result = ew.sub(*_pair(a, b), _alpha(a, b, alpha, "sub"))
    return result if out is None else into("sub", out, result)


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """other - alpha * input."""
    a, b = _both(input, other, "rsub")
    _no_bool_sub(a, b)
    x, y = ew.operands(b, _scaled(a, _alpha(a, b, alpha, "rsub")))
    return apply(RSUB_TENSOR if isinstance(b, Tensor) else RSUB, (x, y))


@method
def mul(input: Any, other: Any, *, out: Any = None) -> Any:
    """input * other."""
    a, b = _both(input, other, "mul")
    result = ew.mul(*_pair(a, b))
    return result if out is None else into("mul", out, result)


_ROUNDINGS = {"floor": binary.div_floor, "trunc": binary.div_trunc}


def _rounding(mode: Any) -> Any:
    found = _ROUNDINGS.get(mode)
    if found is None:
        raise RuntimeError(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'")
    return found


@method
def div(input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Any:
    """input / other: floating, or rounded by `rounding_mode` "floor" or "trunc"."""
    a, b = _pair(*_both(input, other, "div"))
    result = ew.div(a, b) if rounding_mode is None else _rounding(rounding_mode)(a, b)
    return result if out is None else into("div", out, result)


@method
def true_divide(input: Any, other: Any, *, out: Any = None) -> Any:
    """input / other, floating."""
    return div(input, other, out=out)


def _check_pow(a: Any, b: Any) -> None:
    if (
        isinstance(b, int)
        and not isinstance(b, bool)
        and b < 0
        and isinstance(a, Tensor)
        and a.array.dtype.kind in "iu"
    ):
        raise RuntimeError("Integers to negative integer powers are not allowed.")


def _power(a: Any, b: Any) -> Any:
    if type(b) in (int, float) and isinstance(a, Tensor) and a.array.dtype.kind == "f":
        return apply(ew.POW, (a, b))
    _check_pow(a, b)
    if isinstance(b, Tensor) and b.array.dtype.kind in "i" and not (isinstance(a, float)):
        kind = a.array.dtype.kind if isinstance(a, Tensor) else "i"
        if kind in "iub" and (b.array < 0).any():
            return _integer_power(a, b)
    if _all_bool(a, b):
        raise NotImplementedError("\"pow\" not implemented for 'Bool'")
    if isinstance(b, Tensor):
        return apply(POW_TENSOR if isinstance(a, Tensor) else POW_BASE, ew.operands(a, b))
    return ew.pow(a, b)


def _all_bool(a: Any, b: Any) -> bool:
    return all(isinstance(v, bool) or (isinstance(v, Tensor) and v.array.dtype.kind == "b") for v in (a, b))


def _integer_power(a: Any, b: Any) -> Any:
    """Integers to powers of which some are negative: those are 0, or ±1 for a base of ±1."""
    x, y = ew.operands(a, b)
    base = x.array if isinstance(x, Tensor) else np.asarray(x)
    low = y.array < 0
    up = np.power(base, np.where(low, 0, y.array))
    odd = (y.array % 2) == 1
    down = np.where(base == 1, 1, np.where(base == -1, np.where(odd, -1, 1), 0))
    return Tensor.wrap(np.where(low, down, up).astype(y.array.dtype))


@method
def pow(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """input ** exponent; integers to a negative integer power raise."""
    if not isinstance(input, Tensor) and not isinstance(exponent, Tensor):
        need_tensor(input, "pow")
    a = input if isinstance(input, Tensor) else operand(input, "pow", "input", 1)
    b = exponent if isinstance(exponent, Tensor) else operand(exponent, "pow", "exponent")
    result = _power(a, b)
    return result if out is None else into("pow", out, result)


@method
def float_power(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """input ** exponent in float64."""
    if not isinstance(input, Tensor) and not isinstance(exponent, Tensor):
        need_tensor(input, "float_power")
    a = to_dtype(input, dtypes.F64) if isinstance(input, Tensor) else float(number(input))
    b = to_dtype(exponent, dtypes.F64) if isinstance(exponent, Tensor) else float(number(exponent))
    result = _power(a, b)
    if out is not None and out.array.dtype != dtypes.F64:
        raise RuntimeError(
            f"the operation's result requires dtype Double, but got dtype {_kind(out)} for the out argument"
        )
    return result if out is None else into("float_power", out, result)


def _binary(
    name: str,
    call: Any,
    *more: str,
    tensors: bool = True,
    only: str = "",
    in_place: bool = True,
    first: bool = False,
    twin: Any = None,
) -> Any:
    """torch.name(input, other), Tensor.name and Tensor.name_.

    `tensors`: other must be a tensor; `first`: input must; `only`: kinds of dtype taken; `twin`: the record where other is a tensor.
    """

    def check(a: Any, b: Any) -> None:
        if only:
            for x in (a, b):
                if isinstance(x, float) or (isinstance(x, Tensor) and x.array.dtype.kind not in only):
                    kind = _kind(x) if isinstance(x, Tensor) else "Float"
                    raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{kind}'")

    def function(input: Any, other: Any, *, out: Any = None) -> Any:
        if tensors:
            if not isinstance(input, Tensor):
                need_tensor(input, name)
            if not isinstance(other, Tensor):
                need_tensor(other, name, "other", 2)
            a, b = input, other
        else:
            if first:
                need_tensor(input, name)
            a, b = _pair(*_both(input, other, name))
        if only:
            check(a, b)
        result = call(a, b) if twin is None or not isinstance(b, Tensor) else apply(twin, (a, b))
        return result if out is None else into(name, out, result)

    def written(self: Tensor, other: Any) -> Tensor:
        if tensors and not isinstance(other, Tensor):
            need_tensor(other, name + "_", "other", 1)
        b = operand(other, name + "_", position=1)
        if only:
            check(self, b)
        result: Tensor = apply_(call.op, self, (self, b))
        return result

    function.__doc__ = call.__doc__ or name
    for label in (name, *more):
        method(label)(function)
        if in_place:
            method(label + "_")(written)
    function.__name__ = function.__qualname__ = name
    written.__name__ = written.__qualname__ = name + "_"
    return function


def _floor_divide(a: Any, b: Any) -> Any:
    return apply(FLOOR_DIVIDE, (a, b))


_floor_divide.op = FLOOR_DIVIDE  # type: ignore[attr-defined]
floor_divide = _binary("floor_divide", _floor_divide, tensors=False)
remainder = _binary("remainder", binary.remainder, tensors=False, twin=REMAINDER_TENSOR)
fmod = _binary("fmod", binary.fmod, tensors=False, first=True, twin=FMOD_TENSOR)
maximum = _binary("maximum", binary.maximum, in_place=False)
minimum = _binary("minimum", binary.minimum, in_place=False)
fmax, fmin = _binary("fmax", binary.fmax, in_place=False), _binary("fmin", binary.fmin, in_place=False)
atan2 = arctan2 = _binary("atan2", binary.atan2, "arctan2")
logaddexp = _binary("logaddexp", binary.logaddexp, in_place=False)
logaddexp2 = _binary("logaddexp2", binary.logaddexp2, in_place=False)
hypot, nextafter = _binary("hypot", binary.hypot), _binary("nextafter", binary.nextafter)
copysign = _binary("copysign", binary.copysign, tensors=False, first=True)
xlogy = _binary("xlogy", binary.xlogy, tensors=False)
gcd, lcm = _binary("gcd", binary.gcd, only="iu"), _binary("lcm", binary.lcm, only="iu")
bitwise_and = _binary("bitwise_and", binary.bitwise_and, tensors=False, only="iub")
bitwise_or = _binary("bitwise_or", binary.bitwise_or, tensors=False, only="iub")
bitwise_xor = _binary("bitwise_xor", binary.bitwise_xor, tensors=False, only="iub")
bitwise_left_shift = _binary("bitwise_left_shift", binary.shift_left, tensors=False, only="iu")
bitwise_right_shift = _binary("bitwise_right_shift", binary.shift_right, tensors=False, only="iu")


@method
def heaviside(input: Any, values: Any, *, out: Any = None) -> Any:
    """0 below 0, `values` at 0, 1 above."""
    need_tensor(input, "heaviside")
    need_tensor(values, "heaviside", "values", 2)
    if input.array.dtype != values.array.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    result = binary.heaviside(input, values)
    return result if out is None else into("heaviside", out, result)


@method("heaviside_")
def _heaviside_in_place(self: Tensor, values: Any) -> Any:
    return apply_(binary.heaviside.op, self, (self, values))


@method
def ldexp(input: Any, other: Any, *, out: Any = None) -> Any:
    """input * 2 ** other."""
    need_tensor(input, "ldexp")
    need_tensor(other, "ldexp", "other", 2)
    result = ew.mul(input, ew.pow(2.0, other))
    return result if out is None else into("ldexp", out, result)


# --- in-place arithmetic -----------------------------------------------------------------------------------------------------


def _arithmetic(op: Any, self: Tensor, other: Any, real: bool = False) -> Any:
    return apply_(op, self, ew.operands(self, other, real))


def _scaled(value: Any, alpha: Any) -> Any:
    if alpha == 1:
        return value
    return ew.mul(value, alpha) if isinstance(value, Tensor) else value * alpha


@method
def add_(self: Tensor, other: Any, *, alpha: Any = 1) -> Any:
    """`add` in place."""
    b = operand(other, "add_", position=1)
    return _arithmetic(ew.ADD, self, _scaled(b, _alpha(self, b, alpha, "add_")))


@method
def sub_(self: Tensor, other: Any, *, alpha: Any = 1) -> Any:
    """`sub` in place."""
    b = operand(other, "sub_", position=1)
    _no_bool_sub(self, b)
    return _arithmetic(ew.SUB, self, _scaled(b, _alpha(self, b, alpha, "sub_")))


@method
def mul_(self: Tensor, other: Any) -> Any:
    """`mul` in place."""
    return _arithmetic(ew.MUL, self, operand(other, "mul_", position=1))


@method
def div_(self: Tensor, other: Any, *, rounding_mode: str | None = None) -> Any:
    """`div` in place."""
    b = operand(other, "div_", position=1)
    if rounding_mode is None:
        return _arithmetic(ew.DIV, self, b, real=True)
    return apply_(_rounding(rounding_mode).op, self, (self, b))


@method
def true_divide_(self: Tensor, other: Any) -> Any:
    """`true_divide` in place."""
    return div_(self, other)


@method
def pow_(self: Tensor, exponent: Any) -> Any:
    """`pow` in place."""
    b = operand(exponent, "pow_", "exponent", 1)
    _check_pow(self, b)
    if isinstance(b, Tensor) and b.array.dtype.kind == "i" and self.array.dtype.kind in "iu" and (b.array < 0).any():
        return overwrite(self, _integer_power(self, b).array)
    return _arithmetic(ew.POW, self, b)


@method
def float_power_(self: Tensor, exponent: Any) -> Any:
    """`float_power` in place; the tensor must be float64."""
    if self.array.dtype != dtypes.F64:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {_kind(self)} but the operation's result requires dtype Double"
        )
    return pow_(self, exponent)


@method("ldexp_")
def _ldexp_in_place(self: Tensor, other: Any) -> Any:
    return mul_(self, ew.pow(2.0, other))


for _name, _target in (
    ("subtract", sub),
    ("multiply", mul),
    ("divide", div),
    ("subtract_", sub_),
    ("multiply_", mul_),
    ("divide_", div_),
):
    method(_name)(_target)
subtract, multiply, divide = sub, mul, div

# --- three operands ----------------------------------------------------------------------------------------------------------


def _bounds(name: str, low: Any, high: Any) -> tuple[Any, Any]:
    if low is None and high is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    low = None if low is None else operand(low, name, "min")
    high = None if high is None else operand(high, name, "max", 3)
    if (low is None or isinstance(low, Tensor)) != (high is None or isinstance(high, Tensor)) or (
        isinstance(low, Tensor) and high is not None and not isinstance(high, Tensor)
    ):
        mixed = low is not None and high is not None
        if mixed:
            raise TypeError(f"{name}() received an invalid combination of arguments - got (Tensor, {type(low).__name__}, "
                            f"{type(high).__name__}), but expected one of:\n * (Tensor input, Tensor min = None, Tensor max = None, *, "
                            "Tensor out = None)\n * (Tensor input, Number min = None, Number max = None, *, Tensor out = None)")  # fmt: skip
    return low, high


def _clamp_op(low: Any, high: Any) -> Any:
    return select.CLAMP if isinstance(low, Tensor) or isinstance(high, Tensor) else CLAMP_NUMBER


@method
def clamp(input: Any, min: Any = None, max: Any = None, *, out: Any = None) -> Any:
    """At least `min` and then at most `max`: numbers or tensors, one may be None."""
    need_tensor(input, "clamp")
    low, high = _bounds("clamp", min, max)
    result = apply(_clamp_op(low, high), (input, low, high))
    return result if out is None else into("clamp", out, result)


@method
def clamp_(self: Tensor, min: Any = None, max: Any = None) -> Any:
    """`clamp` in place."""
    low, high = _bounds("clamp_", min, max)
    return apply_(_clamp_op(low, high), self, (self, low, high))


@method
def clamp_min(input: Any, min: Any, *, out: Any = None) -> Any:
    """At least `min`."""
    need_tensor(input, "clamp_min")
    bound = operand(min, "clamp_min", "min")
    result = apply(CLAMP_MIN_TENSOR if isinstance(bound, Tensor) else CLAMP_MIN, (input, bound, None))
    return result if out is None else into("clamp_min", out, result)


@method
def clamp_max(input: Any, max: Any, *, out: Any = None) -> Any:
    """At most `max`."""
    need_tensor(input, "clamp_max")
    bound = operand(max, "clamp_max", "max")
    result = apply(CLAMP_MAX_TENSOR if isinstance(bound, Tensor) else CLAMP_MAX, (input, None, bound))
    return result if out is None else into("clamp_max", out, result)


@method
def clamp_min_(self: Tensor, min: Any) -> Any:
    """`clamp_min` in place."""
    return apply_(select.CLAMP, self, (self, operand(min, "clamp_min_", "min"), None))


@method
def clamp_max_(self: Tensor, max: Any) -> Any:
    """`clamp_max` in place."""
    return apply_(select.CLAMP, self, (self, None, operand(max, "clamp_max_", "max")))


clip = clamp
method("clip")(clamp)
method("clip_")(clamp_)


def _same_dtype(input: Any, end: Any, weight: Any) -> None:
    for name, x in (("end", end), ("weight", weight)):
        if isinstance(x, Tensor) and x.array.dtype != input.array.dtype and (name == "end" or x.array.ndim):
            raise RuntimeError(f"expected dtype {_plain_name(input)} for `{name}` but got dtype {_plain_name(x)}")


def _plain_name(x: Tensor) -> str:
    names = {"float32": "float", "float64": "double", "int64": "long int"}
    return names.get(x.array.dtype.name, _kind(x))


@method
def lerp(input: Any, end: Any, weight: Any, *, out: Any = None) -> Any:
    """input + weight * (end - input)."""
    need_tensor(input, "lerp")
    need_tensor(end, "lerp", "end", 2)
    w = operand(weight, "lerp", "weight", 3)
    _same_dtype(input, end, w)
    if input.array.dtype.kind in "iub":
        raise NotImplementedError(f"\"lerp_kernel_scalar\" not implemented for '{_kind(input)}'")
    result = apply(LERP_TENSOR if isinstance(w, Tensor) else select.LERP, (input, end, w))
    return result if out is None else into("lerp", out, result)


@method
def lerp_(self: Tensor, end: Any, weight: Any) -> Any:
    """`lerp` in place."""
    need_tensor(end, "lerp_", "end", 1)
    w = operand(weight, "lerp_", "weight", 2)
    _same_dtype(self, end, w)
    return apply_(select.LERP, self, (self, end, w))


def _fused_value(name: str, input: Any, a: Any, b: Any, value: Any) -> Any:
    need_tensor(input, name)
    need_tensor(a, name, "tensor1", 2)
    need_tensor(b, name, "tensor2", 3)
    value = number(value)
    kinds = [x.array.dtype for x in (input, a, b)]
    whole = all(dtypes.category(k) < 2 for k in kinds)
    if name.startswith("addcdiv") and all(dtypes.category(k) < 2 for k in kinds[1:]):
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true division of "
            "tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * torch.trunc(tensor1 / "
            "tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The future "
            "addcdiv behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all dtypes."
        )
    if whole and isinstance(value, float):
        raise RuntimeError("For integral input tensors, argument value must not be a floating point number.")
    return value


@method
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Any = None) -> Any:
    """input + value * tensor1 * tensor2."""
    result = select.addcmul(input, tensor1, tensor2, _fused_value("addcmul", input, tensor1, tensor2, value))
    return result if out is None else into("addcmul", out, result)


@method
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Any = None) -> Any:
    """input + value * tensor1 / tensor2."""
    result = select.addcdiv(input, tensor1, tensor2, _fused_value("addcdiv", input, tensor1, tensor2, value))
    return result if out is None else into("addcdiv", out, result)


@method
def addcmul_(self: Tensor, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """`addcmul` in place."""
    return apply_(
        select.ADDCMUL, self, (self, tensor1, tensor2), (_fused_value("addcmul_", self, tensor1, tensor2, value),)
    )


@method
def addcdiv_(self: Tensor, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """`addcdiv` in place."""
    return apply_(
        select.ADDCDIV, self, (self, tensor1, tensor2), (_fused_value("addcdiv_", self, tensor1, tensor2, value),)
    )


# --- operators ---------------------------------------------------------------------------------------------------------------


def _right(value: Any) -> Any:
    """An operator's other operand, or NotImplemented."""
    if isinstance(value, Tensor) or type(value) in (int, float, bool):
        return value
    if isinstance(value, np.ndarray):
        return Tensor.wrap(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (int, float)):
        return value
    return NotImplemented


def _operator(name: str, function: Any, reflected: Any = None, in_place: Any = None) -> None:
    turned = function if reflected is None else reflected

    def forward(self: Tensor, other: Any) -> Any:
        b = _right(other)
        return NotImplemented if b is NotImplemented else function(self, b)

    def backward(self: Tensor, other: Any) -> Any:
        if not isinstance(self, Tensor):
            raise TypeError(
                f"descriptor '__r{name}__' for 'torch._C.TensorBase' objects doesn't apply to a '{type(self).__name__}' object"
            )
        a = _right(other)
        return NotImplemented if a is NotImplemented else turned(a, self)

    def augmented(self: Tensor, other: Any) -> Any:
        b = _right(other)
        return NotImplemented if b is NotImplemented else in_place(self, b)

    method(f"__{name}__")(forward)
    method(f"__r{name}__")(backward)
    if in_place is not None:
        method(f"__i{name}__")(augmented)


def _checked_sub(a: Any, b: Any) -> Any:
    _no_bool_sub(a, b)
    return ew.sub(a, b)


_operator("add", ew.add, in_place=add_)


def _reflected_sub(a: Any, b: Any) -> Any:
    _no_bool_sub(a, b)
    return apply(RSUB_TENSOR if isinstance(a, Tensor) else RSUB, ew.operands(a, b))


def _reflected_div(a: Any, b: Any) -> Any:
    return ew.mul(b.reciprocal(), a)


def _mod(a: Any, b: Any) -> Any:
    return apply(REMAINDER_TENSOR if isinstance(b, Tensor) else binary.remainder.op, (a, b))


def _reflected_mod(a: Any, b: Any) -> Any:
    return apply(REMAINDER_TENSOR if isinstance(a, Tensor) else REMAINDER_BASE, (a, b))


_operator("sub", _checked_sub, _reflected_sub, in_place=sub_)
_operator("mul", ew.mul, in_place=mul_)
_operator("truediv", ew.div, _reflected_div, in_place=div_)
_operator("div", ew.div, _reflected_div, in_place=div_)
_operator("floordiv", _floor_divide, in_place=lambda a, b: apply_(FLOOR_DIVIDE, a, (a, b)))
_operator("mod", _mod, _reflected_mod, in_place=lambda a, b: apply_(binary.remainder.op, a, (a, b)))
_operator("pow", _power, in_place=pow_)
_operator("and", bitwise_and, in_place=lambda a, b: apply_(binary.bitwise_and.op, a, (a, b)))
_operator("or", bitwise_or, in_place=lambda a, b: apply_(binary.bitwise_or.op, a, (a, b)))
_operator("xor", bitwise_xor, in_place=lambda a, b: apply_(binary.bitwise_xor.op, a, (a, b)))
_operator("lshift", bitwise_left_shift, in_place=lambda a, b: apply_(binary.shift_left.op, a, (a, b)))
_operator("rshift", bitwise_right_shift, in_place=lambda a, b: apply_(binary.shift_right.op, a, (a, b)))


@method("__neg__")
def _negative(self: Tensor) -> Any:
    return _no_bool_neg(self)


@method("__pos__")
def _positive(self: Tensor) -> Any:
    return positive(self)


@method("__abs__")
def _absolute(self: Tensor) -> Any:
    return ew.abs(self)


@method("__invert__")
def _inverted(self: Tensor) -> Any:
    if self.array.dtype.kind not in "iub":
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return invert_(self)


# --- filling -----------------------------------------------------------------------------------------------------------------


FILL, ZERO = named(COPY, "FillBackward2"), named(COPY, "ZeroBackward0")


@method
def fill_(self: Tensor, value: Any) -> Any:
    """Every element becomes `value`, a number or a 0-d tensor."""
    if isinstance(value, Tensor) and value.array.ndim:
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.array.ndim} dimensions."
        )
    return apply_(FILL, self, (self, value if isinstance(value, Tensor) else number(value)))


@method
def zero_(self: Tensor) -> Any:
    """Every element becomes 0."""
    if not self.tracks and self.base is None and self.version is not None:
        self.array.fill(0) if self.array.dtype != dtypes.BFLOAT16 else self.array.view(np.uint16).fill(0)
        self.version[0] += 1
        return self
    return apply_(ZERO, self, (self, 0))


def fill(input: Any, value: Any) -> Any:
    """A tensor like `input`, every element `value`."""
    return fill_(clone_(input), value)
