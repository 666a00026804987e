"""What the transforms do, on Pillow pictures and on tensors [..., C, H, W]."""

from __future__ import annotations

import enum
import warnings
from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np

from plait import config
from plait.feed.pillow import image as _image
from plait.feed.pillow import is_picture
from plait.torch._tensor import Tensor
from plait.torchvision.transforms._colors import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    normalize,
    rgb_to_grayscale,
    to_grayscale,
)
from plait.torchvision.transforms._images import need_image_tensor, need_picture

__all__ = [
    "InterpolationMode",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_hue",
    "adjust_saturation",
    "center_crop",
    "convert_image_dtype",
    "crop",
    "get_dimensions",
    "get_image_num_channels",
    "get_image_size",
    "hflip",
    "normalize",
    "pad",
    "pil_to_tensor",
    "resize",
    "resized_crop",
    "rgb_to_grayscale",
    "rotate",
    "to_grayscale",
    "to_pil_image",
    "to_tensor",
    "vflip",
]


class InterpolationMode(enum.Enum):
    """How pixels between pixels are found."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_FROM_INT = {
    0: InterpolationMode.NEAREST,
    2: InterpolationMode.BILINEAR,
    3: InterpolationMode.BICUBIC,
    4: InterpolationMode.BOX,
    5: InterpolationMode.HAMMING,
    1: InterpolationMode.LANCZOS,
}
_TO_PIL = {mode: number for number, mode in _FROM_INT.items()} | {InterpolationMode.NEAREST_EXACT: 0}


def _mode(interpolation: Any) -> InterpolationMode:
    if isinstance(interpolation, int):
        return _FROM_INT[interpolation]
    if not isinstance(interpolation, InterpolationMode):
        raise TypeError(
            "Argument interpolation should be a InterpolationMode or a corresponding Pillow integer constant"
        )
    return interpolation


def get_image_num_channels(img: Any) -> int:
    """The number of channels of a picture or tensor."""
    return get_dimensions(img)[0]


def get_image_size(img: Any) -> list[int]:
    """[width, height]."""
    _, height, width = get_dimensions(img)
    return [width, height]


def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width]; TypeError for what is neither a picture nor a tensor of one."""
    if isinstance(img, Tensor):
        need_image_tensor(img)
        shape = img.array.shape
        return [1 if len(shape) == 2 else shape[-3], shape[-2], shape[-1]]
    if is_picture(img):
        width, height = img.size
        return [len(img.getbands()), height, width]
    raise TypeError(f"Unexpected type {type(img)}")


def _pixels(pic: Any) -> Any:
    """A picture's pixels as [H, W, C]."""
    kinds = {"I": np.int32, "I;16": np.int16, "F": np.float32}
    array = np.array(pic, kinds.get(pic.mode, np.uint8))
    if pic.mode == "1":
        array = array * np.uint8(255)
    return array.reshape(pic.size[1], pic.size[0], len(pic.getbands()))


def to_tensor(pic: Any) -> Tensor:
    """[H, W, C] bytes of 0 to 255 (a picture or an ndarray) as a float tensor [C, H, W] of 0 to 1; other dtypes keep their values.

    Raises TypeError for other things, ValueError for ndarrays that have not 2 or 3 dimensions.
    """
    if isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        array = pic[:, :, None] if pic.ndim == 2 else pic
    elif is_picture(pic):
        array = _pixels(pic)
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    array = array.transpose(2, 0, 1)
    if array.dtype == np.uint8:
        dtype = config.default_dtype
        return Tensor.wrap(np.divide(array, dtype.type(255), dtype=dtype, order="C"))
    return Tensor.wrap(np.ascontiguousarray(array))


def pil_to_tensor(pic: Any) -> Tensor:
    """A picture's pixels as they are, as a tensor [C, H, W]."""
    if not is_picture(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    array = np.array(pic, copy=True)
    return Tensor.wrap(array.reshape(pic.size[1], pic.size[0], len(pic.getbands())).transpose(2, 0, 1))


def convert_image_dtype(image: Tensor, dtype: Any = None) -> Tensor:
    """The picture in another dtype, its values scaled to that dtype's range.

    Raises RuntimeError for casts that would lose whole numbers (float32 to int32 or int64, float64 to int64).
    """
    from plait import torch

    wanted = torch.float if dtype is None else dtype
    source, x = image.dtype, image.array
    if source == wanted:
        return image
    target = wanted._numpy
    if source.is_floating_point:
        if wanted.is_floating_point:
            return Tensor.wrap(x.astype(target))
        if (x.dtype == np.float32 and target in (np.int32, np.int64)) or (x.dtype == np.float64 and target == np.int64):
            raise RuntimeError(f"The cast from {source} to {wanted} cannot be performed safely.")
        return Tensor.wrap((x * x.dtype.type(np.iinfo(target).max + 1 - 1e-3)).astype(target))
    if wanted.is_floating_point:
        return Tensor.wrap(x.astype(target) / target.type(np.iinfo(x.dtype).max))
    most, least = int(np.iinfo(x.dtype).max), int(np.iinfo(target).max)
    if most > least:
        return Tensor.wrap((x // ((most + 1) // (least + 1))).astype(target))
    return Tensor.wrap(x.astype(target) * target.type((least + 1) // (most + 1)))


_MODES = {2: ["LA"], 3: ["RGB", "YCbCr", "HSV"], 4: ["RGBA", "CMYK", "RGBX"]}


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A picture from a tensor [C, H, W] (or [H, W]) or an ndarray [H, W, C]; floats of 0 to 1 become bytes, unless `mode` is "F"."""
    if isinstance(pic, Tensor):
        array = pic.detach().array
        if array.ndim == 3:
            array = array.transpose(1, 2, 0)
    elif isinstance(pic, np.ndarray):
        array = pic
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3:
        raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    channels = array.shape[-1]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if array.dtype.kind == "f" and mode != "F":
        with np.errstate(invalid="ignore"):
            array = (array * array.dtype.type(255)).astype(np.uint8)
    if channels == 1:
        array = array[:, :, 0]
        known = {
            np.dtype(np.uint8): "L",
            np.dtype(np.int16): "I;16",
            np.dtype(np.int32): "I",
            np.dtype(np.float32): "F",
        }
        expected = known.get(array.dtype)
        if mode is not None and mode != expected:
            raise ValueError(f"Incorrect mode ({mode}) supplied for input type {np.dtype}. Should be {expected}")
        mode = expected
    else:
        permitted = _MODES[channels]
        if mode is not None and mode not in permitted:
            raise ValueError(f"Only modes {permitted} are supported for {channels}D inputs")
        if mode is None and array.dtype == np.uint8:
            mode = permitted[0]
    if mode is None:
        raise TypeError(f"Input type {array.dtype} is not supported")
    array = np.ascontiguousarray(array)
    return _image().frombytes(mode, (array.shape[1], array.shape[0]), array.tobytes())


def _output_size(height: int, width: int, size: Sequence[int], max_size: int | None) -> list[int]:
    if len(size) == 2:
        return [size[0], size[1]]
    short, long = (width, height) if width <= height else (height, width)
    new_short, new_long = size[0], int(size[0] * long / short)
    if max_size is not None:
        if max_size <= size[0]:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested size for the smaller edge size = {size}"
            )
        if new_long > max_size:
            new_short, new_long = int(max_size * new_short / new_long), max_size
    return [new_long, new_short] if width <= height else [new_short, new_long]


def resize(
    img: Any,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """The picture in another size: (height, width), or a number for the shorter edge with the ratio kept."""
    mode = _mode(interpolation)
    if isinstance(size, (list, tuple)):
        if len(size) not in (1, 2):
            raise ValueError(
                f"Size must be an int or a 1 or 2 element tuple/list, not a {len(size)} element tuple/list"
            )
        if max_size is not None and len(size) != 1:
            raise ValueError(
                "max_size should only be passed if size specifies the length of the smaller edge, i.e. size should be an int or "
                "a sequence of length 1 in torchscript mode."
            )
    _, height, width = get_dimensions(img)
    wanted = _output_size(height, width, [size] if isinstance(size, int) else size, max_size)
    if [height, width] == wanted:
        return img
    if not isinstance(img, Tensor):
        if antialias is False:
            warnings.warn(
                "Anti-alias option is always applied for PIL Image input. Argument antialias is ignored.", stacklevel=2
            )
        return img.resize((wanted[1], wanted[0]), _TO_PIL[mode])
    return _resize_tensor(img, wanted, mode.value, bool(antialias))


def _resize_tensor(img: Any, size: list[int], mode: str, antialias: bool) -> Any:
    from plait import torch

    smooth = mode in ("bilinear", "bicubic")
    x, dtype = img, img.dtype
    lead = x.shape[:-3]
    x = x.reshape(-1, *x.shape[-3:]) if x.dim() >= 3 else x.reshape(1, 1, *x.shape)
    if not dtype.is_floating_point:
        x = x.to(torch.float32)
    x = torch.nn.functional.interpolate(
        x, size=size, mode=mode, align_corners=False if smooth else None, antialias=antialias and smooth
    )
    if mode == "bicubic" and dtype == torch.uint8:
        x = x.clamp(min=0, max=255)
    if not dtype.is_floating_point:
        x = x.round().to(dtype)
    return x.reshape(*lead, *x.shape[1:]) if img.dim() >= 3 else x.reshape(*x.shape[-2:])


def _borders(padding: Any) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of a number or of 1, 2 or 4 of them."""
    if isinstance(padding, Number):
        n = int(padding)  # type: ignore[call-overload]
        return n, n, n, n
    items = tuple(padding)
    if len(items) not in (1, 2, 4):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(items)} element tuple")
    if len(items) == 4:
        return items
    return items[0], items[-1], items[0], items[-1]


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """The picture with borders: of `fill`, or "edge", "reflect" or "symmetric"."""
    if not isinstance(padding, (Number, tuple, list)):
        raise TypeError("Got inappropriate padding arg")
    if not isinstance(fill, (Number, str, tuple, list)):
        raise TypeError("Got inappropriate fill arg")
    if not isinstance(padding_mode, str):
        raise TypeError("Got inappropriate padding_mode arg")
    left, top, right, bottom = _borders(padding)
    if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
    if not isinstance(img, Tensor):
        need_picture(img)
        if padding_mode == "constant":
            return _expand(img, (left, top, right, bottom), fill)
    array = img.array if isinstance(img, Tensor) else np.asarray(img)
    rows, columns = (array.ndim - 2, array.ndim - 1) if isinstance(img, Tensor) else (0, 1)
    cut: list[Any] = [slice(None)] * array.ndim
    cut[rows] = slice(max(-top, 0), array.shape[rows] - max(-bottom, 0))
    cut[columns] = slice(max(-left, 0), array.shape[columns] - max(-right, 0))
    array = array[tuple(cut)]
    widths = [(0, 0)] * array.ndim
    widths[rows], widths[columns] = (max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0))
    if padding_mode == "constant":
        value = fill[0] if isinstance(fill, (tuple, list)) and len(fill) == 1 else fill
        array = np.pad(array, widths, "constant", constant_values=np.asarray(value).astype(array.dtype))
    else:
        array = np.pad(array, widths, padding_mode)  # type: ignore[call-overload]
    if isinstance(img, Tensor):
        return Tensor.wrap(array)
    out = _image().fromarray(array)
    if img.mode == "P":
        out.putpalette(img.getpalette())
    return out


def _fill_of(fill: Any, img: Any) -> Any:
    bands = len(img.getbands())
    if isinstance(fill, (int, float)) and bands > 1:
        return tuple([fill] * bands)
    if isinstance(fill, (list, tuple)):
        if len(fill) == 1 and bands > 1:
            return tuple(fill) * bands
        if len(fill) != bands:
            raise ValueError(
                f"The number of elements in 'fill' does not match the number of channels of the image ({len(fill)} != {bands})"
            )
        return tuple(fill)
    return fill


def _expand(img: Any, border: tuple[int, int, int, int], fill: Any) -> Any:
    left, top, right, bottom = border
    size = (img.width + left + right, img.height + top + bottom)
    colour = _fill_of(fill, img)
    if img.mode == "P":
        colour = int(colour if isinstance(colour, int) else 0)
    if isinstance(colour, tuple) and len(colour) == 1:
        colour = colour[0]
    out = _image().new(img.mode, size, colour)
    if img.mode == "P":
        out.putpalette(img.getpalette())
    out.paste(img, (left, top))
    return out


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """The window of that corner and size; what lies outside the picture is zero."""
    if not isinstance(img, Tensor):
        need_picture(img)
        return img.crop((left, top, left + width, top + height))
    x: Any = img
    _, h, w = get_dimensions(img)
    right, bottom = left + width, top + height
    inside = x[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left < 0 or top < 0 or right > w or bottom > h:
        borders = [
            max(-left + min(0, right), 0),
            max(-top + min(0, bottom), 0),
            max(right - max(w, left), 0),
            max(bottom - max(h, top), 0),
        ]
        return pad(inside, borders, 0)
    return inside


def center_crop(img: Any, output_size: Any) -> Any:
    """The window of that size in the middle; a picture that is smaller gets zero borders first."""
    if isinstance(output_size, Number):
        output_size = (int(output_size), int(output_size))  # type: ignore[call-overload]
    elif len(output_size) == 1:
        output_size = (output_size[0], output_size[0])
    _, height, width = get_dimensions(img)
    h, w = output_size
    if w > width or h > height:
        more_w, more_h = max(w - width, 0), max(h - height, 0)
        img = pad(img, [more_w // 2, more_h // 2, (more_w + 1) // 2, (more_h + 1) // 2], 0)
        _, height, width = get_dimensions(img)
        if (w, h) == (width, height):
            return img
    return crop(img, round((height - h) / 2.0), round((width - w) / 2.0), h, w)


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """A window brought to another size."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def hflip(img: Any) -> Any:
    """Left and right exchanged."""
    if isinstance(img, Tensor):
        need_image_tensor(img)
        return img.flip(-1)
    need_picture(img)
    return img.transpose(0)


def vflip(img: Any) -> Any:
    """Top and bottom exchanged."""
    if isinstance(img, Tensor):
        need_image_tensor(img)
        return img.flip(-2)
    need_picture(img)
    return img.transpose(1)


def rotate(
    img: Any,
    angle: float,
    interpolation: Any = InterpolationMode.NEAREST,
    expand: bool = False,
    center: list[int] | None = None,
    fill: Any = None,
) -> Any:
    """A picture turned counter-clockwise by degrees."""
    need_picture(img)
    fillcolor = _fill_of(0 if fill is None else fill, img)
    return img.rotate(angle, _TO_PIL[_mode(interpolation)], expand, center, fillcolor=fillcolor)
