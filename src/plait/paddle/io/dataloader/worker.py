"""What a worker process is for, and what is known in it; its life is `plait.feed.worker`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.feed.worker import Job, seed_libraries
from plait.paddle.io.dataloader.fetcher import ITER, create_fetcher

__all__ = ["get_worker_info"]


class WorkerInfo:
    """About the worker process that one is in: `id`, `num_workers`, `seed`, and `dataset`, its own copy."""

    num_workers: int
    id: int
    dataset: Any
    seed: int

    def __init__(self, **kwargs: Any) -> None:
        self.__dict__.update(kwargs)

    def __setattr__(self, key: str, val: Any) -> None:
        raise RuntimeError(f"Cannot assign attributes to {type(self).__name__} objects")


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker process of a DataLoader, what is known about it; in the main process None."""
    return _worker_info


class LoaderJob(Job):
    """The work of a DataLoader's workers."""

    home = "plait.paddle._tensor"

    def __init__(
        self,
        kind: int,
        dataset: Any,
        auto_collate: bool,
        collate_fn: Callable[[Any], Any],
        drop_last: bool,
        base_seed: int,
        init_fn: Callable[[int], None] | None,
        num_workers: int,
    ) -> None:
        self.kind = kind
        self.dataset = dataset
        self.auto_collate = auto_collate
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.base_seed = base_seed
        self.init_fn = init_fn
        self.num_workers = num_workers

    @property
    def streams(self) -> bool:  # type: ignore[override]
        """Whether the dataset is an iterable one."""
        return self.kind == ITER

    def begin(self, worker_id: int) -> None:
        from plait.paddle import _random

        global _worker_info
        _random.seed(seed_libraries(self.base_seed, worker_id))
        _worker_info = WorkerInfo(id=worker_id, num_workers=self.num_workers, dataset=self.dataset, seed=self.base_seed)
        if self.init_fn is not None:
            self.init_fn(worker_id)

    def fetcher(self) -> Any:
        return create_fetcher(self.kind, self.dataset, self.auto_collate, self.collate_fn, self.drop_last)
