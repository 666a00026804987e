"""clip_grad_norm_, clip_grad_value_ and the total norm."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from plait.op import bump
from plait.optim import clip
from plait.torch._tensor import Tensor

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_"]

Tensors = Tensor | Iterable[Tensor]


def _list(tensors: Any) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all tensors' elements together."""
    norm_type = float(norm_type)
    given = _list(tensors)
    if not given:
        return Tensor.wrap(np.zeros((), np.float32))
    total = clip.total_norm([t.array for t in given], norm_type)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be clipped. "
            "To disable this error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return Tensor.wrap(total)


def _clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale the gradients so that a norm of `total_norm` becomes at most `max_norm`."""
    grads = [p.grad for p in _list(parameters) if p.grad is not None]
    if not grads:
        return
    clip.scale([g.array for g in grads], clip.share(total_norm.array, max_norm))
    for g in grads:
        bump(g)


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients in place so that their norm together is at most `max_norm`; returns the norm before.

    >>> from plait import torch
    >>> w = torch.nn.Parameter(torch.ones(4))
    >>> w.grad = torch.ones(4)
    >>> torch.nn.utils.clip_grad_norm_([w], 1.0), w.grad
    (tensor(2.), tensor([0.5000, 0.5000, 0.5000, 0.5000]))
    """
    given = _list(parameters)
    if isinstance(parameters, types.GeneratorType) and not given:
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=3)
    total = _get_total_norm([p.grad for p in given if p.grad is not None], norm_type, error_if_nonfinite, foreach)
    _clip_grads_with_norm_(given, float(max_norm), total, foreach)
    return total


def clip_grad_norm(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The old name of `clip_grad_norm_`."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Move every gradient's elements into −clip_value … clip_value, in place."""
    grads = [p.grad for p in _list(parameters) if p.grad is not None]
    clip.clamp([g.array for g in grads], float(clip_value))
    for g in grads:
        bump(g)
