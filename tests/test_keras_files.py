"""Model files of the Keras dialect: what is saved comes back, and what a file may not do is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

h5py = pytest.importorskip("h5py")

from plait import keras  # noqa: E402


def _model() -> Any:
    x = keras.Input((4,), name="x")
    h = keras.layers.Dense(3, activation="relu", name="hidden")(x)
    model = keras.Model(x, keras.layers.Dense(2, name="out")(h))
    model.compile("adam", "mse")
    return model


def _rewrite(path: Path, change: Any) -> None:
    """The file with its config changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    parts["config.json"] = json.dumps(change(config) or config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_round_trip_with_training(ending: str, tmp_path: Path) -> None:
    model, data = _model(), np.random.default_rng(0).standard_normal((8, 4)).astype("float32")
    model.fit(data, np.ones((8, 2)), verbose=0)
    path = str(tmp_path / f"model{ending}")
    model.save(path)
    back = keras.models.load_model(path)
    np.testing.assert_array_equal(back.predict(data, verbose=0), model.predict(data, verbose=0))
    assert [v.shape for v in back.optimizer.variables] == [v.shape for v in model.optimizer.variables]
    assert int(back.optimizer.iterations) == 1
    histories = [m.fit(data, np.zeros((8, 2)), shuffle=False, verbose=0).history for m in (model, back)]
    assert histories[0] == histories[1]


def test_weights_round_trip(tmp_path: Path) -> None:
    first, second = _model(), _model()
    first.save_weights(tmp_path / "w.weights.h5")
    second.load_weights(tmp_path / "w.weights.h5")
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match=r"\.weights\.h5"):
        first.save_weights(tmp_path / "w.txt")


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    _model().save_weights(tmp_path / "w.weights.h5")
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="could not be loaded"):
        other.load_weights(tmp_path / "w.weights.h5")
    with pytest.warns(UserWarning, match="could not be loaded"):
        other.load_weights(tmp_path / "w.weights.h5", skip_mismatch=True)


def test_lambda_needs_unsafe_mode(tmp_path: Path) -> None:
    path = tmp_path / "lambda.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x * 2)]).save(path)
    with pytest.raises(ValueError, match="arbitrary code execution"):
        keras.models.load_model(path)
    back = keras.models.load_model(path, safe_mode=False)
    np.testing.assert_array_equal(np.asarray(back(np.ones((1, 2), "float32"))), [[2, 2]])


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("subprocess", "Popen"),
        ("plait.keras.saving._code", "load"),
        ("keras.utils", "get_file"),
        ("keras.saving", "load_model"),
        ("keras.config", "enable_unsafe_deserialization"),
    ],
)
def test_configs_name_no_arbitrary_objects(module: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    _model().save(path)

    def as_class(config: Any) -> None:
        config["config"]["layers"][1].update(module=module, class_name=name, registered_name=None)

    def as_function(config: Any) -> None:
        config["config"]["layers"][1]["config"]["activation"] = {
            "module": module, "class_name": "function", "config": name, "registered_name": "function",
        }  # fmt: skip

    for change in (as_class, as_function):
        _model().save(path)
        _rewrite(path, change)
        with pytest.raises((TypeError, ValueError)):
            keras.models.load_model(path)


@pytest.mark.parametrize("kind", ["external", "soft"])
def test_links_in_weight_files_are_refused(kind: str, tmp_path: Path) -> None:
    path, other = tmp_path / "w.weights.h5", tmp_path / "other.h5"
    model = _model()
    model.save_weights(path)
    with h5py.File(other, "w") as file:
        file["secret"] = np.zeros((4, 3), "float32")
    with h5py.File(path, "r+") as file:
        place = file["layers/dense/vars"]
        file.move("layers/dense/vars/0", "kept")
        place["0"] = h5py.ExternalLink(str(other), "secret") if kind == "external" else h5py.SoftLink("/kept")
    with pytest.raises(ValueError, match="Link"):
        model.load_weights(path)


def test_datasets_held_in_other_files_are_refused(tmp_path: Path) -> None:
    path, raw = tmp_path / "w.weights.h5", tmp_path / "raw.bin"
    raw.write_bytes(bytes(48))
    model = _model()
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        place = file["layers/dense/vars"]
        del place["0"]
        place.create_dataset("0", (4, 3), "float32", external=[(str(raw), 0, 48)])
    with pytest.raises(ValueError, match="external"):
        model.load_weights(path)


class Vocabulary(keras.layers.Layer):
    """A layer with a file of its own."""

    def __init__(self, text: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text = text

    def call(self, x: Any) -> Any:
        return x

    def save_assets(self, folder: str) -> None:
        (Path(folder) / "text.txt").write_text(self.text, encoding="utf-8")

    def load_assets(self, folder: str) -> None:
        self.text = (Path(folder) / "text.txt").read_text(encoding="utf-8")


def test_assets(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((2,)), Vocabulary("words")]).save(path)
    back = keras.models.load_model(path, custom_objects={"Vocabulary": Vocabulary})
    assert back.layers[0].text == "words"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/../../escaped.txt", "x")
    with pytest.raises(ValueError, match="escapes"):
        keras.models.load_model(path, custom_objects={"Vocabulary": Vocabulary})
    assert not (tmp_path.parent / "escaped.txt").exists()


def test_models_in_models(tmp_path: Path) -> None:
    def inner(name: str) -> Any:
        x = keras.Input((4,))
        return keras.Model(x, keras.layers.Dense(4)(keras.layers.Dense(4)(x)), name=name)

    x = keras.Input((4,))
    y = keras.layers.Dense(4)(x)
    model = keras.Model(x, [inner(name)(y) for name in "abcd"])
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
