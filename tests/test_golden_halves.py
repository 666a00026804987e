"""float16 and bfloat16 against PyTorch's bits, and the edges of float32 and float64."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

from plait import dtypes, torch
from tests.half_cases import CASES, arrays, edges

ARRAYS = np.load(pathlib.Path(__file__).parent / "golden" / "halves" / "cases.npz")
EDGES = edges()


def _numbers(bits: np.ndarray, dtype: str) -> np.ndarray:
    return bits.view(np.float16).astype(np.float32) if dtype == "float16" else dtypes.as_float32(bits.view(np.uint16))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", CASES)
def test_sixteen_bits(name: str, dtype: str) -> None:
    shapes, call = CASES[name]
    kind = getattr(torch, dtype)
    inputs = [torch.tensor(a).to(kind).requires_grad_() for a in arrays(name, shapes)]
    y = call(torch, *inputs)
    y.backward(torch.tensor(arrays(name, [tuple(y.shape)], 1)[0]).to(kind))
    for i, t in enumerate([y, *[x.grad for x in inputs]]):
        want = _numbers(ARRAYS[f"{name} {dtype} {i}"], dtype)
        got = t.detach().float().numpy()
        unit = np.float32(2.0**-10 if dtype == "float16" else 2.0**-7)
        differ = (got != want) & ~(np.isnan(got) & np.isnan(want))
        assert got.shape == want.shape
        assert differ.mean() <= 0.02, f"{i}: {differ.sum()} of {differ.size} differ"
        np.testing.assert_allclose(got, want, rtol=2 * unit, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EDGES)
def test_edges(name: str, dtype: str) -> None:
    values, call = EDGES[name]
    inputs = [torch.tensor(v, dtype=getattr(torch, dtype), requires_grad=True) for v in values]
    y = call(torch, *inputs)
    y.sum().backward()
    for i, t in enumerate([y, *[x.grad for x in inputs]]):
        key = f"{name} {dtype} {i}"
        assert (t is not None) == (key in ARRAYS)
        if t is not None:
            tight = 2e-6 if dtype == "float32" else 1e-12
            np.testing.assert_allclose(t.detach().numpy(), ARRAYS[key], rtol=tight, atol=tight)


def test_backward_begins_with_one() -> None:
    x = torch.tensor([1.0, -2.0], dtype=torch.bfloat16, requires_grad=True)
    (x * x).sum().backward()
    assert x.grad is not None
    assert x.grad.float().tolist() == [2.0, -4.0]
