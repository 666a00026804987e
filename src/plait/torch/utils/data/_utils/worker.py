"""What a worker process is for, and what is known in it; its life is `plait.feed.worker`."""

from __future__ import annotations

from typing import Any

from plait.feed.worker import Job

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

    def tell(self, worker_id: int, seed: int) -> None:
        from plait.ops import random as engine

        global _worker_info
        engine.default.reseed(seed)
        _worker_info = WorkerInfo(worker_id, self.num_workers, seed, self.dataset)
