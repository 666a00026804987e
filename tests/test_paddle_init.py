"""paddle.nn.init: each function fills the tensor it is given, as the initializer of that rule fills a parameter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import paddle

init, rules = paddle.nn.init, paddle.nn.initializer


@pytest.mark.parametrize(
    ("fill", "rule"),
    [
        (lambda t: init.kaiming_uniform_(t, 0.3, "fan_out"), rules.KaimingUniform(None, 0.3, "leaky_relu", "fan_out")),
        (lambda t: init.kaiming_normal_(t, nonlinearity="relu"), rules.KaimingNormal()),
        (lambda t: init.xavier_uniform_(t, 2.0, fan_in=3), rules.XavierUniform(fan_in=3, gain=2.0)),
        (lambda t: init.xavier_normal_(t, 0.5), rules.XavierNormal(gain=0.5)),
        (lambda t: init.uniform_(t, -3.0, 1.0), rules.Uniform(-3.0, 1.0)),
        (lambda t: init.normal_(t, 4.0, 0.1), rules.Normal(4.0, 0.1)),
        (lambda t: init.trunc_normal_(t, 0.5, 2.0, -1.0, 1.0), rules.TruncatedNormal(0.5, 2.0, -1.0, 1.0)),
        (lambda t: init.orthogonal_(t, 3.0), rules.Orthogonal(3.0)),
    ],
)
def test_fills_as_the_rule_does(fill: Any, rule: Any) -> None:
    given, wanted = paddle.zeros([5, 7]), paddle.zeros([5, 7])
    paddle.seed(17)
    assert fill(given) is None
    paddle.seed(17)
    rule(wanted)
    np.testing.assert_array_equal(given.numpy(), wanted.numpy())
    assert given.numpy().any()
    with pytest.raises(RuntimeError, match="floating-point"):
        fill(paddle.zeros([5, 7], dtype="int32"))


def test_fills_with_what_is_not_drawn() -> None:
    t = paddle.zeros([2, 3], dtype="int64")
    init.constant_(t, 7)
    assert t.tolist() == [[7] * 3] * 2
    init.eye_(t)
    assert t.tolist() == [[1, 0, 0], [0, 1, 0]]
    init.ones_(t)
    assert t.tolist() == [[1] * 3] * 2
    init.zeros_(t)
    assert t.tolist() == [[0] * 3] * 2
    with pytest.raises(AssertionError, match="2 dimensions, but has 1"):
        init.eye_(paddle.zeros([4]))
    kernel = paddle.zeros([2, 2, 3])
    init.dirac_(kernel)
    assert kernel.numpy()[:, :, 1].tolist() == [[1, 0], [0, 1]]
    assert float(kernel.sum()) == 2


def test_fans_and_gains() -> None:
    assert init._calculate_fan_in_and_fan_out(paddle.zeros([4, 6])) == (4, 6)
    assert init._calculate_fan_in_and_fan_out(paddle.zeros([4, 6, 5])) == (30, 20)
    assert init.calculate_gain("selu") == 0.75


def test_a_layers_weights_stay_trainable() -> None:
    layer = paddle.nn.Linear(2, 2)
    init.ones_(layer.weight)
    layer(paddle.ones([1, 2])).sum().backward()
    assert not layer.weight.stop_gradient
    assert layer.weight.grad.tolist() == [[1, 1], [1, 1]]
