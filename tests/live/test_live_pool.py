"""Pooling against the installed PyTorch: its own samples, and generated cases with gradients."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import plait.torch as pt  # noqa: E402
from tests import pool_cases  # noqa: E402
from tests.live import harness  # noqa: E402

OPS = [f"nn.functional.{kind}_pool{n}d" for kind in ("max", "avg", "adaptive_avg", "adaptive_max") for n in (1, 2, 3)]
OPS += [f"nn.functional.max_unpool{n}d" for n in (1, 2, 3)] + [f"nn.functional.fractional_max_pool{n}d" for n in (2, 3)]
MODULES = [f"{kind}Pool{n}d" for kind in ("Max", "Avg", "AdaptiveAvg", "AdaptiveMax", "LP") for n in (1, 2, 3)]
MODULES += ["FractionalMaxPool2d", "FractionalMaxPool3d"]


@pytest.mark.parametrize("name", OPS)
def test_operator(name: str) -> None:
    for row in harness.find_ops(name):
        # half precision: upstream adds up adaptive means over volumes in half precision too, plait in float32
        dtypes = [d for d in harness.DTYPES if "adaptive_avg_pool3d" not in name or d not in ("float16", "bfloat16")]
        report = harness.run_op(row, dtypes, limit=20)
        assert report.rate == 1.0, report.line() + "\n" + report.details(examples=True)


@pytest.mark.parametrize("name", MODULES)
def test_module(name: str) -> None:
    for row in harness.find_modules(name):
        report = harness.run_module(row, ("float32", "float64"), limit=60)
        assert report.rate == 1.0, report.line() + "\n" + report.details(examples=True)


def attempt(torch: Any, case: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pool_cases.run_pool(torch, case)
        except Exception as error:
            return type(error).__name__, str(error).split("\n")[0]


@pytest.mark.parametrize("largest", [4, 14, 40, 90])
def test_generated(largest: int) -> None:
    differing = []
    for case in pool_cases.pool_cases(600 if largest < 40 else 250, seed=largest, largest=largest, failing=0.3):
        want, got = attempt(torch, case), attempt(pt, case)
        if isinstance(want, tuple) or isinstance(got, tuple):
            if "Unsupported memory format" in str(
                want
            ):  # upstream's oddity: an unbatched volume whose strides look like channels last
                continue
            if want != got:
                differing.append((case, want, got))
            continue
        tolerance = 1e-11 if case["dtype"] == "float64" else 1e-5
        same = all(
            a.shape == b.shape and a.dtype == b.dtype and np.allclose(a, b, tolerance, tolerance, equal_nan=True)
            for a, b in zip(want, got, strict=True)
        )
        if not same:
            differing.append((case, want[0], got[0]))
    assert not differing, f"{len(differing)} differ: {differing[:3]}"
