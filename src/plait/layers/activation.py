"""What activation layers mean where that is more than one op."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.op import apply, apply_
from plait.ops import activation, gate, random

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plait.ops.random import Generator


def softmax_dim(ndim: int) -> int:
    """The dimension that softmax takes where none is given: 0 for 0, 1 and 3 dimensions, else 1."""
    return 0 if ndim in (0, 1, 3) else 1


def rrelu_slopes(x: NDArray, lower: float, upper: float, training: bool, generator: Generator | None = None) -> NDArray:
    """RReLU's slope of each element: 1 where x > 0, else uniform in [lower, upper), or their mean when not training."""
    if training:
        return random.slopes(x, lower, upper, generator)
    above = dtypes.cast(x, dtypes.F64) > 0
    return dtypes.cast(np.where(above, 1.0, (lower + upper) / 2), x.dtype)


def rrelu(
    x: Any, lower: float, upper: float, training: bool, generator: Generator | None = None, inplace: bool = False
) -> Any:
    """x where x > 0, else x times a slope drawn for it."""
    slopes = x.face.wrap(rrelu_slopes(x.array, lower, upper, training, generator))
    if inplace:
        return apply_(gate.RRELU, x, (x, slopes))
    return apply(gate.RRELU, (x, slopes))


def gelu(x: Any, approximate: str) -> Any:
    """x times the normal distribution's cdf at x ("none"), or its approximation by tanh ("tanh")."""
    if approximate == "none":
        return activation.gelu(x)
    if approximate == "tanh":
        return activation.gelu_tanh(x)
    raise RuntimeError("approximate argument must be either none or tanh.")
