"""Modules, optimizers, schedulers, losses and nn.utils print what PyTorch printed (recorded by tools/record_train.py)."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

import plait.torch
from tests.train_cases import run, scripts

PRINTED = json.loads(lzma.decompress((Path(__file__).parent / "golden" / "train" / "scripts.json.xz").read_bytes()))[
    "printed"
]
SCRIPTS = scripts()


def test_every_script_is_recorded() -> None:
    assert SCRIPTS.keys() == PRINTED.keys()


@pytest.mark.parametrize("name", SCRIPTS)
def test_prints_the_same(name: str) -> None:
    assert run(SCRIPTS[name], plait.torch).splitlines() == PRINTED[name].splitlines()
