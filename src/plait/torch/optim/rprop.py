"""Rprop."""

from __future__ import annotations

from typing import Any

from plait import dtypes
from plait.torch._tensor import Tensor
from plait.torch.optim.optimizer import Optimizer, _check_lr, _number, _scalar, _zeros

__all__ = ["Rprop"]


class Rprop(Optimizer):
    """Steps whose sizes grow while the gradient keeps its sign and shrink when it turns (Riedmiller and Braun 1993)."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        _check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _begin(self, state: dict[str, Any], p: Tensor, group: dict[str, Any]) -> None:
        state["step"] = _scalar(0.0)
        state["prev"] = _zeros(p)
        state["step_size"] = Tensor.wrap(dtypes.full(p.array.shape, _number(group["lr"]), p.array.dtype))

    def step(self, closure: Any = None) -> Any:
        loss = self._loss_of(closure)
        for group in self.param_groups:
            params = self._ready(group)
            rule, of, _ = self._way(group)
            rule.rprop(
                of(params),
                of(p.grad for p in params),
                of(self._column(params, "prev")),
                of(self._column(params, "step_size")),
                shrink=group["etas"][0],
                grow=group["etas"][1],
                smallest=group["step_sizes"][0],
                largest=group["step_sizes"][1],
                maximize=group["maximize"],
            )
        return loss
