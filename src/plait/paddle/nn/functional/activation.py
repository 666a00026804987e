"""paddle.nn.functional: activations."""

from __future__ import annotations

from typing import Any

from plait.ops import activation as op
from plait.paddle.functions._common import function, need_tensor

__all__ = ["relu"]


@function(method=False)
def relu(x: Any, name: str | None = None) -> Any:
    """max(x, 0)."""
    return op.relu(need_tensor(x, "relu"))
