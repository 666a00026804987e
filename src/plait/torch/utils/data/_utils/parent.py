"""Loading from worker processes."""

from __future__ import annotations

from typing import Any

from plait.feed.messages import Failure
from plait.feed.parent import Workers
from plait.torch.utils.data._utils.worker import LoaderJob
from plait.torch.utils.data.dataloader import DataLoader, _BaseDataLoaderIter, _DatasetKind

__all__ = ["_MultiProcessingDataLoaderIter"]


class _MultiProcessingDataLoaderIter(Workers, _BaseDataLoaderIter):
    def __init__(self, loader: DataLoader[Any]) -> None:
        _BaseDataLoaderIter.__init__(self, loader)
        assert loader.prefetch_factor is not None
        job = LoaderJob(
            _DatasetKind.create_fetcher,
            (self._dataset_kind, self._dataset, self._auto_collation, self._collate_fn, self._drop_last),
            self._dataset,
            self._dataset_kind == _DatasetKind.Iterable,
            self._base_seed,
            loader.worker_init_fn,
            self._num_workers,
        )
        self._start(
            job,
            self._num_workers,
            loader.multiprocessing_context,
            loader.prefetch_factor,
            self._timeout,
            self._persistent_workers,
            loader.in_order,
        )

    def _next_index(self) -> Any:
        return next(self._sampler_iter)

    def _words(self, failure: Failure) -> str:
        return f"Caught {failure.kind.__name__} in DataLoader worker process {failure.worker_id}.\nOriginal {failure.trace}"

    def _reset(self, loader: DataLoader[Any], first_iter: bool = False) -> None:
        super()._reset(loader, first_iter)
        self._begin_pass(again=True)
