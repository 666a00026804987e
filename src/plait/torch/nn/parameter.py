"""Tensors that a Module keeps by name: Parameter and Buffer."""

from __future__ import annotations

from typing import Any

from plait.tensor import make
from plait.torch._tensor import Tensor

__all__ = ["Buffer", "Parameter"]


class Parameter(Tensor):
    """A tensor that becomes one of a Module's `parameters()` when it is assigned to it.

    >>> from plait import torch
    >>> torch.nn.Parameter(torch.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Parameter:
        if data is None:
            from plait.torch import empty

            data = empty(0)
        source = data.detach()
        self = make(cls, source.array, None, 0)
        self.version = source.version
        if requires_grad:
            self.requires_grad_(True)
        return self

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        pass

    def __repr__(self, **_: Any) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) in memo:
            return memo[id(self)]
        out = type(self)(self.detach().clone(), self.requires_grad)
        memo[id(self)] = out
        return out


class _BufferMeta(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(Tensor, metaclass=_BufferMeta):
    """A tensor that becomes one of a Module's `buffers()` when it is assigned to it; `persistent`: in its state_dict.

    The value is a plain Tensor with a mark, as upstream's is.
    """

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        if data is None:
            from plait.torch import empty

            data = empty(0)
        out = data.detach().requires_grad_(data.requires_grad)
        out._is_buffer = True
        out.persistent = persistent
        return out
