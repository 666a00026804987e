"""torch.nn.modules.padding."""

from __future__ import annotations

from typing import Any

from plait.torch.nn.functional.padding import pad
from plait.torch.nn.modules._own import OwnNames
from plait.torch.nn.modules.module import Module
from plait.torch.nn.modules.utils import _ntuple

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _BorderPadNd(OwnNames, Module):
    """A border made of the input itself: `_mode` says how, `_dims` on how many dimensions."""

    __constants__ = ["padding"]
    padding: tuple[int, ...]
    _mode: str
    _dims: int

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = _ntuple(2 * self._dims)(padding)

    def forward(self, input: Any) -> Any:
        """Pad."""
        return pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        """The widths, for `repr`."""
        return f"{self.padding}"


class _CircularPadNd(_BorderPadNd, OwnNames):
    _written_out = ("__init__",)
    _mode = "circular"

    def _check_input_dim(self, input: Any) -> None:
        if input.dim() not in (self._dims + 1, self._dims + 2):
            raise ValueError(f"expected {self._dims + 1}D or {self._dims + 2}D input (got {input.dim()}D input)")

    def forward(self, input: Any) -> Any:
        """Pad."""
        self._check_input_dim(input)
        return pad(input, self.padding, "circular")


class CircularPad1d(_CircularPadNd):
    """Wrap the last dimension round.

    >>> from plait import torch
    >>> torch.nn.CircularPad1d(1)(torch.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 1., 2., 3., 1.]])
    """

    _dims = 1


class CircularPad2d(_CircularPadNd):
    """Wrap the last two dimensions round."""

    _dims = 2


class CircularPad3d(_CircularPadNd):
    """Wrap the last three dimensions round."""

    _dims = 3


class _ConstantPadNd(OwnNames, Module):
    """A constant border."""

    _written_out = ("__init__",)
    __constants__ = ["padding", "value"]
    value: float
    padding: tuple[int, ...]
    _dims: int

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__()
        self.value = value
        self.padding = _ntuple(2 * self._dims)(padding)

    def forward(self, input: Any) -> Any:
        """Pad."""
        return pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The widths and the value, for `repr`."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """A constant border on the last dimension."""

    _dims = 1


class ConstantPad2d(_ConstantPadNd):
    """A constant border on the last two dimensions."""

    _dims = 2


class ConstantPad3d(_ConstantPadNd):
    """A constant border on the last three dimensions."""

    _dims = 3


class _ReflectionPadNd(_BorderPadNd, OwnNames):
    _written_out = ("__init__",)
    _mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """Mirror the last dimension at its first and last element."""

    _dims = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Mirror the last two dimensions."""

    _dims = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Mirror the last three dimensions."""

    _dims = 3


class _ReplicationPadNd(_BorderPadNd, OwnNames):
    _written_out = ("__init__",)
    _mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """Repeat the last dimension's first and last element."""

    _dims = 1


class ReplicationPad2d(_ReplicationPadNd):
    """Repeat the border of the last two dimensions."""

    _dims = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Repeat the border of the last three dimensions."""

    _dims = 3


class _ZeroPad(_ConstantPadNd, OwnNames):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The widths, for `repr`."""
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad, ConstantPad1d):
    """Zeros round the last dimension."""


class ZeroPad2d(_ZeroPad, ConstantPad2d):
    """Zeros round the last two dimensions.

    >>> from plait import torch
    >>> torch.nn.ZeroPad2d(1)
    ZeroPad2d((1, 1, 1, 1))
    """


class ZeroPad3d(_ZeroPad, ConstantPad3d):
    """Zeros round the last three dimensions."""
