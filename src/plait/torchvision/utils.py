"""Grids of pictures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait.feed.pillow import image as _image
from plait.torch._tensor import Tensor

__all__ = ["make_grid", "save_image"]


def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """One picture [C, H, W] of many [N, C, H, W] (or a list of them), `nrow` in a row, `padding` pixels between; grey becomes RGB.

    `normalize` brings the values from `value_range` (or from their least and most, `scale_each`: each picture's) to 0 ... 1.
    """
    if not isinstance(tensor, Tensor):
        if not isinstance(tensor, list):
            raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
        for t in tensor:
            if not isinstance(t, Tensor):
                raise TypeError(f"tensor or list of tensors expected, got a list containing {type(t)}")
        images = np.stack([t.array for t in tensor], 0)
    else:
        images = tensor.array
    if images.ndim == 2:
        images = images[None]
    if images.ndim == 3:
        if images.shape[0] == 1:
            images = np.concatenate([images] * 3, 0)
        images = images[None]
    if images.ndim == 4 and images.shape[1] == 1:
        images = np.concatenate([images] * 3, 1)
    if normalize is True:
        images = images.copy()
        if value_range is not None and not isinstance(value_range, tuple):
            raise TypeError("value_range has to be a tuple (min, max) if specified. min and max are numbers")
        for part in images if scale_each else [images]:
            low, high = (float(part.min()), float(part.max())) if value_range is None else value_range
            np.clip(part, low, high, out=part)
            part -= part.dtype.type(low)
            part /= part.dtype.type(max(high - low, 1e-5))
    if images.shape[0] == 1:
        return Tensor.wrap(images[0])
    count, channels, height, width = images.shape
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    height, width = height + padding, width + padding
    grid = np.full((channels, height * rows + padding, width * columns + padding), pad_value, images.dtype)
    for k in range(count):
        top, left = (k // columns) * height + padding, (k % columns) * width + padding
        grid[:, top : top + height - padding, left : left + width - padding] = images[k]
    return Tensor.wrap(grid)


def save_image(tensor: Any, fp: Any, format: str | None = None, **kwargs: Any) -> None:
    """Write a tensor of 0 to 1 as a picture file; many pictures as a grid (see `make_grid`, which `kwargs` are for)."""
    grid = make_grid(tensor, **kwargs).array
    scaled = np.clip(grid * grid.dtype.type(255) + grid.dtype.type(0.5), 0, 255)
    picture = np.ascontiguousarray(scaled.transpose(1, 2, 0).astype(np.uint8))
    _image().fromarray(picture).save(fp, format=format)
