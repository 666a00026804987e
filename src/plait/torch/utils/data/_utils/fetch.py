"""Fetching: from indices to a batch."""

from __future__ import annotations

from typing import Any

from plait.feed.fetching import MapFetcher, StreamFetcher
from plait.torch.utils.data._utils.collate import default_collate
from plait.torch.utils.data.dataset import Subset, TensorDataset


class _IterableDatasetFetcher(StreamFetcher):
    pass


class _MapDatasetFetcher(MapFetcher):
    def gather(self, indices: Any) -> Any:
        return _gather(self.dataset, indices) if self.collate_fn is default_collate else None

    def samples(self, indices: Any) -> list[Any]:
        if getattr(self.dataset, "__getitems__", None):
            items: list[Any] = self.dataset.__getitems__(indices)
            return items
        return super().samples(indices)


def _gather(dataset: Any, indices: Any) -> list[Any] | None:
    """What stacking the rows of a TensorDataset (or of a subset of one) gives, by one gather per tensor; None where the
    dataset is another or gradients would be wanted."""
    if type(dataset) is Subset:
        inner = dataset.indices
        if type(dataset.dataset) not in (TensorDataset, Subset):
            return None
        return _gather(dataset.dataset, [inner[i] for i in indices])
    if type(dataset) is not TensorDataset or not indices:
        return None
    if type(indices[0]) is not int or any(t.requires_grad for t in dataset.tensors):
        return None
    try:
        return [t.face.wrap(t.array[indices]) for t in dataset.tensors]
    except IndexError:  # the slow way has the message
        return None
