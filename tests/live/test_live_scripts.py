"""Whole scripts, run under PyTorch and under `plait run`: what they print is the same to the letter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

SCRIPTS = sorted((Path(__file__).parent.parent / "scripts").glob("*.py"))


def output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_prints_the_same(script: Path) -> None:
    want = output([sys.executable, str(script)])
    got = output([sys.executable, "-m", "plait", "run", str(script)])
    assert got == want
