"""Transforms as functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from plait.feed import pillow
from plait.paddle._tensor import Tensor
from plait.paddle.functions.creation import to_tensor as _tensor
from plait.paddle.utils.lazy_import import try_import

__all__: list[str] = []


def _kind(img: Any, name: str) -> str:
    """What the picture is: "pil", "array" or "tensor"; TypeError for others."""
    if isinstance(img, Tensor):
        return "tensor"
    if pillow.is_picture(img):
        return "pil"
    if isinstance(img, np.ndarray) and img.ndim in (2, 3):
        return "array"
    raise TypeError(f"{name} should be PIL Image or Tensor Image or ndarray with dim=[2 or 3]. Got {type(img)}")


def to_tensor(pic: Any, data_format: str = "CHW") -> Any:
    """A picture as a tensor, [C, H, W] or [H, W, C]; uint8 becomes float32 in 0 … 1, other dtypes stay."""
    kind = _kind(pic, "pic")
    if kind == "tensor":
        return pic if data_format.lower() == "chw" else pic.transpose((1, 2, 0))
    if data_format not in ("CHW", "HWC"):
        raise ValueError(f"data_format should be CHW or HWC. Got {data_format}")
    array = _pixels(pic) if kind == "pil" else pic
    if array.ndim == 2:
        array = array[:, :, None]
    if data_format == "CHW":
        array = array.transpose(2, 0, 1)
    picture = _tensor(np.ascontiguousarray(array))
    return picture.astype("float32") / 255.0 if array.dtype == np.uint8 else picture


def _pixels(pic: Any) -> Any:
    """A Pillow image's pixels."""
    if pic.mode in ("I", "I;16"):
        return np.asarray(pic, np.int32)
    if pic.mode == "F":
        return np.asarray(pic, np.float32)
    return 255 * np.asarray(pic, np.uint8) if pic.mode == "1" else np.asarray(pic)


def _wanted(size: Any, width: int, height: int) -> tuple[int, int] | None:
    """(width, height) to scale to: a pair (height, width) as it is, a number for the shorter side; None where it is so already."""
    if not isinstance(size, int):
        if not isinstance(size, Iterable) or len(list(size)) != 2:
            raise TypeError(f"Got inappropriate size arg: {size}")
        tall, wide = size
        return wide, tall
    if min(width, height) == size:
        return None
    if width < height:
        return size, int(size * height / width)
    return int(size * width / height), size


def resize(img: Any, size: Any, interpolation: str = "bilinear") -> Any:
    """The picture in another size: (height, width), or the shorter side's. Pillow images by Pillow, arrays by OpenCV (ImportError where it
    is not installed), tensors by `interpolate`."""
    kind = _kind(img, "img")
    if kind == "tensor":
        return _resize_tensor(img, size, interpolation)
    width, height = img.size if kind == "pil" else img.shape[1::-1]
    cv2: Any = try_import("cv2") if kind == "array" else None
    target = _wanted(size, width, height)
    if target is None:
        return img
    if kind == "pil":
        return img.resize(target, getattr(pillow.image().Resampling, interpolation.upper()))
    codes = {"nearest": "NEAREST", "bilinear": "LINEAR", "area": "AREA", "bicubic": "CUBIC", "lanczos": "LANCZOS4"}
    out = cv2.resize(img, dsize=target, interpolation=getattr(cv2, "INTER_" + codes[interpolation]))
    return out[:, :, np.newaxis] if img.ndim == 3 and img.shape[2] == 1 else out


def _resize_tensor(img: Any, size: Any, interpolation: str) -> Any:
    if not 3 <= img.ndim <= 4:
        raise RuntimeError(f"not support [type={type(img)}, ndim={img.ndim}, data_format=CHW] paddle image")
    target = _wanted(size, img.shape[-1], img.shape[-2])
    if target is None:
        return img
    from plait import paddle

    scaled = paddle.nn.functional.interpolate(
        img.unsqueeze(0), size=(target[1], target[0]), mode=interpolation.lower(), data_format="NCHW"
    )
    return scaled.squeeze(0)


def normalize(img: Any, mean: Any, std: Any, data_format: str = "CHW", to_rgb: bool = False) -> Any:
    """(img − mean) / std for each channel; Pillow images become float32 arrays. `to_rgb` turns the last axis of arrays round."""
    first = data_format.lower() == "chw"
    if _kind(img, "img") == "tensor":
        if not 3 <= img.ndim <= 4 or data_format.lower() not in ("chw", "hwc"):
            raise RuntimeError(
                f"not support [type={type(img)}, ndim={img.ndim}, data_format={data_format}] paddle image"
            )
        centre, scale = _tensor(mean), _tensor(std)
        if first:
            centre, scale = centre.reshape([-1, 1, 1]), scale.reshape([-1, 1, 1])
        return (img - centre) / scale
    if pillow.is_picture(img):
        img = np.array(img).astype(np.float32)
    shape = (-1, 1, 1) if data_format == "CHW" else (1, 1, -1)
    if to_rgb:
        img = img[..., ::-1]
    return (img - np.float32(np.array(mean).reshape(shape))) / np.float32(np.array(std).reshape(shape))
