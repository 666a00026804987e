"""Pooling in the `torch` namespace: the functions of torch.nn.functional, as far as upstream has them here."""

from __future__ import annotations

from typing import Any

from plait.torch.nn.functional import adaptive, pooling

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "avg_pool1d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool3d",
]

adaptive_avg_pool1d, avg_pool1d = adaptive.adaptive_avg_pool1d, pooling.avg_pool1d


def adaptive_max_pool1d(input: Any, output_size: Any) -> tuple[Any, Any]:
    """The maximum of each bin, and its place."""
    return adaptive.adaptive_max_pool1d_with_indices(input, output_size)


def max_pool1d(
    input: Any, kernel_size: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """The maximum under each window."""
    return pooling.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool1d_with_indices(
    input: Any, kernel_size: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> tuple[Any, Any]:
    """The maximum under each window, and its place."""
    return pooling.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool2d(
    input: Any, kernel_size: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """The maximum under each window."""
    return pooling.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(
    input: Any, kernel_size: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """The maximum under each window."""
    return pooling.max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode)
