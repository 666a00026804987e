"""clip_grad_value_."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plait.optim import clip
from plait.paddle._tensor import Tensor

__all__: list[str] = []


def clip_grad_value_(parameters: Iterable[Any] | Any, clip_value: float) -> None:
    """Move every element of the stored gradients into [-clip_value, clip_value], in place."""
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    clip.clamp([p.grad.array for p in parameters if p.grad is not None], float(clip_value))
