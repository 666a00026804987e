"""Tensors made in the likeness of another (`new_zeros` …), functions applied to a tensor, and what is asked of one tensor alone."""

from __future__ import annotations

from typing import Any

from plait.op import bump
from plait.paddle._dense import DenseTensor
from plait.paddle._tensor import Tensor, method
from plait.paddle.functions._common import function, number, replace, same_kind
from plait.paddle.functions.creation import empty, full, ones, tril, triu, zeros
from plait.paddle.functions.elementwise import in_place
from plait.paddle.functions.indexing import where

__all__ = ["softmax", "where_"]

in_place("tril", tril)
in_place("triu", triu)


def _new(name: str, make: Any) -> None:
    def shown(
        var: Any,
        size: Any,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        pin_memory: bool = False,
    ) -> Any:
        return make(size, dtype=var.dtype if dtype is None else dtype, device=device, requires_grad=requires_grad)

    shown.__name__ = shown.__qualname__ = f"new_{name}"
    shown.__doc__ = f"`{name}` with this tensor's dtype."
    function(sizes=1)(shown)


for _name, _make in (("zeros", zeros), ("ones", ones), ("empty", empty)):
    _new(_name, _make)


@method
def new_full(
    var: Any,
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Any:
    """`full` with this tensor's dtype."""
    kind = var.dtype if dtype is None else dtype
    return full(size, number(fill_value), dtype=kind, device=device, requires_grad=requires_grad)


@function()
def softmax(input: Any, dim: Any = None, dtype: Any = None, *, out: Any = None) -> Any:
    """The softmax along `dim`, the last dimension where it is None; computed in `dtype` where one is given."""
    from plait.paddle.nn.functional import softmax as along

    return along(input, -1 if dim is None else dim, dtype)


@method
def where_(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """`where`, whose result is put into `x`."""
    same_kind(x, y, "where_")
    return replace(x, where(condition, x, y))


def _applied(x: Any, func: Any) -> Any:
    if not x.stop_gradient:
        raise RuntimeError("Cannot apply function on a tensor that required gradient.")
    return func(x)


@method
def apply(self: Tensor, func: Any) -> Any:
    """func(tensor). Raises RuntimeError for a tensor that wants gradients."""
    return _applied(self, func)


@method
def apply_(self: Tensor, func: Any) -> Any:
    """The tensor becomes func(tensor). Raises RuntimeError for a tensor that wants gradients."""
    return replace(self, _applied(self, func))


@method
def get_device(self: Tensor) -> int:
    """-1, which stands for the CPU."""
    return -1


@method
def is_same_shape(self: Tensor, y: Tensor) -> bool:
    """Whether both tensors have one shape."""
    return self.array.shape == y.array.shape


@method
def _grad_ivar(self: Tensor) -> Any:
    return self.grad


@method
def _set_grad_ivar(self: Tensor, value: Any) -> None:
    # Upstream asks nothing here: a gradient of another dtype is taken too.
    self.grad = value


@method
def _grad_value(self: Tensor) -> Any:
    return None if self.grad is None else DenseTensor.of(self.grad)


@method
def _copy_gradient_from(self: Tensor, src: Tensor) -> None:
    # The gradient holds `src`'s memory upstream too.
    self.grad = src.detach()


@method
def _bump_inplace_version(self: Tensor) -> None:
    bump(self)


@method
def _slice(self: Tensor, begin_idx: int, end_idx: int) -> Any:
    # Rows that share the memory; nothing is recorded.
    if not 0 <= begin_idx < end_idx <= self.array.shape[0]:
        raise IndexError(f"(OutOfRange) _slice(): rows {begin_idx} to {end_idx} of {self.array.shape[0]}")
    return self.face.wrap(self.array[begin_idx:end_idx])


@method
def _offset(self: Tensor) -> int:
    return self.offset


@method
def _inplace_version(self: Tensor) -> int:
    return self.inplace_version
