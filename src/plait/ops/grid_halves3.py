"""Sampling at points in 16 bits in three dimensions, point after point as PyTorch's plain loops do it.

Rules of this file: as in grid_halves.py; the neighbours go from the top to the bottom, north-west first, east before south.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.ops.halves import nearest, scatter_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plait.ops.halves import Near

__all__ = ["sample3", "sample_gradients3"]

_NEAREST = 1
_REFLECTION = 2


def _coordinate(u: NDArray, n: int, padding: int, align: bool, near: Near) -> tuple[NDArray, NDArray]:
    """The coordinate along an axis, and its slope by the grid's number."""
    slope = np.full_like(u, near((n - 1) / 2 if align else n / 2))
    v = near(u + 1)
    v = near(near(v / 2) * (n - 1)) if align else near(near(near(v * n) - 1) / 2)
    if padding == _REFLECTION:
        low, span = (0.0, n - 1.0) if align else (-0.5, float(n))
        if span == 0:
            return np.zeros_like(v), np.zeros_like(v)
        moved = near(v - low)
        away = np.abs(moved)
        extra = near(np.fmod(away, np.float32(span)))
        even = np.floor(near(away / span)) % 2 == 0
        v = np.where(even, near(extra + low), near(near(span - extra) + low))
        slope = slope * np.where(even, 1, -1) * np.where(moved < 0, -1, 1)
    if padding:
        slope = slope * ((v > 0) & (v < n - 1))
        v = np.minimum(n - 1, np.maximum(v, 0))
    return v.astype(np.float32), near(slope)


class _Points:
    """Where one image's points lie."""

    def __init__(self, grid: NDArray, sizes: tuple[int, ...], padding: int, align: bool, near: Near) -> None:
        self.sizes, self.near = sizes, near
        self.at, self.slope = [], []
        for axis, n in enumerate(sizes[::-1]):
            v, by = _coordinate(grid[..., axis].reshape(-1), n, padding, align, near)
            self.at.append(v)
            self.slope.append(by)

    def read(self, image: NDArray, place: tuple[NDArray, ...]) -> tuple[NDArray, NDArray, NDArray]:
        """Values [c, points] at whole (x, y, z), zero outside; the flat places, and which are inside."""
        x, y, z = place
        d, h, w = self.sizes
        inside = (x >= 0) & (x < w) & (y >= 0) & (y < h) & (z >= 0) & (z < d)
        flat = np.where(inside, (z * h + y) * w + x, 0).astype(np.int64)
        return np.where(inside, image.reshape(len(image), -1)[:, flat], 0), flat, inside

    def corners(self) -> list[tuple[tuple[NDArray, ...], list[NDArray], list[float]]]:
        """For each of the eight neighbours its place, its weights along x, y, z, and the signs of their slopes."""
        low = [np.floor(v) for v in self.at]
        after = [self.near(v - f) for v, f in zip(self.at, low, strict=True)]
        before = [self.near(f + 1 - v) for v, f in zip(self.at, low, strict=True)]
        found = []
        for z, y, x in product((0, 1), repeat=3):
            step = (x, y, z)
            found.append((
                tuple(f + s for f, s in zip(low, step, strict=True)),
                [a if s else b for s, a, b in zip(step, after, before, strict=True)],
                [1.0 if s else -1.0 for s in step],
            ))  # fmt: skip
        return found


def _parts(x: NDArray, grid: NDArray, padding: int, align: bool) -> Any:
    near = nearest(x.dtype)
    images, points = dtypes.cast(x, dtypes.F32), dtypes.cast(grid, dtypes.F32)
    return near, images, [_Points(g, x.shape[2:], padding, align, near) for g in points]


def sample3(x: NDArray, grid: NDArray, mode: int, padding: int, align: bool) -> NDArray:
    """x[n, c, d, h, w] at grid[n, i, j, k, 3]: [n, c, i, j, k]."""
    near, images, points = _parts(x, grid, padding, align)
    out = np.zeros((*x.shape[:2], int(np.prod(grid.shape[1:4]))), np.float32)
    for image, at, y in zip(images, points, out, strict=True):
        if mode == _NEAREST:
            y[...] = at.read(image, tuple(np.rint(v) for v in at.at))[0]
            continue
        for place, (wx, wy, wz), _ in at.corners():
            value, _, inside = at.read(image, place)
            y[...] = np.where(inside, near(y + near(value * near(near(wx * wy) * wz))), y)
    return dtypes.cast(out.reshape(*x.shape[:2], *grid.shape[1:4]), x.dtype)


def sample_gradients3(
    g: NDArray, x: NDArray, grid: NDArray, mode: int, padding: int, align: bool
) -> tuple[NDArray, NDArray]:
    """The gradients of `sample3` by x and by the grid."""
    near, images, points = _parts(x, grid, padding, align)
    rises = dtypes.cast(g, dtypes.F32).reshape(*x.shape[:2], -1)
    size = int(np.prod(x.shape[2:]))
    dx = np.zeros((*x.shape[:2], size), x.dtype)
    dgrid = np.zeros((x.shape[0], rises.shape[2], 3), np.float32)
    for image, at, rise, to_x, to_grid in zip(images, points, rises, dx, dgrid, strict=True):
        if mode == _NEAREST:
            _, flat, inside = at.read(image, tuple(np.rint(v) for v in at.at))
            to_x[...] = _scattered([flat], [inside], [rise], size, x.dtype)
            continue
        corners = at.corners()
        reads = [at.read(image, place) for place, _, _ in corners]
        added = [near(near(near(wx * wy) * wz) * rise) for _, (wx, wy, wz), _ in corners]
        to_x[...] = _scattered([r[1] for r in reads], [r[2] for r in reads], added, size, x.dtype)
        for channel in range(len(image)):
            for (_, (wx, wy, wz), signs), (value, _, inside) in zip(corners, reads, strict=True):
                for axis, (p, q) in enumerate(((wy, wz), (wx, wz), (wx, wy))):
                    part = near(near(near(value[channel] * p) * q) * rise[channel])
                    to_grid[:, axis] = np.where(inside, near(to_grid[:, axis] + signs[axis] * part), to_grid[:, axis])
        for axis in range(3):
            to_grid[:, axis] = near(to_grid[:, axis] * at.slope[axis])
    return dx.reshape(x.shape), dtypes.cast(dgrid.reshape(grid.shape), grid.dtype)


def _scattered(
    places: list[NDArray], inside: list[NDArray], values: list[NDArray], size: int, dtype: np.dtype
) -> NDArray:
    """[c, size] sums, point after point and neighbour after neighbour."""
    at, kept = np.stack(places, 1).reshape(-1), np.stack(inside, 1).reshape(-1)
    moved = np.stack(values, 2).reshape(len(values[0]), -1)
    return scatter_steps(dtypes.cast(np.ascontiguousarray(moved[:, kept]), dtype), at[kept], size)
