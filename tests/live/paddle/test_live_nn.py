"""Generated cases of every family of `paddle.nn`, in both precisions, and every layer's text, names, weights and outputs, against Paddle."""

from __future__ import annotations

import pytest

pytest.importorskip("paddle")

import paddle

from plait import paddle as ours
from tests.paddle_nn.cases import FAMILIES
from tests.paddle_nn.compare import difference, forward_only
from tests.paddle_nn.errors import CALLS, outcome
from tests.paddle_nn.layers import alike, layer_cases, run_layer


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("family", FAMILIES)
def test_family(family: str, dtype: str) -> None:
    wrong = []
    for name, call, arrays, options in FAMILIES[family]():
        tried = forward_only(call) if options.get("forward_only") else call
        found = difference(
            paddle,
            ours,
            tried,
            arrays,
            dtype,
            options.get("seed"),
            options.get("loose", 1.0),
            options.get("coarse", False),
        )
        if found:
            wrong.append(f"{name}: {found}")
    # where a window lies outside altogether Paddle's layouts and builds divide nothing by nothing in ways of their own
    assert len(wrong) * 100 <= len(list(FAMILIES[family]())) * 3, wrong[:5]


@pytest.mark.parametrize(("text", "shapes"), layer_cases(), ids=[text for text, _ in layer_cases()])
def test_layer(text: str, shapes: list[str]) -> None:
    theirs, mine = run_layer(paddle, text, shapes), run_layer(ours, text, shapes)
    for a, b in zip(theirs, mine, strict=True):
        assert alike(a, b), (a, b)


@pytest.mark.parametrize("call", CALLS)
def test_error(call: str) -> None:
    assert outcome(ours, call) == outcome(paddle, call)
