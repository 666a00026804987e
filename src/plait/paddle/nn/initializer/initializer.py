"""Initializer: what fills a new parameter."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import init
from plait.op import bump

__all__ = ["Initializer", "calculate_gain"]


def store(param: Any, values: Any) -> None:
    """Put values into a parameter, in its dtype; other sizes than its own become its own."""
    array = dtypes.cast(np.asarray(values), param.array.dtype)
    if array.shape == param.array.shape:
        param.array[...] = array
    else:
        param.array = array
    bump(param)


class Initializer:
    """The base: `init(param)` fills a parameter. A subclass says `forward(param, block)`."""

    def __init__(self) -> None:
        pass

    def __call__(self, param: Any, block: Any = None) -> Any:
        return self.forward(param, block)

    def forward(self, param: Any, block: Any = None) -> Any:
        """Fill `param`."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it fills a parameter")

    def _compute_fans(self, var: Any) -> tuple[Any, Any]:
        """How many inputs an output sees and how many outputs an input; a matrix lies as [inputs, outputs]."""
        shape = tuple(var.shape)
        if len(shape) > 2:
            return init.fans(shape)
        return (1, 1) if not shape else (shape[0], shape[-1])


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """The factor on the standard deviation that an activation asks for; ValueError for one that is unknown.

    >>> calculate_gain("tanh")
    1.6666666666666667
    """
    if param is None:
        param = 0.01
    elif not isinstance(param, (bool, int, float)):
        raise AssertionError(f"calculate_gain: param must be a number, but received {type(param).__name__}")
    aliases = {f"conv{n}d_transpose": "linear" for n in (1, 2, 3)}
    try:
        return init.gain(aliases.get(nonlinearity, nonlinearity), float(param))
    except ValueError:
        raise ValueError(f"nonlinearity function {nonlinearity} is not supported now.") from None
