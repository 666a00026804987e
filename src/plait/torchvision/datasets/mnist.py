"""MNIST and its kin: pictures and labels in IDX files (big-endian: type and rank in a magic number, the sizes, the data)."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from plait.feed.idx import parse_idx
from plait.feed.pillow import image as _image
from plait.torch._tensor import Tensor
from plait.torchvision.datasets.utils import check_integrity, download_and_extract_archive
from plait.torchvision.datasets.vision import VisionDataset

__all__ = ["KMNIST", "MNIST", "FashionMNIST", "read_image_file", "read_label_file", "read_sn3_pascalvincent_tensor"]


def read_sn3_pascalvincent_tensor(path: Any, strict: bool = True) -> Tensor:
    """An IDX file as a tensor; ValueError for a file that is none or is cut short."""
    with open(path, "rb") as f:
        return Tensor.wrap(parse_idx(f.read(), str(path), strict))


def read_label_file(path: Any) -> Tensor:
    """Labels as int64."""
    x: Any = read_sn3_pascalvincent_tensor(path, strict=False)
    if x.array.dtype != np.uint8:
        raise TypeError(f"x should be of dtype torch.uint8 instead of {x.dtype}")
    if x.array.ndim != 1:
        raise ValueError(f"x should have 1 dimension instead of {x.array.ndim}")
    return Tensor.wrap(x.array.astype(np.int64))


def read_image_file(path: Any) -> Tensor:
    """Pictures [N, H, W] of bytes."""
    x: Any = read_sn3_pascalvincent_tensor(path, strict=False)
    if x.array.dtype != np.uint8:
        raise TypeError(f"x should be of dtype torch.uint8 instead of {x.dtype}")
    if x.array.ndim != 3:
        raise ValueError(f"x should have 3 dimension instead of {x.array.ndim}")
    return x


class MNIST(VisionDataset):
    """Handwritten digits: 60,000 and (`train=False`) 10,000 pictures of 28 x 28, under `root`/MNIST/raw."""

    mirrors: ClassVar[list[str]] = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ]
    training_file = "training.pt"
    test_file = "test.pt"
    classes: ClassVar[list[str]] = [
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    ]
    data: Tensor
    targets: Tensor

    def __init__(
        self,
        root: Any,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        if not self._check_exists():
            raise RuntimeError("Dataset not found. You can use download=True to download it")
        self.data, self.targets = self._load_data()

    def _renamed(self, old: str, new: str) -> Any:
        warnings.warn(f"{old} has been renamed {new}", stacklevel=3)
        return getattr(self, new)

    @property
    def train_labels(self) -> Any:
        """Renamed `targets`."""
        return self._renamed("train_labels", "targets")

    @property
    def test_labels(self) -> Any:
        """Renamed `targets`."""
        return self._renamed("test_labels", "targets")

    @property
    def train_data(self) -> Any:
        """Renamed `data`."""
        return self._renamed("train_data", "data")

    @property
    def test_data(self) -> Any:
        """Renamed `data`."""
        return self._renamed("test_data", "data")

    def _load_data(self) -> tuple[Tensor, Tensor]:
        part = "train" if self.train else "t10k"
        return (
            read_image_file(os.path.join(self.raw_folder, f"{part}-images-idx3-ubyte")),
            read_label_file(os.path.join(self.raw_folder, f"{part}-labels-idx1-ubyte")),
        )

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        target = int(self.targets.array[index])
        return self._transformed(_image().fromarray(self.data.array[index]), target)

    def __len__(self) -> int:
        return len(self.data.array)

    @property
    def raw_folder(self) -> str:
        """Where the IDX files lie."""
        return os.path.join(self.root, self.__class__.__name__, "raw")

    @property
    def processed_folder(self) -> str:
        """Where old versions kept their own files."""
        return os.path.join(self.root, self.__class__.__name__, "processed")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """Class name to label."""
        return {name: i for i, name in enumerate(self.classes)}

    def _check_exists(self) -> bool:
        return all(
            check_integrity(os.path.join(self.raw_folder, os.path.splitext(os.path.basename(url))[0]))
            for url, _ in self.resources
        )

    def download(self) -> None:
        """Fetch and unpack the files, unless they are there."""
        if self._check_exists():
            return
        os.makedirs(self.raw_folder, exist_ok=True)
        for filename, md5 in self.resources:
            errors = []
            for mirror in self.mirrors:
                url = f"{mirror}{filename}"
                try:
                    print(f"Downloading {url}")
                    download_and_extract_archive(url, self.raw_folder, filename=filename, md5=md5)
                except OSError as error:
                    errors.append(error)
                    print(f"Failed to download (trying next):\n{error}")
                    continue
                finally:
                    print()
                break
            else:
                text = f"Error downloading {filename}:\n"
                for mirror, failure in zip(self.mirrors, errors, strict=True):
                    text += f"Tried {mirror}, got:\n{failure!s}\n"
                raise RuntimeError(text)

    def extra_repr(self) -> str:
        """Which part it is."""
        return f"Split: {'Train' if self.train is True else 'Test'}"


class FashionMNIST(MNIST):
    """Zalando's articles of clothing, in MNIST's format."""

    mirrors: ClassVar[list[str]] = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ]
    classes: ClassVar[list[str]] = [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ]


class KMNIST(MNIST):
    """Kuzushiji, cursive Japanese characters, in MNIST's format."""

    mirrors: ClassVar[list[str]] = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    ]
    classes: ClassVar[list[str]] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
