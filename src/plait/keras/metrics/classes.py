"""Means of losses and hits: a function with its arguments, gathered over batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.keras import ops
from plait.keras._signatures import constructor
from plait.keras.losses import functions as losses
from plait.keras.losses.loss import squeeze_or_expand_to_same_rank
from plait.keras.metrics import functions
from plait.keras.metrics.reduction import Mean, MeanMetricWrapper


def _takes(fn: Callable[..., Any], /, **own: Any) -> Any:
    """The constructor of the metric that is the mean of `fn`: a name, a dtype and these arguments, or these alone if `name` is one."""

    def body(self: MeanMetricWrapper, given: dict[str, Any]) -> None:
        MeanMetricWrapper.__init__(self, fn, **given)

    return constructor(body, own if "name" in own else {"name": fn.__name__, "dtype": None, **own})


class Accuracy(MeanMetricWrapper):
    """How often predictions equal targets."""

    _saved = ()
    _direction = "up"
    __init__ = _takes(functions.accuracy)


class BinaryAccuracy(MeanMetricWrapper):
    """How often `y_pred > threshold` is what the target (0 or 1) says."""

    _saved = ("threshold",)
    _direction = "up"
    __init__ = _takes(functions.binary_accuracy, threshold=0.5)


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the best score is that of the one-hot target."""

    _saved = ()
    _direction = "up"
    __init__ = _takes(functions.categorical_accuracy)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the best score is that of the target's class."""

    _saved = ()
    _direction = "up"
    __init__ = _takes(functions.sparse_categorical_accuracy)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the one-hot target is among the k best scores."""

    _saved = ("k",)
    _direction = "up"
    __init__ = _takes(functions.top_k_categorical_accuracy, k=5, name="top_k_categorical_accuracy", dtype=None)


class MeanSquaredError(MeanMetricWrapper):
    """The mean squared error."""

    _saved = ()
    _direction = "down"
    __init__ = _takes(losses.mean_squared_error)


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean absolute error."""

    _saved = ()
    _direction = "down"
    __init__ = _takes(losses.mean_absolute_error)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """The mean error in percent of the target."""

    _saved = ()
    _direction = "down"
    __init__ = _takes(losses.mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean squared error of log(1 + y)."""

    _saved = ()
    _direction = "down"
    __init__ = _takes(losses.mean_squared_logarithmic_error)


class LogCoshError(MeanMetricWrapper):
    """The mean of log cosh of the error."""

    _saved = ()
    _direction = "down"
    __init__ = _takes(losses.log_cosh, name="logcosh", dtype=None)


class Hinge(MeanMetricWrapper):
    """The mean of max(0, 1 − y_true · y_pred)."""

    _saved = ()
    _direction = "down"
    __init__ = _takes(losses.hinge)


class SquaredHinge(MeanMetricWrapper):
    """The mean of max(0, 1 − y_true · y_pred)²."""

    _saved = ()
    _direction = "down"
    __init__ = _takes(losses.squared_hinge)


class CategoricalHinge(MeanMetricWrapper):
    """The margin between the right class and the best wrong one."""

    _saved = ()
    _direction = "down"
    __init__ = _takes(losses.categorical_hinge)


class KLDivergence(MeanMetricWrapper):
    """Σ y_true log(y_true / y_pred)."""

    _saved = ()
    __init__ = _takes(losses.kl_divergence)


class Poisson(MeanMetricWrapper):
    """The mean of y_pred − y_true log y_pred."""

    _saved = ()
    __init__ = _takes(losses.poisson)


class BinaryCrossentropy(MeanMetricWrapper):
    """Cross-entropy of two classes."""

    _saved = ("from_logits", "label_smoothing")
    _direction = "down"
    __init__ = _takes(losses.binary_crossentropy, from_logits=False, label_smoothing=0)


class CategoricalCrossentropy(MeanMetricWrapper):
    """Cross-entropy of classes, `y_true` one-hot."""

    _saved = ("from_logits", "label_smoothing", "axis")
    _direction = "down"
    __init__ = _takes(losses.categorical_crossentropy, from_logits=False, label_smoothing=0, axis=-1)


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """Cross-entropy of classes, `y_true` their numbers."""

    _saved = ("from_logits", "ignore_class", "axis")
    _direction = "down"
    __init__ = _takes(losses.sparse_categorical_crossentropy, from_logits=False, ignore_class=None, axis=-1)


class PearsonCorrelation(MeanMetricWrapper):
    """The correlation along `axis`."""

    _saved = ("axis",)
    _direction = "up"
    __init__ = _takes(functions.pearson_correlation, axis=-1)


class ConcordanceCorrelation(MeanMetricWrapper):
    """The concordance along `axis`."""

    _saved = ("axis",)
    _direction = "up"
    __init__ = _takes(functions.concordance_correlation, axis=-1)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the target's class is among the k best scores."""

    _saved = ("k",)
    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        fn = functions.sparse_top_k_categorical_accuracy
        super().__init__(fn, name=name, dtype=dtype, k=k, from_sorted_ids=from_sorted_ids)
        self.from_sorted_ids = from_sorted_ids

    def get_config(self) -> dict[str, Any]:
        more = {"from_sorted_ids": True} if self.from_sorted_ids else {}
        return {**super().get_config(), **more}


class CosineSimilarity(MeanMetricWrapper):
    """The cosine of the angle along `axis`."""

    _saved = ()
    _direction = "up"
    __init__ = _takes(functions.cosine_similarity, axis=-1)


class RootMeanSquaredError(Mean):
    """The root of the mean squared error."""

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        y_true, y_pred = (ops.convert_to_tensor(y, self._dtype) for y in (y_true, y_pred))
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        super().update_state(ops.square(y_pred - y_true), sample_weight=sample_weight)

    def result(self) -> Any:
        return ops.sqrt(super().result())
