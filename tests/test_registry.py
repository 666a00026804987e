"""Every op of the registry, by its own record: no op needs a test written for it here.

forward against reference in float32 and float64, gradient against finite differences in float64, shape inference against the real shape,
contiguous against strided input, thread counts 1 and 2 to the same bits, rejects. Every ISA against the others: tests/test_isa.py runs
this file's digest in processes with PLAIT_ISA set.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import numpy as np
import pytest

import plait.ops
from plait import _native, autograd
from plait.op import REGISTRY, Op, Sample, apply
from plait.tensor import Tensor

for _module in pkgutil.iter_modules(plait.ops.__path__):
    importlib.import_module(f"plait.ops.{_module.name}")

OPS = sorted(REGISTRY.values(), key=lambda op: op.name)
each_op = pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)


def cast(value: Any, dtype: type) -> Any:
    return value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value


def results(op: Op, arrays: Any, params: Any) -> list[Any]:
    got = op.run(*arrays, *params)
    got = got if isinstance(got, (tuple, list)) else (got,)
    return [np.asarray(a) for a in (got if op.visible is None else got[: op.visible])]


def samples(op: Op) -> list[Sample]:
    found = list(op.samples())
    assert found, f"{op.name} has no samples"
    return found


def random(op: Op) -> bool:
    return op.kind == "random"


@each_op
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_forward_is_the_reference(op: Op, dtype: type) -> None:
    tolerance = {"rtol": 2e-5, "atol": 2e-5} if dtype is np.float32 else {"rtol": 1e-9, "atol": 1e-9}
    for s in samples(op):
        got = results(op, [cast(a, dtype) for a in s.arrays], s.params)
        with np.errstate(all="ignore"):
            want = op.reference(*[cast(cast(a, dtype), np.float64) for a in s.arrays], *s.params)
        want = want if isinstance(want, (tuple, list)) else (want,)
        assert len(want) >= len(got), f"{op.name}: the reference gives {len(want)} of {len(got)} results"
        for g, w in zip(got, want, strict=False):
            np.testing.assert_allclose(np.asarray(g, np.float64), np.asarray(w, np.float64), **tolerance)


@each_op
def test_inferred_shape_is_the_real_one(op: Op) -> None:
    for s in samples(op):
        metas = [(a.shape, a.dtype) if isinstance(a, np.ndarray) else a for a in s.arrays]
        inferred = op.infer(*metas, *s.params)
        got = results(op, s.arrays, s.params)
        assert [(tuple(shape), np.dtype(dtype)) for shape, dtype in inferred][: len(got)] == [
            (g.shape, g.dtype) for g in got
        ]


@each_op
def test_strided_input_gives_the_same(op: Op) -> None:
    def strided(a: Any) -> Any:
        if not isinstance(a, np.ndarray) or a.ndim == 0:
            return a
        wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
        wide[..., ::2] = a
        return wide[..., ::2]

    for s in samples(op):
        want = results(op, s.arrays, s.params)
        got = results(op, [strided(a) for a in s.arrays], s.params)
        for g, w in zip(got, want, strict=True):
            np.testing.assert_allclose(g, w, rtol=1e-12, atol=1e-12)


@each_op
def test_threads_do_not_change_a_bit(op: Op) -> None:
    before = _native.thread_count()
    try:
        for s in samples(op):
            _native.set_thread_count(1)
            one = results(op, s.arrays, s.params)
            _native.set_thread_count(2)
            two = results(op, s.arrays, s.params)
            for a, b in zip(one, two, strict=True):
                assert a.tobytes() == b.tobytes()
    finally:
        _native.set_thread_count(before)


@each_op
def test_gradient_is_the_finite_difference(op: Op) -> None:
    if op.backward is None or random(op):
        for s in samples(op):
            inputs = [Tensor.wrap(a) if isinstance(a, np.ndarray) else a for a in s.arrays]
            got = apply(op, inputs, s.params)
            assert all(not t.tracks for t in (got if isinstance(got, tuple) else (got,)))
        return
    checked = False
    for s in samples(op):
        if not s.grad:
            continue
        checked = True
        check_gradient(op, s)
    assert checked or all(not s.grad for s in samples(op))


def check_gradient(op: Op, s: Sample) -> None:
    arrays = [a.astype(np.float64) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in s.arrays]

    def tensors() -> list[Any]:
        made: list[Any] = []
        for a in arrays:
            if isinstance(a, np.ndarray):
                t = Tensor.wrap(a.copy())
                t.tracks = a.dtype.kind == "f"
                made.append(t)
            else:
                made.append(a)
        return made

    inputs = tensors()
    outs = apply(op, inputs, s.params)
    outs = [o for o in (outs if isinstance(outs, tuple) else (outs,)) if o.tracks]
    if not outs:
        return
    cots = [np.cos(np.arange(o.array.size, dtype=np.float64) + 1.0).reshape(o.array.shape) for o in outs]
    autograd.backward(outs, [Tensor.wrap(c) for c in cots])

    def value(changed: list[Any]) -> float:
        with autograd.no_grad():
            got = results(op, changed, s.params)
        floats = [g for g in got if g.dtype.kind == "f"]
        return float(sum((g * c).sum() for g, c in zip(floats, cots, strict=True)))

    eps = 1e-6
    for i, a in enumerate(arrays):
        if not isinstance(a, np.ndarray) or a.dtype.kind != "f" or a.size == 0:
            continue
        probe = [x.copy() if isinstance(x, np.ndarray) else x for x in arrays]
        flat = probe[i].reshape(-1)
        places = range(flat.size) if flat.size <= 24 else range(0, flat.size, max(1, flat.size // 17))
        analytic = inputs[i].grad.array.reshape(-1) if inputs[i].grad is not None else np.zeros(flat.size)
        for p in places:
            keep = flat[p]
            flat[p] = keep + eps
            above = value(probe)
            flat[p] = keep - eps
            below = value(probe)
            flat[p] = keep
            numeric = (above - below) / (2 * eps)
            assert abs(analytic[p] - numeric) <= 2e-5 * max(1.0, abs(numeric)), (
                f"{op.name}: input {i}, element {p}: {analytic[p]} {numeric}"
            )


@each_op
def test_rejects_raise(op: Op) -> None:
    for r in op.rejects():
        inputs = [Tensor.wrap(a) if isinstance(a, np.ndarray) else a for a in r.arrays]
        with pytest.raises(r.error) as caught:
            apply(op, inputs, r.params)
        assert r.words in str(caught.value)


@each_op
def test_cost_and_words(op: Op) -> None:
    for s in samples(op):
        flops, size = op.cost([a.shape for a in s.arrays if isinstance(a, np.ndarray)], s.params)
        assert flops >= 0 and size >= 0
    assert op.explain and isinstance(op.explain, str)
    assert op.export is None or isinstance(op.export, str)
