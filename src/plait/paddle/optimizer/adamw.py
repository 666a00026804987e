"""Adam with decoupled decay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.paddle._tensor import Tensor
from plait.paddle.optimizer.adam import Adam, number
from plait.paddle.optimizer.optimizer import Array, single

__all__ = ["AdamW"]


class AdamW(Adam):
    """AdamW (arXiv 1711.05101): p −= lr · weight_decay · p before Adam's step, where `apply_decay_param_fun` of the parameter's name
    is true (of all without it). `lr_ratio` is refused, as upstream does on the CPU."""

    type = "adamw"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        parameters: Any = None,
        weight_decay: Any = 0.01,
        use_lowprecision_moment: bool = False,
        lr_ratio: Callable[[Any], float] | None = None,
        apply_decay_param_fun: Callable[[str], bool] | None = None,
        grad_clip: Any = None,
        lazy_mode: bool = False,
        multi_precision: bool = False,
        amsgrad: bool = False,
        name: str | None = None,
    ) -> None:
        if not isinstance(weight_decay, (int, float, Tensor)):
            raise TypeError("weight_decay should be int, float or Tensor.")
        if lr_ratio is not None:
            raise NotImplementedError("'lr_ratio' is unimplemented in CPU.")
        self._rate = number(weight_decay)
        super().__init__(
            learning_rate,
            beta1,
            beta2,
            epsilon,
            parameters,
            None,
            grad_clip,
            lazy_mode,
            multi_precision,
            amsgrad=amsgrad,
            name=name,
        )
        self._weight_decay = self._rate
        self._use_lowprecision_moment = use_lowprecision_moment
        self._apply_decay_param_fun = apply_decay_param_fun
        self._params_name: set[str] = set()
        self._default_dict["weight_decay"] = self._rate

    def _mark(self, param: Any, group: dict[str, Any]) -> None:
        if group["weight_decay"] is None:
            group["weight_decay"] = self._rate
        param.optimize_attr["learning_rate"] = group.get("learning_rate", 1.0)

    def _decays(self, param: Any) -> bool:
        return self._apply_decay_param_fun is None or bool(self._apply_decay_param_fun(param.name))

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        grads = self._decayed(params, grads, decay)  # by a parameter's own regularizer
        chosen = [self._decays(p) for p in params]
        for wanted in (True, False):
            part = [i for i, c in enumerate(chosen) if c is wanted]
            if part:
                rate = single(number(self._weight_decay)) if wanted else 0.0
                self._fold([params[i] for i in part], [grads[i] for i in part], lr, rate, True)

    def __str__(self) -> str:
        return " ".join(["Weight Decay, params:", ",".join(self._params_name)])
