"""From indices to a batch: what a loader, or a worker of it, does for each request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Fetcher", "MapFetcher", "StreamFetcher"]


class Fetcher:
    """Makes batches of a dataset. Without `auto_collation` a request is one index, and its sample is the batch."""

    def __init__(self, dataset: Any, auto_collation: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last

    def fetch(self, possibly_batched_index: Any) -> Any:
        """The batch for a list of indices (for one index without `auto_collation`)."""
        raise NotImplementedError


class StreamFetcher(Fetcher):
    """Of a dataset that can only be iterated over; StopIteration where it has ended."""

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


class MapFetcher(Fetcher):
    """Of a dataset that is indexed."""

    def fetch(self, possibly_batched_index: Any) -> Any:
        if not self.auto_collation:
            return self.collate_fn(self.dataset[possibly_batched_index])
        batch = self.gather(possibly_batched_index)
        if batch is not None:
            return batch
        return self.collate_fn(self.samples(possibly_batched_index))

    def gather(self, indices: Any) -> Any:
        """The collated batch where there is a shorter way to it than sample by sample, else None."""
        return None

    def samples(self, indices: Any) -> list[Any]:
        """The samples at these indices."""
        return [self.dataset[i] for i in indices]
