"""Functions of a tensor against what PyTorch 2.13.0 gave (recorded by tools/record_functions.py): values, dtypes, shapes, gradients."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np
import pytest

import plait.torch as torch

FOLDER = pathlib.Path(__file__).parent / "golden" / "functions"
DATA = np.load(FOLDER / "cases.npz")["data"]
CASES = json.loads((FOLDER / "cases.json").read_text())["cases"]
UNFILLED = {"empty", "empty_like", "new_empty"}


def decode(value: Any) -> Any:
    """A recorded value: an array's place in the byte string, or a plain value."""
    if isinstance(value, dict):
        if "t" in value:
            return tensor(value)
        if "f" in value:
            return float(value["f"])
        if "d" in value:
            return getattr(torch, value["d"])
        if "l" in value:
            return [decode(v) for v in value["l"]]
        if "u" in value:
            return tuple(decode(v) for v in value["u"])
        if "r" in value:
            return slice(*value["r"])
        if "e" in value:
            return Ellipsis
        return {k: decode(v) for k, v in value.items()}
    return value


def array(value: dict[str, Any]) -> np.ndarray:
    dtype = np.dtype(value["t"])
    n = int(np.prod(value["s"])) * dtype.itemsize
    return DATA[value["o"] : value["o"] + n].copy().view(dtype).reshape(value["s"])


def tensor(value: dict[str, Any]) -> Any:
    t = torch.from_numpy(array(value))
    return t.requires_grad_(True) if value["g"] else t


def flat(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [leaf for v in value for leaf in flat(v)]
    return [value]


def function(name: str) -> Any:
    """The function of the `torch` namespace, or Tensor's method of that name."""
    if name in ("T", "mT"):
        return lambda x: getattr(x, name)
    if name == "where":
        return lambda x, condition, other: torch.where(condition, x, other)
    if name == "zero_":
        return lambda x: x.clone().zero_()
    methods = ("view", "view_as", "expand", "expand_as", "unfold", "repeat", "to", "item", "contiguous", "reshape_as", "bool", "float", "double",
               "half", "long", "int", "short", "byte")  # fmt: skip
    if name in methods or name.startswith(("__", "new_")):
        return getattr(torch.Tensor, name)
    return getattr(torch, name)


def same(name: str, want: Any, got: Any, loose: float = 1.0) -> None:
    if not (isinstance(want, dict) and "t" in want):
        want = decode(want)
        assert want == got or (isinstance(want, float) and np.isclose(want, got, 1e-5, equal_nan=True)), (want, got)
        return
    expected = array(want)
    assert tuple(got.shape) == expected.shape
    assert str(got.dtype) == "torch." + want["t"]
    if name in UNFILLED:
        return
    actual = got.detach().numpy()
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(actual, expected)
        return
    rtol = 1e-7 if expected.dtype == np.float64 else 1.3e-5
    np.testing.assert_allclose(actual, expected, rtol * loose, max(rtol, 1e-7) * loose)


@pytest.mark.parametrize("name", sorted(CASES))
def test_function(name: str) -> None:
    call = function(name)
    for case in CASES[name]:
        args = [decode(a) for a in case["args"]]
        result = flat(call(*args, **decode(case["kwargs"])))
        assert len(result) == len(case["out"])
        for want, got in zip(case["out"], result, strict=True):
            same(name, want, got)
        if "grads" in case:
            leaves = [t for t in flat(args) if isinstance(t, torch.Tensor) and t.requires_grad]
            roots = [o for o in result if isinstance(o, torch.Tensor) and o.requires_grad]
            seeds = [torch.tensor(np.cos(np.arange(o.numel()) + 1.0).reshape(o.shape), dtype=o.dtype) for o in roots]
            grads = torch.autograd.grad(roots, leaves, seeds, allow_unused=True)
            for want, got in zip(case["grads"], grads, strict=True):
                if want is None:
                    assert got is None or not got.numpy().any()
                else:
                    same(name, want, got, 5)
