"""Sampling at points in 16 bits, as PyTorch does it in two dimensions: coordinates, weights and sums round at every step.

Rules of this file: numbers are float32 and hold 16-bit values; `near` rounds. Modes and paddings are grid.py's numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.ops.halves import nearest, scatter_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plait.ops.halves import Near

__all__ = ["sample", "sample_gradients"]

_NEAREST, _CUBIC = 1, 2
_REFLECTION = 2


def _unnormalized(u: NDArray, n: int, align: bool, near: Near) -> NDArray:
    v = near(near(u + 1) * near((n - 1) / 2 if align else n / 2))
    return v if align else near(v - 0.5)


def _settled(v: NDArray, n: int, padding: int, align: bool, near: Near) -> tuple[NDArray, NDArray]:
    """The coordinate inside the image, and its slope."""
    slope = np.ones_like(v)
    if padding == _REFLECTION:
        if align and n == 1:
            v, slope = np.zeros_like(v), np.zeros_like(v)
        else:
            low, twice = (0.0, 2.0 * (n - 1)) if align else (-0.5, 2.0 * n)
            moved = near(v - low)
            away = np.abs(moved)
            extra = near(away - near(np.trunc(near(away / twice)) * twice))
            back = near(twice - extra)
            slope = np.where(extra > back, -1.0, 1.0).astype(np.float32) * np.where(moved < 0, -1, 1).astype(np.float32)
            v = near(np.minimum(extra, back) + low)
    if padding:
        slope = slope * ((v > 0) & (v < n - 1))
        v = np.minimum(np.maximum(v, 0), n - 1)
    return v, slope.astype(np.float32)


def _cubic(t: NDArray, near: Near) -> list[NDArray]:
    a = -0.75

    def outer(x: NDArray) -> NDArray:
        return near(near(near(near(near(near(a * x) - 5 * a) * x) + 8 * a) * x) - 4 * a)

    def inner(x: NDArray) -> NDArray:
        return near(near(near(near(near((a + 2) * x) - (a + 3)) * x) * x) + 1)

    return [outer(near(t + 1)), inner(t), inner(near(1 - t)), outer(near(2 - t))]


class _Points:
    """Where one image's points lie: for every axis the coordinate and its slope by the grid's number."""

    def __init__(self, grid: NDArray, sizes: tuple[int, int], mode: int, padding: int, align: bool, near: Near) -> None:
        self.sizes, self.padding, self.align, self.near = sizes, padding, align, near
        self.at: list[NDArray] = []
        self.slope: list[NDArray] = []
        for axis, n in ((0, sizes[1]), (1, sizes[0])):
            v = _unnormalized(grid[..., axis].reshape(-1), n, align, near)
            by = np.full_like(v, near((n - 1) / 2 if align else n / 2))
            if mode != _CUBIC:
                v, more = _settled(v, n, padding, align, near)
                by = near(by * more)
            self.at.append(v)
            self.slope.append(by)

    def read(self, image: NDArray, x: NDArray, y: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """The image's values [c, points] at whole coordinates, zero outside; the flat places, and which are inside."""
        h, w = self.sizes
        inside = (x >= 0) & (x < w) & (y >= 0) & (y < h)
        place = np.where(inside, y * w + x, 0).astype(np.int64)
        return np.where(inside, image.reshape(image.shape[0], -1)[:, place], 0), place, inside

    def corners(self) -> tuple[list[tuple[NDArray, NDArray]], list[NDArray], tuple[NDArray, ...]]:
        """The four neighbours (north-west first, row by row), their weights, and the distances to west, east, north and south."""
        x, y = self.at
        west, north = np.floor(x), np.floor(y)
        w, n = self.near(x - west), self.near(y - north)
        e, s = self.near(1 - w), self.near(1 - n)
        places = [(west, north), (west + 1, north), (west, north + 1), (west + 1, north + 1)]
        return places, [self.near(e * s), self.near(w * s), self.near(e * n), self.near(w * n)], (w, e, n, s)


def _parts(x: NDArray, grid: NDArray, mode: int, padding: int, align: bool) -> Any:
    near = nearest(x.dtype)
    images, points = dtypes.cast(x, dtypes.F32), dtypes.cast(grid, dtypes.F32)
    return near, images, [_Points(g, x.shape[2:], mode, padding, align, near) for g in points]


def sample(x: NDArray, grid: NDArray, mode: int, padding: int, align: bool) -> NDArray:
    """x[n, c, h, w] at grid[n, i, j, 2]: [n, c, i, j]."""
    near, images, points = _parts(x, grid, mode, padding, align)
    out = np.empty((*x.shape[:2], grid.shape[1] * grid.shape[2]), np.float32)
    for image, at, y in zip(images, points, out, strict=True):
        if mode == _NEAREST:
            y[...] = at.read(image, np.rint(at.at[0]), np.rint(at.at[1]))[0]
        elif mode == _CUBIC:
            y[...] = _cubic_sample(image, at, near)
        else:
            places, weights, _ = at.corners()
            total = None
            for (px, py), weight in zip(places, weights, strict=True):
                term = near(at.read(image, px, py)[0] * weight)
                total = term if total is None else near(total + term)
            y[...] = total
    return dtypes.cast(out.reshape(*x.shape[:2], *grid.shape[1:3]), x.dtype)


def _cubic_places(at: _Points) -> tuple[list[NDArray], list[NDArray], list[NDArray], list[NDArray]]:
    """Columns and rows of the sixteen neighbours, and their weights along each axis."""
    found = []
    for v, n in zip(at.at, (at.sizes[1], at.sizes[0]), strict=True):
        low = np.floor(v)
        found.append(
            (
                [_settled(low + k - 1, n, at.padding, at.align, at.near)[0] for k in range(4)],
                _cubic(at.near(v - low), at.near),
            )
        )
    return found[0][0], found[1][0], found[0][1], found[1][1]


def _cubic_sample(image: NDArray, at: _Points, near: Near) -> NDArray:
    columns, rows, wx, wy = _cubic_places(at)
    total = None
    for row, by in zip(rows, wy, strict=True):
        line = None
        for column, weight in zip(columns, wx, strict=True):
            term = near(at.read(image, column, row)[0] * weight)
            line = term if line is None else near(line + term)
        assert line is not None
        term = near(line * by)
        total = term if total is None else near(total + term)
    assert total is not None
    return total


# --- gradients -----------------------------------------------------------------------------------------------------------------

#: How many points go together: within such a block one neighbour of all of them is added, then the next.
_BLOCK = 16


def _cubic_slope(t: NDArray, near: Near) -> list[NDArray]:
    a = -0.75
    x = [near(-1 - t), -t, near(1 - t), near(2 - t)]

    def square(p: float, q: float, x: NDArray) -> NDArray:
        return near(near(near(p * x) - q) * x)

    return [
        near(square(-3 * a, 10 * a, x[0]) - 8 * a),
        square(-3 * (a + 2), 2 * (a + 3), x[1]),
        square(3 * (a + 2), 2 * (a + 3), x[2]),
        near(square(3 * a, 10 * a, x[3]) + 8 * a),
    ]


def sample_gradients(
    g: NDArray, x: NDArray, grid: NDArray, mode: int, padding: int, align: bool
) -> tuple[NDArray, NDArray]:
    """The gradients of `sample` by x and by the grid."""
    near, images, points = _parts(x, grid, mode, padding, align)
    rises = dtypes.cast(g, dtypes.F32).reshape(*x.shape[:2], -1)
    size = x.shape[2] * x.shape[3]
    whole = not len(grid) or grid[0].flags.c_contiguous  # else rows are blocked one by one
    row = rises.shape[2] if whole else grid.shape[2]
    dx = np.zeros((*x.shape[:2], size), x.dtype)
    dgrid = np.zeros((x.shape[0], rises.shape[2], 2), np.float32)
    for image, at, rise, to_x, to_grid in zip(images, points, rises, dx, dgrid, strict=True):
        terms: list[tuple[NDArray, NDArray, NDArray]] = []  # (places, inside, what is added [c, points])
        if mode == _NEAREST:
            _, place, inside = at.read(image, np.rint(at.at[0]), np.rint(at.at[1]))
            terms.append((place, inside, rise))
        elif mode == _CUBIC:
            _cubic_gradients(image, at, rise, terms, to_grid, near)
        else:
            _linear_gradients(image, at, rise, terms, to_grid, near)
        to_x[...] = _scattered(terms, size, x.dtype, row)
        for axis in range(2):
            to_grid[:, axis] = near(to_grid[:, axis] * at.slope[axis])
    return dx.reshape(x.shape), dtypes.cast(dgrid.reshape(grid.shape), grid.dtype)


def _linear_gradients(image: NDArray, at: _Points, rise: NDArray, terms: Any, to_grid: NDArray, near: Near) -> None:
    places, weights, (w, e, n, s) = at.corners()
    values = []
    for (px, py), weight in zip(places, weights, strict=True):
        value, place, inside = at.read(image, px, py)
        values.append(value)
        terms.append((place, inside, near(weight * rise)))
    nw, ne, sw, se = values
    by_x = near(near(near(near(ne - nw) * s) + near(near(se - sw) * n)) * rise)
    by_y = near(near(near(near(sw - nw) * e) + near(near(se - ne) * w)) * rise)
    for channel in range(len(image)):
        to_grid[:, 0] = near(to_grid[:, 0] + by_x[channel])
        to_grid[:, 1] = near(to_grid[:, 1] + by_y[channel])


def _cubic_gradients(image: NDArray, at: _Points, rise: NDArray, terms: Any, to_grid: NDArray, near: Near) -> None:
    columns, rows, wx, wy = _cubic_places(at)
    slopes = [_cubic_slope(near(v - np.floor(v)), near) for v in at.at]
    reads = {(i, j): at.read(image, columns[i], rows[j]) for i in range(4) for j in range(4)}
    for (i, j), (_, place, inside) in reads.items():
        terms.append((place, inside, near(near(rise * wx[i]) * wy[j])))
    for channel in range(len(image)):
        for (i, j), (value, _, _) in reads.items():
            part = near(value[channel] * rise[channel])
            to_grid[:, 0] = near(to_grid[:, 0] - near(near(part * slopes[0][i]) * wy[j]))
            to_grid[:, 1] = near(to_grid[:, 1] - near(near(part * slopes[1][j]) * wx[i]))


def _scattered(terms: Any, size: int, dtype: np.dtype, row: int) -> NDArray:
    """[c, size] sums of the terms, block after block of points and neighbour after neighbour in a block."""
    count = len(terms[0][0])
    order, targets, values = [], [], []
    for k, (place, inside, value) in enumerate(terms):
        kept = np.flatnonzero(inside)
        blocks = -(-row // _BLOCK)
        order.append((kept // row * blocks + kept % row // _BLOCK) * len(terms) + k)
        targets.append(place[kept])
        values.append(value[:, kept])
    turn = np.argsort(np.concatenate(order), kind="stable") if count else np.zeros(0, np.int64)
    moved = dtypes.cast(np.ascontiguousarray(np.concatenate(values, 1)[:, turn]), dtype)
    return scatter_steps(moved, np.concatenate(targets)[turn], size)
