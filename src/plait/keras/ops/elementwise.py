"""Elementwise operations: functions of one tensor, of two, comparisons, logic.

Rules of this file: a row names the engine's function and how its operands are brought to one dtype; operations that TensorFlow does
not differentiate (floor, sign, comparisons) run on values that no gradient flows through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _convert, _dtypes
from plait.keras._errors import InvalidArgumentError
from plait.keras._operators import c_name, floored, need_shapes
from plait.keras._tensor import Tensor
from plait.keras.ops._common import common, dtype_of, floating, op, still, tensor
from plait.ops import activation, binary, choose, compare, maths, select
from plait.ops import elementwise as ew
from plait.ops.shape import reshape

__all__ = [
    "abs",
    "absolute",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "cbrt",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "deg2rad",
    "divide",
    "divide_no_nan",
    "equal",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "gcd",
    "greater",
    "greater_equal",
    "heaviside",
    "hypot",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "lcm",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "nan_to_num",
    "negative",
    "not_equal",
    "power",
    "rad2deg",
    "reciprocal",
    "right_shift",
    "round",
    "rsqrt",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
    "where",
]  # fmt: skip


def _named(call: Callable[..., Any], name: str, doc: str) -> Any:
    call.__name__ = call.__qualname__ = name
    call.__doc__ = doc
    return op(call)


def _real(name: str, function: Callable[[Any], Any], doc: str) -> Any:
    """A function whose results are floating."""

    def call(x: Any) -> Any:
        return function(floating(x))

    return _named(call, name, doc)


def _flat(name: str, function: Callable[[Any], Any], doc: str) -> Any:
    """A step function, without a gradient: floating results, integers too."""

    def call(x: Any) -> Any:
        return function(still(floating(x)))

    return _named(call, name, doc)


exp = _real("exp", ew.exp, "e ** x.")
exp2 = _real("exp2", maths.exp2, "2 ** x.")
expm1 = _real("expm1", maths.expm1, "e ** x - 1.")
log = _real("log", ew.log, "The natural logarithm.")
log10 = _real("log10", maths.log10, "The logarithm to base 10.")
log1p = _real("log1p", maths.log1p, "The natural logarithm of 1 + x.")
log2 = _real("log2", maths.log2, "The logarithm to base 2.")
sqrt = _real("sqrt", ew.sqrt, "The square root.")
rsqrt = _real("rsqrt", maths.rsqrt, "1 / the square root.")
sin, cos, tan = (
    _real("sin", maths.sin, "sin(x)."),
    _real("cos", maths.cos, "cos(x)."),
    _real("tan", maths.tan, "tan(x)."),
)
sinh, cosh = _real("sinh", maths.sinh, "sinh(x)."), _real("cosh", maths.cosh, "cosh(x).")
tanh = _real("tanh", activation.tanh, "tanh(x).")
arcsin, arccos = _real("arcsin", maths.asin, "The inverse of sin."), _real("arccos", maths.acos, "The inverse of cos.")
arctan = _real("arctan", maths.atan, "The inverse of tan.")
arcsinh, arccosh = (
    _real("arcsinh", maths.asinh, "The inverse of sinh."),
    _real("arccosh", maths.acosh, "The inverse of cosh."),
)
arctanh = _real("arctanh", maths.atanh, "The inverse of tanh.")
erf, erfinv = _real("erf", maths.erf, "The error function."), _real("erfinv", maths.erfinv, "The inverse of erf.")
erfc = _real("erfc", maths.erfc, "1 - erf(x).")
sinc = _real("sinc", maths.sinc, "sin(pi x) / (pi x).")
deg2rad, rad2deg = (
    _real("deg2rad", maths.deg2rad, "Degrees to radians."),
    _real("rad2deg", maths.rad2deg, "Radians to degrees."),
)
ceil, floor = _flat("ceil", maths.ceil, "The integer above."), _flat("floor", maths.floor, "The integer below.")


@op
def cbrt(x: Any) -> Any:
    """The cube root, negative for negative numbers."""
    x = floating(x)
    return ew.mul(ew.sign(still(x)), ew.pow(ew.abs(x), 1.0 / 3.0))


@op
def trunc(x: Any) -> Any:
    """x without its fraction; integers and bools as they are."""
    x = tensor(x)
    return x if x.array.dtype.kind in "iub" else maths.trunc(still(x))


@op
def absolute(x: Any) -> Any:
    """|x|; unsigned integers and bools as they are."""
    x = tensor(x)
    return x if x.array.dtype.kind in "ub" else ew.abs(x)


@op
def abs(x: Any) -> Any:
    """|x|; unsigned integers and bools as they are."""
    x = tensor(x)
    return x if x.array.dtype.kind in "ub" else ew.abs(x)


@op
def fabs(x: Any) -> Any:
    """|x|, floating."""
    return ew.abs(floating(x))


@op
def negative(x: Any) -> Any:
    """-x."""
    return ew.neg(tensor(x))


@op
def sign(x: Any) -> Any:
    """-1, 0 or 1; bools as int32."""
    x = tensor(x)
    kind = x.array.dtype.kind
    if kind in "ub":
        wide = _convert.to(x, dtypes.I32)
        return _convert.to(ew.sign(wide), x.array.dtype) if kind == "u" else wide
    return ew.sign(x)


@op
def square(x: Any) -> Any:
    """x²; bools as int32."""
    x = tensor(x)
    return ew.mul(*([_convert.to(x, dtypes.I32)] * 2)) if x.array.dtype.kind == "b" else maths.square(x)


@op
def reciprocal(x: Any) -> Any:
    """1 / x."""
    return maths.reciprocal(floating(x))


@op
def round(x: Any, decimals: int = 0) -> Any:
    """x to `decimals` digits after the point, halves to even; integers stay where `decimals` is not negative."""
    x = tensor(x)
    dtype = x.array.dtype
    if dtype.kind == "b":
        return _convert.to(x, dtypes.I32)
    if dtype.kind in "iu":
        if decimals >= 0:
            return x
        factor = 10**-decimals
        wide = np.round(x.array.astype(np.float64) / factor) * factor
        return Tensor.wrap(wide.astype(dtype))
    if decimals == 0:
        return maths.round_(still(x))
    factor = 10.0**decimals
    return ew.div(maths.round_(still(ew.mul(x, factor))), factor)


@op
def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """NaN and the infinities exchanged for numbers; integers as they are."""
    x = tensor(x)
    return x if x.array.dtype.kind in "iub" else maths.nan_to_num(x, nan, posinf, neginf)


def _question(name: str, function: Callable[[Any], Any], doc: str) -> Any:
    def call(x: Any) -> Any:
        return function(tensor(x))

    return _named(call, name, doc)


isfinite = _question("isfinite", compare.isfinite, "Whether x is neither NaN nor infinite.")
isinf, isnan = (
    _question("isinf", compare.isinf, "Whether x is infinite."),
    _question("isnan", compare.isnan, "Whether x is NaN."),
)
isposinf = _question("isposinf", compare.isposinf, "Whether x is +∞.")
isneginf = _question("isneginf", compare.isneginf, "Whether x is -∞.")
signbit = _question("signbit", compare.signbit, "Whether x has its sign bit set.")


# --- two operands ------------------------------------------------------------------------------------------------------------


_WEAK = {"add", "subtract", "multiply", "maximum", "minimum", "fmax", "fmin", "divide", "true_divide", "power"}
_NO_BOOLS = {
    "add",
    "subtract",
    "multiply",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
}


#: what TensorFlow calls its kernels, where that is not the function's name in camel case
_KERNELS = {
    "add": "AddV2", "arctan2": "Atan2", "divide": "RealDiv", "floor_divide": "FloorDiv", "mod": "FloorMod", "multiply": "Mul", "power": "Pow",
    "subtract": "Sub", "true_divide": "RealDiv",
}  # fmt: skip


def _two(name: str, function: Callable[[Any, Any], Any], doc: str, real: bool = False) -> Any:
    weak, no_bools = name in _WEAK, name in _NO_BOOLS
    shift = name.endswith("_shift")
    plain = weak and name not in ("add", "power")  # a number stays one
    upstream = _KERNELS.get(name, "".join(part.capitalize() for part in name.split("_")))

    def sized(a: Any, b: Any) -> Any:
        try:
            return function(a, b)
        except RuntimeError:
            need_shapes(upstream, a, b)
            raise

    def call(x1: Any, x2: Any) -> Any:
        if type(x1) is Tensor and type(x2) is Tensor:
            dtype = x1.array.dtype
            if dtype is x2.array.dtype and dtype.kind == "f":
                return sized(x1, x2)
        elif plain and type(x1) is Tensor and type(x2) in (float, int) and x1.array.dtype.kind == "f":
            return function(x1, x2)
        # TensorFlow's shifts leave a Python number out of the choice of the dtype.
        a, b = common(x1, x2, floating=real, weak=weak or (shift and type(x2) is int))
        if no_bools and a.array.dtype.kind == "b":
            raise InvalidArgumentError(
                f"Value for attr 'T' of bool is not in the list of allowed values: {name} is not for bools"
            )
        return sized(a, b)

    return _named(call, name, doc)


def _biased(a: Any, b: Any) -> Any:
    """a + b. What TensorFlow takes for a bias, one axis of b as long as a's last or second one, is added along that axis of a."""
    shape = b.array.shape
    if len(shape) == 1 and a.array.ndim and shape[0] == a.array.shape[-1]:
        return ew.add(a, b)
    if shape != a.array.shape and a.array.ndim > 1 and len(shape) > 0:
        long = [n for n in shape if n > 1]
        sizes = a.array.shape
        if len(long) == 1 and long[0] in (sizes[1], sizes[-1]):
            if long[0] == sizes[-1]:
                return ew.add(a, b if len(shape) == 1 else reshape(b, (long[0],)))
            return ew.add(a, reshape(b, (long[0], *(1,) * (len(sizes) - 2))))
    return ew.add(a, b)


def _power(a: Any, b: Any) -> Any:
    if a.array.dtype.kind == "b":
        a, b = _convert.to(a, dtypes.I32), _convert.to(b, dtypes.I32)
    if not b.array.ndim and not b.tracks and b.array.dtype.kind == "f":
        return ew.pow(a, b.array.item())
    return ew.pow(a, b)


def _logic(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: function(_truth(a), _truth(b))


def _truth(x: Any) -> Any:
    return x if x.array.dtype.kind == "b" else Tensor.wrap(dtypes.working(x.array) != 0)


add = _two("add", _biased, "x1 + x2.")
subtract = _two("subtract", ew.sub, "x1 - x2.")
multiply = _two("multiply", ew.mul, "x1 * x2.")
power = _two("power", _power, "x1 ** x2.")
maximum = _two("maximum", choose.larger, "The larger of both.")
minimum = _two("minimum", choose.smaller, "The smaller of both.")
fmax = _two("fmax", choose.larger_number, "The larger of both, passing over NaN.")
fmin = _two("fmin", choose.smaller_number, "The smaller of both, passing over NaN.")
fmod = _two("fmod", binary.fmod, "The remainder with the sign of x1.")
equal, not_equal = _two("equal", ew.eq, "x1 == x2."), _two("not_equal", ew.ne, "x1 != x2.")
less, less_equal = _two("less", ew.lt, "x1 < x2."), _two("less_equal", ew.le, "x1 <= x2.")
greater, greater_equal = _two("greater", ew.gt, "x1 > x2."), _two("greater_equal", ew.ge, "x1 >= x2.")
logical_and = _two("logical_and", _logic(ew.logical_and), "Both true (not zero).")
logical_or = _two("logical_or", _logic(compare.logical_or), "One true (not zero).")
logical_xor = _two("logical_xor", _logic(compare.logical_xor), "Exactly one true (not zero).")
gcd, lcm = _two("gcd", binary.gcd, "Greatest common divisor."), _two("lcm", binary.lcm, "Least common multiple.")
arctan2 = _two("arctan2", binary.atan2, "The angle of the point (x2, x1).", True)
logaddexp = _two("logaddexp", binary.logaddexp, "ln(e ** x1 + e ** x2).", True)
logaddexp2 = _two("logaddexp2", binary.logaddexp2, "log2(2 ** x1 + 2 ** x2).", True)
hypot = _two("hypot", binary.hypot, "The root of x1² + x2².", True)
heaviside = _two("heaviside", binary.heaviside, "0 below 0, 1 above, x2 at 0.", True)
divide = _two("divide", ew.div, "x1 / x2, floating.", True)
true_divide = _two("true_divide", ew.div, "x1 / x2, floating.", True)


def _bits(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the bits of integers."""

    def call(*values: Any) -> Any:
        dtype = values[0].array.dtype
        if dtype.kind not in "iu":
            raise InvalidArgumentError(
                f"Value for attr 'T' of {c_name(dtype)} is not in the list of allowed values: int8, int16, "
                "int32, int64, uint8, uint16, uint32, uint64"
            )
        return function(*values)

    return call


bitwise_and = _two("bitwise_and", _bits(binary.bitwise_and), "Bits set in both.")
bitwise_or = _two("bitwise_or", _bits(binary.bitwise_or), "Bits set in one.")
bitwise_xor = _two("bitwise_xor", _bits(binary.bitwise_xor), "Bits set in exactly one.")
left_shift, bitwise_left_shift = (
    _two(n, _bits(binary.shift_left), "x1 · 2 ** x2 on bits.") for n in ("left_shift", "bitwise_left_shift")
)
right_shift, bitwise_right_shift = (
    _two(n, _bits(binary.shift_right), "x1 over 2 ** x2 on bits.") for n in ("right_shift", "bitwise_right_shift")
)


bitwise_not, bitwise_invert = (
    _question(n, _bits(compare.bitwise_not), "Each bit turned round.") for n in ("bitwise_not", "bitwise_invert")
)


@op
def mod(x1: Any, x2: Any) -> Any:
    """The remainder with the sign of x2; bools as int32."""
    a, b = common(x1, x2)
    if a.array.dtype.kind == "b":
        a, b = _convert.to(a, dtypes.I32), _convert.to(b, dtypes.I32)
    return binary.remainder(a, b)


@op
def floor_divide(x1: Any, x2: Any) -> Any:
    """The integer below x1 / x2; bools as int32."""
    a, b = common(x1, x2, weak=True)
    if a.array.dtype.kind == "b":
        a, b = _convert.to(a, dtypes.I32), _convert.to(b, dtypes.I32)
    return floored(still(a), still(b))


@op
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """x1 / x2, and 0 where x2 is 0."""
    a, b = common(x1, x2, floating=True)
    zero = ew.eq(b, 0)
    return ew.where(zero, 0.0, ew.div(a, ew.where(zero, 1.0, b)))


@op
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether |x1 - x2| <= atol + rtol |x2|."""
    a, b = (dtypes.working(v.array) for v in common(x1, x2))
    if a.dtype.kind == "b":
        a, b = a.astype(np.int32), b.astype(np.int32)
    wide = a if a.dtype.kind == "f" else a.astype(_dtypes.numpy_dtype(None))
    other = b if b.dtype.kind == "f" else b.astype(wide.dtype)
    with np.errstate(all="ignore"):
        close = np.abs(wide - other) <= wide.dtype.type(atol) + wide.dtype.type(rtol) * np.abs(other)
    close |= wide == other
    return Tensor.wrap(np.asarray(close | (np.isnan(wide) & np.isnan(other)) if equal_nan else close))


@op
def logical_not(x: Any) -> Any:
    """Whether x is false (zero)."""
    return compare.logical_not(_truth(tensor(x)))


@op
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """x, not below x_min and not above x_max; bools as int32."""
    kinds = [dtype_of(v) for v in (x, x_min, x_max)]
    name = _dtypes.result_type(*kinds)
    if name == "bool":
        name = "int32"
    want = _dtypes.numpy_dtype(name)
    a, low, high = (tensor(v, name) for v in (x, x_min, x_max))
    plain = not low.array.ndim and not high.array.ndim and low.array <= high.array if want.kind != "V" else False
    if plain and not low.tracks and not high.tracks and want.kind != "V":
        return select.clamp(a, low.array.item(), high.array.item())
    return choose.larger(choose.smaller(a, high), low)


@op
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where `condition` holds, else x2; with neither, the places where it holds, as `nonzero` gives them."""
    c = _truth(tensor(condition))
    if x1 is None and x2 is None:
        return tuple(Tensor.wrap(np.asarray(i, np.int32)) for i in np.nonzero(c.array))
    if x1 is None or x2 is None:
        raise ValueError("where: `x1` and `x2` either both should be `None` or both be given")
    a, b = common(x1, x2, weak=True)
    return ew.where(c, a, b)
