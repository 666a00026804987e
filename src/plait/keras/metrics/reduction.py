"""Sums and means over batches."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from plait.keras import ops
from plait.keras._masks import get_keras_mask
from plait.keras.losses.loss import apply_mask, squeeze_or_expand_to_same_rank
from plait.keras.metrics.metric import Metric
from plait.layers import score


def _samplewise(values: Any, sample_weight: Any, reduce: Any, dtype: Any) -> tuple[Any, Any]:
    """One weighted value for each sample, and the weights."""
    mask = get_keras_mask(values)
    values = ops.cast(values, dtype=dtype)
    if sample_weight is not None:
        sample_weight = ops.convert_to_tensor(sample_weight, dtype=dtype)
        if mask is not None:
            sample_weight = apply_mask(sample_weight, mask, dtype=dtype, reduction="sum")
        values, sample_weight = squeeze_or_expand_to_same_rank(values, sample_weight)
        rank = len(sample_weight.shape)
        if len(values.shape) > rank:
            values = reduce(values, axis=tuple(range(rank, len(values.shape))))
        sample_weight = ops.broadcast_to(sample_weight, tuple(values.shape))
        values = values * sample_weight
        if rank > 1:
            sample_weight = reduce(sample_weight, axis=tuple(range(1, rank)))
    if len(values.shape) > 1:
        values = reduce(values, axis=tuple(range(1, len(values.shape))))
    return values, sample_weight


class Sum(Metric):
    """The weighted sum of values."""

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable(shape=(), initializer="zeros", dtype=self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        values, _ = _samplewise(values, sample_weight, ops.sum, self.dtype)
        self.total.assign_add(ops.sum(values))

    def reset_state(self) -> None:
        self.total.assign(0)

    def result(self) -> Any:
        return ops.cast(self.total, self.dtype)


class Mean(Metric):
    """The weighted mean of values."""

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable(shape=(), initializer="zeros", dtype=self.dtype, name="total")
        self.count = self.add_variable(shape=(), initializer="zeros", dtype=self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        values, sample_weight = _samplewise(values, sample_weight, ops.mean, self.dtype)
        self.total.assign_add(ops.sum(values))
        if sample_weight is not None:
            self.count.assign_add(ops.cast(ops.sum(sample_weight), self.dtype))
        else:
            shape = values.array.shape
            self.count.assign_add(values.array.dtype.type(shape[0] if shape else 1))

    def reset_state(self) -> None:
        self.total.assign(0)
        self.count.assign(0)

    def result(self) -> Any:
        return ops.convert_to_tensor(score.ratio(np.asarray(self.total), np.asarray(self.count)), dtype=self.dtype)


class MeanMetricWrapper(Mean):
    """The mean of `fn(y_true, y_pred, **kwargs)` over the samples."""

    #: The attributes that a built-in metric puts in its config; None for a wrapper of any function.
    _saved: ClassVar[tuple[str, ...] | None] = None
    _direction: str

    def __init__(self, fn: Any, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs
        for key in self._saved or ():
            setattr(self, key, kwargs[key])

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        mask = get_keras_mask(y_pred)
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        super().update_state(values, sample_weight=apply_mask(sample_weight, mask, self.dtype, "sum"))

    def get_config(self) -> dict[str, Any]:
        base = super().get_config()
        if self._saved is not None:
            return {**base, **{key: getattr(self, key) for key in self._saved}}
        from plait.keras.saving.serialization_lib import serialize_keras_object

        return {**base, "fn": serialize_keras_object(self._fn), **serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        if "fn" in config:
            from plait.keras.saving.serialization_lib import deserialize_keras_object

            config = deserialize_keras_object(config)
        return cls(**config)
