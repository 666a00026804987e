"""Adam."""

from __future__ import annotations

from typing import Any

from plait.torch._tensor import Tensor
from plait.torch.optim.optimizer import (
    Optimizer,
    _check_adam,
    _check_fused,
    _scalar,
    _zeros,
)

__all__ = ["Adam"]


class Adam(Optimizer):
    """Steps by the ratio of the gradient's running mean and the root of its running square (arXiv 1412.6980)."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        _check_adam(lr, betas, eps, weight_decay=weight_decay)
        if not (
            (isinstance(betas[0], float) and isinstance(betas[1], float))
            or (isinstance(betas[0], Tensor) and isinstance(betas[1], Tensor))
        ):
            raise ValueError("betas must be either both floats or both Tensors")
        for i in (0, 1):
            if isinstance(betas[i], Tensor):
                if not capturable and foreach:
                    raise ValueError(f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True")
                if betas[i].numel() != 1:
                    raise ValueError(f"Tensor betas[{i}] must be 1-element")
        defaults = {
            "lr": lr,
            "betas": tuple(betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)
        _check_fused(fused, foreach, differentiable)

    def _begin(self, state: dict[str, Any], p: Tensor, group: dict[str, Any]) -> None:
        state["step"] = _scalar(0.0, group["fused"])
        state["exp_avg"] = _zeros(p)
        state["exp_avg_sq"] = _zeros(p)
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = _zeros(p)

    def step(self, closure: Any = None) -> Any:
        loss = self._loss_of(closure)
        for group in self.param_groups:
            params = self._ready(group)
            rule, of, number = self._way(group)
            rule.adam(
                of(params),
                of(p.grad for p in params),
                of(self._column(params, "exp_avg")),
                of(self._column(params, "exp_avg_sq")),
                of(self._column(params, "max_exp_avg_sq")) if group["amsgrad"] else None,
                self._column(params, "step") if group["differentiable"] else self._steps(params),
                lr=number(group["lr"]),
                beta1=number(group["betas"][0]),
                beta2=number(group["betas"][1]),
                eps=group["eps"],
                decay=number(group["weight_decay"]),
                decoupled=group["decoupled_weight_decay"],
                maximize=group["maximize"],
            )
        return loss
