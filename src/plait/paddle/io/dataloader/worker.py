"""What a worker process is for, and what is known in it; its life is `plait.feed.worker`."""

from __future__ import annotations

from typing import Any

from plait.feed.worker import Job, numpy_words

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


def _generate_states(base_seed: int = 0, worker_id: int = 0) -> list[int]:
    """The four words that NumPy's generator begins with in a worker."""
    return numpy_words(base_seed, worker_id)


class LoaderJob(Job):
    """The work of a DataLoader's workers."""

    home = "plait.paddle._tensor"

    def tell(self, worker_id: int, seed: int) -> None:
        from plait.paddle import _random

        global _worker_info
        _random.seed(seed)
        _worker_info = WorkerInfo(id=worker_id, num_workers=self.num_workers, dataset=self.dataset, seed=self.base_seed)
