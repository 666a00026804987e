"""Weights saved in several files, and models saved in folders (the layouts of Keras 3.15.1)."""

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


class Noting(keras.layers.Layer):
    """A layer with a file of its own."""

    note = ""

    def call(self, x: Any) -> Any:
        return x

    def save_assets(self, folder: str) -> None:
        Path(folder, "note.txt").write_text(self.note)

    def load_assets(self, folder: str) -> None:
        self.note = Path(folder, "note.txt").read_text()


def test_an_unzipped_model(tmp_path: Path) -> None:
    noting = Noting()
    noting.note = "here"
    source = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), noting])
    source.compile("adam", "mse")
    source.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    source.save(tmp_path / "model", zipped=False)
    assert sorted(p.name for p in (tmp_path / "model").iterdir()) == [
        "assets",
        "config.json",
        "metadata.json",
        "model.weights.h5",
    ]
    found = keras.saving.load_model(tmp_path / "model", custom_objects={"Noting": Noting})
    assert found.layers[-1].note == "here"
    assert int(found.optimizer.iterations) == 1
    for a, b in zip(source.get_weights(), found.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="should not end in"):
        source.save(tmp_path / "m.keras", zipped=False)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="File format not supported"):
        keras.saving.load_model(tmp_path / "empty")
