"""RMSprop."""

from __future__ import annotations

from typing import Any

from plait.torch._tensor import Tensor
from plait.torch.optim.optimizer import Optimizer, _check_lr, _check_positive, _scalar, _zeros

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """The gradient over the root of its running square, which may be centered, with momentum (Hinton's lecture 6)."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        _check_lr(lr)
        _check_positive(eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _begin(self, state: dict[str, Any], p: Tensor, group: dict[str, Any]) -> None:
        state["step"] = _scalar(0.0)
        state["square_avg"] = _zeros(p)
        if group["momentum"] > 0:
            state["momentum_buffer"] = _zeros(p)
        if group["centered"]:
            state["grad_avg"] = _zeros(p)

    def step(self, closure: Any = None) -> Any:
        loss = self._loss_of(closure)
        for group in self.param_groups:
            params = self._ready(group)
            rule, of, number = self._way(group)
            rule.rmsprop(
                of(params),
                of(p.grad for p in params),
                of(self._column(params, "square_avg")),
                of(self._column(params, "momentum_buffer")) if group["momentum"] > 0 else None,
                of(self._column(params, "grad_avg")) if group["centered"] else None,
                lr=number(group["lr"]),
                alpha=group["alpha"],
                eps=group["eps"],
                decay=group["weight_decay"],
                momentum=group["momentum"],
                maximize=group["maximize"],
            )
        return loss
