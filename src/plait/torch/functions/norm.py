"""torch.*: norms, shuffles, grids as functions of the torch namespace, with its order of arguments."""

from __future__ import annotations

from typing import Any

from plait.torch._tensor import Tensor
from plait.torch.nn.functional import norm as F
from plait.torch.nn.functional import padding as P
from plait.torch.nn.functional import resample as R

__all__ = [
    "affine_grid_generator",
    "batch_norm",
    "channel_shuffle",
    "constant_pad_nd",
    "grid_sampler",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "pixel_shuffle",
    "pixel_unshuffle",
    "rms_norm",
]


def batch_norm(
    input: Tensor, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool, momentum: float, eps: float,
    cudnn_enabled: bool,
) -> Any:  # fmt: skip
    """`nn.functional.batch_norm` without its checks of sizes."""
    return F._batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


def instance_norm(
    input: Tensor, weight: Any, bias: Any, running_mean: Any, running_var: Any, use_input_stats: bool, momentum: float, eps: float,
    cudnn_enabled: bool,
) -> Any:  # fmt: skip
    """`nn.functional.instance_norm` without its checks of sizes."""
    return F._instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps)


def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-05,
    cudnn_enable: bool = True,
) -> Any:
    """Normalise over the last dimensions."""
    return F.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: Tensor, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-05, cudnn_enabled: bool = True
) -> Any:
    """Normalise each group of channels."""
    return F._group_norm(input, num_groups, weight, bias, eps)


rms_norm = F.rms_norm
pixel_shuffle = R.pixel_shuffle
pixel_unshuffle = R.pixel_unshuffle
channel_shuffle = R.channel_shuffle


def constant_pad_nd(input: Tensor, pad: Any, value: float = 0) -> Any:
    """A constant border."""
    return P.pad(input, pad, "constant", value)


def grid_sampler(input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Any:
    """`nn.functional.grid_sample` with modes as numbers."""
    return R._grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


def affine_grid_generator(theta: Tensor, size: Any, align_corners: bool) -> Any:
    """`nn.functional.affine_grid`."""
    return R.affine_grid(theta, size, align_corners)
