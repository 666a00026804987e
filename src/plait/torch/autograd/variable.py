"""Variable: the name that tensors with gradients had before they were all one class."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait.dtypes import is_floating
from plait.torch._dtypes import get_default_dtype
from plait.torch._tensor import Tensor

__all__ = ["Variable"]


class VariableMeta(type):
    """Every tensor is a Variable."""

    def __instancecheck__(cls, other: Any) -> bool:
        return isinstance(other, Tensor)


class Variable(metaclass=VariableMeta):
    """Called, a tensor over the memory of another, off the tape: `Variable(x, requires_grad=True)`.

    >>> from plait import torch
    >>> Variable(torch.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(
        cls,
        data: Any = None,
        requires_grad: bool = False,
        volatile: bool = False,
        _grad_fn: Any = None,
        name: Any = None,
    ) -> Any:
        if volatile:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.", stacklevel=2
            )
            if requires_grad:
                raise ValueError("Variable can't be volatile and require_grad at the same time!")
        if data is None:
            data = Tensor.wrap(np.empty(0, get_default_dtype()._numpy))
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        out = data.detach()
        if requires_grad:
            if not is_floating(out.array.dtype):
                raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
            out.requires_grad = True
        return out
