"""The signs of zeros, slopes at kinks, and gradients that upstream takes its own way, in the Paddle dialect. What is expected was seen in Paddle 3.3.1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import paddle

F = paddle.nn.functional
# Of the scores and of the weights.
WEIGHT_GRADIENTS = {
    "mean": (
        [[0.189745, -0.316934, 0.12719], [-0.199814, 0.089949, 0.109864]],
        [-0.07084, 0.047227, 0.0],
    ),
    "sum": (
        [[0.094872, -0.158467, 0.063595], [-0.099907, 0.044975, 0.054932]],
        [0.692217, 0.75125, 0.0],
    ),
}
SMOOTHED_GRADIENT = [[-0.177616, 0.307776, -0.534854], [0.244283, -0.241109, 0.601521]]


def shown(t: Any) -> str:
    return " ".join(f"{v:g}" for v in t.numpy().reshape(-1))


@pytest.mark.parametrize(
    ("call", "values", "gradient"),
    [
        (lambda x: F.relu(x), "0 0 0 2 0", "-0 -0 -0 -1 -0"),
        (lambda x: F.hardshrink(x), "-0 -0 0 2 nan", "-0 -0 -0 -1 -0"),
        (lambda x: F.softshrink(x), "0 0 0 1.5 nan", "-0 -0 -0 -1 -0"),
        (lambda x: F.hardtanh(x, 0.0, 1.0), "0 -0 0 1 nan", "-0 -0 -0 -0 -0"),
        (lambda x: F.thresholded_relu(x), "0 0 0 2 nan", "-0 -0 -0 -1 -0"),
        (lambda x: F.leaky_relu(x, 0.5), "-0.125 -0 0 2 nan", "-0.5 -1 -1 -1 -0"),
        (lambda x: -x, "0.25 0 0 -2 nan", "1 1 1 1 1"),
        (lambda x: x * 3, "-0.75 0 0 6 nan", "-3 -3 -3 -3 -3"),
        (lambda x: x.scale(-1.0), "0.25 0 0 -2 nan", "1 1 1 1 1"),
        (lambda x: abs(x), "0.25 0 0 2 nan", "1 0 0 -1 nan"),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zeros(call: Any, values: str, gradient: str, dtype: str) -> None:
    x = paddle.to_tensor([-0.25, -0.0, 0.0, 2.0, np.nan], dtype=dtype, stop_gradient=False)
    y = call(x)
    assert shown(y) == values
    (g,) = paddle.grad(y, x, paddle.full([5], -1.0, dtype))
    assert shown(g) == gradient


def test_a_root_of_a_length_has_a_gradient_at_zero() -> None:
    x = paddle.zeros([2])
    x.stop_gradient = False
    paddle.sqrt(abs(x)).sum().backward()
    assert shown(x.grad) == "0 0"


def test_the_cross_entropy_of_a_zero_logit() -> None:
    x = paddle.to_tensor([0.0, 0.0, 1.0], stop_gradient=False)
    t = paddle.to_tensor([0.0, 1.0, 0.0])
    (g,) = paddle.grad(F.binary_cross_entropy_with_logits(x, t, reduction="sum"), x)
    assert shown(g) == "-0.5 -1.5 0.731059"
    loss = F.binary_cross_entropy_with_logits(x, t, reduction="sum", pos_weight=paddle.ones([3]))
    (g,) = paddle.grad(loss, x)
    assert shown(g) == "0.5 -0.5 0.731059"


def test_the_gradient_of_class_weights() -> None:
    x = paddle.to_tensor([[0.1, 0.5, -0.3], [1.0, 0.2, 0.4]], stop_gradient=False)
    w = paddle.to_tensor([0.2, 0.3, 0.5], stop_gradient=False)
    for reduction, want in WEIGHT_GRADIENTS.items():
        loss = F.cross_entropy(x, paddle.to_tensor([1, 0]), w, reduction=reduction)
        for g, numbers in zip(paddle.grad(loss, [x, w]), want, strict=True):
            assert np.allclose(g.numpy(), numbers, atol=2e-6)


def test_the_gradient_of_shares_that_do_not_add_up_to_one() -> None:
    x = paddle.to_tensor([[0.1, 0.5, -0.3], [1.0, 0.2, 0.4]], stop_gradient=False)
    t = paddle.to_tensor([[0.5, 0.25, 1.0], [0.5, 0.75, 0.0]])
    loss = F.cross_entropy(x, t, soft_label=True, axis=0, label_smoothing=0.2, reduction="sum")
    assert np.allclose(paddle.grad(loss, x)[0].numpy(), SMOOTHED_GRADIENT, atol=2e-6)


@pytest.mark.parametrize("pool", [lambda x: F.max_pool2d(x, 2), lambda x: F.adaptive_max_pool2d(x, 2)])
def test_second_slopes_of_maxima(pool: Any) -> None:
    x = paddle.to_tensor(np.arange(16.0).reshape(1, 1, 4, 4), stop_gradient=False)
    for flat in (True, False):
        seed = paddle.full([1, 1, 2, 2], 3.0, "float64")
        seed.stop_gradient = flat
        (first,) = paddle.grad([pool(x)], [x], [seed], create_graph=True)
        assert first.sum().item() == 12.0 and not first.stop_gradient
        got = paddle.grad([(first * first).sum()], [x] if flat else [x, seed], allow_unused=True)
        assert got[0] is None or not got[0].numpy().any()
        assert flat or shown(got[1]) == "6 6 6 6"
