"""Whole scripts print under `plait run` what they printed under their framework (tools/record_scripts.py)."""

from __future__ import annotations

import pathlib

import pytest

from tests import keras_scripts
from tests.paddle_training_cases import masked
from tests.test_run import start

HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize("name", sorted(p.stem for p in (HERE / "scripts").glob("*.py")))
def test_script(name: str, tmp_path: pathlib.Path) -> None:
    done = start(["run", str(HERE / "scripts" / f"{name}.py")], tmp_path, env={"PYTHONWARNINGS": "ignore"})
    assert done.returncode == 0, done.stderr
    assert done.stdout == (HERE / "golden" / "scripts" / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", sorted(p.stem for p in (HERE / "scripts" / "paddle").glob("*.py")))
def test_paddle_script(name: str, tmp_path: pathlib.Path) -> None:
    done = start(["run", str(HERE / "scripts" / "paddle" / f"{name}.py")], tmp_path, env={"PYTHONWARNINGS": "ignore"})
    assert done.returncode == 0, done.stderr
    want = (HERE / "golden" / "paddle" / "scripts" / f"{name}.txt").read_text()
    assert masked(done.stdout).splitlines() == masked(want).splitlines()


@pytest.mark.parametrize("name", sorted(p.stem for p in (HERE / "scripts" / "keras").glob("*.py")))
def test_keras_script(name: str, tmp_path: pathlib.Path) -> None:
    done = start(["run", str(HERE / "scripts" / "keras" / f"{name}.py")], tmp_path, env={"PYTHONWARNINGS": "ignore"})
    assert done.returncode == 0, done.stderr
    want = (HERE / "golden" / "keras" / "scripts" / f"{name}.txt").read_text()
    assert keras_scripts.differing(want, done.stdout) == []
