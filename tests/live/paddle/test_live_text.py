"""Random digits and printing agree with the installed Paddle."""

from __future__ import annotations

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from plait import paddle as ours  # noqa: E402
from tests.paddle_cases import DRAWS, draw, texts  # noqa: E402


@pytest.mark.parametrize("expression", DRAWS)
def test_digits(expression: str) -> None:
    for seed in (3, 77, 2**31 - 1):
        np.testing.assert_allclose(draw(expression, seed, ours), draw(expression, seed, paddle), 2e-6)


def test_printing() -> None:
    want, got = texts(paddle), texts(ours)
    assert [k for k in want if want[k] != got[k]] == []


@pytest.mark.parametrize("seed", range(40))
def test_printing_of_random_arrays(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = tuple(random.integers(1, 8, random.integers(0, 4)))
    scale = 10.0 ** random.integers(-6, 7)
    array = (random.normal(size=shape) * scale).astype(random.choice(["float32", "float64", "int64", "int32"]))
    assert repr(ours.to_tensor(array)) == repr(paddle.to_tensor(array))
