"""tf.image: resizing, flips and quarter turns."""

from __future__ import annotations

from typing import Any

from plait.keras._errors import InvalidArgumentError
from plait.ops import arrange
from plait.ops.shape import permute
from plait.ops.views import squeeze, unsqueeze
from plait.tensorflow._call import as_tensor, face, ints

__all__ = ["ResizeMethod", "flip_left_right", "flip_up_down", "resize", "rot90"]


class ResizeMethod:
    """The names of the methods."""

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    AREA = "area"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    GAUSSIAN = "gaussian"
    MITCHELLCUBIC = "mitchellcubic"


@face
def resize(
    images: Any,
    size: Any,
    method: str = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: Any = None,
) -> Any:
    """Images [n, h, w, c] or [h, w, c] at another size: float32, of nearest pixels in their own dtype."""
    from plait.keras.layers.preprocessing import METHODS, resampled

    x = as_tensor(images)
    if x.array.ndim not in (3, 4):
        raise ValueError("'images' must have either 3 or 4 dimensions.")
    single = x.array.ndim == 3
    if single:
        x = unsqueeze(x, 0)
    sizes = ints(size)
    if len(sizes) != 2:
        raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    if min(sizes) < 1:
        raise InvalidArgumentError(f"output dimensions must be positive; got {list(sizes)} [Op:Resize]")
    h, w = x.array.shape[1:3]
    if preserve_aspect_ratio:
        scale = min(sizes[0] / h, sizes[1] / w)
        sizes = (round(scale * h), round(scale * w))
    if method not in METHODS:
        raise ValueError(f"Resize method is not implemented: {method}")
    if method == "nearest" and sizes == (h, w):
        y = x
    else:
        y = resampled(x, (sizes[0], sizes[1]), method, antialias, True)
    return squeeze(y, 0) if single else y


def _images(image: Any) -> Any:
    """Images [n, h, w, c] or one [h, w, c]."""
    x = as_tensor(image)
    if x.array.ndim < 3:
        raise ValueError(f"'image' (shape {x.shape}) must be at least three-dimensional.")
    if x.array.ndim > 4:
        raise ValueError(f"'image' (shape {x.shape}) must have either 3 or 4 dimensions.")
    return x


@face
def flip_left_right(image: Any) -> Any:
    """Images [n, h, w, c] or [h, w, c] with their columns in reverse order."""
    x = _images(image)
    return arrange.flip(x, (x.array.ndim - 2,))


@face
def flip_up_down(image: Any) -> Any:
    """Images [n, h, w, c] or [h, w, c] with their rows in reverse order."""
    x = _images(image)
    return arrange.flip(x, (x.array.ndim - 3,))


@face
def rot90(image: Any, k: Any = 1, name: Any = None) -> Any:
    """Images [n, h, w, c] or [h, w, c], turned against the clock by k quarters."""
    x = _images(image)
    rows = x.array.ndim - 3
    columns, quarters = rows + 1, int(k) % 4
    if quarters == 2:
        return arrange.flip(x, (rows, columns))
    if quarters == 0:
        return x
    turned = permute(x, (*range(rows), columns, rows, columns + 1))
    return arrange.flip(turned, (rows if quarters == 1 else columns,))
