"""Winograd's convolution against the direct way: how far they are apart, when each is taken, and what is not finite."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from plait import _native, config
from plait.ops.conv import CONV, CONV_TRANSPOSE, CONV_WEIGHT

PLAIN = ((1, 1), (1, 1), (1, 1), (1, 1), 1)  # stride, padding before and after, dilation, groups
CASES = {
    "wide": ((2, 64, 56, 56), 64),
    "odd": ((1, 37, 23, 41), 50),
    "deep": ((1, 300, 14, 14), 257),
    "few tiles": ((2, 160, 7, 7), 192),
    "long rows": ((1, 32, 9, 515), 33),
}


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    before, threads = config.matmul_precision, _native.thread_count()
    config.set_matmul_precision("high")
    yield
    config.set_matmul_precision(before)
    _native.set_direct_convolution(False)
    _native.set_thread_count(threads)


def operands(shape: tuple[int, ...], outputs: int, dtype: type) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(shape)
    w = rng.standard_normal((outputs, shape[1], 3, 3))
    dy = rng.standard_normal((shape[0], outputs, *shape[2:]))
    return x.astype(dtype), w.astype(dtype), dy.astype(dtype)


def three(x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> list[np.ndarray]:
    """The convolution of x, and its gradients for x and w."""
    stride, before, _, dilation, groups = PLAIN
    return [
        CONV.run(x, w, None, *PLAIN),
        CONV_TRANSPOSE.run(dy, w, None, stride, before, dilation, groups, x.shape[2:]),
        CONV_WEIGHT.run(x, dy, stride, before, dilation, groups, (3, 3)),
    ]


def last(a: np.ndarray) -> np.ndarray:
    """The same numbers, channels last in memory."""
    return np.ascontiguousarray(a.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("layout", ["first", "last"])
def test_error_is_below_two_millionths_of_the_norm(name: str, layout: str) -> None:
    exact = three(*operands(*CASES[name], np.float64))
    x, w, dy = operands(*CASES[name], np.float32)
    if layout == "last":
        x, dy = last(x), last(dy)
    for got, want in zip(three(x, w, dy), exact, strict=True):
        assert np.linalg.norm(got - want) <= 2e-6 * np.linalg.norm(want)


def test_highest_is_the_direct_way() -> None:
    # Sums of small whole numbers are exact, one product after the other; transformed they are not.
    x, w, _ = (np.rint(3 * a) for a in operands(*CASES["wide"], np.float32))
    exact = CONV.run(x.astype(np.float64), w.astype(np.float64), None, *PLAIN)
    assert np.any(CONV.run(x, w, None, *PLAIN) != exact)
    config.set_matmul_precision("highest")
    np.testing.assert_array_equal(CONV.run(x, w, None, *PLAIN), exact)


@pytest.mark.parametrize(("channels", "outputs", "kernel"), [(31, 64, 3), (64, 31, 3), (64, 64, 5)])
def test_other_convolutions_are_direct(channels: int, outputs: int, kernel: int) -> None:
    rng = np.random.default_rng(4)
    x = np.rint(rng.uniform(-4, 4, (1, channels, 24, 24))).astype(np.float32)
    w = np.rint(rng.uniform(-4, 4, (outputs, channels, kernel, kernel))).astype(np.float32)
    exact = CONV.run(x.astype(np.float64), w.astype(np.float64), None, *PLAIN)
    np.testing.assert_array_equal(CONV.run(x, w, None, *PLAIN), exact)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_what_is_not_finite_is_as_in_the_direct_way(value: float) -> None:
    x, w, dy = operands((1, 40, 24, 24), 48, np.float32)
    x[0, 3, 7, 9] = dy[0, 5, 0, 20] = value
    got = three(x, w, dy)
    config.set_matmul_precision("highest")
    for a, b in zip(got, three(x, w, dy), strict=True):  # the order of adding is another one
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-3)
        assert np.isfinite(a).sum() > a.size / 2 or not np.isfinite(value)


@pytest.mark.parametrize("name", CASES)
def test_threads_do_not_change_a_bit(name: str) -> None:
    arrays = operands(*CASES[name], np.float32)
    _native.set_thread_count(1)
    one = three(*arrays)
    for threads in (2, 5):
        _native.set_thread_count(threads)
        for a, b in zip(one, three(*arrays), strict=True):
            np.testing.assert_array_equal(a, b)
