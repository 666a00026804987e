"""Fetching: from indices to a batch of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.feed.fetching import Fetcher, MapFetcher, StreamFetcher
from plait.paddle._tensor import Tensor
from plait.paddle.io.dataloader.collate import as_tensors, default_collate_fn
from plait.paddle.io.dataloader.dataset import Subset, TensorDataset

__all__ = ["create_fetcher"]

MAP, ITER = 0, 1


class _Collate:
    """A collate function whose result is made a loader's batch."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function
        self.fresh = function is default_collate_fn

    def __call__(self, samples: Any) -> Any:
        return as_tensors(self.function(samples), self.fresh)


class _MapFetcher(MapFetcher):
    def gather(self, indices: Any) -> Any:
        return _gather(self.dataset, indices) if self.collate_fn.fresh else None  # type: ignore[attr-defined]


def _gather(dataset: Any, indices: Any) -> list[Any] | None:
    """What stacking the rows of a TensorDataset (or of a subset of one) gives, by one gather per tensor; None for other datasets."""
    if type(dataset) is Subset:
        if type(dataset.dataset) not in (TensorDataset, Subset):
            return None
        return _gather(dataset.dataset, [dataset.indices[i] for i in indices])
    if type(dataset) is not TensorDataset or not indices or type(indices[0]) is not int:
        return None
    if not all(isinstance(t, Tensor) for t in dataset.tensors):
        return None
    try:
        return [Tensor.wrap(t.array[indices]) for t in dataset.tensors]
    except IndexError:  # the slow way has the message
        return None


def create_fetcher(
    kind: int, dataset: Any, auto_collate: bool, collate_fn: Callable[[Any], Any], drop_last: bool
) -> Fetcher:
    """A fetcher for one pass."""
    make = _MapFetcher if kind == MAP else StreamFetcher
    return make(dataset, auto_collate, _Collate(collate_fn), drop_last)
