"""Loss: the base class, and how losses of samples become one number."""

from __future__ import annotations

from typing import Any

from plait.keras import _config, ops, tree
from plait.keras._dtypes import standardize
from plait.keras._masks import get_keras_mask
from plait.keras._naming import auto_name

REDUCTIONS = ("sum_over_batch_size", "sum", None, "none", "mean", "mean_with_sample_weight")


class Loss:
    """How far predictions are from targets.

    `reduction`: "sum_over_batch_size" or "mean" (the mean of all losses, weighted ones included), "sum",
    "mean_with_sample_weight" (over the sum of the weights), "none" or None (one loss for each sample). A subclass has
    `call(y_true, y_pred)`.
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        self.name = name or auto_name(type(self).__name__)
        self.reduction = standardize_reduction(reduction)
        self._dtype = standardize(getattr(dtype, "compute_dtype", dtype) or _config.floatx())

    @property
    def dtype(self) -> str:
        """The dtype that losses are computed in."""
        return self._dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The reduced loss; weights broadcast over the losses of the samples."""
        mask = get_keras_mask(y_pred)
        convert = ops.convert_to_tensor
        if tree.is_nested(y_pred) or tree.is_nested(y_true):
            y_pred, y_true = (
                tree.map_structure(lambda x: convert(x, dtype=self._dtype), y) for y in self._gathered(y_pred, y_true)
            )
        else:
            y_pred, y_true = convert(y_pred, dtype=self._dtype), convert(y_true, dtype=self._dtype)
        losses = self.call(y_true, y_pred)
        own = get_keras_mask(losses)
        if own is not None:
            mask = own if mask is None else mask & own
        return reduce_weighted_values(losses, sample_weight, mask, self.reduction, self._dtype)

    def _gathered(self, y_pred: Any, y_true: Any) -> tuple[Any, Any]:
        """Structures as `call` is to get them."""
        return y_pred, y_true

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of the samples."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The loss that `get_config` describes."""
        return cls(**config)

    def _obj_type(self) -> str:
        return "Loss"


def standardize_reduction(reduction: str | None) -> str | None:
    """The argument, if it is one of `REDUCTIONS`; else ValueError."""
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"Invalid value for argument `reduction`. Expected one of {set(REDUCTIONS)}. Received: reduction={reduction}"
        )
    return reduction


def squeeze_or_expand_to_same_rank(x1: Any, x2: Any, expand_rank_1: bool = True) -> tuple[Any, Any]:
    """Both, with a last dimension of 1 dropped from, or given to, the one whose rank differs by one."""
    rank1, rank2 = len(x1.shape), len(x2.shape)
    if rank1 == rank2:
        return x1, x2
    if rank1 == rank2 + 1 and x1.shape[-1] == 1:
        if rank2 == 1 and expand_rank_1:
            return x1, ops.expand_dims(x2, axis=-1)
        return ops.squeeze(x1, axis=-1), x2
    if rank2 == rank1 + 1 and x2.shape[-1] == 1:
        if rank1 == 1 and expand_rank_1:
            return ops.expand_dims(x1, axis=-1), x2
        return x1, ops.squeeze(x2, axis=-1)
    return x1, x2


def reduce_values(values: Any, sample_weight: Any = None, reduction: str | None = "sum_over_batch_size") -> Any:
    """One number from weighted losses."""
    shape = tuple(values.shape)
    if reduction is None or reduction == "none" or shape in ((), (0,)):
        return values
    if reduction == "sum":
        return ops.sum(values)
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        total = ops.sum(values)
        return ops.divide_no_nan(total, ops.cast(ops.sum(sample_weight), total.dtype))
    return ops.mean(values) if all(shape) else ops.sum(values)


def reduce_weighted_values(
    values: Any,
    sample_weight: Any = None,
    mask: Any = None,
    reduction: str | None = "sum_over_batch_size",
    dtype: Any = None,
) -> Any:
    """One number from losses, their weights and their mask."""
    reduction = standardize_reduction(reduction)
    values = ops.convert_to_tensor(values, dtype=dtype)
    if sample_weight is not None:
        sample_weight = ops.convert_to_tensor(sample_weight, dtype=dtype)
    if mask is not None:
        mask = ops.convert_to_tensor(mask, dtype=dtype)
    sample_weight = apply_mask(sample_weight, mask, values.dtype, reduction)
    if sample_weight is not None:
        sample_weight = ops.cast(sample_weight, values.dtype)
        values, sample_weight = squeeze_or_expand_to_same_rank(values, sample_weight)
        values = values * sample_weight
    return reduce_values(values, sample_weight, reduction)


def apply_mask(sample_weight: Any, mask: Any, dtype: Any, reduction: str | None) -> Any:
    """The weights with 0 where the mask is False; for a mean the others grow, so that it is over the unmasked ones."""
    if mask is None:
        return sample_weight
    as_numbers = ops.cast(mask, dtype=dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        share = ops.divide_no_nan(ops.cast(as_numbers.array.size, dtype), ops.sum(as_numbers))
        as_numbers = ops.where(ops.cast(mask, "bool"), share, ops.zeros_like(share))
    if sample_weight is None:
        return as_numbers
    sample_weight = ops.cast(sample_weight, dtype=dtype)
    as_numbers, sample_weight = squeeze_or_expand_to_same_rank(as_numbers, sample_weight)
    return sample_weight * as_numbers
