"""Adagrad."""

from __future__ import annotations

from typing import Any

from plait.optim import rules
from plait.paddle.optimizer.optimizer import Array, Optimizer, single

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """Duchi et al. 2011: p −= lr · g / (√Σg² + epsilon); the sum begins at `initial_accumulator_value`."""

    type = "adagrad"

    def __init__(
        self,
        learning_rate: Any,
        epsilon: float = 1e-6,
        parameters: Any = None,
        weight_decay: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
        initial_accumulator_value: float = 0.0,
    ) -> None:
        if learning_rate is None or epsilon is None:
            raise AssertionError("Adagrad: learning_rate and epsilon must not be None")
        super().__init__(learning_rate, parameters, weight_decay, grad_clip, name)
        self._epsilon = epsilon
        self.initial_accumulator_value = initial_accumulator_value
        self._default_dict = {"epsilon": epsilon, "initial_accumulator_value": initial_accumulator_value}

    def _use_group(self, group: dict[str, Any]) -> None:
        super()._use_group(group)
        name = "initial_accumulator_value"
        self.initial_accumulator_value = group.get(name, self._default_dict[name])

    def _create_accumulators(self, param: Any) -> None:
        self._add_accumulator("moment", param, self.initial_accumulator_value, dtype=param.array.dtype)

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        rules.adagrad(
            [p.array for p in params],
            grads,
            self._states("moment", params),
            [1.0] * len(params),
            lr=lr,
            lr_decay=0.0,
            eps=single(self._epsilon),
            decay=decay,
            maximize=False,
            fused=False,
        )
