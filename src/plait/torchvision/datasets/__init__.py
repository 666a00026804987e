"""Datasets that are read from their own files."""

from plait.torchvision.datasets.cifar import CIFAR10, CIFAR100
from plait.torchvision.datasets.fakedata import FakeData
from plait.torchvision.datasets.folder import DatasetFolder, ImageFolder
from plait.torchvision.datasets.mnist import KMNIST, MNIST, FashionMNIST
from plait.torchvision.datasets.vision import VisionDataset

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "KMNIST",
    "MNIST",
    "DatasetFolder",
    "FakeData",
    "FashionMNIST",
    "ImageFolder",
    "VisionDataset",
]
