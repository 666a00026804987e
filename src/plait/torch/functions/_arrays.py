"""Arguments of constructors, and arrays from nested numbers: what `creation`, `ranges` and `legacy` share."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.torch import _dtypes
from plait.torch._argument_errors import type_name as class_name
from plait.torch._dtypes import as_dtype
from plait.torch._tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__: list[str] = []


def is_int(value: Any) -> bool:
    """A Python or NumPy integer, or an integral 0-d tensor; not a bool."""
    if isinstance(value, bool):
        return False
    if isinstance(value, (int, np.integer)):
        return True
    return isinstance(value, Tensor) and value.array.ndim == 0 and value.array.dtype.kind in "iu"


def size_of(function: str, size: Any, sizes: Sequence[Any] = (), argument: str = "size") -> tuple[int, ...]:
    """A size given as integers or as one sequence of them."""
    if len(sizes) == 0 and isinstance(size, (tuple, list)):
        dims: Sequence[Any] = size
        for i, d in enumerate(dims):
            if not is_int(d) and not i:
                raise TypeError(f"{function}(): argument '{argument}' (position 1) must be tuple of ints, but found element of type {class_name(d)} "
                                "at pos 0")  # fmt: skip
            if not is_int(d):
                raise TypeError(f"{function}(): argument '{argument}' failed to unpack the object at pos {i + 1} with error "
                                f'"type must be tuple of ints,but got {class_name(d)}"')  # fmt: skip
    else:
        dims = (size, *sizes)
        for i, d in enumerate(dims):
            if not is_int(d):
                raise TypeError(
                    f"{function}(): argument '{argument}' (position {i + 1}) must be tuple of ints, not {class_name(d)}"
                )
    shape = tuple(int(d) for d in dims)
    total = 1
    for d in shape:
        if d < 0:
            raise RuntimeError(f"{function}: Dimension size must be non-negative." if function in ("zeros", "ones", "full") else
                               f"Trying to create tensor with negative dimension {d}: {list(shape)}")  # fmt: skip
        total *= d
    if total >= 1 << 60:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}")
    return shape


def numpy_dtype(function: str, dtype: Any, default: Any = None) -> np.dtype[Any]:
    """The NumPy dtype of a dtype argument, or of the default."""
    if dtype is None:
        return (default or _dtypes.get_default_dtype())._numpy
    return as_dtype(dtype, function)._numpy


def fresh(shape: tuple[int, ...], dtype: np.dtype[Any], memory_format: Any = None) -> NDArray[Any]:
    """Uninitialised memory; RuntimeError where there is not enough."""
    try:
        if memory_format in (_dtypes.channels_last, _dtypes.channels_last_3d):
            rank = 4 if memory_format is _dtypes.channels_last else 5
            if len(shape) != rank:
                raise RuntimeError(f"required rank {rank} tensor to use {str(memory_format).split('.')[-1]} format")
            inner = _native.empty((shape[0], *shape[2:], shape[1]), dtype)
            return np.moveaxis(inner, -1, 1)
        return _native.empty(shape, dtype)
    except MemoryError:
        size = math.prod(shape) * dtype.itemsize
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. "
                           f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {size} bytes. "
                           "Error code 12 (Cannot allocate memory)") from None  # fmt: skip


def filled(shape: tuple[int, ...], value: Any, dtype: np.dtype[Any], memory_format: Any = None) -> NDArray[Any]:
    """Memory full of `value`."""
    out = fresh(shape, dtype, memory_format)
    out[...] = dtypes.cast(np.asarray(value), dtype) if dtype == dtypes.BFLOAT16 else value
    return out


def finish(array: NDArray[Any], requires_grad: bool, pin_memory: bool = False, out: Any = None) -> Any:
    """The tensor over `array`, or `out` filled with it."""
    if out is not None:
        return write_out(out, array)
    t = Tensor.wrap(array)
    if requires_grad:
        if array.dtype.kind != "f" and array.dtype != dtypes.BFLOAT16:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        t.tracks = True
    return t


def write_out(out: Any, array: NDArray[Any]) -> Any:
    """Resize `out` where needed and copy the result in."""
    if not isinstance(out, Tensor):
        raise TypeError(f"argument 'out' must be Tensor, not {type(out).__name__}")
    if out.array.dtype != array.dtype and dtypes.category(array.dtype) > dtypes.category(out.array.dtype):
        from plait.op import type_name

        raise RuntimeError(
            f"result type {type_name(array.dtype)} can't be cast to the desired output type {type_name(out.array.dtype)}"
        )
    if out.array.shape != array.shape:
        if out.array.size:
            warnings.warn(f"An output with one or more elements was resized since it had shape {list(out.array.shape)}, which does not match "
                          f"the required output shape {list(array.shape)}. This behavior is deprecated, and in a future PyTorch release "
                          "outputs will not be resized unless they have zero elements. You can explicitly reuse an out tensor t by "
                          "resizing it, inplace, to zero elements with t.resize_(0).", stacklevel=3)  # fmt: skip
        out.array = np.array(dtypes.cast(array, out.array.dtype), order="C")
    else:
        out.array[...] = dtypes.cast(array, out.array.dtype)
    if out.versions is not None:
        out.versions[0] += 1
    return out


def _shape_of(data: Any) -> tuple[int, ...]:
    shape: list[int] = []
    while isinstance(data, (list, tuple, range)) or (isinstance(data, (Tensor, np.ndarray)) and data.ndim):
        if isinstance(data, (Tensor, np.ndarray)):
            return (*shape, *data.shape)
        shape.append(len(data))
        if len(shape) > 64:
            raise ValueError("too many dimensions")
        if not data:
            break
        data = data[0]
    return tuple(shape)


def _check(data: Any, shape: tuple[int, ...], depth: int, kinds: set[Any]) -> Any:
    """Nested numbers as nested lists of numbers, every list of its due length; the kinds of what is found go into `kinds`."""
    if depth < len(shape):
        if isinstance(data, (Tensor, np.ndarray)):
            array = data.array if isinstance(data, Tensor) else data
            if array.shape != shape[depth:]:
                got = len(array) if array.ndim else 0
                raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {got})")
            kinds.add(array.dtype)
            return array.tolist() if array.dtype != dtypes.BFLOAT16 else dtypes.as_float32(array).tolist()
        if not isinstance(data, (list, tuple, range)):
            try:
                data = list(data)
            except TypeError:
                raise TypeError("not a sequence") from None
        if len(data) != shape[depth]:
            raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})")
        return [_check(x, shape, depth + 1, kinds) for x in data]
    if isinstance(data, (bool, np.bool_)):
        kinds.add(bool)
        return bool(data)
    if isinstance(data, int):
        kinds.add(int)
        return data
    if isinstance(data, float) and not isinstance(data, np.generic):
        kinds.add(float)
        return data
    if isinstance(data, (Tensor, np.ndarray, np.generic)):
        array = data.array if isinstance(data, Tensor) else np.asarray(data)
        if array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        kinds.add(array.dtype)
        return (dtypes.as_float32(array) if array.dtype == dtypes.BFLOAT16 else array).item()
    if isinstance(data, complex):
        raise NotImplementedError(
            "complex tensors are not part of plait: it covers convolutional networks; see plait coverage torch"
        )
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if isinstance(data, (list, tuple)):
        raise TypeError(f"must be real number, not {type(data).__name__}")
    index = getattr(data, "__index__", None) or getattr(data, "__float__", None)
    if index is not None:
        value = index()
        kinds.add(type(value))
        return value
    raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")


def inferred(kinds: set[Any]) -> np.dtype[Any]:
    """The dtype of a list of numbers of these kinds."""
    default = _dtypes.get_default_dtype()._numpy
    if not kinds:
        return default
    result: np.dtype[Any] | None = None
    d: np.dtype[Any]
    for kind in kinds:
        if kind is bool:
            d = dtypes.BOOL
        elif kind is int:
            d = dtypes.I64
        elif kind is float:
            d = default
        else:
            d = kind
        result = d if result is None else dtypes.promote(result, d)
    assert result is not None
    return result


_warned: list[bool] = []  # upstream says it once


def array_from(data: Any, dtype: Any = None, copy: bool = True) -> NDArray[Any]:
    """An ndarray from nested numbers, arrays or tensors, with upstream's choice of dtype."""
    if isinstance(data, Tensor):
        want = data.array.dtype if dtype is None else dtype
        got = dtypes.cast(data.array, want)
        return got.copy() if copy and got is data.array else got
    if isinstance(data, np.ndarray):
        _dtypes.from_numpy_dtype(data.dtype)
        got = dtypes.cast(data, data.dtype if dtype is None else dtype)
        return np.array(got, order="C") if copy and got is data else got
    if isinstance(data, np.generic):
        d = np.asarray(data)
        return dtypes.cast(d, d.dtype if dtype is None else dtype).copy()
    if hasattr(data, "__array__") and not isinstance(data, type):
        return array_from(np.asarray(data), dtype, copy)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    shape = _shape_of(data)
    kinds: set[Any] = set()
    if shape and not isinstance(data, (list, tuple, range)):
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
    if len(shape) > 1 and isinstance(data[0], np.ndarray) and not _warned:
        _warned.append(True)
        warnings.warn("Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to a single "
                      "numpy.ndarray with numpy.array() before converting to a tensor.", stacklevel=3)  # fmt: skip
    nested = _check(data, shape, 0, kinds)
    want = inferred(kinds) if dtype is None else dtype
    if want == dtypes.BFLOAT16:
        return dtypes.to_bfloat16(np.array(nested, np.float32).reshape(shape))
    try:
        if want.kind in "iu":
            return _integers(nested, shape, want, kinds)
        with np.errstate(all="ignore"):
            return np.array(nested, dtype=want).reshape(shape)
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None


def plain_line(data: list[Any]) -> NDArray[Any] | None:
    """The array of a list of Python floats, or of Python ints, that hold no surprises; None for any other list."""
    kinds = set(map(type, data))
    if kinds == {float}:
        kind = _dtypes.get_default_dtype()._numpy
        return np.array(data, kind) if kind.char in "fd" and min(data) > -1e38 and max(data) < 1e38 else None
    if kinds == {int} and min(data) >= -(1 << 63) and max(data) < 1 << 63:
        return np.array(data, dtypes.I64)
    return None


def _integers(nested: Any, shape: tuple[int, ...], want: np.dtype[Any], kinds: set[Any]) -> NDArray[Any]:
    if any(k is float or (isinstance(k, np.dtype) and k.kind == "f") for k in kinds):
        reals = np.array(nested, dtype=np.float64).reshape(shape)
        bad = ~np.isfinite(reals)
        if bad.any():
            what = "infinity" if np.isinf(reals[bad][0]) else "NaN"
            error: type[Exception] = OverflowError if what == "infinity" else ValueError
            raise error(f"cannot convert float {what} to integer")
        return dtypes.cast(reals, want)
    wide: NDArray[Any] = np.array(nested, dtype=np.int64).reshape(shape)
    info = np.iinfo(want)
    low = -int(info.max) - 1 if info.min == 0 else int(info.min)
    if wide.size and (int(wide.max()) > int(info.max) or int(wide.min()) < low):
        raise RuntimeError(f"value cannot be converted to type {C_NAMES.get(want, str(want))} without overflow")
    return wide.astype(want)


def fit_number(value: Any, kind: np.dtype[Any]) -> Any:
    """A number for an array of `kind`, floats cut to whole numbers for an integer one; RuntimeError where it does not hold the number."""
    if kind.kind in "iu":
        if isinstance(value, float):
            if not math.isfinite(value):
                raise _overflow(kind)
            value = int(value)
        info = np.iinfo(kind)
        if not (-int(info.max) - 1 if info.min == 0 else int(info.min)) <= value <= int(info.max):
            raise _overflow(kind)
        if info.min == 0 and value < 0:
            value += int(info.max) + 1
    elif (
        kind.kind == "f"
        and kind.itemsize < 8
        and math.isfinite(value)
        and abs(float(value)) > float(np.finfo(kind).max)
    ):
        raise _overflow(kind)
    return value


def _overflow(kind: np.dtype[Any]) -> RuntimeError:
    name = _CPP.get(kind, f"{kind.name}_t")
    return RuntimeError(f"value cannot be converted to type {name} without overflow")


_CPP = {dtypes.I32: "int", dtypes.F32: "float", dtypes.F16: "c10::Half"}
C_NAMES = {dtypes.U8: "uint8", dtypes.I8: "int8", dtypes.I16: "int16", dtypes.I32: "int"}
