"""Segments, masks of sequences, flips, lookups and own gradients: plait.tensorflow against the TensorFlow that is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as upstream

from plait import tensorflow as ours

ROWS = [[1.0, 2.0], [1.0, 4.0], [5.0, 6.0], [7.0, 8.0]]
IMAGE = np.arange(24, dtype="f4").reshape(2, 3, 4, 1)


def _sorted(name: str, ids: Any) -> Any:
    return lambda tf: getattr(tf.math, f"segment_{name}")(tf.constant(ROWS), ids)


def _unsorted(name: str, ids: Any, n: int) -> Any:
    return lambda tf: getattr(tf.math, f"unsorted_segment_{name}")(tf.constant(ROWS), ids, n)


def _gradient(name: str, *arguments: Any) -> Any:
    def case(tf: Any) -> Any:
        x = tf.Variable(ROWS)
        with tf.GradientTape() as tape:
            y = getattr(tf.math, name)(x, *arguments)
            total = tf.reduce_sum(y * tf.reshape(tf.range(1.0, float(np.prod(y.shape)) + 1), y.shape))
        return tape.gradient(total, x)

    return case


def _own(tf: Any) -> Any:
    w = tf.Variable(2.0)

    @tf.custom_gradient
    def f(x: Any, y: Any) -> Any:
        def grad(a: Any, b: Any, variables: Any = None) -> Any:
            return (a * 2.0, b * 7.0), [tf.reduce_sum(a) * 100.0 for _ in variables]

        return (x * w + y, x * y), grad

    x, y = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        a, b = f(x, y)
        total = tf.reduce_sum(a) + 2.0 * tf.reduce_sum(b)
    return [total, *tape.gradient(total, [x, y, w])]


def _own_twice(tf: Any) -> Any:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        return x * 1.0, lambda upstream: upstream * x * x

    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        g = tape.gradient(y, x)
    return [y, g, outer.gradient(g, x)]


CASES: dict[str, Any] = {
    "mask": lambda tf: tf.sequence_mask([1, 3, 2], 5),
    "mask-2d": lambda tf: tf.sequence_mask([[1, 3], [2, 0]]),
    "mask-float": lambda tf: tf.sequence_mask([1, 2], 3, dtype=tf.float32),
    "lookup": lambda tf: tf.nn.embedding_lookup(tf.constant(ROWS), [[0, 1], [3, 3]]),
    "lookup-norm": lambda tf: tf.nn.embedding_lookup(tf.constant(ROWS), [0, 3], max_norm=2.0),
    "own": _own,
    "own-twice": _own_twice,
    **{f"{n}-{d}d": (lambda tf, n=n, d=d: getattr(tf.image, n)(IMAGE if d == 4 else IMAGE[0])) for n in ("flip_left_right", "flip_up_down", "rot90") for d in (3, 4)},
    **{f"rot90-{k}": (lambda tf, k=k: tf.image.rot90(IMAGE, k)) for k in (0, 2, 3, -1)},
    **{f"sorted-{n}-{i}": _sorted(n, ids) for n in ("sum", "mean", "max", "min", "prod") for i, ids in enumerate(([0, 0, 2, 2], [1, 0, 2, 2], [0, 1], [-1, 0, 1, 1]))},
    **{f"unsorted-{n}-{i}": _unsorted(n, ids, m) for n in ("sum", "mean", "max", "min", "prod", "sqrt_n")
       for i, (ids, m) in enumerate((([2, 0, 2, -1], 4), ([[0, 1], [1, 1], [0, 0], [1, 2]], 3), ([5, 0, 0, 0], 3), ([0, 1], 3)))},
    **{f"gradient-{n}": _gradient(f"segment_{n}", [0, 0, 2, 2]) for n in ("sum", "mean", "max", "min", "prod")},
    **{f"gradient-unsorted-{n}": _gradient(f"unsorted_segment_{n}", [0, 0, 2, -1], 4) for n in ("sum", "mean", "max", "min", "prod", "sqrt_n")},
}  # fmt: skip


def _told(case: Any, tf: Any) -> str:
    try:
        return repr(case(tf))
    except tf.errors.InvalidArgumentError as error:
        return str(error).partition(" name:")[0]


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    assert _told(CASES[name], ours) == _told(CASES[name], upstream)
