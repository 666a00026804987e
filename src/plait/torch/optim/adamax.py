"""Adamax."""

from __future__ import annotations

from typing import Any

from plait.torch._tensor import Tensor
from plait.torch.optim.optimizer import Optimizer, _check_adam, _scalar, _zeros

__all__ = ["Adamax"]


class Adamax(Optimizer):
    """Adam with the infinity norm in the square's place (arXiv 1412.6980, section 7)."""

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        _check_adam(lr, betas, eps, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _begin(self, state: dict[str, Any], p: Tensor, group: dict[str, Any]) -> None:
        state["step"] = _scalar(0.0)
        state["exp_avg"] = _zeros(p)
        state["exp_inf"] = _zeros(p)

    def step(self, closure: Any = None) -> Any:
        loss = self._loss_of(closure)
        for group in self.param_groups:
            params = self._ready(group)
            rule, of, number = self._way(group)
            rule.adamax(
                of(params),
                of(p.grad for p in params),
                of(self._column(params, "exp_avg")),
                of(self._column(params, "exp_inf")),
                self._steps(params),
                lr=number(group["lr"]),
                beta1=group["betas"][0],
                beta2=group["betas"][1],
                eps=group["eps"],
                decay=group["weight_decay"],
                maximize=group["maximize"],
            )
        return loss
