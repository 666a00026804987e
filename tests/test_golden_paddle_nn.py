"""`paddle.nn` against what Paddle 3.3.1 gave (tools/record_paddle_nn.py): values, gradients, error types; layers' text, names and weights."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np
import pytest

from plait import paddle
from tests.paddle_nn.cases import FAMILIES
from tests.paddle_nn.compare import forward_only, run, unlike
from tests.paddle_nn.errors import outcome
from tests.paddle_nn.layers import alike, run_layer

GOLDEN = pathlib.Path(__file__).parent / "golden/paddle"


def _unpacked(value: Any, arrays: Any) -> Any:
    if isinstance(value, dict):
        return arrays[value["array"]]
    return [_unpacked(v, arrays) for v in value] if isinstance(value, list) else value


def _load(name: str) -> list[Any]:
    with np.load(GOLDEN / f"nn_{name}.npz") as arrays:
        told = json.loads(str(arrays["records"]))
        assert told["paddle"] == "3.3.1"
        return [_unpacked(record, arrays) for record in told["records"]]


@pytest.mark.parametrize("family", FAMILIES)
def test_family(family: str) -> None:
    every = list(FAMILIES[family]())
    for k, name, theirs in _load(family):
        title, call, inputs, options = every[k]
        assert title == name
        mine = run(
            paddle, forward_only(call) if options.get("forward_only") else call, inputs, "float32", options.get("seed")
        )
        if theirs[0] == "error":
            assert mine[:2] == tuple(theirs), (name, mine)
        else:
            found = unlike(tuple(theirs), mine, "float32", options.get("loose", 1.0))
            assert found is None, f"{name}: {found}"


def test_layers() -> None:
    for text, shapes, theirs in _load("layers"):
        mine = run_layer(paddle, text, shapes)
        assert len(mine) == len(theirs)
        for a, b in zip(theirs, mine, strict=True):
            assert alike(a, b), (text, a, b)


def test_errors() -> None:
    wrong = [
        (call, theirs, outcome(paddle, call)) for call, theirs in _load("errors") if outcome(paddle, call) != theirs
    ]
    assert not wrong
