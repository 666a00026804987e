"""Paddle's operators of bits beside whole numbers, as Paddle 3.3.1 answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import paddle


@pytest.mark.parametrize(
    ("dtype", "shifted", "values"),
    [
        ("int64", lambda x: x << 1, [16, 18]), ("int64", lambda x: x >> 1, [4, 4]), ("int64", lambda x: 1 << x, [256, 512]),
        ("uint8", lambda x: x << 1, [16, 18]), ("int8", lambda x: x << True, [16, 18]), ("int16", lambda x: x << 70000, [0, 0]),
    ],
)  # fmt: skip
def test_shifts_by_numbers(dtype: str, shifted: Any, values: list[int]) -> None:
    y = shifted(paddle.to_tensor([8, 9], dtype=dtype))
    assert y.numpy().tolist() == values and y.numpy().dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda: paddle.ones([2]) << 1, RuntimeError), (lambda: paddle.to_tensor([1]) << 1.5, TypeError),
        (lambda: paddle.bitwise_left_shift(paddle.ones([2]), paddle.ones([2])), RuntimeError),
        (lambda: paddle.ones([2], "bool") << 1, RuntimeError), (lambda: paddle.to_tensor([1]) & 1, ValueError),
    ],
)  # fmt: skip
def test_what_has_no_bits(wrong: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        wrong()


def test_in_place_keeps_the_shape() -> None:
    x = paddle.ones([3])
    for name in ("add_", "multiply_", "equal_", "lerp_"):
        more = (0.5,) if name == "lerp_" else ()
        with pytest.raises(ValueError, match=r"broadcast output \[2, 3\]"):
            getattr(x, name)(paddle.ones([2, 3]), *more)
    assert x.shape == [3]
    assert x.reshape_([3, 1]).shape == [3, 1]
