"""Norms, resampling, padding and folding against what PyTorch computed (tools/record_norm.py)."""

from __future__ import annotations

import json
import pathlib
import warnings
from typing import Any

import numpy as np
import pytest

import plait.torch as torch

HERE = pathlib.Path(__file__).parent / "golden" / "norm"
CASES: list[dict[str, Any]] = json.loads((HERE / "cases.json").read_text())["cases"]
with np.load(HERE / "arrays.npz") as _file:
    ARRAYS = {name: _file[name] for name in _file.files}
CALLS = sorted({c["call"] for c in CASES})


def revive(value: Any, tensors: dict[int, Any]) -> Any:
    if isinstance(value, dict):
        if "array" in value:
            number = value["array"]
            if number not in tensors:
                tensors[number] = torch.from_numpy(ARRAYS[str(number)].copy()).requires_grad_(value["grad"])
            return tensors[number]
        kind = "tuple" if "tuple" in value else "list"
        found = [revive(v, tensors) for v in value[kind]]
        return tuple(found) if kind == "tuple" else found
    return value


def same(got: Any, number: int, what: str) -> None:
    want = ARRAYS[str(number)]
    assert got.shape == want.shape and got.dtype == want.dtype, what
    scale = max(1.0, float(np.abs(want).max(initial=0))) if want.dtype.kind == "f" else 1
    np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-5 * scale if want.dtype.kind == "f" else 0, err_msg=what)


def replay(row: dict[str, Any]) -> None:
    tensors: dict[int, Any] = {}
    args = [revive(a, tensors) for a in row["args"]]
    kwargs = {k: revive(v, tensors) for k, v in row["kwargs"].items()}
    what = f"{row['call']} {row['args']} {row['kwargs']} {row.get('init')} {row.get('settings')}"

    def call() -> tuple[Any, Any]:
        if not row["call"].startswith("nn."):
            return None, getattr(torch.nn.functional, row["call"][2:])(*args, **kwargs)
        made = getattr(torch.nn, row["call"][3:])(
            *revive(row["init"], {}), **{k: revive(v, {}) for k, v in row["settings"].items()}
        )
        assert repr(made) == row["repr"]
        assert list(made.state_dict()) == list(row["state"]), what
        made.load_state_dict({k: torch.from_numpy(ARRAYS[str(n)].copy()) for k, n in row["state"].items()})
        made.train(not row["evaluate"])
        return made, made(*args, **kwargs)

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        if "error" in row:
            with pytest.raises(Exception) as caught:
                call()
            assert type(caught.value).__name__ == row["error"][0], f"{what}: {caught.value!r}"
            return
        module, out = call()
    assert sorted({w.category.__name__ for w in warned}) == row["warned"], what
    same(out.detach().numpy(), row["out"], what)
    assert (out.grad_fn is None) == (row["grad_fn"] is None), what
    if "grads" in row:
        weights = torch.from_numpy(np.cos(np.arange(out.numel()) + 1.0).astype(np.float32).reshape(tuple(out.shape)))
        (out * weights).sum().backward()
        for number, want in row["grads"].items():
            same(tensors[int(number)].grad.numpy(), want, f"{what}: gradient of {number}")
    if module is not None:
        parameters = dict(module.named_parameters())
        for name, want in row.get("param_grads", {}).items():
            same(parameters[name].grad.numpy(), want, f"{what}: gradient of {name}")
        for name, value in module.named_buffers():
            same(value.numpy(), row["after"][name], f"{what}: {name}")


@pytest.mark.parametrize("call", CALLS)
def test_as_recorded(call: str) -> None:
    found = [row for row in CASES if row["call"] == call]
    assert found
    for row in found:
        replay(row)
