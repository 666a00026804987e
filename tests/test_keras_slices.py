"""Gradients of tables as slices, variables that are written to in part; what is expected was read off TensorFlow 2.21.0."""

from __future__ import annotations

import numpy as np
import pytest

from plait import keras
from plait import tensorflow as tf


def _table() -> tf.Variable:
    return tf.Variable(np.arange(12, dtype="f4").reshape(4, 3))


def test_rows_alone_give_slices() -> None:
    v = _table()
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(v, [1])) + tf.reduce_sum(tf.gather(v, [[0, 2]]) * 3)
    g = tape.gradient(y, v)
    assert isinstance(g, tf.IndexedSlices)
    assert g.indices.numpy().tolist() == [0, 2, 1]
    np.testing.assert_array_equal(tf.convert_to_tensor(g).numpy(), np.repeat([[3], [1], [3], [0]], 3, 1).astype("f4"))


@pytest.mark.parametrize(
    "use", [lambda v: tf.gather(v * 2, [1]), lambda v: tf.gather(v, [1]) + v, lambda v: tf.gather(v, [1], axis=1)]
)
def test_other_uses_give_tensors(use: object) -> None:
    v = _table()
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(use(v))  # type: ignore[operator]
    assert isinstance(tape.gradient(y, v), tf.Tensor)


def test_adam_squares_the_parts() -> None:
    v, optimizer = keras.Variable(np.zeros((2, 1), "f4")), keras.optimizers.Adam()
    optimizer.apply([tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([0, 0]), tf.constant([2, 1]))], [v])
    _, _, first, second = (np.array(x).ravel() for x in optimizer.variables)
    np.testing.assert_allclose(first, [0.3, 0], rtol=1e-6)
    np.testing.assert_allclose(second, [0.005, 0], rtol=1e-6)


def test_parts_are_assigned() -> None:
    v = _table()
    v[1:3, 0].assign([70.0, 80.0])
    assert v.numpy()[:, 0].tolist() == [0, 70, 80, 9]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"input shape \[2\] into final shape \[3\]"):
        v[0].assign([7.0, 8.0])
    with pytest.raises(AttributeError):
        tf.ones((2,))[0].assign(2.0)
    v.scatter_sub(tf.IndexedSlices(tf.ones((2, 3)), tf.constant([1, 1])))
    assert v.numpy()[1].tolist() == [68, 2, 3]


def test_open_shapes() -> None:
    v = tf.Variable([1.0, 2.0], shape=tf.TensorShape([None]))
    v.assign([1.0, 2.0, 3.0])
    assert repr(v) == "<tf.Variable 'Variable:0' shape=(None,) dtype=float32, numpy=array([1., 2., 3.], dtype=float32)>"
    with pytest.raises(ValueError, match="not compatible with the explicitly supplied"):
        tf.Variable([1.0, 2.0], shape=[3])


def test_functions_that_keep_zeros_keep_slices() -> None:
    g = tf.IndexedSlices(tf.constant([[3.0], [-2.0]]), tf.constant([1, 1]), tf.constant([4, 1]))
    kept = {
        "square": keras.ops.square(g), "clip": keras.ops.clip(g, -1.0, 1.0), "multiply": keras.ops.multiply(2.0, g),
        "divide": keras.ops.divide(g, 2.0),
    }  # fmt: skip
    assert all(isinstance(k, tf.IndexedSlices) for k in kept.values())
    assert {name: k.values.numpy().ravel().tolist() for name, k in kept.items()} == {
        "square": [9, 4], "clip": [1, -1], "multiply": [6, -4], "divide": [1.5, -1],
    }  # fmt: skip
    assert keras.ops.add(g, 1.0).numpy().ravel().tolist() == [1, 2, 1, 1]
    assert keras.ops.sum(g).numpy() == 1
    assert tf.is_tensor(g) and keras.ops.is_tensor(g)
