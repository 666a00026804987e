"""Losses as functions: Keras' signatures over the meanings of `plait.layers.deviation`. Each gives one loss for each sample."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait.keras import _config, ops
from plait.keras._errors import bracketed, refused
from plait.keras._masks import set_keras_mask
from plait.keras.losses.loss import squeeze_or_expand_to_same_rank
from plait.layers import deviation


def _pair(y_true: Any, y_pred: Any, op: str = "Sub") -> tuple[Any, Any]:
    """Tensors of the prediction's dtype, of one rank, that can be broadcast together."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype)
    return _meeting(op, *squeeze_or_expand_to_same_rank(y_true, y_pred))


def _meeting(op: str, *pair: Any) -> tuple[Any, Any]:
    """The pair; InvalidArgumentError of TensorFlow's operation where the two can not be broadcast together."""
    one, other = (x.array.shape for x in pair)
    if one != other:
        try:
            np.broadcast_shapes(one, other)
        except ValueError:
            first, second = (other, one) if op.startswith("-") else (one, other)
            raise refused(op.lstrip("-"), f"Incompatible shapes: {bracketed(first)} vs. {bracketed(second)}") from None
    return pair[0], pair[1]


def _cast(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    y_pred = ops.convert_to_tensor(y_pred)
    return ops.cast(y_true, y_pred.dtype), y_pred


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of (y_true − y_pred)² over the last axis.

    >>> from plait import keras
    >>> float(keras.losses.mean_squared_error([0.0, 1.0], [1.0, 1.0]))
    0.5
    """
    return deviation.squared(*_pair(y_true, y_pred))


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of |y_true − y_pred| over the last axis."""
    return deviation.absolute(*_pair(y_true, y_pred))


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """100 times the mean of |y_true − y_pred| / |y_true| over the last axis."""
    return deviation.percentage(*_pair(y_true, y_pred), _config.epsilon())


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of (log(1 + y_true) − log(1 + y_pred))² over the last axis."""
    return deviation.squared_logarithms(*_pair(y_true, y_pred, "-Sub"), _config.epsilon())


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """−cos of the angle between the two along `axis`."""
    return deviation.cosine(*_pair(y_true, y_pred, "Mul"), axis, _config.epsilon())


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Half the squared error where it is at most `delta`, linear beyond; the mean over the last axis."""
    return deviation.huber(*_pair(y_true, y_pred, "-Sub"), delta)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """The mean of log cosh(y_pred − y_true) over the last axis."""
    return deviation.log_cosh(*_pair(y_true, y_pred, "-Sub"))


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """Σ y_true log(y_true / y_pred) over the last axis."""
    y_pred = ops.convert_to_tensor(y_pred)
    return deviation.kl(*_meeting("RealDiv", ops.convert_to_tensor(y_true, y_pred.dtype), y_pred), _config.epsilon())


def poisson(y_true: Any, y_pred: Any) -> Any:
    """The mean of y_pred − y_true log y_pred over the last axis."""
    y_pred = ops.convert_to_tensor(y_pred)
    return deviation.poisson(*_meeting("Mul", ops.convert_to_tensor(y_true, y_pred.dtype), y_pred), _config.epsilon())


def hinge(y_true: Any, y_pred: Any) -> Any:
    """The mean of max(0, 1 − y_true · y_pred); labels of 0 and 1 stand for −1 and 1."""
    return deviation.hinge(*_meeting("Mul", *_cast(y_true, y_pred)))


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """The mean of max(0, 1 − y_true · y_pred)²; labels of 0 and 1 stand for −1 and 1."""
    return deviation.squared_hinge(*_meeting("Mul", *_cast(y_true, y_pred)))


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """max(0, 1 + the largest wrong score − the right one), `y_true` one-hot."""
    return deviation.categorical_hinge(*_meeting("Mul", *_cast(y_true, y_pred)))


def _check_classes(name: str, y_pred: Any, axis: Any) -> None:
    if isinstance(axis, bool):
        raise ValueError(f"`axis` must be of type `int`. Received: axis={axis} of type {type(axis)}")
    if y_pred.shape[-1] == 1:
        warnings.warn(
            f"In loss {name}, expected y_pred.shape to be (batch_size, num_classes) with num_classes > 1. Received: "
            f"y_pred.shape={y_pred.shape}. Consider using 'binary_crossentropy' if you only have 2 classes.",
            SyntaxWarning,
            stacklevel=3,
        )


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """−Σ y_true log y_pred over `axis`; `y_pred` are probabilities, or logits."""
    y_true, y_pred = _cast(y_true, y_pred)
    _check_classes("categorical_crossentropy", y_pred, axis)
    if label_smoothing:
        y_true = deviation.smoothed(y_true, label_smoothing, y_true.shape[-1])
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Cross-entropy in which what is already right counts less, by (1 − p)^gamma."""
    y_true, y_pred = _cast(y_true, y_pred)
    _check_classes("categorical_focal_crossentropy", y_pred, axis)
    if label_smoothing:
        y_true = deviation.smoothed(y_true, label_smoothing, y_true.shape[-1])
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    return deviation.focal_classes(y_true, y_pred, axis, alpha, gamma, _config.epsilon())


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Any:
    """−log of the probability of the class `y_true`; samples of `ignore_class` give 0 and are masked."""
    if not hasattr(y_pred, "shape"):
        y_pred = ops.convert_to_tensor(y_pred)
    if not hasattr(y_true, "shape"):
        y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis=axis)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    y_pred, y_true = ops.convert_to_tensor(y_pred), ops.convert_to_tensor(y_true)
    valid = ops.not_equal(y_true, ops.cast(ignore_class, y_pred.dtype))
    y_true = ops.where(valid, y_true, ops.zeros_like(y_true))
    y_pred = ops.where(ops.expand_dims(valid, axis), y_pred, ops.zeros_like(y_pred))
    losses = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    valid = ops.reshape(valid, tuple(losses.shape))
    losses = ops.where(valid, losses, ops.zeros_like(losses))
    set_keras_mask(losses, valid)
    return losses


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """The mean over `axis` of −y_true log y_pred − (1 − y_true) log(1 − y_pred)."""
    y_true, y_pred = _cast(y_true, y_pred)
    if label_smoothing:
        y_true = deviation.smoothed(y_true, label_smoothing, 2)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Binary cross-entropy in which what is already right counts less; `alpha` weighs the class 1 if balancing is on."""
    y_true, y_pred = _cast(y_true, y_pred)
    if label_smoothing:
        y_true = deviation.smoothed(y_true, label_smoothing, 2)
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    entropy = ops.binary_crossentropy(y_true, y_pred, from_logits=False)
    focal = deviation.focal_two(y_true, y_pred, entropy, alpha if apply_class_balancing else None, gamma)
    return ops.mean(focal, axis=axis)


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """1 − twice the overlap over the sum of both, along `axis` or over all."""
    return deviation.overlap(*_cast(y_true, y_pred), axis, _config.epsilon())


def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Any:
    """1 − the overlap over itself plus weighted misses, along `axis` or over all."""
    return deviation.weighted_overlap(*_cast(y_true, y_pred), axis, alpha, beta, _config.epsilon())


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """(1 − p^q) / q, p the probability given to the class `y_true`."""
    y_pred = ops.convert_to_tensor(y_pred)
    right = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1], dtype=y_pred.dtype)
    return deviation.generalized(ops.sum(y_pred * right, axis=-1), q)
