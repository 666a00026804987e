"""Tensor's operators, reflected; what they take on the right, and the dtypes that meet in them.

Rules of this file: two tensors with dimensions are of one dtype, or both floating; a 0-D tensor counts as a number does. Python numbers
never change a floating dtype. Shapes that do not broadcast raise ValueError.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import _native
from plait.op import apply
from plait.ops import binary, compare, steps
from plait.ops import elementwise as ew
from plait.ops.product_turn import matmul as engine_matmul
from plait.ops.shape import reshape, to_dtype
from plait.paddle._tensor import Tensor, method
from plait.paddle.functions._common import retyped, same_kind

__all__: list[str] = []

_COMPARED = (Tensor, int, float, np.ndarray, np.generic)


def operand(value: Any, name: str) -> Any:
    """A tensor or a Python number; an ndarray as a tensor. TypeError for what Paddle does not take."""
    if isinstance(value, Tensor):
        return value
    kind = type(value)
    if kind is float or kind is int or kind is bool:
        return value
    if isinstance(value, np.ndarray):
        return Tensor.wrap(value)
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"unsupported operand type(s) for {name}: 'Tensor' and '{kind.__name__}'")


def no_complex_slope(a: Any, b: Any, name: str) -> None:
    """NotImplementedError where a product of complex numbers would be recorded: its gradient is not part of plait."""
    if a.array.dtype.kind == "c" and (a.tracks or b.tracks):
        raise NotImplementedError(f"{name}(): the gradient of a product of complex numbers is not part of plait")


def _matrices(a: Any, b: Any) -> Any:
    """`@`: an ndarray, or a product with one, in the tensor's dtype. A number has no dimensions, and raises ValueError."""
    if not (isinstance(a, Tensor) and isinstance(b, Tensor)):
        kind = (a if isinstance(a, Tensor) else b).array.dtype
        a, b = operand(a, "matmul"), operand(b, "matmul")
        a, b = (to_dtype(v, kind) if isinstance(v, Tensor) else Tensor.wrap(np.asarray(v, kind)) for v in (a, b))
    no_complex_slope(a, b, "matmul")
    return engine_matmul(a, b)


def _own(t: Any, value: Any) -> Any:
    """A NumPy number that is no Python float as a number of the tensor's own dtype, where that is one of integers or bool."""
    if isinstance(value, float) or not isinstance(t, Tensor) or t.array.dtype.kind not in "iub":
        return value
    return t.array.dtype.type(value).item()


def both(a: Any, b: Any, name: str) -> tuple[Any, Any]:
    """Two operands whose dtypes may meet. Raises TypeError where they may not."""
    if isinstance(b, np.generic):
        b = _own(a, b)
    elif isinstance(a, np.generic):
        a = _own(b, a)
    a, b = operand(a, name), operand(b, name)
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        if a.array.ndim and b.array.ndim and a.array.dtype != b.array.dtype:
            same_kind(a, b, name)
    else:
        if type(a) is bool:
            a = int(a) if b.array.dtype.kind != "b" else a
        elif type(b) is bool:
            b = int(b) if a.array.dtype.kind != "b" else b
    return a, b


def _promoting(op: Any, name: str, floating: bool = False) -> Any:
    """f(a, b): the engine's op after Paddle's checks; two tensors of one dtype, or a float tensor and a number, go straight to it."""

    def slow(a: Any, b: Any) -> Any:
        a, b = both(a, b, name)
        return apply(op, ew.operands(a, b, floating))

    return _native.operator(op, slow, floating)


add, _difference, _product = _promoting(ew.ADD, "add"), _promoting(ew.SUB, "subtract"), _promoting(ew.MUL, "multiply")
div = _promoting(ew.DIV, "divide", True)


def sub(a: Any, b: Any) -> Any:
    """a − b. Raises RuntimeError for two of bool."""
    try:
        return _difference(a, b)
    except TypeError as error:
        if "boolean subtract" in str(error):
            raise RuntimeError("(NotFound) The kernel of `subtract` is not registered for paddle.bool.") from None
        raise


def mul(a: Any, b: Any) -> Any:
    """a · b. A tensor of floats times a number is scaled by it, as upstream does: a zero among the results is positive."""
    if isinstance(b, (float, int)):
        if a.array.dtype.kind == "f":
            return steps.scaled(a, b)
    elif isinstance(a, (float, int)) and isinstance(b, Tensor) and b.array.dtype.kind == "f":
        return steps.scaled(b, a)
    return _product(a, b)


def _checked(call: Any, name: str) -> Any:
    def run(a: Any, b: Any) -> Any:
        return call(*both(a, b, name))

    return run


def _power(a: Any, b: Any) -> Any:
    a, b = both(a, b, "pow")
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        a, b = ew.operands(a, b)
        if a.array.dtype.kind == "i" and b.array.dtype.kind == "i" and (b.array < 0).any():
            return _cut_power(a, b)
    return ew.pow(a, b)


def _cut_power(a: Any, b: Any) -> Any:
    """Powers of integers, negative ones too: 1 and -1 stay whole, all others are cut to 0."""
    units = ew.where(ew.eq(binary.bitwise_and(b, 1), 0), ew.mul(a, a), a)
    cut = ew.where(ew.eq(ew.abs(a), 1), units, ew.mul(a, 0))
    negative = ew.lt(b, 0)
    return ew.where(negative, cut, ew.pow(a, ew.where(negative, 0, b)))


power = _power


def floor_divide(a: Any, b: Any) -> Any:
    """⌊a / b⌋; no gradient flows through. A number counts as a tensor of shape [1]."""
    got = binary.div_floor(*both(a, b, "floor_divide")).detach()
    return got if got.array.ndim or (isinstance(a, Tensor) and isinstance(b, Tensor)) else reshape(got, (1,))


remainder = _checked(binary.remainder, "remainder")


def _install(name: str, call: Any, reflected: bool = True) -> None:
    def forward(self: Tensor, other: Any) -> Any:
        try:
            return call(self, other)
        except RuntimeError as error:
            raise retyped(error, name) from None

    def backward(self: Tensor, other: Any) -> Any:
        try:
            return call(other, self)
        except RuntimeError as error:
            raise retyped(error, name) from None

    method(f"__{name}__")(forward)
    if reflected:
        method(f"__r{name}__")(backward)


def bits(call: Any, name: str) -> Any:
    """Functions of the bits of integers, and of bool where they are no shifts; a shift's other operand may be a whole number."""
    shifts = "shift" in name

    def run(a: Any, b: Any) -> Any:
        if shifts and isinstance(a, int):
            a = b.face.wrap(np.asarray(a).astype(b.array.dtype))
        elif shifts and isinstance(b, int):
            b = a.face.wrap(np.asarray(b).astype(a.array.dtype))
        for x in (a, b):
            if not isinstance(x, Tensor):
                if shifts:
                    return NotImplemented
                raise ValueError(
                    f"(InvalidArgument) {name}(): both operands must be Tensors, but got {type(x).__name__}"
                )
        a, b = both(a, b, name)
        for x in (a, b):
            if isinstance(x, float) or (
                isinstance(x, Tensor) and x.array.dtype.kind not in ("iu" if shifts else "iub")
            ):
                raise RuntimeError(
                    f"(NotFound) {name}: the dtype must be an integer's or bool, but received {getattr(x, 'dtype', type(x).__name__)}"
                )
        return call(a, b)

    return run


for _name, _call in (
    ("add", add), ("sub", sub), ("mul", mul), ("truediv", div), ("div", div), ("floordiv", floor_divide), ("mod", remainder), ("pow", power),
    ("and", bits(binary.bitwise_and, "bitwise_and")), ("or", bits(binary.bitwise_or, "bitwise_or")),
    ("xor", bits(binary.bitwise_xor, "bitwise_xor")), ("lshift", bits(binary.shift_left, "bitwise_left_shift")),
    ("rshift", bits(binary.shift_right, "bitwise_right_shift")), ("matmul", _matrices),
):  # fmt: skip
    _install(_name, _call)


def _comparison(name: str, call: Any) -> None:
    equality = name in ("eq", "ne")

    def compare_with(self: Tensor, other: Any) -> Any:
        if equality and not isinstance(other, _COMPARED):  # identity decides
            return NotImplemented
        try:
            return call(*both(self, other, name))
        except RuntimeError as error:
            raise retyped(error, name) from None

    method(f"__{name}__")(compare_with)


for _name, _call in (("eq", ew.eq), ("ne", ew.ne), ("lt", ew.lt), ("le", ew.le), ("gt", ew.gt), ("ge", ew.ge)):
    _comparison(_name, _call)


def negated(x: Any) -> Any:
    """-x; a zero is positive, and a bool stays as it is."""
    kind = x.array.dtype.kind
    return x.clone() if kind == "b" else steps.scaled(x, -1.0) if kind == "f" else ew.neg(x)


method("__neg__")(negated)


@method("__pos__")
def _positive(self: Tensor) -> Any:
    return self


@method("__abs__")
def absolute(x: Any) -> Any:
    """|x|; its slope at 0 is 0."""
    return steps.absolute(x) if x.array.dtype.kind == "f" else ew.abs(x)


@method("__invert__")
def _inverted(self: Tensor) -> Any:
    if self.array.dtype.kind not in "iub":
        raise RuntimeError(f"(NotFound) bitwise_not: the dtype must be an integer's or bool, but received {self.dtype}")
    return compare.bitwise_not(self)
