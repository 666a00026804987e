"""paddle.nn.init: initializers that fill a tensor in place and return None; the rules are those of `paddle.nn.initializer`."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.paddle.functions._common import need_tensor
from plait.paddle.nn.initializer import (
    Constant,
    Dirac,
    KaimingNormal,
    KaimingUniform,
    Normal,
    Orthogonal,
    TruncatedNormal,
    Uniform,
    XavierNormal,
    XavierUniform,
)
from plait.paddle.nn.initializer.initializer import Initializer, calculate_gain, store

__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_", "orthogonal_", "trunc_normal_",
    "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip


def kaiming_uniform_(tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> None:
    """Fill by `KaimingUniform`; `a` is a leaky ReLU's slope, `mode` the side that is counted, "fan_in" or "fan_out".

    >>> from plait import paddle
    >>> weight = paddle.zeros([6, 4])
    >>> paddle.nn.init.kaiming_uniform_(weight, nonlinearity="relu")
    >>> bool(weight.abs().max() <= 1)
    True
    """
    KaimingUniform(negative_slope=a, nonlinearity=nonlinearity, mode=mode)(tensor)


def kaiming_normal_(tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> None:
    """Fill by `KaimingNormal`; the arguments are those of `kaiming_uniform_`."""
    KaimingNormal(negative_slope=a, nonlinearity=nonlinearity, mode=mode)(tensor)


def xavier_uniform_(tensor: Any, gain: float = 1.0, fan_in: float | None = None, fan_out: float | None = None) -> None:
    """Fill by `XavierUniform`; the fans are the tensor's own where none are given."""
    XavierUniform(gain=gain, fan_in=fan_in, fan_out=fan_out)(tensor)


def xavier_normal_(tensor: Any, gain: float = 1.0, fan_in: float | None = None, fan_out: float | None = None) -> None:
    """Fill by `XavierNormal`; the fans are the tensor's own where none are given."""
    XavierNormal(gain=gain, fan_in=fan_in, fan_out=fan_out)(tensor)


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0) -> None:
    """Fill with numbers that lie evenly in [a, b)."""
    Uniform(low=a, high=b)(tensor)


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0) -> None:
    """Fill with normal numbers of that mean and standard deviation."""
    Normal(mean=mean, std=std)(tensor)


def trunc_normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> None:
    """Fill with normal numbers that are cut to [a, b]."""
    TruncatedNormal(mean=mean, std=std, a=a, b=b)(tensor)


def constant_(tensor: Any, val: float) -> None:
    """Fill with one value."""
    Constant(value=val)(tensor)


def ones_(tensor: Any) -> None:
    """Fill with ones."""
    Constant(value=1.0)(tensor)


def zeros_(tensor: Any) -> None:
    """Fill with zeros."""
    Constant(value=0.0)(tensor)


def dirac_(tensor: Any, groups: int = 1) -> None:
    """Fill a convolution's weights so that each group passes its channels on unchanged."""
    Dirac(groups=groups)(tensor)


def eye_(tensor: Any) -> None:
    """Ones on the diagonal of a matrix, zeros beside it; AssertionError where it has not two axes."""
    shape = tuple(tensor.shape)
    if len(shape) != 2:
        raise AssertionError(f"eye_: the tensor must have 2 dimensions, but has {len(shape)}.")
    store(need_tensor(tensor, "eye"), np.eye(*shape))


def orthogonal_(tensor: Any, gain: float = 1) -> None:
    """Fill with rows (or columns, of a tall matrix) that are orthogonal to one another and `gain` long."""
    Orthogonal(gain=gain)(tensor)


def _calculate_fan_in_and_fan_out(var: Any) -> tuple[Any, Any]:
    return Initializer()._compute_fans(var)
