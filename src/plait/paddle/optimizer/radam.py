"""Rectified Adam."""

from __future__ import annotations

from typing import Any

from plait.optim import powers
from plait.paddle.optimizer.nadam import check_ranges
from plait.paddle.optimizer.optimizer import Array, Optimizer, single

__all__ = ["RAdam"]


class RAdam(Optimizer):
    """arXiv 1908.03265: plain momentum until the variance of the adaptive rate is tractable."""

    type = "radam"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: float = 1.0e-8,
        parameters: Any = None,
        weight_decay: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
    ) -> None:
        check_ranges(learning_rate, beta1, beta2, epsilon)
        super().__init__(learning_rate, parameters, weight_decay, grad_clip, name)
        self._keep(beta1=beta1, beta2=beta2, epsilon=epsilon)

    def _create_accumulators(self, param: Any) -> None:
        for name in ("beta1_pow", "beta2_pow", "rho"):
            self._add_accumulator(name, param, 1.0)
        self._add_accumulator("moment1", param)
        self._add_accumulator("moment2", param)

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        powers.radam(
            [p.array for p in params],
            grads,
            self._states("moment1", params),
            self._states("moment2", params),
            self._states("beta1_pow", params),
            self._states("beta2_pow", params),
            self._states("rho", params),
            lr=lr,
            beta1=single(self._beta1),
            beta2=single(self._beta2),
            eps=single(self._epsilon),
            decay=decay,
        )
