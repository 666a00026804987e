"""Calls that PyTorch refuses are refused with its exceptions and its words."""

from __future__ import annotations

import collections
import copy
import gzip
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from plait import torch
from tests import refusal_cases
from tests.live import refusals

RECORD = json.loads(
    gzip.decompress((pathlib.Path(__file__).parent / "golden" / "refusals" / "torch.json.gz").read_bytes())
)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """What calls may have set is as it was."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    torch.set_float32_matmul_precision("highest")
    torch.autograd.set_detect_anomaly(False)


@pytest.mark.parametrize("call", refusal_cases.CALLS)
def test_common_mistake(call: str) -> None:
    assert refusal_cases.said(call, torch) == RECORD["common"][call]


@pytest.mark.parametrize("family", [f for f, calls in RECORD["sample"].items() if calls])
def test_sample_over_all_names(family: str) -> None:
    """Most words and nearly all classes are the same; docs/torch.md tells what is not."""
    verdicts: collections.Counter[str] = collections.Counter()
    for call, kind, words in RECORD["sample"][family]:
        mine = refusals.said(call, torch)
        verdicts["class"] += mine[0] == kind
        verdicts["words"] += mine == (kind, words)
    count = len(RECORD["sample"][family])
    assert verdicts["class"] >= 0.95 * count, verdicts
    assert verdicts["words"] >= (0.91 if count > 500 else 0.75) * count, verdicts


def _text(call: Any) -> str:
    with pytest.raises(TypeError) as caught:
        call()
    return str(caught.value)


def test_arguments_that_upstream_takes() -> None:
    x = torch.ones(2, 3)
    assert x.sum(np.int64(1)).shape == x.sum(torch.tensor(1)).shape == (2,)
    assert torch.zeros(torch.tensor(2), np.int32(3)).shape == torch.zeros([torch.tensor([2]), True]).shape[:1] + (3,)
    assert torch.sum(a=x, axis=0, keepdims=True).shape == (1, 3)
    assert torch.add(x, np.float32(1), alpha=torch.tensor(2.0)).sum() == 18
    assert x.view(size=(3, 2)).shape == x.reshape(shape=[3, 2]).shape == (3, 2)
    with pytest.warns(UserWarning, match="deprecated"):
        assert torch.add(x, 2, x).sum() == 18  # the old order


def test_a_right_call_learns_nothing_twice() -> None:
    seen = []

    def check(function: Any, args: Any, kwargs: Any) -> Any:
        seen.append(args)
        return args, kwargs

    from plait import _native

    function = _native.builtin(lambda *args: args, check, None, {"__name__": "f", "__qualname__": "f"})
    assert function(1) == (1,) and len(seen) == 1  # nothing learnt: every call is checked
    function._learn(((2, False, (("x", 0, (int,)), ("y", 1 | 2, (float,)))), (1, True, (("sizes", 8, (int,)),))))
    assert function(1) == (1,) and function(1, None) == (1, None) and function(1, 2, 3) == (1, 2, 3)
    assert len(seen) == 1
    assert function(True) == (True,) and function(1, "a") == (1, "a") and len(seen) == 3  # a bool is no int
    with pytest.raises(TypeError, match="classes"):
        function._learn(((1, False, (("x", 0, (1,)),)),))


def test_functions_of_the_library_are_no_methods_of_classes() -> None:
    from plait import _native

    class Holder:
        act = _native.builtin(abs, lambda function, args, kwargs: (args, kwargs), None, {})

    assert Holder().act(-1) == 1
    shown = _native.builtin(abs, print, None, {"__name__": "abs", "__qualname__": "abs"})
    assert shown.__name__ == "abs" and repr(shown).startswith("<built-in method abs of type object at")
    assert copy.deepcopy([torch.relu])[0] is torch.relu
    assert _text(lambda: torch.Tensor.relu()) == "unbound method TensorBase.relu() needs an argument"
    assert "doesn't apply to a 'int' object" in _text(lambda: torch.Tensor.add(1, 2))
