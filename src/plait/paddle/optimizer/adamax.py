"""Adam with the infinity norm."""

from __future__ import annotations

from typing import Any

from plait.optim import powers
from plait.paddle.optimizer.adam import check_moments
from plait.paddle.optimizer.optimizer import Array, Optimizer, single

__all__ = ["Adamax"]


class Adamax(Optimizer):
    """Adamax (arXiv 1412.6980, section 7): u = max(beta2 · u + epsilon, |g|), p −= lr / (1 − beta1ᵗ) · m / u."""

    type = "adamax"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        parameters: Any = None,
        weight_decay: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
    ) -> None:
        if learning_rate is None:
            raise AssertionError("Adamax: learning_rate must be a float or a scheduler; got None")
        check_moments(beta1, beta2, epsilon)
        super().__init__(learning_rate, parameters, weight_decay, grad_clip, name)
        self._keep(beta1=beta1, beta2=beta2, epsilon=epsilon)

    def _create_accumulators(self, param: Any) -> None:
        self._add_accumulator("moment", param)
        self._add_accumulator("inf_norm", param)
        self._add_accumulator("beta1_pow_acc", param, self._beta1, (1,), param.array.dtype)

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        powers.adamax(
            [p.array for p in params],
            grads,
            self._states("moment", params),
            self._states("inf_norm", params),
            self._states("beta1_pow_acc", params),
            lr=lr,
            beta1=single(self._beta1),
            beta2=single(self._beta2),
            eps=single(self._epsilon),
            decay=decay,
            growth=self._beta1,
        )
