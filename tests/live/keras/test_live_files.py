"""Model files, both ways: what Keras saves plait loads and the reverse, and both write the same tree."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras as upstream
import numpy as np
import pytest

from plait import keras
from tests import keras_train_cases as cases


def _cnn(k: Any) -> Any:
    model = cases.cnn(k)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _two(k: Any) -> Any:
    model = cases.two_outputs(k)
    model.compile("rmsprop", [k.losses.MeanSquaredError(), k.losses.MeanAbsoluteError()])
    return model


def _subclassed(k: Any) -> Any:
    @k.saving.register_keras_serializable()
    class Block(k.layers.Layer):
        def __init__(self, n: int, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.n, self.d, self._p = n, k.layers.Dense(n), k.layers.Dense(n)
            self.ls = [k.layers.LayerNormalization() for _ in range(2)]

        def call(self, x: Any) -> Any:
            x = self._p(self.d(x))
            for layer in self.ls:
                x = layer(x)
            return x

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "n": self.n}

    @k.saving.register_keras_serializable()
    class Net(k.Model):
        def __init__(self, n: int = 4, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.n, self.b, self.bs = n, Block(n), [Block(n), Block(n)]
            self.dd, self._private = {"x": k.layers.Dense(1)}, k.layers.Dense(n)

        def call(self, x: Any) -> Any:
            x = self._private(self.b(x))
            for block in self.bs:
                x = block(x)
            return self.dd["x"](x)

        def get_config(self) -> dict[str, Any]:
            return {"n": self.n}

    model = Net()
    model(np.ones((2, 5), "float32"))
    model.compile("adam", "mse")
    return model


def _convolutions(k: Any) -> Any:
    layers = k.layers
    i = k.Input((8, 8, 3))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(i)))
    x = layers.Add()([x, layers.SeparableConv2D(4, 3, padding="same")(x)])
    x = layers.DepthwiseConv2D(3)(layers.PReLU()(layers.Dropout(0.3)(x)))
    x = layers.GlobalAveragePooling2D()(layers.Conv2DTranspose(2, 2, strides=2)(x))
    o = layers.Dense(2, kernel_regularizer=k.regularizers.L2(0.01), activation=k.activations.softmax)(x)
    model = k.Model(i, o)
    loss = k.losses.CategoricalCrossentropy(label_smoothing=0.1)
    metrics = [k.metrics.CategoricalAccuracy(), "mae"]
    model.compile(k.optimizers.SGD(0.01, momentum=0.9), loss, metrics=metrics)
    return model


MODELS = {
    "cnn": (_cnn, [(4, 8, 8, 1)]),
    "two": (_two, [(4, 4), (4, 3)]),
    "subclassed": (_subclassed, [(4, 5)]),
    "convolutions": (_convolutions, [(4, 8, 8, 3)]),
}


def _tree(path: Path) -> list[Any]:
    file: Any = path
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            file = io.BytesIO(archive.read("model.weights.h5"))
    found: list[Any] = []
    with h5py.File(file) as root:
        root.visititems(
            lambda n, o: found.append((n, sorted(o.attrs), getattr(o, "shape", None), str(getattr(o, "dtype", ""))))
        )
    return found


def _config(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        text = json.dumps(json.loads(archive.read("config.json")), sort_keys=True)
    # Keras numbers objects by address and reuses the numbers of those that have gone.
    return re.sub(r', "shared_object_id": \d+', "", text)


def _outputs(x: Any) -> list[Any]:
    return [np.asarray(a) for a in (x if isinstance(x, (list, tuple)) else [x])]


def _pair(name: str) -> tuple[Any, Any, Any]:
    make, shapes = MODELS[name]
    upstream.backend.clear_session()
    keras.backend.clear_session()
    theirs, ours = make(upstream), make(keras)
    r = np.random.default_rng(0)
    weights = [(np.abs(r.standard_normal(w.shape)) * 0.3).astype(w.dtype) for w in theirs.get_weights()]
    for model in (theirs, ours):
        model.set_weights(weights)
        model.optimizer.build(model.trainable_variables)
    data = [r.random(shape).astype("float32") for shape in shapes]
    return theirs, ours, data if len(data) > 1 else data[0]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_models(name: str, ending: str, tmp_path: Path) -> None:
    if (name, ending) == ("subclassed", ".h5"):
        pytest.skip("no such format for subclassed models")
    theirs, ours, data = _pair(name)
    a, b = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.save(a)
        ours.save(b)
        assert _tree(a) == _tree(b)
        if ending == ".keras":
            assert _config(a) == _config(b)
        want = _outputs(theirs(data))
        for back in (keras.models.load_model(a), upstream.models.load_model(b), keras.models.load_model(b)):
            assert type(back).__name__ == type(theirs).__name__
            assert back.optimizer.name == theirs.optimizer.name
            for x, y in zip(_outputs(back(data)), want, strict=True):
                np.testing.assert_allclose(x, y, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", MODELS)
def test_weights(name: str, tmp_path: Path) -> None:
    theirs, ours, data = _pair(name)
    a, b = tmp_path / "a.weights.h5", tmp_path / "b.weights.h5"
    theirs.save_weights(a)
    ours.save_weights(b)
    assert _tree(a) == _tree(b)
    want = _outputs(theirs(data))
    for k, path in ((keras, a), (upstream, b)):
        other = MODELS[name][0](k)
        other.load_weights(path)
        for x, y in zip(_outputs(other(data)), want, strict=True):
            np.testing.assert_allclose(x, y, rtol=2e-5, atol=2e-6)
