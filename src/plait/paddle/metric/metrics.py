"""Metrics: `compute` on tensors, `update` on arrays batch by batch, `accumulate` over all so far, `reset`."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

import numpy as np

from plait.optim import score
from plait.paddle._tensor import Tensor

__all__ = ["Accuracy", "Auc", "Metric", "Precision", "Recall", "accuracy"]


class Metric(abc.ABC):
    """Base of all metrics; `paddle.Model` gives `compute` the outputs and labels, and `update` what that returns."""

    @abc.abstractmethod
    def reset(self) -> None:
        """Forget all samples."""

    @abc.abstractmethod
    def update(self, *args: Any) -> Any:
        """Count one batch in."""

    @abc.abstractmethod
    def accumulate(self) -> Any:
        """The metric of all samples so far."""

    @abc.abstractmethod
    def name(self) -> Any:
        """Its name, or a list of names."""

    def compute(self, *args: Any) -> Any:
        """What `update` is to have of a batch's outputs and labels."""
        return args


def _array(value: Any, name: str) -> Any:
    if isinstance(value, Tensor):
        return value.array
    if not isinstance(value, (np.ndarray, np.generic)):
        raise ValueError(f"The '{name}' must be a numpy ndarray or Tensor.")
    return value


class Accuracy(Metric):
    """The part of samples whose label is among the k greatest scores, for each k of `topk`.

    Labels are class numbers ([N] or [N, 1]) or one-hot.
    """

    def __init__(self, topk: Sequence[int] = (1,), name: str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topk = topk
        self.maxk = max(topk)
        self._init_name(name)
        self.reset()

    def compute(self, pred: Any, label: Any, *args: Any) -> Any:
        """1 where one of the `maxk` greatest scores, in order, is the label's, else 0."""
        from plait import paddle

        order = paddle.argsort(pred, descending=True)
        order = paddle.slice(order, axes=[len(order.shape) - 1], starts=[0], ends=[self.maxk])
        if len(label.shape) == 1 or (len(label.shape) == 2 and label.shape[-1] == 1):
            label = paddle.reshape(label, (-1, 1))
        elif label.shape[-1] != 1:
            label = paddle.argmax(label, axis=-1, keepdim=True)
        return paddle.cast(order == label.astype(order.dtype), dtype="float32")

    def update(self, correct: Any, *args: Any) -> Any:
        """Count in what `compute` gave; returns this batch's accuracy, or accuracies."""
        hits = correct.array if isinstance(correct, Tensor) else correct
        samples = np.prod(np.array(hits.shape[:-1]))
        rates = []
        for i, k in enumerate(self.topk):
            count = hits[..., :k].sum()
            rates.append(float(count) / samples)
            self.total[i] += count
            self.count[i] += samples
        return rates[0] if len(self.topk) == 1 else rates

    def reset(self) -> None:
        """Forget all samples."""
        self.total: list[Any] = [0.0] * len(self.topk)
        self.count: list[Any] = [0] * len(self.topk)

    def accumulate(self) -> Any:
        """The accuracy, or accuracies, of all samples so far."""
        rates = [float(t) / c if c > 0 else 0.0 for t, c in zip(self.total, self.count, strict=True)]
        return rates[0] if len(self.topk) == 1 else rates

    def _init_name(self, name: str | None) -> None:
        name = name or "acc"
        self._name = [name] if self.maxk == 1 else [f"{name}_top{k}" for k in self.topk]

    def name(self) -> list[str]:
        """The names, one for each k."""
        return self._name


class Precision(Metric):
    """Of the samples told to be 1 (a prediction of at least 0.5), the part that is."""

    def __init__(self, name: str = "precision", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reset()
        self._name = name

    def update(self, preds: Any, labels: Any) -> None:
        """Count predictions in 0 … 1 and labels 0 or 1 in."""
        guesses, truths = _array(preds, "preds"), _array(labels, "labels")
        right, wrong, _ = score.binary_counts(np.floor(guesses + 0.5).astype("int32"), truths)
        self.tp += right
        self.fp += wrong

    def reset(self) -> None:
        """Forget all samples."""
        self.tp = 0
        self.fp = 0

    def accumulate(self) -> float:
        """The precision of all samples so far."""
        told = self.tp + self.fp
        return float(self.tp) / told if told != 0 else 0.0

    def name(self) -> str:
        """The name."""
        return self._name


class Recall(Metric):
    """Of the samples that are 1, the part that was told to be (a prediction above 0.5)."""

    def __init__(self, name: str = "recall", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reset()
        self._name = name

    def update(self, preds: Any, labels: Any) -> None:
        """Count predictions in 0 … 1 and labels 0 or 1 in."""
        guesses, truths = _array(preds, "preds"), _array(labels, "labels")
        right, _, missed = score.binary_counts(np.rint(guesses).astype("int32"), truths)
        self.tp += right
        self.fn += missed

    def accumulate(self) -> float:
        """The recall of all samples so far."""
        there = self.tp + self.fn
        return float(self.tp) / there if there != 0 else 0.0

    def reset(self) -> None:
        """Forget all samples."""
        self.tp = 0
        self.fn = 0

    def name(self) -> str:
        """The name."""
        return self._name


class Auc(Metric):
    """The area under the ROC curve, from the scores' histogram of `num_thresholds` + 1 buckets; predictions are [N, 2]."""

    def __init__(
        self,
        curve: str = "ROC",
        num_thresholds: int = 4095,
        name: str = "auc",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._curve = curve
        self._num_thresholds = num_thresholds
        self._name = name
        self.reset()

    def update(self, preds: Any, labels: Any) -> None:
        """Count in the chances of both classes, and labels 0 or 1."""
        truths = _array(labels, "labels")
        chances = _array(preds, "preds")[: truths.shape[0], 1]
        positive, negative = score.buckets(chances, truths, self._num_thresholds)
        self._stat_pos += positive
        self._stat_neg += negative

    @staticmethod
    def trapezoid_area(x1: float, x2: float, y1: float, y2: float) -> float:
        """The area under a line from (x1, y1) to (x2, y2)."""
        return abs(x1 - x2) * (y1 + y2) / 2.0

    def accumulate(self) -> float:
        """The area of all samples so far."""
        return score.curve_area(self._stat_pos, self._stat_neg)

    def reset(self) -> None:
        """Forget all samples."""
        self._stat_pos = np.zeros(self._num_thresholds + 1)
        self._stat_neg = np.zeros(self._num_thresholds + 1)

    def name(self) -> str:
        """The name."""
        return self._name


def accuracy(
    input: Any, label: Any, k: int = 1, correct: Any = None, total: Any = None, name: str | None = None
) -> Any:
    """The part of samples whose label, [N, 1], is among the k greatest scores, as a 0-D tensor. `correct` and `total`, where given, are
    filled with the counts."""
    from plait import paddle

    _, best = paddle.topk(input, k=k)
    hits = paddle.any(best == label.astype(best.dtype), axis=-1)
    for target, value in ((correct, hits.sum()), (total, int(hits.size))):
        if target is not None:
            target.set_value(paddle.full(target.shape, int(value), dtype="int32").astype(target.dtype))
    return paddle.mean(hits.astype("float32"))
