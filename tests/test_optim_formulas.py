"""Steps that are differentiated: the formulas move parameters as the rules do, and their gradients are what finite differences say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import torch
from plait.torch import optim

CASES: list[tuple[Any, dict[str, Any]]] = [
    (optim.SGD, {"weight_decay": 0.1, "maximize": True}),
    (optim.SGD, {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    (optim.SGD, {"momentum": 0.9, "nesterov": True}),
    (optim.Adam, {"weight_decay": 0.1}),
    (optim.Adam, {"amsgrad": True, "betas": (0.5, 0.6)}),
    (optim.AdamW, {"maximize": True}),
    (optim.NAdam, {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    (optim.RAdam, {"betas": (0.5, 0.9)}),
    (optim.RMSprop, {"momentum": 0.9, "centered": True, "weight_decay": 0.1}),
    (optim.RMSprop, {}),
    (optim.Adagrad, {"lr_decay": 0.1, "weight_decay": 0.2, "initial_accumulator_value": 0.1}),
    (optim.Adadelta, {"weight_decay": 0.1}),
    (optim.Adamax, {"weight_decay": 0.1}),
    (optim.Rprop, {}),
    (optim.ASGD, {"lambd": 0.1, "t0": 1, "weight_decay": 0.1}),
]
START, PUSH, WEIGHT = (np.random.default_rng(k).standard_normal(5) for k in range(3))


def moved(opt: Any, options: dict[str, Any], start: np.ndarray, push: np.ndarray, tape: bool) -> tuple[Any, Any, Any]:
    """The parameter after six steps whose gradients are parts of `push`, with what it was made of."""
    p0, g0 = (torch.from_numpy(a.copy()).requires_grad_(tape) for a in (start, push))
    p = p0.clone()
    step = opt([p], lr=0.1, differentiable=tape, **options)
    for k in range(6):
        p.grad = g0 * (1.0 - 0.3 * k)
        step.step()
    return p, p0, g0


@pytest.mark.parametrize(("opt", "options"), CASES, ids=lambda v: getattr(v, "__name__", None))
def test_formula_is_its_rule(opt: Any, options: dict[str, Any]) -> None:
    plain, _, _ = moved(opt, options, START, PUSH, False)
    p, p0, g0 = moved(opt, options, START, PUSH, True)
    np.testing.assert_allclose(p.detach().numpy(), plain.numpy(), rtol=1e-5, atol=1e-5)
    if "momentum" in options and opt is optim.SGD:
        return  # the first momentum is the gradient as a number

    by_p, by_g = torch.autograd.grad((p * torch.from_numpy(WEIGHT)).sum(), [p0, g0])

    def loss(start: np.ndarray, push: np.ndarray) -> float:
        return float(moved(opt, options, start, push, False)[0].numpy() @ WEIGHT)

    for got, of in ((by_p, 0), (by_g, 1)):
        for i in range(5):
            up, down = [START.copy(), PUSH.copy()], [START.copy(), PUSH.copy()]
            up[of][i] += 1e-5
            down[of][i] -= 1e-5
            want = (loss(*up) - loss(*down)) / 2e-5
            assert abs(got[i].item() - want) < 2e-4 * (1 + abs(want)), (i, got[i].item(), want)


def test_options_that_are_tensors() -> None:
    rate, decay = torch.tensor(0.1, requires_grad=True), torch.tensor(0.01, requires_grad=True)
    p = torch.tensor([1.0, 2.0])
    optimizer = optim.SGD([p], lr=rate, weight_decay=decay, differentiable=True)
    p.grad = torch.tensor([3.0, 4.0])
    with torch.no_grad():
        optimizer.step()
    p.sum().backward()
    assert rate.grad is not None and decay.grad is not None
    np.testing.assert_allclose([rate.grad.item(), decay.grad.item()], [-7.03, -0.3], rtol=1e-5)


def test_leaf_is_refused() -> None:
    p = torch.ones(2, requires_grad=True)
    optimizer = optim.SGD([p], 0.1, differentiable=True)
    p.grad = torch.ones(2)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        optimizer.step()
