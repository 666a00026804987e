"""Colours of images: channels, brightness, contrast, saturation, hue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from plait.feed.pillow import image as _image
from plait.torch._tensor import Tensor
from plait.torchvision.transforms._images import need_image_tensor, need_picture

__all__ = [
    "adjust_brightness",
    "adjust_contrast",
    "adjust_hue",
    "adjust_saturation",
    "normalize",
    "rgb_to_grayscale",
    "to_grayscale",
]


def normalize(tensor: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> Tensor:
    """(x - mean) / std per channel of a float tensor [..., C, H, W]; ValueError for a std of zero."""
    from plait import torch

    if not isinstance(tensor, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    need_image_tensor(tensor)
    x: Any = tensor
    if not x.dtype.is_floating_point:
        raise TypeError(f"Input tensor should be a float tensor. Got {x.dtype}.")
    if x.array.ndim < 3:
        raise ValueError(f"Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {x.size()}")
    if not inplace:
        x = x.clone()
    centre: Any = torch.as_tensor(mean, dtype=x.dtype)
    spread: Any = torch.as_tensor(std, dtype=x.dtype)
    if (spread.array == 0).any():
        raise ValueError(f"std evaluated to zero after conversion to {x.dtype}, leading to division by zero.")
    if centre.array.ndim == 1:
        centre = Tensor.wrap(centre.array.reshape(-1, 1, 1))
    if spread.array.ndim == 1:
        spread = Tensor.wrap(spread.array.reshape(-1, 1, 1))
    done: Tensor = x.sub_(centre).div_(spread)
    return done


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """Luma, 0.2989 R + 0.587 G + 0.114 B, in 1 or 3 equal channels."""
    if not isinstance(img, Tensor):
        return to_grayscale(img, num_output_channels)
    x: Any = img
    if x.dim() < 3:
        raise TypeError(f"Input image tensor should have at least 3 dimensions, but found {x.dim()}")
    if x.shape[-3] not in (1, 3):
        raise TypeError(f"Input image tensor permitted channel values are [1, 3], but found {x.shape[-3]}")
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    if x.shape[-3] == 3:
        r, g, b = x.unbind(dim=-3)
        luma = (0.2989 * r + 0.587 * g + 0.114 * b).to(x.dtype).unsqueeze(-3)
    else:
        luma = x.clone()
    return luma.expand(x.shape[:-3] + (3,) + x.shape[-2:]) if num_output_channels == 3 else luma


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """A picture's luma, in mode "L", or as three equal channels."""
    need_picture(img)
    if num_output_channels == 1:
        return img.convert("L")
    if num_output_channels == 3:
        grey = np.asarray(img.convert("L"))
        return _image().fromarray(np.dstack([grey, grey, grey]))
    raise ValueError("num_output_channels should be either 1 or 3")


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """A picture's brightness times a factor."""
    need_picture(img)
    from PIL import ImageEnhance

    return ImageEnhance.Brightness(img).enhance(brightness_factor)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """A picture's contrast times a factor."""
    need_picture(img)
    from PIL import ImageEnhance

    return ImageEnhance.Contrast(img).enhance(contrast_factor)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """A picture's saturation times a factor."""
    need_picture(img)
    from PIL import ImageEnhance

    return ImageEnhance.Color(img).enhance(saturation_factor)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """A picture's hue turned by a part (-0.5 to 0.5) of the circle."""
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    need_picture(img)
    if img.mode in ("L", "1", "I", "F"):
        return img
    h, s, v = img.convert("HSV").split()
    turned = np.array(h, np.uint8) + np.array(hue_factor * 255).astype(np.int32).astype(np.uint8)
    return _image().merge("HSV", (_image().fromarray(turned), s, v)).convert(img.mode)
