"""More rows of norms, padding, resampling and folding, in the form of benchmarks.layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

BIG = (32, 64, 56, 56)


def _grid(t: Any, mode: str) -> Any:
    """A layer that samples its input at the points of a slightly turned and shifted map."""

    class Sampler(t.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            theta = t.tensor([[[0.9, 0.2, 0.1], [-0.2, 0.9, 0.0]]])
            self.grid = t.nn.functional.affine_grid(theta.expand(8, 2, 3), (8, 1, 56, 56), align_corners=False)

        def forward(self, x: Any) -> Any:
            return t.nn.functional.grid_sample(x, self.grid, mode=mode, align_corners=False)

    return Sampler()


LAYERS: list[tuple[str, tuple[int, ...], Callable[[Any], Any]]] = [
    ("batch norm 512 at 7, training", (32, 512, 7, 7), lambda t: t.nn.BatchNorm2d(512)),
    ("batch norm 1D 1024, training", (256, 1024), lambda t: t.nn.BatchNorm1d(1024)),
    ("batch norm 3D, training", (4, 32, 16, 28, 28), lambda t: t.nn.BatchNorm3d(32)),
    ("layer norm [64, 56, 56]", BIG, lambda t: t.nn.LayerNorm((64, 56, 56))),
    ("zero pad 1", BIG, lambda t: t.nn.ZeroPad2d(1)),
    ("replication pad 1", BIG, lambda t: t.nn.ReplicationPad2d(1)),
    ("circular pad 1", BIG, lambda t: t.nn.CircularPad2d(1)),
    ("reflection pad 1D 3", (32, 64, 3136), lambda t: t.nn.ReflectionPad1d(3)),
    ("upsample bilinear, 500×400 to 224", (1, 3, 500, 400), lambda t: t.nn.Upsample((224, 224), mode="bilinear")),
    ("upsample trilinear 2", (2, 16, 16, 28, 28), lambda t: t.nn.Upsample(scale_factor=2, mode="trilinear")),
    ("upsample linear 2", (8, 64, 3136), lambda t: t.nn.Upsample(scale_factor=2, mode="linear")),
    ("pixel unshuffle 2", (8, 64, 56, 56), lambda t: t.nn.PixelUnshuffle(2)),
    ("channel shuffle 8", BIG, lambda t: t.nn.ChannelShuffle(8)),
    ("unfold 3×3", (8, 32, 56, 56), lambda t: t.nn.Unfold(3, padding=1)),
    ("fold 3×3", (8, 288, 3136), lambda t: t.nn.Fold((56, 56), 3, padding=1)),
    ("grid sample bilinear", (8, 32, 56, 56), lambda t: _grid(t, "bilinear")),
    ("grid sample bicubic", (8, 32, 56, 56), lambda t: _grid(t, "bicubic")),
    ("grid sample of 3 channels", (8, 3, 56, 56), lambda t: _grid(t, "bilinear")),
]
