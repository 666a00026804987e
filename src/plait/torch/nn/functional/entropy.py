"""Losses of classes: the negative log-likelihood and cross-entropy."""

from __future__ import annotations

from plait import dtypes
from plait.dtypes import is_floating
from plait.layers import loss as layers
from plait.op import type_name
from plait.ops import class_loss
from plait.ops.shape import reshape
from plait.torch._builtins import inner
from plait.torch._tensor import Tensor
from plait.torch.nn._reduction import resolve
from plait.torch.nn.functional.loss import CODES, sizes_of

__all__ = ["cross_entropy", "nll_loss"]


def _check_classes(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    x, t = input.array.shape, target.array.shape
    if len(x) < 1:
        raise ValueError(f"Expected 1 or more dimensions (got {len(x)})")
    if len(x) != 1 and (len(t) == 0 or x[0] != t[0]):
        raise ValueError(
            f"Expected input batch_size ({x[0]}) to match target batch_size ({t[0] if t else 1})."
            if t
            else "Expected target to have a batch dimension"
        )
    if len(x) <= 2:
        if len(t) > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if len(x) == 1 and len(t) == 1 and t[0] != 1:
            raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {t[0]}")
    elif len(x) == 4:
        if len(t) != 3:
            raise RuntimeError(
                f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {len(t)}"
            )
        if t[1:] != x[2:]:
            raise RuntimeError(f"size mismatch (got input: {list(x)} , target: {list(t)}")
    elif t[1:] != x[2:]:
        raise RuntimeError(f"Expected target size {[x[0], *x[2:]]}, got {list(t)}")
    if target.array.dtype is not dtypes.I64 and target.array.dtype not in (dtypes.I64, dtypes.U8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {type_name(target.array.dtype)}")
    classes = x[0] if len(x) == 1 else x[1]
    if weight is not None and (weight.array.ndim != 1 or weight.array.size != classes):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {sizes_of(weight)}"
        )
    if weight is not None and weight.array.dtype != input.array.dtype and is_floating(input.array.dtype):
        raise RuntimeError(
            f"expected scalar type {type_name(input.array.dtype)} but found {type_name(weight.array.dtype)}"
        )


def _class_numbers(input: Tensor, target: Tensor) -> Tensor:
    """Targets in int64; that of a single sample without dimensions."""
    if target.array.dtype is not dtypes.I64 and target.array.dtype != dtypes.I64:
        target = Tensor.wrap(target.array.astype(dtypes.I64))
    return reshape(target, ()) if input.array.ndim == 1 and target.array.ndim == 1 else target


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """−weight·input at the target's class: input [N, C, …] of log-probabilities, target [N, …] of class numbers.

    The mean is weighted; targets equal to `ignore_index` count for nothing.
    """
    inner.nll_loss_nd(input, target, weight, 0, ignore_index)
    code = CODES[resolve(reduction, size_average, reduce)]
    _check_classes(input, target, weight)
    if not is_floating(input.array.dtype):
        raise NotImplementedError(f"\"nll_loss_out_frame\" not implemented for '{type_name(input.array.dtype)}'")
    return class_loss.nll(input, _class_numbers(input, target), weight, ignore_index, code)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Softmax and negative log-likelihood: input [N, C, …] of scores, target [N, …] of class numbers or [N, C, …] of probabilities.

    >>> from plait import torch
    >>> torch.nn.functional.cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3]))
    tensor(1.3863)
    """
    inner.cross_entropy_loss(input, target, weight, 0, ignore_index, label_smoothing)
    reduction = resolve(reduction, size_average, reduce)
    if input.array.shape == target.array.shape:
        return _cross_entropy_of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    if input.array.ndim == 0:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if not is_floating(input.array.dtype):
        raise NotImplementedError(
            f"\"log_softmax_lastdim_kernel_impl\" not implemented for '{type_name(input.array.dtype)}'"
        )
    _check_classes(input, target, weight)
    return class_loss.cross_entropy(
        input, _class_numbers(input, target), weight, ignore_index, float(label_smoothing), CODES[reduction]
    )


def _cross_entropy_of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    if not is_floating(target.array.dtype):
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got " + type_name(target.array.dtype)
        )
    if input.array.ndim == 0:
        raise IndexError("Dimension specified as 1 but tensor has no dimensions")
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    if not 0.0 <= smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {smoothing}")
    classes = input.array.shape[0 if input.array.ndim == 1 else 1]
    if weight is not None and (weight.array.ndim != 1 or weight.array.size != classes):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes but got "
            f"weight tensor of shape: {sizes_of(weight)}"
        )
    return layers.cross_entropy_of_probabilities(input, target, weight, smoothing, reduction)
