"""Losses, metrics, schedules, optimizers and training of the Keras dialect against results recorded from Keras."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plait import keras
from tests import keras_train_cases as cases
from tests.keras_compare import differences

FILE = Path(__file__).parent / "golden" / "keras" / "training.npz"


def _recorded() -> dict[str, dict[str, Any]]:
    with np.load(FILE) as data:
        index, values = json.loads(str(data["index"])), data["values"]
    at = 0
    for case in index.values():
        for key, entry in case.items():
            if not isinstance(entry, str):
                dtype, shape = entry
                size = int(np.prod(shape))
                case[key] = values[at : at + size].reshape(shape).astype(dtype)
                at += size
    return index


RECORDED = _recorded()
NEEDS = {
    "rich": {"fit with two outputs", "shared and nested layers", "subclassed model", "sequential building"},
}


@pytest.mark.parametrize("name", cases.CASES)
def test_case(name: str) -> None:
    for package, names in NEEDS.items():
        if name in names:
            pytest.importorskip(package)
    keras.backend.clear_session()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = cases.CASES[name](keras)
    assert not differences(got, RECORDED[name])
