"""Tensor's operators, reflected and in place.

Rules of this file: an operand that no tensor can meet gives NotImplemented, so that Python says what it says upstream.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.op import apply, apply_
from plait.ops import binary
from plait.ops import elementwise as ew
from plait.ops.compare import bitwise_not as invert_
from plait.torch._tensor import Tensor, method
from plait.torch.functions.arithmetic import (
    _floor_divide,
    _no_bool_sub,
    _power,
    add_,
    bitwise_and,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    div_,
    mul_,
    pow_,
    sub_,
)
from plait.torch.functions.elementwise import (
    FLOOR_DIVIDE,
    REMAINDER_BASE,
    REMAINDER_TENSOR,
    RSUB,
    RSUB_TENSOR,
    _no_bool_neg,
    abs_,
    positive,
)

__all__ = []


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
            if name in ("div", "truediv"):
                raise AttributeError(f"'{type(self).__name__}' object has no attribute 'reciprocal'")
            raise TypeError(
                f"descriptor '__r{name}__' for 'torch._C.TensorBase' objects doesn't apply to a '{type(self).__name__}' object"
            )
        a = NotImplemented if isinstance(other, np.ndarray) else _right(other)  # upstream leaves arrays to NumPy
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
    return abs_(self)


@method("__invert__")
def _inverted(self: Tensor) -> Any:
    if self.array.dtype.kind not in "iub":
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return invert_(self)
