"""Transforms of pictures: Pillow's images, arrays [H, W, C] and tensors [C, H, W]."""

from plait.paddle._absent import getter
from plait.paddle.vision.transforms.functional import normalize, resize, to_tensor
from plait.paddle.vision.transforms.transforms import BaseTransform, Compose, Normalize, Resize, ToTensor, Transpose

__all__ = [
    "BaseTransform",
    "Compose",
    "Normalize",
    "Resize",
    "ToTensor",
    "Transpose",
    "normalize",
    "resize",
    "to_tensor",
]

__getattr__ = getter(__name__)
