"""Convolutions in the `torch` namespace; `torch.nn.functional` has the same functions."""

from __future__ import annotations

from typing import Any

from plait.layers.conv import convolve, convolve_time_first, convolve_transposed
from plait.torch._tensor import Tensor
from plait.torch.functions._common import need_tensor, refuse_kinds

__all__ = ["conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]

Ints = Any  # an int, or a sequence of one a dimension


def _need_tensors(function: str, input: Any, weight: Any, bias: Any) -> None:
    need_tensor(input, function)
    need_tensor(weight, function, "weight", 2)
    if bias is not None:
        need_tensor(bias, function, "bias", 3)


def _is_one(sizes: Any) -> bool:
    return isinstance(sizes, (tuple, list)) and all(n == 1 for n in sizes)


def _conv(
    n: int, function: str, x: Any, w: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Any:
    try:
        if x.array.dtype.kind in "iu" and x.array.dtype.itemsize < 8 and dilation != 1 and not _is_one(dilation):
            refuse_kinds("slow_conv_dilated<>", "iu", x)
        return convolve(n, x, w, bias, stride, padding, dilation, groups, function)
    except AttributeError:
        _need_tensors(function, x, w, bias)
        raise


def _transposed(
    n: int, function: str, x: Any, w: Any, bias: Any, stride: Any, padding: Any, extra: Any, groups: int, dilation: Any
) -> Any:
    _need_tensors(function, x, w, bias)
    if x.array.dtype.kind in "iu" and x.array.dtype.itemsize < 8:
        refuse_kinds(f"slow_conv_transpose{max(n, 2)}d_out_cpu", "iu", x)
    return convolve_transposed(n, x, w, bias, stride, padding, extra, groups, dilation, function)


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Tensor:
    """input [N, C, L] or [C, L], weight [O, C / groups, k], bias [O]; `padding` is numbers, "valid" or "same".

    >>> from plait import torch
    >>> torch.conv1d(torch.ones(1, 1, 4), torch.ones(1, 1, 2))
    tensor([[[2., 2., 2.]]])
    """
    return _conv(1, "conv1d", input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Tensor:
    """input [N, C, H, W] or [C, H, W], weight [O, C / groups, k, k], bias [O]; `padding` is numbers, "valid" or "same"."""
    return _conv(2, "conv2d", input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Tensor:
    """input [N, C, D, H, W] or [C, D, H, W], weight [O, C / groups, k, k, k], bias [O]; `padding` is numbers, "valid" or "same"."""
    return _conv(3, "conv3d", input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Tensor:
    """The gradient of `conv1d` as an operator: input [N, C, L] or [C, L], weight [C, O / groups, k], bias [O]."""
    return _transposed(1, "conv_transpose1d", input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Tensor:
    """The gradient of `conv2d` as an operator: input [N, C, H, W] or [C, H, W], weight [C, O / groups, k, k], bias [O].

    >>> from plait import torch
    >>> torch.conv_transpose2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2), stride=2).shape
    torch.Size([1, 1, 4, 4])
    """
    return _transposed(2, "conv_transpose2d", input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Tensor:
    """The gradient of `conv3d` as an operator: input [N, C, D, H, W] or [C, D, H, W], weight [C, O / groups, k, k, k], bias [O]."""
    return _transposed(3, "conv_transpose3d", input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """Convolution with time first: input [T, N, C], weight [k, C, O], bias [O]; gives [T', N, O]."""
    _need_tensors("conv_tbc", input, weight, bias)
    need_tensor(bias, "conv_tbc", "bias", 3)
    return convolve_time_first(input, weight, bias, pad)
