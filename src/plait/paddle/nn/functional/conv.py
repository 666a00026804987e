"""paddle.nn.functional: convolutions."""

from __future__ import annotations

from typing import Any

from plait.layers import conv as layer
from plait.paddle._tensor import Tensor
from plait.paddle.functions._common import function, integers, need_tensor
from plait.paddle.nn.functional._padding import channels_last, padding_of, shaped, spread, whole

__all__ = ["conv1d", "conv1d_transpose", "conv2d", "conv2d_transpose", "conv3d", "conv3d_transpose"]


def _check(x: Any, weight: Any, n: int, groups: int, data_format: str, name: str, transposed: bool = False) -> bool:
    last = channels_last(data_format, n)
    shaped(x)
    shaped(weight)
    need_tensor(x, name)
    need_tensor(weight, name, "weight", 1)
    shape, filters = x.array.shape, weight.array.shape
    if len(shape) != n + 2:
        raise ValueError(f"{name}: Input x should be {n + 2}D tensor, but received x with the shape of {list(shape)}")
    if len(filters) != n + 2:
        raise ValueError(
            f"{name}: Input weight should be {n + 2}D tensor, but received weight with the shape of {list(filters)}"
        )
    if groups == 0:
        raise ValueError(f"The groups of {name} should not be zero.")
    channels = shape[-1 if last else 1]
    if channels % groups:
        raise ValueError(
            f"{name}: the channel of input must be divisible by groups, received: the channel of input is {channels}, the shape of input is "
            f"{list(shape)}, the groups is {groups}"
        )
    if not transposed and filters[0] % groups:
        raise ValueError(
            f"{name}: the number of filters must be divisible by groups, received: the number of filters is {filters[0]}, the shape of "
            f"weight is {list(filters)}, the groups is {groups}"
        )
    if type(groups) is not int:
        whole(groups, "groups")
    if x.array.dtype.kind != "f":
        raise RuntimeError(
            f"(NotFound) The kernel of `{name}` is not registered for {x.dtype}; it takes floating-point tensors."
        )
    return last


def convolve(
    n: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    data_format: str,
) -> Any:
    """A convolution of n dimensions; also what the layers call."""
    name = f"conv{n}d"
    last = _check(x, weight, n, groups, data_format, name)
    pads = padding_of(padding, n, last)
    if pads is not None and min(*pads[0], *pads[1]) < 0:
        raise ValueError(
            f"Invalid padding, all value should be larger than or equal to 0, but received: {padding} ({name})"
        )
    return layer.convolve_windows(
        x, weight, bias, spread(stride, n, "stride"), pads, spread(dilation, n, "dilation"), groups, last, name, True
    )


@function("x:input", method=False)
def conv1d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
    data_format: str = "NCL", name: str | None = None,
) -> Any:  # fmt: skip
    """Convolution of [N, C, L] (or [N, L, C]) with weight [out, C / groups, k]; see `conv2d`."""
    return convolve(1, x, weight, bias, stride, padding, dilation, groups, data_format)


@function("x:input", method=False)
def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
    data_format: str = "NCHW", name: str | None = None,
) -> Any:  # fmt: skip
    """Convolution of [N, C, H, W] (or [N, H, W, C]) with weight [out, C / groups, k, k] in both layouts.

    `padding` is a number, one a dimension, two a dimension (before, after), a pair for every dimension of x, "valid" or "same". "same" gives
    ceil(size / stride) outputs and sets dilation to 1. Raises ValueError where shapes do not fit.

    >>> from plait import paddle
    >>> x, w = paddle.ones([1, 1, 3, 3]), paddle.ones([1, 1, 2, 2])
    >>> paddle.nn.functional.conv2d(x, w, padding="same", stride=2).tolist()
    [[[[4.0, 2.0], [2.0, 1.0]]]]
    """
    return convolve(2, x, weight, bias, stride, padding, dilation, groups, data_format)


@function("x:input", method=False)
def conv3d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
    data_format: str = "NCDHW", name: str | None = None,
) -> Any:  # fmt: skip
    """Convolution of [N, C, D, H, W] (or [N, D, H, W, C]) with weight [out, C / groups, k, k, k]; see `conv2d`."""
    return convolve(3, x, weight, bias, stride, padding, dilation, groups, data_format)


def convolve_transposed(
    n: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    dilation: Any,
    groups: int,
    output_size: Any,
    data_format: str,
) -> Any:
    """A transposed convolution of n dimensions; also what the layers call."""
    name = f"conv{n}d_transpose"
    last = _check(x, weight, n, groups, data_format, name, True)
    pads = padding_of(padding, n, last)
    if pads is not None and min(*pads[0], *pads[1]) < 0:
        raise ValueError(
            f"Invalid padding, all value should be larger than or equal to 0, but received: {padding} ({name})"
        )
    steps = spread(stride, n, "stride")
    size = None
    if output_size is not None:
        if output_padding != 0:
            raise ValueError("output_padding option is mutually exclusive with output_size")
        if isinstance(output_size, Tensor):
            values = integers(output_size, name, "output_size")
            output_size = values[0] if len(values) == 1 else values
        elif isinstance(output_size, (list, tuple)):
            output_size = integers(output_size, name, "output_size")
        elif not isinstance(output_size, int):
            raise ValueError(
                f"output_size should be int, or list, tuple of ints; received {type(output_size).__name__}"
            )
        size = spread(output_size, n, "output_size")
    extra = (0,) * n if output_padding == 0 else spread(output_padding, n, "output_padding")
    if any([more >= step for more, step in zip(extra, steps, strict=True)]) and any(extra):
        # PyTorch allows it where the dilation is larger; Paddle's kernels do not.
        raise ValueError(
            f"(InvalidArgument) {name}: output_padding must be less than the stride; received {list(extra)} and {list(steps)}"
        )
    return layer.convolve_windows_transposed(
        x, weight, bias, steps, pads, spread(dilation, n, "dilation"), groups, extra, size, last, name
    )


@function(method=False)
def conv1d_transpose(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
    output_size: Any = None, data_format: str = "NCL", name: str | None = None,
) -> Any:  # fmt: skip
    """Transposed convolution of [N, C, L] (or [N, L, C]) with weight [C, out / groups, k]; see `conv2d_transpose`."""
    return convolve_transposed(
        1, x, weight, bias, stride, padding, output_padding, dilation, groups, output_size, data_format
    )


@function(method=False)
def conv2d_transpose(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, dilation: Any = 1, groups: int = 1,
    output_size: Any = None, data_format: str = "NCHW", name: str | None = None,
) -> Any:  # fmt: skip
    """Transposed convolution of [N, C, H, W] (or [N, H, W, C]) with weight [C, out / groups, k, k].

    `output_size` chooses among the sizes that the stride leaves open; `output_padding` is added instead. Raises ValueError where either is too
    large, or both are given.

    >>> from plait import paddle
    >>> x, w = paddle.ones([1, 1, 2, 2]), paddle.ones([1, 1, 3, 3])
    >>> paddle.nn.functional.conv2d_transpose(x, w, stride=2, output_size=6).shape
    paddle.Size([1, 1, 6, 6])
    """
    return convolve_transposed(
        2, x, weight, bias, stride, padding, output_padding, dilation, groups, output_size, data_format
    )


@function(method=False)
def conv3d_transpose(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
    output_size: Any = None, data_format: str = "NCDHW", name: str | None = None,
) -> Any:  # fmt: skip
    """Transposed convolution of [N, C, D, H, W] (or [N, D, H, W, C]) with weight [C, out / groups, k, k, k]; see `conv2d_transpose`."""
    return convolve_transposed(
        3, x, weight, bias, stride, padding, output_padding, dilation, groups, output_size, data_format
    )
