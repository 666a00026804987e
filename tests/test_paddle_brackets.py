"""What may stand in a Paddle Tensor's brackets, and what is refused. What is expected was seen in Paddle 3.3.1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import paddle


def numbers(*sizes: int) -> Any:
    return paddle.arange(int(np.prod(sizes)), dtype="float32").reshape(list(sizes))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: x[:, :, 0:1], ValueError),
        (lambda x: x[0, 0, 0], IndexError),
        (lambda x: x[7, [0], [0]], IndexError),
        (lambda x: x[..., 0, ...], ValueError),
        (lambda x: x[:, [5]], IndexError),
        (lambda x: x[[0], [0], [True, False]], IndexError),
        (lambda x: x.__setitem__(9, "a"), IndexError),
        (lambda x: x.__setitem__(0, np.float32(2)), ValueError),
        (lambda x: x.__setitem__(0, [1.0]), ValueError),
    ],
)
def test_refused(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        call(numbers(2, 3))
    assert type(caught.value) is error


def test_an_index_tensor_counts_without_the_dimensions_that_none_adds() -> None:
    x = numbers(5, 1, 2)
    assert x[None, paddle.to_tensor([0, -1])].shape == [2, 5, 1, 2]
    assert x[1, None, [-1, 0]].shape == [2, 1, 2]


@pytest.mark.parametrize(
    "key",
    [
        ([1, 0], slice(None, None, -2)),
        (slice(None, None, -1), [2, 0]),
        ([True, False], slice(2, 0, -1)),
    ],
)
def test_writing_backwards_beside_index_tensors(key: Any) -> None:
    x = numbers(2, 3)
    x.stop_gradient = False
    y, array = x * 1, numbers(2, 3).numpy()
    value = np.arange(array[key].size, dtype=np.float32).reshape(array[key].shape) + 10
    y[key] = paddle.to_tensor(value)
    array[key] = value
    assert y.tolist() == array.tolist()
    y.sum().backward()
    assert (x.grad.numpy() == (array < 10)).all()
