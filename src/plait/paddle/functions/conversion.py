"""What a tensor is to Python and to NumPy: numbers, lists, arrays, copies, other dtypes."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

from plait import dtypes
from plait.exchange import borrow, lend
from plait.ops import shape
from plait.paddle import _dtypes
from plait.paddle._dense import DenseTensor
from plait.paddle._places import Place, check_place
from plait.paddle._tensor import Tensor, method
from plait.paddle.functions._common import function, made, need_tensor, replace
from plait.paddle.functions.creation import to_tensor
from plait.paddle.functions.kinds import cast

__all__ = ["from_dlpack", "to_dlpack", "tolist"]


@method
def numpy(self: Tensor, *_: Any) -> Any:
    """A copy of the elements as an ndarray; bfloat16 as uint16."""
    array = self.array
    if array.dtype == dtypes.BFLOAT16:
        return array.view(np.uint16).copy()
    return array.copy()


@method("__array__")
def _as_ndarray(self: Tensor, dtype: Any = None, copy: bool | None = None) -> Any:
    array = self.numpy()
    return array if dtype is None else array.astype(dtype)


@method
def item(self: Tensor, *args: int) -> Any:
    """The one element as a Python number, or that at an index (of the flattened tensor, or one index for each dimension)."""
    array = dtypes.working(self.array)
    if args:
        if len(args) == 1:
            flat = array.reshape(-1)
            if not 0 <= args[0] < flat.size:
                raise ValueError(f"(InvalidArgument) item(): index {args[0]} is out of bounds for size {flat.size}")
            return flat[args[0]].item()
        if len(args) != array.ndim:
            raise ValueError(
                f"(InvalidArgument) item(): incorrect number of indices: {len(args)} for {array.ndim} dimensions"
            )
        if not all(0 <= i < n for i, n in zip(args, array.shape, strict=True)):
            raise ValueError(
                f"(InvalidArgument) item(): index {list(args)} is out of bounds for shape {list(array.shape)}"
            )
        return array[args].item()
    if array.size != 1:
        raise ValueError(
            f"(InvalidArgument) only one element tensors can be converted to Python scalars when no input coordinates; there are {array.size}"
        )
    return array.reshape(-1)[0].item()


@function("x:input")
def tolist(x: Any) -> Any:
    """The elements as nested lists (a number for a 0-D tensor)."""
    return dtypes.working(need_tensor(x, "tolist").array).tolist()


@method
def astype(self: Tensor, dtype: Any) -> Any:
    """In another dtype; the tensor itself where it has it already."""
    return self if self.array.dtype == _dtypes.as_numpy(dtype) else cast(self, dtype)


def _named(name: str, dtype: Any) -> None:
    def convert(self: Tensor) -> Any:
        return shape.to_dtype(self, dtype._numpy)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"In {dtype}."
    method(convert)


for _name, _dtype in (
    ("float", _dtypes.float32), ("double", _dtypes.float64), ("half", _dtypes.float16), ("int", _dtypes.int32), ("long", _dtypes.int64),
    ("short", _dtypes.int16), ("char", _dtypes.int8), ("byte", _dtypes.uint8), ("bool", _dtypes.bool), ("bfloat16", _dtypes.bfloat16),
    ("float16", _dtypes.float16), ("float32", _dtypes.float32), ("float64", _dtypes.float64), ("int8", _dtypes.int8), ("int16", _dtypes.int16),
    ("int32", _dtypes.int32), ("int64", _dtypes.int64), ("uint8", _dtypes.uint8),
):  # fmt: skip
    _named(_name, _dtype)


@method
def type_as(self: Tensor, tensor: Any) -> Any:
    """In the dtype of another tensor."""
    return cast(self, tensor.dtype)


@method
def to(self: Tensor, *args: Any, **kwargs: Any) -> Any:
    """In another dtype, or on a device (the CPU): `to("float64")`, `to("cpu")`, `to(other)`, `to("cpu", "int32")`."""
    unknown = kwargs.keys() - {"device", "dtype", "other", "blocking", "non_blocking", "copy"}
    if unknown:
        raise TypeError(f"to() got an unexpected keyword argument {min(unknown)}")
    if (not args and not kwargs) or len(args) + len(kwargs) > 3:
        raise TypeError("to() takes a device, a dtype or another tensor, and how to copy")
    copy = kwargs.pop("copy", False)
    result: Any = self
    for value in (*args, *kwargs.values()):
        if value is None or isinstance(value, bool):
            continue
        if isinstance(value, int):
            raise ValueError(f"to(): a device must be a place or a device's name; got {value}")
        if isinstance(value, Place) or (
            isinstance(value, str)
            and value not in _dtypes.BY_NAME
            and value not in ("float", "double", "half", "int", "long", "short")
        ):
            check_place(value)
        else:
            kind = value.dtype if isinstance(value, Tensor) else value
            # Upstream compares dtypes as they were given: a name is never the dtype that the tensor has, and the result a copy.
            if not isinstance(kind, _dtypes.dtype) or kind != result.dtype:
                result = cast(result, kind)
    return result.clone() if copy and result is self else result


@method
def _to(
    self: Tensor, device: Any = None, dtype: Any = None, blocking: bool | None = None, copy_tensor: bool | None = None
) -> Any:
    for name, value in (("blocking", blocking), ("copy_tensor", copy_tensor)):
        if not isinstance(value, bool) and value is not None:
            raise AssertionError(f"_to(): {name} must be True, False or None; got {value!r}")
    check_place(device)
    return to(self, dtype, copy=bool(copy_tensor))


@method
def cpu(self: Tensor) -> Any:
    """The tensor: it lies on the CPU."""
    return self.detach() if self.stop_gradient else self.clone()


@method
def pin_memory(self: Tensor, *args: Any) -> Any:
    """Refused: there is no GPU whose memory could be pinned."""
    raise RuntimeError("pin_memory(): plait computes on the CPU only")


@method
def cuda(self: Tensor, *args: Any, **kwargs: Any) -> Any:
    """Refused: there is no GPU."""
    raise ValueError("cuda(): plait computes on the CPU only")


@method
def dim(self: Tensor) -> int:
    """The number of dimensions."""
    return self.array.ndim


method("ndimension")(dim)


@method
def element_size(self: Tensor) -> int:
    """Bytes of an element."""
    return self.array.dtype.itemsize


@method
def data_ptr(self: Tensor) -> int:
    """The address of the first element."""
    return int(self.array.__array_interface__["data"][0])


@method
def is_contiguous(self: Tensor) -> bool:
    """Whether the elements lie in their order without holes."""
    return self.array.flags.c_contiguous


@method
def contiguous(self: Tensor) -> Any:
    """The tensor, its elements in their order without holes."""
    return shape.contiguous(self)


@method
def get_strides(self: Tensor) -> Any:
    """Elements from one index to the next, by dimension."""
    return self.strides


@method
def stride(self: Tensor, dim: int | None = None) -> Any:
    """Elements from one index to the next, by dimension or of one."""
    return self.strides if dim is None else self.strides[dim]


@method
def is_dense(self: Tensor) -> bool:
    """True."""
    return True


def _no(self: Tensor) -> bool:
    return False


for _name in ("is_sparse", "is_sparse_coo", "is_sparse_csr", "is_selected_rows", "is_dist"):
    method(_name)(_no)


@method
def _is_initialized(self: Tensor) -> bool:
    return True


@method
def _numel(self: Tensor) -> int:
    return self.array.size


@method
def value(self: Tensor) -> Tensor:
    """The tensor itself."""
    return self


@method
def get_tensor(self: Tensor) -> DenseTensor:
    """The memory under the tensor."""
    return DenseTensor.of(self)


@method
def set_value(self: Tensor, value: Any) -> None:
    """New values: a tensor, an array or a list of the same shape. Raises AssertionError for another shape or dtype."""
    array = value.array if isinstance(value, Tensor) else np.asarray(value)
    if array.shape != self.array.shape:
        raise AssertionError(
            f"Variable Shape not match, Variable [ {self.name} ] need tensor with shape {self.shape} but load set tensor with shape {array.shape}"
        )
    if array.dtype != self.array.dtype:
        raise AssertionError(
            f"Variable dtype not match, Variable [ {self.name} ] need tensor with dtype {self.dtype}  but load tensor with dtype "
            f"{_dtypes.from_numpy(array.dtype)}"
        )
    # Upstream does not count it as a change, so a graph that holds the tensor goes on with the new values.
    self.array[...] = array


@method
def copy_(self: Tensor, other: Any, blocking: bool = True) -> Tensor:
    """The values of another tensor (broadcast and cast) in place."""
    source = other if isinstance(other, Tensor) else to_tensor(other)
    fresh = shape.to_dtype(shape.expand(source, self.array.shape), self.array.dtype)
    if self.tape_node is None and self.tracks:
        # A leaf takes values without a word to the tape.
        self.array[...] = fresh.array
        return self
    return replace(self, fresh)


@method("__len__")
def _length(self: Tensor) -> int:
    if not self.array.ndim:
        raise AssertionError("len() of a 0-D tensor is wrong")
    return self.array.shape[0]


def _single(self: Tensor, what: str) -> Any:
    if self.array.size != 1:
        raise AssertionError(f"only one element variable can be converted to {what}.")
    return dtypes.working(self.array).reshape(-1)[0].item()


@method("__float__")
def _to_float(self: Tensor) -> float:
    return float(_single(self, "float"))


@method("__int__")
def _to_int(self: Tensor) -> int:
    return int(_single(self, "int"))


@method("__complex__")
def _to_complex(self: Tensor) -> complex:
    return complex(_single(self, "complex"))


@method("__index__")
def _to_index(self: Tensor) -> int:
    got = _single(self, "python index")
    if not isinstance(got, (int, float)):
        raise AssertionError("only Integer Tensor can be converted to Python index.")
    return int(got)


@method("__bool__")
def _to_bool(self: Tensor) -> bool:
    if self.array.size != 1:
        raise AssertionError(
            "When Variable is used as the condition of if/while , Variable can only contain one element."
        )
    return bool(dtypes.working(self.array).reshape(-1)[0])


method("__nonzero__")(_to_bool)


@method("__iter__")
def _iterate(self: Tensor) -> Any:
    rows: Any = self
    return (rows[i] for i in range(self.array.shape[0] if self.array.ndim else 0))  # none in a 0-D tensor


@method("__contains__")
def _contains(self: Tensor, value: Any) -> bool:
    return bool((self.array == (value.array if isinstance(value, Tensor) else value)).any())


@method("__deepcopy__")
def _deep_copy(self: Tensor, memo: Any) -> Any:
    if id(self) in memo:
        return memo[id(self)]
    out = memo[id(self)] = made(self.array.copy(), self.stop_gradient)
    out.persistable = self.persistable
    return out


@method("__reduce__")
def _reduced(self: Tensor) -> Any:
    return _rebuilt, (self.numpy(), self.stop_gradient)


@method("__reduce_ex__")
def _reduced_ex(self: Tensor, protocol: Any) -> Any:
    return _reduced(self)


def _rebuilt(array: Any, stop_gradient: bool) -> Tensor:
    return made(array, stop_gradient)


class DLDeviceType(IntEnum):
    """Kinds of devices by DLPack's numbers."""

    __module__ = "paddle.utils.dlpack"

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14
    kDLWebGPU = 15
    kDLHexagon = 16
    kDLMAIA = 17
    kDLTrn = 18


@method("__dlpack__")
def _dlpack(
    self: Tensor, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None
) -> Any:
    if not self.stop_gradient:
        raise BufferError("a tensor that takes part in gradients is not lent by __dlpack__; use tensor.detach()")
    return lend(self.array, max_version, copy)


@method("__dlpack_device__")
def _dlpack_device(self: Tensor) -> Any:
    return DLDeviceType.kDLCPU, None


def from_dlpack(dlpack: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of another library's array (no copy)."""
    try:
        array = borrow(dlpack)
    except TypeError as error:
        raise ValueError(f"(InvalidArgument) from_dlpack received an invalid capsule: {error}") from None
    return made(array.copy() if copy else array)


def to_dlpack(x: Any) -> Any:
    """A capsule over the tensor's memory."""
    return lend(need_tensor(x, "to_dlpack").array)
