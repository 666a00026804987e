"""What scripts about training print: Paddle's own output, recorded, against the dialect's."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from plait import paddle
from tests import paddle_schedule_cases as schedules
from tests import paddle_training_cases as snippets

pytest.importorskip("PIL")
GOLDEN = Path(__file__).parent / "golden" / "paddle" / "training.json.gz"


@cache
def golden() -> dict[str, Any]:
    """The recorded texts."""
    with gzip.open(GOLDEN) as file:
        return json.loads(file.read())


@pytest.mark.parametrize("name", snippets.names())
def test_printed(name: str) -> None:
    assert snippets.run(paddle, name).splitlines() == golden()["printed"][name].splitlines()


@pytest.mark.parametrize("case", schedules.BAD)
def test_bad_schedule(case: str) -> None:
    assert schedules.failure(paddle.optimizer.lr, case) == golden()["failures"][case]
