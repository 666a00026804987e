"""Whole Paddle scripts print under `plait run` what they printed under Paddle (tools/record_paddle_train.py), times apart."""

from __future__ import annotations

import gzip
import json
import pathlib

import pytest

from tests.paddle_training_cases import masked
from tests.test_run import start

HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize("name", sorted(p.stem for p in (HERE / "scripts" / "paddle").glob("*.py")))
def test_script(name: str, tmp_path: pathlib.Path) -> None:
    with gzip.open(HERE / "golden" / "paddle" / "scripts.json.gz") as file:
        want = json.loads(file.read())[name]
    script = HERE / "scripts" / "paddle" / f"{name}.py"
    done = start(["run", str(script)], tmp_path, env={"PYTHONWARNINGS": "ignore"})
    assert done.returncode == 0, done.stderr
    assert masked(done.stdout).splitlines() == want.splitlines()
