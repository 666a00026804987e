"""Convolutions and pools in tf.nn: strides and windows as TensorFlow spells them, SAME, VALID and explicit padding, both layouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from plait.keras._errors import InvalidArgumentError, UnimplementedError, refused, served
from plait.keras.ops import windows as rows
from plait.keras.random._stateful import stream
from plait.layers import windows
from plait.ops import philox
from plait.tensorflow._call import as_tensor, face, ints, numpy_of, wrap

__all__ = [
    "atrous_conv2d",
    "avg_pool",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv_transpose",
    "convolution",
    "depthwise_conv2d",
    "fractional_max_pool",
    "max_pool",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_pool_with_argmax",
    "separable_conv2d",
]  # fmt: skip


Ints = tuple[int, ...]


def _last(data_format: Any, n: int) -> bool:
    """Whether a layout such as "NHWC" has its channels last; ValueError for an unknown one."""
    if data_format is None:
        return True
    spatial = ("W", "HW", "DHW")[n - 1]
    if data_format in ("N" + spatial + "C", "NWC"[: n + 2] if n == 1 else ""):
        return True
    if data_format == "NC" + spatial:
        return False
    raise ValueError(f"`data_format` must be 'N{spatial}C' or 'NC{spatial}'. Received: data_format={data_format}")


def _window(value: Any, n: int, last: bool, name: str) -> Ints:
    """Strides or sizes given as a number, one, n or n + 2 numbers, as n of them."""
    given = ints(value)
    if len(given) == 1:
        return given * n
    if len(given) == n:
        return given
    if len(given) == n + 2:
        outer = (given[0], given[-1]) if last else (given[0], given[1])
        if outer != (1, 1):
            raise InvalidArgumentError(f"{name} of the batch and channel dimensions must be 1; got {list(given)}")
        return given[1:-1] if last else given[2:]
    raise ValueError(f"{name} should be of length 1, {n} or {n + 2}. Received: {name}={value} of length {len(given)}")


def _sides(padding: Any, n: int, last: bool) -> Any:
    """ "same", "valid" or (before, after) from a padding argument."""
    if isinstance(padding, str):
        name = padding.lower()
        if padding not in ("SAME", "VALID"):
            raise InvalidArgumentError(
                f"`padding` must be 'SAME', 'VALID' or a list of pairs. Received: padding={padding!r}"
            )
        return name
    pairs = [ints(p) for p in padding]
    if len(pairs) != n + 2:
        raise ValueError(f"`padding` must be a list of {n + 2} pairs. Received: padding={padding}")
    inner = pairs[1:-1] if last else pairs[2:]
    outer = (pairs[0], pairs[-1]) if last else (pairs[0], pairs[1])
    if any(p != (0, 0) for p in outer):
        raise ValueError(f"`padding` of the batch and channel dimensions must be [0, 0]. Received: padding={padding}")
    return tuple(p[0] for p in inner), tuple(p[1] for p in inner)


def _convolve(n: int, x: Any, w: Any, strides: Any, padding: Any, data_format: Any, dilations: Any) -> Any:
    t, kernel = as_tensor(x), as_tensor(w)
    kernel = kernel if kernel.array.dtype == t.array.dtype else as_tensor(w, t.array.dtype)
    if t.array.ndim != n + 2 or kernel.array.ndim != n + 2:
        raise InvalidArgumentError(
            f"input and filter must be {n + 2}-dimensional: {list(t.array.shape)} and {list(kernel.array.shape)} [Op:Conv{n}D]"
        )
    last = _last(data_format, n)
    stride = _window(strides, n, last, "strides")
    step = (1,) * n if dilations is None else _window(dilations, n, last, "dilations")
    rows.one_dtype(f"Conv{n}D", t, kernel)
    channels, own = t.array.shape[-1 if last else 1], kernel.array.shape[-2]
    if not own or channels % own or kernel.array.shape[-1] % (channels // own):
        raise refused(f"Conv{n}D", f"input depth must be evenly divisible by filter depth: {channels} vs {own}",
                      kernel=served(f"NativeConv{n}D", t.array.dtype))  # fmt: skip
    sides = _sides(padding, n, last)
    sizes = t.array.shape[1:-1] if last else t.array.shape[2:]
    if sides != "same":
        before, after = ((0,) * n,) * 2 if sides == "valid" else sides
        for m, k, s, b, a, d in zip(sizes, kernel.array.shape[:n], stride, before, after, step, strict=True):
            out = (m + b + a - d * (k - 1) - 1) // s + 1
            if out < 0:
                raise refused(f"Conv{n}D", f"Computed output size would be negative: {out} [input_size: {m}, effective_filter_size: "
                              f"{d * (k - 1) + 1}, stride: {s}]", kernel=served(f"NativeConv{n}D", t.array.dtype))  # fmt: skip
    return windows.convolve(t, kernel, stride, sides, step, channels // own, last)


@face
def conv1d(
    input: Any,
    filters: Any,
    stride: Any,
    padding: Any,
    data_format: Any = "NWC",
    dilations: Any = None,
    name: Any = None,
) -> Any:
    """input[n, w, in] with filters[k, in, out]."""
    return _convolve(1, input, filters, stride, padding, data_format, dilations)


def _named(function: Callable[..., Any], name: str, text: str) -> Callable[..., Any]:
    """One row of a family: the function as one of `tf.nn`, under its name."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return face(function)


def _convolution_of(n: int, layout: str, text: str) -> Callable[..., Any]:
    def row(
        input: Any,
        filters: Any,
        strides: Any,
        padding: Any,
        data_format: Any = layout,
        dilations: Any = None,
        name: Any = None,
    ) -> Any:
        return _convolve(n, input, filters, strides, padding, data_format, dilations)

    return _named(row, f"conv{n}d", text)


conv2d = _convolution_of(2, "NHWC", "input[n, h, w, in] with filters[k, k, in / groups, out].")
conv3d = _convolution_of(3, "NDHWC", "input[n, d, h, w, in] with filters[k, k, k, in, out].")


@face
def convolution(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
    name: Any = None,
) -> Any:
    """A convolution of 1, 2 or 3 spatial axes."""
    return _convolve(
        as_tensor(filters).array.ndim - 2,
        input,
        filters,
        1 if strides is None else strides,
        padding,
        data_format,
        dilations,
    )


@face
def atrous_conv2d(value: Any, filters: Any, rate: int, padding: Any, name: Any = None) -> Any:
    """A convolution whose taps are `rate` apart."""
    return _convolve(2, value, filters, 1, padding, "NHWC", rate)


def _transposed(
    n: int, x: Any, w: Any, output_shape: Any, strides: Any, padding: Any, data_format: Any, dilations: Any
) -> Any:
    t = as_tensor(x)
    kernel = as_tensor(w, t.array.dtype)
    rows.one_dtype(f"Conv{n}DBackpropInput", t, kernel)
    last = _last(data_format, n)
    stride = _window(strides, n, last, "strides")
    step = (1,) * n if dilations is None else _window(dilations, n, last, "dilations")
    shape = ints(output_shape)
    sides = _sides(padding, n, last)
    out = shape[1:-1] if last else shape[2:]
    sizes = t.array.shape[1:-1] if last else t.array.shape[2:]
    for m, o, k, s, d in zip(sizes, out, kernel.array.shape[:n], stride, step, strict=True):
        want = -(-o // s) if sides == "same" else (o - d * (k - 1) - 1) // s + 1 if sides == "valid" else m
        if want != m:
            raise InvalidArgumentError(f"Size of out_backprop doesn't match computed: actual = {m}, computed = {want} input: {o} filter: {k} "
                                       f"[Op:Conv{n}DBackpropInput]")  # fmt: skip
    if t.array.shape[-1 if last else 1] != kernel.array.shape[-1]:
        raise InvalidArgumentError(f"out_backprop's channels must be the filter's last dimension: {t.array.shape[-1 if last else 1]} vs "
                                   f"{kernel.array.shape[-1]} [Op:Conv{n}DBackpropInput]")  # fmt: skip
    return windows.convolve_transposed(t, kernel, out, stride, sides, step, last)


@face
def conv2d_transpose(
    input: Any, filters: Any, output_shape: Any, strides: Any, padding: Any = "SAME", data_format: Any = "NHWC", dilations: Any = None,
    name: Any = None,
) -> Any:  # fmt: skip
    """The transpose of `conv2d` with filters[k, k, out, in], to a given shape."""
    return _transposed(2, input, filters, output_shape, strides, padding, data_format, dilations)


@face
def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: Any = None,
    dilations: Any = None,
    name: Any = None,
) -> Any:
    """The transpose of `convolution`."""
    return _transposed(
        as_tensor(filters).array.ndim - 2, input, filters, output_shape, strides, padding, data_format, dilations
    )


@face
def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: Any = None,
    dilations: Any = None,
    name: Any = None,
) -> Any:
    """Each input channel with its own filters[k, k, in, multiplier]."""
    t = as_tensor(input)
    w = as_tensor(filter, t.array.dtype)
    last = _last(data_format, 2)
    rows.one_dtype("DepthwiseConv2dNative", t, w)
    stride = _window(strides, 2, last, "strides")
    step = (1, 1) if dilations is None else _window(dilations, 2, last, "dilations")
    if max(step) > 1 and max(stride) > 1:
        raise ValueError("`strides` > 1 not supported in conjunction with `dilations` > 1. "
                         f"Received: strides={strides} and dilations={dilations}")  # fmt: skip
    if t.array.shape[-1 if last else 1] != w.array.shape[2]:
        raise refused("DepthwiseConv2dNative", "input depth must be evenly divisible by filter depth: "
                      f"{t.array.shape[-1 if last else 1]} vs {w.array.shape[2]}",
                      kernel=served("NativeDepthwiseConv2dNative", t.array.dtype))  # fmt: skip
    return windows.convolve_depthwise(t, w, stride, _sides(padding, 2, last), step, last)


@face
def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    data_format: Any = None,
    dilations: Any = None,
    name: Any = None,
) -> Any:
    """A depthwise convolution, then one with windows of one place."""
    y = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)
    point = as_tensor(pointwise_filter, y.array.dtype)
    return windows.convolve(y, point, (1, 1), "valid", (1, 1), 1, _last(data_format, 2))


# --- pools -------------------------------------------------------------------------------------------------------------------


def _pool(kind: str, n: int, input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any) -> Any:
    t = as_tensor(input)
    if t.array.ndim != n + 2:
        raise ValueError(f"`input.shape.rank` must be {n + 2}. Received: input.shape={t.shape} of rank {t.array.ndim}")
    last = _last(data_format, n)
    kernel, stride = _window(ksize, n, last, "ksize"), _window(strides, n, last, "strides")
    if kind == "average" and not isinstance(padding, str):
        raise ValueError(f"`padding` must be 'SAME' or 'VALID' for an average pool. Received: padding={padding}")
    return rows.pooled(t, kind, kernel, stride, _sides(padding, n, last), last)


def _pool_of(kind: str, n: int | None, layout: str | None, text: str) -> Callable[..., Any]:
    def row(input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = layout, name: Any = None) -> Any:
        rank = as_tensor(input).array.ndim - 2 if n is None else n
        return _pool(kind, rank, input, ksize, strides, padding, data_format)

    short = "max_pool" if kind == "max" else "avg_pool"
    return _named(row, short if n is None else f"{short}{n}d", text)


max_pool = _pool_of("max", None, None, "The maximum under each window, 1 to 3 spatial axes.")
max_pool1d = _pool_of("max", 1, "NWC", "The maximum under each window of [n, w, c].")
max_pool2d = _pool_of("max", 2, "NHWC", "The maximum under each window of [n, h, w, c].")
max_pool3d = _pool_of("max", 3, "NDHWC", "The maximum under each window of [n, d, h, w, c].")
avg_pool = _pool_of("average", None, None, "The mean under each window, padding left out, 1 to 3 spatial axes.")
avg_pool1d = _pool_of("average", 1, "NWC", "The mean under each window of [n, w, c].")
avg_pool2d = _pool_of("average", 2, "NHWC", "The mean under each window of [n, h, w, c].")
avg_pool3d = _pool_of("average", 3, "NDHWC", "The mean under each window of [n, d, h, w, c].")


class MaxPoolWithArgmax(NamedTuple):
    """What `max_pool_with_argmax` gives."""

    output: Any
    argmax: Any


@face
def max_pool_with_argmax(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NHWC", output_dtype: Any = "int64",
    include_batch_in_index: bool = False, name: Any = None,
) -> tuple[Any, Any]:  # fmt: skip
    """(maxima, places): the place counts ((batch · height + y) · width + x) · channels + c, the batch where it is to be included."""
    if data_format != "NHWC":
        raise ValueError(
            f"`data_format` values other than 'NHWC' are not supported. Received: data_format={data_format}"
        )
    t = as_tensor(input)
    kernel, stride = _window(ksize, 2, True, "ksize"), _window(strides, 2, True, "strides")
    got = windows.pooled(t, "max", kernel, stride, _sides(padding, 2, True), True, True)
    if isinstance(got[0], int):
        raise InvalidArgumentError(f"Computed output size would be negative: {min(got)} [Op:MaxPoolWithArgmax]")
    y, at = got
    n, h, w, c = t.array.shape
    places = at.array.astype(np.int64) * c + np.arange(c)
    if include_batch_in_index:
        places = places + (np.arange(n) * (h * w * c))[:, None, None, None]
    return MaxPoolWithArgmax(y, wrap(np.ascontiguousarray(places.astype(numpy_of(output_dtype)))))


def _cuts(n: int, out: int, generator: Any, pseudo: bool) -> np.ndarray:
    """Where the pools of an axis begin and end, drawn (Graham, Fractional Max-Pooling, 2014)."""
    k = n // out
    if n % out == 0:
        return np.arange(out + 1) * k
    if pseudo:
        alpha = n / out
        most = min((k + 2) / alpha - 1, (n + 1 - k) / alpha - (out - 1))
        u = float(philox.uniform(generator(2), (1,), np.float64)[0]) * most
        inner = np.ceil(alpha * (np.arange(1, out) + u)).astype(np.int64)
        return np.concatenate([[1], inner, [n + 1]]) - 1
    sizes = [k + 1] * (n % out) + [k] * (out - n % out)
    words = philox.words(generator(out), out)
    for i in range(out - 1):
        j = i + int(words[i]) % (out - i)
        sizes[i], sizes[j] = sizes[j], sizes[i]
    return np.concatenate([[0], np.cumsum(sizes)])


@face
def fractional_max_pool(
    value: Any,
    pooling_ratio: Any,
    pseudo_random: bool = False,
    overlapping: bool = False,
    seed: int = 0,
    name: Any = None,
) -> tuple[Any, Any, Any]:
    """(maxima, row cuts, column cuts): pools of drawn sizes, sides shrunk by `pooling_ratio`; the same seed gives the same cuts."""
    t = as_tensor(value)
    ratio = (
        [float(r) for r in pooling_ratio]
        if isinstance(pooling_ratio, (list, tuple))
        else [1.0, float(pooling_ratio), float(pooling_ratio), 1.0]
    )
    if len(ratio) == 1:
        ratio = [1.0, ratio[0], ratio[0], 1.0]
    elif len(ratio) == 2:
        ratio = [1.0, *ratio, 1.0]
    if min(ratio) < 1:
        raise ValueError(f"`pooling_ratio` should be at least 1. Received: pooling_ratio={pooling_ratio}")
    if ratio[0] != 1 or ratio[3] != 1:
        raise UnimplementedError(
            "Fractional max pooling is not yet supported on the batch nor channel dimension. [Op:FractionalMaxPool]"
        )
    h, w = t.array.shape[1:3]
    kept: list[Any] = []

    def generator(words: int) -> Any:
        blocks = (words + 3) // 4
        return stream(("fractional_max_pool", pseudo_random, overlapping, tuple(ratio)), seed or None, blocks)

    cuts = [_cuts(n, int(n / r), generator, pseudo_random) for n, r in ((h, ratio[1]), (w, ratio[2]))]
    for c, n in zip(cuts, (h, w), strict=True):
        taps = np.minimum(c[1:] + (1 if overlapping else 0), n) - c[:-1]
        kept.append((c[:-1].astype(np.int64), taps.astype(np.int64)))
    y = windows.cut_maximum(t, [k[0] for k in kept], [k[1] for k in kept])
    return y, wrap(cuts[0].astype(np.int64)), wrap(cuts[1].astype(np.int64))
