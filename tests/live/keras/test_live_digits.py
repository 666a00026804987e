"""Digits that are Keras' own to the last bit: steps of optimizers, learning rates, sums in the order of TensorFlow's kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", minversion="3")
tf = pytest.importorskip("tensorflow")

from plait import keras as pk  # noqa: E402
from plait import tensorflow as ptf  # noqa: E402

RULES = ["SGD", "Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "Adagrad", "Adadelta", "Lion"]
MORE: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {"amsgrad": True}),
    ("Adam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("Nadam", {"learning_rate": 0.05, "beta_1": 0.8}),
    ("RMSprop", {"momentum": 0.9}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
]
COMMON: list[dict[str, Any]] = [
    {"clipnorm": 1.0},
    {"clipvalue": 0.5},
    {"global_clipnorm": 1.0},
    {"use_ema": True, "ema_overwrite_frequency": 4},
    {"weight_decay": 0.01},
    {"loss_scale_factor": 3.0},
    {"gradient_accumulation_steps": 3},
]
CASES = (
    [(name, {}) for name in RULES] + MORE + [(name, c) for name in ("Adam", "SGD", "Nadam", "RMSprop") for c in COMMON]
)


def _stepped(k: Any, name: str, arguments: dict[str, Any]) -> list[Any]:
    numbers = np.random.default_rng(0)
    shapes = [(7, 5), (33,), (4, 3, 3, 2), ()]
    variables = [k.Variable(numbers.normal(size=s).astype("f4")) for s in shapes]
    optimizer = getattr(k.optimizers, name)(**arguments)
    for _ in range(20):
        grads = [k.ops.convert_to_tensor((3 * numbers.normal(size=s)).astype("f4")) for s in shapes]
        optimizer.apply(grads, variables)
    return [np.array(v) for v in (*variables, *optimizer.variables)]


@pytest.mark.parametrize(
    ("name", "arguments"), CASES, ids=lambda v: v if isinstance(v, str) else "-".join(v) or "plain"
)
def test_steps(name: str, arguments: dict[str, Any]) -> None:
    for got, want in zip(_stepped(pk, name, arguments), _stepped(keras, name, arguments), strict=True):
        np.testing.assert_array_equal(got, want)


SCHEDULES: list[tuple[str, tuple[Any, ...]]] = [
    ("ExponentialDecay", (0.1, 3, 0.7)),
    ("ExponentialDecay", (0.1, 3, 0.7, True)),
    ("InverseTimeDecay", (0.1, 3, 0.7)),
    ("PolynomialDecay", (0.1, 13, 0.01, 2.0, True)),
    ("PolynomialDecay", (0.1, 13, 0.01, 0.5)),
    ("CosineDecay", (0.1, 17, 0.1, "n", 0.5, 4)),
    ("CosineDecayRestarts", (0.1, 5)),
    ("CosineDecayRestarts", (0.1, 5, 1.5, 0.9, 0.1)),
]


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES)
def test_rates(name: str, arguments: tuple[Any, ...]) -> None:
    ours, theirs = (getattr(k.optimizers.schedules, name)(*arguments) for k in (pk, keras))
    for step in range(60):
        assert np.float32(ours(step)) == np.float32(theirs(step)), step


SUMS: list[tuple[tuple[int, ...], Any]] = [
    ((700,), None), ((5, 3000), None), ((64, 10), 0), ((64, 10), 1), ((3, 20, 5), 1), ((3, 20, 16), 1), ((2, 7, 9, 11), (0, 1, 2)),
    ((2, 40, 9, 11), (1, 2)), ((300, 37), 0), ((2, 30, 3, 4), 1), ((100, 1000), 1), ((9, 20000), 1), ((8, 14, 14, 32), (0, 1, 2)),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("shape", "axis"), SUMS)
def test_sums(shape: tuple[int, ...], axis: Any, dtype: str) -> None:
    x = np.random.default_rng(1).normal(size=shape).astype(dtype)
    for name in ("reduce_sum", "reduce_mean"):
        np.testing.assert_array_equal(np.asarray(getattr(ptf, name)(x, axis)), getattr(tf, name)(x, axis).numpy())
