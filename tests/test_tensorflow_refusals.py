"""What TensorFlow refuses, by the type and the words of its kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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
