"""PyDataset: batches by number, made by the program; by threads or processes if asked for."""

from __future__ import annotations

import itertools
import random
import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any


class PyDataset:
    """A dataset with `__getitem__(index)`, which gives batch number `index`, and `__len__`, or `num_batches` (None: without end)."""

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self._workers, self._use_multiprocessing, self._max_queue_size = workers, use_multiprocessing, max_queue_size

    def _setting(self, name: str, default: Any) -> Any:
        if name not in self.__dict__:
            setattr(self, name, default)
            warnings.warn(
                "Your `PyDataset` class should call `super().__init__(**kwargs)` in its constructor. `**kwargs` can include "
                "`workers`, `use_multiprocessing`, `max_queue_size`. Do not pass these arguments to `fit()`, as they will be "
                "ignored.",
                stacklevel=3,
            )
        return self.__dict__[name]

    @property
    def workers(self) -> int:
        """How many threads or processes make batches."""
        return self._setting("_workers", 1)

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = value

    @property
    def use_multiprocessing(self) -> bool:
        """Whether processes make batches rather than threads."""
        return self._setting("_use_multiprocessing", False)

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = value

    @property
    def max_queue_size(self) -> int:
        """How many batches may be made ahead."""
        return self._setting("_max_queue_size", 10)

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = value

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    @property
    def num_batches(self) -> int | None:
        """How many batches there are."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            "You need to implement the `num_batches` property:\n\n@property\ndef num_batches(self):\n  return ..."
        )

    def __iter__(self) -> Iterator[Any]:
        try:
            count = self.num_batches
        except NotImplementedError:
            count = None
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""

    def _batches(self, shuffle: bool) -> Iterator[Any]:
        """The batches of an epoch, made ahead by workers where there are several."""
        count = self.num_batches
        order: Any = itertools.count() if count is None else range(count)
        if shuffle and count is not None:
            order = random.sample(order, count)
        workers, processes = self.workers, self.use_multiprocessing
        if workers > 1 or (workers > 0 and processes):
            yield from self._made_ahead(iter(order), workers, processes)
        else:
            for index in order:
                yield _checked(self[index])

    def _made_ahead(self, order: Iterator[int], workers: int, processes: bool) -> Iterator[Any]:
        pool: Executor = ProcessPoolExecutor(workers) if processes else ThreadPoolExecutor(workers)
        waiting: deque[Any] = deque()
        try:
            for index in itertools.islice(order, self.max_queue_size):
                waiting.append(pool.submit(self.__getitem__, index))
            while waiting:
                batch = waiting.popleft().result()
                following = next(order, None)
                if following is not None:
                    waiting.append(pool.submit(self.__getitem__, following))
                yield _checked(batch)
        finally:
            for future in waiting:
                future.cancel()
            pool.shutdown(wait=False, cancel_futures=True)


def _checked(batch: Any) -> Any:
    if isinstance(batch, dict) or hasattr(batch, "shape"):
        return batch
    if not isinstance(batch, (tuple, list)) or len(batch) not in (1, 2, 3):
        raise ValueError(
            "PyDataset.__getitem__() must return a tuple or a dict. If a tuple, it must be ordered either (input,) or (inputs, "
            f"targets) or (inputs, targets, sample_weights). Received: {str(batch)[:100]}... of type {type(batch)}"
        )
    return batch
