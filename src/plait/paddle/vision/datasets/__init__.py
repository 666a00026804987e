"""Datasets of pictures, from files that are there."""

from plait.paddle._absent import getter
from plait.paddle.vision.datasets.mnist import MNIST, FashionMNIST

__all__ = ["MNIST", "FashionMNIST"]

__getattr__ = getter(__name__)
