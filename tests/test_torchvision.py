"""torchvision's part: pictures to tensors and back, transforms, grids, datasets in their own file formats."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plait import torch, torchvision
from plait.torchvision import datasets, transforms, utils
from plait.torchvision.transforms import functional as F

Image = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (9, 7, 3), dtype=np.uint8)


@pytest.fixture
def picture() -> Any:
    return Image.fromarray(PIXELS)


def test_reprs() -> None:
    t = transforms
    made = t.Compose(
        [
            t.Resize(32),
            t.Resize((4, 5), interpolation=t.InterpolationMode.NEAREST, max_size=None, antialias=None),
            t.CenterCrop(28),
            t.RandomCrop(28, padding=4),
            t.RandomHorizontalFlip(),
            t.Grayscale(),
            t.Pad((1, 2), fill=3),
            t.Lambda(lambda x: x),
            t.PILToTensor(),
            t.ToPILImage("RGB"),
            t.ToTensor(),
            t.Normalize((0.1307,), (0.3081,)),
        ]
    )
    assert (
        repr(made)
        == """Compose(
    Resize(size=32, interpolation=bilinear, max_size=None, antialias=True)
    Resize(size=(4, 5), interpolation=nearest, max_size=None, antialias=None)
    CenterCrop(size=(28, 28))
    RandomCrop(size=(28, 28), padding=4)
    RandomHorizontalFlip(p=0.5)
    Grayscale(num_output_channels=1)
    Pad(padding=(1, 2), fill=3, padding_mode=constant)
    Lambda()
    PILToTensor()
    ToPILImage(mode=RGB)
    ToTensor()
    Normalize(mean=(0.1307,), std=(0.3081,))
)"""
    )


def test_to_tensor_and_back(picture: Any) -> None:
    x = transforms.ToTensor()(picture)
    assert x.shape == (3, 9, 7) and x.dtype is torch.float32
    np.testing.assert_array_equal(x.array, PIXELS.transpose(2, 0, 1).astype(np.float32) / np.float32(255))
    assert (np.asarray(transforms.ToPILImage()(x)) == PIXELS).all()
    np.testing.assert_array_equal(transforms.ToTensor()(PIXELS).array, x.array)
    assert transforms.ToTensor()(PIXELS[:, :, 0]).shape == (1, 9, 7)
    assert transforms.PILToTensor()(picture).dtype is torch.uint8
    grey = picture.convert("L")
    assert (
        transforms.ToTensor()(grey).shape == (1, 9, 7)
        and transforms.ToPILImage()(transforms.ToTensor()(grey)).mode == "L"
    )
    ones = Image.fromarray(PIXELS[:, :, 0]).convert("1")
    assert set(np.unique(transforms.ToTensor()(ones).array)) <= {0.0, 1.0}
    with pytest.raises(TypeError, match=r"pic should be PIL Image or ndarray. Got"):
        transforms.ToTensor()(3)
    with pytest.raises(ValueError, match=r"pic should be 2/3 dimensional. Got 4 dimensions"):
        transforms.ToTensor()(np.zeros((1, 2, 3, 4)))
    with pytest.raises(ValueError, match=r"pic should not have > 4 channels. Got 5 channels"):
        transforms.ToPILImage()(torch.zeros(5, 2, 2))


def test_normalize() -> None:
    x = transforms.ToTensor()(PIXELS)
    mean, std = np.float32([0.5, 0.4, 0.3])[:, None, None], np.float32([0.2, 0.3, 0.4])[:, None, None]
    y = transforms.Normalize((0.5, 0.4, 0.3), (0.2, 0.3, 0.4))(x)
    np.testing.assert_array_equal(y.array, (x.array - mean) / std)
    with pytest.raises(ValueError, match=r"std evaluated to zero after conversion to torch.float32"):
        F.normalize(x, (0.0,) * 3, (0.0,) * 3)
    with pytest.raises(TypeError, match=r"Input tensor should be a float tensor. Got torch.uint8"):
        F.normalize(torch.zeros(3, 2, 2, dtype=torch.uint8), (0.0,), (1.0,))


def test_sizes(picture: Any) -> None:
    t = transforms
    assert t.Resize((4, 5))(picture).size == (5, 4)
    assert t.Resize(5)(picture).size == (5, 6) and t.Resize(5)(picture.transpose(2)).size == (6, 5)
    assert t.Resize(14, max_size=17)(picture).size == (13, 17)
    assert t.Resize(7)(picture) is picture or t.Resize(7)(picture).size == (7, 9)
    for size in (5, 12, (3, 20)):
        a = F.pil_to_tensor(t.CenterCrop(size)(picture))
        b = t.CenterCrop(size)(F.pil_to_tensor(picture))
        np.testing.assert_array_equal(a.array, b.array)
    for mode in ("constant", "edge", "reflect", "symmetric"):
        a = F.pil_to_tensor(t.Pad((1, 2, 3, 4), padding_mode=mode)(picture))
        b = t.Pad((1, 2, 3, 4), padding_mode=mode)(F.pil_to_tensor(picture))
        np.testing.assert_array_equal(a.array, b.array)
    assert t.Grayscale(3)(picture).mode == "RGB" and t.Grayscale()(picture).mode == "L"
    assert t.Grayscale()(F.to_tensor(picture)).shape == (1, 9, 7)
    assert t.Resize((4, 5))(F.to_tensor(picture)).shape == (3, 4, 5)
    with pytest.raises(ValueError, match="If size is a sequence, it should have 1 or 2 values"):
        t.Resize((1, 2, 3))
    with pytest.raises(ValueError, match=r"Required crop size \(50, 50\) is larger than input image size \(9, 7\)"):
        t.RandomCrop(50)(picture)


def test_random_transforms_draw_from_torch(picture: Any) -> None:
    t = transforms
    made = t.Compose([t.RandomCrop(5, padding=2), t.RandomHorizontalFlip(), t.PILToTensor()])
    torch.manual_seed(0)
    got = made(picture).array
    torch.manual_seed(0)
    i, j = torch.randint(0, 9, (1,)).tolist()[0], torch.randint(0, 7, (1,)).tolist()[0]
    flip = torch.rand(1).tolist()[0] < 0.5
    want = np.pad(PIXELS, ((2, 2), (2, 2), (0, 0)))[i : i + 5, j : j + 5].transpose(2, 0, 1)
    np.testing.assert_array_equal(got, want[:, :, ::-1] if flip else want)
    jitter = t.Compose([t.ColorJitter(0.2, 0.2, 0.2, 0.1), t.RandomRotation(10), t.RandomResizedCrop(6), t.ToTensor()])
    assert jitter(picture).shape == (3, 6, 6)


def test_convert_image_dtype() -> None:
    x = torch.tensor([0, 128, 255], dtype=torch.uint8)
    assert F.convert_image_dtype(x).tolist() == pytest.approx([0.0, 128 / 255, 1.0])
    assert F.convert_image_dtype(torch.tensor([0.0, 0.5, 1.0]), torch.uint8).tolist() == [0, 127, 255]
    assert F.convert_image_dtype(x, torch.int16).tolist() == [0, 16384, 32640]
    with pytest.raises(RuntimeError, match="cannot be performed safely"):
        F.convert_image_dtype(torch.tensor([0.5]), torch.int64)


def test_grids(tmp_path: Path) -> None:
    x = torch.Tensor.wrap(RNG.random((10, 1, 4, 5), dtype=np.float32))
    grid = utils.make_grid(x, nrow=4)
    assert grid.shape == (3, 3 * 6 + 2, 4 * 7 + 2)
    np.testing.assert_array_equal(grid.array[:, 2:6, 2:7], np.repeat(x.array[0], 3, 0))
    assert float(grid.array[:, :2].sum()) == 0
    assert utils.make_grid(x[0]).shape == (3, 4, 5) and utils.make_grid([x[0], x[1]], padding=0).shape == (3, 4, 10)
    scaled = utils.make_grid(x, normalize=True, scale_each=True).array
    assert scaled.max() == 1 and scaled.min() == 0
    utils.save_image(x, tmp_path / "grid.png")
    saved = np.asarray(Image.open(tmp_path / "grid.png"))
    np.testing.assert_array_equal(saved[2:6, 2:7, 0], np.clip(x.array[0, 0] * 255 + 0.5, 0, 255).astype(np.uint8))
    with pytest.raises(TypeError, match="tensor or list of tensors expected"):
        utils.make_grid(3)


def idx(path: Path, array: Any) -> None:
    header = bytes([0, 0, 8, array.ndim]) + b"".join(struct.pack(">i", n) for n in array.shape)
    path.write_bytes(header + array.tobytes())


def test_mnist(tmp_path: Path) -> None:
    for name in ("MNIST", "FashionMNIST"):
        raw = tmp_path / name / "raw"
        raw.mkdir(parents=True)
        for part, n in (("train", 12), ("t10k", 5)):
            idx(raw / f"{part}-images-idx3-ubyte", RNG.integers(0, 256, (n, 28, 28), dtype=np.uint8))
            idx(raw / f"{part}-labels-idx1-ubyte", RNG.integers(0, 10, (n,), dtype=np.uint8))
    made = datasets.MNIST(str(tmp_path), transform=transforms.ToTensor())
    assert len(made) == 12 and made.data.shape == (12, 28, 28) and made.targets.dtype is torch.int64
    image, label = made[3]
    assert image.shape == (1, 28, 28) and label == int(made.targets.array[3])
    shown = "Dataset MNIST\n    Number of datapoints: 12\n    Root location: {}\n    Split: Train\n"
    assert repr(made) == shown.format(tmp_path) + "    StandardTransform\nTransform: ToTensor()"
    assert datasets.FashionMNIST(str(tmp_path), train=False).classes[0] == "T-shirt/top"
    assert len(list(torch.utils.data.DataLoader(made, 5))) == 3
    with pytest.raises(RuntimeError, match=r"Dataset not found. You can use download=True to download it"):
        datasets.MNIST(str(tmp_path / "nowhere"))
    (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08")
    with pytest.raises(ValueError, match="not an IDX file"):
        datasets.MNIST(str(tmp_path))


def test_download_from_a_mirror(tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.mkdir()
    resources = []
    for part in ("train", "t10k"):
        for kind, array in (
            ("images-idx3-ubyte", RNG.integers(0, 256, (3, 28, 28), dtype=np.uint8)),
            ("labels-idx1-ubyte", np.arange(3, dtype=np.uint8)),
        ):
            plain = served / f"{part}-{kind}"
            idx(plain, array)
            packed = gzip.compress(plain.read_bytes())
            (served / f"{part}-{kind}.gz").write_bytes(packed)
            resources.append((f"{part}-{kind}.gz", hashlib.md5(packed).hexdigest()))

    class Local(datasets.MNIST):
        mirrors = [(tmp_path / "gone").as_uri() + "/", served.as_uri() + "/"]

    Local.resources = resources
    assert Local(str(tmp_path / "root"), download=True).targets.tolist() == [0, 1, 2]
    Local.resources = [(resources[0][0], "0" * 32), *resources[1:]]
    with pytest.raises(RuntimeError, match="File not found or corrupted"):
        Local(str(tmp_path / "other"), download=True)
    assert not list((tmp_path / "other").rglob("*.part"))


def test_cifar(tmp_path: Path) -> None:
    class Small(datasets.CIFAR10):
        pass

    folder = tmp_path / Small.base_folder
    folder.mkdir()

    def put(name: str, value: Any) -> list[str]:
        data = pickle.dumps(value, 2)
        (folder / name).write_bytes(data)
        return [name, hashlib.md5(data).hexdigest()]

    parts = [{"data": RNG.integers(0, 256, (4, 3072), dtype=np.uint8), "labels": [0, 1, 2, 3]} for _ in range(3)]
    Small.train_list = [put("one", parts[0]), put("two", parts[1])]
    Small.test_list = [put("test", parts[2])]
    Small.meta = {**Small.meta, "md5": put("batches.meta", {"label_names": list("abcdefghij")})[1]}
    made = Small(str(tmp_path), transform=transforms.PILToTensor())
    assert made.data.shape == (8, 32, 32, 3) and made.targets == [0, 1, 2, 3] * 2 and made.class_to_idx["b"] == 1
    np.testing.assert_array_equal(made[5][0].array, parts[1]["data"][1].reshape(3, 32, 32))
    with pytest.raises(RuntimeError, match=r"Dataset not found or corrupted. You can use download=True to download it"):
        datasets.CIFAR100(str(tmp_path))

    class Evil:
        def __reduce__(self) -> Any:
            return print, ("gotcha",)

    Small.test_list = [put("test", Evil())]
    with pytest.raises(pickle.UnpicklingError, match=r"refusing .*print"):
        Small(str(tmp_path), train=False)


def test_image_folder(tmp_path: Path, picture: Any) -> None:
    for name in ("cat/deep/1.png", "dog/2.PNG", "dog/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("no picture")
        else:
            picture.save(path)
    made = datasets.ImageFolder(str(tmp_path), transforms.ToTensor())
    assert made.classes == ["cat", "dog"] and made.targets == [0, 1] and made.imgs is made.samples
    np.testing.assert_array_equal(made[1][0].array, F.to_tensor(picture).array)
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        FileNotFoundError, match=r"Found no valid file for the classes empty. Supported extensions are: .jpg"
    ):
        datasets.ImageFolder(str(tmp_path))
    assert len(datasets.ImageFolder(str(tmp_path), allow_empty=True)) == 2
    with pytest.raises(FileNotFoundError, match="Couldn't find any class folder in"):
        datasets.ImageFolder(str(tmp_path / "empty"))


def test_fake_data_and_missing_parts() -> None:
    made = datasets.FakeData(3, (3, 4, 4), transform=transforms.ToTensor())
    assert made[1][0].tolist() == made[1][0].tolist() and len(made) == 3
    with pytest.raises(AttributeError, match=r"torchvision.models is not part of plait"):
        torchvision.models  # noqa: B018
