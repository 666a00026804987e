"""Convolutions and pools, in both layouts.

Rules of this file: arguments are checked here in upstream's words' facts; what is computed is in plait/layers/windows.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras._config import standardize_data_format
from plait.keras._errors import InvalidArgumentError, dtype_refused, refused, served
from plait.keras._operators import c_name
from plait.keras.ops._common import op, tensor
from plait.layers import windows

__all__ = [
    "adaptive_average_pool", "adaptive_max_pool", "average_pool", "conv", "conv_transpose", "depthwise_conv", "max_pool", "separable_conv",
]  # fmt: skip

Ints = tuple[int, ...]


def spread(value: Any, n: int, name: str) -> Ints:
    """A number, or a sequence of one or n, as n numbers; ValueError else."""
    if isinstance(value, (int, np.integer)):
        return (int(value),) * n
    given = tuple(int(v) for v in value)
    if len(given) not in (1, n):
        raise ValueError(f"{name} must be a number or {n} of them; got {value}")
    return given * n if len(given) == 1 else given


def _sides(padding: Any) -> str:
    name = str(padding).lower()
    if name not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same'; got padding={padding}")
    return name


def _last(data_format: Any) -> bool:
    return standardize_data_format(data_format) == "channels_last"


def one_dtype(name: str, *tensors: Any) -> None:
    """InvalidArgumentError where the operands differ in dtype or are not floating."""
    from plait.keras._operators import c_name

    first = tensors[0].array.dtype
    for i, t in enumerate(tensors[1:]):
        if t.array.dtype != first:
            raise InvalidArgumentError(f"cannot compute {name} as input #{i + 1}(zero-based) was expected to be a {c_name(first)} tensor "
                                       f"but is a {c_name(t.array.dtype)} tensor [Op:{name}] name: ")  # fmt: skip


@op
def conv(
    inputs: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Any:
    """inputs with kernel[k…, in / groups, out], 1 to 3 spatial axes; ValueError where nothing would be left."""
    x, w = tensor(inputs), tensor(kernel)
    last = _last(data_format)
    return convolved(x, w, strides, _sides(padding), dilation_rate, last, True)


def convolved(x: Any, w: Any, strides: Any, sides: Any, dilation: Any, last: bool, refuse_empty: bool = False) -> Any:
    """A convolution after TensorFlow's checks of dtypes, ranks, strides and channels."""
    n = w.array.ndim - 2
    if x.array.ndim != n + 2 or n < 1:
        raise ValueError(
            f"conv: inputs must have {n + 2} dimensions for a kernel of shape {w.array.shape}; got shape {x.array.shape}"
        )
    stride, step = spread(strides, n, "strides"), spread(dilation, n, "dilation_rate")
    one_dtype(f"Conv{n}D", x, w)
    if max(stride) > 1 and max(step) > 1:
        raise ValueError(
            f"strides > 1 not supported in conjunction with dilation_rate > 1; got strides={stride} and dilation_rate={step}"
        )
    channels, own = x.array.shape[-1 if last else 1], w.array.shape[-2]
    if channels % own or w.array.shape[-1] % max(channels // own, 1):
        raise ValueError(f"conv: the number of input channels must match the kernel's or be a multiple of it; got {channels} and {own} "
                         f"(kernel shape {w.array.shape})")  # fmt: skip
    sizes = x.array.shape[1:-1] if last else x.array.shape[2:]
    if sides != "same":
        around = sides if isinstance(sides, tuple) else ((0,) * n, (0,) * n)
        out = [
            (m + a + b - d * (k - 1) - 1) // s + 1
            for m, a, b, k, s, d in zip(sizes, *around, w.array.shape[:n], stride, step, strict=True)
        ]
        if min(out) < 1:
            if refuse_empty and x.array.size and min(out) == 0:
                raise ValueError(f"conv: the convolution would give an empty output of sizes {tuple(out)} for the input shape {x.array.shape}, "
                                 f"kernel {w.array.shape[:n]}, strides {stride}, dilation rate {step}, padding {sides}")  # fmt: skip
            raise InvalidArgumentError(
                f"Computed output size would be negative: {min(out)} [input_size: {sizes}, kernel: {w.array.shape[:n]}]"
            )
    return windows.convolve(x, w, stride, sides, step, channels // own, last)


def _check_channels(x: Any, w: Any, last: bool) -> None:
    channels, own = x.array.shape[-1 if last else 1], w.array.shape[-2]
    if channels != own:
        raise ValueError("The number of input channels must match the kernel's input channels. Received: input "
                         f"channels={channels}, kernel input channels={own}, inputs.shape={x.array.shape}, kernel.shape={w.array.shape}")  # fmt: skip


@op
def depthwise_conv(
    inputs: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Any:
    """Each input channel with its own kernels: kernel[k…, in, multiplier]."""
    x, w = tensor(inputs), tensor(kernel)
    last, n = _last(data_format), x.array.ndim - 2
    if n > 2:
        raise ValueError(f"`inputs` rank must be 3 (1D conv) or 4 (2D conv). Received: {x.array.ndim}.")
    _check_channels(x, w, last)
    return depthwise(
        x, w, spread(strides, n, "strides"), _sides(padding), spread(dilation_rate, n, "dilation_rate"), last
    )


def depthwise(x: Any, w: Any, stride: Ints, sides: Any, step: Ints, last: bool) -> Any:
    """A depthwise convolution after TensorFlow's checks."""
    one_dtype("DepthwiseConv2dNative", x, w)
    n = len(stride)
    sizes = x.array.shape[1:-1] if last else x.array.shape[2:]
    if sides == "valid":
        out = [
            (m - d * (k - 1) - 1) // s + 1 for m, k, s, d in zip(sizes, w.array.shape[:n], stride, step, strict=True)
        ]
        if min(out) < 1:
            raise InvalidArgumentError(
                f"Computed output size would be negative: {min(out)} [input_size: {sizes}, kernel: {w.array.shape[:n]}]"
            )
    return windows.convolve_depthwise(x, w, stride, sides, step, last)


@op
def separable_conv(
    inputs: Any, depthwise_kernel: Any, pointwise_kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None,
    dilation_rate: Any = 1,
) -> Any:  # fmt: skip
    """A depthwise convolution, then one with windows of one place."""
    x, w, point = tensor(inputs), tensor(depthwise_kernel), tensor(pointwise_kernel)
    last, n = _last(data_format), x.array.ndim - 2
    if n > 2:
        raise ValueError(f"`num_spatial_dims` must be 1 or 2. Received: num_spatial_dims={n}.")
    _check_channels(x, w, last)
    y = depthwise(x, w, spread(strides, n, "strides"), _sides(padding), spread(dilation_rate, n, "dilation_rate"), last)
    return windows.convolve(y, point, (1,) * n, "valid", (1,) * n, 1, last)


@op
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> Any:
    """The transpose of `conv`: inputs with kernel[k…, out, in]."""
    x, w = tensor(inputs), tensor(kernel)
    last, n, sides = _last(data_format), w.array.ndim - 2, _sides(padding)
    channels = x.array.shape[-1 if last else 1]
    if channels != w.array.shape[-1]:
        raise ValueError("The number of input channels must match the kernel's input channels. Received: input "
                         f"channels={channels}, kernel input channels={w.array.shape[-1]}, inputs.shape={x.array.shape}, "
                         f"kernel.shape={w.array.shape}")  # fmt: skip
    stride, step = spread(strides, n, "strides"), spread(dilation_rate, n, "dilation_rate")
    extra = (None,) * n if output_padding is None else spread(output_padding, n, "output_padding")
    sizes = x.array.shape[1:-1] if last else x.array.shape[2:]
    out = tuple(
        windows.extent_transposed(m, k, s, sides, e, d)
        for m, k, s, e, d in zip(sizes, w.array.shape[:n], stride, extra, step, strict=True)
    )
    return windows.convolve_transposed(x, w, out, stride, sides, step, last)


def _pool(kind: str, inputs: Any, pool_size: Any, strides: Any, padding: Any, data_format: Any) -> Any:
    x = tensor(inputs)
    n = x.array.ndim - 2
    last = _last(data_format)
    kernel = spread(pool_size, n, "pool_size")
    stride = kernel if strides is None else spread(strides, n, "strides")
    return pooled(x, kind, kernel, stride, _sides(padding), last)


def pooled(x: Any, kind: str, kernel: Ints, stride: Ints, sides: Any, last: bool) -> Any:
    """A pool after TensorFlow's checks; InvalidArgumentError where a window does not fit."""
    if kind == "average" and x.array.dtype.kind not in "fV":
        raise dtype_refused("AvgPool", c_name(x.array.dtype))
    if min(kernel) < 1 or min(stride) < 1:
        raise InvalidArgumentError(
            f"Sliding window ksize and strides must be positive; got ksize={kernel} and strides={stride}"
        )
    out = windows.pooled(x, kind, kernel, stride, sides, last)
    if type(out) is tuple:
        i = next(d for d, n in enumerate(out) if n < 1)
        size = x.array.shape[i + (1 if last else 2)]
        op = "MaxPool" if kind == "max" else "AvgPool"
        raise refused(op, f"Computed output size would be negative: {out[i]} [input_size: {size}, effective_filter_size: {kernel[i]}, stride: {stride[i]}]",
                      kernel=op if kind == "max" else served("NativeAvgPool", x.array.dtype))  # fmt: skip
    return out


@op
def max_pool(inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: Any = None) -> Any:
    """The maximum under each window."""
    return _pool("max", inputs, pool_size, strides, padding, data_format)


@op
def average_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: Any = None
) -> Any:
    """The mean under each window, padding left out."""
    return _pool("average", inputs, pool_size, strides, padding, data_format)


def _adaptive(kind: str, inputs: Any, output_size: Any, data_format: Any) -> Any:
    x = tensor(inputs)
    n = x.array.ndim - 2
    if n not in (1, 2, 3):
        raise ValueError(f"adaptive_{kind}_pool: inputs must have 3, 4 or 5 dimensions; got shape {x.array.shape}")
    return windows.adaptive(x, kind, spread(output_size, n, "output_size"), _last(data_format))


@op
def adaptive_average_pool(inputs: Any, output_size: Any, data_format: Any = None) -> Any:
    """The mean of each of `output_size` bins."""
    return _adaptive("average", inputs, output_size, data_format)


@op
def adaptive_max_pool(inputs: Any, output_size: Any, data_format: Any = None) -> Any:
    """The maximum of each of `output_size` bins."""
    return _adaptive("max", inputs, output_size, data_format)
