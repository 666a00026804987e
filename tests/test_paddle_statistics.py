"""Quantiles, medians of nothing, kernels that bool lacks, gradients on demand, diagonals. What is expected was seen in Paddle 3.3.1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import paddle


def leaf(values: Any) -> Any:
    return paddle.to_tensor(values, dtype="float32", stop_gradient=False)


@pytest.mark.parametrize(
    ("interpolation", "value", "gradient"),
    [
        ("linear", 1.75, [0.25, 0.75, 0.0, 0.0]),
        ("lower", 1.0, [1.0, 0.0, 0.0, 0.0]),
        ("higher", 2.0, [0.0, 1.0, 0.0, 0.0]),
        ("nearest", 2.0, [0.0, 1.0, 0.0, 0.0]),
        ("midpoint", 1.5, [0.5, 0.5, 0.0, 0.0]),
    ],
)
def test_quantile(interpolation: str, value: float, gradient: list[float]) -> None:
    x = leaf([1.0, 2.0, 3.0, 4.0])
    y = paddle.quantile(x, 0.25, interpolation=interpolation)
    y.backward()
    assert y.item() == value and x.grad.tolist() == gradient


def test_quantiles_with_nan_and_axes() -> None:
    x = leaf([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]])
    assert np.isnan(paddle.quantile(x, 0.5, 1).tolist()[0])
    y = paddle.nanquantile(x, [0.0, 1.0], [0, 1], True)
    assert y.shape == [2, 1, 1] and y.reshape([-1]).tolist() == [1.0, 6.0]
    assert paddle.quantile(x, [0.5], 1).shape == [2]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: paddle.quantile(x, 1.5), ValueError),
        (lambda x: paddle.quantile(x, []), ValueError),
        (lambda x: paddle.quantile(x, "a"), TypeError),
        (lambda x: paddle.quantile(x, 0.5, 3), ValueError),
        (lambda x: x.max(dim=0), TypeError),
        (lambda x: x.min(dim=0), TypeError),
        (lambda x: x.nansum(dim=0), TypeError),
        (lambda x: (x > 1).max(), RuntimeError),
        (lambda x: (x > 1).prod(), RuntimeError),
        (lambda x: (x > 1).argmax(), RuntimeError),
        (lambda x: (x > 1).cumsum(), RuntimeError),
        (lambda x: x.median([0, 1]), ValueError),
        (lambda x: (x * 2).backward(paddle.ones([1])), AssertionError),
        (lambda x: paddle.grad(x * 2, [x, x]), RuntimeError),
        (lambda x: x.fill_diagonal_(1.0), ValueError),
    ],
)
def test_refused(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        call(leaf([1.0, 2.0]))
    assert type(caught.value) is error


def test_the_median_of_nothing() -> None:
    x = paddle.zeros([0, 3])
    assert np.isnan(x.median().item()) and x.median().shape == []
    assert np.isnan(x.median(0).numpy()).all() and x.median(0, True).shape == [1, 3]
    assert paddle.to_tensor(2.5).median(0).item() == 2.5


def test_a_diagonal_is_filled() -> None:
    def filled(*arguments: Any) -> Any:
        return [np.flatnonzero(row).tolist() for row in paddle.zeros([6, 3]).fill_diagonal_(*arguments).numpy()]

    assert filled(1.0) == [[0], [1], [2], [], [], []]
    assert filled(1.0, 1) == [[1], [2], [], [], [], []]
    assert filled(1.0, -1) == [[], [0], [1], [2], [], []]
    assert filled(1.0, 0, True) == [[0], [1], [2], [], [0], [1]]
    x = leaf(np.ones((2, 2)))
    (x * 2).fill_diagonal_(5.0).sum().backward()
    assert x.grad.tolist() == [[0.0, 2.0], [2.0, 0.0]]


def test_zero_dimensions() -> None:
    x = paddle.to_tensor(2.5)
    assert x.sum(-1).item() == x.mean(0).item() == 2.5 and x.floor_divide(2).shape == []
    with pytest.raises(ValueError, match="0-D"):
        x.nonzero()
    with pytest.raises(IndexError, match="2 dimensions"):
        x.diagonal()


def test_what_kind_of_tensor() -> None:
    assert str(paddle.ones([1]).type) == "VarType.DENSE_TENSOR"
