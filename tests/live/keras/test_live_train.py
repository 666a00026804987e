"""Losses, metrics, schedules, optimizers and training: the Keras dialect against the Keras that is installed."""

from __future__ import annotations

import warnings

import keras as upstream
import pytest

from plait import keras
from tests import keras_train_cases as cases
from tests.keras_compare import differences


@pytest.mark.parametrize("name", cases.CASES)
def test_case(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        upstream.backend.clear_session()
        want = cases.CASES[name](upstream)
        keras.backend.clear_session()
        got = cases.CASES[name](keras)
    assert not differences(got, want)
