"""Training in Paddle and here: optimizers with options drawn at random, schedulers, and what scripts print."""

from __future__ import annotations

import itertools
import os
import warnings

import numpy as np
import pytest

from plait import paddle as ours
from tests import paddle_schedule_cases as schedules
from tests import paddle_train_cases as cases
from tests import paddle_training_cases as snippets

os.environ.setdefault("GLOG_minloglevel", "3")
paddle = pytest.importorskip("paddle")

OPTIONS: dict[str, dict[str, list[str]]] = {
    "SGD": {},
    "Momentum": {"momentum": ["0.5", "0.95"], "use_nesterov": ["True", "False"]},
    "Adam": {"beta1": ["0.8"], "beta2": ["0.9"], "epsilon": ["1e-3"], "amsgrad": ["True"]},
    "AdamW": {"beta1": ["0.8"], "beta2": ["0.9"], "epsilon": ["1e-3"], "amsgrad": ["True"]},
    "Adamax": {"beta1": ["0.8"], "beta2": ["0.9"], "epsilon": ["1e-2"]},
    "Adagrad": {"epsilon": ["0.1"], "initial_accumulator_value": ["0.5"]},
    "Adadelta": {"epsilon": ["0.1"], "rho": ["0.8"]},
    "RMSProp": {"rho": ["0.8"], "epsilon": ["0.1"], "momentum": ["0.5"], "centered": ["True"]},
    "Lamb": {"beta1": ["0.8"], "epsilon": ["0.01"], "lamb_weight_decay": ["0.1"]},
    "NAdam": {"beta1": ["0.8"], "epsilon": ["0.01"], "momentum_decay": ["0.1"]},
    "RAdam": {"beta1": ["0.8"], "beta2": ["0.8"], "epsilon": ["0.01"]},
    "ASGD": {"batch_num": ["2", "4"]},
    "Rprop": {"etas": ["(0.3, 1.5)"], "learning_rate_range": ["(0.01, 0.5)"]},
}
RATES = [
    "0.1",
    "0.02",
    "paddle.optimizer.lr.StepDecay(0.1, 2, 0.5)",
    "paddle.optimizer.lr.LinearWarmup(0.1, 3, 0.0, 0.1)",
]
DECAYS = ["0.1", "2", "paddle.regularizer.L1Decay(0.2)", "paddle.regularizer.L2Decay(0.3)"]
CLIPS = [
    "paddle.nn.ClipGradByValue(0.4)",
    "paddle.nn.ClipGradByGlobalNorm(0.7)",
    "paddle.nn.ClipGradByNorm(0.6)",
]


def drawn(name: str, seed: int) -> str:
    """A call that makes an optimizer, with options at random."""
    rng = np.random.RandomState(seed * 1000 + sum(map(ord, name)))

    def pick(values: list[str]) -> str:
        return values[rng.randint(len(values))]

    rate = "0.1" if name == "Rprop" else pick(RATES)
    words = [f"paddle.optimizer.{name}({rate}, parameters=p"]
    words += [f"{k}={pick(v)}" for k, v in OPTIONS[name].items() if rng.rand() < 0.6]
    if name == "AdamW":
        words += [f"weight_decay={pick(DECAYS[:1])}"] if rng.rand() < 0.5 else []
    elif name not in ("Lamb", "Rprop") and rng.rand() < 0.5:
        words.append(f"weight_decay={pick(DECAYS)}")
    if rng.rand() < 0.4:
        words.append(f"grad_clip={pick(CLIPS)}")
    return ", ".join(words) + ")"


@pytest.mark.parametrize(("name", "seed"), list(itertools.product(OPTIONS, range(12))))
def test_optimizer(name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    call = drawn(name, seed)
    case = ("scheduler " if "lr." in call else "") + call
    monkeypatch.setitem(cases.OPTIMIZERS, case, call)
    dtype = "float32" if seed % 3 or "ByNorm" in call else "float64"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want, got = (cases.run(framework, case, dtype, seed % 2 == 0) for framework in (paddle, ours))
    assert list(got) == list(want)
    for key, value in want.items():
        tolerance = 1e-11 if dtype == "float64" else 5e-5 if name == "Adadelta" else 1e-5
        np.testing.assert_allclose(got[key], value, tolerance, tolerance * 1e-2, err_msg=f"{call}: {key}")


@pytest.mark.parametrize("name", snippets.names())
def test_printed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "flops":  # with NumPy 2.4 `int` of a one-element tensor fails in Paddle itself
        monkeypatch.setattr(paddle.Tensor, "__int__", lambda self: int(self.item()))
    assert snippets.run(ours, name).splitlines() == snippets.run(paddle, name).splitlines()


@pytest.mark.parametrize("case", schedules.BAD)
def test_bad_schedule(case: str) -> None:
    assert schedules.failure(ours.optimizer.lr, case) == schedules.failure(paddle.optimizer.lr, case)
