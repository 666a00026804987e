"""What resampling, padding and folding layers mean, rank-free: sizes, and which op answers to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait.ops import fold as folds
from plait.ops import grid, padding
from plait.ops import resample as sampling
from plait.ops.shape import moved_first, moved_last, narrow, to_dtype
from plait.ops.views import squeeze, unsqueeze

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Pair = tuple[int, int]


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


def unfold_sides(x: Any, kernel: Pair, dilation: Pair, before: Pair, after: Pair, stride: Pair) -> Any:
    """`unfold` with padding that may differ on the two sides."""
    if before == after:
        return folds.unfold(x, kernel, dilation, before, stride)
    sides = ((0, 0), (0, 0), *zip(before, after, strict=True))
    return folds.unfold(padding.pad_constant(x, sides), kernel, dilation, (0, 0), stride)


def fold_sides(x: Any, size: Pair, kernel: Pair, dilation: Pair, before: Pair, after: Pair, stride: Pair) -> Any:
    """`fold` with padding that may differ on the two sides."""
    if before == after:
        return folds.fold(x, size, kernel, dilation, before, stride)
    whole = (size[0] + before[0] + after[0], size[1] + before[1] + after[1])
    y = folds.fold(x, whole, kernel, dilation, (0, 0), stride)
    sides = tuple((-b, -a) for b, a in zip(before, after, strict=True))
    return padding.pad_constant(y, ((0, 0), (0, 0), *sides))


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
    "fold_sides",
    "grid_sample",
    "interpolate",
    "output_sizes",
    "pad",
    "pad_sizes",
    "pixel_shuffle",
    "pixel_unshuffle",
    "unfold",
    "unfold_sides",
]


# --- images, channels first or last -------------------------------------------------------------------------------------------


def as_batch(x: Any, single: bool, transform: Callable[[Any], Any]) -> Any:
    """`transform` of a batch, or of one thing as a batch of one."""
    return squeeze(transform(unsqueeze(x, 0)), 0) if single else transform(x)


def resample_images(x: Any, size: Sequence[int], mode: str, last: bool) -> Any:
    """x[n, …] with height and width `size`."""
    if not last:
        return interpolate(x, mode, size)
    return moved_last(interpolate(moved_first(x), mode, size))


def _sides(x: Any, last: bool) -> tuple[int, int, int]:
    """The dimension of the height, height and width."""
    at = x.array.ndim - (3 if last else 2)
    return at, x.array.shape[at], x.array.shape[at + 1]


def _scaled(n: int, by: int, over: int) -> int:
    return int(np.float32(n * by) / np.float32(over))


def crop_to_ratio(x: Any, size: Sequence[int], last: bool) -> Any:
    """The largest middle part whose height and width are as `size`."""
    at, h, w = _sides(x, last)
    height = max(min(h, _scaled(w, size[0], size[1])), 1)
    width = max(min(w, _scaled(h, size[1], size[0])), 1)
    return narrow(narrow(x, at, (h - height) // 2, height), at + 1, (w - width) // 2, width)


def pad_to_ratio(x: Any, size: Sequence[int], last: bool, value: float) -> Any:
    """x with as much of `value` on both sides of it as makes its height and width as `size`."""
    at, h, w = _sides(x, last)
    up = (max(h, _scaled(w, size[0], size[1])) - h) // 2
    aside = (max(w, _scaled(h, size[1], size[0])) - w) // 2
    pads = [(0, 0)] * x.array.ndim
    pads[at], pads[at + 1] = (up, up), (aside, aside)
    return padding.pad_constant(x, tuple(pads), value)


def middle(x: Any, size: Sequence[int], last: bool) -> Any:
    """The middle of height and width `size`; None where x is smaller."""
    at, h, w = _sides(x, last)
    if h < size[0] or w < size[1]:
        return None
    return narrow(narrow(x, at, (h - size[0]) // 2, size[0]), at + 1, (w - size[1]) // 2, size[1])


def saturated(x: Any, dtype: np.dtype) -> Any:
    """x in `dtype`; integers rounded (half to even) and kept within their range."""
    if dtype.kind not in "iu":
        return to_dtype(x, dtype)
    limits = np.iinfo(dtype)
    return x.face.wrap(np.clip(np.rint(x.array), limits.min, limits.max).astype(dtype))
