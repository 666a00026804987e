"""What linear layers mean: which way the weight lies."""

from __future__ import annotations

from typing import Any

from plait.ops import elementwise as ew
from plait.ops import linear as op
from plait.ops import product_turn
from plait.ops.matmul import matmul
from plait.ops.shape import permute

__all__ = ["linear"]


def linear(x: Any, weight: Any, bias: Any, inputs_first: bool, in_turn: bool = False) -> Any:
    """x[..., k] times a weight [n, k], or with `inputs_first` [k, n], plus a bias that broadcasts to the result.

    `in_turn`: small products (inputs first) add one element after another.

    >>> import numpy as np
    >>> from plait.tensor import Tensor
    >>> linear(Tensor.wrap(np.ones((2, 3))), Tensor.wrap(np.ones((3, 4))), None, True).array.shape
    (2, 4)
    """
    if not inputs_first:
        return op.linear(x, weight, bias)
    if in_turn:
        out = product_turn.linear(x, weight, bias)
        if out is not None:
            return out
    if weight.array.ndim == 2 and (bias is None or bias.array.shape == weight.array.shape[1:]):
        return op.linear(x, permute(weight, (1, 0)), bias)
    out = matmul(x, weight)
    return out if bias is None else ew.add(out, bias)
