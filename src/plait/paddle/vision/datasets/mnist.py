"""MNIST and Fashion-MNIST from their gzipped IDX files."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import numpy as np

from plait.feed import pillow
from plait.feed.idx import parse_idx
from plait.paddle._dtypes import get_default_dtype
from plait.paddle.io import Dataset
from plait.paddle.vision.image import get_image_backend

__all__: list[str] = []


class MNIST(Dataset[Any]):
    """Handwritten digits: a sample is a picture (Pillow's, or with backend "cv2" a float32 array [28, 28], `transform`ed where there is
    one) and its label, an int64 array of one element.

    Files are `image_path` and `label_path`, or those that upstream's download has left under ~/.cache/paddle/dataset. Nothing is
    downloaded: where they are missing, RuntimeError says from where and to where they can be fetched.
    """

    NAME = "mnist"
    URL_PREFIX = "https://dataset.bj.bcebos.com/mnist/"
    _FILES: ClassVar[dict[str, str]] = {"train": "train", "test": "t10k"}

    def __init__(
        self,
        image_path: str | None = None,
        label_path: str | None = None,
        mode: str = "train",
        transform: Any = None,
        download: bool = True,
        backend: str | None = None,
    ) -> None:
        if mode.lower() not in ("train", "test"):
            raise AssertionError(f"mode should be 'train' or 'test', but got {mode}")
        backend = get_image_backend() if backend is None else backend
        if backend not in ("pil", "cv2"):
            raise ValueError(f"Expected backend are one of ['pil', 'cv2'], but got {backend}")
        self.backend = backend
        self.mode = mode.lower()
        self.image_path = self._found(image_path, "image_path", "images-idx3", download)
        self.label_path = self._found(label_path, "label_path", "labels-idx1", download)
        self.transform = transform
        self._parse_dataset()
        self.dtype = get_default_dtype()

    def _found(self, path: str | None, argument: str, part: str, download: bool) -> str:
        if path is not None:
            return path
        if not download:
            raise AssertionError(f"{argument} is not set and downloading automatically is disabled")
        name = f"{self._FILES[self.mode]}-{part}-ubyte.gz"
        kept = os.path.join(os.path.expanduser("~"), ".cache", "paddle", "dataset", self.NAME, name)
        if not os.path.exists(kept):
            raise RuntimeError(
                f"Cannot download {self.URL_PREFIX}{name}: plait fetches nothing by itself. Give {argument}=, or put the file at {kept}"
            )
        return kept

    def _parse_dataset(self) -> None:
        import gzip

        with gzip.open(self.image_path, "rb") as file:
            pictures = parse_idx(file.read(), self.image_path)
        with gzip.open(self.label_path, "rb") as file:
            labels = parse_idx(file.read(), self.label_path)
        self.images = list(pictures.reshape(len(pictures), -1).astype("float32"))
        self.labels = list(labels.reshape(-1, 1).astype("int64"))

    def __getitem__(self, idx: Any) -> Any:
        image: Any = np.reshape(self.images[idx], [28, 28])
        label = self.labels[idx]
        if self.backend == "pil":
            image = pillow.image().fromarray(image.astype("uint8"))
        if self.transform is not None:
            image = self.transform(image)
        return (image if self.backend == "pil" else image.astype(self.dtype)), label.astype("int64")

    def __len__(self) -> int:
        return len(self.labels)


class FashionMNIST(MNIST):
    """Ten kinds of clothing, in MNIST's format."""

    NAME = "fashion-mnist"
    URL_PREFIX = "https://dataset.bj.bcebos.com/fashion_mnist/"
