"""Batch samplers: lists of indices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import Any

import numpy as np

from plait.feed.sampling import batch_count, batches
from plait.paddle.io.dataloader.dataset import IterableDataset
from plait.paddle.io.dataloader.sampler import RandomSampler, Sampler, SequenceSampler

__all__ = ["BatchSampler", "DistributedBatchSampler"]


def _check(batch_size: Any, **switches: Any) -> None:
    if not (isinstance(batch_size, int) and batch_size > 0):
        raise AssertionError(f"batch_size should be a positive integer, but got {batch_size}")
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise AssertionError(f"{name} should be a boolean value, but got {type(value)}")


class BatchSampler(Sampler[Any]):
    """Lists of `batch_size` indices of a dataset (`shuffle`d or not) or of another sampler; the last, shorter one is left out where
    `drop_last`.

    >>> list(BatchSampler(sampler=range(5), batch_size=2))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Sized | None = None,
        sampler: Any = None,
        shuffle: bool = False,
        batch_size: int = 1,
        drop_last: bool = False,
    ) -> None:
        if dataset is None:
            if sampler is None:
                raise AssertionError("either dataset or sampler should be set")
            if not isinstance(sampler, (Sampler, Iterable)):
                raise AssertionError(f"sampler should be either paddle.io.Sampler or Iterable, but got {type(sampler)}")
            if shuffle:
                raise AssertionError("shuffle should be False when sampler is set")
            self.sampler: Any = sampler
        else:
            if isinstance(dataset, IterableDataset):
                raise AssertionError("dataset should not be a paddle.io.IterableDataset")
            if sampler is not None:
                raise AssertionError("should not set both dataset and sampler")
            _check(1, shuffle=shuffle)
            self.sampler = RandomSampler(dataset) if shuffle else SequenceSampler(dataset)
        _check(batch_size, drop_last=drop_last)
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[Any]]:
        return batches(self.sampler, self.batch_size, self.drop_last)

    def __len__(self) -> int:
        return batch_count(len(self.sampler), self.batch_size, self.drop_last)


class InfiniteIterableSampler(Sampler[Any]):
    """Lists of None for ever: a stream knows itself where it ends."""

    def __init__(self, dataset: Any, batch_size: int = 1) -> None:
        self.dataset = dataset
        self.batch_size = batch_size

    def __iter__(self) -> Iterator[list[None]]:
        while True:
            yield [None] * self.batch_size


class DistributedBatchSampler(BatchSampler):
    """The batches of process `rank` of `num_replicas` (here one process of one). `shuffle` is by the number of the epoch, which
    counts passes, or is what `set_epoch` says."""

    def __init__(
        self,
        dataset: Sized,
        batch_size: int,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = False,
        drop_last: bool = False,
    ) -> None:
        self.dataset = dataset
        _check(batch_size, shuffle=shuffle, drop_last=drop_last)
        for name, value, least in (("num_replicas", num_replicas, 1), ("rank", rank, 0)):
            if value is not None and not (isinstance(value, int) and value >= least):
                kind = "positive" if least else "non-negative"
                raise AssertionError(f"{name} should be a {kind} integer")
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.nranks = 1 if num_replicas is None else num_replicas
        self.local_rank = 0 if rank is None else rank
        self.epoch = 0
        self.num_samples = -(-len(dataset) // self.nranks)
        self.total_size = self.num_samples * self.nranks

    def __iter__(self) -> Iterator[list[int]]:
        n = len(self.dataset)
        indices = [i % n for i in range(self.total_size)]
        if self.shuffle:
            np.random.RandomState(self.epoch).shuffle(indices)
            self.epoch += 1
        return batches(self._own(indices), self.batch_size, self.drop_last)

    def _own(self, indices: list[int]) -> list[int]:
        """This process's part: whole batches go round, what is left over is cut evenly."""
        size, ranks, rank = self.batch_size, self.nranks, self.local_rank
        whole = len(indices) - len(indices) % (size * ranks)
        own = [i for start in range(rank * size, whole, size * ranks) for i in indices[start : start + size]]
        share = (len(indices) - whole) // ranks
        return own + indices[whole + rank * share : whole + (rank + 1) * share]

    def __len__(self) -> int:
        return batch_count(self.num_samples, self.batch_size, self.drop_last)

    def set_epoch(self, epoch: int) -> None:
        """The number that the next shuffle goes by."""
        self.epoch = epoch
