"""Pooling layers: rows of attributes over the functions."""

from __future__ import annotations

import warnings
from typing import Any

from plait.paddle.nn import functional as F
from plait.paddle.nn._aliases import renamed
from plait.paddle.nn.layer.layers import Layer

__all__ = [
    "AdaptiveAvgPool1D", "AdaptiveAvgPool2D", "AdaptiveAvgPool3D", "AdaptiveMaxPool1D", "AdaptiveMaxPool2D", "AdaptiveMaxPool3D",
    "AvgPool1D", "AvgPool2D", "AvgPool3D", "FractionalMaxPool2D", "FractionalMaxPool3D", "LPPool1D", "LPPool2D", "MaxPool1D", "MaxPool2D",
    "MaxPool3D", "MaxUnPool1D", "MaxUnPool2D", "MaxUnPool3D",
]  # fmt: skip


class _Window(Layer):
    """A moving window; `kernel_size` is kept as `ksize`."""

    stride: Any
    padding: Any

    def _told(self, kernel: Any) -> str:
        return f"kernel_size={kernel}, stride={self.stride}, padding={self.padding}"


class MaxPool1D(_Window):
    """The maximum under each window of [N, C, L]; see `functional.max_pool2d`."""

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, return_mask: bool = False, ceil_mode: bool = False,
        name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.ceil_mode, self.return_mask, self.name = ceil_mode, return_mask, name

    def forward(self, input: Any) -> Any:
        """[N, C, L] to [N, C, windows]."""
        return F.max_pool1d(input, self.kernel_size, self.stride, self.padding, self.return_mask, self.ceil_mode)

    def extra_repr(self) -> str:
        return self._told(self.kernel_size)


class _MaxPool(_Window):
    _rank: int
    _format: str

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, return_mask: bool = False, ceil_mode: bool = False,
        data_format: str | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.ksize, self.stride, self.padding = kernel_size, stride, padding
        self.return_mask, self.ceil_mode, self.name = return_mask, ceil_mode, name
        self.data_format = self._format if data_format is None else data_format

    def forward(self, x: Any) -> Any:
        """[N, C, …] to [N, C, windows…], or with channels last."""
        return getattr(F, f"max_pool{self._rank}d")(
            x, self.ksize, self.stride, self.padding, self.return_mask, self.ceil_mode, self.data_format
        )

    def extra_repr(self) -> str:
        return self._told(self.ksize)


class MaxPool2D(_MaxPool):
    """The maximum under each window of [N, C, H, W] (or [N, H, W, C]); see `functional.max_pool2d`.

    >>> from plait import paddle
    >>> paddle.nn.MaxPool2D(2)(paddle.ones([1, 1, 4, 4])).shape
    paddle.Size([1, 1, 2, 2])
    """

    _rank, _format = 2, "NCHW"


class MaxPool3D(_MaxPool):
    """The maximum under each window of [N, C, D, H, W] (or [N, D, H, W, C]); see `functional.max_pool2d`."""

    _rank, _format = 3, "NCDHW"


class AvgPool1D(_Window):
    """The mean under each window of [N, C, L]; see `functional.avg_pool2d`."""

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, exclusive: bool = True, ceil_mode: bool = False,
        name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.ceil_mode, self.exclusive, self.name = ceil_mode, exclusive, name

    def forward(self, x: Any) -> Any:
        """[N, C, L] to [N, C, windows]."""
        return F.avg_pool1d(x, self.kernel_size, self.stride, self.padding, self.exclusive, self.ceil_mode)

    def extra_repr(self) -> str:
        return self._told(self.kernel_size)


class _AvgPool(_Window):
    _rank: int
    _format: str

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, exclusive: bool = True,
        divisor_override: Any = None, data_format: str | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.ksize, self.stride, self.padding = kernel_size, stride, padding
        self.ceil_mode, self.exclusive, self.divisor, self.name = ceil_mode, exclusive, divisor_override, name
        self.data_format = self._format if data_format is None else data_format

    def forward(self, x: Any) -> Any:
        """[N, C, …] to [N, C, windows…], or with channels last."""
        return getattr(F, f"avg_pool{self._rank}d")(
            x, self.ksize, self.stride, self.padding, self.ceil_mode, self.exclusive, self.divisor, self.data_format
        )

    def extra_repr(self) -> str:
        return self._told(self.ksize)


class AvgPool2D(_AvgPool):
    """The mean under each window of [N, C, H, W] (or [N, H, W, C]); see `functional.avg_pool2d`."""

    _rank, _format = 2, "NCHW"


class AvgPool3D(_AvgPool):
    """The mean under each window of [N, C, D, H, W] (or [N, D, H, W, C]); see `functional.avg_pool2d`."""

    _rank, _format = 3, "NCDHW"


class _LPPool(_Window):
    _rank: int
    _format: str

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        data_format: str | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if isinstance(padding, bool):  # upstream takes a truth value there as the ceil mode
            padding, ceil_mode = 0, padding
        self.norm_type = float(norm_type)
        self._set_kernel(kernel_size, stride)
        self.padding, self.ceil_mode, self.name = padding, ceil_mode, name
        self.data_format = self._format if data_format is None else data_format

    def _set_kernel(self, kernel_size: Any, stride: Any) -> None:
        self.ksize, self.stride = kernel_size, kernel_size if stride is None else stride

    @renamed("x:input")
    def forward(self, x: Any) -> Any:
        """[N, C, …] to [N, C, windows…], or with channels last."""
        kernel = self.kernel_size if self._rank == 1 else self.ksize
        return getattr(F, f"lp_pool{self._rank}d")(
            x, self.norm_type, kernel, self.stride, self.padding, self.ceil_mode, self.data_format
        )

    def extra_repr(self) -> str:
        return f"norm_type={self.norm_type}, {self._told(self.kernel_size if self._rank == 1 else self.ksize)}"


class LPPool1D(_LPPool):
    """(Σ x^p)^(1/p) under each window of [N, C, L] (or [N, L, C])."""

    _rank, _format = 1, "NCL"

    def _set_kernel(self, kernel_size: Any, stride: Any) -> None:
        self.kernel_size, self.stride = kernel_size, stride


class LPPool2D(_LPPool):
    """(Σ x^p)^(1/p) under each window of [N, C, H, W] (or [N, H, W, C])."""

    _rank, _format = 2, "NCHW"


class AdaptiveAvgPool1D(Layer):
    """Means of [N, C, L] over `output_size` bins."""

    def __init__(self, output_size: Any, name: str | None = None) -> None:
        super().__init__()
        self.output_size, self.name = output_size, name

    def forward(self, input: Any) -> Any:
        """[N, C, L] to [N, C, output_size]."""
        return F.adaptive_avg_pool1d(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _Adaptive(Layer):
    _rank: int
    _output_size: Any

    @property
    def output_size(self) -> Any:
        """The sizes that are wanted."""
        return self._output_size

    @output_size.setter
    def output_size(self, value: Any) -> None:
        self._output_size = value


class _AdaptiveAvg(_Adaptive):
    _format: str

    def __init__(self, output_size: Any, data_format: str | None = None, name: str | None = None) -> None:
        super().__init__()
        self._output_size, self._name = output_size, name
        self._data_format = self._format if data_format is None else data_format

    @renamed("x:input")
    def forward(self, x: Any) -> Any:
        """[N, C, …] to [N, C, output_size…], or with channels last."""
        return getattr(F, f"adaptive_avg_pool{self._rank}d")(x, self._output_size, self._data_format)

    def extra_repr(self) -> str:
        return f"output_size={self._output_size}"


class AdaptiveAvgPool2D(_AdaptiveAvg):
    """Means of [N, C, H, W] (or [N, H, W, C]) over bins; None in `output_size` keeps that size."""

    _rank, _format = 2, "NCHW"


class AdaptiveAvgPool3D(_AdaptiveAvg):
    """Means of [N, C, D, H, W] (or [N, D, H, W, C]) over bins; None in `output_size` keeps that size."""

    _rank, _format = 3, "NCDHW"


class AdaptiveMaxPool1D(Layer):
    """Maxima of [N, C, L] over `output_size` bins."""

    @renamed("return_mask:return_indices")
    def __init__(self, output_size: Any, return_mask: bool = False, name: str | None = None) -> None:
        super().__init__()
        self.output_size, self.return_mask, self.name = output_size, return_mask, name

    def forward(self, input: Any) -> Any:
        """[N, C, L] to [N, C, output_size]; with `return_mask` and the places."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_mask)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, return_mask={self.return_mask}"

    @property
    def return_indices(self) -> bool:
        """`return_mask`."""
        return self.return_mask

    @return_indices.setter
    def return_indices(self, value: bool) -> None:
        self.return_mask = value


class _AdaptiveMax(_Adaptive):
    @renamed("return_mask:return_indices")
    def __init__(self, output_size: Any, return_mask: bool = False, name: str | None = None) -> None:
        super().__init__()
        self._output_size, self._return_mask, self._name = output_size, return_mask, name

    @renamed("x:input")
    def forward(self, x: Any) -> Any:
        """[N, C, …] to [N, C, output_size…]; with `return_mask` and the places."""
        return getattr(F, f"adaptive_max_pool{self._rank}d")(x, self._output_size, self._return_mask)

    def extra_repr(self) -> str:
        return f"output_size={self._output_size}, return_mask={self._return_mask}"

    @property
    def return_indices(self) -> bool:
        """`return_mask`."""
        return self._return_mask

    @return_indices.setter
    def return_indices(self, value: bool) -> None:
        self._return_mask = value


class AdaptiveMaxPool2D(_AdaptiveMax):
    """Maxima of [N, C, H, W] over bins; None in `output_size` keeps that size."""

    _rank = 2


class AdaptiveMaxPool3D(_AdaptiveMax):
    """Maxima of [N, C, D, H, W] over bins; None in `output_size` keeps that size."""

    _rank = 3


class _MaxUnPool(Layer):
    _rank: int
    _format: str

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, data_format: str | None = None, output_size: Any = None,
        name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.ksize, self.stride, self.padding = kernel_size, stride, padding
        self.data_format = self._format if data_format is None else data_format
        self.output_size, self.name = output_size, name

    @renamed("x:input")
    def forward(self, x: Any, indices: Any, output_size: Any = None) -> Any:
        """Values and their places to planes of zeros; an `output_size` here overrides the layer's own."""
        if output_size:
            warnings.warn(
                "output_size in forward overrides output_size in __init__. The output_size parameter in forward has higher priority.",
                stacklevel=2,
            )
        return getattr(F, f"max_unpool{self._rank}d")(
            x, indices, self.ksize, self.stride, self.padding, self.data_format, output_size or self.output_size
        )

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class MaxUnPool1D(_MaxUnPool):
    """Puts values of [N, C, L] back to their places; see `functional.max_unpool2d`."""

    _rank, _format = 1, "NCL"


class MaxUnPool2D(_MaxUnPool):
    """Puts values of [N, C, H, W] back to their places; see `functional.max_unpool2d`."""

    _rank, _format = 2, "NCHW"


class MaxUnPool3D(_MaxUnPool):
    """Puts values of [N, C, D, H, W] back to their places; see `functional.max_unpool2d`."""

    _rank, _format = 3, "NCDHW"


class _FractionalMaxPool(Layer):
    _rank: int

    def __init__(
        self, output_size: Any, kernel_size: Any = None, random_u: Any = None, return_mask: bool = False, name: str | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        self._output_size, self._kernel_size, self._random_u = output_size, kernel_size, random_u
        self._return_mask, self._name = return_mask, name

    def forward(self, x: Any) -> Any:
        """[N, C, …] to [N, C, output_size…]; with `return_mask` and the places."""
        return getattr(F, f"fractional_max_pool{self._rank}d")(
            x, self._output_size, self._kernel_size, self._random_u, self._return_mask
        )

    def extra_repr(self) -> str:
        return f"output_size={self._output_size}, return_mask={self._return_mask}"


class FractionalMaxPool2D(_FractionalMaxPool):
    """Maxima of [N, C, H, W] under windows that a drawn (or given) number lays; see `functional.fractional_max_pool2d`."""

    _rank = 2


class FractionalMaxPool3D(_FractionalMaxPool):
    """Maxima of [N, C, D, H, W] under windows that a drawn (or given) number lays."""

    _rank = 3
