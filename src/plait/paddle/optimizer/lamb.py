"""LAMB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.optim import rules
from plait.paddle.optimizer.adam import first_power, number
from plait.paddle.optimizer.optimizer import Array, Optimizer, single

__all__ = ["Lamb"]


class Lamb(Optimizer):
    """arXiv 1904.00962: Adam's direction and `lamb_weight_decay` times the parameter, scaled by the parameter's norm over the step's.

    No decay where `exclude_from_weight_decay_fn(parameter)` is true, and no scaling without decay unless `always_adapt`.
    """

    type = "lamb"
    _lamb_weight_decay: float
    _exclude_from_weight_decay_fn: Callable[[Any], bool] | None

    def __init__(
        self,
        learning_rate: Any = 0.001,
        lamb_weight_decay: float = 0.01,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-6,
        parameters: Any = None,
        grad_clip: Any = None,
        exclude_from_weight_decay_fn: Callable[[Any], bool] | None = None,
        multi_precision: bool = False,
        always_adapt: bool = False,
        name: str | None = None,
    ) -> None:
        if any(v is None for v in (learning_rate, beta1, beta2, epsilon)):
            raise AssertionError("Lamb: learning_rate, beta1, beta2 and epsilon must not be None")
        super().__init__(learning_rate, parameters, None, grad_clip, name)
        self._keep(
            beta1=beta1,
            beta2=beta2,
            epsilon=epsilon,
            lamb_weight_decay=lamb_weight_decay,
            exclude_from_weight_decay_fn=exclude_from_weight_decay_fn,
        )
        self._multi_precision = multi_precision
        self.always_adapt = always_adapt

    def _create_accumulators(self, param: Any) -> None:
        self._add_accumulator("moment1", param)
        self._add_accumulator("moment2", param)
        self._add_accumulator("beta1_pow_acc", param, first_power(self._beta1, 0.9), (1,))
        self._add_accumulator("beta2_pow_acc", param, first_power(self._beta2, 0.999), (1,))

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        excluded = self._exclude_from_weight_decay_fn
        grads = self._decayed(params, grads, decay)
        powers = zip(self._states("beta1_pow_acc", params), self._states("beta2_pow_acc", params), strict=True)
        for p, g, (power1, power2) in zip(params, grads, powers, strict=True):
            rate = 0.0 if excluded is not None and excluded(p) else self._lamb_weight_decay
            rules.lamb(
                [p.array],
                [g],
                self._states("moment1", [p]),
                self._states("moment2", [p]),
                0,
                lr=lr,
                beta1=single(number(self._beta1)),
                beta2=single(number(self._beta2)),
                eps=single(number(self._epsilon)),
                decay=single(rate),
                adapt=rate > 0 or self.always_adapt,
                powers=(power1, power2),
            )
