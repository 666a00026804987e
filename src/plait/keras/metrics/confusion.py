"""Metrics over true and false positives and negatives."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from plait.keras import _config, ops
from plait.keras._dtypes import numpy_dtype
from plait.keras.losses.loss import squeeze_or_expand_to_same_rank
from plait.keras.metrics.metric import Metric
from plait.layers import score

NEG_INF = -1e10
_PARTS = {"tp": "true_positives", "fp": "false_positives", "tn": "true_negatives", "fn": "false_negatives"}


def _as_list(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple, np.ndarray)) else [x]


def _thresholds(thresholds: Any, default: float) -> list[float]:
    """The argument as a list; ValueError where one is outside of 0 … 1."""
    if thresholds is None:
        return [default]
    out = _as_list(thresholds)
    wrong = [t for t in out if t is None or t < 0 or t > 1]
    if wrong:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {wrong}")
    return out


def _even(thresholds: Any) -> bool:
    n = len(thresholds)
    return n >= 3 and np.allclose(thresholds, np.arange(n, dtype=np.float32) / (n - 1), atol=_config.epsilon())


class _Counts(Metric):
    """A metric whose state are some of the four counts, for each threshold."""

    thresholds: Any
    _direction = "up"

    def _add_counts(self, kinds: str, shape: tuple[int, ...]) -> None:
        self._kinds = kinds.split()
        for kind in self._kinds:
            name = _PARTS[kind]
            setattr(self, name, self.add_variable(shape=shape, initializer="zeros", name=name))

    def _count(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any,
        thresholds: Any,
        even: bool,
        top_k: int | None = None,
        class_id: int | None = None,
        columns: bool = False,
        label_weights: Any = None,
    ) -> None:
        dtype = "float32"
        y_true, y_pred = ops.cast(y_true, dtype), ops.cast(y_pred, dtype)
        y_pred, y_true = squeeze_or_expand_to_same_rank(y_pred, y_true)
        t, x = y_true.array, y_pred.array
        if t.shape != x.shape:
            try:
                t, x = np.broadcast_arrays(t, x)
            except ValueError:
                raise ValueError(f"Shapes {t.shape} and {x.shape} are incompatible") from None
        weight = None
        if sample_weight is not None:
            w = ops.expand_dims(ops.cast(sample_weight, dtype), axis=-1)
            weight = squeeze_or_expand_to_same_rank(y_true, w, expand_rank_1=False)[1].array
        if top_k is not None:
            x = score.keep_top(x, top_k, NEG_INF)
        if class_id is not None:
            if x.ndim == 1:
                raise ValueError(
                    "When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes), "
                    f"found shape: {x.shape}"
                )
            t, x = t[..., class_id, None], x[..., class_id, None]
        if weight is not None:
            weight = np.broadcast_to(weight, x.shape)
        if label_weights is not None:
            more = np.broadcast_to(np.asarray(label_weights, np.float32)[None], x.shape)
            weight = more if weight is None else weight * more
        limits = np.asarray(thresholds, np.float32)
        if even:
            outside = thresholds[0] < 0 or thresholds[-1] > 1
            c = score.confusions_even(t, x, len(limits), weight, columns, bool(outside))
        else:
            c = score.confusions(t, x, limits, weight, columns)
        for kind in self._kinds:
            getattr(self, _PARTS[kind]).assign_add(getattr(c, kind))

    def _counts(self) -> score.Confusions:
        return score.Confusions(*(np.asarray(getattr(self, _PARTS[k])) for k in ("tp", "fp", "tn", "fn")))


def _tensor(value: Any, dtype: str = "float32") -> Any:
    return ops.convert_to_tensor(np.asarray(value, numpy_dtype(dtype)))


class _Count(_Counts):
    kind = ""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = _thresholds(thresholds, 0.5)
        self._thresholds_distributed_evenly = _even(self.thresholds)
        self.accumulator = self.add_variable(shape=(len(self.thresholds),), initializer="zeros", name="accumulator")
        self._kinds = [self.kind]

    def __getattr__(self, name: str) -> Any:
        if name == _PARTS[type(self).kind]:
            return self.accumulator
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self._count(y_true, y_pred, sample_weight, self.thresholds, self._thresholds_distributed_evenly)

    def result(self) -> Any:
        value = np.asarray(self.accumulator)
        return _tensor(value[0] if len(self.thresholds) == 1 else value)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class FalsePositives(_Count):
    """How many predictions above the threshold are wrong."""

    kind = "fp"


class FalseNegatives(_Count):
    """How many predictions not above the threshold are wrong."""

    kind = "fn"


class TrueNegatives(_Count):
    """How many predictions not above the threshold are right."""

    kind = "tn"


class TruePositives(_Count):
    """How many predictions above the threshold are right."""

    kind = "tp"


class _Share(_Counts):
    """True positives over themselves and another count."""

    other = ""

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k, self.class_id = top_k, class_id
        self.thresholds = _thresholds(thresholds, 0.5 if top_k is None else NEG_INF)
        self._thresholds_distributed_evenly = _even(self.thresholds)
        self._add_counts(f"tp {self.other}", (len(self.thresholds),))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self._count(
            y_true,
            y_pred,
            sample_weight,
            self.thresholds,
            self._thresholds_distributed_evenly,
            self.top_k,
            self.class_id,
        )

    def result(self) -> Any:
        right, wrong = (np.asarray(getattr(self, _PARTS[k])) for k in ("tp", self.other))
        value = score.ratio(right, right + wrong)
        return _tensor(value[0] if len(self.thresholds) == 1 else value)

    def get_config(self) -> dict[str, Any]:
        config = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **config}


class Precision(_Share):
    """The share of right ones among what was predicted as positive."""

    other = "fp"


class Recall(_Share):
    """The share of what is positive that was found."""

    other = "fn"


class _AtLevel(_Counts):
    """The best of one rate over the thresholds at which another is at least `level`."""

    level = ""
    constrained = dependent = ("", "")

    def __init__(self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any) -> None:
        if value < 0 or value > 1:
            raise ValueError(f"Argument `{self.level}` must be in the range [0, 1]. Received: {self.level}={value}")
        super().__init__(name=name, dtype=dtype)
        if num_thresholds <= 0:
            raise ValueError(
                f"Argument `num_thresholds` must be an integer > 0. Received: num_thresholds={num_thresholds}"
            )
        setattr(self, self.level, value)
        self.num_thresholds, self.value, self.class_id = num_thresholds, value, class_id
        steps = num_thresholds - 1
        self.thresholds = [0.5] if not steps else [0.0, *((i + 1) / steps for i in range(steps - 1)), 1.0]
        self._thresholds_distributed_evenly = num_thresholds > 1
        self._add_counts("tp fp tn fn", (len(self.thresholds),))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self._count(
            y_true, y_pred, sample_weight, self.thresholds, self._thresholds_distributed_evenly, class_id=self.class_id
        )

    def result(self) -> Any:
        c = self._counts()
        rates = [
            score.ratio(getattr(c, a), getattr(c, a) + getattr(c, b)) for a, b in (self.constrained, self.dependent)
        ]
        return _tensor(score.best_where(rates[0], rates[1], self.value))

    def get_config(self) -> dict[str, Any]:
        config = {"class_id": self.class_id, "num_thresholds": self.num_thresholds, self.level: self.value}
        return {**super().get_config(), **config}


class SensitivityAtSpecificity(_AtLevel):
    """The best sensitivity where the specificity is at least as given."""

    level, constrained, dependent = "specificity", ("tn", "fp"), ("tp", "fn")

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


class SpecificityAtSensitivity(_AtLevel):
    """The best specificity where the sensitivity is at least as given."""

    level, constrained, dependent = "sensitivity", ("tp", "fn"), ("tn", "fp")

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


class PrecisionAtRecall(_AtLevel):
    """The best precision where the recall is at least as given."""

    level, constrained, dependent = "recall", ("tp", "fn"), ("tp", "fp")

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)


class RecallAtPrecision(_AtLevel):
    """The best recall where the precision is at least as given."""

    level, constrained, dependent = "precision", ("tp", "fp"), ("tp", "fn")

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)


class AUCCurve(Enum):
    """Which curve the area is under."""

    ROC = "ROC"
    PR = "PR"
    PRGAIN = "PRGAIN"


class AUCSummationMethod(Enum):
    """How the area is summed up."""

    INTERPOLATION = "interpolation"
    MAJORING = "majoring"
    MINORING = "minoring"


def _choice(kind: Any, value: Any, what: str, spellings: Any) -> Any:
    if isinstance(value, kind):
        return value
    for member in kind:
        if value in (member.value, spellings(member.value)):
            return member
    raise ValueError(f'Invalid {what} value: "{value}". Expected values are {[m.value for m in kind]}')


class AUC(_Counts):
    """The area under the curve of true over false positives ("ROC"), precision over recall ("PR") or their gains ("PRGAIN")."""

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: Any = "ROC",
        summation_method: Any = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        self._init_from_thresholds = thresholds is not None
        if thresholds is not None:
            inner = sorted(thresholds)
            num_thresholds = len(inner) + 2
            even = _even(np.array([0.0, *inner, 1.0]))
        else:
            if num_thresholds <= 1:
                raise ValueError(
                    f"Argument `num_thresholds` must be an integer > 1. Received: num_thresholds={num_thresholds}"
                )
            inner = [(i + 1) * 1.0 / (num_thresholds - 1) for i in range(num_thresholds - 2)]
            even = True
        self.num_thresholds, self._thresholds_distributed_evenly = num_thresholds, even
        e = _config.epsilon()
        self._thresholds = np.array([0.0 - e, *inner, 1.0 + e])
        self.curve = _choice(AUCCurve, curve, "AUC curve", str.lower)
        self.summation_method = _choice(AUCSummationMethod, summation_method, "AUC summation method", str.capitalize)
        super().__init__(name=name, dtype=dtype)
        self.multi_label, self.num_labels = multi_label, num_labels
        self.label_weights = None if label_weights is None else ops.convert_to_tensor(label_weights, dtype=self.dtype)
        self._from_logits = from_logits
        self._built = False
        if multi_label:
            if num_labels:
                self._build((None, num_labels))
        else:
            if num_labels:
                raise ValueError("`num_labels` is needed only when `multi_label` is True.")
            self._build(None)

    @property
    def thresholds(self) -> list[float]:
        """The thresholds, with one a little outside on either side."""
        return list(self._thresholds)

    def _build(self, shape: Any) -> None:
        self._build_input_shape = shape
        if not self.multi_label:
            self._add_counts("tp fp tn fn", (self.num_thresholds,))
        else:
            if len(shape) != 2:
                raise ValueError(
                    f"`y_pred` must have rank 2 when `multi_label=True`. Found rank {len(shape)}. "
                    f"Full shape received for `y_pred`: {shape}"
                )
            self._num_labels = shape[1]
            self._add_counts("tp fp tn fn", (self.num_thresholds, self._num_labels))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_pred = ops.convert_to_tensor(y_pred)
        if not self._built:
            self._build(tuple(y_pred.shape))
        if self._from_logits:
            y_pred = ops.sigmoid(y_pred)
        weights = None if self.multi_label or self.label_weights is None else self.label_weights.array
        self._count(
            y_true,
            y_pred,
            sample_weight,
            self._thresholds,
            self._thresholds_distributed_evenly,
            columns=self.multi_label,
            label_weights=weights,
        )

    def result(self) -> Any:
        areas: Any = score.area(self._counts(), self.curve.value, self.summation_method.value)
        if self.multi_label:
            if self.label_weights is None:
                areas = np.mean(areas)
            else:
                w = self.label_weights.array
                areas = score.ratio(np.sum(areas * w), np.sum(w))
        return _tensor(areas)

    def reset_state(self) -> None:
        if self._built:
            super().reset_state()

    def get_config(self) -> dict[str, Any]:
        config = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve.value,
            "summation_method": self.summation_method.value,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self._from_logits,
        }
        if self._init_from_thresholds:
            config["thresholds"] = self.thresholds[1:-1]
        return {**super().get_config(), **config}
