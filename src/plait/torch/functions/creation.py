"""Tensors from data, from numbers and from ranges: `tensor`, `zeros`, `arange` and their like."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, config, dtypes
from plait.torch import _dtypes
from plait.torch._dtypes import as_dtype, check_device
from plait.torch._tensor import Tensor, method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor", "ShortTensor",
    "arange", "as_tensor", "asarray", "empty", "empty_like", "empty_strided", "eye", "from_dlpack", "from_numpy", "frombuffer", "full",
    "full_like", "linspace", "logspace", "ones", "ones_like", "range", "scalar_tensor", "tensor", "zeros", "zeros_like",
]  # fmt: skip

_range = range


# --- arguments --------------------------------------------------------------------------------------------------------------


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
            if not is_int(d):
                raise TypeError(f"{function}(): argument '{argument}' failed to unpack the object at pos {i + 1} with error "
                                f'"type must be tuple of ints,but got {type(d).__name__}"')  # fmt: skip
    else:
        dims = (size, *sizes)
        for i, d in enumerate(dims):
            if not is_int(d):
                raise TypeError(
                    f"{function}(): argument '{argument}' (position {i + 1}) must be tuple of ints, not {type(d).__name__}"
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
        raise RuntimeError(f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {size} bytes. "
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
    if out.version is not None:
        out.version[0] += 1
    return out


# --- from data --------------------------------------------------------------------------------------------------------------


def _shape_of(data: Any) -> tuple[int, ...]:
    shape: list[int] = []
    while isinstance(data, (list, tuple, _range)) or (isinstance(data, (Tensor, np.ndarray)) and data.ndim):
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
        if not isinstance(data, (list, tuple, _range)):
            try:
                data = list(data)
            except TypeError:
                raise TypeError(f"not a sequence: {type(data).__name__}") from None
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


def _inferred(kinds: set[Any]) -> np.dtype[Any]:
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
    if shape and not isinstance(data, (list, tuple, _range)):
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
    nested = _check(data, shape, 0, kinds)
    want = _inferred(kinds) if dtype is None else dtype
    if want == dtypes.BFLOAT16:
        return dtypes.to_bfloat16(np.array(nested, np.float32).reshape(shape))
    try:
        if want.kind in "iu":
            return _integers(nested, shape, want, kinds)
        with np.errstate(all="ignore"):
            return np.array(nested, dtype=want).reshape(shape)
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None


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
        raise RuntimeError(f"value cannot be converted to type {_C_NAMES.get(want, str(want))} without overflow")
    return wide.astype(want)


_C_NAMES = {dtypes.U8: "uint8", dtypes.I8: "int8", dtypes.I16: "int16", dtypes.I32: "int"}


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new leaf that holds a copy of `data`: numbers, nested sequences, an array or a tensor.

    >>> tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    check_device(device, "tensor")
    if isinstance(data, Tensor):
        warnings.warn("To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
                      "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).", stacklevel=2)  # fmt: skip
    return finish(array_from(data, None if dtype is None else numpy_dtype("tensor", dtype)), requires_grad)


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A 0-d tensor of the default dtype."""
    return finish(array_from(s, numpy_dtype("scalar_tensor", dtype)), requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory where that is possible; a tensor keeps its history."""
    check_device(device, "as_tensor")
    want = None if dtype is None else numpy_dtype("as_tensor", dtype)
    if isinstance(data, Tensor):
        return data if want is None or data.array.dtype == want else data.to(dtype)
    return Tensor.wrap(array_from(data, want, copy=False))


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool | None = None
) -> Tensor:
    """`obj` as a tensor; `copy` says whether memory must (True) or must not (False) be new."""
    check_device(device, "asarray")
    want = None if dtype is None else numpy_dtype("asarray", dtype)
    if isinstance(obj, Tensor):
        result = obj if want is None or obj.array.dtype == want else obj.to(dtype)
        if copy is True and result is obj:
            result = obj.clone()
        elif copy is False and result is not obj:
            raise ValueError("can't alias tensor with dtype")
        if requires_grad is None:
            return result
        return (
            result.requires_grad_()
            if requires_grad and not result.requires_grad
            else result.detach()
            if not requires_grad
            else result
        )
    if isinstance(obj, np.ndarray):
        got = array_from(obj, want, copy=False)
        if copy is True and got is obj:
            got = obj.copy()
    elif isinstance(obj, (bytes, bytearray, memoryview)):
        got = np.frombuffer(obj, dtype=_dtypes.get_default_dtype()._numpy if want is None else want)
        got = got.copy() if copy else got
    else:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence.")
        got = array_from(obj, want)
    return finish(got, bool(requires_grad))


def from_numpy(ndarray: Any, /) -> Tensor:
    """A tensor over the memory of an ndarray."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    _dtypes.from_numpy_dtype(ndarray.dtype)
    if any(s < 0 for s in ndarray.strides):
        raise ValueError("At least one stride in the given numpy array is negative, and tensors with negative strides are not currently "
                         "supported. (You can probably work around this by making a copy of your array  with array.copy().) ")  # fmt: skip
    if any(s % ndarray.itemsize for s in ndarray.strides):
        raise ValueError(
            "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the memory."
        )
    if not ndarray.flags.writeable:
        warnings.warn("The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing to this "
                      "tensor will result in undefined behavior. You may want to copy the array to protect its data or make it writable "
                      "before converting it to a tensor. This type of warning will be suppressed for the rest of this program.",
                      stacklevel=2)  # fmt: skip
    return Tensor.wrap(ndarray.view(np.ndarray) if type(ndarray) is not np.ndarray else ndarray)


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A tensor over the memory of a buffer."""
    return finish(np.frombuffer(buffer, numpy_dtype("frombuffer", dtype), count, offset), requires_grad)


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of any object with `__dlpack__`."""
    if isinstance(ext_tensor, Tensor):
        return ext_tensor.detach()
    return Tensor.wrap(np.from_dlpack(ext_tensor))


# --- full of one value ------------------------------------------------------------------------------------------------------


def _missing(function: str) -> TypeError:
    return TypeError(f'{function}() missing 1 required positional arguments: "size"')


def _plain_size(size: tuple[Any, ...]) -> tuple[int, ...] | None:
    """A size given as plain, small, non-negative integers, or None."""
    if len(size) == 1 and type(size[0]) in (tuple, list, _dtypes.Size):
        size = size[0]
    total = 1
    for n in size:
        if type(n) is not int or n < 0:
            return None
        total *= n
    return tuple(size) if size and total < 4096 else None


def zeros(
    *size: Any, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False, **names: Any,
) -> Tensor:  # fmt: skip
    """Zeros of the given size.

    >>> zeros(2, 3).shape
    torch.Size([2, 3])
    """
    if out is None and dtype is None and device is None and not requires_grad and not names:
        dims = _plain_size(size)
        if dims is not None:
            return Tensor.wrap(np.zeros(dims, config.default_dtype))
    return _constant("zeros", size, names, 0, out, dtype, device, requires_grad)


def ones(
    *size: Any, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False, **names: Any,
) -> Tensor:  # fmt: skip
    """Ones of the given size."""
    return _constant("ones", size, names, 1, out, dtype, device, requires_grad)


def _constant(
    function: str,
    size: tuple[Any, ...],
    names: dict[str, Any],
    value: Any,
    out: Any,
    dtype: Any,
    device: Any,
    requires_grad: bool,
) -> Tensor:
    if "size" in names:
        size = (names.pop("size"),)
    names.pop("names", None)
    if names:
        raise TypeError(f"{function}() got an unexpected keyword argument '{next(iter(names))}'")
    if not size:
        raise _missing(function)
    check_device(device, function)
    shape = size_of(function, size[0], size[1:])
    kind = numpy_dtype(function, dtype) if out is None or dtype is not None else out.array.dtype
    return finish(filled(shape, value, kind), requires_grad, out=out)


def full(
    size: Any, fill_value: Any, *, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
    pin_memory: bool = False, names: Any = None,
) -> Tensor:  # fmt: skip
    """`fill_value` everywhere; its type gives the dtype unless one is given."""
    check_device(device, "full")
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    if dtype is None and out is None:
        kind = _inferred(
            {bool if isinstance(fill_value, bool) else type(fill_value) if type(fill_value) in (int, float) else float}
        )
    else:
        kind = out.array.dtype if dtype is None else numpy_dtype("full", dtype)
    if is_int(size):
        size = (size,)
    shape = size_of("full", size)
    return finish(filled(shape, _fit(fill_value, kind), kind), requires_grad, out=out)


def _fit(value: Any, kind: np.dtype[Any]) -> Any:
    """A number for an array of `kind`; RuntimeError where an integer dtype does not hold it."""
    if isinstance(value, Tensor):
        value = value.item()
    if not isinstance(value, (bool, int, float, np.generic)):
        raise TypeError(f"full(): argument 'fill_value' (position 2) must be Number, not {type(value).__name__}")
    if kind.kind in "iu":
        if isinstance(value, float):
            if not math.isfinite(value):
                raise RuntimeError(
                    f"value cannot be converted to type {_C_NAMES.get(kind, 'int64_t')} without overflow"
                )
            value = int(value)
        info = np.iinfo(kind)
        if not (-int(info.max) - 1 if info.min == 0 else int(info.min)) <= value <= int(info.max):
            raise RuntimeError(f"value cannot be converted to type {_C_NAMES.get(kind, 'int64_t')} without overflow")
        if info.min == 0 and value < 0:
            value += int(info.max) + 1
    elif (
        kind.kind == "f"
        and kind.itemsize < 8
        and math.isfinite(value)
        and abs(float(value)) > float(np.finfo(kind).max)
    ):
        raise RuntimeError(
            f"value cannot be converted to type {'float' if kind == dtypes.F32 else 'at::Half'} without overflow"
        )
    return value


def empty(
    *size: Any, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
    pin_memory: bool = False, memory_format: Any = None, **names: Any,
) -> Tensor:  # fmt: skip
    """Uninitialised memory of the given size."""
    if "size" in names:
        size = (names.pop("size"),)
    if names:
        raise TypeError(
            f"empty() received an invalid combination of arguments: unexpected keyword '{next(iter(names))}'"
        )
    if not size:
        raise TypeError(
            "empty() received an invalid combination of arguments - got (), but expected (tuple of ints size, …)"
        )
    check_device(device, "empty")
    shape = size_of("empty", size[0], size[1:])
    return finish(fresh(shape, numpy_dtype("empty", dtype), memory_format), requires_grad, out=out)


def empty_strided(size: Any, stride: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
                  pin_memory: bool = False) -> Tensor:  # fmt: skip
    """Uninitialised memory with the given strides (in elements)."""
    shape, steps = size_of("empty_strided", size), tuple(int(s) for s in stride)
    kind = numpy_dtype("empty_strided", dtype)
    last = sum((n - 1) * s for n, s in zip(shape, steps, strict=True)) if all(shape) else -1
    memory = fresh((last + 1,), kind)
    return finish(
        np.lib.stride_tricks.as_strided(memory, shape, tuple(s * kind.itemsize for s in steps)), requires_grad
    )


def _like(input: Any, function: str, dtype: Any, memory_format: Any, device: Any) -> NDArray[Any]:
    if not isinstance(input, Tensor):
        raise TypeError(f"{function}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    check_device(device, function)
    kind = input.array.dtype if dtype is None else numpy_dtype(function, dtype)
    shape = input.array.shape
    if memory_format in (None, _dtypes.preserve_format) and not input.array.flags.c_contiguous:
        return np.empty_like(input.array, dtype=kind)
    return fresh(shape, kind, memory_format)


def empty_like(input: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
               memory_format: Any = None, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """Uninitialised memory in the shape (and strides) of `input`."""
    return finish(_like(input, "empty_like", dtype, memory_format, device), requires_grad)


def zeros_like(input: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
               memory_format: Any = None, pin_memory: bool = False, out: Any = None) -> Tensor:  # fmt: skip
    """Zeros in the shape of `input`."""
    return full_like(input, 0, dtype=dtype, device=device, requires_grad=requires_grad, memory_format=memory_format)


def ones_like(input: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
              memory_format: Any = None, pin_memory: bool = False, out: Any = None) -> Tensor:  # fmt: skip
    """Ones in the shape of `input`."""
    return full_like(input, 1, dtype=dtype, device=device, requires_grad=requires_grad, memory_format=memory_format)


def full_like(input: Any, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
              memory_format: Any = None, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """`fill_value` in the shape of `input`."""
    out = _like(input, "full_like", dtype, memory_format, device)
    value = _fit(fill_value, out.dtype)
    out[...] = dtypes.cast(np.asarray(value), out.dtype) if out.dtype == dtypes.BFLOAT16 else value
    return finish(out, requires_grad)


# --- new_* ------------------------------------------------------------------------------------------------------------------


def _new_size(function: str, size: tuple[Any, ...], names: dict[str, Any]) -> tuple[int, ...]:
    if "size" in names:
        size = (names.pop("size"),)
    if not size:
        return ()
    return size_of(function, size[0], size[1:])


@method
def new_zeros(self: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, layout: Any = None,
              pin_memory: bool = False, **names: Any) -> Tensor:  # fmt: skip
    """Zeros in this tensor's dtype."""
    check_device(device, "new_zeros")
    kind = self.array.dtype if dtype is None else numpy_dtype("new_zeros", dtype)
    return finish(filled(_new_size("new_zeros", size, names), 0, kind), requires_grad)


@method
def new_ones(self: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, layout: Any = None,
             pin_memory: bool = False, **names: Any) -> Tensor:  # fmt: skip
    """Ones in this tensor's dtype."""
    check_device(device, "new_ones")
    kind = self.array.dtype if dtype is None else numpy_dtype("new_ones", dtype)
    return finish(filled(_new_size("new_ones", size, names), 1, kind), requires_grad)


@method
def new_empty(self: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, layout: Any = None,
              pin_memory: bool = False, **names: Any) -> Tensor:  # fmt: skip
    """Uninitialised memory in this tensor's dtype."""
    check_device(device, "new_empty")
    kind = self.array.dtype if dtype is None else numpy_dtype("new_empty", dtype)
    return finish(fresh(_new_size("new_empty", size, names), kind), requires_grad)


@method
def new_full(self: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
             layout: Any = None, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """`fill_value` in this tensor's dtype."""
    check_device(device, "new_full")
    kind = self.array.dtype if dtype is None else numpy_dtype("new_full", dtype)
    return finish(filled(size_of("new_full", size), _fit(fill_value, kind), kind), requires_grad)


@method
def new_tensor(self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, layout: Any = None,
               pin_memory: bool = False) -> Tensor:  # fmt: skip
    """A copy of `data` in this tensor's dtype."""
    check_device(device, "new_tensor")
    if isinstance(data, Tensor):
        warnings.warn("To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
                      "sourceTensor.detach().clone().requires_grad_(True), rather than tensor.new_tensor(sourceTensor).", stacklevel=2)  # fmt: skip
    return finish(
        array_from(data, self.array.dtype if dtype is None else numpy_dtype("new_tensor", dtype)), requires_grad
    )


# --- ranges -----------------------------------------------------------------------------------------------------------------


def _number(function: str, name: str, value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.item()
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, (bool, int, float)):
        raise TypeError(f"{function}(): argument '{name}' must be Number, not {type(value).__name__}")
    return value


def arange(*args: Any, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
           pin_memory: bool = False, **names: Any) -> Tensor:  # fmt: skip
    """start, start + step, … below end (above, for a negative step).

    >>> arange(1, 4)
    tensor([1, 2, 3])
    """
    check_device(device, "arange")
    values = list(args)
    if len(values) == 1 and "end" not in names:
        values = [0, values[0]]
    start = values[0] if values else names.pop("start", 0)
    end = values[1] if len(values) > 1 else names.pop("end", None)
    step = values[2] if len(values) > 2 else names.pop("step", 1)
    if end is None or len(values) > 3 or names:
        raise TypeError("arange() received an invalid combination of arguments; expected (Number end), (Number start, Number end) or "
                        "(Number start, Number end, Number step)")  # fmt: skip
    start, end, step = (_number("arange", n, v) for n, v in (("start", start), ("end", end), ("step", step)))
    if dtype is None and out is None:
        whole = not any(isinstance(v, float) for v in (start, end, step))
        kind = dtypes.I64 if whole else _dtypes.get_default_dtype()._numpy
    else:
        kind = out.array.dtype if dtype is None else numpy_dtype("arange", dtype)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (step > 0) != (end >= start) and end != start:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if kind == dtypes.I64 or (kind.kind in "iu" and not any(isinstance(v, float) for v in (start, end, step))):
        start, end, step = int(start), int(end), int(step)
        if step == 0:
            raise ValueError("step must be nonzero")
        count = max(0, -((start - end) // step))
        got = (np.arange(count, dtype=np.int64) * step + start).astype(kind)
    else:
        count = max(0, math.ceil((end - start) / step))
        got = _steps(start, step, count, kind)
    return finish(got, requires_grad, out=out)


def _steps(start: float, step: float, count: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """start + i·step, in the dtype's accumulation type."""
    if kind.kind in "iu":
        return (int(start) + np.arange(count, dtype=np.int64) * int(step)).astype(kind)
    with np.errstate(all="ignore"):
        return dtypes.cast(start + np.arange(count, dtype=np.float64) * step, kind)


def range(start: Any = 0, end: Any = None, step: Any = 1, *, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
          requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Deprecated upstream: like `arange`, with the end included and of the default dtype."""
    warnings.warn("torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with Python's "
                  "range builtin. Instead, use torch.arange, which produces values in [start, end).", stacklevel=2)  # fmt: skip
    if end is None:
        start, end = 0, start
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (step > 0) != (end >= start) and end != start:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    return finish(
        _steps(start, step, math.floor((end - start) / step) + 1, numpy_dtype("range", dtype)), requires_grad, out=out
    )


def _short_line(start: Any, end: Any, steps: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """`_line` in a 16-bit dtype, which rounds after every operation."""

    def near(x: Any) -> Any:
        return dtypes.cast(dtypes.cast(np.asarray(x, np.float32), kind), dtypes.F32)

    with np.errstate(all="ignore"):
        i = near(np.arange(steps))
        first, last = near(start), near(end)
        step = near(near(last - first) / near(steps - 1))
        low, high = first + near(step * i), last - near(step * near(steps - 1 - np.arange(steps)))
        return dtypes.cast(near(np.where(np.arange(steps) < steps // 2, low, high)), kind)


def _line(start: Any, end: Any, steps: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """`steps` numbers from start to end, worked out from both ends towards the middle, as upstream does."""
    if steps == 0:
        return np.empty(0, kind)
    if steps == 1:
        return dtypes.cast(np.asarray([start], np.float64), kind)
    i = np.arange(steps)
    half = steps // 2
    if kind.kind in "iu":
        start, end = int(start), int(end)
        step = (end - start) / (steps - 1)
        return (
            np.trunc(np.where(i < half, start + step * i, end - step * (steps - i - 1))).astype(np.int64).astype(kind)
        )
    if kind not in (dtypes.F32, dtypes.F64):
        return _short_line(start, end, steps, kind)
    calc = kind
    first, last = calc.type(start), calc.type(end)
    with np.errstate(all="ignore"):
        step = calc.type((last - first) / calc.type(steps - 1))
        low = (np.float64(first) + np.float64(step) * i) if calc == dtypes.F32 else first + step * i
        high = (
            (np.float64(last) - np.float64(step) * (steps - 1 - i))
            if calc == dtypes.F32
            else last - step * (steps - 1 - i)
        )
        return dtypes.cast(np.where(i < half, low, high).astype(calc), kind)


def _steps_of(function: str, start: Any, end: Any, steps: Any) -> int:
    for v in (start, end):
        if isinstance(v, Tensor) and v.array.ndim:
            dims = [x.array.ndim if isinstance(x, Tensor) else 0 for x in (start, end)]
            raise RuntimeError(f"{function} only supports 0-dimensional start and end tensors, but got start with {dims[0]} dimension(s) and "
                               f"end with {dims[1]} dimension(s).")  # fmt: skip
    if not is_int(steps):
        raise TypeError(f"{function}() received an invalid combination of arguments - got ({type(start).__name__}, {type(end).__name__}, "
                        f"{type(steps).__name__}), but expected one of:\n * (Tensor start, Tensor end, int steps, *, Tensor out = None, ...)\n"
                        " * (Number start, Number end, int steps, *, Tensor out = None, ...)")  # fmt: skip
    return int(steps)


def linspace(start: Any, end: Any, steps: Any = None, *, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
             requires_grad: bool = False, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """`steps` numbers evenly from start to end, both included."""
    check_device(device, "linspace")
    steps = _steps_of("linspace", start, end, steps)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    kind = numpy_dtype("linspace", dtype) if out is None or dtype is not None else out.array.dtype
    return finish(
        _line(_number("linspace", "start", start), _number("linspace", "end", end), steps, kind), requires_grad, out=out
    )


def logspace(start: Any, end: Any, steps: Any = None, base: float = 10.0, *, out: Any = None, dtype: Any = None, layout: Any = None,
             device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """base to the powers of `linspace`."""
    check_device(device, "logspace")
    steps = _steps_of("linspace", start, end, steps)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    kind = numpy_dtype("logspace", dtype) if out is None or dtype is not None else out.array.dtype
    start, end = _number("logspace", "start", start), _number("logspace", "end", end)
    return finish(_powers(start, end, steps, base, kind), requires_grad, out=out)


def _powers(start: Any, end: Any, steps: int, base: float, kind: np.dtype[Any]) -> NDArray[Any]:
    """base ** _line, in float64 where the dtype is not narrower."""
    with np.errstate(all="ignore"):
        if kind.kind in "iu":
            if steps == 1:
                return np.asarray([np.trunc(np.float64(base) ** start)]).astype(np.int64).astype(kind)
            i = np.arange(steps)
            start, end = int(start), int(end)
            step = (end - start) / max(steps - 1, 1)
            exponents = np.where(i < steps // 2, start + step * i, end - step * (steps - i - 1))
            return np.trunc(np.power(np.float64(base), exponents)).astype(np.int64).astype(kind)
        if steps == 1:
            return dtypes.cast(np.asarray([np.float64(base) ** start]), kind)
        return dtypes.cast(np.power(np.float64(base), dtypes.cast(_line(start, end, steps, kind), dtypes.F64)), kind)


def eye(n: Any, m: Any = None, *, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
        requires_grad: bool = False, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """Ones on the diagonal of an n × m matrix."""
    check_device(device, "eye")
    if n < 0:
        raise RuntimeError(f"n must be greater or equal to 0, got {n}")
    if m is not None and m < 0:
        raise RuntimeError(f"m must be greater or equal to 0, got {m}")
    kind = numpy_dtype("eye", dtype) if out is None or dtype is not None else out.array.dtype
    wide = np.eye(int(n), None if m is None else int(m), dtype=np.float32 if kind == dtypes.BFLOAT16 else kind)
    return finish(dtypes.cast(wide, kind), requires_grad, out=out)


# --- the constructors of old ------------------------------------------------------------------------------------------------


def legacy_tensor(cls: Any, *args: Any, device: Any = None, **names: Any) -> Any:
    """`torch.Tensor(2, 3)`, `torch.Tensor([1, 2])`: a size, or data, in the default dtype; another tensor keeps its own."""
    if len(args) == 1 and not names and isinstance(args[0], Tensor) and args[0].array.ndim:
        alias = args[0].detach()
        return alias if cls is Tensor else _recast(cls, alias)
    return _old(cls, _dtypes.get_default_dtype()._numpy, args, device, names)


def _old(cls: Any, kind: np.dtype[Any], args: tuple[Any, ...], device: Any, names: dict[str, Any]) -> Any:
    check_device(device, "new")
    if "data" in names:
        args = (names.pop("data"),)
    if "size" in names:
        args = (names.pop("size"),)
    if len(args) == 1 and isinstance(args[0], Tensor) and args[0].array.ndim != 0:
        t = args[0].detach()
        if t.array.dtype != kind:
            raise TypeError(
                "expected " + _dtypes.from_numpy_dtype(kind)._tensor_type + " (got " + t.type().split(".")[-1] + ")"
            )
        return t if cls is Tensor else _recast(cls, t)
    if not args:
        array: NDArray[Any] = np.empty(0, kind)
    elif len(args) == 1 and isinstance(args[0], _dtypes.Size):
        array = fresh(tuple(args[0]), kind)
    elif len(args) == 1 and not is_int(args[0]):
        if isinstance(args[0], (str, bytes, float, bool, type(None))):
            raise TypeError(f"new(): data must be a sequence (got {type(args[0]).__name__})")
        array = array_from(args[0], kind)
    else:
        array = fresh(size_of("new", args[0], args[1:]), kind)
    return cls.wrap(array)


def _recast(cls: Any, t: Tensor) -> Any:
    made = cls.wrap(t.array)
    made.version = t.version
    return made


class _OldType(type):
    """`torch.FloatTensor` and its kin: called, they construct; `isinstance` asks for the dtype."""

    kind: np.dtype[Any]

    def __call__(cls, *args: Any, device: Any = None, **names: Any) -> Any:
        return _old(Tensor, cls.kind, args, device, names)

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Tensor) and value.array.dtype == cls.kind


def _old_type(name: str, kind: np.dtype[Any]) -> Any:
    return _OldType(name, (), {"kind": kind, "__module__": "torch", "dtype": _dtypes.from_numpy_dtype(kind)})


FloatTensor = _old_type("FloatTensor", dtypes.F32)
DoubleTensor = _old_type("DoubleTensor", dtypes.F64)
HalfTensor = _old_type("HalfTensor", dtypes.F16)
LongTensor = _old_type("LongTensor", dtypes.I64)
IntTensor = _old_type("IntTensor", dtypes.I32)
ShortTensor = _old_type("ShortTensor", dtypes.I16)
CharTensor = _old_type("CharTensor", dtypes.I8)
ByteTensor = _old_type("ByteTensor", dtypes.U8)
BoolTensor = _old_type("BoolTensor", dtypes.BOOL)


@method
def new_empty_strided(self: Tensor, size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
                      layout: Any = None, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """Memory as it is found, with these strides (in elements), in this tensor's dtype."""
    return empty_strided(
        size, stride, dtype=self.dtype if dtype is None else dtype, device=device, requires_grad=requires_grad
    )
