"""Adadelta."""

from __future__ import annotations

from typing import Any

from plait.torch._tensor import Tensor
from plait.torch.optim.optimizer import Optimizer, _check_lr, _check_positive, _scalar, _zeros

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    """Steps in units of past steps (arXiv 1212.5701)."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        _check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        _check_positive(eps=eps, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _begin(self, state: dict[str, Any], p: Tensor, group: dict[str, Any]) -> None:
        state["step"] = _scalar(0.0)
        state["square_avg"] = _zeros(p)
        state["acc_delta"] = _zeros(p)

    def step(self, closure: Any = None) -> Any:
        loss = self._loss_of(closure)
        for group in self.param_groups:
            params = self._ready(group)
            rule, of, number = self._way(group)
            rule.adadelta(
                of(params),
                of(p.grad for p in params),
                of(self._column(params, "square_avg")),
                of(self._column(params, "acc_delta")),
                lr=number(group["lr"]),
                rho=group["rho"],
                eps=group["eps"],
                decay=group["weight_decay"],
                maximize=group["maximize"],
            )
        return loss
