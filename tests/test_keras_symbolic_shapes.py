"""Shapes of symbolic calls of keras.ops where sizes are unknown or depend on values (facts of Keras 3.15.1 on TensorFlow 2.21.0)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import keras
from plait.keras import KerasTensor, ops


def shape(*sizes: int | None, dtype: str = "float32") -> Any:
    return KerasTensor(sizes, dtype=dtype)


@pytest.mark.parametrize(
    ("result", "want"),
    [
        (lambda: ops.add(shape(None, 3), shape(2, None)), (2, 3)),
        (lambda: ops.add(shape(None, 1), shape(None, 4)), (None, 4)),
        (lambda: ops.matmul(shape(None, 3, 4), shape(3, None, 4, 5)), (3, None, 3, 5)),
        (lambda: ops.dot(shape(None, 3), shape(None, None, 2)), (None, None, 2)),
        (lambda: ops.where(shape(2, None, 1), shape(None, 1), shape(None, 3)), (2, None, 3)),
        (lambda: ops.where(shape(None, 3)), (None, 3)),
        (lambda: ops.vstack([shape(None, 3), shape(None, None)]), (None, 3)),
        (lambda: ops.take_along_axis(shape(None, 3, 3), shape(1, 3, None), axis=1), (None, 3, 3)),
        (lambda: ops.tensordot(shape(None, 3, 4), shape(3, 4), axes=1), (None, 3, 4)),
        (lambda: ops.tensordot(shape(None, 3, 4), shape(3, 4), axes=[[1, 2], [0, 1]]), (None,)),
        (lambda: ops.einsum("ijk,jkl->li", shape(None, 3, 4), shape(None, 4, 5)), (5, None)),
        (lambda: ops.einsum("a...b,b...->...ab", shape(2, None, 5, 3), shape(3, 4, 1)), (4, 5, 2, 3)),
        (lambda: ops.einsum("aa,b", shape(2, 7), shape(None)), (None,)),
        (lambda: ops.einsum("ab,bc->ac", shape(None, 3), shape(9, 4)), (None, 4)),
        (lambda: ops.searchsorted(shape(None), shape(3)), (3,)),
        (lambda: ops.get_item(shape(None, 5, 16), 7), (5, 16)),
        (lambda: ops.reshape(shape(None, 3), (3, 2)), (3, 2)),
        (lambda: ops.reshape(shape(None, 4), (-1, 2)), (None, 2)),
        (lambda: ops.reshape(shape(None, 3), (3, -1)), (3, None)),
        (lambda: ops.reshape(shape(None, 20), shape(2, dtype="int32")), (None, None)),
        (lambda: ops.broadcast_to(shape(None, 3), (2, 3, 3)), (2, 3, 3)),
        (lambda: ops.diag(shape(None, 3), k=3), (None,)),
        (lambda: ops.repeat(shape(None, 3), 2), (None,)),
        (lambda: ops.repeat(shape(None, 3), [1, 2], axis=0), (None, 3)),
        (lambda: ops.repeat(shape(None, 3), 3, axis=1), (None, 9)),
        (lambda: ops.split(shape(None, 3, 3), 2)[0], (None, 3, 3)),
        (lambda: ops.split(shape(None, 3), [1], axis=1)[1], (None, 2)),
        (lambda: ops.array_split(shape(None, 4), 2)[1], (None, 4)),
        (lambda: ops.unstack(shape(2, None, None), num=3, axis=1)[2], (2, None)),
        (lambda: ops.unique(shape(None, 3)), (None,)),
        (lambda: ops.unique(shape(2, 4), axis=0, return_inverse=True)[0], (None, 4)),
        (lambda: ops.unique(shape(2, 4), axis=0, return_inverse=True)[1], (2,)),
        (lambda: ops.unique(shape(6), size=4, return_counts=True)[1], (4,)),
        (lambda: ops.slice(shape(3, 3), shape(2, dtype="int32"), (-1, 2)), (None, 2)),
        (lambda: ops.slice(shape(3, None), (1, 1), (-1, -1)), (2, None)),
        (lambda: ops.ndim(shape(None, 3)), (2,)),
        (lambda: ops.conv(shape(None, 20, 3), shape(4, 3, 2), 2, dilation_rate=2), (None, 7, 2)),
        (lambda: ops.conv(shape(2, 10, None), shape(3, 5, 4)), (2, 8, 4)),
        (lambda: ops.layer_normalization(shape(2, 8, 16), shape(2, 16), shape(2, 16)), (2, 8, 16)),
        (lambda: ops.sparse_categorical_crossentropy(shape(2, 4, dtype="int32"), shape(2, 3, 4), axis=1), (2, 4)),
        (lambda: ops.cond(shape(dtype="bool"), lambda: ops.ones((1, 3)), lambda: ops.zeros((1, 3))), (1, 3)),
    ],
)  # fmt: skip
def test_shape(result: Any, want: tuple[int | None, ...]) -> None:
    assert result().shape == want


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.broadcast_to(shape(3, 3), (2, 2, 3)), "broadcast"),
        (lambda: ops.unstack(shape(2, None), axis=1), "Cannot infer argument `num` from shape"),
        (lambda: ops.slice(shape(3, 3), (1, 1), (2, 2, 2)), "dimensions in `inputs` must match.* dimensions in `shape`"),
        (lambda: ops.slice(shape(3, 3), (1, 1, 1), (2, 2)), "`start_indices` must match.* dimensions in `inputs`"),
        (lambda: ops.transpose(shape(2, 3, 4), [0, 0, 0]), "valid permutation"),
        (lambda: ops.transpose(shape(2, 3, 4), [0, 1, 5]), r"integer in \[-3, 3\)"),
        (lambda: ops.transpose(shape(2, 3, 4), [0, 1]), "same length as the input shape"),
        (lambda: ops.tensordot(shape(None, 3), shape(4, 5), axes=[[1], [0]]), "3.*4"),
        (lambda: ops.batch_normalization(shape(None, 5), shape(5), shape(5), -1, offset=shape(3), scale=shape(5)),
         "`offset` must be a vector of length"),
        (lambda: ops.conv(shape(2, 10, 3), shape(3, 5, 4)), "input channels must match the kernel"),
        (lambda: ops.cond(shape(dtype="bool"), lambda: ops.ones(3), lambda: ops.ones(4)), "of the same kind"),
        (lambda: ops.add(shape(2, 3), shape(2, 4)), "3"),
    ],
)  # fmt: skip
def test_refused(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_model_with_unknown_sizes_on_both_sides() -> None:
    a, b = keras.Input((None, 3)), keras.Input((4, None))
    model = keras.Model([a, b], ops.add(a, b))
    assert model.output_shape == (None, 4, 3)
    assert model.predict([np.ones((2, 4, 3)), np.ones((2, 4, 3))], verbose=0).shape == (2, 4, 3)


def test_cond_in_a_model() -> None:
    flag = keras.Input((), dtype="bool")
    model = keras.Model(flag, ops.cond(ops.any(flag), lambda: ops.ones(2), lambda: ops.zeros(2)))
    assert model(np.array([True])).numpy().tolist() == [1, 1]
    assert model(np.array([False])).numpy().tolist() == [0, 0]
