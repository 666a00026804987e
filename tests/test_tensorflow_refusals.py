"""What TensorFlow refuses, by the type and the words of its kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plait import keras
from plait import tensorflow as tf


def kernel(op: str) -> str:
    return f"{{{{function_node __wrapped__{op}_device_/job:localhost/replica:0/task:0/device:CPU:0}}}}"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tf.eye(-1), f"{kernel('Fill')} Dimension -1 must be >= 0 [Op:Fill] name: "),
        (lambda: tf.eye(2, num_columns=-3), f"{kernel('Fill')} Dimension -3 must be >= 0 [Op:Fill] name: "),
        (lambda: tf.fill([2, -4], 1), f"{kernel('Fill')} Dimension -4 must be >= 0 [Op:Fill]"),
        (lambda: tf.one_hot([1, 0], -1), f"{kernel('OneHot')} depth must be non-negative, got: -1 [Op:OneHot]"),
    ],
)
def test_negative_sizes(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize("persistent", [False, True])
def test_a_tape_that_was_never_entered(persistent: bool) -> None:
    x = tf.Variable(2.0)
    tape = tf.GradientTape(persistent=persistent)
    with pytest.raises(RuntimeError, match="one set of gradients"):
        tape.gradient(x * x, x)
    with tape:
        y = x * x
    assert float(tape.gradient(y, x)) == 4.0


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: keras.ops.add(tf.ones((2, 3)), tf.ones((3, 2))), tf.errors.InvalidArgumentError,
         f"{kernel('AddV2')} Incompatible shapes: [2,3] vs. [3,2] [Op:AddV2] name: "),
        (lambda: keras.ops.sum(tf.ones(2), axis=3), tf.errors.InvalidArgumentError,
         f"{kernel('Sum')} Invalid reduction dimension (3 for input with 1 dimension(s) [Op:Sum] name: "),
        (lambda: keras.ops.argmax(tf.ones(2), axis=3), tf.errors.InvalidArgumentError,
         f"{kernel('ArgMax')} Expected dimension in the range [-1, 1), but got 3 [Op:ArgMax]"),
        (lambda: keras.ops.flip(tf.ones(2), axis=3), ValueError, "axis 3 is out of bounds for an array with dimension 1."),
        (lambda: keras.ops.squeeze(tf.ones((2, 3)), axis=0), ValueError, "Cannot squeeze axis=0, because the dimension is not 1."),
        (lambda: tf.squeeze(tf.ones((2, 3)), axis=-1), tf.errors.InvalidArgumentError,
         f"{kernel('Squeeze')} Can not squeeze dim[1], expected a dimension of 1, got 3 [Op:Squeeze] name: "),
        (lambda: keras.ops.cast(1, "foo"), ValueError, "Invalid dtype: foo"),
        (lambda: tf.random.normal((2, -1)), tf.errors.InvalidArgumentError,
         f"{kernel('RandomStandardNormal')} Dimension -1 must be >= 0 [Op:RandomStandardNormal] name: "),
        (lambda: tf.sigmoid([1, 2]), tf.errors.InvalidArgumentError, "Value for attr 'T' of int32 is not in the list of allowed values: "
         "bfloat16, half, float, double, complex64, complex128\n\t; NodeDef: {{node Sigmoid}}; Op<name=Sigmoid; signature=x:T -> y:T; "
         "attr=T:type,allowed=[DT_BFLOAT16, DT_HALF, DT_FLOAT, DT_DOUBLE, DT_COMPLEX64, DT_COMPLEX128]> [Op:Sigmoid] name: "),
        (lambda: len(tf.Variable([1.0])), TypeError, "object of type 'ResourceVariable' has no len()"),
        (lambda: keras.ops.foo, AttributeError, "module 'keras.ops' has no attribute 'foo'"),
    ],
)  # fmt: skip
def test_words_and_types(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message
