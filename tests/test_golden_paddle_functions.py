"""Functions and methods of the Paddle dialect against what Paddle 3.3.1 gave (recorded by tools/record_paddle_functions.py)."""

from __future__ import annotations

import base64
import gzip
import json
import math
import pathlib
from typing import Any

import numpy as np
import pytest

from plait import paddle
from tests.live.paddle.names import evaluate

FILE = pathlib.Path(__file__).parent / "golden" / "paddle" / "functions.json.gz"
CASES = json.loads(gzip.decompress(FILE.read_bytes()))["cases"]


def same(want: Any, got: Any) -> bool:
    if isinstance(want, dict) and "a" in want:
        expected = np.frombuffer(base64.b64decode(want["a"]), want["d"]).reshape(want["s"])
        if want["g"] is not None:
            assert isinstance(got, paddle.Tensor)
            assert got.stop_gradient == want["g"]
            assert got.shape == want["s"]
            got = got.numpy()
        assert got.dtype == expected.dtype
        if expected.dtype.kind != "f":
            return bool(np.array_equal(got, expected))
        coarse = expected.dtype == np.float16
        return bool(np.allclose(got, expected, 1e-2 if coarse else 2e-5, 1e-2 if coarse else 1e-6, equal_nan=True))
    if isinstance(want, dict):
        items = want.get("l", want.get("u"))
        return len(items) == len(got) and all(same(w, g) for w, g in zip(items, got, strict=True))
    if isinstance(want, float):
        return math.isclose(want, got, rel_tol=2e-5, abs_tol=1e-7) or (math.isnan(want) and math.isnan(got))
    return bool(want == got) and type(want) is type(got)


@pytest.mark.parametrize("name", sorted(CASES))
def test_name(name: str) -> None:
    for expression, want in CASES[name].items():
        assert same(want, evaluate(expression, paddle)), expression
