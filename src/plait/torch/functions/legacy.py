"""The constructors of old: `torch.Tensor(2, 3)`, `torch.FloatTensor([1.0])` and their kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.torch import _dtypes
from plait.torch._dtypes import check_device
from plait.torch._tensor import Tensor
from plait.torch.functions._arrays import (
    array_from,
    fresh,
    is_int,
    size_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor", "ShortTensor",
]  # fmt: skip


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
    if names:
        kinds = [type(a).__name__ for a in args]
        kinds += [
            f"{k}={'torch.dtype' if isinstance(v, _dtypes.dtype) else type(v).__name__}" for k, v in names.items()
        ]
        raise TypeError(f"new() received an invalid combination of arguments - got ({', '.join(kinds)}), but expected one of:\n"
                        " * (*, torch.device device = None)\n * (tuple of ints size, *, torch.device device = None)\n"
                        " * (object data, *, torch.device device = None)")  # fmt: skip
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
        if isinstance(args[0], (str, bytes)):
            raise TypeError(f"new(): invalid data type '{type(args[0]).__name__}'")
        if isinstance(args[0], (float, bool, type(None))):
            raise TypeError(f"new(): data must be a sequence (got {type(args[0]).__name__})")
        array = array_from(args[0], kind)
    else:
        array = fresh(size_of("new", args[0], args[1:]), kind)
    return cls.wrap(array)


def _recast(cls: Any, t: Tensor) -> Any:
    made = cls.wrap(t.array)
    made.versions = t.versions
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
