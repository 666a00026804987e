"""Weights saved in several files (the layout of Keras 3.15.1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("h5py")

from plait import keras


def model() -> Any:
    return keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, name="a"), keras.layers.Dense(4, name="b")])


def test_one_file_and_its_map(tmp_path: Path) -> None:
    source, target = model(), model()
    source.save_weights(tmp_path / "m.weights.json", max_shard_size=1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.weights.json", "m_00000.weights.h5"]
    told = json.loads((tmp_path / "m.weights.json").read_text())
    assert told["metadata"]["total_size"] == source.count_params() * 4
    assert next(iter(told["weight_map"].values())) == ["m_00000.weights.h5"]
    target.load_weights(tmp_path / "m.weights.json")
    for a, b in zip(source.get_weights(), target.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_entry_may_span_files(tmp_path: Path) -> None:
    source, target = model(), model()
    source.save_weights(tmp_path / "m.weights.json", max_shard_size=520 / 1024**3)
    told = json.loads((tmp_path / "m.weights.json").read_text())["weight_map"]
    assert ["m_00000.weights.h5", "m_00001.weights.h5"] in told.values()
    target.load_weights(tmp_path / "m.weights.json")
    for a, b in zip(source.get_weights(), target.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="exceeds the maximum shard size"):
        model().save_weights(tmp_path / "m.weights.json", max_shard_size=1e-8)
    with pytest.raises(ValueError, match=r"must end in `.weights.json` when `max_shard_size`"):
        model().save_weights(tmp_path / "m.json", max_shard_size=1)
    with pytest.warns(UserWarning, match="will be renamed to"):
        model().save_weights(tmp_path / "m.weights.h5", max_shard_size=1)
    assert (tmp_path / "m.weights.json").exists()
    told = tmp_path / "m.weights.json"
    told.write_text(told.read_text().replace("m_00000", "../m_00000"))
    with pytest.raises(ValueError, match="Invalid name"):
        model().load_weights(told)
