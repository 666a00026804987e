"""Functions of one tensor, element by element, and their in-place forms.

Rules of this file: a row is a name, the engine's function, and the name of the tensor argument. Functions that are real take integers too, and
give the default floating dtype.
"""

from __future__ import annotations

from typing import Any

from plait import dtypes
from plait.modes import no_grad
from plait.ops import compare, maths, select, series, steps
from plait.ops import elementwise as ew
from plait.ops.shape import to_dtype
from plait.paddle._tensor import Tensor, method
from plait.paddle.functions import operators
from plait.paddle.functions._common import (
    before,
    check_leaf,
    function,
    integer,
    need_tensor,
    number,
    replace,
    retyped,
    wanted,
)

__all__ = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "bitwise_invert",
    "bitwise_not",
    "ceil",
    "clamp",
    "clip",
    "cos",
    "cosh",
    "deg2rad",
    "digamma",
    "erf",
    "erfinv",
    "exp",
    "expm1",
    "floor",
    "frac",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "logical_not",
    "logit",
    "nan_to_num",
    "neg",
    "negative",
    "positive",
    "rad2deg",
    "reciprocal",
    "round",
    "rsqrt",
    "scale",
    "sgn",
    "sigmoid",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "stanh",
    "tan",
    "tanh",
    "trunc",
]  # fmt: skip


def in_place(name: str, call: Any, resizes: bool = False, tensors: bool = False, cuts: bool = False) -> None:
    """Attach `name_` to Tensor: `call` with its result put into the first argument; ValueError for another shape unless `resizes`.

    `tensors`: the second argument must be a tensor. `cuts`: no gradient flows through `call`, so a leaf may change too.
    """
    first = getattr(call, "__wrapped__", call).__code__.co_varnames[0]

    def changed(*args: Any, **kwargs: Any) -> Any:
        if args:
            x, *rest = args
        else:
            x, rest = kwargs.pop(first if first in kwargs else "x"), []
        if tensors and rest and not isinstance(rest[0], Tensor):
            raise AttributeError(f"'{type(rest[0]).__name__}' object has no attribute 'shape'")
        try:
            if not cuts:
                check_leaf(x)
            shown = not x.stop_gradient
            result = call(before(x), *rest, **kwargs)
            if not resizes and result.array.shape != x.array.shape:
                raise ValueError(
                    f"The shape of broadcast output {list(result.array.shape)} is different from that of inplace tensor {x.shape} in the "
                    "Inplace operation."
                )
            if not cuts:
                return replace(x, result)
            with no_grad():
                replace(x, result)
            x._stored = shown
            return x
        except RuntimeError as error:
            raise retyped(error, name + "_") from None

    changed.__name__ = changed.__qualname__ = name + "_"
    changed.__doc__ = f"`{name}` in place."
    changed.__wrapped__ = call  # type: ignore[attr-defined]
    method(changed)


def _unary(
    name: str, call: Any, *more: str, argument: str = "x", out: bool = True, whole: bool = False, written: bool = True
) -> Any:
    """paddle.name(x), Tensor.name and Tensor.name_; `whole`: integers stay integers."""

    def run(x: Any) -> Any:
        need_tensor(x, name)
        if not whole and x.array.dtype.kind in "iub":
            x = to_dtype(x, wanted(None))
        return call(x)

    if out:

        def shown(x: Any, name: str | None = None, *, out: Any = None) -> Any:
            return run(x)

    elif argument == "x":

        def shown(x: Any, name: str | None = None) -> Any:  # type: ignore[misc]
            return run(x)

    else:

        def shown(input: Any, name: str | None = None) -> Any:  # type: ignore[misc]
            return run(input)

    shown.__name__ = shown.__qualname__ = name
    shown.__doc__ = getattr(call, "__doc__", None) or name
    public = function("x:input" if argument == "x" else "input:x")(shown)
    for label in more:
        method(label)(public)
    if written:
        for label in (name, *more):
            in_place(label, public)
    return public


abs = _unary("abs", operators.absolute, whole=True)
sign = _unary("sign", ew.sign, whole=True, written=False)
sgn = _unary("sgn", ew.sign, whole=True, written=False, out=False)
neg = _unary("neg", operators.negated, "negative", whole=True, out=False)
negative = neg
sqrt, rsqrt = _unary("sqrt", ew.sqrt), _unary("rsqrt", maths.rsqrt)
square = _unary("square", maths.square, whole=True, out=False)
exp, expm1 = _unary("exp", series.exp), _unary("expm1", maths.expm1)
log, log2, log10, log1p = (_unary("log", ew.log), _unary("log2", maths.log2), _unary("log10", maths.log10), _unary("log1p", maths.log1p))  # fmt: skip
sin, cos, tan = _unary("sin", maths.sin), _unary("cos", maths.cos), _unary("tan", maths.tan, out=False)
asin, acos, atan = (
    _unary("asin", maths.asin, out=False),
    _unary("acos", maths.acos),
    _unary("atan", maths.atan, out=False),
)
sinh, cosh = _unary("sinh", maths.sinh), _unary("cosh", maths.cosh)
asinh, acosh, atanh = (_unary("asinh", maths.asinh), _unary("acosh", maths.acosh), _unary("atanh", maths.atanh))
tanh, sigmoid = _unary("tanh", series.tanh), _unary("sigmoid", series.sigmoid)
erf, erfinv = _unary("erf", maths.erf, out=False), _unary("erfinv", maths.erfinv, out=False)
lgamma, digamma = _unary("lgamma", maths.lgamma, out=False), _unary("digamma", maths.digamma, out=False)
floor, ceil = _unary("floor", maths.floor, whole=True), _unary("ceil", maths.ceil, whole=True)
trunc = _unary("trunc", maths.trunc, argument="input", out=False, whole=True)
frac = _unary("frac", maths.frac, out=False, whole=True)
reciprocal = _unary("reciprocal", maths.reciprocal, out=False)
deg2rad, rad2deg = (_unary("deg2rad", maths.deg2rad, out=False, written=False), _unary("rad2deg", maths.rad2deg, out=False, written=False))  # fmt: skip
sinc = _unary("sinc", maths.sinc, out=False)
isnan, isinf, isfinite = (
    _unary(n, getattr(compare, n), out=False, whole=True, written=False) for n in ("isnan", "isinf", "isfinite")
)
isposinf, isneginf, signbit = (
    _unary(n, getattr(compare, n), out=False, whole=True, written=False) for n in ("isposinf", "isneginf", "signbit")
)
logical_not = _unary("logical_not", compare.logical_not, whole=True)
bitwise_not = bitwise_invert = _unary("bitwise_not", compare.bitwise_not, "bitwise_invert", whole=True)
positive = _unary("positive", lambda x: x, out=False, whole=True, written=False)


@function("x:input")
def round(x: Any, decimals: int = 0, name: str | None = None, *, out: Any = None) -> Any:
    """The nearest whole number (ties to the even one), or the nearest with that many `decimals`."""
    need_tensor(x, "round")
    if x.array.dtype.kind in "iub":
        return x.clone()
    return maths.round_(x, integer(decimals, "round", "decimals"))


in_place("round", round)


@function("x:input")
def clip(x: Any, min: Any = None, max: Any = None, name: str | None = None, *, out: Any = None) -> Any:
    """`x`, at least `min` and at most `max`."""
    need_tensor(x, "clip")
    low, high = (_bound(x, b) for b in (min, max))
    if high is not None and not (_LEAST if low is None else low) <= high:
        raise ValueError(
            f"(InvalidArgument) clip(): max should be greater than or equal to min. But received min = {low}, max = {high}"
        )
    if x.array.dtype.kind in "iu" and (isinstance(low, float) or isinstance(high, float)):
        x = to_dtype(x, wanted(None))
    if low is None and high is None:
        return x.clone()
    return select.clamp(x, low, high)


_LEAST = -3.4028234663852886e38


def _clip_kept(x: Any, min: Any = None, max: Any = None, name: str | None = None) -> Any:
    """`clip` in the tensor's own dtype."""
    return to_dtype(clip(x, min, max), x.array.dtype)


def _bound(x: Any, value: Any) -> Any:
    if isinstance(value, Tensor) and value.array.size != 1:
        raise ValueError(
            f"(InvalidArgument) The Scalar only supports Tensor with 1 element, but now Tensor has `{value.array.size}` elements"
        )
    return number(value)


clamp = clip
method("clamp")(clip)
in_place("clip", _clip_kept)
in_place("clamp", _clip_kept)


@function("x:input")
def scale(
    x: Any,
    scale: Any = 1.0,
    bias: float = 0.0,
    bias_after_scale: bool = True,
    act: str | None = None,
    name: str | None = None,
) -> Any:
    """scale · x + bias, or scale · (x + bias); then the activation that `act` names."""
    need_tensor(x, "scale")
    kind = x.array.dtype
    if kind.kind == "b":
        return to_dtype(to_dtype(x, wanted(None)).scale(scale, bias, bias_after_scale, act), kind)
    by, add = number(scale) if not isinstance(scale, Tensor) or scale.array.size == 1 else scale, number(bias)
    if kind.kind in "iu":
        by, add = (int(v) if isinstance(v, float) else v for v in (by, add))
    if not bias_after_scale:
        x = ew.add(x, add)
    result = ew.mul(x, by) if isinstance(by, Tensor) or kind.kind != "f" else steps.scaled(x, by)
    if bias_after_scale and add:
        result = ew.add(result, add)
    if act is not None:
        import importlib

        result = getattr(importlib.import_module("plait.paddle.nn.functional"), act)(result)
    return result


in_place("scale", scale)


@function("x:input")
def logit(x: Any, eps: float | None = None, name: str | None = None) -> Any:
    """ln(x / (1 − x)), NaN outside (0, 1) or with `eps` of x brought into [eps, 1 − eps]."""
    return maths.logit(need_tensor(x, "logit"), eps)


@function("x:input")
def nan_to_num(
    x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None, name: str | None = None
) -> Any:
    """`x` with numbers in place of NaN and infinities."""
    return maths.nan_to_num(need_tensor(x, "nan_to_num"), nan, posinf, neginf)


in_place("logit", logit)
in_place("nan_to_num", nan_to_num)


@function("x:input")
def stanh(x: Any, scale_a: float = 0.67, scale_b: float = 1.7159, name: str | None = None) -> Any:
    """scale_b · tanh(scale_a · x)."""
    return ew.mul(series.tanh(ew.mul(need_tensor(x, "stanh"), scale_a)), scale_b)


@method
def zero_(x: Any) -> Any:
    """Fill with zeros."""
    return fill_(x, 0)


@method
def fill_(x: Any, value: Any) -> Any:
    """Fill with one number."""
    v = value
    if not isinstance(v, (int, float)):
        raise TypeError(
            f"The type of 'value' is not supported, expected bool, int, float, but received {type(value).__name__}"
        )
    check_leaf(x)
    fresh = x.face.wrap(dtypes.cast(_full(x, v), x.array.dtype))
    return replace(x, fresh if x.stop_gradient else ew.add(ew.mul(x, 0), fresh))


def _full(x: Any, v: Any) -> Any:
    import numpy as np

    if x.array.dtype == dtypes.BFLOAT16:
        return dtypes.to_bfloat16(np.full(x.array.shape, v, np.float32))
    return np.full(x.array.shape, int(v) if x.array.dtype.kind in "iu" else v, x.array.dtype)
