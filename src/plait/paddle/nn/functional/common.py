"""paddle.nn.functional: what the other files do not hold."""

from __future__ import annotations

from typing import Any

from plait.layers import linear as linear_layer
from plait.paddle.functions._common import function, need_tensor

__all__ = ["linear"]


@function(method=False)
def linear(x: Any, weight: Any, bias: Any = None, name: str | None = None) -> Any:
    """x [..., in] times weight [in, out], plus bias.

    >>> from plait import paddle
    >>> paddle.nn.functional.linear(paddle.ones([1, 2]), paddle.ones([2, 3])).tolist()
    [[2.0, 2.0, 2.0]]
    """
    need_tensor(x, "linear", "X")
    return linear_layer.linear(x, need_tensor(weight, "linear", "Y", 1), bias, True)
