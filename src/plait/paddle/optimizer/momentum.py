"""SGD with momentum."""

from __future__ import annotations

from typing import Any

from plait.optim import rules
from plait.paddle.optimizer.optimizer import Array, Optimizer, single
from plait.paddle.regularizer import L2Decay

__all__ = ["Momentum"]


def _own_decay(rate: Any) -> tuple[str, float]:
    if isinstance(rate, L2Decay):
        return "l2_decay", rate._coeff
    return ("l2_decay", rate) if isinstance(rate, float) else ("", 0.0)


class Momentum(Optimizer):
    """v = momentum · v + g, p −= lr · v; by Nesterov p −= lr · (g + momentum · v).

    `rescale_grad` is accepted, and nothing comes of it, as on upstream's CPU.
    """

    type = "momentum"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        momentum: float = 0.9,
        parameters: Any = None,
        use_nesterov: bool = False,
        weight_decay: Any = None,
        grad_clip: Any = None,
        multi_precision: bool = False,
        rescale_grad: float = 1.0,
        use_multi_tensor: bool = False,
        name: str | None = None,
    ) -> None:
        if learning_rate is None:
            raise ValueError("learning_rate is not set")
        if momentum is None:
            raise ValueError("momentum is not set")
        if isinstance(weight_decay, int):
            weight_decay = float(weight_decay)
        if isinstance(parameters, list) and parameters and isinstance(parameters[0], dict):
            for group in parameters:
                rate = group.get("weight_decay", weight_decay)
                group["regularization_method"], group["regularization_coeff"] = _own_decay(rate)
                group["weight_decay"] = None if isinstance(rate, (L2Decay, float)) else rate
        outer = None if isinstance(weight_decay, (L2Decay, float)) else weight_decay
        super().__init__(learning_rate, parameters, outer, grad_clip, name)
        if not self._parameter_list:
            raise IndexError("list index out of range: the optimizer has no parameters")
        self._momentum = momentum
        self._use_nesterov = bool(use_nesterov)
        self._regularization_method, self._regularization_coeff = _own_decay(weight_decay)
        self._multi_precision = multi_precision
        self._rescale_grad = rescale_grad
        self._use_multi_tensor = use_multi_tensor
        self._default_dict = {
            "momentum": momentum,
            "use_nesterov": use_nesterov,
            "rescale_grad": rescale_grad,
            "regularization_method": self._regularization_method,
            "regularization_coeff": self._regularization_coeff,
        }

    def _create_accumulators(self, param: Any) -> None:
        self._add_accumulator("velocity", param, dtype=param.array.dtype)

    def _regularized(self, param: Any, grad: Any) -> tuple[Array, float]:
        array, decay = super()._regularized(param, grad)
        if getattr(param, "regularizer", None) is None and self._regularization_method == "l2_decay":
            decay = self._regularization_coeff
        decay = single(decay)
        return array, decay

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        rules.sgd(
            [p.array for p in params],
            grads,
            self._states("velocity", params),
            False,
            lr=lr,
            momentum=single(self._momentum),
            dampening=0.0,
            decay=decay,
            nesterov=self._use_nesterov,
            maximize=False,
            fused=False,
        )
