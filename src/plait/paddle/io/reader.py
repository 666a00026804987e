"""The loader: batches of a dataset, in this process or from worker processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.paddle._places import CPU, check_place
from plait.paddle.io.dataloader.batch_sampler import BatchSampler, InfiniteIterableSampler
from plait.paddle.io.dataloader.dataloader_iter import (
    _DataLoaderIterBase,
    _DataLoaderIterMultiProcess,
    _DataLoaderIterSingleProcess,
)
from plait.paddle.io.dataloader.dataset import IterableDataset
from plait.paddle.io.dataloader.fetcher import ITER, MAP

__all__ = ["DataLoader"]


def _need(fact: bool, words: str) -> None:
    if not fact:
        raise AssertionError(words)


class DataLoader:
    """Iterates over a dataset in batches of tensors; also when it is called.

    Shuffling draws from NumPy's global generator. With `num_workers` processes fetch ahead (`prefetch_factor` batches each); an error
    there is raised here with the worker's traceback, and a worker that dies is an error, not a hang. `feed_list`, `return_list`,
    `use_buffer_reader`, `reader_buffer_size`, `use_shared_memory` and `timeout` are accepted: they have no part here.

    >>> from plait.paddle.io import DataLoader
    >>> [b.tolist() for b in DataLoader(range(5), batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Any,
        feed_list: Any = None,
        places: Any = None,
        return_list: bool = True,
        batch_sampler: Any = None,
        batch_size: int | None = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        collate_fn: Callable[[Any], Any] | None = None,
        num_workers: int = 0,
        use_buffer_reader: bool = True,
        reader_buffer_size: int = 2,
        prefetch_factor: int = 2,
        use_shared_memory: bool = True,
        timeout: int = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        persistent_workers: bool = False,
    ) -> None:
        for place in places if isinstance(places, (list, tuple)) else [places]:
            check_place(place)
        _need(num_workers >= 0, "num_workers should be a non-negative value")
        _need(prefetch_factor > 0, "prefetch_factor should be a positive value")
        _need(timeout >= 0, "timeout should be a non-negative value")
        streams = isinstance(dataset, IterableDataset)
        if streams and shuffle:
            raise ValueError(f"IterableDataset not support shuffle, but got shuffle={shuffle}")
        if streams and batch_sampler is not None:
            raise ValueError("IterableDataset expect unspecified batch_sampler")
        self.dataset = dataset
        self.feed_list = feed_list
        self.places = [CPU]
        self.return_list = return_list
        self.collate_fn = collate_fn
        self.num_workers = num_workers
        self.use_buffer_reader = use_buffer_reader
        self.reader_buffer_size = reader_buffer_size
        self.prefetch_factor = prefetch_factor
        self.use_shared_memory = use_shared_memory and num_workers > 0
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.dataset_kind = ITER if streams else MAP
        self.batch_sampler: Any = None
        self.batch_size: int | None = None
        if batch_sampler is not None:
            _need(
                batch_size == 1 and not shuffle and not drop_last,
                "batch_size/shuffle/drop_last should not be set when batch_sampler is given",
            )
            self.batch_sampler = batch_sampler
        elif batch_size is not None:
            _need(batch_size > 0, "batch_size should be None or a positive value when batch_sampler is not given")
            self.batch_size = batch_size
            if streams:
                self.batch_sampler = InfiniteIterableSampler(dataset, batch_size)
            else:
                self.batch_sampler = BatchSampler(
                    dataset=dataset, batch_size=batch_size, shuffle=shuffle, drop_last=drop_last
                )
        self.drop_last = drop_last
        self.auto_collate_batch = self.batch_sampler is not None
        self.pin_memory = True
        self._persistent_workers = persistent_workers
        self._iterator: Any = None

    def __len__(self) -> int:
        if self.dataset_kind == ITER:
            raise ValueError("length of IterableDataset not supported")
        return len(self.batch_sampler) if self.auto_collate_batch else len(self.dataset)

    def __iter__(self) -> _DataLoaderIterBase:
        if self.num_workers == 0:
            return _DataLoaderIterSingleProcess(self)
        if not self._persistent_workers:
            return _DataLoaderIterMultiProcess(self)
        if self._iterator is None:
            self._iterator = _DataLoaderIterMultiProcess(self)
        else:
            self._iterator._reset()
        return self._iterator

    def __call__(self) -> _DataLoaderIterBase:
        return self.__iter__()
