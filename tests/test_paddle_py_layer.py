"""PyLayer: what forward and backward may return, and what the leaves then show. What is expected was seen in Paddle 3.3.1."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from plait import paddle
from plait.paddle.autograd import PyLayer, PyLayerContext


def leaf(stop: bool = False) -> Any:
    x = paddle.ones([2])
    x.stop_gradient = stop
    return x


def layer(back: Any, forth: Any = lambda ctx, x, *more: x * 2) -> Any:
    return type(
        "Mine",
        (PyLayer,),
        {"forward": staticmethod(forth), "backward": staticmethod(back)},
    )


def test_the_first_gradient_of_a_leaf_shows_where_it_came_from() -> None:
    thrice = layer(lambda ctx, g: g * 3)
    x = leaf()
    thrice.apply(x).sum().backward()
    assert x.grad.stop_gradient and x.grad.tolist() == [3.0, 3.0]
    (x * 2).sum().backward()
    assert x.grad.stop_gradient and x.grad.tolist() == [5.0, 5.0]
    x.clear_gradient(False)
    (x * 2).sum().backward()
    assert not x.grad.stop_gradient
    thrice.apply(x).sum().backward()
    assert not x.grad.stop_gradient and x.grad.tolist() == [5.0, 5.0]


def test_a_gradient_that_is_held_goes_on() -> None:
    x = leaf()
    (x * 2).sum().backward()
    held = x.grad
    (x * 2).sum().backward()
    assert held.tolist() == [4.0, 4.0]
    x.clear_grad()
    assert held.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("back", "works"),
    [
        (lambda g: (g,), False),
        (lambda g: (g, g), False),
        (lambda g: (g, None), False),
        (lambda g: (g, None, g), True),
        (lambda g: (g, g, g), False),
        (lambda g: (None, None, g), True),
        (lambda g: (g, None, None), True),
        (lambda g: [g, g], False),
        (lambda g: (g, 3, g), False),
        (lambda g: (), False),
        (lambda g: None, False),
        (lambda g: (g, g, g, g), False),
    ],
)
def test_how_many_gradients(back: Any, works: bool) -> None:
    y = layer(lambda ctx, g: back(g)).apply(leaf(), leaf(True), leaf()).sum()
    if works:
        y.backward()
    else:
        with pytest.raises(ValueError, match="must return"):
            y.backward()


def test_a_last_tensor_that_stops_gradients_may_be_passed_over() -> None:
    x = leaf()
    layer(lambda ctx, g: g * 3).apply(x, leaf(True)).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_inputs_that_come_back() -> None:
    same = layer(lambda ctx, g: g * 3, lambda ctx, x: x)
    with pytest.raises(ValueError, match="Leaf Var"):
        same.apply(leaf())
    x = leaf()
    h = x * 2
    y = same.apply(h)
    assert y is h and h.inplace_version == 1
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]

    def forth(ctx: Any, x: Any) -> Any:
        ctx.mark_not_inplace(x)
        return x

    x = leaf()
    y = layer(lambda ctx, g: g * 3, forth).apply(x)
    assert y is not x and y.is_leaf and not y.stop_gradient
    (y * 2).sum().backward()
    assert x.grad is None and y.grad.tolist() == [2.0, 2.0]


def test_gradients_that_nobody_asked_for() -> None:
    seen: list[Any] = []

    def forth(ctx: Any, x: Any, zeros: bool) -> Any:
        ctx.set_materialize_grads(zeros)
        b = x * 3
        ctx.mark_non_differentiable(b)
        return x * 2, b

    def back(ctx: Any, *grads: Any) -> Any:
        seen.append([g if g is None else g.tolist() for g in grads])
        return grads[0]

    for zeros in (True, False):
        a, b = layer(back, forth).apply(leaf(), zeros)
        assert b.stop_gradient and not b.is_leaf
        a.sum().backward()
    assert seen == [[[1.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], None]]


def test_the_context() -> None:
    names: list[Any] = []

    def forth(ctx: Any, x: Any) -> Any:
        names.extend([type(ctx).__name__, isinstance(ctx, PyLayerContext)])
        with pytest.raises(TypeError, match="must be bool"):
            ctx.set_materialize_grads(3)
        return x * 2

    layer(lambda ctx, g: g, forth).apply(leaf())
    assert names == ["Mine_backward", True]
    assert "container" not in dir(PyLayerContext)


def test_signatures_show_the_layout() -> None:
    nn = paddle.nn
    for layer_class, want in ((nn.MaxPool2D, "NCHW"), (nn.Conv1D, "NCL"), (nn.Pad3D, "NCDHW"), (nn.BatchNorm1D, "NCL")):
        assert inspect.signature(layer_class).parameters["data_format"].default == want
    assert "num_groups" in inspect.signature(nn.functional.group_norm).parameters
    assert paddle.exp.__name__ == "_exp" and nn.functional.gelu.__name__ == "_gelu" and paddle.add.__name__ == "add"
