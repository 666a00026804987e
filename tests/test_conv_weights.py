"""Convolution with weights larger than its images: batches of small images, and weights however they lie in memory."""

from __future__ import annotations

import numpy as np
import pytest

from plait.ops.conv import CONV, CONV_TRANSPOSE, CONV_WEIGHT

# images, input channels of a group, output channels of a group, size, kernel, stride, padding, groups
CASES = [
    (1, 512, 64, 2, 3, 1, 1, 1),
    (8, 80, 50, 2, 3, 1, 1, 1),
    (70, 33, 47, 1, 1, 1, 0, 1),
    (9, 24, 40, 4, 5, 1, 2, 1),
    (3, 20, 49, 7, 3, 2, 1, 1),
    (5, 17, 96, 3, 3, 1, 1, 2),
    (2, 40, 18, 9, 4, 2, 1, 1),
    (6, 1, 20, 5, 3, 1, 1, 3),
]
# Which axis of weights [outputs, inputs, rows, columns] changes slowest in memory, and so on.
ORDERS = [(0, 1, 2, 3), (0, 2, 3, 1), (2, 3, 1, 0), (2, 3, 0, 1), (1, 0, 3, 2), (3, 1, 2, 0)]


def lay(w: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    return np.ascontiguousarray(w.transpose(order)).transpose(np.argsort(order))


def by_hand(x: np.ndarray, w: np.ndarray, dy: np.ndarray, case: tuple[int, ...]) -> list[np.ndarray]:
    """The sums of the definition, tap by tap, in float64: output, gradient of the input, gradient of the weights."""
    n, cg, og, size, kernel, stride, padding, groups = case
    places = dy.shape[2]
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding))).reshape(
        n, groups, cg, *[size + 2 * padding] * 2
    )
    weights, slopes = w.reshape(groups, og, cg, kernel, kernel), dy.reshape(n, groups, og, places, places)
    y, dx, dw = np.zeros_like(slopes), np.zeros_like(padded), np.zeros_like(weights)
    for i in range(kernel):
        for j in range(kernel):
            at = (..., slice(i, i + stride * places, stride), slice(j, j + stride * places, stride))
            y += np.einsum("ngchw,goc->ngohw", padded[at], weights[..., i, j])
            dx[at] += np.einsum("ngohw,goc->ngchw", slopes, weights[..., i, j])
            dw[..., i, j] = np.einsum("ngohw,ngchw->goc", slopes, padded[at])
    inside = slice(padding, padding + size)
    return [y.reshape(dy.shape), dx[..., inside, inside].reshape(x.shape), dw.reshape(w.shape)]


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_small_images(case: tuple[int, ...], order: tuple[int, ...]) -> None:
    n, cg, og, size, kernel, stride, padding, groups = case
    rng = np.random.default_rng(11)
    places = (size + 2 * padding - kernel) // stride + 1
    x = rng.standard_normal((n, groups * cg, size, size))
    w = rng.standard_normal((groups * og, cg, kernel, kernel))
    dy = rng.standard_normal((n, groups * og, places, places))
    expected = by_hand(x, w, dy, case)
    bias = rng.standard_normal(groups * og)
    for dtype, error in ((np.float32, 2e-6), (np.float64, 1e-14)):
        a, b, g = (v.astype(dtype) for v in (x, w, dy))
        b = lay(b, order)
        steps, edge = (stride, stride), (padding, padding)
        found = [
            CONV.run(a, b, bias.astype(dtype), steps, edge, edge, (1, 1), groups) - bias.astype(dtype)[:, None, None],
            CONV_TRANSPOSE.run(g, b, None, steps, edge, (1, 1), groups, (size, size)),
            CONV_WEIGHT.run(a, g, steps, edge, (1, 1), groups, (kernel, kernel)),
        ]
        for value, exact in zip(found, expected, strict=True):
            assert value.dtype == dtype
            assert np.linalg.norm(value - exact) <= error * np.linalg.norm(exact)
