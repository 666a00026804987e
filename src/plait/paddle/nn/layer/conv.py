"""Convolution layers: one class for all ranks, a thin row a rank."""

from __future__ import annotations

import math
from typing import Any

from plait.layers.layout import Place
from plait.paddle.nn import functional as F
from plait.paddle.nn._aliases import renamed
from plait.paddle.nn.functional._padding import padding_of, spread
from plait.paddle.nn.initializer import Normal
from plait.paddle.nn.layer.layers import Layer

__all__ = ["Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D", "Conv3DTranspose"]

_MODES = ("zeros", "reflect", "replicate", "circular")
_FORMATS = ("NHWC", "NCHW", "NDHWC", "NCDHW", "NLC", "NCL")


class _ConvNd(Layer):
    """What all convolutions are made of: `_rank` dimensions, `weight` [out, in / groups, k…], or [in, out / groups, k…] transposed."""

    _rank: int
    _places = {"weight": Place("weight"), "bias": Place("bias")}

    def _set(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        transposed: bool,
        stride: Any,
        padding: Any,
        padding_mode: str,
        output_padding: Any,
        dilation: Any,
        groups: int,
        weight_attr: Any,
        bias_attr: Any,
        data_format: str,
        dtype: Any,
    ) -> None:
        if weight_attr is False:
            raise AssertionError(f"weight_attr should not be False in {type(self).__name__}.")
        n = self._rank
        self._param_attr, self._bias_attr = weight_attr, bias_attr
        self._groups, self._in_channels, self._out_channels = groups, in_channels, out_channels
        self._data_format, self._dtype = data_format, dtype
        hash(padding_mode)  # TypeError for a list
        if padding_mode not in _MODES:
            raise ValueError(f"padding_mode must be one of {_MODES}, but got padding_mode='{padding_mode}'")
        if padding_mode != "zeros" and not isinstance(padding, int):
            raise TypeError("when padding_mode in ['reflect', 'replicate', 'circular'], type of padding must be int")
        if data_format not in _FORMATS:
            raise ValueError(f"data_format must be one of {_FORMATS}, but got data_format='{data_format}'")
        self._stride = list(spread(stride, n, "stride"))
        self._dilation = list(spread(dilation, n, "dilation"))
        self._kernel_size = list(spread(kernel_size, n, "kernel_size"))
        self._padding, self._padding_mode, self.output_padding = padding, padding_mode, output_padding
        sides = padding_of(padding, n, data_format[-1] == "C")
        if sides is not None and n > 1 and min(*sides[0], *sides[1]) < 0:
            raise ValueError(
                f"Invalid padding, all value should be larger than or equal to 0, but received: {padding} ({type(self).__name__})"
            )
        if not transposed and in_channels % groups:
            raise ValueError(
                f"{type(self).__name__}: in_channels must be divisible by groups; got in_channels={in_channels}, groups={groups}"
            )
        channels = [in_channels, out_channels // groups] if transposed else [out_channels, in_channels // groups]
        default = None
        if not transposed:
            default = Normal(0.0, (2.0 / (math.prod(self._kernel_size) * in_channels)) ** 0.5)
        self.weight = self.create_parameter([*channels, *self._kernel_size], weight_attr, dtype, False, default)
        self.bias = self.create_parameter([out_channels], bias_attr, dtype, is_bias=True)

    def extra_repr(self) -> str:
        told = f"{self._in_channels}, {self._out_channels}, kernel_size={self._kernel_size}"
        if self._stride != [1] * len(self._stride):
            told += f", stride={self._stride}"
        if self._padding != 0:
            told += f", padding={self._padding}"
        if self._padding_mode != "zeros":
            told += f", padding_mode={self._padding_mode}"
        if self.output_padding != 0:
            told += f", output_padding={self.output_padding}"
        if self._dilation != [1] * len(self._dilation):
            told += f", dilation={self._dilation}"
        if self._groups != 1:
            told += f", groups={self._groups}"
        return f"{told}, data_format={self._data_format}"


class _Conv(_ConvNd):
    _format: str

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        *,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        weight_attr: Any = None,
        bias_attr: Any = None,
        data_format: str | None = None,
    ) -> None:
        super().__init__()
        self._set(
            in_channels,
            out_channels,
            kernel_size,
            False,
            stride,
            padding,
            padding_mode,
            0,
            dilation,
            groups,
            weight_attr,
            False if bias is False else bias_attr,
            self._format if data_format is None else data_format,
            dtype,
        )

    @renamed("x:input")
    def forward(self, x: Any) -> Any:
        """[N, C, …] to [N, O, …], or with channels last."""
        padding = self._padding
        if self._padding_mode != "zeros":
            x = F.pad(x, [padding] * (2 * self._rank), mode=self._padding_mode, data_format=self._data_format)
            padding = 0
        return getattr(F, f"conv{self._rank}d")(
            x, self.weight, self.bias, self._stride, padding, self._dilation, self._groups, self._data_format
        )


class Conv1D(_Conv):
    """Convolution of [N, C, L] (or [N, L, C]) with `weight` [out, C / groups, k]; see `functional.conv2d` for `padding`."""

    _rank, _format = 1, "NCL"


class Conv2D(_Conv):
    """Convolution of [N, C, H, W] (or [N, H, W, C]) with `weight` [out, C / groups, k, k]; see `functional.conv2d` for `padding`.

    >>> from plait import paddle
    >>> paddle.nn.Conv2D(3, 8, 3, padding=1)(paddle.zeros([1, 3, 5, 5])).shape
    paddle.Size([1, 8, 5, 5])
    """

    _rank, _format = 2, "NCHW"


class Conv3D(_Conv):
    """Convolution of [N, C, D, H, W] (or [N, D, H, W, C]) with `weight` [out, C / groups, k, k, k]; see `functional.conv2d` for `padding`."""

    _rank, _format = 3, "NCDHW"


class _ConvTranspose(_ConvNd):
    def forward(self, x: Any, output_size: Any = None) -> Any:
        """[N, C, …] to [N, O, …], or with channels last; `output_size` chooses among the sizes that the stride leaves open."""
        extra = self.output_padding if output_size is None or self._rank == 1 else 0
        return getattr(F, f"conv{self._rank}d_transpose")(
            x,
            self.weight,
            self.bias,
            stride=self._stride,
            padding=self._padding,
            output_padding=extra,
            dilation=self._dilation,
            groups=self._groups,
            output_size=output_size,
            data_format=self._data_format,
        )


class Conv1DTranspose(_ConvTranspose):
    """Transposed convolution of [N, C, L] (or [N, L, C]) with `weight` [C, out / groups, k]."""

    _rank = 1

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        groups: int = 1, dilation: Any = 1, weight_attr: Any = None, bias_attr: Any = None, data_format: str = "NCL",
    ) -> None:  # fmt: skip
        super().__init__()
        self._set(in_channels, out_channels, kernel_size, True, stride, padding, "zeros", output_padding, dilation, groups, weight_attr,
                  bias_attr, data_format, None)  # fmt: skip


class Conv2DTranspose(_ConvTranspose):
    """Transposed convolution of [N, C, H, W] (or [N, H, W, C]) with `weight` [C, out / groups, k, k].

    >>> from plait import paddle
    >>> paddle.nn.Conv2DTranspose(3, 8, 3, stride=2)(paddle.zeros([1, 3, 5, 5]), output_size=[12, 12]).shape
    paddle.Size([1, 8, 12, 12])
    """

    _rank = 2

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        dilation: Any = 1, groups: int = 1, weight_attr: Any = None, bias_attr: Any = None, data_format: str = "NCHW",
    ) -> None:  # fmt: skip
        super().__init__()
        self._set(in_channels, out_channels, kernel_size, True, stride, padding, "zeros", output_padding, dilation, groups, weight_attr,
                  bias_attr, data_format, None)  # fmt: skip


class Conv3DTranspose(_ConvTranspose):
    """Transposed convolution of [N, C, D, H, W] (or [N, D, H, W, C]) with `weight` [C, out / groups, k, k, k]."""

    _rank = 3

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        dilation: Any = 1, groups: int = 1, weight_attr: Any = None, bias_attr: Any = None, data_format: str = "NCDHW",
    ) -> None:  # fmt: skip
        super().__init__()
        self._set(in_channels, out_channels, kernel_size, True, stride, padding, "zeros", output_padding, dilation, groups, weight_attr,
                  bias_attr, data_format, None)  # fmt: skip
