"""Calls that the installed PyTorch refuses are refused with its exceptions and its words."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from plait import torch as ours
from tests import refusal_cases
from tests.live import names, refusals


@pytest.mark.parametrize("call", refusal_cases.CALLS)
def test_common_mistake(call: str) -> None:
    assert refusal_cases.said(call, ours) == refusal_cases.said(call, torch)


@pytest.mark.parametrize("family", refusals.FAMILIES)
def test_family(family: str) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        told = []
        for name in names.families()[family][::6]:
            if f"{family}:{name}" not in refusals.SKIPPED:
                told += refusals.compare(family, name, torch, ours)
    finally:
        torch.set_num_threads(threads)
    wrong = [(call, theirs, mine) for call, theirs, mine in told if theirs != mine]
    assert len(wrong) <= (0.12 if len(told) > 300 else 0.3) * len(told), wrong[:5]
