"""Whole scripts, run under PyTorch and under `plait run`: what they print is the same to the letter.

But for the last digit of a number: PyTorch's own products differ there between processors, since its library picks another way to add.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

SCRIPTS = sorted((Path(__file__).parent.parent / "scripts").glob("*.py"))


def output(command: list[str], place: Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=place)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]\d+)?")


def last_digit(number: str) -> float:
    """What one unit of the last digit that a number shows is worth."""
    mantissa, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def assert_same(got: str, want: str) -> None:
    assert NUMBER.sub("#", got) == NUMBER.sub("#", want)
    for a, b in zip(NUMBER.findall(got), NUMBER.findall(want), strict=True):
        assert abs(float(a) - float(b)) <= 1.001 * last_digit(b), f"{a} here, {b} there"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_prints_the_same(script: Path, tmp_path: Path) -> None:
    want = output([sys.executable, str(script)], tmp_path)
    got = output([sys.executable, "-m", "plait", "run", str(script)], tmp_path)
    assert_same(got, want)
