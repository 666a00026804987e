"""Adagrad."""

from __future__ import annotations

from typing import Any

from plait import dtypes
from plait.torch._tensor import Tensor
from plait.torch.optim.optimizer import Optimizer, _check_fused, _check_lr, _check_positive, _scalar

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """The gradient over the root of the sum of all its squares (Duchi et al. 2011)."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        _check_lr(lr)
        _check_positive(lr_decay=lr_decay, weight_decay=weight_decay)
        _check_positive(initial_accumulator_value=initial_accumulator_value, eps=eps)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        _check_fused(fused, foreach, differentiable)
        for group in self.param_groups:
            for p in group["params"]:
                self._begin(self.state[p], p, group)

    def _begin(self, state: dict[str, Any], p: Tensor, group: dict[str, Any]) -> None:
        state["step"] = _scalar(0.0, group["fused"])
        start = self.defaults["initial_accumulator_value"]
        state["sum"] = Tensor.wrap(dtypes.full(p.array.shape, start, p.array.dtype))

    def share_memory(self) -> None:
        """Accepted: memory is shared with worker processes where they are made."""

    def step(self, closure: Any = None) -> Any:
        loss = self._loss_of(closure)
        for group in self.param_groups:
            params = self._ready(group)
            rule, of, number = self._way(group)
            rule.adagrad(
                of(params),
                of(p.grad for p in params),
                of(self._column(params, "sum")),
                self._steps(params),
                lr=number(group["lr"]),
                lr_decay=group["lr_decay"],
                eps=group["eps"],
                decay=group["weight_decay"],
                maximize=group["maximize"],
            )
        return loss
