"""Functions of two tensors, their in-place forms, and comparisons.

Rules of this file: `_strict` functions take two tensors whose dtypes meet by Paddle's rule; the arithmetic ones take 0-D tensors as numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.ops import binary, compare
from plait.ops import elementwise as ew
from plait.ops.shape import to_dtype
from plait.paddle._tensor import Tensor, method
from plait.paddle.functions import operators
from plait.paddle.functions._common import function, made, need_tensor, number, same_kind
from plait.paddle.functions.elementwise import in_place

__all__ = [
    "add", "add_n", "allclose", "atan2", "bitwise_and", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "copysign",
    "div", "divide", "eq", "equal", "equal_all", "floor_divide", "floor_mod", "fmax", "fmin", "gcd", "ge", "greater", "greater_equal", "greater_than", "gt",
    "heaviside", "hypot", "isclose", "lcm", "ldexp", "le", "lerp", "less", "less_equal", "less_than", "logaddexp", "logical_and", "logical_or",
    "logical_xor", "lt", "maximum", "minimum", "mod", "mul", "multiply", "ne", "nextafter", "not_equal", "pow", "remainder", "sub", "subtract",
    "true_divide",
]  # fmt: skip


def _tensors(x: Any, y: Any, name: str) -> None:
    need_tensor(x, name)
    need_tensor(y, name, "y", 1)


def _both(x: Any, y: Any, name: str) -> tuple[Any, Any]:
    """A tensor and a tensor or number."""
    if not isinstance(x, Tensor) and not isinstance(y, Tensor):
        need_tensor(x, name)
    return operators.both(x, y, name)


def _pair(x: Any, y: Any, name: str) -> tuple[Any, Any]:
    """Two tensors; 0-D ones count as numbers do."""
    _tensors(x, y, name)
    return operators.both(x, y, name)


def _numbered(x: Any, y: Any, name: str) -> None:
    """ValueError unless x is a tensor and y a tensor or number."""
    need_tensor(x, name)
    if not isinstance(y, (int, float, np.generic)):
        need_tensor(y, name, "y", 1)


def _own(x: Any, y: Any) -> Any:
    """A number as x's kind of number: a function's second argument, unlike an operator's, is cut for integers."""
    return int(y) if isinstance(y, float) and x.array.dtype.kind in "iu" else y


def _exact(x: Any, y: Any, name: str) -> None:
    """ValueError for two tensors of different dtypes."""
    _tensors(x, y, name)
    if x.array.dtype != y.array.dtype:
        raise ValueError(
            f"(InvalidArgument) {name}(): The type of data we are trying to retrieve ({x.dtype}) does not match the type of data ({y.dtype})"
        )


def _scaled(y: Any, alpha: Any) -> Any:
    return y if alpha == 1 else operators.mul(y, alpha) if isinstance(y, Tensor) else y * alpha


@function("x:input", "y:other")
def add(x: Any, y: Any, name: str | None = None, *, alpha: Any = 1, out: Any = None) -> Any:
    """x + alpha · y."""
    _pair(x, y, "add")
    return operators.add(x, _scaled(y, alpha))


@function("x:input", "y:other")
def subtract(x: Any, y: Any, name: str | None = None, *, alpha: Any = 1, out: Any = None) -> Any:
    """x − alpha · y."""
    _pair(x, y, "subtract")
    return operators.sub(x, _scaled(y, alpha))


@function("x:input", "y:other")
def multiply(x: Any, y: Any, name: str | None = None, *, out: Any = None) -> Any:
    """x · y."""
    _pair(x, y, "multiply")
    return operators.mul(x, y)


@function("x:input", "y:other")
def divide(x: Any, y: Any, name: str | None = None, *, rounding_mode: str | None = None, out: Any = None) -> Any:
    """x / y, floating; with `rounding_mode` "floor" or "trunc" rounded."""
    a, b = _pair(x, y, "divide")
    if rounding_mode is None:
        return operators.div(x, y)
    if rounding_mode not in ("floor", "trunc"):
        raise ValueError(f"rounding_mode must be None, 'trunc' or 'floor'; got {rounding_mode!r}")
    return (binary.div_floor if rounding_mode == "floor" else binary.div_trunc)(a, b)


@function("x:input", "y:other")
def floor_divide(x: Any, y: Any, name: str | None = None, *, out: Any = None) -> Any:
    """⌊x / y⌋."""
    _numbered(x, y, "floor_divide")
    return binary.div_floor(*operators.both(x, y, "floor_divide")).detach()


@function("x:input", "y:other")
def remainder(x: Any, y: Any, name: str | None = None, *, out: Any = None) -> Any:
    """x − y · ⌊x / y⌋, with the sign of y."""
    _numbered(x, y, "remainder")
    return operators.remainder(x, _own(x, y))


mod = floor_mod = remainder
method("mod")(remainder)
method("floor_mod")(remainder)


@function("x:input", "y:exponent")
def pow(x: Any, y: Any, name: str | None = None, *, out: Any = None) -> Any:
    """x to the power y."""
    if not isinstance(y, (Tensor, int, float, np.generic)):
        raise TypeError(
            f"y must be scalar, Tensor(f32, f64, i32, i64, bf16, f16), or np.ndarray; got {type(y).__name__}"
        )
    need_tensor(x, "elementwise_pow")
    return operators.power(x, _own(x, y))


for _name, _call, *_more in (
    ("add", add), ("subtract", subtract, "sub"), ("multiply", multiply, "mul"), ("divide", divide, "div"), ("floor_divide", floor_divide),
    ("remainder", remainder, "mod", "floor_mod"), ("pow", pow),
):  # fmt: skip
    for _label in (_name, *_more):
        if _label != _name:
            method(_label)(_call)
        if _name != "pow":
            in_place(_label, _call, tensors=True, cuts=_name == "floor_divide")


def _pow_by_number(x: Any, y: Any, name: str | None = None) -> Any:
    if not isinstance(y, (int, float)):
        raise TypeError(f"y must be scalar type, but received: {type(y)} ")
    return pow(x, y)


in_place("pow", _pow_by_number)
method("true_divide")(divide)
sub, mul, div, true_divide = subtract, multiply, divide, divide


def _strict(name: str, call: Any, *more: str, out: bool = True, written: bool = False, second: str = "other") -> Any:
    def run(x: Any, y: Any) -> Any:
        _tensors(x, y, name)
        same_kind(x, y, name)
        return call(x, y)

    if out:

        def shown(x: Any, y: Any, name: str | None = None, *, out: Any = None) -> Any:
            return run(x, y)

    else:

        def shown(x: Any, y: Any, name: str | None = None) -> Any:  # type: ignore[misc]
            return run(x, y)

    shown.__name__ = shown.__qualname__ = name
    shown.__doc__ = getattr(call, "__doc__", None) or name
    public = function("x:input", f"y:{second}")(shown)
    for label in more:
        method(label)(public)
    if written:
        for label in (name, *more):
            in_place(label, public, tensors=True, cuts=name.startswith("logical"))
    return public


def _real(call: Any) -> Any:
    """Integers in float64, as Paddle's kernel of the angle computes them."""

    def run(x: Any, y: Any) -> Any:
        if x.array.dtype.kind in "iu":
            x, y = to_dtype(x, np.dtype(np.float64)), to_dtype(y, np.dtype(np.float64))
        return call(x, y)

    return run


maximum, minimum = _strict("maximum", binary.maximum), _strict("minimum", binary.minimum)
fmax, fmin = _strict("fmax", binary.fmax, out=False), _strict("fmin", binary.fmin, out=False)
atan2 = _strict("atan2", _real(binary.atan2), out=False)
logaddexp, hypot = (
    _strict("logaddexp", binary.logaddexp, out=False),
    _strict("hypot", binary.hypot, out=False, written=True),
)
heaviside, nextafter = (
    _strict("heaviside", binary.heaviside, out=False),
    _strict("nextafter", binary.nextafter, out=False),
)
copysign = _strict("copysign", binary.copysign, out=False, written=True)
gcd, lcm = _strict("gcd", binary.gcd, out=False, written=True), _strict("lcm", binary.lcm, out=False, written=True)
bitwise_and, bitwise_or, bitwise_xor, bitwise_left_shift, bitwise_right_shift = (
    _strict(name, operators.bits(call, name), written=True)
    for name, call in (
        ("bitwise_and", binary.bitwise_and), ("bitwise_or", binary.bitwise_or), ("bitwise_xor", binary.bitwise_xor),
        ("bitwise_left_shift", binary.shift_left), ("bitwise_right_shift", binary.shift_right),
    )
)  # fmt: skip
logical_and, logical_or, logical_xor = (
    _strict("logical_and", ew.logical_and, written=True), _strict("logical_or", compare.logical_or, written=True),
    _strict("logical_xor", compare.logical_xor, written=True),
)  # fmt: skip


@function("x:input", "y:other")
def ldexp(x: Any, y: Any, name: str | None = None) -> Any:
    """x · 2 ** y."""
    _tensors(x, y, "ldexp")
    kind = x.array.dtype if x.array.dtype.kind == "f" else np.dtype(np.float32)
    return ew.mul(to_dtype(x, kind), ew.pow(2.0, to_dtype(y, kind)))


# --- comparisons ------------------------------------------------------------------------------------------------------


def _comparison(name: str, call: Any, *more: str) -> Any:
    def shown(x: Any, y: Any, name: str | None = None, *, out: Any = None) -> Any:
        need_tensor(x, label)
        return call(*(_both(x, _own(x, y), label) if label == "equal" else _pair(x, y, label)))

    label = name
    shown.__name__ = shown.__qualname__ = name
    shown.__doc__ = call.__doc__
    public = function("x:input", "y:other")(shown)
    for other in more:
        method(other)(public)
    for each in (name, *more):
        in_place(each, public, tensors=True, cuts=True)
    return public


equal = eq = _comparison("equal", ew.eq, "eq")
not_equal = ne = _comparison("not_equal", ew.ne, "ne")
less_than = less = lt = _comparison("less_than", ew.lt, "less", "lt")
less_equal = le = _comparison("less_equal", ew.le, "le")
greater_than = gt = greater = _comparison("greater_than", ew.gt, "gt", "greater")
greater_equal = ge = _comparison("greater_equal", ew.ge, "ge")


@function("x:input", "y:other")
def equal_all(x: Any, y: Any, name: str | None = None) -> Any:
    """Whether shapes and all elements are equal: a 0-D bool tensor."""
    _tensors(x, y, "equal_all")
    if x.array.shape == y.array.shape:
        _exact(x, y, "equal_all")
    return made(np.asarray(x.array.shape == y.array.shape and bool(np.array_equal(x.array, y.array))))


_CLOSE = {
    "isclose": (dtypes.F32, dtypes.F64),
    "allclose": (dtypes.F32, dtypes.F64, dtypes.BOOL, dtypes.I32, dtypes.I64),
}


def _close(x: Any, y: Any, rtol: Any, atol: Any, equal_nan: bool, name: str) -> Any:
    _exact(x, y, name)
    if x.array.shape != y.array.shape:
        raise RuntimeError(
            f"(PreconditionNotMet) {name}(): x and y must have one shape; received {list(x.array.shape)} and {list(y.array.shape)}"
        )
    if x.array.dtype not in _CLOSE[name]:
        raise RuntimeError(f"(NotFound) The kernel of `{name}` is not registered for {x.dtype}")
    return compare.close(x.array, y.array, float(number(rtol)), float(number(atol)), equal_nan)


@function("x:input", "y:other")
def isclose(
    x: Any, y: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False, name: str | None = None
) -> Any:
    """Elementwise |x − y| ≤ atol + rtol · |y|."""
    return made(_close(x, y, rtol, atol, equal_nan, "isclose"))


@function("x:input", "y:other")
def allclose(
    x: Any, y: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False, name: str | None = None
) -> Any:
    """Whether all |x − y| ≤ atol + rtol · |y|: a 0-D bool tensor."""
    return made(np.asarray(_close(x, y, rtol, atol, equal_nan, "allclose").all()))


@function("x:input", "y:end")
def lerp(x: Any, y: Any, weight: Any, name: str | None = None) -> Any:
    """x + weight · (y − x); no gradient flows to weight."""
    _exact(x, y, "lerp")
    if isinstance(weight, Tensor):
        _exact(x, weight, "lerp")
    w = weight.detach() if isinstance(weight, Tensor) else number(weight)
    return operators.add(
        x, operators.mul(w, operators.sub(y, x)) if isinstance(w, Tensor) else operators.mul(operators.sub(y, x), w)
    )


in_place("lerp", lerp)


@function("inputs:input", method=False)
def add_n(inputs: Any, name: str | None = None) -> Any:
    """The sum of tensors of one shape."""
    if isinstance(inputs, Tensor):
        return inputs.clone()
    if not inputs or not all(isinstance(t, Tensor) for t in inputs):
        raise TypeError("add_n(): inputs must be a Tensor or a non-empty list of Tensors")
    total = inputs[0].clone() if len(inputs) == 1 else inputs[0]
    for t in inputs[1:]:
        total = operators.add(total, t)
    return total
