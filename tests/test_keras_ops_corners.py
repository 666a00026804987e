"""Corners of keras.ops that Keras' own tests visit (facts of Keras 3.15.1 on TensorFlow 2.21.0)."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from plait import keras
from plait import tensorflow as tf
from plait.keras import ops
from plait.keras._op_classes import class_named


def values(x: Any) -> Any:
    return ops.convert_to_numpy(x).tolist()


def test_bools_become_any_dtype() -> None:
    assert values(ops.convert_to_tensor(True, dtype="float32")) == 1.0
    assert values(ops.convert_to_tensor([True, False], dtype="int32")) == [1, 0]


def test_argsort_of_a_number() -> None:
    assert values(ops.argsort(np.array(1))) == [0]


def test_unique_pads_with_zeros_and_keeps_each_nan() -> None:
    v, first = ops.unique(np.array([3, 1, 2, 1]), size=5, return_index=True)
    assert values(v) == [1, 2, 3, 0, 0]
    assert values(first) == [1, 2, 0, 1, 1]
    assert ops.unique(np.array([1.0, np.nan, 2.0, np.nan])).shape == (4,)
    v, inverse = ops.unique(np.array([[3, 1], [0, 1], [3, 1]]), axis=0, sorted=False, return_inverse=True)
    assert values(v) == [[3, 1], [0, 1]]
    assert values(inverse) == [0, 1, 0]


@pytest.mark.parametrize(
    ("reduction", "want"),
    [("add", [3, 3, 5, 5]), ("max", [5, 5, 5, 5]), ("min", [1, 3, 5, 5]), ("mul", [10, 15, 5, 5])],
)
def test_scatter_update_reduces(reduction: str, want: list[float]) -> None:
    start = [0.0, 0.0, 5.0, 5.0] if reduction == "add" else [5.0] * 4
    got = ops.scatter_update(np.array(start), [[0], [0], [1]], np.array([1.0, 2.0, 3.0]), reduction=reduction)
    assert values(got) == want


def test_scatter_update_refuses_other_reductions() -> None:
    with pytest.raises(ValueError, match="reduction"):
        ops.scatter_update(np.zeros(4), [[0]], np.ones(1), reduction="mean")


def test_cross_of_any_axes() -> None:
    a, b = np.arange(12.0).reshape(2, 3, 2), np.arange(12.0).reshape(2, 3, 2)[::-1]
    np.testing.assert_allclose(ops.cross(a, b, axis=1), np.cross(a, b, axis=1))
    assert values(ops.cross(np.array([1.0, 2.0]), np.array([3.0, 4.0]))) == -2.0
    assert values(ops.cross(np.array([1.0, 2.0]), np.array([3.0, 4.0, 5.0]))) == [10, -5, -2]


def test_average_keeps_a_small_float() -> None:
    assert ops.average(np.ones(1, "int8"), weights=ops.ones(1, "bfloat16")).dtype == "bfloat16"


def test_layer_normalization_by_the_deviation_alone() -> None:
    with pytest.warns(UserWarning, match="You passed `rms_scaling=True`, which is deprecated"):
        got = ops.layer_normalization(np.arange(5, dtype="float32"), rms_scaling=True)
    np.testing.assert_allclose(got, np.arange(5) / np.sqrt(2 + 1e-7), rtol=1e-6)


def test_softmax_over_one_place_warns() -> None:
    with pytest.warns(UserWarning, match=r"softmax over axis 1 of a tensor of shape \(1, 1\)"):
        ops.softmax(np.array([[1.0]]), 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.reshape(np.zeros(20), (-2, 5)), r"non-negative integer.*-1.*newshape=(-2, 5)"),
        (lambda: ops.reshape(np.zeros(20), (-1, -1, 5)), r"at most one unknown dimension.*newshape=(-1, -1, 5)"),
        (lambda: ops.transpose(np.zeros((2, 3)), [0, 0]), "valid permutation"),
        (lambda: ops.diagonal(np.zeros((2, 3)), axis1=-1, axis2=1), "axis2"),
        (lambda: ops.where(np.ones(3), np.ones(3), None), "`x1` and `x2` either both should be `None`"),
        (lambda: ops.pad(np.ones(3), 1, "reflect", constant_values=1), "`constant_values` can only be provided when `mode == 'constant'`"),
        (lambda: ops.normalize(np.ones(3), order=2.5), "Argument `order` must be an int >= 1"),
        (lambda: ops.depth_to_space(np.zeros((1, 2, 2, 12)), 1), "`block_size` must be at least 2"),
        (lambda: ops.space_to_depth(np.zeros((1, 4, 4, 3)), 0), "`block_size` must be at least 2"),
        (lambda: ops.concatenate([np.ones(3), np.ones(3)], axis=None), "axis"),
        (lambda: keras.Variable(1.0, name="a/b"), "cannot contain character `/`"),
    ],
)  # fmt: skip
def test_refused(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words).replace(r"\.\*", ".*")):
        call()


def test_operation_takes_later_arguments_without_earlier_ones() -> None:
    x = np.arange(24).reshape(1, 2, 3, 4)
    trace = class_named("keras.src.ops.numpy", "Trace")
    assert trace is not None
    assert values(trace(axis1=2, axis2=3)(x)) == np.trace(x, axis1=2, axis2=3).tolist()


def test_bare_layer_says_which_method_it_lacks() -> None:
    with pytest.raises(NotImplementedError, match="does not have a `call` method implemented"):
        keras.layers.Layer()(np.ones((2, 3)))
    with pytest.raises(NotImplementedError, match="does not have a `compute_output_shape` method implemented"):
        keras.layers.Layer().compute_output_shape((2, 3))


def test_products_of_bytes_are_int32() -> None:
    a = np.full((2, 2), 100, "int8")
    for got in (ops.matmul(a, a), ops.einsum("ij,jk->ik", a, a), ops.matmul(a[None], a)):
        assert got.dtype == "int32"
        assert (np.array(got) == 20000).all()
    assert ops.matmul(a, a[0]).dtype == "int8"
    assert ops.dot(a, a).dtype == "int8"
    assert ops.matmul(a, a > 0).dtype == "int8"


def test_digitize_by_halves() -> None:
    assert values(ops.digitize(np.array([1.0, 3.0], "float32"), ops.cast(np.array([2.0]), "bfloat16"))) == [0, 1]


def test_bits_are_of_integers() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="'T' of float is not in the list"):
        ops.bitwise_and(np.ones(2, "float32"), 1)
    assert ops.left_shift(ops.ones(2, "int16"), 3).dtype == "int16"
    with pytest.raises(tf.errors.InvalidArgumentError, match="last dimension"):
        ops.inner(np.ones((5, 3)), np.ones(4))
    assert ops.pad(ops.ones(2, "uint16"), 1).numpy().tolist() == [0, 1, 1, 0]
