"""paddle.grad leaves the graph whole; backward uses it up (Paddle 3.3.1)."""

from __future__ import annotations

import numpy as np
import pytest

from plait import paddle
from plait.paddle.autograd import grad


@pytest.mark.parametrize("retain", [None, False, True])
def test_grad_can_be_asked_again(retain: bool | None) -> None:
    x = paddle.to_tensor([1.0, 2.0], stop_gradient=False)
    y = (x * x).sum()
    for _ in range(2):
        np.testing.assert_array_equal(grad(y, x, retain_graph=retain)[0].numpy(), [2.0, 4.0])
    y.backward()
    with pytest.raises(SystemError):
        y.backward()


def test_backward_follows_a_second_order_grad() -> None:
    x = paddle.to_tensor([1.0, 2.0], stop_gradient=False)
    z = (x**2 * x).sum()
    (g,) = grad(z, x, create_graph=True)
    np.testing.assert_allclose(np.asarray(grad(g.sum(), x)[0].numpy()), np.array([6.0, 12.0]))
    z.backward()
    np.testing.assert_allclose(np.asarray(x.grad.numpy()), np.array([3.0, 12.0]))


def test_a_stored_gradient_is_a_leaf_that_begins_a_graph() -> None:
    x = paddle.to_tensor([1.0, 2.0], stop_gradient=False)
    for _ in range(2):
        (x * x).sum().backward()
        assert x.grad.is_leaf and not x.grad.stop_gradient
        assert not x.grad[0].stop_gradient
    np.testing.assert_array_equal(x.grad.numpy(), np.array([4.0, 8.0]))
    (x.grad * 2).sum().backward()
    np.testing.assert_array_equal(x.grad.grad.numpy(), np.array([2.0, 2.0]))
    with pytest.raises(ValueError):
        x.grad.zero_()
    x.clear_grad()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.array([2.0, 4.0]))


def test_what_grad_asks_of_its_arguments() -> None:
    x = paddle.to_tensor([1.0, 2.0], stop_gradient=False)
    y = x * x
    for arguments in (
        {"outputs": [], "inputs": x},
        {"outputs": y, "inputs": []},
        {"outputs": y, "inputs": {x}},
        {"outputs": y, "inputs": x, "create_graph": 1},
        {"outputs": y, "inputs": x, "retain_graph": 0},
        {"outputs": y, "inputs": x, "allow_unused": None},
        {"outputs": y, "inputs": x, "only_inputs": False},
        {"outputs": y, "inputs": x, "grad_outputs": [None, None]},
    ):
        with pytest.raises(AssertionError):
            grad(**arguments)
    for arguments in ({"outputs": [y, y], "inputs": x}, {"outputs": y, "inputs": [x, x]}):
        with pytest.raises(RuntimeError, match="duplicate"):
            grad(**arguments)
    assert grad(y, x, grad_outputs=[])[0].tolist() == [2.0, 4.0]
    assert grad(y.sum(), x, grad_outputs=paddle.to_tensor([3.0]))[0].tolist() == [6.0, 12.0]
    with pytest.raises(ValueError, match="shapes of outputs"):
        grad(y, x, grad_outputs=paddle.ones([3]))


def test_minimize_passes_over_what_stops_gradients() -> None:
    layer = paddle.nn.Linear(2, 1)
    loss = layer(paddle.ones([1, 2])).sum()
    loss.backward()
    layer.weight.stop_gradient = True
    before = layer.weight.numpy()
    _, pairs = paddle.optimizer.SGD(0.1, parameters=layer.parameters()).minimize(loss)
    assert [(p.name, g.stop_gradient) for p, g in pairs] == [(layer.bias.name, False)]
    np.testing.assert_array_equal(layer.weight.numpy(), before)
