"""Fetching: from indices to a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.torch.utils.data._utils.collate import default_collate
from plait.torch.utils.data.dataset import Subset, TensorDataset


class _BaseDatasetFetcher:
    def __init__(self, dataset: Any, auto_collation: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last

    def fetch(self, possibly_batched_index: Any) -> Any:
        raise NotImplementedError


class _IterableDatasetFetcher(_BaseDatasetFetcher):
    def __init__(self, dataset: Any, auto_collation: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        super().__init__(dataset, auto_collation, collate_fn, drop_last)
        self.dataset_iter = iter(dataset)
        self.ended = False

    def fetch(self, possibly_batched_index: Any) -> Any:
        if self.ended:
            raise StopIteration
        if not self.auto_collation:
            return self.collate_fn(next(self.dataset_iter))
        data = []
        for _ in possibly_batched_index:
            try:
                data.append(next(self.dataset_iter))
            except StopIteration:
                self.ended = True
                break
        if not data or (self.drop_last and len(data) < len(possibly_batched_index)):
            raise StopIteration
        return self.collate_fn(data)


class _MapDatasetFetcher(_BaseDatasetFetcher):
    def fetch(self, possibly_batched_index: Any) -> Any:
        if not self.auto_collation:
            return self.collate_fn(self.dataset[possibly_batched_index])
        if self.collate_fn is default_collate:
            batch = _gather(self.dataset, possibly_batched_index)
            if batch is not None:
                return batch
        if getattr(self.dataset, "__getitems__", None):
            data = self.dataset.__getitems__(possibly_batched_index)
        else:
            data = [self.dataset[i] for i in possibly_batched_index]
        return self.collate_fn(data)


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
