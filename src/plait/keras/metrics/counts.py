"""Overlap of classes, F scores and R²."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait.keras import _config, ops
from plait.keras._dtypes import numpy_dtype
from plait.keras._signatures import REQUIRED, constructor
from plait.keras.losses.loss import squeeze_or_expand_to_same_rank
from plait.keras.metrics.metric import Metric
from plait.layers import score


class _IoUBase(Metric):
    """A confusion matrix of classes, gathered over batches."""

    _direction = "up"
    #: The arguments that the config tells.
    _told: tuple[str, ...] = ()

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "int")
        self.num_classes, self.ignore_class = num_classes, ignore_class
        self.sparse_y_true, self.sparse_y_pred, self.axis = sparse_y_true, sparse_y_pred, axis
        self.total_cm = self.add_variable(
            name="total_confusion_matrix", shape=(num_classes, num_classes), initializer="zeros", dtype=self.dtype
        )

    def _classes(self, y: Any, sparse: bool) -> Any:
        if not sparse:
            y = ops.argmax(y, axis=self.axis)
        return ops.convert_to_tensor(y, dtype=self.dtype).array.reshape(-1)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        t, x = self._classes(y_true, self.sparse_y_true), self._classes(y_pred, self.sparse_y_pred)
        weight = None
        if sample_weight is not None:
            if "float" in str(getattr(sample_weight, "dtype", "")) and "int" in self.dtype:
                warnings.warn(
                    "You are passing weight as `float`, but dtype is `int`. This may result in an incorrect weight due to "
                    "type casting Consider using integer weights.",
                    stacklevel=2,
                )
            weight = np.broadcast_to(ops.convert_to_tensor(sample_weight, dtype=self.dtype).array.reshape(-1), t.shape)
        if self.ignore_class is not None:
            keep = t != self.ignore_class
            t, x, weight = t[keep], x[keep], None if weight is None else weight[keep]
        counts = score.confusion_matrix(t, x, self.num_classes, weight, numpy_dtype(self.dtype))
        return self.total_cm.assign_add(counts)


_DENSE: dict[str, Any] = {
    "name": None, "dtype": None, "ignore_class": None, "sparse_y_true": True, "sparse_y_pred": True, "axis": -1,
}  # fmt: skip
_ONE_HOT: dict[str, Any] = {"name": None, "dtype": None, "ignore_class": None, "sparse_y_pred": False, "axis": -1}


def _takes(first: tuple[str, ...] = (), **arguments: Any) -> Any:
    """The constructor of a row, whose arguments are its config too (`first` come first there); without `target_class_ids` all classes count."""
    told = (*first, *(name for name in arguments if name not in first))

    def body(self: IoU, given: dict[str, Any]) -> None:
        chosen = given.pop("target_class_ids", range(given["num_classes"]))
        _IoUBase.__init__(self, **{"sparse_y_true": False, **given})
        self._told = told
        self._choose(chosen)

    return constructor(body, arguments)


class IoU(_IoUBase):
    """The overlap of predicted and true places of some classes: intersection over union."""

    __init__ = _takes(("name", "dtype"), num_classes=REQUIRED, target_class_ids=REQUIRED, **_DENSE)

    def _choose(self, target_class_ids: Any) -> None:
        if max(target_class_ids) >= self.num_classes:
            raise ValueError(
                f"Target class id {max(target_class_ids)} is out of range, which is [0, {self.num_classes})."
            )
        self.target_class_ids = list(target_class_ids)

    def result(self) -> Any:
        value = score.overlap(np.asarray(self.total_cm), self.target_class_ids, _config.epsilon())
        return ops.convert_to_tensor(np.float32(value))

    def get_config(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in self._told}


class BinaryIoU(IoU):
    """`IoU` of two classes, predictions being scores of the class 1."""

    def __init__(
        self, target_class_ids: Any = (0, 1), threshold: float = 0.5, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(num_classes=2, target_class_ids=target_class_ids, name=name, dtype=dtype)
        self._told = ("target_class_ids", "threshold", "name", "dtype")
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        positive = ops.convert_to_tensor(y_pred, dtype="float32").array >= self.threshold
        return super().update_state(y_true, positive.astype(numpy_dtype(self.dtype)), sample_weight)


class MeanIoU(IoU):
    """The mean of `IoU` over all classes."""

    __init__ = _takes(num_classes=REQUIRED, **_DENSE)


class OneHotIoU(IoU):
    """`IoU` with one-hot targets."""

    __init__ = _takes(num_classes=REQUIRED, target_class_ids=REQUIRED, **_ONE_HOT)


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` with one-hot targets."""

    __init__ = _takes(num_classes=REQUIRED, **_ONE_HOT)


def _check_two(name: str, y_true: Any, y_pred: Any) -> int:
    """The number of columns; ValueError where the two are not matrices."""
    if len(y_pred) != 2 or len(y_true) != 2:
        raise ValueError(
            f"{name} expects 2D inputs with shape (batch_size, output_dim). Received input shapes: "
            f"y_pred.shape={y_pred} and y_true.shape={y_true}."
        )
    if y_pred[-1] is None or y_true[-1] is None:
        raise ValueError(
            f"{name} expects 2D inputs with shape (batch_size, output_dim), with output_dim fully defined (not None). "
            f"Received input shapes: y_pred.shape={y_pred} and y_true.shape={y_true}."
        )
    return y_pred[-1]


class FBetaScore(Metric):
    """The weighted harmonic mean of precision and recall, per class or averaged."""

    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                "Invalid `average` argument value. Expected one of: {None, 'micro', 'macro', 'weighted'}. "
                f"Received: average={average}"
            )
        if not isinstance(beta, float):
            raise ValueError(
                f"Invalid `beta` argument value. It should be a Python float. Received: beta={beta} of type '{type(beta)}'"
            )
        if beta <= 0.0:
            raise ValueError(f"Invalid `beta` argument value. It should be > 0. Received: beta={beta}")
        if threshold is not None:
            if not isinstance(threshold, float):
                raise ValueError(
                    "Invalid `threshold` argument value. It should be a Python float. "
                    f"Received: threshold={threshold} of type '{type(threshold)}'"
                )
            if threshold > 1.0 or threshold <= 0.0:
                raise ValueError(
                    "Invalid `threshold` argument value. It should verify 0 < threshold <= 1. "
                    f"Received: threshold={threshold}"
                )
        self.average, self.beta, self.threshold = average, beta, threshold
        self.axis = None if average == "micro" else 0
        self._built = False

    def _build(self, y_true_shape: Any, y_pred_shape: Any) -> None:
        columns = _check_two("FBetaScore", y_true_shape, y_pred_shape)
        shape = () if self.average == "micro" else (columns,)
        for name in ("true_positives", "false_positives", "false_negatives", "intermediate_weights"):
            setattr(self, name, self.add_variable(name=name, shape=shape, initializer="zeros", dtype=self.dtype))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        t, x = (ops.convert_to_tensor(y, dtype=self.dtype).array for y in (y_true, y_pred))
        if not self._built:
            self._build(t.shape, x.shape)
        if self.threshold is None:
            x = (x >= x.max(-1, keepdims=True)) & (np.abs(x) > 1e-9)
        else:
            x = x > self.threshold
        x = x.astype(t.dtype)
        w: Any = 1
        if sample_weight is not None:
            w = ops.convert_to_tensor(sample_weight, dtype=self.dtype).array[:, None]
        parts = {
            "true_positives": x * t,
            "false_positives": x * (1 - t),
            "false_negatives": (1 - x) * t,
            "intermediate_weights": t,
        }
        for name, values in parts.items():
            getattr(self, name).assign_add(np.asarray(np.sum(values * w, axis=self.axis), t.dtype))

    def result(self) -> Any:
        tp, fp, fn, weights = (np.asarray(v) for v in self._variables)
        value: Any = score.f_beta(tp, fp, fn, self.beta, _config.epsilon())
        if self.average == "weighted":
            value = np.sum(value * (weights / (np.sum(weights) + weights.dtype.type(_config.epsilon()))))
        elif self.average is not None:
            value = np.mean(value)
        return ops.convert_to_tensor(np.asarray(value, numpy_dtype(self.dtype)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "average": self.average, "beta": self.beta, "threshold": self.threshold}


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall, per class or averaged."""

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average=average, beta=1.0, threshold=threshold, name=name, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config


class R2Score(Metric):
    """The share of the targets' variance that predictions explain."""

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        valid = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in valid:
            raise ValueError(
                f"Invalid value for argument `class_aggregation`. Expected one of {valid}. "
                f"Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable(shape=(), initializer="zeros", name="num_samples")
        self._built = False

    sum: Any
    squared_sum: Any
    total_mse: Any
    count: Any

    def _build(self, y_true_shape: Any, y_pred_shape: Any) -> None:
        columns = _check_two("R2Score", y_true_shape, y_pred_shape)
        for attribute, name in (
            ("squared_sum", "squared_sum"),
            ("sum", "sum"),
            ("total_mse", "residual"),
            ("count", "count"),
        ):
            setattr(self, attribute, self.add_variable(name=name, shape=(columns,), initializer="zeros"))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = (ops.convert_to_tensor(y, dtype=self._dtype) for y in (y_true, y_pred))
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        t, x = y_true.array, y_pred.array
        if not self._built:
            self._build(t.shape, x.shape)
        w = ops.convert_to_tensor(1 if sample_weight is None else sample_weight, dtype=self.dtype).array
        w = np.broadcast_to(w[:, None] if w.ndim == 1 else w, t.shape)
        self.sum.assign_add(np.sum(t * w, axis=0))
        self.squared_sum.assign_add(np.sum(t * t * w, axis=0))
        self.total_mse.assign_add(np.sum((t - x) ** 2 * w, axis=0))
        self.count.assign_add(np.sum(w, axis=0, dtype=t.dtype))
        self.num_samples.assign_add(t.dtype.type(t.size))

    def result(self) -> Any:
        total, count, squares, residual = (
            np.asarray(v) for v in (self.sum, self.count, self.squared_sum, self.total_mse)
        )
        one = total.dtype.type
        with np.errstate(all="ignore"):
            spread = squares - total * (total / count)
            scores = 1 - residual / spread
            scores = np.where(np.isinf(scores), one(0), scores)
            if self.class_aggregation == "uniform_average":
                scores = np.mean(scores)
            elif self.class_aggregation is not None:
                scores = np.sum(spread * scores) / np.sum(spread)
        samples = float(np.asarray(self.num_samples))
        if self.num_regressors:
            if self.num_regressors > samples - 1:
                warnings.warn(
                    "More independent predictors than datapoints in adjusted R2 score. Falling back to standard R2 score.",
                    stacklevel=2,
                )
            elif self.num_regressors == samples - 1:
                warnings.warn("Division by zero in Adjusted R2 score. Falling back to standard R2 score.", stacklevel=2)
            else:
                scores = 1 - (1 - scores) * one(samples - 1) / one(samples - self.num_regressors - 1)
        return ops.convert_to_tensor(np.asarray(scores, numpy_dtype(self.dtype)))

    def get_config(self) -> dict[str, Any]:
        config = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **config}
