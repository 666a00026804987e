"""Resilient backpropagation."""

from __future__ import annotations

from typing import Any

from plait.optim import rules
from plait.paddle.optimizer.optimizer import Array, Optimizer

__all__ = ["Rprop"]


class Rprop(Optimizer):
    """Riedmiller and Braun 1993: steps by the gradient's sign; each element's rate grows by etas[1] while the sign stays and shrinks by
    etas[0] where it turns, within `learning_rate_range`. For full batches."""

    type = "rprop"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_range: tuple[float, float] = (1e-5, 50),
        parameters: Any = None,
        etas: tuple[float, float] = (0.5, 1.2),
        grad_clip: Any = None,
        multi_precision: bool = False,
        name: str | None = None,
    ) -> None:
        if learning_rate is None:
            raise ValueError("learning_rate is not set")
        if not 0.0 < learning_rate_range[0] <= learning_rate <= learning_rate_range[1]:
            raise ValueError("'0.0 < learning_rate_range[0] <= learning_rate <= learning_rate_range[1]' must be true")
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError("'0.0 < etas[0] < 1.0 < etas[1]' must be true")
        super().__init__(learning_rate, parameters, 0.0, grad_clip, name)
        if not self._parameter_list:
            raise IndexError("list index out of range: the optimizer has no parameters")
        self._initial_learning_rate = learning_rate
        self._multi_precision = multi_precision
        self._learning_rate_range = learning_rate_range
        self._etas = etas

    def _use_group(self, group: dict[str, Any]) -> None:
        pass

    def _create_accumulators(self, param: Any) -> None:
        self._add_accumulator("prevs", param, dtype=param.array.dtype)
        self._add_accumulator("learning_rates", param, self._initial_learning_rate, dtype=param.array.dtype)

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        rules.rprop(
            [p.array for p in params],
            self._decayed(params, grads, decay),
            self._states("prevs", params),
            self._states("learning_rates", params),
            shrink=self._etas[0],
            grow=self._etas[1],
            smallest=self._learning_rate_range[0],
            largest=self._learning_rate_range[1],
            maximize=False,
        )
