"""Random digits and printing of the Paddle dialect against Paddle 3.3.1 (recorded by tools/record_paddle_text.py)."""

from __future__ import annotations

import gzip
import json
import pathlib

import numpy as np
import pytest

from plait import paddle
from tests.paddle_cases import DRAWS, SEEDS, draw, texts

FOLDER = pathlib.Path(__file__).parent / "golden" / "paddle"


@pytest.mark.parametrize("expression", DRAWS)
def test_digits(expression: str) -> None:
    with np.load(FOLDER / "draws.npz") as golden:
        for seed in SEEDS:
            want, got = golden[f"{seed} {expression}"], draw(expression, seed, paddle)[..., -30:]
            assert want.dtype == got.dtype
            if "log_normal" in expression or want.dtype.kind != "f":
                np.testing.assert_allclose(got, want, 2e-6)
            else:
                np.testing.assert_array_equal(got, want)


def test_printing() -> None:
    want = json.loads(gzip.decompress((FOLDER / "printed.json.gz").read_bytes()))["texts"]
    got = texts(paddle)
    assert got.keys() == want.keys()
    assert [k for k in want if want[k] != got[k]] == []
