"""Metrics of samples as functions. Those that are losses too are in `plait.keras.losses.functions`."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras import _config, ops
from plait.keras.losses.loss import squeeze_or_expand_to_same_rank
from plait.layers import deviation, score


def _tensors(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    y_pred = ops.convert_to_tensor(y_pred)
    return squeeze_or_expand_to_same_rank(ops.convert_to_tensor(y_true, dtype=y_pred.dtype), y_pred)


def _hits(array: Any) -> Any:
    return ops.convert_to_tensor(np.asarray(array), dtype=_config.floatx())


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where both are equal, else 0."""
    y_true, y_pred = _tensors(y_true, y_pred)
    return _hits(y_true.array == y_pred.array)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where `y_pred > threshold` is what `y_true` (0 or 1) says, else 0."""
    y_pred, y_true = ops.convert_to_tensor(y_pred), ops.convert_to_tensor(y_true)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    x = y_pred.array
    positive = x > (x.dtype.type(threshold) if x.dtype.kind == "f" else threshold)
    return _hits(y_true.array == positive.astype(y_true.array.dtype))


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest scores of both are in the same place, else 0."""
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    return _hits(np.argmax(y_true.array, -1) == np.argmax(y_pred.array, -1))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest score is that of the class `y_true`, else 0."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype)
    true = y_true.array
    if true.ndim == y_pred.array.ndim and true.shape[-1] == 1:
        true = true[..., 0]
    hits = true == np.argmax(y_pred.array, -1)
    return _hits(hits[..., 0] if hits.ndim > 1 and hits.shape[-1] == 1 else hits)


def _top_k(true: Any, scores: Any, k: int) -> Any:
    flat = score.in_top(true.reshape(-1), scores.reshape(-1, scores.shape[-1]), k)
    return _hits(flat.reshape(true.shape))


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the class of `y_true` (one-hot) is among the `k` best, else 0."""
    y_pred, y_true = ops.convert_to_tensor(y_pred), ops.convert_to_tensor(y_true)
    return _top_k(np.argmax(y_true.array, -1), y_pred.array, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Any:
    """1 where the class `y_true` is among the `k` best, else 0; `from_sorted_ids`: `y_pred` are classes, best first."""
    y_pred = ops.convert_to_tensor(y_pred)
    if from_sorted_ids:
        true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype).array
        best = y_pred.array.reshape(-1, y_pred.array.shape[-1])[:, :k]
        return _hits(np.any(true.reshape(-1, 1) == best, axis=1).reshape(true.shape))
    return _top_k(ops.convert_to_tensor(y_true, dtype="int32").array, y_pred.array, k)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """The cosine of the angle between the two along `axis`."""
    return -deviation.cosine(*_tensors(y_true, y_pred), axis, _config.epsilon())


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """The correlation of the two along `axis`."""
    y_true, y_pred = (y - ops.mean(y, axis=axis, keepdims=True) for y in _tensors(y_true, y_pred))
    y_true, y_pred = (y / ops.std(y, axis=axis, keepdims=True) for y in (y_true, y_pred))
    return ops.mean(y_true * y_pred, axis=axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Lin's concordance of the two along `axis`, as Keras computes it (its covariance takes both from the prediction's mean)."""
    y_true, y_pred = _tensors(y_true, y_pred)
    m_true, m_pred = (ops.mean(y, axis=axis, keepdims=True) for y in (y_true, y_pred))
    v_true, v_pred = (ops.var(y, axis=axis, keepdims=True) for y in (y_true, y_pred))
    together = (y_true - m_pred) * (y_pred - m_pred)
    norm = v_true + v_pred + ops.square(m_true - m_pred)
    return ops.mean(2.0 * together / (norm + _config.epsilon()), axis=axis)
