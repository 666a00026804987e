"""Keras' layers against the installed Keras: generated cases with gradients, programs' prints, errors, configs of every layer."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

import plait.keras as pk  # noqa: E402
import plait.tensorflow as ptf  # noqa: E402
from tests import keras2_norm_cases  # noqa: E402
from tests import keras_layer_cases as cases  # noqa: E402
from tests import keras_layer_snippets as snippets  # noqa: E402

CASES = cases.layer_cases()


@pytest.mark.parametrize("i", range(len(CASES)), ids=lambda i: f"{CASES[i]['kind']}-{i}")
def test_layer(i: int) -> None:
    try:
        want_told, want = cases.run_layer(keras, tf, CASES[i])
    except Exception as e:
        pytest.skip(f"TensorFlow has no kernel for it: {type(e).__name__}")
    told, found = cases.run_layer(pk, ptf, CASES[i])
    assert told == want_told
    cases.compare(CASES[i], found, want)


@pytest.mark.parametrize("name", snippets.PROGRAMS)
def test_program(name: str) -> None:
    code = snippets.PROGRAMS[name]
    assert snippets.run_program(pk, code) == snippets.run_program(keras, code)


@pytest.mark.parametrize("code", snippets.ERRORS)
def test_error(code: str) -> None:
    assert snippets.run_error(pk, code)[0] == snippets.run_error(keras, code)[0]


@pytest.mark.parametrize("family", ["layers", "initializers", "regularizers", "constraints"])
def test_signatures(family: str) -> None:
    ours, theirs = getattr(pk, family), getattr(keras, family)
    names = getattr(ours, "__all__", None) or [
        n for n, found in vars(ours).items() if n[0].isupper() and inspect.isclass(found)
    ]
    for name in names:
        there = getattr(theirs, name, None)
        assert there is not None, name
        if inspect.isclass(there):
            got, want = (inspect.signature(getattr(m, name).__init__).parameters for m in (ours, theirs))
            assert [(p.name, p.kind, p.default) for p in got.values() if p.name not in ("args", "kwargs")] == [
                (p.name, p.kind, p.default) for p in want.values() if p.name not in ("args", "kwargs")
            ], name


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("i", range(len(keras2_norm_cases.CASES)))
def test_arguments_of_keras_2(i: int, training: bool) -> None:
    old = pytest.importorskip("tf_keras")
    pairs = zip(
        keras2_norm_cases.run(pk.layers, i, training), keras2_norm_cases.run(old.layers, i, training), strict=True
    )
    for got, want in pairs:
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, 1e-5, 1e-6)
