"""Tensor's ways to other dtypes, layouts and libraries: to, type, item, tolist, numpy, DLPack, size, stride, contiguous, clone, copy_.

Rules of this file: NumPy and DLPack share memory; Python numbers come from one-element tensors alone, with upstream's words otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply, bump
from plait.ops import copying, shape, views
from plait.ops.shape import wrap_dim
from plait.ops.tables import broadcast_error
from plait.torch import _dtypes
from plait.torch._builtins import short
from plait.torch._dtypes import Size, as_dtype, check_device
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import need_tensor, number
from plait.torch.functions.brackets import copy_into

__all__ = ["clone", "detach_copy", "is_complex", "is_floating_point", "is_signed"]

_FORMATS = (_dtypes.channels_last, _dtypes.channels_last_3d)


# --- memory ------------------------------------------------------------------------------------------------------------------


def _rank(memory_format: Any, x: Tensor) -> None:
    rank = 4 if memory_format is _dtypes.channels_last else 5
    if x.array.ndim != rank:
        raise RuntimeError(
            f"required rank {rank} tensor to use {'channels_last' if rank == 4 else 'channels_last_3d'} format"
        )


def _is_channels_last(array: Any) -> bool:
    return bool(np.moveaxis(array, 1, -1).flags.c_contiguous)


@method
def is_contiguous(self: Tensor, *, memory_format: Any = None) -> bool:
    """Whether the elements lie in row-major order, or in that of `memory_format`."""
    if memory_format in _FORMATS:
        rank = 4 if memory_format is _dtypes.channels_last else 5
        return self.array.ndim == rank and _is_channels_last(self.array)
    return self.array.flags.c_contiguous


@method
@short("contiguous", None)
def contiguous(self: Tensor, *, memory_format: Any = None) -> Any:
    """The tensor itself where its elements lie in order, else a copy in which they do."""
    if memory_format in _FORMATS:
        _rank(memory_format, self)
        return self if _is_channels_last(self.array) else apply(copying.CHANNELS_LAST, (self,))
    if memory_format is _dtypes.preserve_format:
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return shape.contiguous(self)


@method
def clone(input: Any, *, memory_format: Any = None) -> Any:
    """A copy that gradients flow through, in the same order of memory unless told otherwise."""
    need_tensor(input, "clone")
    if memory_format is None or memory_format is _dtypes.preserve_format:
        if input.array.flags.c_contiguous:
            return apply(shape.CLONE, (input,))
        dense = _is_dense(input.array)
        return apply(shape.CLONE if dense else shape.CONTIGUOUS, (input,))
    if memory_format in _FORMATS:
        _rank(memory_format, input)
        return apply(copying.CHANNELS_LAST, (input,))
    return apply(shape.CONTIGUOUS, (input,))


def _is_dense(array: Any) -> bool:
    """Whether the elements fill their memory without holes or overlap, in whatever order of dimensions."""
    expected = array.itemsize
    for s, n in sorted((s, n) for s, n in zip(array.strides, array.shape, strict=True) if n != 1):
        if s != expected:
            return False
        expected *= n
    return True


def detach_copy(input: Any) -> Any:
    """A copy off the tape."""
    return Tensor.wrap(input.array.copy())


@method
def copy_(self: Tensor, other: Any, non_blocking: bool = False) -> Any:
    """Write `other`, broadcast and cast, into this tensor."""
    if not isinstance(other, Tensor):
        other = number(other)
    elif other.array.shape != self.array.shape:
        try:
            common = np.broadcast_shapes(self.array.shape, other.array.shape)
        except ValueError:
            raise broadcast_error(self.array, other.array) from None
        if common != self.array.shape:
            raise RuntimeError(
                f"output with shape {list(self.array.shape)} doesn't match the broadcast shape {list(common)}"
            )
    return copy_into(self, other)


@method("set_")
def _set(self: Tensor, source: Any = None) -> Tensor:
    self.array = np.empty(0, self.array.dtype) if source is None else source.array
    bump(self)
    return self


# --- shape facts -------------------------------------------------------------------------------------------------------------


@method
@short("size", None)
def size(self: Tensor, dim: Any = None) -> Any:
    """All sizes, or the one of `dim`."""
    if dim is None:
        return Size(self.array.shape)
    n = self.array.ndim
    if not n:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return self.array.shape[wrap_dim(dim, n)]


@method
@short("dim", None)
def dim(self: Tensor) -> int:
    """The number of dimensions."""
    return self.array.ndim


@method
def numel(self: Tensor) -> int:
    """The number of elements."""
    return self.array.size


method("ndimension")(dim)
method("nelement")(numel)


@method
def element_size(self: Tensor) -> int:
    """Bytes of an element."""
    return self.array.itemsize


@method
def stride(self: Tensor, dim: Any = None) -> Any:
    """How many elements lie between neighbours along each dimension, or along one."""
    step = self.array.itemsize
    strides = self.array.strides
    if self.array.flags.c_contiguous:
        out, n = [], 1
        for d in self.array.shape[::-1]:
            out.append(n)
            n *= max(d, 1)
        full = tuple(out[::-1])
    else:
        full = tuple([s // step for s in strides])
    if dim is None:
        return full
    if not full:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return full[wrap_dim(dim, len(full))]


@method
def storage_offset(self: Tensor) -> int:
    """How many elements the first one lies behind the start of the memory."""
    return views.offset_of(self.array) if self.array.size else 0


@method
def data_ptr(self: Tensor) -> int:
    """The address of the first element."""
    return views.address(self.array) if self.array.size else 0


@method
def dim_order(self: Tensor, *, ambiguity_check: Any = False) -> tuple[int, ...]:
    """The dimensions from the slowest to the fastest in memory."""
    strides = self.array.strides
    return tuple(sorted(range(self.array.ndim), key=lambda d: (-strides[d], d)))


@method
def is_set_to(self: Tensor, tensor: Any) -> bool:
    """Whether both look at the same memory in the same way."""
    a, b = self.array, tensor.array
    return views.address(a) == views.address(b) and a.shape == b.shape and a.strides == b.strides


@method
def get_device(self: Tensor) -> int:
    """-1: the CPU."""
    return -1


@method
def is_pinned(self: Tensor, device: Any = None) -> bool:
    """Never: there is no GPU to pin memory for."""
    return False


@method
def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """Upstream's error on a machine without a GPU."""
    raise RuntimeError("Cannot access accelerator device when none is available.")


@method
def is_floating_point(input: Any) -> bool:
    """Whether the dtype is a floating one."""
    need_tensor(input, "is_floating_point")
    return dtypes.is_floating(input.array.dtype)


@method
def is_complex(input: Any) -> bool:
    """Whether the dtype is complex."""
    need_tensor(input, "is_complex")
    return bool(input.array.dtype.kind == "c")


@method
def is_signed(input: Any) -> bool:
    """Whether the dtype has negative numbers."""
    need_tensor(input, "is_signed")
    return dtypes.is_floating(input.array.dtype) or input.array.dtype.kind in "ic"


@method("is_conj")
def _is_conj(self: Tensor) -> bool:
    return False


@method("is_neg")
def _is_neg(self: Tensor) -> bool:
    return False


@method("resolve_conj")
def _resolve_conj(self: Tensor) -> Tensor:
    return self


@method("resolve_neg")
def _resolve_neg(self: Tensor) -> Tensor:
    return self


# --- dtypes ------------------------------------------------------------------------------------------------------------------


def _to(self: Tensor, dtype: Any, copy: bool, memory_format: Any) -> Any:
    kind = self.array.dtype if dtype is None else as_dtype(dtype, "to")._numpy
    if kind != self.array.dtype:
        if kind.kind == "c":
            raise NotImplementedError(
                "complex tensors are not part of plait: it covers convolutional networks; see plait coverage torch"
            )
        got = apply(shape.TO_DTYPE, (self,), (kind,))
    elif copy:
        got = apply(shape.TO_DTYPE, (self,), (kind,))
    else:
        got = self
    if memory_format is not None and memory_format is not _dtypes.preserve_format:
        got = contiguous(got, memory_format=memory_format)
    return got


@method
def to(self: Tensor, *args: Any, **kwargs: Any) -> Any:
    """Another dtype, device ("cpu" alone), memory format, or those of another tensor; the tensor itself where nothing changes.

    Raises AssertionError for a GPU, as upstream built without one does.
    """
    dtype = kwargs.get("dtype")
    device = kwargs.get("device")
    copy = kwargs.get("copy", False)
    memory_format = kwargs.get("memory_format")
    flags = 0
    for a in args:
        if isinstance(a, Tensor):
            dtype = a.dtype
        elif type(a) is _dtypes.dtype or a in (float, int) or a is bool:
            dtype = a
        elif isinstance(a, bool):
            flags += 1
            if flags == 2:
                copy = a
        elif isinstance(a, (str, _dtypes.device, int)):
            device = a
        elif isinstance(a, _dtypes.memory_format):
            memory_format = a
        elif a is not None:
            raise TypeError(f"to() received an invalid combination of arguments - got ({type(a).__name__}), but expected one of:\n"
                            " * (torch.device device, torch.dtype dtype, bool non_blocking, bool copy, *, torch.memory_format "
                            "memory_format)\n * (torch.dtype dtype, bool non_blocking, bool copy, *, torch.memory_format memory_format)\n"
                            " * (Tensor tensor, bool non_blocking, bool copy, *, torch.memory_format memory_format)")  # fmt: skip
    other = kwargs.get("other")
    if other is not None:
        dtype = other.dtype
    if device is not None:
        check_device(device, "to")
    return _to(self, dtype, copy, memory_format)


def _shortcut(name: str, dtype: Any) -> None:
    def convert(self: Tensor, memory_format: Any = None) -> Any:
        return _to(self, dtype, False, memory_format)

    convert.__doc__ = f"The tensor in {dtype}."
    convert.__name__ = convert.__qualname__ = name
    method(name)(convert)


for _name, _kind in (
    ("float", _dtypes.float32), ("double", _dtypes.float64), ("half", _dtypes.float16), ("bfloat16", _dtypes.bfloat16),
    ("long", _dtypes.int64), ("int", _dtypes.int32), ("short", _dtypes.int16), ("char", _dtypes.int8), ("byte", _dtypes.uint8),
    ("bool", _dtypes.bool), ("cfloat", _dtypes.complex64), ("cdouble", _dtypes.complex128),
):  # fmt: skip
    _shortcut(_name, _kind)


@method
def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself: there is only the CPU."""
    return self


@method
def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """Upstream's error without a GPU."""
    check_device("cuda", "to")
    return self


@method("type")
def _type(self: Tensor, dtype: Any = None, non_blocking: bool = False, *, memory_format: Any = None) -> Any:
    """The name of the tensor's type, or the tensor in another dtype (a dtype, or a name such as "torch.LongTensor")."""
    if dtype is None:
        return "torch." + self.dtype._tensor_type
    if isinstance(dtype, str):
        for candidate in _dtypes.ALL:
            if dtype == "torch." + candidate._tensor_type:
                return _to(self, candidate, False, None)
        raise ValueError(f"invalid type: '{dtype}'")
    legacy = getattr(dtype, "dtype", None)
    if legacy is not None and isinstance(legacy, _dtypes.dtype):
        dtype = legacy
    return _to(self, dtype, False, None)


@method
def type_as(self: Tensor, other: Any) -> Any:
    """The tensor in the dtype of another."""
    return _to(self, other.dtype, False, None)
