"""What is an image: checks of arguments."""

from __future__ import annotations

from typing import Any

from plait.feed.pillow import is_picture
from plait.torch._tensor import Tensor

__all__ = ["need_image_tensor", "need_picture"]


def need_picture(img: Any) -> None:
    if not is_picture(img):
        raise TypeError(f"img should be PIL Image. Got {type(img)}")


def need_image_tensor(img: Tensor) -> None:
    if img.array.ndim < 2:
        raise TypeError("Tensor is not a torch image.")
