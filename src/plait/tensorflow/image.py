"""tf.image: resizing."""

from __future__ import annotations

from typing import Any

from plait.keras._errors import InvalidArgumentError
from plait.ops.views import squeeze, unsqueeze
from plait.tensorflow._call import as_tensor, face, ints

__all__ = ["ResizeMethod", "resize"]


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
