"""Transforms as objects."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from plait.feed import pillow
from plait.paddle._tensor import Tensor
from plait.paddle.vision.transforms import functional as F

__all__: list[str] = []


class Compose:
    """Transforms one after another. One that fails is named on stdout before its error goes on.

    >>> Compose([ToTensor()])(np.zeros((2, 2, 3), "uint8")).shape
    paddle.Size([3, 2, 2])
    """

    def __init__(self, transforms: Sequence[Any]) -> None:
        self.transforms = transforms

    def __call__(self, data: Any) -> Any:
        for f in self.transforms:
            try:
                data = f(data)
            except Exception as error:
                import traceback

                print(f"fail to perform transform [{f}] with error: {error} and stack:\n{traceback.format_exc()}")
                raise
        return data

    def __repr__(self) -> str:
        return f"{type(self).__name__}(" + "".join(f"\n    {t}" for t in self.transforms) + "\n)"


class BaseTransform:
    """Base: subclasses write `_apply_image` (`_apply_boxes`, `_apply_mask` … for other `keys`), and may write `_get_params`, which sees
    all inputs. Called with one input, or a tuple of them in the order of `keys`; what has no key, or no method, passes through."""

    def __init__(self, keys: Any = None) -> None:
        if keys is None:
            keys = ("image",)
        elif not isinstance(keys, Sequence):
            raise ValueError(f"keys should be a sequence, but got keys={keys}")
        for key in keys:
            if self._get_apply(key) is None:
                raise NotImplementedError(f"{key} is unsupported data structure")
        self.keys = keys
        self.params: Any = None

    def _get_params(self, inputs: Any) -> Any:
        pass

    def __call__(self, inputs: Any) -> Any:
        if not isinstance(inputs, tuple):
            inputs = (inputs,)
        self.params = self._get_params(inputs)
        outputs = []
        for i, value in enumerate(inputs):
            apply = self._get_apply(self.keys[i]) if i < len(self.keys) else None
            outputs.append(value if apply is None else apply(value))
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def _get_apply(self, key: str) -> Any:
        return getattr(self, f"_apply_{key}", None)

    def _apply_image(self, image: Any) -> Any:
        raise NotImplementedError

    def _apply_boxes(self, boxes: Any) -> Any:
        raise NotImplementedError

    def _apply_mask(self, mask: Any) -> Any:
        raise NotImplementedError

    def _apply_coords(self, coords: Any) -> Any:
        raise NotImplementedError


class ToTensor(BaseTransform):
    """A picture as a tensor; see `to_tensor`."""

    def __init__(self, data_format: str = "CHW", keys: Any = None) -> None:
        super().__init__(keys)
        self.data_format = data_format

    def _apply_image(self, image: Any) -> Any:
        return F.to_tensor(image, self.data_format)


class Resize(BaseTransform):
    """A picture in another size; see `resize`."""

    def __init__(self, size: Any, interpolation: str = "bilinear", keys: Any = None) -> None:
        super().__init__(keys)
        if not (isinstance(size, int) or (isinstance(size, Iterable) and len(list(size)) == 2)):
            raise AssertionError(f"Resize: size must be an int or a pair; got {size}")
        self.size = size
        self.interpolation = interpolation

    def _apply_image(self, image: Any) -> Any:
        return F.resize(image, self.size, self.interpolation)


class Normalize(BaseTransform):
    """(picture − mean) / std for each channel; see `normalize`."""

    def __init__(
        self, mean: Any = 0.0, std: Any = 1.0, data_format: str = "CHW", to_rgb: bool = False, keys: Any = None
    ) -> None:
        super().__init__(keys)
        self.mean = [mean, mean, mean] if isinstance(mean, numbers.Number) else mean
        self.std = [std, std, std] if isinstance(std, numbers.Number) else std
        self.data_format = data_format
        self.to_rgb = to_rgb

    def _apply_image(self, image: Any) -> Any:
        return F.normalize(image, self.mean, self.std, self.data_format, self.to_rgb)


class Transpose(BaseTransform):
    """A picture's axes in another order, as an array; of two axes it gets a third at the end first."""

    def __init__(self, order: Sequence[int] = (2, 0, 1), keys: Any = None) -> None:
        super().__init__(keys)
        self.order = order

    def _apply_image(self, image: Any) -> Any:
        if isinstance(image, Tensor):
            return image.transpose(self.order)
        if pillow.is_picture(image):
            image = np.asarray(image)
        if image.ndim == 2:
            image = image[..., np.newaxis]
        return image.transpose(self.order)
