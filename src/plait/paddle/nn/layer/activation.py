"""Activation layers."""

from __future__ import annotations

from typing import Any

from plait.paddle.nn import functional as F
from plait.paddle.nn.layer.layers import Layer

__all__ = ["ReLU"]


class ReLU(Layer):
    """max(x, 0)."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__()
        self._name = name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.relu(x)

    def extra_repr(self) -> str:
        return f"name={self._name}" if self._name else ""
