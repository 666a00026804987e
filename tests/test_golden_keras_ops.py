"""keras.ops, keras.random, the functions of tf, tensors and datasets against golden data (tools/record_keras_ops.py)."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np
import pytest

import plait.keras
import plait.tensorflow
from tests.live.keras.names import Library, evaluate

FOLDER = pathlib.Path(__file__).parent / "golden" / "keras"
DATA = np.load(FOLDER / "ops.npz")["data"]
CASES = json.loads((FOLDER / "ops.json").read_text())["cases"]
LIBRARY = Library(plait.keras, plait.tensorflow)


def flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for v in value.values() for leaf in flat(v)]
    if isinstance(value, (list, tuple)):
        return [leaf for v in value for leaf in flat(v)]
    return [value]


def check(want: Any, got: Any) -> None:
    if not isinstance(want, dict):
        if isinstance(want, float):
            assert np.isclose(want, got, 1e-5, equal_nan=True)
        elif hasattr(got, "get_config") or callable(got) or not isinstance(got, (str, int, float, bool, type(None))):
            assert hasattr(got, "dtype") is False
        else:
            assert want == got
        return
    assert str(getattr(got.dtype, "name", got.dtype)) == want["t"]
    assert list(got.shape) == want["s"]
    if "o" in want:
        dtype = np.dtype(want["t"])
        n = int(np.prod(want["s"])) * dtype.itemsize
        expected = DATA[want["o"] : want["o"] + n].copy().view(dtype).reshape(want["s"])
        found = np.asarray(got.numpy() if hasattr(got, "numpy") else got)
        if dtype.kind == "f":
            loose = {2: 2e-2, 4: 2e-5, 8: 1e-9}[dtype.itemsize]
            np.testing.assert_allclose(found, expected, loose, loose)
        else:
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("i", range(len(CASES)), ids=lambda i: f"{CASES[i][0]}-{i}")
def test_case(i: int) -> None:
    _name, expression, want = CASES[i]
    got = flat(evaluate(expression, LIBRARY))
    assert len(got) == len(want)
    for w, g in zip(want, got, strict=True):
        check(w, g)
