"""A tensor as Python's numbers, and to other libraries."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait import dtypes
from plait.exchange import lend
from plait.op import bump
from plait.ops import shape, views
from plait.torch._tensor import Tensor, method

__all__: list[str] = []


@method
def item(self: Tensor) -> Any:
    """The only element as a Python number; RuntimeError for more or fewer."""
    array = self.array
    if array.size != 1:
        raise RuntimeError(f"a Tensor with {array.size} elements cannot be converted to Scalar")
    return array.item() if array.dtype != dtypes.BFLOAT16 else dtypes.as_float32(array).item()


@method
def tolist(self: Tensor) -> Any:
    """The elements as nested lists of Python numbers; a number for a 0-d tensor."""
    array = self.array
    return array.tolist() if array.dtype != dtypes.BFLOAT16 else dtypes.as_float32(array).tolist()


_warned: list[bool] = []  # upstream says it once


def _scalar(self: Tensor) -> Any:
    if self.array.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    if self.tracks and not _warned:
        _warned.append(True)
        warnings.warn("Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\nConsider using "
                      "tensor.detach() first.", UserWarning, stacklevel=3)  # fmt: skip
    return item(self)


@method("__float__")
def _float(self: Tensor) -> float:
    return float(_scalar(self))


@method("__int__")
def _int(self: Tensor) -> int:
    return int(_scalar(self))


@method("__complex__")
def _complex(self: Tensor) -> complex:
    return complex(_scalar(self))


@method("__bool__")
def _bool(self: Tensor) -> bool:
    n = self.array.size
    if n != 1:
        raise RuntimeError("Boolean value of Tensor with no values is ambiguous" if n == 0 else
                           "Boolean value of Tensor with more than one value is ambiguous")  # fmt: skip
    return bool(item(self))


@method("__index__")
def _index(self: Tensor) -> int:
    if self.array.size != 1 or self.array.dtype.kind not in "iub":
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(self.array.reshape(-1)[0])


@method("__len__")
def _len(self: Tensor) -> int:
    if not self.array.ndim:
        raise TypeError("len() of a 0-d tensor")
    return self.array.shape[0]


@method("__iter__")
def _iter(self: Tensor) -> Any:
    if not self.array.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(views.unbind(self, 0))


@method("__reversed__")
def _reversed(self: Tensor) -> Any:
    from plait.ops.arrange import flip

    return flip(self, (0,)) if self.array.ndim else self


@method
def numpy(self: Tensor, *, force: bool = False) -> Any:
    """The tensor's memory as an array, not a copy.

    Raises RuntimeError for a tensor that requires gradients (unless `force`), TypeError for bfloat16.
    """
    if not force and self.requires_grad:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    if self.array.dtype == dtypes.BFLOAT16:
        raise TypeError("Got unsupported ScalarType BFloat16")
    return self.array


@method("__array__")
def _array(self: Tensor, dtype: Any = None, copy: Any = None) -> Any:
    array = numpy(self)
    if dtype is None or np.dtype(dtype) == array.dtype:
        return array.copy() if copy else array
    return array.astype(dtype)


@method("__array_wrap__")
def _array_wrap(self: Tensor, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
    return Tensor.wrap(np.asarray(array))


@method("__dlpack__")
def _dlpack(
    self: Tensor, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
) -> Any:
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    return lend(self.array, max_version, copy)


@method("__dlpack_device__")
def _dlpack_device(self: Tensor) -> tuple[int, int]:
    return self.array.__dlpack_device__()


@method("apply_")
def _apply_callable(self: Tensor, callable: Any) -> Tensor:
    if self.requires_grad:
        raise RuntimeError("Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead.")
    flat = [callable(v) for v in self.array.reshape(-1).tolist()]
    self.array[...] = np.asarray(flat, self.array.dtype).reshape(self.array.shape)
    bump(self)
    return self


@method("map_")
def _map_callable(self: Tensor, tensor: Any, callable: Any) -> Tensor:
    other = np.broadcast_to(tensor.array, self.array.shape)
    flat = [callable(a, b) for a, b in zip(self.array.reshape(-1).tolist(), other.reshape(-1).tolist(), strict=True)]
    self.array[...] = np.asarray(flat, self.array.dtype).reshape(self.array.shape)
    bump(self)
    return self


@method("sum_to_size")
def _sum_to_size(self: Tensor, *size: Any) -> Any:
    dims = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
    have = self.array.shape
    if len(dims) > len(have) or any(a not in (b, 1) for a, b in zip(dims[::-1], have[::-1], strict=False)):
        raise RuntimeError(f"size {{{list(dims)}}} is not expandable to size {{{list(have)}}}.")
    return shape.sum_to(shape.to_dtype(self, dtypes.I64) if self.array.dtype.kind in "iub" else self, dims)
