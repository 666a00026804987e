"""What Paddle gives at infinities, zeros and single points, and what it refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from plait import paddle

F = paddle.nn.functional


def test_losses_of_probability_zero_are_bounded() -> None:
    p = paddle.to_tensor([[0.0, 0.5, 0.5], [0.0, 1.0, 0.0], [0.0, math.inf, 0.0]], stop_gradient=False)
    labels = paddle.to_tensor([0, 1, 1])
    loss = F.cross_entropy(p, labels, use_softmax=False, reduction="none")
    np.testing.assert_array_equal(loss.numpy(), np.array([1e20, -0.0, -1e20], "float32"))
    loss.backward(paddle.ones_like(loss))
    np.testing.assert_array_equal(p.grad.numpy(), [[-math.inf, 0, 0], [0, -1, 0], [0, 0, 0]])
    soft = paddle.to_tensor([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.0, 1.0, 0.0]])
    loss = F.cross_entropy(p.detach(), soft, use_softmax=False, soft_label=True, reduction="none")
    np.testing.assert_array_equal(loss.numpy(), np.array([[1e20], [5e19], [-1e20]], "float32"))
    loss = F.cross_entropy(p.detach(), labels, ignore_index=0, use_softmax=False, reduction="none")
    np.testing.assert_array_equal(loss.numpy(), np.array([0, -0.0, -1e20], "float32"))
    p.clear_grad()
    F.cross_entropy(p, paddle.to_tensor([2, 1, 0]), ignore_index=0, use_softmax=False, reduction="sum").backward()
    np.testing.assert_array_equal(p.grad.numpy(), [[0, 0, -2], [0, -1, 0], [0, 0, 0]])


def test_logsumexp_of_infinities_is_nan() -> None:
    x = paddle.to_tensor([[math.inf, 1.0], [-math.inf, -math.inf], [2.0, -math.inf]])
    np.testing.assert_array_equal(paddle.logsumexp(x, axis=1).numpy(), [math.nan, math.nan, 2.0])


def test_a_single_point_between_aligned_corners_is_nowhere() -> None:
    theta = paddle.to_tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], stop_gradient=False)
    grid = F.affine_grid(theta, [1, 1, 1, 1], align_corners=True)
    assert np.isnan(grid.numpy()).all()
    grid.sum().backward()
    np.testing.assert_array_equal(theta.grad.numpy(), [[[math.nan, math.nan, 1.0]] * 2])
    assert F.affine_grid(theta, [1, 1, 1, 1], align_corners=False).tolist() == [[[[3.0, 6.0]]]]


def test_median_by_the_other_names_gives_the_lower_one_and_its_index() -> None:
    x = paddle.to_tensor([[1.0, 5.0, 3.0], [4.0, 2.0, 6.0]])
    values, places = paddle.median(x, dim=1)
    assert values.tolist() == [3.0, 4.0] and places.tolist() == [2, 0]
    values, places = x.median(dim=0, keepdim=True)
    assert values.tolist() == [[1.0, 2.0, 3.0]] and places.tolist() == [[0, 1, 0]]
    assert paddle.median(input=x).item() == 3.0 and paddle.median(x).item() == 3.5
    assert paddle.median(x, dim=0, mode="avg").tolist() == x.median(0).tolist() == [2.5, 3.5, 4.5]


def test_what_is_refused() -> None:
    def bare() -> Any:
        return 1

    data: dict[str, Any] = {"parameters": [], "learning_rate": 0.1}
    for kind, call in (
        (TypeError, lambda: paddle.no_grad(bare)), (TypeError, lambda: paddle.enable_grad(bare)), (TypeError, lambda: paddle.to_tensor(range(3))),
        (ValueError, lambda: paddle.to_tensor(3.0).flatten_()), (IndexError, lambda: paddle.optimizer.Momentum(**data)),
        (IndexError, lambda: paddle.optimizer.Rprop(**data)), (IndexError, lambda: paddle.optimizer.Adam(parameters=[{"params": []}])),
    ):  # fmt: skip
        with pytest.raises(kind):
            call()
    assert paddle.optimizer.Adam(**data) and paddle.to_tensor([range(3)]).tolist() == [[0, 1, 2]]
    assert paddle.flatten(paddle.to_tensor(3.0)).shape == [1]
    assert paddle.base.dygraph.no_grad(bare)() == paddle.no_grad()(bare)() == 1


@pytest.mark.parametrize(
    ("dtype", "size", "expected"), [("float32", 1e20, 16.263035), ("float64", 1e200, 2.2375022193600622e46)]
)
def test_cosine_of_vectors_whose_squares_overflow(dtype: str, size: float, expected: float) -> None:
    a = paddle.to_tensor([[size, size]], dtype=dtype, stop_gradient=False)
    b = paddle.to_tensor([[1.0, 2.0]], dtype=dtype, stop_gradient=False)
    cosine = F.cosine_similarity(a, b)
    np.testing.assert_allclose(cosine.numpy(), [expected], rtol=1e-6)
    cosine.backward()
    np.testing.assert_allclose(a.grad.numpy(), [[expected / size / 3, expected / size / 1.5]], rtol=1e-6)
    assert np.isnan(b.grad.numpy()).all()


@pytest.mark.parametrize("value", [[1.0, 2.0], 1.5, None])
def test_what_is_no_tensor_is_refused_as_upstream_refuses_it(value: Any) -> None:
    asked: list[Any] = [
        (AttributeError, lambda: F.softmax(value)), (AttributeError, lambda: paddle.reshape(value, [-1])), (AttributeError, lambda: paddle.clip(value)),
        (AttributeError, lambda: paddle.split(value, 2)), (AttributeError, lambda: paddle.zeros_like(value)), (TypeError, lambda: paddle.median(value)),
        (TypeError, lambda: paddle.norm(value)), (TypeError, lambda: paddle.gather(value, paddle.to_tensor([0]))), (ValueError, lambda: F.relu(value)),
        (ValueError, lambda: paddle.matmul(value, paddle.ones([2]))),
    ]  # fmt: skip
    for kind, call in asked:
        with pytest.raises(kind):
            call()
