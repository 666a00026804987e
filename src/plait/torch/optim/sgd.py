"""SGD."""

from __future__ import annotations

from typing import Any

from plait.torch._tensor import Tensor
from plait.torch.optim.optimizer import Optimizer, _check_fused, _number

__all__ = ["SGD"]


class SGD(Optimizer):
    """Gradient descent, with momentum (Nesterov's too), dampening and weight decay.

    >>> from plait import torch
    >>> w = torch.nn.Parameter(torch.ones(1))
    >>> (w * 3).sum().backward()
    >>> torch.optim.SGD([w], lr=0.1).step()
    >>> w.data
    tensor([0.7000])
    """

    _counts = False

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: Any = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        _check_fused(fused, foreach, differentiable)

    def step(self, closure: Any = None) -> Any:
        loss = self._loss_of(closure)
        for group in self.param_groups:
            params = self._ready(group)
            rule, of, number = self._way(group)
            momentum = _number(group["momentum"])
            options = {
                "lr": number(group["lr"]),
                "momentum": momentum,
                "dampening": group["dampening"],
                "decay": number(group["weight_decay"]),
                "nesterov": group["nesterov"],
                "maximize": group["maximize"],
            }
            if momentum == 0:
                rule.sgd(of(params), of(p.grad for p in params), (), False, **options)
                continue
            fresh = []
            for p in params:
                own = self.state[p]
                if own.get("momentum_buffer") is None:
                    own["momentum_buffer"] = Tensor.wrap(p.grad.array.copy())
                    fresh.append(p)
            old = [p for p in params if not any(p is q for q in fresh)] if fresh else params
            for part, first in ((fresh, True), (old, False)):
                if part:
                    buffers = of(self._column(part, "momentum_buffer"))
                    rule.sgd(of(part), of(p.grad for p in part), buffers, first, **options)
        return loss
