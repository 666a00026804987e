"""What a worker process is for, and what is known in it; its life is `plait.feed.worker`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.feed.worker import Job, seed_libraries

__all__ = ["WorkerInfo", "get_worker_info"]


class WorkerInfo:
    """About the worker process that one is in: `id`, `num_workers`, `seed`, and `dataset`, its own copy."""

    __slots__ = ("dataset", "id", "num_workers", "rng", "seed", "worker_method")

    def __init__(
        self,
        id: int,
        num_workers: int,
        seed: int,
        dataset: Any,
        rng: Any = None,
        worker_method: str | None = "multiprocessing",
    ) -> None:
        values = (("id", id), ("num_workers", num_workers), ("seed", seed), ("dataset", dataset), ("rng", rng),
                  ("worker_method", worker_method))  # fmt: skip
        for name, value in values:
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __repr__(self) -> str:
        names = ("id", "num_workers", "seed", "dataset", "rng", "worker_method")
        return f"WorkerInfo({', '.join(f'{n}={getattr(self, n)!r}' for n in names)})"


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker process of a DataLoader, what is known about it; in the main process None."""
    return _worker_info


class LoaderJob(Job):
    """The work of a DataLoader's workers."""

    home = "plait.torch._tensor"

    def __init__(
        self,
        kind: int,
        dataset: Any,
        auto_collation: bool,
        collate_fn: Callable[[Any], Any],
        drop_last: bool,
        base_seed: int,
        init_fn: Callable[[int], None] | None,
        num_workers: int,
    ) -> None:
        self.kind = kind
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.base_seed = base_seed
        self.init_fn = init_fn
        self.num_workers = num_workers

    @property
    def streams(self) -> bool:  # type: ignore[override]
        """Whether the dataset is an iterable one."""
        return self.kind == 1

    def begin(self, worker_id: int) -> None:
        from plait.ops import random as engine

        global _worker_info
        seed = seed_libraries(self.base_seed, worker_id)
        engine.default.reseed(seed)
        _worker_info = WorkerInfo(worker_id, self.num_workers, seed, self.dataset)
        if self.init_fn is not None:
            self.init_fn(worker_id)

    def fetcher(self) -> Any:
        from plait.torch.utils.data.dataloader import _DatasetKind

        return _DatasetKind.create_fetcher(
            self.kind, self.dataset, self.auto_collation, self.collate_fn, self.drop_last
        )
