"""torch.nn.functional: linear maps, and distances of all pairs of rows."""

from __future__ import annotations

from plait.ops.linear import linear as _linear
from plait.torch._tensor import Tensor
from plait.torch.functions._common import into_exact, need_tensor
from plait.torch.functions.linalg import bilinear, pdist

__all__ = ["bilinear", "linear", "pdist"]


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """input [..., in] · weight [out, in]ᵀ + bias [out]: gives [..., out].

    >>> from plait import torch
    >>> torch.nn.functional.linear(torch.ones(1, 2), torch.ones(3, 2))
    tensor([[2., 2., 2.]])
    """
    try:
        result = _linear(input, weight, bias)
    except AttributeError:
        need_tensor(input, "linear")
        need_tensor(weight, "linear", "weight", 2)
        if bias is not None:
            need_tensor(bias, "linear", "bias", 3)
        raise
    return result if out is None else into_exact("linear", out, result)
