"""Linear, dropout, padding, upsampling, embedding and other small layers."""

from __future__ import annotations

from typing import Any

from plait.paddle._dtypes import get_default_dtype
from plait.paddle.nn import functional as F
from plait.paddle.nn._aliases import forbidden
from plait.paddle.nn.layer.layers import Layer

__all__ = ["Identity", "Linear"]


class Identity(Layer):
    """Its input; takes any arguments."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """The input."""
        return input


class Linear(Layer):
    """x [..., in_features] times `weight` [in_features, out_features] plus `bias`.

    >>> from plait import paddle
    >>> paddle.nn.Linear(2, 3)(paddle.ones([4, 2])).shape
    paddle.Size([4, 3])
    """

    @forbidden("Linear", "bias", "device", "dtype")
    def __init__(
        self,
        in_features: int,
        out_features: int,
        weight_attr: Any = None,
        bias_attr: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__()
        self._dtype = get_default_dtype()
        self._weight_attr = weight_attr
        self._bias_attr = bias_attr
        self.weight = self.create_parameter([in_features, out_features], weight_attr, self._dtype)
        self.bias = self.create_parameter([out_features], bias_attr, self._dtype, is_bias=True)
        self.name = name

    def forward(self, input: Any) -> Any:
        """[..., in] to [..., out]."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        name = f", name={self.name}" if self.name else ""
        rows, columns = self.weight.shape
        return f"in_features={rows}, out_features={columns}, dtype={self._dtype}{name}"
