"""ASGD."""

from __future__ import annotations

from typing import Any

from plait.torch._tensor import Tensor
from plait.torch.optim.optimizer import Optimizer, _check_lr, _check_positive, _number, _scalar, _zeros

__all__ = ["ASGD"]


class ASGD(Optimizer):
    """SGD with a decaying rate, and the average of the parameters from step `t0` on (Polyak and Juditsky 1992)."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        _check_lr(lr)
        _check_positive(weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _begin(self, state: dict[str, Any], p: Tensor, group: dict[str, Any]) -> None:
        state["step"] = _scalar(0.0)
        state["eta"] = _scalar(_number(group["lr"]))
        state["mu"] = _scalar(1.0)
        state["ax"] = _zeros(p)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for own in self.state.values():
            for name in ("eta", "mu"):
                if own and not isinstance(own[name], Tensor):
                    own[name] = _scalar(float(own[name]))

    def step(self, closure: Any = None) -> Any:
        loss = self._loss_of(closure)
        for group in self.param_groups:
            rule, of, _ = self._way(group)
            lr = _number(group["lr"])
            for p in self._ready(group):
                own = self.state[p]
                eta, mu, step = own["eta"].array, own["mu"].array, own["step"].array.item()
                rule.asgd(
                    of([p]),
                    of([p.grad]),
                    of([own["ax"]]),
                    eta=eta.item(),
                    mu=mu.item(),
                    lambd=group["lambd"],
                    decay=group["weight_decay"],
                    maximize=group["maximize"],
                )
                eta[...] = lr / (1 + group["lambd"] * lr * step) ** group["alpha"]
                mu[...] = 1 / max(1, step - group["t0"])
        return loss
