"""torch.cosine_similarity, torch.pairwise_distance, torch.embedding."""

from __future__ import annotations

from plait.torch._tensor import Tensor
from plait.torch.nn.functional import sparse
from plait.torch.nn.functional.distance import cosine_similarity, pairwise_distance

__all__ = ["cosine_similarity", "embedding", "pairwise_distance"]


def embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse_grad: bool = False
) -> Tensor:
    """Rows of `weight` by the integers of `indices`: `nn.functional.embedding` with the operands the other way round."""
    return sparse.embedding(
        indices,
        weight,
        None if padding_idx == -1 else padding_idx,
        scale_grad_by_freq=scale_grad_by_freq,
        sparse=sparse_grad,
    )
