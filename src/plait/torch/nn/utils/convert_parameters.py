"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from plait.ops.shape import cat, narrow, reshape
from plait.torch._tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters' elements in one vector."""
    return cat([reshape(p, (p.array.size,)) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Make slices of `vec` the parameters' data."""
    if not isinstance(vec, Tensor):
        from plait.torch.nn.modules.module import _typename

        raise TypeError(f"expected torch.Tensor, but got: {_typename(vec)}")
    start = 0
    for p in parameters:
        size = p.array.size
        p.data = reshape(narrow(vec, 0, start, size), p.array.shape).data
        start += size
