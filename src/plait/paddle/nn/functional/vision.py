"""paddle.nn.functional: resampling, grids, and channels moved into planes."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import resample as layer
from plait.ops.shape import to_dtype
from plait.paddle._tensor import Tensor
from plait.paddle.functions._common import function, integers, need_tensor, number
from plait.paddle.nn.functional._padding import back, first
from plait.paddle.nn.functional.activation import _real
from plait.paddle.nn.functional.pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

__all__ = [
    "affine_grid", "channel_shuffle", "grid_sample", "interpolate", "pixel_shuffle", "pixel_unshuffle", "upsample",
]  # fmt: skip

_FORMATS = {3: ("NCW", "NWC"), 4: ("NCHW", "NHWC"), 5: ("NCDHW", "NDHWC")}
# The integers that a mode takes.
_INTEGERS = {"NEAREST": (dtypes.U8, dtypes.I32, dtypes.I64), "BILINEAR": (dtypes.U8,), "TRILINEAR": (dtypes.U8,)}
_MODES = ("LINEAR", "BILINEAR", "TRILINEAR", "NEAREST", "BICUBIC", "AREA")


def _check_mode(mode: str, ndim: int) -> None:
    if mode not in _MODES:
        raise ValueError(
            "The 'resample' of image_resize can only be 'area', 'linear', 'bilinear', 'trilinear', 'bicubic' or 'nearest' currently; "
            f"received {mode.lower()}"
        )
    wanted = {"LINEAR": (3,), "NEAREST": (4, 5), "BILINEAR": (4,), "BICUBIC": (4,), "TRILINEAR": (5,)}.get(mode)
    if wanted is not None and ndim not in wanted:
        told = " or ".join(f"{d}-D" for d in wanted)
        raise ValueError(f"'{mode.lower()}' only support {told} tensor; received {ndim}-D")


def _sizes(size: Any, ndim: int) -> tuple[int, ...]:
    if isinstance(size, (tuple, list)) and len(size) != ndim - 2:
        raise ValueError(f"The x and size should satisfy rank(x) - 2 == len(size); received {ndim} and {list(size)}")
    if isinstance(size, Tensor):
        if size.array.ndim != 1:
            raise ValueError(f"If size is a tensor, it's rank must be 1, but received {size.array.ndim}.")
        if size.array.size != ndim - 2:
            raise ValueError(
                f"The x and size should satisfy rank(x) - 2 == size.shape[0]; received {ndim}, {size.array.size}"
            )
        size = size.array.astype(np.int32).tolist()
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"size should be a list or tuple or Variable; received {type(size).__name__}")
    sizes = integers([int(v) if isinstance(v, (float, np.floating)) else v for v in size], "interpolate", "size")
    if min(sizes) < 1:
        raise AssertionError(f"Each dimension size given in out_shape must be greater than 0; received {list(sizes)}")
    return sizes


def _scales(scale: Any, n: int) -> list[float]:
    if isinstance(scale, Tensor):
        scale = number(scale) if scale.array.size == 1 else scale.array.tolist()
    if isinstance(scale, (float, int, np.number)):
        scale = [scale] * n
    elif isinstance(scale, np.ndarray):
        scale = scale.reshape(-1).tolist() * (n if scale.size == 1 else 1)
    if not isinstance(scale, (list, tuple)):
        raise TypeError("Attr(scale)'s type should be float, int, list, tuple, or Tensor.")
    if len(scale) != n:
        raise ValueError(f"scale_shape length should be {n} for input {n + 2}-D tensor; received {list(scale)}")
    if min(scale) <= 0:
        raise ValueError(f"Attr(scale) should be greater than zero; received {list(scale)}")
    return [float(s) for s in scale]


@function("x:input", method=False)
def _interpolate(
    x: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool = False, align_mode: int = 0,
    data_format: str | None = None, recompute_scale_factor: bool | None = None, antialias: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    ndim = need_tensor(x, "interpolate").array.ndim
    if ndim not in _FORMATS and data_format is None:
        raise ValueError(
            f"The dimension of the input tensor should only be 3-D, 4-D or 5-D, but the received dimension is {ndim}."
        )
    kind = mode.upper()
    _check_mode(kind, ndim)
    if size is None and scale_factor is None:
        raise ValueError("One of size and scale_factor must not be None.")
    if isinstance(size, (tuple, list)) and len(size) != ndim - 2:
        _sizes(size, ndim)
    for what, flag in (("align_corners", align_corners), ("antialias", antialias)):
        if not isinstance(flag, bool):
            raise TypeError(f"Attr {what} should be a bool value; received {flag}")
    if align_mode not in (0, 1):
        raise ValueError(f"align_mode can only be 0 or 1; received {align_mode}")
    if align_corners and kind == "NEAREST":
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    if antialias and kind not in ("BILINEAR", "BICUBIC"):
        raise ValueError("Anti-alias option is only supported for bilinear and bicubic modes")
    if kind == "AREA":
        if size is None or (isinstance(size, (list, tuple)) and not size):
            raise ValueError("output size can not be None or empty in AREA mode")
        return {3: adaptive_avg_pool1d, 4: adaptive_avg_pool2d, 5: adaptive_avg_pool3d}[ndim](x, size)
    formats = _FORMATS[ndim]
    wanted = formats[0] if data_format is None else data_format.upper()
    if wanted not in formats:
        raise ValueError(
            f"Got wrong value for param `data_format`: {wanted} received but only `{formats[0]}` or `{formats[1]}` supported for {ndim}-D input."
        )
    if size is not None and scale_factor is not None:
        raise ValueError("Only one of size or scale_factor should be defined.")
    last = wanted == formats[1]
    dtype = x.array.dtype
    whole = dtype in _INTEGERS.get(kind, ())
    z = first(x if whole else _real(x, "interpolate"), last)
    spatial = z.array.shape[2:]
    scales: list[float] | None = None
    if size is not None:
        if recompute_scale_factor:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        sizes = _sizes(size, ndim)
    else:
        scales = _scales(scale_factor, ndim - 2)
        if recompute_scale_factor:
            sizes = tuple(
                [int(np.floor(n * s)) for n, s in zip(x.array.shape[2:], scales, strict=True)]
            )  # so upstream, in every layout
            scales = None
        else:
            sizes = tuple([int(np.float32(n) * np.float32(s)) for n, s in zip(spatial, scales, strict=True)])
    if min(sizes) < 1:
        raise ValueError(f"(InvalidArgument) interpolate: the output's sizes must be positive; got {list(sizes)}")
    how = {"NEAREST": "nearest", "BICUBIC": "cubic"}.get(kind, "linear") + ("-antialias" if antialias else "")
    edges = align_mode == 1 and not align_corners and how == "linear"
    if whole and kind != "NEAREST":  # bytes are worked out as floats, and what is behind the point dropped
        z = to_dtype(z, dtypes.F32)
    y = layer.interpolate(z, how, sizes, align_corners, scales, edges, True, ndim == 4)
    return back(y if y.array.dtype == dtype else to_dtype(y, dtype), last)


def interpolate(*args: Any, **kwargs: Any) -> Any:
    """x resampled to `size`, or by `scale_factor`.

    Called as (x, size=None, scale_factor=None, mode="nearest", align_corners=False, align_mode=0, data_format=None,
    recompute_scale_factor=None, antialias=False, name=None), or with recompute_scale_factor and antialias after align_corners. Modes: linear
    (3-D), nearest (4-D, 5-D), bilinear and bicubic (4-D), trilinear (5-D), area (means over bins). Where corners do not align, a pixel's place
    is its middle, or with `align_mode=1` its beginning (linear modes).

    >>> from plait import paddle
    >>> interpolate(paddle.ones([1, 1, 2, 2]), scale_factor=2).shape
    paddle.Size([1, 1, 4, 4])
    """
    if len(args) >= 6 and type(args[5]) is not int:
        for key, value in zip(("recompute_scale_factor", "antialias"), args[5:], strict=False):
            if key in kwargs:
                raise TypeError(f"got multiple values for argument '{key}'")
            kwargs[key] = value
        args = args[:5]
    return _interpolate(*args, **kwargs)


interpolate.__signature__ = inspect.signature(_interpolate)  # type: ignore[attr-defined]


def upsample(
    x: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool = False, align_mode: int = 0,
    data_format: str | None = None, name: str | None = None,
) -> Any:  # fmt: skip
    """`interpolate`."""
    return _interpolate(x, size, scale_factor, mode, align_corners, align_mode, data_format)


@function("x:input", method=False)
def grid_sample(
    x: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = True, name: str | None = None
) -> Any:  # fmt: skip
    """x [N, C, H, W] (or [N, C, D, H, W]) read at the points of grid [N, …, 2 or 3], whose coordinates run from -1 to 1.

    `mode` is "bilinear" or "nearest", `padding_mode` "zeros", "border" or "reflection".
    """
    _real(x, "grid_sample")
    need_tensor(grid, "grid_sample", "grid", 1)
    modes, paddings = ("bilinear", "nearest"), ("zeros", "border", "reflection")
    if mode not in modes:
        raise ValueError(f"The mode of grid sample function should be in {modes}, but got: {mode}")
    if padding_mode not in paddings:
        raise ValueError(f"The padding mode of grid sample function should be in {paddings}, but got: {padding_mode}")
    d = x.array.ndim
    if (
        d not in (4, 5)
        or grid.array.ndim != d
        or grid.array.shape[-1] != d - 2
        or grid.array.shape[0] != x.array.shape[0]
    ):
        raise ValueError(
            f"(InvalidArgument) grid_sample: x must be 4-D or 5-D and grid [N, …, 2 or 3] to it; received {list(x.array.shape)} and "
            f"{list(grid.array.shape)}"
        )
    return layer.grid_sample(x, grid, modes.index(mode), paddings.index(padding_mode), align_corners)


@function(method=False)
def affine_grid(theta: Any, out_shape: Any, align_corners: bool = True, name: str | None = None) -> Any:
    """The grids of the affine maps theta [N, 2, 3] (or [N, 3, 4]) for outputs of shape [N, C, H, W] (or [N, C, D, H, W])."""
    if not isinstance(theta, Tensor):
        raise TypeError(f"The theta should be a Tensor; received {type(theta).__name__}")
    if not isinstance(align_corners, bool):
        raise TypeError(f"(InvalidType) affine_grid(): argument align_corners must be bool, but got {align_corners!r}")
    shape = integers(out_shape, "affine_grid", "out_shape")
    if not shape:
        raise ValueError("The out_shape cannot be empty.")
    if theta.array.ndim != 3 or theta.array.shape[1:] != (len(shape) - 2, len(shape) - 1):
        raise ValueError(
            f"(InvalidArgument) affine_grid: theta must be [N, {len(shape) - 2}, {len(shape) - 1}] for out_shape {list(shape)}, but received "
            f"{list(theta.array.shape)}"
        )
    return layer.affine_grid(_real(theta, "affine_grid"), shape[2:], align_corners, math.nan)


def _planes(x: Any, data_format: str, name: str) -> bool:
    if need_tensor(x, name).array.ndim != 4:
        raise ValueError(f"{name}: Input x should be 4D tensor, but received x with the shape of {list(x.array.shape)}")
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError(f"Attr(data_format) should be 'NCHW' or 'NHWC'.But receive Attr(data_format): {data_format} ")
    return data_format == "NHWC"


@function(method=False)
def pixel_shuffle(x: Any, upscale_factor: int, data_format: str = "NCHW", name: str | None = None) -> Any:
    """[N, C · r², H, W] to [N, C, H · r, W · r]."""
    if not isinstance(upscale_factor, int):
        raise TypeError(f"upscale factor must be int type; received {type(upscale_factor).__name__}")
    last = _planes(x, data_format, "pixel_shuffle")
    z = first(_real(x, "pixel_shuffle"), last)
    if upscale_factor < 1 or z.array.shape[1] % (upscale_factor * upscale_factor):
        raise ValueError(
            f"(InvalidArgument) pixel_shuffle: the square of upscale_factor={upscale_factor} must divide the number of channels "
            f"{z.array.shape[1]}"
        )
    return back(layer.pixel_shuffle(z, upscale_factor), last)


@function(method=False)
def pixel_unshuffle(x: Any, downscale_factor: int, data_format: str = "NCHW", name: str | None = None) -> Any:
    """[N, C, H · r, W · r] to [N, C · r², H, W]."""
    last = _planes(x, "NCHW" if data_format not in ("NCHW", "NHWC") else data_format, "pixel_unshuffle")
    _positive(downscale_factor, "Downscale factor")
    _planes(x, data_format, "pixel_unshuffle")
    z = first(_real(x, "pixel_unshuffle"), last)
    if z.array.shape[2] % downscale_factor or z.array.shape[3] % downscale_factor:
        raise ValueError(
            f"(InvalidArgument) pixel_unshuffle: downscale_factor={downscale_factor} must divide height and width; received "
            f"{list(x.array.shape)}"
        )
    return back(layer.pixel_unshuffle(z, downscale_factor), last)


def _positive(value: Any, what: str) -> None:
    if not isinstance(value, int):
        raise TypeError(f"{what} must be int type; received {type(value).__name__}")
    if value <= 0:
        raise ValueError(f"{what} must be positive; received {value}")


@function(method=False)
def channel_shuffle(x: Any, groups: int, data_format: str = "NCHW", name: str | None = None) -> Any:
    """Channels dealt out: the first of each group, then the second of each, and so on."""
    _planes(x, "NCHW" if data_format not in ("NCHW", "NHWC") else data_format, "channel_shuffle")
    _positive(groups, "groups")
    last = _planes(x, data_format, "channel_shuffle")
    z = first(_real(x, "channel_shuffle"), last)
    if z.array.shape[1] % groups:
        raise ValueError(
            f"(InvalidArgument) channel_shuffle: groups={groups} must divide the number of channels {z.array.shape[1]}"
        )
    return back(layer.channel_shuffle(z, groups), last)
