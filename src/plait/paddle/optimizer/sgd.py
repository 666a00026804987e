"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from plait.optim import rules
from plait.paddle.optimizer.optimizer import Array, Optimizer

__all__ = ["SGD"]


class SGD(Optimizer):
    """p −= lr · g"""

    type = "sgd"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        parameters: Any = None,
        weight_decay: Any = None,
        grad_clip: Any = None,
        multi_precision: bool = False,
        name: str | None = None,
    ) -> None:
        if learning_rate is None:
            raise ValueError("learning_rate is not set")
        super().__init__(learning_rate, parameters, weight_decay, grad_clip, name)
        self._multi_precision = multi_precision

    def _use_group(self, group: dict[str, Any]) -> None:
        pass

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        rules.sgd(
            [p.array for p in params],
            grads,
            (),
            False,
            lr=lr,
            momentum=0.0,
            dampening=0.0,
            decay=decay,
            nesterov=False,
            maximize=False,
            fused=False,
        )
