"""TensorFlow's operators on tensors, attached to `Tensor`: both operands of one dtype, errors as upstream's operations raise them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from plait import _native, dtypes
from plait.keras import _dtypes
from plait.keras._convert import as_tensor, to
from plait.keras._errors import InvalidArgumentError, bracketed, dtype_refused, refused, served, sizes_refused
from plait.keras._tensor import Tensor
from plait.op import apply
from plait.ops import binary, compare, index, maths, matmul
from plait.ops import elementwise as ew
from plait.ops.views import BASIC

__all__ = ["floor_divide", "floor_mod", "getitem", "need_dtype", "product", "put", "strict", "true_divide"]

_C_NAMES = {"float32": "float", "float64": "double", "float16": "half"}


def c_name(dtype: Any) -> str:
    """What TensorFlow's messages call a NumPy dtype."""
    name = _dtypes.from_numpy(dtype).name
    return _C_NAMES.get(name, name)


#: operations that take a Python number of another kind as a tensor of its own, and those that do so on the left as well
_APART = frozenset(("AddV2", "BiasAdd", "Equal", "Linspace", "MatMul", "NotEqual", "RealDiv"))
_BOTH_APART = frozenset(("Equal", "Linspace", "NotEqual"))


def _operand(value: Any, like: Any, apart: bool) -> Any:
    if type(value) is bool and like.array.dtype.kind in "fiu":
        value = int(value)
    try:
        return as_tensor(value, like.array.dtype)
    except TypeError:
        if not apart:
            raise
        return as_tensor(value)


def pair(name: str, a: Any, b: Any) -> tuple[Any, Any]:
    """Both operands as tensors of one dtype; InvalidArgumentError where they differ, TypeError for a Python number of another kind."""
    if not isinstance(a, Tensor):
        a = a._read() if hasattr(a, "_read") else a
    if not isinstance(b, Tensor):
        b = b._read() if hasattr(b, "_read") else b
    if isinstance(a, Tensor):
        b = b if isinstance(b, Tensor) else _operand(b, a, name in _APART)
    elif isinstance(b, Tensor):
        a = _operand(a, b, name in _BOTH_APART)
    else:
        a = as_tensor(a)
        b = _operand(b, a, name in _APART)
    if a.array.dtype != b.array.dtype:
        if name == "RealDiv":
            raise TypeError(f"`x` and `y` must have the same dtype, got {a.dtype!r} != {b.dtype!r}.")
        raise InvalidArgumentError(f"cannot compute {name} as input #1(zero-based) was expected to be a {c_name(a.array.dtype)} tensor "
                                   f"but is a {c_name(b.array.dtype)} tensor [Op:{name}] name: ")  # fmt: skip
    return a, b


def need_dtype(name: str, x: Any, kinds: str) -> None:
    """InvalidArgumentError where the tensor's dtype is none of `kinds` (NumPy's letters; V is bfloat16)."""
    if x.array.dtype.kind not in kinds:
        raise dtype_refused(name, c_name(x.array.dtype))


def need_shapes(name: str, a: Any, b: Any) -> None:
    """InvalidArgumentError where the shapes do not broadcast."""
    x, y = a.array.shape, b.array.shape
    if x == y or not x or not y:
        return
    for m, n in zip(reversed(x), reversed(y), strict=False):
        if m != n and m != 1 and n != 1:
            raise refused(
                name,
                f"Incompatible shapes: {bracketed(x)} vs. {bracketed(y)}",
                None if name.startswith("Logical") else "",
            )


def strict(name: str, function: Callable[[Any, Any], Any], kinds: str = "fiuV") -> Callable[[Any, Any], Any]:
    """`function` of two operands with TensorFlow's checks: one dtype of the allowed kinds, shapes that broadcast."""

    def call(a: Any, b: Any) -> Any:
        a, b = pair(name, a, b)
        need_dtype(name, a, kinds)
        need_shapes(name, a, b)
        return function(a, b)

    call.__name__ = name
    return call


def _no_zero(name: str, b: Any) -> None:
    if b.array.dtype.kind in "iu" and not b.array.all():
        raise refused(name, "Integer division by zero")


def _true(a: Any, b: Any) -> Any:
    if a.array.dtype.kind in "iu":
        wide = dtypes.F32 if a.array.dtype.itemsize <= 2 else dtypes.F64
        a, b = to(a, wide), to(b, wide)
    return ew.div(a, b)


def _floor(a: Any, b: Any) -> Any:
    _no_zero("FloorDiv", b)
    return floored(still(a), still(b))


def still(x: Any) -> Any:
    """A tensor's values, through which no gradient flows."""
    return Tensor.wrap(x.array) if x.tracks else x


def floored(a: Any, b: Any) -> Any:
    """The integer below a / b: of floats the quotient is rounded before its fraction is cut off, as TensorFlow does."""
    if a.array.dtype.kind in "iu":
        return binary.div_floor(a, b)
    return maths.floor(ew.div(a, b))


def _mod(a: Any, b: Any) -> Any:
    _no_zero("FloorMod", b)
    return binary.remainder(a, b)


def _power(a: Any, b: Any) -> Any:
    if a.array.dtype.kind in "iu" and (b.array < 0).any():
        raise refused("Pow", "Integers to negative integer powers are not allowed")
    if not b.array.ndim and not b.tracks and b.array.dtype.kind == "f":
        return ew.pow(a, b.array.item())
    return ew.pow(a, b)


add = strict("AddV2", ew.add)
subtract = strict("Sub", ew.sub)
multiply = strict("Mul", ew.mul)
true_divide = strict("RealDiv", _true)
floor_divide = strict("FloorDiv", _floor)
floor_mod = strict("FloorMod", _mod)
power = strict("Pow", _power)
less, less_equal = strict("Less", ew.lt), strict("LessEqual", ew.le)
greater, greater_equal = strict("Greater", ew.gt), strict("GreaterEqual", ew.ge)


def _logic(name: str, logical: Any, bits: Any) -> Callable[[Any, Any], Any]:
    def call(a: Any, b: Any) -> Any:
        a, b = pair(name, a, b)
        need_shapes(name, a, b)
        if a.array.dtype.kind == "b":
            return logical(a, b)
        need_dtype("Bitwise" + name[7:], a, "iu")
        return bits(a, b)

    return call


and_ = _logic("LogicalAnd", ew.logical_and, binary.bitwise_and)
or_ = _logic("LogicalOr", compare.logical_or, binary.bitwise_or)
xor_ = _logic("LogicalXor", compare.logical_xor, binary.bitwise_xor)


def equality(name: str, function: Any, differs: bool, strict: bool = False) -> Callable[[Any, Any], Any]:
    """`==` or `!=`: shapes that do not broadcast just differ, or (strict) raise InvalidArgumentError."""

    def call(a: Any, b: Any) -> Any:
        if b is None or a is None:
            return differs
        if not isinstance(b, Tensor) and not hasattr(b, "_read"):
            b = as_tensor(b, a.array.dtype) if isinstance(a, Tensor) else b
        a, b = pair(name, a, b)
        try:
            need_shapes(name, a, b)
        except InvalidArgumentError:
            if strict:
                raise
            return Tensor.wrap(np.array(differs))
        if a.array.dtype.kind == "O":
            return Tensor.wrap(np.asarray((a.array != b.array) if differs else (a.array == b.array), bool))
        return function(a, b)

    return call


equal, not_equal = equality("Equal", ew.eq, False), equality("NotEqual", ew.ne, True)


def product(a: Any, b: Any) -> Any:
    """a @ b: matrices, or batches of them that broadcast; InvalidArgumentError for vectors and sizes that do not fit."""
    a, b = pair("MatMul", a, b)
    need_dtype("MatMul", a, "fiV")
    x, y = a.array.shape, b.array.shape
    for i, shape in enumerate((x, y)):
        if len(shape) < 2:
            raise refused("MatMul", f"In[{i}] ndims must be >= 2", kernel=served("MatMul", a.array.dtype))
    if x[-1] != y[-2]:
        raise sizes_refused(a, b)
    return matmul.matmul(a, b)


def negative(x: Any) -> Any:
    """-x."""
    need_dtype("Neg", x, "fiV")
    return ew.neg(x)


def invert(x: Any) -> Any:
    """~x: logical for bool, bitwise for integers."""
    need_dtype("Invert", x, "biu")
    return compare.bitwise_not(x)


# --- indexing ----------------------------------------------------------------------------------------------------------------


def _index_error(key: Any) -> TypeError:
    return TypeError("Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors are valid "
                     f"indices, got {key!r}")  # fmt: skip


def _whole(part: Any) -> int:
    """An integer index; TypeError for what is none."""
    if type(part) is int:
        return part
    if isinstance(part, (bool, np.bool_)):
        raise _index_error(part)
    if hasattr(part, "_read"):
        part = part._read()
    array = (
        part.array
        if isinstance(part, Tensor)
        else np.asarray(part)
        if isinstance(part, (np.ndarray, np.integer))
        else None
    )
    if array is None or array.ndim or array.dtype.kind not in "iu":
        raise _index_error(part)
    return int(array)


def _part(part: Any) -> Any:
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, slice):
        return slice(*(None if p is None else _whole(p) for p in (part.start, part.stop, part.step)))
    return _whole(part)


def put(array: np.ndarray, key: Any, value: np.ndarray) -> None:
    """Write `value`, which may broadcast, to array[key], a part that `getitem` can read."""
    parts = tuple([_part(p) for p in key]) if isinstance(key, (tuple, list)) else (_part(key),)
    view = array[parts if Ellipsis in parts else (*parts, Ellipsis)]
    try:
        view[...] = np.broadcast_to(value, view.shape)
    except ValueError:
        raise refused("ResourceStridedSliceAssign", f"Cannot broadcast input shape {bracketed(value.shape)} into final shape "
                      f"{bracketed(view.shape)}", "strided_slice/_assign") from None  # fmt: skip


def getitem(x: Any, key: Any) -> Any:
    """x[key] with integers, slices, `...`, None, or a boolean mask."""
    if (isinstance(key, Tensor) and key.array.dtype.kind == "b") or (
        isinstance(key, np.ndarray) and key.dtype.kind == "b"
    ):
        return boolean_mask(x, key)
    if isinstance(key, bool):
        raise ValueError("mask cannot be scalar.")
    parts = tuple([_part(p) for p in key]) if isinstance(key, (tuple, list)) else (_part(key),)
    array = x.array
    used = [p for p in parts if p is not None and p is not Ellipsis]
    if len(used) > array.ndim:
        raise refused(
            "StridedSlice",
            f"Index out of range using input dim {array.ndim}; input has only {array.ndim} dims",
            "strided_slice/",
        )
    at = 0
    for i, p in enumerate(parts):
        if p is Ellipsis:
            at = array.ndim - len([q for q in parts[i + 1 :] if q is not None])
        elif p is not None:
            n = array.shape[at]
            if type(p) is int and not -n <= p < n:
                raise refused(
                    "StridedSlice",
                    f"slice index {p if p >= 0 else p + n} of dimension {at} out of bounds.",
                    "strided_slice/",
                )
            if isinstance(p, slice) and p.step == 0:
                raise refused("StridedSlice", f"strides[{i}] must be non-zero", "strided_slice/")
            at += 1
    if Ellipsis not in parts:
        parts = (*parts, Ellipsis)
    return apply(BASIC, (x,), (parts,))


def boolean_mask(x: Any, mask: Any) -> Any:
    """The elements (or, for a mask of fewer dimensions, the slices) where `mask` holds."""
    m = as_tensor(mask).array
    if not m.ndim:
        raise ValueError("mask cannot be scalar.")
    shape = x.array.shape
    if shape[: m.ndim] != m.shape:
        raise ValueError(f"Shapes {shape[: m.ndim]} and {m.shape} are incompatible")
    from plait.ops.shape import reshape

    flat = reshape(x, (m.size, *shape[m.ndim :]))
    return index.index_select(flat, 0, Tensor.wrap(np.flatnonzero(m)))


def _method(function: Callable[[Any, Any], Any], reflected: bool = False) -> Any:
    def forward(self: Any, other: Any) -> Any:
        if getattr(type(other), "_plait_defers", False):
            return NotImplemented
        return function(self, other)

    def backward(self: Any, other: Any) -> Any:
        return function(other, self)

    return backward if reflected else forward


_FAST = {"add": ew.ADD, "sub": ew.SUB, "mul": ew.MUL, "truediv": ew.DIV}


def _either(product_: Any) -> Any:
    """The operator `*`, which of two tensors of bools is "and"."""

    def method(self: Any, other: Any) -> Any:
        if self.array.dtype.kind == "b":
            return and_(self, other)
        return product_(self, other)

    return method


def _install() -> None:
    for name, function in (
        ("add", add), ("sub", subtract), ("mul", multiply), ("truediv", true_divide), ("floordiv", floor_divide), ("mod", floor_mod),
        ("pow", power), ("matmul", product), ("and", and_), ("or", or_), ("xor", xor_),
    ):  # fmt: skip
        forward = _method(function)
        op = _FAST.get(name)
        setattr(Tensor, f"__{name}__", _checked(op, forward) if op is not None else forward)
        setattr(Tensor, f"__r{name}__", _method(function, True))
    for name, function in (
        ("lt", less), ("le", less_equal), ("gt", greater), ("ge", greater_equal), ("eq", equal), ("ne", not_equal),
    ):  # fmt: skip
        setattr(Tensor, f"__{name}__", _method(function))
    setattr(Tensor, "__mul__", _either(Tensor.__mul__))  # noqa: B010
    for name, one in (("neg", negative), ("invert", invert), ("abs", ew.abs), ("getitem", getitem)):
        setattr(Tensor, f"__{name}__", one)


def _checked(op: Any, slow: Any) -> Any:
    """The short way for two operands that fit; where it finds shapes that do not broadcast, the slow way says so."""
    fast = _native.operator(op, slow, op is ew.DIV)

    def method(self: Any, other: Any) -> Any:
        try:
            return fast(self, other)
        except RuntimeError:
            return slow(self, other)

    return method


_install()
