"""Padding layers: one class, rows of ranks and modes."""

from __future__ import annotations

from typing import Any

from plait.paddle._tensor import Tensor
from plait.paddle.nn import functional as F
from plait.paddle.nn._aliases import renamed
from plait.paddle.nn.layer.layers import Layer

__all__ = [
    "CircularPad1D", "CircularPad2D", "CircularPad3D", "ConstantPad1D", "ConstantPad2D", "ConstantPad3D", "Pad1D", "Pad2D", "Pad3D",
    "ReflectionPad1D", "ReflectionPad2D", "ReflectionPad3D", "ReplicationPad1D", "ReplicationPad2D", "ReplicationPad3D", "ZeroPad1D", "ZeroPad2D", "ZeroPad3D",
]  # fmt: skip


class _PadnD(Layer):
    """A border on the spatial dimensions: a number for all sides, or (before, after) of each dimension, the last one first."""

    _rank: int
    _format: str

    def _set(self, padding: Any, mode: str, value: float, data_format: str | None, name: str | None) -> None:
        self.padding = padding if isinstance(padding, (Tensor, list, tuple)) else [padding] * (2 * self._rank)
        self._mode, self.value, self._name = mode, value, name
        self._data_format = self._format if data_format is None else data_format

    @renamed("x:input")
    def forward(self, x: Any) -> Any:
        """x with its border."""
        return F.pad(x, self.padding, self._mode, self.value, self._data_format)

    def extra_repr(self) -> str:
        name = f", name={self._name}" if self._name else ""
        return f"padding={self.padding}, mode={self._mode}, value={self.value}, data_format={self._data_format}{name}"


class _Pad(_PadnD):
    def __init__(
        self, padding: Any, mode: str = "constant", value: float = 0.0, data_format: str | None = None, name: str | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        self._set(padding, mode, value, data_format, name)


class Pad1D(_Pad):
    """A border on [N, C, L] (or [N, L, C]): constant, reflect, replicate or circular."""

    _rank, _format = 1, "NCL"


class Pad2D(_Pad):
    """A border on [N, C, H, W] (or [N, H, W, C]): constant, reflect, replicate or circular."""

    _rank, _format = 2, "NCHW"


class Pad3D(_Pad):
    """A border on [N, C, D, H, W] (or [N, D, H, W, C]): constant, reflect, replicate or circular."""

    _rank, _format = 3, "NCDHW"


class _Constant:
    def __init__(self, padding: Any, value: float, data_format: str | None = None, name: str | None = None) -> None:
        layer: Any = self
        Layer.__init__(layer)
        layer._set(padding, "constant", value, data_format, name)


class ConstantPad1D(_Constant, Pad1D):
    """A border of `value` on [N, C, L]."""


class ConstantPad2D(_Constant, Pad2D):
    """A border of `value` on [N, C, H, W]."""


class ConstantPad3D(_Constant, Pad3D):
    """A border of `value` on [N, C, D, H, W]."""


class _Fixed:
    _kind: str

    def __init__(self, padding: Any, data_format: str | None = None, name: str | None = None) -> None:
        layer: Any = self
        Layer.__init__(layer)
        layer._set(padding, self._kind, 0.0, data_format, name)


class _Zero(_Fixed):
    _kind = "constant"


class _Replicate(_Fixed):
    _kind = "replicate"


class _Reflect(_Fixed):
    _kind = "reflect"


class _Circular(_Fixed):
    _kind = "circular"


class ZeroPad1D(_Zero, Pad1D):
    """A border of zeros on [N, C, L]."""


class ZeroPad2D(_Zero, Pad2D):
    """A border of zeros on [N, C, H, W]."""


class ZeroPad3D(_Zero, Pad3D):
    """A border of zeros on [N, C, D, H, W]."""


class ReplicationPad1D(_Replicate, Pad1D):
    """A border of the outermost elements on [N, C, L]."""


class ReplicationPad2D(_Replicate, Pad2D):
    """A border of the outermost elements on [N, C, H, W]."""


class ReplicationPad3D(_Replicate, Pad3D):
    """A border of the outermost elements on [N, C, D, H, W]."""


class ReflectionPad1D(_Reflect, Pad1D):
    """A border that mirrors [N, C, L]."""


class ReflectionPad2D(_Reflect, Pad2D):
    """A border that mirrors [N, C, H, W]."""


class ReflectionPad3D(_Reflect, Pad3D):
    """A border that mirrors [N, C, D, H, W]."""


class CircularPad1D(_Circular, Pad1D):
    """A border that continues [N, C, L] from its other end."""


class CircularPad2D(_Circular, Pad2D):
    """A border that continues [N, C, H, W] from its other end."""


class CircularPad3D(_Circular, Pad3D):
    """A border that continues [N, C, D, H, W] from its other end."""
