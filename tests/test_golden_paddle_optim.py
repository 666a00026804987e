"""Paddle's optimizers against trajectories that Paddle itself made, state by state."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plait import paddle
from tests import paddle_train_cases as cases

GOLDEN = Path(__file__).parent / "golden" / "paddle" / "optimizers.npz"


@cache
def golden() -> dict[str, dict[str, np.ndarray[Any, Any]]]:
    """The recorded cases: case -> key -> value."""
    out: dict[str, dict[str, np.ndarray[Any, Any]]] = {}
    with np.load(GOLDEN) as data:
        index, values = json.loads(str(data["index"])), data["values"]
    at = 0
    for case, keys in index.items():
        out[case] = {}
        for key, (dtype, shape) in keys.items():
            size = int(np.prod(shape))
            out[case][key] = values[at : at + size].astype(dtype).reshape(shape)
            at += size
    return out


@pytest.mark.parametrize(("name", "dtype", "own"), cases.all_cases())
def test_optimizer(name: str, dtype: str, own: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = cases.run(paddle, name, dtype, own)
    want = golden()[f"{name}/{dtype}/{int(own)}"]
    assert list(got) == list(want)
    for key, value in want.items():
        assert got[key].dtype == value.dtype and got[key].shape == value.shape, key
        tolerance = 1e-12 if dtype == "float64" else 5e-5 if "adadelta" in name else 5e-6
        np.testing.assert_allclose(got[key], value, tolerance, tolerance * 1e-2, err_msg=key)
