"""Tensors that a Module keeps by name: Parameter and Buffer."""

from __future__ import annotations

from typing import Any

from plait.dtypes import is_floating
from plait.tensor import make
from plait.torch._tensor import Tensor, torch_function_disabled

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter"]


class Parameter(Tensor):
    """A tensor that becomes one of a Module's `parameters()` when it is assigned to it.

    >>> from plait import torch
    >>> torch.nn.Parameter(torch.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    __torch_function__ = staticmethod(torch_function_disabled)  # what is made of parameters is plain tensors

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Parameter:
        if data is None:
            from plait.torch import empty

            data = empty(0)
        source = data.detach()
        self = make(cls, source.array, None, 0)
        self.versions = source.versions
        if requires_grad:
            if not is_floating(source.array.dtype):
                raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
            self.requires_grad_(True)
        return self

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        pass

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
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


class UninitializedTensorMixin:
    """A tensor whose shape is not known yet: it becomes a `cls_to_become` when it is materialized."""

    _uninitialized = True
    cls_to_become: Any = None

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Give it a shape, and memory that is not set; it is an ordinary tensor from then on."""
        from plait.torch import empty

        me: Any = self
        me.array = empty(shape, device=device, dtype=me.dtype if dtype is None else dtype).array
        me.__class__ = self.cls_to_become

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` when trying "
            "to load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters before accessing "
            "their attributes."
        )

    def share_memory_(self) -> Any:
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters before calling "
            "`module.share_memory()`."
        )

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"<{type(self).__name__}>"


def _refused(name: str) -> Any:
    def refuse(self: Any, *_: Any, **__: Any) -> Any:
        raise ValueError(
            f"Attempted to use an uninitialized parameter in {name}. This error happens when you are using a `LazyModule` or explicitly "
            f"manipulating `torch.nn.parameter.{type(self).__name__}` objects. When using LazyModules Call `forward` with a dummy batch to "
            "initialize the parameters before calling torch functions"
        )

    return refuse


for _name in ("add", "sub", "mul", "truediv", "matmul", "pow", "radd", "rsub", "rmul", "rtruediv", "rmatmul", "neg", "getitem", "eq", "ne", "lt", "gt",
              "le", "ge"):  # fmt: skip
    setattr(UninitializedTensorMixin, f"__{_name}__", _refused(f"Tensor.__{_name}__"))
for _name in ("numel", "nelement", "sum", "mean", "dim", "view", "reshape", "clone"):
    setattr(UninitializedTensorMixin, _name, _refused(f"<method '{_name}' of 'torch._C.TensorBase' objects>"))
UninitializedTensorMixin.__hash__ = Tensor.__hash__  # type: ignore[assignment]


def is_lazy(param: Any) -> bool:
    """Whether `param` waits for its shape."""
    return isinstance(param, UninitializedTensorMixin)


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc]
    """A Parameter whose shape is not known yet.

    >>> from plait import torch
    >>> p = torch.nn.UninitializedParameter()
    >>> p.materialize((2, 3))
    >>> type(p).__name__, p.shape
    ('Parameter', torch.Size([2, 3]))
    """

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> UninitializedParameter:
        from plait.torch import empty

        return super().__new__(cls, empty(0, device=device, dtype=dtype), requires_grad)  # type: ignore[return-value]

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        pass

    def __deepcopy__(self, memo: dict[int, Any]) -> UninitializedParameter:
        if id(self) in memo:
            return memo[id(self)]
        out = memo[id(self)] = type(self)(self.requires_grad, None, self.dtype)
        return out

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self.requires_grad, None, self.dtype)


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc]
    """A buffer whose shape is not known yet."""

    cls_to_become = Tensor

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> UninitializedBuffer:
        from plait.torch import empty

        self = make(cls, empty(0, device=device, dtype=dtype).array, None, 0)
        self.requires_grad_(requires_grad)
        self._is_buffer = True
        self.persistent = persistent
        return self

    def __init__(
        self, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> None:
        pass
