"""Random pictures, to try things out without any file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from plait.ops import random as _random
from plait.torch._tensor import Tensor
from plait.torchvision.datasets.vision import VisionDataset
from plait.torchvision.transforms.functional import to_pil_image

__all__ = ["FakeData"]


class FakeData(VisionDataset):
    """`size` pictures of normal noise with random labels; picture i is the same whenever it is asked for."""

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size = size
        self.num_classes = num_classes
        self.image_size = image_size
        self.random_offset = random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{self.__class__.__name__} index out of range")
        generator = _random.Generator(index + self.random_offset)
        picture = np.empty(self.image_size, np.float32)
        _random.normal(picture, 0.0, 1.0, generator)
        target = np.empty(1, np.int64)
        _random.integers(target, 0, self.num_classes, generator)
        return self._transformed(to_pil_image(Tensor.wrap(picture)), int(target[0]))

    def __len__(self) -> int:
        return self.size
