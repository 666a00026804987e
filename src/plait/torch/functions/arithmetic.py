"""Functions of two tensors or numbers, and their in-place forms.

Rules of this file: operands promote in the engine; a Python number stays a number; two numbers are not operands.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply, apply_
from plait.ops import binary
from plait.ops import elementwise as ew
from plait.ops.select import ADD_SCALED, SUB_SCALED
from plait.ops.shape import to_dtype
from plait.torch._argument_errors import type_name as class_name
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import Number, factor_first, into, need_tensor, number, overwrite, refuse_kinds
from plait.torch.functions.elementwise import (
    FLOOR_DIVIDE,
    FMOD_TENSOR,
    POW_BASE,
    POW_TENSOR,
    REMAINDER_TENSOR,
    RSUB,
    RSUB_TENSOR,
    _kind,
)

__all__ = [
    "add",
    "arctan2",
    "atan2",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "copysign",
    "div",
    "divide",
    "float_power",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "gcd",
    "heaviside",
    "hypot",
    "lcm",
    "ldexp",
    "logaddexp",
    "logaddexp2",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "nextafter",
    "pow",
    "remainder",
    "rsub",
    "sub",
    "subtract",
    "true_divide",
    "xlogy",
]

# --- two operands ----------------------------------------------------------------------------------------------------


def operand(value: Any, function: str, argument: str = "other", position: int = 2) -> Any:
    """A tensor, a Python number (from NumPy's too) or an array as a tensor; TypeError for anything else."""
    if isinstance(value, Tensor) or type(value) in (int, float, bool):
        return value
    if isinstance(value, np.ndarray):
        return Tensor.wrap(value)
    if isinstance(value, Number):
        return value.item() if isinstance(value, np.generic) else value
    raise TypeError(
        f"{function}(): argument '{argument}' (position {position}) must be Tensor, not {class_name(value)}"
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


def _rounded(alpha: Any, kind: np.dtype) -> Any:
    """A factor as a 16-bit dtype holds it."""
    return (
        alpha if kind.itemsize > 2 else dtypes.cast(dtypes.cast(np.float32(alpha).reshape(()), kind), dtypes.F32).item()
    )


def _plus_scaled(op: Any, a: Any, b: Any, alpha: Any) -> Any:
    """a + alpha * b: floating numbers with one rounding, in the record `op`."""
    x, y = ew.operands(a, b)
    kind = (x if isinstance(x, Tensor) else y).array.dtype
    if dtypes.is_floating(kind):
        return apply(op, (x if isinstance(x, Tensor) else Tensor.wrap(np.asarray(x, kind)), y), (alpha,))
    return ew.add(x, _scaled(y, alpha))


@method
def add(input: Any, other: Any, *last: Any, alpha: Any = 1, out: Any = None) -> Any:
    """input + alpha * other."""
    if last:
        alpha, other = factor_first("add", "alpha", (other, *last), ("other",))
    a, b = _both(input, other, "add")
    alpha = _alpha(a, b, alpha, "add")
    result = ew.add(*_pair(a, b)) if alpha == 1 else _plus_scaled(ADD_SCALED, *_pair(a, b), alpha)
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
def sub(input: Any, other: Any, *last: Any, alpha: Any = 1, out: Any = None) -> Any:
    """input - alpha * other."""
    if last:
        alpha, other = factor_first("sub", "alpha", (other, *last), ("other",))
    a, b = _both(input, other, "sub")
    _no_bool_sub(a, b)
    alpha = _alpha(a, b, alpha, "sub")
    result = ew.sub(*_pair(a, b)) if alpha == 1 else _plus_scaled(SUB_SCALED, *_pair(a, b), -alpha)
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
    if rounding_mode is not None:
        whole = _rounding(rounding_mode)
        both = ew.operands(a, b)
        refuse_kinds(f"div_{rounding_mode}_cpu", "b", both[0] if isinstance(both[0], Tensor) else both[1])
        result = whole(a, b)
    else:
        result = ew.div(a, b)
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
    refused: str = "",
    in_place: bool = True,
    first: bool = False,
    twin: Any = None,
) -> Any:
    """torch.name(input, other), Tensor.name and Tensor.name_.

    `tensors`: other must be a tensor; `first`: input must; `only`: kinds of dtype taken; `refused`: kinds that two operands may not both be; `twin`: the record where other is a tensor.
    """

    def check(a: Any, b: Any) -> None:
        if refused:
            both = ew.operands(a, b)
            refuse_kinds(kernel, refused, both[0] if isinstance(both[0], Tensor) else both[1])
        if only:
            for x in (a, b):
                if isinstance(x, float) or (isinstance(x, Tensor) and x.array.dtype.kind not in only):
                    kind = _kind(x) if isinstance(x, Tensor) else "Float"
                    raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{kind}'")

    kernel = {"floor_divide": "div_floor"}.get(name, name) + "_cpu"

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
        if only or refused:
            check(a, b)
        result = call(a, b) if twin is None or not isinstance(b, Tensor) else apply(twin, (a, b))
        return result if out is None else into(name, out, result)

    def written(self: Tensor, other: Any) -> Tensor:
        if tensors and not isinstance(other, Tensor):
            need_tensor(other, name + "_", "other", 1)
        b = operand(other, name + "_", position=1)
        if only or refused:
            check(self, b)
        op = call.op if twin is None or not isinstance(b, Tensor) else twin
        result: Tensor = apply_(op, self, (self, b))
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
floor_divide = _binary("floor_divide", _floor_divide, tensors=False, refused="b")
remainder = _binary("remainder", binary.remainder, tensors=False, refused="b", twin=REMAINDER_TENSOR)
fmod = _binary("fmod", binary.fmod, tensors=False, refused="b", first=True, twin=FMOD_TENSOR)
maximum = _binary("maximum", binary.maximum, in_place=False)
minimum = _binary("minimum", binary.minimum, in_place=False)
fmax, fmin = _binary("fmax", binary.fmax, in_place=False), _binary("fmin", binary.fmin, in_place=False)
atan2 = arctan2 = _binary("atan2", binary.atan2, "arctan2")
logaddexp = _binary("logaddexp", binary.logaddexp, in_place=False, refused="iub")
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


# --- in-place arithmetic ---------------------------------------------------------------------------------------------


def _arithmetic(op: Any, self: Tensor, other: Any, real: bool = False) -> Any:
    return apply_(op, self, ew.operands(self, other, real))


def _scaled(value: Any, alpha: Any) -> Any:
    if alpha == 1:
        return value
    return ew.mul(value, alpha) if isinstance(value, Tensor) else value * alpha


def _add_scaled_(plain: Any, scaled: Any, self: Tensor, b: Any, alpha: Any, sign: int) -> Any:
    if alpha == 1 or not dtypes.is_floating(self.array.dtype):
        return _arithmetic(plain, self, _scaled(b, alpha))
    return apply_(scaled, self, ew.operands(self, b), (sign * _rounded(alpha, self.array.dtype),))


@method
def add_(self: Tensor, other: Any, *last: Any, alpha: Any = 1) -> Any:
    """`add` in place."""
    if last:
        alpha, other = factor_first("add_", "alpha", (other, *last), ("other",))
    b = operand(other, "add_", position=1)
    return _add_scaled_(ew.ADD, ADD_SCALED, self, b, _alpha(self, b, alpha, "add_"), 1)


@method
def sub_(self: Tensor, other: Any, *last: Any, alpha: Any = 1) -> Any:
    """`sub` in place."""
    if last:
        alpha, other = factor_first("sub_", "alpha", (other, *last), ("other",))
    b = operand(other, "sub_", position=1)
    _no_bool_sub(self, b)
    return _add_scaled_(ew.SUB, SUB_SCALED, self, b, _alpha(self, b, alpha, "sub_"), -1)


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
    return _arithmetic(POW_TENSOR if isinstance(b, Tensor) else ew.POW, self, b)


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
