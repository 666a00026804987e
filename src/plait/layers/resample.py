"""What resampling, padding and folding layers mean, rank-free: sizes, and which op answers to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.ops import fold as folds
from plait.ops import grid, padding
from plait.ops import resample as sampling

if TYPE_CHECKING:
    from collections.abc import Sequence


def output_sizes(spatial: Sequence[int], scales: Sequence[float]) -> tuple[int, ...]:
    """The spatial sizes that scale factors lead to, rounded down.

    >>> output_sizes((5, 7), (2, 0.5))
    (10, 3)
    """
    return tuple([sampling.output_size(n, s) for n, s in zip(spatial, scales, strict=True)])


def pad_sizes(ndim: int, pad: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """(before, after) for every dimension, from a list that starts at the last one.

    >>> pad_sizes(3, (1, 2))
    ((0, 0), (0, 0), (1, 2))
    """
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    return (*[(0, 0)] * (ndim - len(pairs)), *reversed(pairs))


def pad(x: Any, pads: tuple[tuple[int, int], ...], mode: str, value: float = 0, dims: int = 3) -> Any:
    """`x` with a border: constant (any dimensions), reflect, replicate or circular (the last `dims`, at most three)."""
    if mode == "constant":
        return padding.pad_constant(x, pads, value)
    return padding.pad_border(x, pads, mode, dims)


interpolate = sampling.resample
grid_sample = grid.grid_sample
affine_grid = grid.affine_grid
pixel_shuffle = folds.pixel_shuffle
pixel_unshuffle = folds.pixel_unshuffle
channel_shuffle = folds.channel_shuffle
unfold = folds.unfold
fold = folds.fold


__all__ = [
    "affine_grid",
    "channel_shuffle",
    "fold",
    "grid_sample",
    "interpolate",
    "output_sizes",
    "pad",
    "pad_sizes",
    "pixel_shuffle",
    "pixel_unshuffle",
    "unfold",
]
