"""clip_grad_norm_."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from plait import dtypes
from plait.optim import clip
from plait.paddle._tensor import Tensor

__all__: list[str] = []


def clip_grad_norm_(
    parameters: Iterable[Any] | Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Any:
    """Scale the stored gradients, in place, so that the norm of all together is at most `max_norm`; returns that norm.

    `norm_type` is 0, 1, 2 or infinite (ValueError for others). RuntimeError for a norm that is not finite, if `error_if_nonfinite`.
    """
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    supported = [float("inf"), 0, 1, 2]
    if norm_type not in supported:
        raise ValueError(f"norm_type only support {supported}, but received {norm_type}")
    arrays = [p.grad.array for p in parameters if p.grad is not None]
    if not arrays:
        return Tensor.wrap(np.zeros((), np.float32))
    total = clip.total_norm(arrays, float(norm_type))
    if error_if_nonfinite and not np.isfinite(dtypes.working(total)).all():
        raise RuntimeError(
            f"The total norm of {norm_type} order of the gradients from `parameters` is non-finite, so it cannot be clipped. In any case, "
            "disable this error and scale the gradient by non-finite norm, set `error_if_nonfinite=False`"
        )
    clip.scale(arrays, clip.share(total, float(max_norm)))
    return Tensor.wrap(total)
