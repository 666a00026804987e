"""One pass over a loader, in this process or from worker processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from plait.feed.messages import Failure
from plait.feed.parent import Workers
from plait.paddle.io.dataloader.batch_sampler import InfiniteIterableSampler
from plait.paddle.io.dataloader.collate import default_collate_fn, default_convert_fn
from plait.paddle.io.dataloader.fetcher import ITER, MAP, create_fetcher
from plait.paddle.io.dataloader.worker import LoaderJob

__all__: list[str] = []


class _DataLoaderIterBase:
    def __init__(self, loader: Any) -> None:
        self._dataset = loader.dataset
        self._batch_sampler = loader.batch_sampler
        self._drop_last = loader.drop_last
        self._auto_collate_batch = loader.auto_collate_batch
        self._dataset_kind = loader.dataset_kind
        self._collate_fn = loader.collate_fn or (
            default_collate_fn if loader.auto_collate_batch else default_convert_fn
        )
        self._sampler_iter: Iterator[Any] = iter(self._index_sampler)

    @property
    def _index_sampler(self) -> Any:
        if self._auto_collate_batch:
            return self._batch_sampler
        if self._dataset_kind == MAP:
            return range(len(self._dataset))
        return InfiniteIterableSampler(self._dataset, 1)

    def __iter__(self) -> Any:
        return self

    def __len__(self) -> int:
        return len(self._batch_sampler)


class _DataLoaderIterSingleProcess(_DataLoaderIterBase):
    def __init__(self, loader: Any) -> None:
        super().__init__(loader)
        self._fetcher = create_fetcher(
            self._dataset_kind, self._dataset, self._auto_collate_batch, self._collate_fn, self._drop_last
        )

    def __next__(self) -> Any:
        return self._fetcher.fetch(next(self._sampler_iter))


class _DataLoaderIterMultiProcess(Workers, _DataLoaderIterBase):
    def __init__(self, loader: Any) -> None:
        _DataLoaderIterBase.__init__(self, loader)
        job = LoaderJob(
            create_fetcher,
            (self._dataset_kind, self._dataset, self._auto_collate_batch, self._collate_fn, self._drop_last),
            self._dataset,
            self._dataset_kind == ITER,
            int(np.random.randint(low=0, high=sys.maxsize)),
            loader.worker_init_fn,
            loader.num_workers,
        )
        self._start(
            job,
            loader.num_workers,
            context=None,
            prefetch=loader.prefetch_factor,
            timeout=0,
            persists=loader._persistent_workers,
            in_order=True,
        )

    def _next_index(self) -> Any:
        return next(self._sampler_iter)

    def _words(self, failure: Failure) -> str:
        return f"DataLoader worker({failure.worker_id}) caught {failure.kind.__name__} with message:\n{failure.trace}"

    def _reset(self) -> None:
        self._sampler_iter = iter(self._index_sampler)
        self._begin_pass(again=True)

    def __next__(self) -> Any:
        return self._next_data()
