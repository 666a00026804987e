"""Convolution, linear maps and products of matrices against golden data of PyTorch (tools/record_conv.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plait.torch as torch
from tests import conv_cases

HERE = Path(__file__).parent / "golden" / "conv"
ARRAYS = np.load(HERE / "cases.npz")
TOLD = json.loads((HERE / "cases.json").read_text())
CONVS = conv_cases.conv_cases()


def compare(name: str, got: list[Any], tolerance: float) -> None:
    for j, t in enumerate(got):
        want = ARRAYS[f"{name}_{j}"]
        assert tuple(t.shape) == want.shape
        np.testing.assert_allclose(
            t.numpy(), want, rtol=tolerance, atol=tolerance * max(1.0, float(np.abs(want).max(initial=0)))
        )


@pytest.mark.parametrize("i", range(len(CONVS)), ids=lambda i: f"{CONVS[i]['function']}-{i}")
def test_convolution(i: int) -> None:
    compare(f"conv{i}", conv_cases.run_conv(torch, CONVS[i]), 1e-12 if CONVS[i]["dtype"] == "float64" else 2e-5)


@pytest.mark.parametrize("i", range(len(conv_cases.PRODUCTS)), ids=lambda i: conv_cases.PRODUCTS[i])
def test_product(i: int) -> None:
    compare(f"product{i}", conv_cases.run_product(torch, conv_cases.PRODUCTS[i]), 1e-6)


@pytest.mark.parametrize("code", conv_cases.TEXTS)
def test_text(code: str) -> None:
    assert conv_cases.run_text(torch, code) == TOLD["texts"][code]


@pytest.mark.parametrize("code", conv_cases.ERRORS)
def test_error(code: str) -> None:
    assert list(conv_cases.run_error(torch, code)) == TOLD["errors"][code]
