"""Adadelta."""

from __future__ import annotations

from typing import Any

from plait.optim import rules
from plait.paddle.optimizer.optimizer import Array, Optimizer, single

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    """arXiv 1212.5701: steps in units of the running mean of past steps."""

    type = "adadelta"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        epsilon: float = 1.0e-6,
        rho: float = 0.95,
        parameters: Any = None,
        weight_decay: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
    ) -> None:
        for option, value in (("learning_rate", learning_rate), ("epsilon", epsilon), ("rho", rho)):
            if value is None:
                raise ValueError(f"{option} is not set.")
        super().__init__(learning_rate, parameters, weight_decay, grad_clip, name)
        self._keep(epsilon=epsilon, rho=rho)

    def _create_accumulators(self, param: Any) -> None:
        self._add_accumulator("_avg_squared_grad", param, dtype=param.array.dtype)
        self._add_accumulator("_avg_squared_update", param, dtype=param.array.dtype)

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        rules.adadelta(
            [p.array for p in params],
            grads,
            self._states("_avg_squared_grad", params),
            self._states("_avg_squared_update", params),
            lr=lr,
            rho=single(self._rho),
            eps=single(self._epsilon),
            decay=decay,
            maximize=False,
            fused=False,
        )
