"""Pooling of planes narrower than a vector, which go through registers several rows, and planes, at a time."""

from __future__ import annotations

import numpy as np
import pytest

from plait import torch

SHAPES = [(3, 5, 14, 14), (2, 3, 7, 14), (5, 7, 2, 2), (4, 1, 3, 5), (1, 9, 6, 16), (2, 6, 1, 4), (9, 3, 5, 3)]
WINDOWS = [(2, 2, 0), (3, 2, 1), (3, 3, 0), (2, 1, 0), (4, 2, 1)]


def windows(x: np.ndarray, kernel: int, stride: int, padding: int) -> tuple[np.ndarray, np.ndarray]:
    """Elements under each window [..., kernel²], -inf outside, and their places in the plane."""
    height, width = x.shape[2:]
    edge = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    padded = np.pad(x, edge, constant_values=-np.inf)
    places = np.pad(np.arange(height * width).reshape(1, 1, height, width), edge)
    view = (padded, np.broadcast_to(places, padded.shape))
    both = [
        np.lib.stride_tricks.sliding_window_view(v, (kernel, kernel), (2, 3))[:, :, ::stride, ::stride] for v in view
    ]
    return both[0].reshape(*both[0].shape[:4], -1), both[1].reshape(*both[1].shape[:4], -1)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("nan", [False, True])
def test_maxima_and_their_places(shape: tuple[int, ...], window: tuple[int, int, int], dtype: type, nan: bool) -> None:
    if min(shape[2:]) + 2 * window[2] < window[0]:
        pytest.skip("the window is larger than the plane")
    rng = np.random.default_rng(5)
    x = rng.integers(-3, 4, shape).astype(dtype)
    if nan:
        x[rng.random(shape) < 0.1] = np.nan
    elements, places = windows(x, *window)
    wrong = np.isnan(elements)
    last_nan = elements.shape[-1] - 1 - wrong[..., ::-1].argmax(-1)
    at = np.where(wrong.any(-1), last_nan, np.where(wrong, -np.inf, elements).argmax(-1))[..., None]
    values, index = torch.nn.functional.max_pool2d(torch.from_numpy(x), *window, return_indices=True)
    np.testing.assert_array_equal(values.numpy(), np.take_along_axis(elements, at, -1)[..., 0])
    np.testing.assert_array_equal(index.numpy(), np.take_along_axis(places, at, -1)[..., 0])
    np.testing.assert_array_equal(torch.nn.functional.max_pool2d(torch.from_numpy(x), *window).numpy(), values.numpy())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_means(shape: tuple[int, ...], window: tuple[int, int, int], dtype: type) -> None:
    if min(shape[2:]) + 2 * window[2] < window[0]:
        pytest.skip("the window is larger than the plane")
    x = np.random.default_rng(6).standard_normal(shape).astype(dtype)
    elements, _ = windows(x.astype(np.float64), *window)
    expected = np.where(np.isinf(elements), 0, elements).sum(-1) / window[0] ** 2
    got = torch.nn.functional.avg_pool2d(torch.from_numpy(x), *window).numpy()
    np.testing.assert_allclose(got, expected, rtol=0, atol=2e-6 if dtype == np.float32 else 1e-14)


def test_a_power_of_two_divides_to_the_bit() -> None:
    x = np.float32([1e-45, 3e-39, -2e-38, 3.4e38, -0.0, np.inf, np.nan, 5e-45] * 8).reshape(1, 2, 4, 8)
    got = torch.nn.functional.avg_pool2d(torch.from_numpy(x), (1, 1), divisor_override=8).numpy()
    np.testing.assert_array_equal(got, x / np.float32(8))
