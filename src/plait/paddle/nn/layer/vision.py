"""Layers that move channels into planes and back."""

from __future__ import annotations

from typing import Any

from plait.paddle.nn import functional as F
from plait.paddle.nn.layer.layers import Layer

__all__ = ["ChannelShuffle", "PixelShuffle", "PixelUnshuffle"]


class _Shuffle(Layer):
    _data_format: str
    _name: str | None

    def _set(self, value: Any, what: str, data_format: str, name: str | None, positive: bool = True) -> None:
        if not isinstance(value, int):
            raise TypeError(f"{what} must be int type; received {type(value).__name__}")
        if positive and value <= 0:
            raise ValueError(f"{what} must be positive; received {value}")
        if data_format not in ("NCHW", "NHWC"):
            raise ValueError(f"Data format should be 'NCHW' or 'NHWC'.But receive data format: {data_format}")
        self._data_format, self._name = data_format, name

    def _told(self, first: str) -> str:
        if self._data_format != "NCHW":
            first += f", data_format={self._data_format}"
        return first if self._name is None else f"{first}, name={self._name}"


class PixelShuffle(_Shuffle):
    """[N, C · r², H, W] to [N, C, H · r, W · r]."""

    def __init__(self, upscale_factor: int, data_format: str = "NCHW", name: str | None = None) -> None:
        super().__init__()
        self._set(upscale_factor, "upscale factor", data_format, name, False)
        self._upscale_factor = upscale_factor

    def forward(self, x: Any) -> Any:
        """Of as many elements."""
        return F.pixel_shuffle(x, self._upscale_factor, self._data_format)

    def extra_repr(self) -> str:
        return self._told(f"upscale_factor={self._upscale_factor}")


class PixelUnshuffle(_Shuffle):
    """[N, C, H · r, W · r] to [N, C · r², H, W]."""

    def __init__(self, downscale_factor: int, data_format: str = "NCHW", name: str | None = None) -> None:
        super().__init__()
        self._set(downscale_factor, "Downscale factor", data_format, name)
        self._downscale_factor = downscale_factor

    def forward(self, x: Any) -> Any:
        """Of as many elements."""
        return F.pixel_unshuffle(x, self._downscale_factor, self._data_format)

    def extra_repr(self) -> str:
        return self._told(f"downscale_factor={self._downscale_factor}")


class ChannelShuffle(_Shuffle):
    """Channels dealt out: the first of each group, then the second of each, and so on."""

    def __init__(self, groups: int, data_format: str = "NCHW", name: str | None = None) -> None:
        super().__init__()
        self._set(groups, "groups", data_format, name)
        self._groups = groups

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.channel_shuffle(x, self._groups, self._data_format)

    def extra_repr(self) -> str:
        return self._told(f"groups={self._groups}")
