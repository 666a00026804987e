"""RMSProp."""

from __future__ import annotations

from typing import Any

from plait.optim import rules
from plait.paddle.optimizer.optimizer import Array, Optimizer, single

__all__ = ["RMSProp"]


class RMSProp(Optimizer):
    """Hinton's lecture 6: v = rho · v + (1 − rho) · g², b = momentum · b + lr · g / √(v + epsilon), p −= b. `centered` takes the squared
    running mean of the gradient from v there."""

    type = "rmsprop"
    _momentum: float
    _centered: bool

    def __init__(
        self,
        learning_rate: Any,
        rho: float = 0.95,
        epsilon: float = 1.0e-6,
        momentum: float = 0.0,
        centered: bool = False,
        parameters: Any = None,
        weight_decay: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
    ) -> None:
        options = {"learning_rate": learning_rate, "rho": rho, "epsilon": epsilon, "momentum": momentum}
        for option, value in options.items():
            if value is None:
                raise ValueError(f"{option} is not set.")
        for option in ("epsilon", "momentum", "rho"):
            if not options[option] >= 0.0:
                raise ValueError(f"Invalid value of {option}, expect {option} >= 0.")
        super().__init__(learning_rate, parameters, weight_decay, grad_clip, name)
        self._keep(rho=rho, epsilon=epsilon, momentum=momentum, centered=centered)

    def _create_accumulators(self, param: Any) -> None:
        for name in ("momentum", "mean_square", "mean_grad"):
            self._add_accumulator(name, param, dtype=param.array.dtype)

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        rules.rmsprop(
            [p.array for p in params],
            grads,
            self._states("mean_square", params),
            self._states("momentum", params),
            self._states("mean_grad", params) if self._centered else None,
            lr=lr,
            alpha=single(self._rho),
            eps=single(self._epsilon),
            decay=decay,
            momentum=single(self._momentum),
            maximize=False,
            inner=True,
            velocity=True,
            fused=False,
        )
