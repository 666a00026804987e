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
