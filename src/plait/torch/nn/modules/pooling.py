"""torch.nn.modules.pooling: the layers of torch.nn.functional's pooling functions."""

from __future__ import annotations

from typing import Any

from plait.torch.nn.functional import adaptive, pooling, unpooling
from plait.torch.nn.modules._own import OwnNames
from plait.torch.nn.modules.module import Module
from plait.torch.nn.modules.utils import _pair, _single, _triple

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d",
    "AvgPool1d", "AvgPool2d", "AvgPool3d", "FractionalMaxPool2d", "FractionalMaxPool3d", "LPPool1d", "LPPool2d", "LPPool3d", "MaxPool1d",
    "MaxPool2d", "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d",
]  # fmt: skip

Ints = Any  # an int, or a tuple of one a dimension


class _MaxPoolNd(Module):
    __constants__ = ["kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode"]
    return_indices: bool
    ceil_mode: bool

    def __init__(
        self, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, dilation: Ints = 1, return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if (stride is not None) else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return (f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
                f"ceil_mode={self.ceil_mode}")  # fmt: skip


class MaxPool1d(_MaxPoolNd):
    """The maximum under each window of [N, C, L] or [C, L]."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return pooling.max_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool2d(_MaxPoolNd):
    """The maximum under each window of [N, C, H, W] or [C, H, W].

    >>> from plait import torch
    >>> torch.nn.MaxPool2d(2)(torch.ones(1, 1, 4, 6)).shape
    torch.Size([1, 1, 2, 3])
    """

    def forward(self, input: Any) -> Any:
        """Pool."""
        return pooling.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool3d(_MaxPoolNd):
    """The maximum under each window of [N, C, D, H, W] or [C, D, H, W]."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return pooling.max_pool3d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class _MaxUnpoolNd(Module):
    kernel_size: Any
    stride: Any
    padding: Any

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"

    def _take(self, several: Any, kernel_size: Ints, stride: Ints, padding: Ints) -> None:
        self.kernel_size = several(kernel_size)
        self.stride = several(stride if (stride is not None) else kernel_size)
        self.padding = several(padding)


class MaxUnpool1d(_MaxUnpoolNd):
    """The maxima of `MaxPool1d(return_indices=True)` back at their places."""

    def __init__(self, kernel_size: Ints, stride: Ints = None, padding: Ints = 0) -> None:
        super().__init__()
        self._take(_single, kernel_size, stride, padding)

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """Unpool."""
        return unpooling.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpoolNd):
    """The maxima of `MaxPool2d(return_indices=True)` back at their places."""

    def __init__(self, kernel_size: Ints, stride: Ints = None, padding: Ints = 0) -> None:
        super().__init__()
        self._take(_pair, kernel_size, stride, padding)

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """Unpool."""
        return unpooling.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpoolNd):
    """The maxima of `MaxPool3d(return_indices=True)` back at their places."""

    def __init__(self, kernel_size: Ints, stride: Ints = None, padding: Ints = 0) -> None:
        super().__init__()
        self._take(_triple, kernel_size, stride, padding)

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """Unpool."""
        return unpooling.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class _AvgPoolNd(Module):
    __constants__ = ["kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"]
    kernel_size: Any
    stride: Any
    padding: Any

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """The mean under each window of [N, C, L] or [C, L]."""

    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints = None,
        padding: Ints = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = _single(kernel_size)
        self.stride = _single(stride if stride is not None else kernel_size)
        self.padding = _single(padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Any) -> Any:
        """Pool."""
        return pooling.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )


class _AvgPoolPlane(OwnNames, _AvgPoolNd):
    __constants__ = ["kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"]

    def __init__(
        self, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, ceil_mode: bool = False, count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if (stride is not None) else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        self.__dict__.setdefault("padding", 0)
        self.__dict__.setdefault("ceil_mode", False)
        self.__dict__.setdefault("count_include_pad", True)


class AvgPool2d(_AvgPoolPlane):
    """The mean under each window of [N, C, H, W] or [C, H, W]."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return pooling.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool3d(_AvgPoolPlane):
    """The mean under each window of [N, C, D, H, W] or [C, D, H, W]."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return pooling.avg_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class _FractionalMaxPoolNd(Module):
    __constants__ = ["kernel_size", "return_indices", "output_size", "output_ratio"]

    def _take(
        self, several: Any, kernel_size: Ints, output_size: Any, output_ratio: Any, return_indices: bool, samples: Any
    ) -> None:
        name = type(self).__name__
        kernel = several(kernel_size)
        if name.endswith("3d") and (
            (isinstance(kernel_size, int) and kernel_size <= 0)
            or (isinstance(kernel_size, (tuple, list)) and not all(k > 0 for k in kernel_size))
        ):
            raise ValueError(f"kernel_size must greater than zero for all dimensions, but got {kernel_size}")
        self.kernel_size = kernel
        self.return_indices = return_indices
        self.register_buffer("_random_samples", samples)
        self.output_size = several(output_size) if output_size is not None else None
        self.output_ratio = several(output_ratio) if output_ratio is not None else None
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio is not None and not all(0 < r < 1 for r in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The maximum under windows that begin at drawn places, to a given size or ratio of [N, C, H, W] or [C, H, W]."""

    def __init__(
        self, kernel_size: Ints, output_size: Ints = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._take(_pair, kernel_size, output_size, output_ratio, return_indices, _random_samples)

    def forward(self, input: Any) -> Any:
        """Pool."""
        return unpooling.fractional_max_pool2d(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            _random_samples=self._random_samples,
        )


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The maximum under windows that begin at drawn places, to a given size or ratio of [N, C, D, H, W] or [C, D, H, W]."""

    def __init__(
        self, kernel_size: Ints, output_size: Ints = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._take(_triple, kernel_size, output_size, output_ratio, return_indices, _random_samples)

    def forward(self, input: Any) -> Any:
        """Pool."""
        return unpooling.fractional_max_pool3d(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            _random_samples=self._random_samples,
        )


class _LPPoolNd(Module):
    __constants__ = ["norm_type", "kernel_size", "stride", "ceil_mode"]

    def __init__(self, norm_type: float, kernel_size: Ints, stride: Ints = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, ceil_mode={self.ceil_mode}"


class LPPool1d(_LPPoolNd):
    """(Σ x^p)^(1/p) under each window of [N, C, L] or [C, L]."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return pooling.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPoolNd):
    """(Σ x^p)^(1/p) under each window of [N, C, H, W] or [C, H, W]."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return pooling.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPoolNd):
    """(Σ x^p)^(1/p) under each window of [N, C, D, H, W] or [C, D, H, W]."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return pooling.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class _AdaptiveMaxPoolNd(Module):
    __constants__ = ["output_size", "return_indices"]
    return_indices: bool

    def __init__(self, output_size: Ints, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The maximum of each of `output_size` bins of [N, C, L] or [C, L]."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return adaptive.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The maximum of each bin of [N, C, H, W] or [C, H, W]; None keeps a size."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return adaptive.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The maximum of each bin of [N, C, D, H, W] or [C, D, H, W]; None keeps a size."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return adaptive.adaptive_max_pool3d(input, self.output_size, self.return_indices)


class _AdaptiveAvgPoolNd(Module):
    __constants__ = ["output_size"]

    def __init__(self, output_size: Ints) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean of each of `output_size` bins of [N, C, L] or [C, L]."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return adaptive.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean of each bin of [N, C, H, W] or [C, H, W]; None keeps a size."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return adaptive.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean of each bin of [N, C, D, H, W] or [C, D, H, W]; None keeps a size."""

    def forward(self, input: Any) -> Any:
        """Pool."""
        return adaptive.adaptive_avg_pool3d(input, self.output_size)
