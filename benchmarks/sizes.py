"""The common layers once more at other sizes, in the form of benchmarks.layers: batch 1, where all fits in L3, and larger than it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ONE = (1, 64, 56, 56)

LAYERS: list[tuple[str, tuple[int, ...], Callable[[Any], Any]]] = [
    ("max pool 2/2, batch 1", ONE, lambda t: t.nn.MaxPool2d(2)),
    ("max pool 3/2/1 at 112, batch 1", (1, 64, 112, 112), lambda t: t.nn.MaxPool2d(3, 2, 1)),
    ("average pool 2/2, batch 1", ONE, lambda t: t.nn.AvgPool2d(2)),
    ("average pool 3/2/1, batch 1", ONE, lambda t: t.nn.AvgPool2d(3, 2, 1)),
    ("global average, batch 1", ONE, lambda t: t.nn.AdaptiveAvgPool2d(1)),
    ("batch norm, training, batch 1", ONE, lambda t: t.nn.BatchNorm2d(64)),
    ("batch norm, inference, batch 1", ONE, lambda t: t.nn.BatchNorm2d(64).eval()),
    ("group norm 8, batch 1", ONE, lambda t: t.nn.GroupNorm(8, 64)),
    ("instance norm, batch 1", ONE, lambda t: t.nn.InstanceNorm2d(64)),
    ("layer norm 768, batch 1", (1, 128, 768), lambda t: t.nn.LayerNorm(768)),
    ("ReLU, batch 1", ONE, lambda t: t.nn.ReLU()),
    ("GELU, batch 1", ONE, lambda t: t.nn.GELU()),
    ("sigmoid, batch 1", ONE, lambda t: t.nn.Sigmoid()),
    ("tanh, batch 1", ONE, lambda t: t.nn.Tanh()),
    ("softmax over channels, batch 1", ONE, lambda t: t.nn.Softmax(1)),
    ("conv 64→64 3×3, batch 32", (32, 64, 56, 56), lambda t: t.nn.Conv2d(64, 64, 3, padding=1)),
    ("conv 3→64 7×7/2, batch 1", (1, 3, 224, 224), lambda t: t.nn.Conv2d(3, 64, 7, 2, 3)),
    ("conv 64→128 3×3/2, batch 1", ONE, lambda t: t.nn.Conv2d(64, 128, 3, 2, 1)),
    ("conv 256→64 1×1, batch 1", (1, 256, 56, 56), lambda t: t.nn.Conv2d(256, 64, 1)),
    ("conv 256→64 1×1, batch 32", (32, 256, 56, 56), lambda t: t.nn.Conv2d(256, 64, 1)),
    ("conv depthwise 3×3, batch 1", ONE, lambda t: t.nn.Conv2d(64, 64, 3, padding=1, groups=64)),
    ("conv depthwise 3×3, batch 32", (32, 64, 56, 56), lambda t: t.nn.Conv2d(64, 64, 3, padding=1, groups=64)),
    ("linear 1024→1024, batch 1", (1, 1024), lambda t: t.nn.Linear(1024, 1024)),
    ("linear 1024→1024, batch 32", (32, 1024), lambda t: t.nn.Linear(1024, 1024)),
    ("linear 4096→4096, batch 1", (1, 4096), lambda t: t.nn.Linear(4096, 4096)),
    ("linear 4096→4096, batch 32", (32, 4096), lambda t: t.nn.Linear(4096, 4096)),
]
