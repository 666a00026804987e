"""Pooling against golden data of PyTorch (tools/record_pool.py)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import plait.torch as torch
from tests import pool_cases

HERE = Path(__file__).parent / "golden" / "pool"
ARRAYS = np.load(HERE / "cases.npz")
TOLD = json.loads((HERE / "cases.json").read_text())
CASES = pool_cases.pool_cases(300, seed=7)


@pytest.mark.parametrize("i", range(len(CASES)), ids=lambda i: f"{CASES[i]['kind']}{CASES[i]['rank']}d-{i}")
def test_pooling(i: int) -> None:
    tolerance = 1e-12 if CASES[i]["dtype"] == "float64" else 2e-6
    for j, got in enumerate(pool_cases.run_pool(torch, CASES[i])):
        want = ARRAYS[f"{i}_{j}"]
        assert (got.shape, got.dtype) == (want.shape, want.dtype)
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("code", pool_cases.TEXTS)
def test_text(code: str) -> None:
    assert pool_cases.run_text(torch, code) == TOLD["texts"][code]


@pytest.mark.parametrize("code", pool_cases.ERRORS)
def test_error(code: str) -> None:
    assert list(pool_cases.run_error(torch, code)) == TOLD["errors"][code]
