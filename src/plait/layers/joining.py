"""What layers over two tensors mean: products of batches along an axis of each."""

from __future__ import annotations

from typing import Any

from plait.layers.penalty import direction
from plait.ops.matmul import matmul
from plait.ops.shape import permute, reshape
from plait.ops.views import unsqueeze

__all__ = ["batch_dot"]


def batch_dot(a: Any, b: Any, i: int, j: int, normalize: bool = False) -> Any:
    """For each sample, a's other dimensions and then b's: sums of products along a's dimension i and b's j.

    Two vectors give [n, 1]. With `normalize` both are brought to length 1 along their dimension first.
    """
    if normalize:
        a, b = direction(a, i, 1e-12), direction(b, j, 1e-12)
    left = [d for d in range(1, a.array.ndim) if d != i]
    right = [d for d in range(1, b.array.ndim) if d != j]
    n, shared = a.array.shape[0], a.array.shape[i]
    outer = [a.array.shape[d] for d in left]
    inner = [b.array.shape[d] for d in right]
    rows = reshape(permute(a, (0, *left, i)), (n, -1 if a.array.size else _size(outer), shared))
    columns = reshape(permute(b, (0, j, *right)), (n, shared, -1 if b.array.size else _size(inner)))
    out = reshape(matmul(rows, columns), (n, *outer, *inner))
    return unsqueeze(out, 1) if out.array.ndim == 1 else out


def _size(sizes: list[int]) -> int:
    total = 1
    for n in sizes:
        total *= n
    return total
