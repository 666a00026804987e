"""More rows of pooling, in the form of benchmarks.layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

BIG = (32, 64, 56, 56)

LAYERS: list[tuple[str, tuple[int, ...], Callable[[Any], Any]]] = [
    ("max pool 3/3", BIG, lambda t: t.nn.MaxPool2d(3)),
    ("max pool 3/1/1", BIG, lambda t: t.nn.MaxPool2d(3, 1, 1)),
    ("max pool 13/1/6", (8, 64, 28, 28), lambda t: t.nn.MaxPool2d(13, 1, 6)),
    ("max pool 2/2 at 14", (32, 256, 14, 14), lambda t: t.nn.MaxPool2d(2)),
    ("max pool 2/2 at 14 with indices", (32, 256, 14, 14), lambda t: t.nn.MaxPool2d(2, return_indices=True)),
    ("max pool 3/2/1 at 14", (32, 256, 14, 14), lambda t: t.nn.MaxPool2d(3, 2, 1)),
    ("average pool 2/2 at 14", (32, 256, 14, 14), lambda t: t.nn.AvgPool2d(2)),
    ("global average at 7", (32, 512, 7, 7), lambda t: t.nn.AdaptiveAvgPool2d(1)),
    ("max pool 3/2/1 with indices", BIG, lambda t: t.nn.MaxPool2d(3, 2, 1, return_indices=True)),
    ("max pool 1D 3/2/1", (32, 64, 3136), lambda t: t.nn.MaxPool1d(3, 2, 1)),
    ("max pool 3D 3/2/1", (4, 32, 16, 56, 56), lambda t: t.nn.MaxPool3d(3, 2, 1)),
    ("average pool 3/1/1", BIG, lambda t: t.nn.AvgPool2d(3, 1, 1)),
    ("average pool 7/1", BIG, lambda t: t.nn.AvgPool2d(7, 1)),
    ("average pool 1D 2/2", (32, 64, 3136), lambda t: t.nn.AvgPool1d(2)),
    ("average pool 3D 2/2", (4, 32, 16, 56, 56), lambda t: t.nn.AvgPool3d(2)),
    ("adaptive average 6", BIG, lambda t: t.nn.AdaptiveAvgPool2d(6)),
    ("adaptive max 6", BIG, lambda t: t.nn.AdaptiveMaxPool2d(6)),
    ("global max", BIG, lambda t: t.nn.AdaptiveMaxPool2d(1)),
    ("fractional max 2 to 28", (8, 64, 56, 56), lambda t: t.nn.FractionalMaxPool2d(2, output_size=28)),
]
