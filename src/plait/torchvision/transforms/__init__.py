"""Transforms of pictures and of tensors that hold pictures."""

from plait.torchvision.transforms import functional as functional
from plait.torchvision.transforms.functional import InterpolationMode
from plait.torchvision.transforms.transforms import *
from plait.torchvision.transforms.transforms import __all__ as _names

__all__ = ["InterpolationMode", *_names]
