"""Names, policies and shapes that a layer takes from what is round it, recorded from Keras 3.15.1 on TensorFlow 2.21.0."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from plait import keras
from plait import tensorflow as tf


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    keras.utils.clear_session()
    yield
    keras.backend.set_floatx("float32")
    keras.backend.clear_session()


class _Counter(keras.layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.early = tf.Variable(1.0, name="early")

    def build(self, input_shape: Any) -> None:
        self.count = tf.Variable(0, trainable=False, name="count")
        self.plain = tf.Variable(2.0)

    def call(self, x: Any) -> Any:
        return x


def test_a_variable_is_named_under_the_layer_that_builds_it() -> None:
    layer = _Counter(name="inner")
    model = keras.Sequential([keras.Input((2,)), layer], name="outer")
    assert (layer.early.name, layer.count.name, layer.plain.name) == (
        "early:0",
        "outer/inner/count:0",
        "outer/inner/Variable:0",
    )
    assert pickle.loads(pickle.dumps(layer.count)).name == copy.deepcopy(layer.count).name == "outer/inner/count:0"
    dense = keras.layers.Dense(2)
    dense.build((None, 3))
    assert dense.kernel.value.name == "dense/kernel:0"
    assert model.built


def test_a_scope_of_the_script_stands_before_the_name() -> None:
    with tf.name_scope("block"):
        assert tf.Variable(1.0, name="z").name == "block/z:0"


def test_the_policy_is_that_of_the_first_layer() -> None:
    keras.layers.Dense(1)
    keras.backend.set_floatx("float64")
    assert keras.layers.Dense(1)(np.ones((1, 2))).dtype == "float32"
    keras.backend.clear_session()
    assert keras.layers.Dense(1)(np.ones((1, 2))).dtype == "float64"


def test_batch_normalization_of_one_axis() -> None:
    layer = keras.layers.BatchNormalization()
    x = np.array([2.0, 3.0], "float32")
    np.testing.assert_allclose(layer(x), [1.9990008, 2.9985013], rtol=1e-6)
    np.testing.assert_allclose(layer(x, training=True), [0.0, 0.0], atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.numpy(), [0.02, 0.03], rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.numpy(), [0.99, 0.99], rtol=1e-6)


def test_no_variable_of_a_value_in_a_stateless_scope() -> None:
    with keras.StatelessScope(), pytest.raises(ValueError, match="while in a stateless scope"):
        keras.Variable(1.0)
