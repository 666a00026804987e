"""Subclasses of Tensor: what their `__torch_function__` makes of functions, methods, operators and layers."""

from __future__ import annotations

from typing import Any

import pytest

from plait import torch
from plait.torch import nn


class Plain(torch.Tensor):
    pass


class Noting(torch.Tensor):
    seen: list[str] = []

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        cls.seen.append(func.__name__)
        return super().__torch_function__(func, types, args, kwargs)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x + 1, lambda x: 1 + x, lambda x: torch.ones(2, 3) + x, lambda x: -x, lambda x: x == x, lambda x: x[0], lambda x: x.sum(),
        lambda x: x.view(6), lambda x: torch.cat([x, x]), lambda x: torch.stack([x, x]), lambda x: x.max(0).values, lambda x: x.T,
        lambda x: nn.functional.relu(x), lambda x: nn.Linear(3, 2)(x), lambda x: nn.Sequential(nn.Linear(3, 2), nn.ReLU())(x),
        lambda x: x.double(), lambda x: x.clone(), lambda x: next(iter(x)), lambda x: x.split(1)[0], lambda x: x.new_zeros(2),
    ],
)  # fmt: skip
def test_results_are_of_the_subclass(call: Any) -> None:
    assert type(call(torch.ones(2, 3).as_subclass(Plain))) is Plain


def test_parameters_make_plain_tensors() -> None:
    class Weight(nn.Parameter):
        pass

    w = Weight(torch.ones(2))
    assert type(w) is Weight and type(w * 2) is torch.Tensor and type(nn.Parameter(torch.ones(2)) + 1) is torch.Tensor


def test_names_that_are_told() -> None:
    x = torch.ones(2).as_subclass(Noting)
    Noting.seen.clear()
    x + 1, 2 * x, x / 2, x.sum(), torch.cat([x, x]), x == x, x[0], x.reshape(2, 1)
    assert Noting.seen == ["add", "mul", "div", "sum", "cat", "__eq__", "__getitem__", "reshape"]


def test_gradients_flow_through() -> None:
    x = torch.ones(3).as_subclass(Plain).requires_grad_()
    y = (x * 2).sum()
    y.backward()
    assert type(y) is Plain and type(x.grad) is torch.Tensor and x.grad.tolist() == [2, 2, 2]


def test_two_subclasses_do_not_meet() -> None:
    class Other(torch.Tensor):
        pass

    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \+: 'Plain' and 'Other'"):
        torch.ones(1).as_subclass(Plain) + torch.ones(1).as_subclass(Other)


def test_plain_tensors_stay_plain() -> None:
    assert type(torch.ones(2) + 1) is torch.Tensor and type(torch.cat([torch.ones(1)])) is torch.Tensor


def test_built_in_functions_stay_no_methods_of_classes() -> None:
    class Seen(torch.Tensor):
        pass

    class Holder:
        act = torch.relu

    assert isinstance(torch.ones(1).as_subclass(Seen), Seen)
    assert Holder().act(torch.tensor([-1.0, 2.0])).tolist() == [0.0, 2.0]
