"""Activations against results that tools/record_activation.py took from PyTorch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plait import torch
from tests.activation_cases import CALLS, LAYERS, REJECTS, SHAPES, array, special

HERE = Path(__file__).parent / "golden" / "activation"
ARRAYS = np.load(HERE / "cases.npz")
WORDS = json.loads((HERE / "cases.json").read_text())
TOLERANCE = {"float32": 2e-6, "float64": 1e-13}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("k", range(len(CALLS)), ids=lambda k: f"{CALLS[k][0]}{CALLS[k][1] or ''}")
def test_values_and_gradients(k: int, dtype: str) -> None:
    name, args, kwargs = CALLS[k]
    function, t = getattr(torch.nn.functional, name), TOLERANCE[dtype]
    for i, shape in enumerate(SHAPES):
        x = torch.tensor(array(shape, dtype), requires_grad=True)
        y = function(x, *args, **kwargs)
        np.testing.assert_allclose(y.detach().numpy(), ARRAYS[f"{k} {dtype} {i} y"], rtol=t, atol=t)
        y.backward(torch.tensor(array(tuple(y.shape), dtype, 1)))
        loose = 1e-7 if name == "celu" else t  # PyTorch rounds celu's 1 / alpha to float32
        np.testing.assert_allclose(x.grad.numpy(), ARRAYS[f"{k} {dtype} {i} g"], rtol=max(t, loose), atol=max(t, loose))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("k", range(len(CALLS)), ids=lambda k: f"{CALLS[k][0]}{CALLS[k][1] or ''}")
def test_special_values(k: int, dtype: str) -> None:
    name, args, kwargs = CALLS[k]
    if f"{k} {dtype} special" not in ARRAYS:
        return
    want = ARRAYS[f"{k} {dtype} special"]
    function = getattr(torch.nn.functional, name)
    got = np.concatenate([function(torch.tensor([v]), *args, **kwargs).numpy() for v in special(dtype).reshape(-1)])
    np.testing.assert_allclose(got, want, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    numbers = ~np.isnan(want)
    assert np.array_equal(np.signbit(got[numbers]), np.signbit(want[numbers]))


def test_layers_print_as_upstream() -> None:
    for (name, args, kwargs), want in zip(LAYERS, WORDS["layers"], strict=True):
        assert repr(getattr(torch.nn, name)(*args, **kwargs)) == want


@pytest.mark.parametrize("k", range(len(REJECTS)), ids=lambda k: f"{REJECTS[k][0]}-{REJECTS[k][2]}-{REJECTS[k][3]}")
def test_errors(k: int) -> None:
    name, shape, dtype, args, kwargs = REJECTS[k]
    kind, words = WORDS["errors"][k]
    with pytest.raises(Exception) as caught:
        getattr(torch.nn.functional, name)(torch.tensor(array(shape, dtype)), *args, **kwargs)
    assert [type(caught.value).__name__, str(caught.value).split("\n")[0]] == [kind, words]


def test_saved_values_changed_in_place_are_noticed() -> None:
    x = torch.tensor(array((3, 4), "float32"), requires_grad=True)
    for name in ("sigmoid", "tanh", "relu"):
        y: Any = getattr(torch, name)(x)
        y.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()
