"""Adam."""

from __future__ import annotations

from typing import Any

from plait.optim import rules
from plait.paddle._tensor import Tensor
from plait.paddle.optimizer.optimizer import Array, Optimizer

__all__ = ["Adam"]


def check_moments(beta1: Any, beta2: Any, epsilon: Any) -> None:
    """Raise ValueError for betas outside 0 … 1 or a negative epsilon."""
    for name, beta in (("beta1", beta1), ("beta2", beta2)):
        if beta is None:
            raise AssertionError(f"{name} must be a number or a Tensor; got None")
        if not isinstance(beta, Tensor) and not 0 <= beta < 1:
            raise ValueError(f"Invalid value of {name}, expect {name} in [0,1).")
    if epsilon is None:
        raise AssertionError("epsilon must be a number or a Tensor; got None")
    if not isinstance(epsilon, Tensor) and not epsilon >= 0:
        raise ValueError("Invalid value of epsilon, expect epsilon >= 0.")


def number(value: Any) -> float:
    """The number that an option is, be it a tensor."""
    return float(value.array.item()) if isinstance(value, Tensor) else float(value)


def first_power(beta: Any, usual: float) -> float:
    """Where the running power of beta begins: at beta, but at its default where beta is a tensor."""
    return usual if isinstance(beta, Tensor) else beta


class Adam(Optimizer):
    """Adam (arXiv 1412.6980) in the form of its section 2's end: epsilon is added before the second moment's correction.

    `amsgrad` divides by the greatest second moment so far. `lazy_mode` and `use_multi_tensor` are accepted: they concern sparse
    gradients and speed.
    """

    type = "adam"
    _decoupled = 0.0

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        parameters: Any = None,
        weight_decay: Any = None,
        grad_clip: Any = None,
        lazy_mode: bool = False,
        multi_precision: bool = False,
        use_multi_tensor: bool = False,
        amsgrad: bool = False,
        name: str | None = None,
    ) -> None:
        if learning_rate is None:
            raise AssertionError("Adam: learning_rate must be a float or a scheduler; got None")
        check_moments(beta1, beta2, epsilon)
        super().__init__(learning_rate, parameters, weight_decay, grad_clip, name)
        self._keep(beta1=beta1, beta2=beta2, epsilon=epsilon, lazy_mode=lazy_mode)
        self._multi_precision = multi_precision
        self._use_multi_tensor = use_multi_tensor
        self._amsgrad = amsgrad

    def _create_accumulators(self, param: Any) -> None:
        self._add_accumulator("moment1", param)
        self._add_accumulator("moment2", param)
        if self._amsgrad:
            self._add_accumulator("moment2_max", param)
        self._add_accumulator("beta1_pow_acc", param, first_power(self._beta1, 0.9), (1,))
        self._add_accumulator("beta2_pow_acc", param, first_power(self._beta2, 0.999), (1,))

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        self._fold(params, grads, lr, decay, False)

    def _fold(self, params: list[Any], grads: list[Array], lr: float, decay: float, decoupled: bool) -> None:
        rules.adam_folded(
            [p.array for p in params],
            grads,
            self._states("moment1", params),
            self._states("moment2", params),
            self._states("moment2_max", params) if self._amsgrad else None,
            self._states("beta1_pow_acc", params),
            self._states("beta2_pow_acc", params),
            lr=lr,
            beta1=number(self._beta1),
            beta2=number(self._beta2),
            eps=number(self._epsilon),
            decay=decay,
            decoupled=decoupled,
        )
