"""Small networks, written once for plait and PyTorch (`t` is either); other peers get them by benchmarks.describe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Network = tuple[str, tuple[int, ...], Callable[[Any], Any]]


def lenet(t: Any) -> Any:
    nn = t.nn
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def small_cnn(t: Any) -> Any:
    nn = t.nn
    layers: list[Any] = []
    for a, b in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


def vgg_like(t: Any) -> Any:
    nn = t.nn
    layers: list[Any] = []
    for a, b, n in ((3, 32, 2), (32, 64, 2), (64, 128, 2)):
        for i in range(n):
            layers += [nn.Conv2d(a if i == 0 else b, b, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(128 * 8 * 8, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10)
    )


def resnet18(t: Any) -> Any:
    """He et al., "Deep residual learning for image recognition", table 1."""
    nn = t.nn

    class Residual(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, a: int, b: int, stride: int) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU(),
                nn.Conv2d(b, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b),
            )  # fmt: skip
            plain = a == b and stride == 1
            self.shortcut = (
                nn.Sequential() if plain else nn.Sequential(nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b))
            )

        def forward(self, x: Any) -> Any:
            return t.relu(self.body(x) + self.shortcut(x))

    blocks = [
        Residual(a, b, 1 if a == b else 2)
        for a, b in ((64, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512))
    ]
    return nn.Sequential(
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *blocks,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10),
    )  # fmt: skip


TRAINING: list[Network] = [
    ("LeNet, batch 128", (128, 1, 28, 28), lenet),
    ("LeNet, batch 1", (1, 1, 28, 28), lenet),
    ("small CNN with batch norm, batch 128", (128, 3, 32, 32), small_cnn),
    ("small CNN with batch norm, batch 8", (8, 3, 32, 32), small_cnn),
    ("VGG-like, batch 16", (16, 3, 64, 64), vgg_like),
    ("ResNet-18 at 64×64, batch 8", (8, 3, 64, 64), resnet18),
    ("ResNet-18 at 64×64, batch 1", (1, 3, 64, 64), resnet18),
]

INFERENCE: list[Network] = [
    ("LeNet, batch 1", (1, 1, 28, 28), lenet),
    ("LeNet, batch 32", (32, 1, 28, 28), lenet),
    ("small CNN with batch norm, batch 1", (1, 3, 32, 32), small_cnn),
    ("small CNN with batch norm, batch 32", (32, 3, 32, 32), small_cnn),
    ("VGG-like, batch 1", (1, 3, 64, 64), vgg_like),
    ("ResNet-18 at 64×64, batch 1", (1, 3, 64, 64), resnet18),
    ("ResNet-18 at 64×64, batch 32", (32, 3, 64, 64), resnet18),
]
