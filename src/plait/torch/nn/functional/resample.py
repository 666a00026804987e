"""torch.nn.functional: resample, shuffles, folds."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

from plait import dtypes
from plait.layers import resample as layer
from plait.op import type_name
from plait.torch._argument_errors import type_name as class_name
from plait.torch._builtins import ask, inner
from plait.torch._tensor import Tensor

__all__ = [
    "affine_grid",
    "channel_shuffle",
    "fold",
    "grid_sample",
    "interpolate",
    "native_channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

_MODES = {"linear": ("linear", 3), "bilinear": ("linear", 4), "trilinear": ("linear", 5), "bicubic": ("cubic", 4)}


def _need_tensor(name: str, value: Any, argument: str = "input", position: int = 1) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {class_name(value)}"
        )


def _is_integer(x: Any) -> bool:
    return hasattr(x, "__index__") and not (isinstance(x, Tensor) and x.array.dtype.kind not in "iub")


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    """Resize the spatial dimensions of [n, c, …] to `size` or by `scale_factor`.

    >>> from plait import torch
    >>> torch.nn.functional.interpolate(torch.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    ask(input, "dim")
    array = input.array
    plain = (size is None or type(size) is int) and (scale_factor is None or type(scale_factor) in (int, float))
    kind, out, align, scales = (_known if plain else _planned)(
        array.shape, array.dtype, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias
    )
    if kind == "mean":
        from plait.torch.nn import functional as F

        return getattr(F, f"adaptive_avg_pool{array.ndim - 2}d")(input, out)
    return layer.interpolate(input, kind, out, align, scales)


def _planned(
    shape: tuple[int, ...],
    dtype: Any,
    size: Any,
    scale_factor: Any,
    mode: str,
    align_corners: bool | None,
    recompute_scale_factor: bool | None,
    antialias: bool,
) -> tuple[str, tuple[int, ...], bool, tuple[float, ...] | None]:
    """What a call of `interpolate` asks of the engine, checked: kind ("mean" for adaptive means), sizes, corners, factors."""
    flat = mode in ("nearest", "area", "nearest-exact")
    if flat:
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
            )
    elif align_corners is None:
        align_corners = False
    spatial = shape[2:]
    out, scales = _wanted_size(spatial, size, scale_factor)
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if scales is not None:
        out = (
            layer.output_sizes(spatial, scales)
            if all(s == s and abs(s) != float("inf") for s in scales)
            else (0,) * len(spatial)
        )
        if mode == "area" or recompute_scale_factor:
            scales = None
    assert out is not None
    ndim = len(shape)
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    if mode == "area" and 3 <= ndim <= 5:
        return "mean", out, False, None
    kind = _kind(mode, ndim, bool(align_corners), antialias)
    _check_sizes(shape, out, kind, dtype)
    return kind, out, bool(align_corners), None if scales is None else tuple(scales)


_known = lru_cache(maxsize=1024, typed=True)(_planned)


def _wanted_size(
    spatial: tuple[int, ...], size: Any, scale_factor: Any
) -> tuple[tuple[int, ...] | None, list[float] | None]:
    dim = len(spatial)
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        if isinstance(size, (list, tuple)):
            if len(size) != dim:
                raise ValueError(
                    "Input and output must have the same number of spatial dimensions, but got "
                    f"input with spatial dimensions of {list(spatial)} and output size of {size}. "
                    "Please provide input tensor in (N, C, d1, d2, ...,dK) format and "
                    "output size in (o1, o2, ...,oK) format."
                )
            if not all(_is_integer(x) for x in size):
                raise TypeError(
                    "expected size to be one of int or Tuple[int] or Tuple[int, int] or "
                    f"Tuple[int, int, int], but got size with types {[type(x) for x in size]}"
                )
            return tuple(int(n) for n in size), None
        if not _is_integer(size):
            raise TypeError(
                f"interpolate() received an invalid size: expected int or tuple of ints, but got {class_name(size)}"
            )
        return (int(size),) * dim, None
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if isinstance(scale_factor, (list, tuple)):
        if len(scale_factor) != dim:
            raise ValueError(
                "Input and scale_factor must have the same number of spatial dimensions, but "
                f"got input with spatial dimensions of {list(spatial)} and scale_factor of shape {scale_factor}. "
                "Please provide input tensor in (N, C, d1, d2, ...,dK) format and "
                "scale_factor in (s1, s2, ...,sK) format."
            )
        return None, [float(s) for s in scale_factor]
    return None, [float(scale_factor)] * dim


def _kind(mode: str, ndim: int, align: bool, antialias: bool) -> str:
    """The engine's name of the mode; upstream's errors where the rank does not fit."""
    if mode in ("nearest", "nearest-exact") and 3 <= ndim <= 5:
        return mode
    if mode == "lanczos" and ndim == 4:
        if align:
            raise ValueError("Lanczos mode does not support align_corners=True")
        if not antialias:
            raise ValueError("Lanczos mode requires antialias=True")
        return "lanczos-antialias"
    if mode in _MODES:
        kind, rank = _MODES[mode]
        if ndim == rank:
            return f"{kind}-antialias" if antialias else kind
        if kind == "linear" and 3 <= ndim <= 5:
            raise NotImplementedError(f"Got {ndim}D input, but {mode} mode needs {rank}D input")
    raise NotImplementedError(
        "Input Error: Only 3D, 4D and 5D input Tensors supported"
        f" (got {ndim}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact"
        f" (got {mode})"
    )


def _check_sizes(shape: tuple[int, ...], out: tuple[int, ...], kind: str, dtype: Any) -> None:
    spatial = shape[2:]
    names = "DHW"[-len(spatial) :]
    if any(n <= 0 for n in (*spatial, *out)):
        was = ", ".join(f"{c}: {n}" for c, n in zip(names, spatial, strict=True))
        now = ", ".join(f"{c}: {n}" for c, n in zip(names, out, strict=True))
        raise RuntimeError(f"Input and output sizes should be greater than 0, but got input ({was}) output ({now})")
    if 0 in shape[1:]:
        raise RuntimeError(f"Non-empty {len(shape)}D data tensor expected but got a tensor with sizes {list(shape)}")
    one_dim = kind.startswith("linear") and len(spatial) != 2
    if not dtypes.is_floating(dtype) and (dtype != dtypes.U8 or one_dim):
        if kind.endswith("antialias"):
            kernel = "compute_index_ranges_weights"
        elif len(spatial) == 2 and kind != "cubic":
            kernel = "upsample_bilinear2d_channels_last" if kind == "linear" else "upsample_nearest2d_channels_last"
        else:
            kernel = f"compute_indices_weights_{kind.removesuffix('-exact')}"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{type_name(dtype)}'")


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Any:
    """`interpolate` by its old name."""
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Any:
    """`interpolate` to the nearest pixel by its old name."""
    warnings.warn(
        "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Any:
    """Bilinear `interpolate` with aligned corners by its old name."""
    warnings.warn(
        "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


# --- grids --------------------------------------------------------------------------------------------------------------------

_ALIGN_WARNING = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
    "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details."
)
_GRID_MODES = {"bilinear": 0, "nearest": 1, "bicubic": 2}
_GRID_PADDINGS = {"zeros": 0, "border": 1, "reflection": 2}


def grid_sample(
    input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Any:
    """Read `input` at the points of `grid`, whose coordinates run from -1 to 1, x first."""
    if mode not in _GRID_MODES:
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in _GRID_PADDINGS:
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', "
            f"but got: '{padding_mode}'"
        )
    if align_corners is None:
        warnings.warn(_ALIGN_WARNING, stacklevel=2)
        align_corners = False
    return _grid_sampler(input, grid, _GRID_MODES[mode], _GRID_PADDINGS[padding_mode], align_corners)


def _grid_sampler(input: Any, grid: Any, mode: int, padding: int, align: bool) -> Any:
    _need_tensor("grid_sampler", input)
    _need_tensor("grid_sampler", grid, "grid", 2)
    shape, points = input.array.shape, grid.array.shape
    sizes = f"input with sizes {list(shape)} and grid with sizes {list(points)}"
    if not shape or not points or shape[0] != points[0]:
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, but got {sizes}")
    if points[-1] != len(shape) - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {len(shape) - 2} in last dimension, but got grid with sizes {list(points)}"
        )
    for i, n in enumerate(shape[2:], 2):
        if n == 0:
            raise RuntimeError("grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                               f"{list(shape)} with dimension {i} being empty")  # fmt: skip
    if len(shape) not in (4, 5) or len(points) != len(shape):
        raise RuntimeError(
            f"grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got {sizes}"
        )
    if len(shape) == 5 and mode == 2:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    dtype = input.array.dtype
    if grid.array.dtype != dtype:
        raise RuntimeError(f"expected scalar type {type_name(dtype)} but found {type_name(grid.array.dtype)}")
    if not dtypes.is_floating(dtype):
        raise NotImplementedError(
            f"\"grid_sampler_{len(shape) - 2}d_cpu_kernel_impl\" not implemented for '{type_name(dtype)}'"
        )
    return layer.grid_sample(input, grid, mode, padding, bool(align))


def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Any:
    """The grid of points that the affine maps `theta` [n, 2, 3] or [n, 3, 4] make of an output of `size`."""
    if align_corners is None:
        warnings.warn(_ALIGN_WARNING, stacklevel=2)
        align_corners = False
    ask(theta, "is_floating_point")
    if not dtypes.is_floating(theta.array.dtype):
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    shape = theta.array.shape
    if len(size) not in (4, 5):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
            f"Got size {size}."
        )
    dims = len(size) - 2
    if len(shape) != 3 or shape[-2] != dims or shape[-1] != dims + 1:
        raise ValueError(
            f"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size {size}. Got {theta.shape}."
        )
    spatial = tuple(int(n) for n in size[2:])
    if align_corners and min(spatial) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. "
            "This is not an intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=2,
        )
    elif min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    if size[0] != shape[0]:
        points = 1
        for n in spatial:
            points *= n
        raise RuntimeError("Expected size for first two dimensions of batch2 tensor to be: "
                           f"[{size[0]}, {dims + 1}] but got: [{shape[0]}, {dims + 1}].")  # fmt: skip
    return layer.affine_grid(theta, spatial, bool(align_corners))


# --- shuffles -----------------------------------------------------------------------------------------------------------------


def _factor(name: str, argument: str, value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}(): argument '{argument}' (position 2) must be int, not {class_name(value)}")
    return int(value)


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Any:
    """[…, c r², h, w] as […, c, h r, w r]."""
    _need_tensor("pixel_shuffle", input)
    r = _factor("pixel_shuffle", "upscale_factor", upscale_factor)
    shape = input.array.shape
    if len(shape) < 3:
        raise RuntimeError(
            f"pixel_shuffle expects input to have at least 3 dimensions, but got input with {len(shape)} dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    if shape[-3] % (r * r):
        raise RuntimeError("pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
                           f"input.size(-3)={shape[-3]} is not divisible by {r * r}")  # fmt: skip
    return layer.pixel_shuffle(input, r)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Any:
    """[…, c, h r, w r] as […, c r², h, w]."""
    _need_tensor("pixel_unshuffle", input)
    r = _factor("pixel_unshuffle", "downscale_factor", downscale_factor)
    shape = input.array.shape
    if len(shape) < 3:
        raise RuntimeError(
            f"pixel_unshuffle expects input to have at least 3 dimensions, but got input with {len(shape)} dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    for name, i in (("height", -2), ("width", -1)):
        if shape[i] % r:
            raise RuntimeError(f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({i})={shape[i]} is "
                               f"not divisible by {r}")  # fmt: skip
    return layer.pixel_unshuffle(input, r)


def channel_shuffle(input: Tensor, groups: int) -> Any:
    """Channels dealt round `groups` groups."""
    _need_tensor("channel_shuffle", input)
    groups = _factor("channel_shuffle", "groups", groups)
    shape = input.array.shape
    if len(shape) <= 2:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    if shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {shape[1]} channels and {groups} groups."
        )
    return layer.channel_shuffle(input, groups)


native_channel_shuffle = channel_shuffle


# --- windows ------------------------------------------------------------------------------------------------------------------


def _pair(name: str, argument: str, position: int, value: Any) -> tuple[int, int]:
    values = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    for i, n in enumerate(values):
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be tuple of ints, but found element of type "
                            f"{class_name(n)} at pos {i}")  # fmt: skip
    if len(values) == 1:
        values *= 2
    if len(values) != 2:
        raise RuntimeError(f"It is expected {argument} equals to 2, but got size {len(values)}")
    return int(values[0]), int(values[1])


def _check_windows(kernel: Any, dilation: Any, padding: Any, stride: Any) -> None:
    if min(kernel) <= 0:
        raise RuntimeError(
            f"kernel size should be greater than zero, but got kernel_height: {kernel[0]} kernel_width: {kernel[1]}"
        )
    if min(dilation) <= 0:
        raise RuntimeError(
            f"dilation should be greater than zero, but got dilation_height: {dilation[0]} dilation_width: {dilation[1]}"
        )
    if min(padding) < 0:
        raise RuntimeError(f"padding should be non-negative, but got pad_height: {padding[0]} pad_width: {padding[1]}")
    if min(stride) <= 0:
        raise RuntimeError(
            f"stride should be greater than zero, but got stride_height: {stride[0]} stride_width: {stride[1]}"
        )


def _count(size: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> tuple[int, int]:
    h, w = (
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(size, kernel, dilation, padding, stride, strict=True)
    )
    return h, w


def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Sliding windows of [n, c, h, w] as columns [n, c * kh * kw, windows]."""
    from plait.torch.nn.modules.utils import _pair as _pair_of

    inner.im2col(input, _pair_of(kernel_size), _pair_of(dilation), _pair_of(padding), _pair_of(stride))
    kernel, dilation = _pair("im2col", "kernel_size", 2, kernel_size), _pair("im2col", "dilation", 3, dilation)
    padding, stride = _pair("im2col", "padding", 4, padding), _pair("im2col", "stride", 5, stride)
    _check_windows(kernel, dilation, padding, stride)
    shape = input.array.shape
    if len(shape) < 3:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-len(shape)}, {len(shape) - 1}], but got {len(shape)})"
        )
    if len(shape) > 4 or 0 in shape[len(shape) - 3 :]:
        raise RuntimeError("Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
                           f"but got: {list(shape)}")  # fmt: skip
    size = shape[-2:]
    blocks = _count(size, kernel, dilation, padding, stride)
    if min(blocks) < 1:
        raise RuntimeError(
            f"Given input with spatial size {size}, kernel_size={kernel}, dilation={dilation}, padding={padding}, calculated shape of "
            f"the array of sliding blocks as {blocks}, but its components must be at least one."
        )
    dtype = input.array.dtype
    if not dtypes.is_floating(dtype) and dtype != dtypes.BOOL:
        raise NotImplementedError(f"\"im2col_out_cpu\" not implemented for '{type_name(dtype)}'")
    return layer.unfold(input, kernel, dilation, padding, stride)


def fold(
    input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    """Columns [n, c * kh * kw, windows] summed into [n, c, *output_size]."""
    from plait.torch.nn.modules.utils import _pair as _pair_of

    sizes = _pair_of(output_size), _pair_of(kernel_size), _pair_of(dilation), _pair_of(padding), _pair_of(stride)
    inner.col2im(input, *sizes)
    size, kernel = _pair("col2im", "output_size", 2, output_size), _pair("col2im", "kernel_size", 3, kernel_size)
    dilation, padding = _pair("col2im", "dilation", 4, dilation), _pair("col2im", "padding", 5, padding)
    stride = _pair("col2im", "stride", 6, stride)
    _check_windows(kernel, dilation, padding, stride)
    shape = input.array.shape
    if len(shape) not in (2, 3) or 0 in shape[len(shape) - 2 :]:
        raise RuntimeError("Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
                           f"input, but got: {list(shape)}")  # fmt: skip
    first = len(shape) - 2
    if shape[first] % (kernel[0] * kernel[1]):
        raise RuntimeError(f"Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
                           f"input.size(1)={shape[first]} and kernel_size={kernel}.")  # fmt: skip
    blocks = _count(size, kernel, dilation, padding, stride)
    count = blocks[0] * blocks[1]
    if shape[-1] != count or min(blocks) < 1:
        raise RuntimeError(
            f"Given output_size={size}, kernel_size={kernel}, dilation={dilation}, padding={padding}, stride={stride}, expected size of "
            f"input's dimension 2 to match the calculated number of sliding blocks {blocks[0]} * {blocks[1]} = {count}, but got "
            f"input.size(2)={shape[-1]}."
        )
    dtype = input.array.dtype
    if not dtypes.is_floating(dtype) and dtype != dtypes.BOOL:
        raise NotImplementedError(f"\"col2im_out_cpu\" not implemented for '{type_name(dtype)}'")
    return layer.fold(input, size, kernel, dilation, padding, stride)
