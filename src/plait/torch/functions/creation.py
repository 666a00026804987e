"""Tensors from data and from numbers: `tensor`, `zeros`, `empty_like` and their kin."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import config, dtypes
from plait.exchange import borrow
from plait.torch import _dtypes
from plait.torch._dtypes import check_device
from plait.torch._tensor import Tensor, method
from plait.torch.functions._arrays import (
    array_from,
    filled,
    finish,
    fit_number,
    fresh,
    inferred,
    numpy_dtype,
    plain_line,
    size_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "as_tensor", "asarray", "empty", "empty_like", "empty_strided", "eye", "from_dlpack", "from_numpy", "frombuffer", "full",
    "full_like", "ones", "ones_like", "scalar_tensor", "tensor", "zeros", "zeros_like",
]  # fmt: skip


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new leaf that holds a copy of `data`: numbers, nested sequences, an array or a tensor.

    >>> tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    if device is not None:
        check_device(device, "tensor")
    if dtype is None and type(data) is list:
        array = plain_line(data)
        if array is not None:
            return finish(array, requires_grad)
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
    """A tensor over the memory of any object with `__dlpack__`, or of a capsule; RuntimeError for anything else."""
    if isinstance(ext_tensor, Tensor):
        return ext_tensor.detach()
    try:
        return Tensor.wrap(borrow(ext_tensor))
    except (TypeError, ValueError) as error:
        raise RuntimeError(f"from_dlpack received an invalid capsule: {error}") from None


# --- full of one value ------------------------------------------------------------------------------------------------------


_SMALL = 4096  # arrays below this many elements do not come from the allocator


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
    return tuple(size) if size and total < _SMALL else None


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
    if out is None and dtype is None and device is None and not requires_grad and not names:
        dims = _plain_size(size)
        if dims is not None:
            array = np.empty(dims, config.default_dtype)
            array.fill(1)
            return Tensor.wrap(array)
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
        kind = inferred(
            {bool if isinstance(fill_value, bool) else type(fill_value) if type(fill_value) in (int, float) else float}
        )
    else:
        kind = out.array.dtype if dtype is None else numpy_dtype("full", dtype)
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    shape = size_of("full", size)
    return finish(filled(shape, _fit(fill_value, kind), kind), requires_grad, out=out)


def _fit(value: Any, kind: np.dtype[Any]) -> Any:
    """A number for an array of `kind`; RuntimeError where an integer dtype does not hold it."""
    if isinstance(value, Tensor):
        value = value.item()
    if not isinstance(value, (bool, int, float, np.generic)):
        raise TypeError(f"full(): argument 'fill_value' (position 2) must be Number, not {type(value).__name__}")
    return fit_number(value, kind)


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
    if dtype is None and device is None and memory_format is None and not requires_grad and isinstance(input, Tensor):
        array = input.array
        if array.size < _SMALL and array.flags.c_contiguous:
            return Tensor.wrap(np.zeros(array.shape, array.dtype))
    return full_like(input, 0, dtype=dtype, device=device, requires_grad=requires_grad, memory_format=memory_format)


def ones_like(input: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
              memory_format: Any = None, pin_memory: bool = False, out: Any = None) -> Tensor:  # fmt: skip
    """Ones in the shape of `input`."""
    if dtype is None and device is None and memory_format is None and not requires_grad and isinstance(input, Tensor):
        array = input.array
        if array.size < _SMALL and array.flags.c_contiguous and array.dtype.kind == "f":
            array = np.empty(array.shape, array.dtype)
            array.fill(1)
            return Tensor.wrap(array)
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


@method
def new_empty_strided(self: Tensor, size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
                      layout: Any = None, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """Memory as it is found, with these strides (in elements), in this tensor's dtype."""
    return empty_strided(
        size, stride, dtype=self.dtype if dtype is None else dtype, device=device, requires_grad=requires_grad
    )


def eye(n: Any, m: Any = None, *, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
        requires_grad: bool = False, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """Ones on the diagonal of an n × m matrix."""
    check_device(device, "eye")
    if n < 0:
        raise RuntimeError(f"n must be greater or equal to 0, got {n}")
    if m is not None and m < 0:
        raise RuntimeError(f"m must be greater or equal to 0, got {m}")
    size_of("eye", (int(n), int(n if m is None else m)))
    kind = numpy_dtype("eye", dtype) if out is None or dtype is not None else out.array.dtype
    wide = np.eye(int(n), None if m is None else int(m), dtype=np.float32 if kind == dtypes.BFLOAT16 else kind)
    return finish(dtypes.cast(wide, kind), requires_grad, out=out)
