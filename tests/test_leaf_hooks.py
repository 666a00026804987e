"""A leaf's hooks see its whole gradient, once a backward, however many ways lead to it."""

from __future__ import annotations

from typing import Any

import pytest

from plait import paddle, torch


def _leaf(dialect: Any) -> Any:
    if dialect is torch:
        return torch.tensor([1.0, 2.0], requires_grad=True)
    return paddle.to_tensor([1.0, 2.0], stop_gradient=False)


@pytest.mark.parametrize("dialect", [torch, paddle])
def test_a_hook_sees_the_sum(dialect: Any) -> None:
    x, seen = _leaf(dialect), []
    x.register_hook(lambda g: seen.append(g.tolist()))
    (x * x + x * 3.0).sum().backward()
    assert seen == [[5.0, 7.0]] and x.grad.tolist() == [5.0, 7.0]
    ((x * 2.0) * x).sum().backward()
    assert seen == [[5.0, 7.0], [4.0, 8.0]] and x.grad.tolist() == [9.0, 15.0]


@pytest.mark.parametrize("dialect", [torch, paddle])
def test_what_is_no_sum_of_parts(dialect: Any) -> None:
    x = _leaf(dialect)
    x.register_hook(lambda g: g * g)  # (a + b)² is not a² + b²
    (x * x).sum().backward()
    assert x.grad.tolist() == [4.0, 16.0]


def test_hooks_run_when_their_gradient_is_whole() -> None:
    x, y, seen = _leaf(torch), _leaf(torch), []
    x.register_hook(lambda g: seen.append("x"))
    y.register_hook(lambda g: seen.append("y"))
    between = x * 2.0
    between.register_hook(lambda g: seen.append("between"))
    ((between + y) * y + x * 0.0).sum().backward()
    assert seen == ["y", "between", "x"]


def test_hooks_after_accumulation_run_once_and_with_a_graph_too() -> None:
    x, seen = _leaf(torch), []
    x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist()))
    (x * x + x).sum().backward()
    assert seen == [[3.0, 5.0]]
    x.grad = None
    (x * x + x).sum().backward(create_graph=True)
    assert seen == [[3.0, 5.0], [3.0, 5.0]]
    x.backward(torch.tensor([1.0, 1.0]))  # the leaf itself
    assert seen[2:] == [[4.0, 6.0]]


def test_grad_shows_leaf_hooks_its_results_in_torch_alone() -> None:
    for dialect, grad, expected in ((torch, torch.autograd.grad, [20.0, 40.0]), (paddle, paddle.grad, [2.0, 4.0])):
        x = _leaf(dialect)
        x.register_hook(lambda g: g * 10.0)
        assert grad((x * x).sum(), [x])[0].tolist() == expected


def test_paddle_keeps_the_gradient_as_it_was_when_it_was_told_to() -> None:
    for first, expected in ((True, [6.0, 12.0]), (False, [12.0, 24.0])):
        x = _leaf(paddle)
        w = x * 3.0
        if first:
            w.retain_grads()
        w.register_hook(lambda g: g * 2.0)
        w.retain_grads()
        out = (w * w).sum()
        for _ in range(2):  # the second takes the place of the first
            out.backward(retain_graph=True)
            assert w.grad.tolist() == [n / 1.0 for n in expected]
        assert x.grad.tolist() == [72.0, 144.0]


def test_paddle_keeps_zeros_for_a_part_that_nothing_needs() -> None:
    x = paddle.ones([2, 6])
    x.stop_gradient = False
    used, unused = paddle.split(x * 1.0, 2, axis=1)
    seen: list[Any] = []
    unused.retain_grads()
    unused.register_hook(lambda g: seen.append(g.tolist()))
    used.sum().backward()
    assert unused.grad.tolist() == [[0.0] * 3] * 2 == seen[0]
    assert x.grad.tolist() == [[1.0] * 3 + [0.0] * 3] * 2


def test_paddle_calls_hooks_without_arguments_after_a_leaf_has_its_gradient() -> None:
    x, calls = _leaf(paddle), []
    assert x._register_backward_hook(lambda: calls.append(x.grad.tolist())) is True
    (x * x).sum().backward()
    assert calls == [[2.0, 4.0]]
    with pytest.raises(RuntimeError, match="stop gradient"):
        paddle.ones([1])._register_backward_hook(print)
    with pytest.raises(ValueError, match="leaf"):
        (x * 2.0)._register_backward_hook(print)
