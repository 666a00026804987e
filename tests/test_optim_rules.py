"""The optimizers' native rules against their definitions in plain NumPy, over sizes, dtypes, strides and thread counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import _native
from plait.dtypes import BFLOAT16, as_float32, to_bfloat16
from plait.optim import clip, rules

Array = np.ndarray[Any, Any]
SIZES = [(0,), (1,), (7,), (16,), (3, 33), (40_000,)]


def sgd(p: Array, g: Array, b: Array, t: int) -> None:
    g = g + 0.1 * p
    b[...] = g if t == 1 else 0.9 * b + 0.8 * g
    p -= 0.05 * b


def adam(p: Array, g: Array, m: Array, v: Array, top: Array, t: int) -> None:
    p *= 1 - 0.05 * 0.1
    m += 0.1 * (g - m)
    v[...] = 0.99 * v + 0.01 * g * g
    top[...] = np.maximum(top, v)
    p -= 0.05 / (1 - 0.9**t) * m / (np.sqrt(top) / np.sqrt(1 - 0.99**t) + 1e-8)


def rmsprop(p: Array, g: Array, v: Array, b: Array, mean: Array, t: int) -> None:
    v[...] = 0.9 * v + 0.1 * g * g
    mean[...] = 0.9 * mean + 0.1 * g
    b[...] = 0.5 * b + g / (np.sqrt(v - mean * mean) + 1e-8)
    p -= 0.05 * b


def adadelta(p: Array, g: Array, v: Array, d: Array, t: int) -> None:
    v[...] = 0.9 * v + 0.1 * g * g
    step = np.sqrt(d + 1e-6) / np.sqrt(v + 1e-6) * g
    d[...] = 0.9 * d + 0.1 * step * step
    p -= step


def sgd_velocity(p: Array, g: Array, b: Array, t: int) -> None:
    b[...] = 0.9 * b - 0.05 * g
    p += b


def sgd_velocity_nesterov(p: Array, g: Array, b: Array, t: int) -> None:
    b[...] = 0.9 * b - 0.05 * g
    p += 0.9 * b - 0.05 * g


def adam_hat(p: Array, g: Array, m: Array, v: Array, t: int) -> None:
    m += 0.1 * (g - m)
    v += 0.01 * (g * g - v)
    p -= 0.05 * np.sqrt(1 - 0.99**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-3)


def rmsprop_inner(p: Array, g: Array, v: Array, b: Array, mean: Array, t: int) -> None:
    v[...] = 0.9 * v + 0.1 * g * g
    mean[...] = 0.9 * mean + 0.1 * g
    b[...] = 0.5 * b + 0.05 * g / np.sqrt(v - mean * mean + 1e-3)
    p -= b


def adagrad_inner(p: Array, g: Array, v: Array, t: int) -> None:
    v += g * g
    p -= 0.05 * g / np.sqrt(v + 1e-3)


def adamax_inner(p: Array, g: Array, m: Array, u: Array, t: int) -> None:
    m += 0.1 * (g - m)
    u[...] = np.maximum(0.99 * u, np.abs(g))
    p -= 0.05 / (1 - 0.9**t) * m / (u + 1e-3)


def lion(p: Array, g: Array, m: Array, t: int) -> None:
    p -= 0.05 * np.sign(0.9 * m + 0.1 * g)
    m[...] = 0.99 * m + 0.01 * g


def lamb(p: Array, g: Array, m: Array, v: Array, t: int) -> None:
    m += 0.1 * (g - m)
    v += 0.01 * (g * g - v)
    update = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.99**t)) + 1e-3)
    size, length = np.linalg.norm(p), np.linalg.norm(update)
    p -= 0.05 * update * (size / length if size and length else 1)


def run_sgd(p: Array, g: Array, b: Array, t: int) -> None:
    rules.sgd([p], [g], [b], t == 1, lr=0.05, momentum=0.9, dampening=0.2, decay=0.1, nesterov=False, maximize=False)


def run_adam(p: Array, g: Array, m: Array, v: Array, top: Array, t: int) -> None:
    rules.adam(
        [p],
        [g],
        [m],
        [v],
        [top],
        [float(t)],
        lr=0.05,
        beta1=0.9,
        beta2=0.99,
        eps=1e-8,
        decay=0.1,
        decoupled=True,
        maximize=False,
    )


def run_rmsprop(p: Array, g: Array, v: Array, b: Array, mean: Array, t: int) -> None:
    rules.rmsprop([p], [g], [v], [b], [mean], lr=0.05, alpha=0.9, eps=1e-8, decay=0, momentum=0.5, maximize=False)


def run_adadelta(p: Array, g: Array, v: Array, d: Array, t: int) -> None:
    rules.adadelta([p], [g], [v], [d], lr=1.0, rho=0.9, eps=1e-6, decay=0, maximize=False)


def run_velocity(nesterov: bool) -> Any:
    more = {"lr": 0.05, "momentum": 0.9, "dampening": 0, "decay": 0, "maximize": False, "velocity": True}
    return lambda p, g, b, t: rules.sgd([p], [g], [b], False, nesterov=nesterov, **more)


def run_adam_hat(p: Array, g: Array, m: Array, v: Array, t: int) -> None:
    more = {"lr": 0.05, "beta1": 0.9, "beta2": 0.99, "eps": 1e-3, "decay": 0, "decoupled": False, "maximize": False}
    rules.adam([p], [g], [m], [v], None, [float(t)], hat=True, **more)


def run_rmsprop_inner(p: Array, g: Array, v: Array, b: Array, mean: Array, t: int) -> None:
    more = {"lr": 0.05, "alpha": 0.9, "eps": 1e-3, "decay": 0, "momentum": 0.5, "maximize": False}
    rules.rmsprop([p], [g], [v], [b], [mean], inner=True, velocity=True, **more)


def run_adagrad_inner(p: Array, g: Array, v: Array, t: int) -> None:
    rules.adagrad([p], [g], [v], [float(t)], lr=0.05, lr_decay=0, eps=1e-3, decay=0, maximize=False, inner=True)


def run_adamax_inner(p: Array, g: Array, m: Array, u: Array, t: int) -> None:
    more = {"lr": 0.05, "beta1": 0.9, "beta2": 0.99, "eps": 1e-3, "decay": 0, "maximize": False, "inner": True}
    rules.adamax([p], [g], [m], [u], [float(t)], **more)


def run_lion(p: Array, g: Array, m: Array, t: int) -> None:
    rules.lion([p], [g], [m], lr=0.05, beta1=0.9, beta2=0.99)


def run_lamb(p: Array, g: Array, m: Array, v: Array, t: int) -> None:
    rules.lamb([p], [g], [m], [v], t, lr=0.05, beta1=0.9, beta2=0.99, eps=1e-3)


RULES = {
    "sgd velocity": (sgd_velocity, run_velocity(False), 1),
    "sgd velocity nesterov": (sgd_velocity_nesterov, run_velocity(True), 1),
    "adam hat": (adam_hat, run_adam_hat, 2),
    "rmsprop inner": (rmsprop_inner, run_rmsprop_inner, 3),
    "adagrad inner": (adagrad_inner, run_adagrad_inner, 1),
    "adamax inner": (adamax_inner, run_adamax_inner, 2),
    "lion": (lion, run_lion, 1),
    "lamb": (lamb, run_lamb, 2),
    "sgd": (sgd, run_sgd, 1),
    "adam": (adam, run_adam, 3),
    "rmsprop": (rmsprop, run_rmsprop, 3),
    "adadelta": (adadelta, run_adadelta, 2),
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rule_is_its_definition(name: str, dtype: type) -> None:
    define, run, states = RULES[name]
    for shape in SIZES:
        rng = np.random.default_rng(0)
        start = rng.standard_normal(shape)
        want = [start.copy(), *(np.zeros(shape) for _ in range(states))]
        got = [a.astype(dtype) for a in want]
        for t in (1, 2, 3):
            g = rng.standard_normal(shape).astype(dtype)
            p, *rest = want
            define(p, g.astype(np.float64), *rest, t)
            p, *rest = got
            run(p, g, *rest, t)
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(
                a, b, rtol=2e-4 if dtype is np.float32 else 1e-10, atol=1e-5 if dtype is np.float32 else 1e-12
            )


def test_threads_do_not_change_a_bit() -> None:
    before = _native.thread_count()
    told = []
    try:
        for n in (1, 2):
            _native.set_thread_count(n)
            rng = np.random.default_rng(1)
            p, g, b = (rng.standard_normal(100_001).astype(np.float32) for _ in range(3))
            run_sgd(p, g, b, 2)
            told.append((p.tobytes(), b.tobytes()))
    finally:
        _native.set_thread_count(before)
    assert told[0] == told[1]


def test_other_layouts_and_dtypes() -> None:
    rng = np.random.default_rng(2)
    base = rng.standard_normal((4, 3, 5)).astype(np.float32)
    want = base.copy()
    g = rng.standard_normal((4, 3, 5)).astype(np.float32)
    run_sgd(want, g, np.zeros_like(want), 1)
    turned = np.ascontiguousarray(base.transpose(0, 2, 1)).transpose(0, 2, 1)
    run_sgd(turned, g, np.zeros_like(turned), 1)
    np.testing.assert_array_equal(turned, want)
    wide = np.zeros((4, 3, 10), np.float32)
    wide[..., ::2] = base
    run_sgd(wide[..., ::2], g, np.zeros_like(want), 1)
    np.testing.assert_array_equal(wide[..., ::2], want)
    assert not wide[..., 1::2].any()
    half = base.astype(np.float16)
    run_sgd(half, g.astype(np.float16), np.zeros_like(half), 1)
    np.testing.assert_allclose(half, want, atol=5e-3)
    brain = to_bfloat16(base)
    run_sgd(brain, to_bfloat16(g), np.zeros(base.shape, BFLOAT16), 1)
    np.testing.assert_allclose(as_float32(brain), want, atol=5e-2)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ([np.zeros(2, np.float32)], "multiple"),
        ([np.zeros(2, np.float32), np.zeros(3, np.float32)], "one dtype and size"),
        ([np.zeros(2, np.float32), np.zeros(2)], "one dtype and size"),
        ([np.zeros(2, np.int64), np.zeros(2, np.int64)], "float32 or float64"),
    ],
)
def test_bad_arrays_raise_before_anything_is_written(arrays: list[Array], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        _native.optim_step("sgd", arrays, 2, [1.0, 0.0, 1.0, 0.0], 0)


def test_no_such_rule() -> None:
    with pytest.raises(ValueError, match="no such rule"):
        _native.optim_step("nope", [], 2, [], 0)


@pytest.mark.parametrize("p", [0.5, 1, 2, 3, np.inf, 0, -np.inf])
def test_total_norm(p: float) -> None:
    rng = np.random.default_rng(3)
    arrays = [rng.standard_normal(n) for n in (3, 1, 8)]
    norms = [np.linalg.norm(a, p) for a in arrays]
    np.testing.assert_allclose(clip.total_norm(arrays, p), np.linalg.norm(norms, p))
