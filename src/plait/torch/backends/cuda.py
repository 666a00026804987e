"""torch.backends.cuda: not there; its switches can be set."""

from __future__ import annotations

__all__ = ["is_built", "matmul"]


class _Matmul:
    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True


matmul = _Matmul()


def is_built() -> bool:
    """False."""
    return False
