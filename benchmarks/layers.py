"""The rows: each layer once, in PyTorch's words, for plait and PyTorch alike; `benchmarks.describe` reads off it what other peers need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import norm, pool, sizes

BIG = (32, 64, 56, 56)

# name, shape of the input, how to make the layer from a torch-like module
LAYERS: list[tuple[str, tuple[int, ...], Callable[[Any], Any]]] = [
    ("max pool 2/2", BIG, lambda t: t.nn.MaxPool2d(2)),
    ("max pool 3/2/1", BIG, lambda t: t.nn.MaxPool2d(3, 2, 1)),
    ("max pool 5/1/2", (8, 64, 56, 56), lambda t: t.nn.MaxPool2d(5, 1, 2)),
    ("max pool 2/2 with indices", BIG, lambda t: t.nn.MaxPool2d(2, return_indices=True)),
    ("max pool 3D 2/2", (4, 32, 16, 56, 56), lambda t: t.nn.MaxPool3d(2)),
    ("average pool 2/2", BIG, lambda t: t.nn.AvgPool2d(2)),
    ("average pool 3/2/1", BIG, lambda t: t.nn.AvgPool2d(3, 2, 1)),
    ("adaptive average 7", BIG, lambda t: t.nn.AdaptiveAvgPool2d(7)),
    ("adaptive max 7", BIG, lambda t: t.nn.AdaptiveMaxPool2d(7)),
    ("global average", BIG, lambda t: t.nn.AdaptiveAvgPool2d(1)),
    ("Lp pool 2/2", (8, 64, 56, 56), lambda t: t.nn.LPPool2d(2, 2)),
    ("batch norm, training", BIG, lambda t: t.nn.BatchNorm2d(64)),
    ("batch norm, inference", BIG, lambda t: t.nn.BatchNorm2d(64).eval()),
    ("instance norm", BIG, lambda t: t.nn.InstanceNorm2d(64)),
    ("group norm 8", BIG, lambda t: t.nn.GroupNorm(8, 64)),
    ("layer norm [56]", BIG, lambda t: t.nn.LayerNorm(56)),
    ("layer norm 768", (64, 128, 768), lambda t: t.nn.LayerNorm(768)),
    ("RMS norm 768", (64, 128, 768), lambda t: t.nn.RMSNorm(768)),
    ("local response norm 5", (8, 64, 56, 56), lambda t: t.nn.LocalResponseNorm(5)),
    ("ReLU", BIG, lambda t: t.nn.ReLU()),
    ("LeakyReLU", BIG, lambda t: t.nn.LeakyReLU()),
    ("PReLU", BIG, lambda t: t.nn.PReLU(64)),
    ("ELU", BIG, lambda t: t.nn.ELU()),
    ("GELU", BIG, lambda t: t.nn.GELU()),
    ("SiLU", BIG, lambda t: t.nn.SiLU()),
    ("Mish", BIG, lambda t: t.nn.Mish()),
    ("sigmoid", BIG, lambda t: t.nn.Sigmoid()),
    ("tanh", BIG, lambda t: t.nn.Tanh()),
    ("hardswish", BIG, lambda t: t.nn.Hardswish()),
    ("softplus", BIG, lambda t: t.nn.Softplus()),
    ("softmax over channels", BIG, lambda t: t.nn.Softmax(1)),
    ("softmax over rows of 1000", (256, 1000), lambda t: t.nn.Softmax(1)),
    ("conv 64→64 3×3", (8, 64, 56, 56), lambda t: t.nn.Conv2d(64, 64, 3, padding=1)),
    ("conv 64→64 3×3, batch 1", (1, 64, 56, 56), lambda t: t.nn.Conv2d(64, 64, 3, padding=1)),
    ("conv 3→64 7×7/2", (8, 3, 224, 224), lambda t: t.nn.Conv2d(3, 64, 7, 2, 3)),
    ("conv 64→128 3×3/2", (8, 64, 56, 56), lambda t: t.nn.Conv2d(64, 128, 3, 2, 1)),
    ("conv 256→64 1×1", (8, 256, 56, 56), lambda t: t.nn.Conv2d(256, 64, 1)),
    ("conv 256→256 3×3 at 14", (8, 256, 14, 14), lambda t: t.nn.Conv2d(256, 256, 3, padding=1)),
    ("conv 64→64 3×3 in 4 groups", (8, 64, 56, 56), lambda t: t.nn.Conv2d(64, 64, 3, padding=1, groups=4)),
    ("conv depthwise 3×3", (8, 64, 56, 56), lambda t: t.nn.Conv2d(64, 64, 3, padding=1, groups=64)),
    ("conv 64→64 3×3 dilated 2", (8, 64, 56, 56), lambda t: t.nn.Conv2d(64, 64, 3, padding=2, dilation=2)),
    ("conv 1D 64→64 9", (16, 64, 1000), lambda t: t.nn.Conv1d(64, 64, 9, padding=4)),
    ("conv 3D 16→32 3×3×3", (2, 16, 16, 28, 28), lambda t: t.nn.Conv3d(16, 32, 3, padding=1)),
    ("transposed conv 64→32 4×4/2", (8, 64, 28, 28), lambda t: t.nn.ConvTranspose2d(64, 32, 4, 2, 1)),
    ("linear 1024→1024, 1024 rows", (1024, 1024), lambda t: t.nn.Linear(1024, 1024)),
    ("linear 512→10, 128 rows", (128, 512), lambda t: t.nn.Linear(512, 10)),
    ("upsample nearest 2", (8, 64, 56, 56), lambda t: t.nn.Upsample(scale_factor=2)),
    ("upsample bilinear 2", (8, 64, 56, 56), lambda t: t.nn.Upsample(scale_factor=2, mode="bilinear")),
    ("upsample bicubic 2", (2, 64, 56, 56), lambda t: t.nn.Upsample(scale_factor=2, mode="bicubic")),
    ("reflection pad 3", BIG, lambda t: t.nn.ReflectionPad2d(3)),
    ("pixel shuffle 2", (8, 64, 56, 56), lambda t: t.nn.PixelShuffle(2)),
    ("dropout 0.5", (8, 64, 56, 56), lambda t: t.nn.Dropout(0.5)),
    *norm.LAYERS,
    *pool.LAYERS,
    *sizes.LAYERS,
]
