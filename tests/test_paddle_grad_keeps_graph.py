"""paddle.grad leaves the graph whole; backward uses it up (Paddle 3.3.1)."""

from __future__ import annotations

import numpy as np
import pytest

from plait import paddle


@pytest.mark.parametrize("retain", [None, False, True])
def test_grad_can_be_asked_again(retain: bool | None) -> None:
    x = paddle.to_tensor([1.0, 2.0], stop_gradient=False)
    y = (x * x).sum()
    for _ in range(2):
        np.testing.assert_array_equal(paddle.grad(y, x, retain_graph=retain)[0].numpy(), [2.0, 4.0])
    y.backward()
    with pytest.raises(SystemError):
        y.backward()


def test_backward_follows_a_second_order_grad() -> None:
    x = paddle.to_tensor([1.0, 2.0], stop_gradient=False)
    z = (x**2 * x).sum()
    (g,) = paddle.grad(z, x, create_graph=True)
    np.testing.assert_allclose(paddle.grad(g.sum(), x)[0].numpy(), [6.0, 12.0])
    z.backward()
    np.testing.assert_allclose(x.grad.numpy(), [3.0, 12.0])
