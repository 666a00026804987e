"""Adam with Nesterov's momentum."""

from __future__ import annotations

from typing import Any

from plait.optim import powers
from plait.paddle.optimizer.optimizer import Array, Optimizer, single

__all__ = ["NAdam"]


def check_ranges(learning_rate: Any, beta1: float, beta2: float, epsilon: float) -> None:
    """Raise ValueError for a negative rate or epsilon, or betas outside 0 … 1."""
    if isinstance(learning_rate, (float, int)) and not learning_rate >= 0.0:
        raise ValueError(f"Invalid learning rate: {learning_rate}, expect learning_rate >= 0.")
    if not epsilon >= 0.0:
        raise ValueError(f"Invalid epsilon value: {epsilon}, expect epsilon >= 0.")
    for name, beta in (("beta1", beta1), ("beta2", beta2)):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid {name}: {beta}, expect 0. <= {name} < 1.0.")


class NAdam(Optimizer):
    """Dozat 2016: Adam that looks ahead by its momentum, which rises as 1 − 0.96^(t · momentum_decay) / 2."""

    type = "nadam"
    _momentum_decay: float

    def __init__(
        self,
        learning_rate: Any = 0.002,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: float = 1.0e-8,
        momentum_decay: float = 0.004,
        parameters: Any = None,
        weight_decay: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
    ) -> None:
        check_ranges(learning_rate, beta1, beta2, epsilon)
        if not momentum_decay >= 0.0:
            raise ValueError(f"Invalid momentum_decay value: {momentum_decay}, expect momentum_decay >= 0.")
        super().__init__(learning_rate, parameters, weight_decay, grad_clip, name)
        self._keep(beta1=beta1, beta2=beta2, epsilon=epsilon, momentum_decay=momentum_decay)

    def _create_accumulators(self, param: Any) -> None:
        for name in ("momentum_decay_pow", "beta2_pow", "mu_product"):
            self._add_accumulator(name, param, 1.0)
        self._add_accumulator("moment1", param)
        self._add_accumulator("moment2", param)

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        powers.nadam(
            [p.array for p in params],
            grads,
            self._states("moment1", params),
            self._states("moment2", params),
            self._states("mu_product", params),
            self._states("momentum_decay_pow", params),
            self._states("beta2_pow", params),
            lr=lr,
            beta1=single(self._beta1),
            beta2=single(self._beta2),
            eps=single(self._epsilon),
            decay=decay,
            momentum_decay=single(self._momentum_decay),
        )
