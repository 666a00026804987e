"""One-hot labels, norms of 1, and datasets cut in two."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras._convert import is_tensor


def to_categorical(x: Any, num_classes: Any = None) -> Any:
    """One-hot rows of class numbers; a NumPy array of float64 unless `x` is a tensor.

    >>> to_categorical([0, 2], 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if is_tensor(x):
        from plait.keras import ops

        shape = tuple(x.shape)
        if len(shape) > 1 and shape[-1] == 1:
            x = ops.reshape(x, shape[:-1])
        return ops.one_hot(x, num_classes)
    labels = np.array(x, dtype="int64")
    shape = labels.shape
    if len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    flat = labels.reshape(-1)
    classes = num_classes or int(np.max(flat)) + 1
    out = np.zeros((flat.shape[0], classes))
    out[np.arange(flat.shape[0]), flat] = 1
    return out.reshape((*shape, classes))


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """`x` over its norm along `axis`."""
    if isinstance(x, np.ndarray):
        norm = np.atleast_1d(np.linalg.norm(x, order, axis))
        norm[norm == 0] = 1
        return x / np.expand_dims(norm, axis or -1)
    from plait.keras import ops

    return ops.normalize(x, axis=axis, order=order)
