"""Keras' layers against golden data of Keras on TensorFlow (tools/record_keras_layers.py)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from plait import keras, tensorflow
from tests import keras2_norm_cases, keras_layer_cases, keras_layer_snippets

HERE = Path(__file__).parent / "golden" / "keras"
ARRAYS = np.load(HERE / "layers.npz")
TOLD = json.loads((HERE / "layers.json").read_text())
CASES = keras_layer_cases.layer_cases()
#: TensorFlow has no CPU kernel for the others.
WORKING = [i for i, told in enumerate(TOLD["cases"]) if "fails" not in told]


@pytest.mark.parametrize("i", WORKING, ids=lambda i: f"{CASES[i]['kind']}-{i}")
def test_layer(i: int) -> None:
    case, want = CASES[i], TOLD["cases"][i]
    told, found = keras_layer_cases.run_layer(keras, tensorflow, case)
    assert told == want
    keras_layer_cases.compare(case, found, [ARRAYS[f"{i}_{j}"] for j in range(len(found))])


@pytest.mark.parametrize("name", keras_layer_snippets.PROGRAMS)
def test_program(name: str) -> None:
    assert keras_layer_snippets.run_program(keras, keras_layer_snippets.PROGRAMS[name]) == TOLD["programs"][name]


@pytest.mark.parametrize("code", keras_layer_snippets.ERRORS)
def test_error(code: str) -> None:
    assert keras_layer_snippets.run_error(keras, code)[0] == TOLD["errors"][code]


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("i", range(len(keras2_norm_cases.CASES)))
def test_arguments_of_keras_2(i: int, training: bool) -> None:
    for j, got in enumerate(keras2_norm_cases.run(keras.layers, i, training)):
        want = ARRAYS[f"keras2_{i}_{int(training)}_{j}"]
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, 1e-5, 1e-6)
