"""Comparisons, classes of floating-point values, and logic, with the operators == != < <= > >=."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply_
from plait.ops import compare
from plait.ops import elementwise as ew
from plait.torch._dtypes import Size
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import Number, into, need_tensor
from plait.torch.functions.arithmetic import operand
from plait.torch.functions.operators import _right

__all__ = [
    "allclose", "eq", "equal", "ge", "greater", "greater_equal", "gt", "is_nonzero", "isclose", "isfinite", "isin", "isinf", "isnan",
    "isneginf", "isposinf", "isreal", "le", "less", "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor", "lt", "ne",
    "not_equal", "signbit",
]  # fmt: skip


def _comparison(name: str, call: Any, op: Any, operator: str, *more: str) -> Any:
    def function(input: Any, other: Any, *, out: Any = None) -> Any:
        if not isinstance(input, Tensor):
            need_tensor(input, name)
        result = call(input, operand(other, name))
        return result if out is None else into(name, out, result)

    def in_place(self: Tensor, other: Any) -> Any:
        return apply_(op, self, ew.operands(self, operand(other, name + "_", position=1)))

    def compared(self: Tensor, other: Any) -> Any:
        b = _right(other)
        return NotImplemented if b is NotImplemented else call(self, b)

    function.__doc__ = f"Elementwise `input {operator} other`; a bool tensor."
    for label in (name, *more):
        method(label)(function)
        method(label + "_")(in_place)
    method(f"__{name}__")(compared)
    function.__name__ = function.__qualname__ = name
    return function


eq = _comparison("eq", ew.eq, ew.EQ, "==")
ne = not_equal = _comparison("ne", ew.ne, ew.NE, "!=", "not_equal")
lt = less = _comparison("lt", ew.lt, ew.LT, "<", "less")
le = less_equal = _comparison("le", ew.le, ew.LE, "<=", "less_equal")
gt = greater = _comparison("gt", ew.gt, ew.GT, ">", "greater")
ge = greater_equal = _comparison("ge", ew.ge, ew.GE, ">=", "greater_equal")


def _question(name: str, call: Any, in_place: bool = False) -> Any:
    def function(input: Any, *, out: Any = None) -> Any:
        if not isinstance(input, Tensor):
            need_tensor(input, name)
        result = call(input)
        return result if out is None else into(name, out, result)

    def written(self: Tensor) -> Any:
        return apply_(call.op, self, (self,))

    function.__doc__ = call.__doc__
    method(name)(function)
    if in_place:
        method(name + "_")(written)
    function.__name__ = function.__qualname__ = name
    return function


isnan, isinf, isfinite = (
    _question("isnan", compare.isnan),
    _question("isinf", compare.isinf),
    _question("isfinite", compare.isfinite),
)
isposinf, isneginf = _question("isposinf", compare.isposinf), _question("isneginf", compare.isneginf)
signbit, logical_not = _question("signbit", compare.signbit), _question("logical_not", compare.logical_not, True)


@method
def isreal(input: Any) -> Any:
    """True everywhere: there are no complex tensors here."""
    need_tensor(input, "isreal")
    return Tensor.wrap(np.ones(input.array.shape, np.bool_))


def _logic(name: str, call: Any, op: Any) -> Any:
    def function(input: Any, other: Any, *, out: Any = None) -> Any:
        need_tensor(input, name)
        need_tensor(other, name, "other", 2)
        result = call(input, other)
        return result if out is None else into(name, out, result)

    def in_place(self: Tensor, other: Any) -> Any:
        need_tensor(other, name + "_", "other", 1)
        return apply_(op, self, (self, other))

    function.__doc__ = f"Elementwise {name} of truth values; a bool tensor."
    method(name)(function)
    method(name + "_")(in_place)
    function.__name__ = function.__qualname__ = name
    return function


logical_and = _logic("logical_and", ew.logical_and, ew.LOGICAL_AND)
logical_or = _logic("logical_or", compare.logical_or, compare.logical_or.op)
logical_xor = _logic("logical_xor", compare.logical_xor, compare.logical_xor.op)


def _wide(x: Tensor) -> Any:
    return dtypes.cast(x.array, dtypes.F32) if x.array.dtype == dtypes.BFLOAT16 else x.array


@method
def equal(input: Any, other: Any) -> bool:
    """Whether shapes and all elements agree; NaN differs from itself."""
    need_tensor(input, "equal")
    need_tensor(other, "equal", "other", 2)
    return bool(np.array_equal(_wide(input), _wide(other)))


def _close(input: Any, other: Any, rtol: float, atol: float, equal_nan: bool, name: str) -> Any:
    need_tensor(input, name)
    need_tensor(other, name, "other", 2)
    if input.array.dtype != other.array.dtype:
        raise RuntimeError(f"{_name(input)} did not match {_name(other)}")
    if rtol < 0:
        raise RuntimeError(f"rtol must be greater than or equal to zero, but got {rtol:g}")
    if atol < 0:
        raise RuntimeError(f"atol must be greater than or equal to zero, but got {atol:g}")
    if input.array.shape != other.array.shape:
        try:
            np.broadcast_shapes(input.array.shape, other.array.shape)
        except ValueError:
            raise ew.broadcast_error(input.array, other.array) from None
    a, b = _wide(input), _wide(other)
    with np.errstate(all="ignore"):
        close = a == b
        if a.dtype.kind == "f":
            if equal_nan:
                close = close | (np.isnan(a) & np.isnan(b))
            if rtol or atol:
                kind = a.dtype.type
                gap = np.abs(a - b)
                close = close | (np.isfinite(gap) & (gap <= kind(atol) + np.abs(kind(rtol) * b)))
        elif rtol or atol:
            wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
            gap = np.abs(wide_a - wide_b)
            close = close | (gap <= atol + np.abs(rtol * wide_b))
    return np.asarray(close)


def _name(x: Tensor) -> str:
    from plait.op import type_name

    return type_name(x.array.dtype)


@method
def isclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Elementwise |input - other| <= atol + rtol * |other|."""
    return Tensor.wrap(_close(input, other, rtol, atol, equal_nan, "isclose"))


@method
def allclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether `isclose` holds everywhere."""
    return bool(_close(input, other, rtol, atol, equal_nan, "allclose").all())


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Which elements are among the test elements."""
    a = _wide(elements) if isinstance(elements, Tensor) else np.asarray(elements)
    b = _wide(test_elements) if isinstance(test_elements, Tensor) else np.asarray(test_elements)
    return Tensor.wrap(np.isin(a, b, assume_unique=assume_unique, invert=invert))


@method
def is_nonzero(input: Any) -> bool:
    """Whether the only element is not zero; RuntimeError for more or fewer elements."""
    need_tensor(input, "is_nonzero")
    return bool(input)


@method("is_same_size")
def _same_size(self: Tensor, other: Any) -> bool:
    return Size(self.array.shape) == Size(other.array.shape)


@method("__contains__")
def _contains(self: Tensor, element: Any) -> bool:
    if isinstance(element, Tensor) or (isinstance(element, Number) and not isinstance(element, str)):
        return bool(np.any(ew.eq(self, _right(element)).array))
    raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")
