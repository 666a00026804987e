"""Tensors and their memory: pickling (torch.save builds on it), copying, subclasses, storages.

What `__reduce_ex__` gives are upstream's functions with upstream's arguments (see `_utils`), over the storage that all views share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _dtypes
from ._tensor import Tensor, method

if TYPE_CHECKING:
    from .storage import TypedStorage, UntypedStorage

__all__: list[str] = []


def _layout_of(array: Any) -> tuple[Any, int, tuple[int, ...]] | None:
    """The storage under an array, and its offset and strides in elements; None where those are not whole and positive."""
    from .storage import UntypedStorage, extent

    untyped = UntypedStorage.of(array)
    width = array.itemsize
    if array.size == 0:
        strides = []
        step = 1
        for size in reversed(array.shape):
            strides.append(step)
            step *= max(size, 1)
        return untyped, 0, tuple(reversed(strides))
    offset = array.__array_interface__["data"][0] - extent(untyped._root)[0]
    if array.flags.c_contiguous:
        strides, step = [], 1
        for size in reversed(array.shape):
            strides.append(step)
            step *= size
        steps = tuple(reversed(strides))
    elif any(s < 0 or s % width for s in array.strides):
        return None
    else:
        steps = tuple(s // width for s in array.strides)
    if offset % width or untyped.nbytes() % width:
        return None
    return untyped, offset // width, steps


@method("__reduce_ex__")
def _reduce_tensor(self: Tensor, protocol: Any) -> Any:
    from collections import OrderedDict

    from . import _utils
    from .nn.parameter import Parameter
    from .storage import BY_FILE_NAME, TypedStorage, UntypedStorage

    array = self.array
    if array.dtype.kind == "c":
        raise NotImplementedError("complex tensors are not part of plait")
    layout = _layout_of(array)
    if layout is None:
        array = np.array(array, order="C")
        layout = _layout_of(array)
        assert layout is not None
    untyped, offset, strides = layout
    dtype = self.dtype
    typed = TypedStorage(wrap_storage=untyped, dtype=dtype)
    state = dict(getattr(self, "__dict__", {}))
    hooks: Any = OrderedDict()
    is_parameter = isinstance(self, Parameter)
    flag = False if is_parameter else self.requires_grad
    if typed.pickle_storage_type() in BY_FILE_NAME:
        rebuild: Any = _utils._rebuild_tensor_v2
        args: tuple[Any, ...] = (typed, offset, array.shape, strides, flag, hooks)
    else:
        rebuild = _utils._rebuild_tensor_v3
        raw = TypedStorage(wrap_storage=untyped, dtype=_dtypes.uint8)._untyped_storage
        args = (raw, offset, array.shape, strides, flag, hooks, dtype)
    assert isinstance(untyped, UntypedStorage)
    if type(self) is Parameter:
        data = _Rebuilt(rebuild, args)
        if state:
            return _utils._rebuild_parameter_with_state, (data, self.requires_grad, OrderedDict(), state)
        return _utils._rebuild_parameter, (data, self.requires_grad, OrderedDict())
    if type(self) is Tensor and not state:
        return rebuild, args
    return _utils._rebuild_from_type_v2, (rebuild, type(self), args, state or None)


class _Rebuilt:
    """Pickles as the tensor that a call makes."""

    __slots__ = ("_call",)

    def __init__(self, function: Any, args: tuple[Any, ...]) -> None:
        self._call = function, args

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._call


@method("__setstate__")
def _set_tensor_state(self: Tensor, state: Any) -> None:
    raise RuntimeError("pickles of tensors from before PyTorch 0.4 are not read")


@method("__deepcopy__")
def _deepcopy_tensor(self: Tensor, memo: dict[Any, Any]) -> Tensor:
    """A copy that shares nothing; tensors over one memory share one copy of it. Leaves only."""
    from .nn.parameter import Parameter
    from .storage import root_of

    found = memo.get(id(self))
    if found is not None:
        return found
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  "
            "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, "
            "see https://github.com/pytorch/pytorch/pull/103001"
        )
    import copy

    array = self.array
    if isinstance(self, Parameter):
        fresh = array.copy("K")
    else:
        root = root_of(array)
        copied = memo.get(id(root))
        if copied is None:
            copied = memo[id(root)] = root.copy("K")
        if root is array:
            fresh = copied
        elif copied.strides == root.strides and array.size:
            step = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
            fresh = np.ndarray(array.shape, array.dtype, copied, step, array.strides) if step >= 0 else array.copy("K")
        else:
            fresh = array.copy("K")
    new: Tensor = type(self).wrap(fresh)
    memo[id(self)] = new
    new.tracks = self.requires_grad
    if self.grad is not None and not isinstance(self, Parameter):
        new.grad = copy.deepcopy(self.grad, memo)
    state = getattr(self, "__dict__", None)
    if state:
        new.__dict__.update(copy.deepcopy(state, memo))
    return new


@method
def as_subclass(self: Tensor, cls: Any) -> Tensor:
    """The same tensor as an object of a subclass of Tensor; gradients flow through it."""
    if not isinstance(cls, type) or not issubclass(cls, Tensor):
        raise TypeError("cls must be a type (not an instance) and a subclass of torch.Tensor")
    if self.requires_grad:
        from plait.op import apply
        from plait.ops.views import ALIAS

        source: Any = apply(ALIAS, (self,), ())
        new: Tensor = cls.wrap(source.array)
        new.tape_node, new.tape_index, new.tracks, new.versions = (
            source.tape_node,
            source.tape_index,
            source.tracks,
            source.versions,
        )
        return new
    new = cls.wrap(self.array)
    new.versions = self.versions
    return new


@method
def untyped_storage(self: Tensor) -> UntypedStorage:
    """The memory under the tensor, shared by all its views."""
    from .storage import UntypedStorage

    return UntypedStorage.of(self.array)


@method
def storage(self: Tensor) -> TypedStorage:
    """The memory under the tensor, as elements of its dtype."""
    import warnings

    from .storage import TypedStorage, UntypedStorage

    warnings.warn(
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. "
        "This should only matter to you if you are using storages directly.  To access UntypedStorage directly, use "
        "tensor.untyped_storage() instead of tensor.storage()",
        stacklevel=2,
    )
    return TypedStorage(wrap_storage=UntypedStorage.of(self.array), dtype=self.dtype)


@method
def share_memory_(self: Tensor) -> Tensor:
    """Returns the tensor: memory is shared between processes by copying it."""
    return self


@method
def is_shared(self: Tensor) -> bool:
    """False: no memory is shared between processes."""
    return False
