"""Averaged SGD."""

from __future__ import annotations

from typing import Any

from plait.optim import rules
from plait.paddle.optimizer.optimizer import Array, Optimizer

__all__ = ["ASGD"]


class ASGD(Optimizer):
    """Stochastic average gradient (arXiv 1309.2388): steps along the mean of the last gradients of `batch_num` batches."""

    type = "asgd"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        batch_num: int = 1,
        parameters: Any = None,
        weight_decay: Any = None,
        grad_clip: Any = None,
        multi_precision: bool = False,
        name: str | None = None,
    ) -> None:
        if learning_rate is None:
            raise ValueError("learning_rate should not be none")
        if batch_num is None:
            raise ValueError("batch_num should not be none")
        if not batch_num > 0:
            raise ValueError("batch_num should be greater than 0")
        super().__init__(learning_rate, parameters, weight_decay, grad_clip, name)
        self._multi_precision = multi_precision
        self._n = batch_num

    def _use_group(self, group: dict[str, Any]) -> None:
        pass

    def _create_accumulators(self, param: Any) -> None:
        self._add_accumulator("d", param, dtype=param.array.dtype)
        self._add_accumulator("y", param, 0.0, (self._n, *param.array.shape), param.array.dtype)
        self._add_accumulator("m", param, 0, (1,), "int64")

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        rules.sag(
            [p.array for p in params],
            grads,
            self._states("d", params),
            self._states("y", params),
            self._states("m", params),
            lr=lr,
            decay=decay,
        )
