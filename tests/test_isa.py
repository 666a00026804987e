"""Every compiled ISA against the others, by the samples of every op, each in a process of its own."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from plait import _native

SCRIPT = """
import importlib, pickle, pkgutil, sys
import numpy as np
import plait.ops
from plait.op import REGISTRY
for m in pkgutil.iter_modules(plait.ops.__path__):
    importlib.import_module("plait.ops." + m.name)
out = {}
for name, op in sorted(REGISTRY.items()):
    if op.kind == "random":
        continue
    for k, s in enumerate(op.samples()):
        for dtype in (np.float32, np.float64):
            arrays = [a.astype(dtype) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in s.arrays]
            got = op.run(*arrays, *s.params)
            got = got if isinstance(got, (tuple, list)) else (got,)
            out[name, k, dtype.__name__] = [np.asarray(a) for a in (got if op.visible is None else got[: op.visible])]
from plait import _native
sys.stdout.buffer.write(pickle.dumps((_native.isa(), out)))
"""


def digest(isa: str) -> dict[tuple[str, int, str], list[np.ndarray]]:
    env = {**os.environ, "PLAIT_ISA": isa}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, check=True, timeout=300)
    name, out = pickle.loads(done.stdout)
    assert name == isa
    return out


@pytest.fixture(scope="module")
def baseline() -> dict[tuple[str, int, str], list[np.ndarray]]:
    return digest(_native.isas()[0])


@pytest.mark.parametrize("isa", _native.isas()[1:])
def test_isa_agrees_with_the_first(isa: str, baseline: dict[tuple[str, int, str], list[np.ndarray]]) -> None:
    got = digest(isa)
    assert got.keys() == baseline.keys()
    for key, want in baseline.items():
        tolerance = 2e-5 if key[2] == "float32" else 1e-10
        for g, w in zip(got[key], want, strict=True):
            np.testing.assert_allclose(g, w, rtol=tolerance, atol=tolerance, err_msg=str(key))
