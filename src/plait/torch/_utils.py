"""What pickles of tensors call to rebuild them, under upstream's names and with upstream's arguments."""

from __future__ import annotations

from typing import Any

from . import _dtypes
from ._tensor import Tensor
from .storage import TypedStorage, UntypedStorage

__all__: list[str] = []


def _numbers(values: Any, what: str) -> tuple[int, ...]:
    if not isinstance(values, (tuple, list)) or any(type(v) is not int for v in values):
        raise ValueError(f"{what} must be a tuple of ints, got {type(values).__name__}")
    return tuple(values)


def _tensor_over(storage: Any, dtype: _dtypes.dtype, offset: Any, size: Any, stride: Any) -> Tensor:
    if type(offset) is not int:
        raise ValueError(f"storage offset must be an int, got {type(offset).__name__}")
    shape, strides = _numbers(size, "size"), _numbers(stride, "stride")
    if len(shape) != len(strides):
        raise ValueError(f"size {shape} and stride {strides} differ in length")
    untyped = storage._untyped_storage if isinstance(storage, TypedStorage) else storage
    return Tensor.wrap(untyped.view(dtype, shape, strides, offset))


def _rebuild_tensor(storage: Any, storage_offset: Any, size: Any, stride: Any) -> Tensor:
    if not isinstance(storage, TypedStorage):
        raise ValueError(f"a tensor needs a typed storage, got {type(storage).__name__}")
    return _tensor_over(storage, storage.dtype, storage_offset, size, stride)


def _rebuild_tensor_v2(
    storage: Any,
    storage_offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any,
    backward_hooks: Any,
    metadata: Any = None,
) -> Tensor:
    tensor = _rebuild_tensor(storage, storage_offset, size, stride)
    if requires_grad:
        tensor.requires_grad = True
    return tensor


def _rebuild_tensor_v3(
    storage: Any,
    storage_offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any,
    backward_hooks: Any,
    dtype: Any,
    metadata: Any = None,
) -> Tensor:
    if type(dtype) is not _dtypes.dtype or not isinstance(storage, (TypedStorage, UntypedStorage)):
        raise ValueError("a tensor needs a storage and a dtype")
    tensor = _tensor_over(storage, dtype, storage_offset, size, stride)
    if requires_grad:
        tensor.requires_grad = True
    return tensor


def _rebuild_parameter(data: Any, requires_grad: Any, backward_hooks: Any) -> Tensor:
    from .nn.parameter import Parameter

    if not isinstance(data, Tensor):
        raise ValueError(f"a Parameter needs a tensor, got {type(data).__name__}")
    return Parameter(data, bool(requires_grad))


def _rebuild_parameter_with_state(data: Any, requires_grad: Any, backward_hooks: Any, state: Any) -> Tensor:
    parameter = _rebuild_parameter(data, requires_grad, backward_hooks)
    _set_state(parameter, state)
    return parameter


def _set_state(tensor: Tensor, state: Any) -> None:
    """Attributes that a user had put on a tensor; only plain names, and none of the engine's slots."""
    if isinstance(state, tuple) and len(state) == 2:
        state = {**(state[0] or {}), **(state[1] or {})}
    for name, value in (state or {}).items():
        if type(name) is not str or hasattr(type(tensor), name):
            raise ValueError(f"a tensor's state cannot set {name!r}")
        setattr(tensor, name, value)


def _rebuild_from_type_v2(function: Any, kind: Any, args: Any, state: Any) -> Tensor:
    """A tensor of a subclass, or one that carries attributes of the user's."""
    tensor: Tensor = function(*args)
    if type(tensor) is not kind:
        tensor = tensor.as_subclass(kind)
    if state:
        _set_state(tensor, state)
    return tensor
