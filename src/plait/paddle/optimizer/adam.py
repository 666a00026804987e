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


def rows_read(param: Any, grad: Array) -> Any:
    """Which rows of a weight sparse embeddings have read since last asked, or None where some of its gradient comes from elsewhere."""
    read = getattr(param, "_rows_read", None)
    if read is None:
        return None
    param._rows_read = None
    return None if grad[~read].any() else read


class Adam(Optimizer):
    """Adam (arXiv 1412.6980) in the form of its section 2's end: epsilon is added before the second moment's correction.

    `amsgrad` divides by the greatest second moment so far. The gradient of a sparse embedding's weight is corrected by the next step's
    powers of the betas, as upstream's is; with `lazy_mode` only the rows that were read change. `use_multi_tensor` is accepted.
    """

    type = "adam"
    _decoupled = 0.0
    _lazy_mode: bool

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
        sparse = [(p, g, read) for p, g in zip(params, grads, strict=True) if (read := rows_read(p, g)) is not None]
        if not sparse:
            self._fold(params, grads, lr, decay, False)
            return
        if decay and self.regularization is not None:
            raise RuntimeError("Adam don't support weight_decay with sparse parameters, please set it to None.")
        ids = {id(p) for p, _, _ in sparse}
        dense = [(p, g) for p, g in zip(params, grads, strict=True) if id(p) not in ids]
        if dense:
            self._fold([p for p, _ in dense], [g for _, g in dense], lr, decay, False)
        for p, g, read in sparse:
            self._fold([p], [g], lr, decay, False, read)

    def _fold(
        self, params: list[Any], grads: list[Array], lr: float, decay: float, decoupled: bool, read: Any = None
    ) -> None:
        """The rule; `read`: the rows of the one parameter that a sparse embedding has read."""
        names = ("moment1", "moment2", "moment2_max") if self._amsgrad else ("moment1", "moment2")
        whole = [[p.array for p in params], *(self._states(name, params) for name in names)]
        lazy = read is not None and self._lazy_mode
        parts = [[a[read] for a in column] for column in whole] if lazy else whole
        rules.adam_folded(
            parts[0],
            [g[read] for g in grads] if lazy else grads,
            parts[1],
            parts[2],
            parts[3] if self._amsgrad else None,
            self._states("beta1_pow_acc", params),
            self._states("beta2_pow_acc", params),
            lr=lr,
            beta1=number(self._beta1),
            beta2=number(self._beta2),
            eps=number(self._epsilon),
            decay=decay,
            decoupled=decoupled,
            ahead=read is not None,
        )
        if lazy:
            for column, part in zip(whole, parts, strict=True):
                column[0][read] = part[0]
