"""paddle.nn.initializer: rules for the first values of parameters."""

from __future__ import annotations

from typing import Any

from plait.paddle._absent import getter
from plait.paddle.nn.initializer.initializer import Initializer, calculate_gain
from plait.paddle.nn.initializer.rules import *

__getattr__ = getter(__name__)
__all__ = [
    "Assign", "Bilinear", "Constant", "Dirac", "KaimingNormal", "KaimingUniform", "Normal", "Orthogonal", "TruncatedNormal", "Uniform",
    "XavierNormal", "XavierUniform", "calculate_gain", "set_global_initializer",
]  # fmt: skip

_common: dict[str, Any] = {"weight": None, "bias": None}


def set_global_initializer(weight_init: Any, bias_init: Any = None) -> None:
    """What later parameters are filled with, unless their ParamAttr says otherwise; None for the layers' own rules again.

    Raises TypeError for what is no Initializer.
    """
    for name, value in (("weight_init", weight_init), ("bias_init", bias_init)):
        if value is not None and not isinstance(value, Initializer):
            raise TypeError(
                f"set_global_initializer: {name} must be an Initializer or None, but received {type(value)}"
            )
    _common.update(weight=weight_init, bias=bias_init)


def global_weight_initializer() -> Any:
    """The one for weights, or None."""
    return _common["weight"]


def global_bias_initializer() -> Any:
    """The one for biases, or None."""
    return _common["bias"]
