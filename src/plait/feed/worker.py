"""What runs inside a worker process: fetch what the parent asks for and send it back.

A worker has one connection. A thread of it reads requests into a queue, so that the parent never blocks on a busy worker; the
main thread fetches and sends. When the connection ends, or the parent is gone, the worker ends too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.feed.messages import End, Failure, Resume, send

__all__ = ["Job", "numpy_words", "run", "seed_libraries"]


class Job:
    """What a loader's workers are for; it goes to them by pickle where they do not fork, so its parts must too."""

    #: The module of the dialect's class Tensor.
    home: str

    def __init__(
        self,
        make: Callable[..., Any],
        parts: tuple[Any, ...],
        dataset: Any,
        streams: bool,
        base_seed: int,
        init_fn: Callable[[int], None] | None,
        num_workers: int,
    ) -> None:
        self.make = make
        self.parts = parts
        self.dataset = dataset
        #: Whether the dataset is a stream, whose StopIteration ends the worker's part.
        self.streams = streams
        self.base_seed = base_seed
        self.init_fn = init_fn
        self.num_workers = num_workers

    def begin(self, worker_id: int) -> None:
        """Seed, say which worker this is, and call the user's own function."""
        self.tell(worker_id, seed_libraries(self.base_seed, worker_id))
        if self.init_fn is not None:
            self.init_fn(worker_id)

    def tell(self, worker_id: int, seed: int) -> None:
        """Seed the dialect's own generator, and note which worker this is."""
        raise NotImplementedError

    def fetcher(self) -> Any:
        """What fetches, new for each pass: `make(*parts)`."""
        return self.make(*self.parts)


def numpy_words(base_seed: int, worker_id: int) -> list[int]:
    """The four words that NumPy's generator begins with in a worker."""
    import numpy as np

    sequence = np.random.SeedSequence([worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0])
    return [int(word) for word in sequence.generate_state(4)]


def seed_libraries(base_seed: int, worker_id: int) -> int:
    """Seed Python's and NumPy's generators for a worker; returns the worker's seed."""
    import random

    import numpy as np

    seed = base_seed + worker_id
    random.seed(seed)
    np.random.seed(numpy_words(base_seed, worker_id))
    return seed


def _listen(connection: Any, requests: Any, parent: int) -> None:
    import os

    try:
        while True:
            while not connection.poll(5.0):
                if os.getppid() != parent:
                    os._exit(1)
            message = connection.recv()
            requests.put(message)
            if message is None:
                return
    except (EOFError, OSError):
        requests.put(None)


def run(connection: Any, inherited: list[Any], parent: int, job: Job, worker_id: int) -> None:
    """The worker's life."""
    import queue
    import threading

    from plait import _native

    for other in inherited:  # ends of the other workers' connections that a fork has copied here
        other.close()
    try:
        _native.set_thread_count(1)
        fetcher: Any = None
        failed: Any = None
        try:
            job.begin(worker_id)
            fetcher = job.fetcher()
        except Exception:
            failed = Failure(worker_id)
        requests: Any = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(connection, requests, parent), daemon=True).start()
        ended = False
        while True:
            request = requests.get()
            if request is None:
                return
            if isinstance(request, Resume):
                ended = False
                if failed is None:
                    try:
                        fetcher = job.fetcher()
                    except Exception:
                        failed = Failure(worker_id)
                send(connection, (request, None), job.home)
                continue
            if ended:
                continue
            number, index = request
            data: Any
            if failed is not None:
                data, failed = failed, None
            elif fetcher is None:
                continue
            else:
                try:
                    data = fetcher.fetch(index)
                except Exception as error:
                    if isinstance(error, StopIteration) and job.streams:
                        data = End(worker_id)
                        ended = True
                    else:
                        data = Failure(worker_id)
            try:
                send(connection, (number, data), job.home)
            except OSError:
                return
            except Exception:
                send(connection, (number, Failure(worker_id)), job.home)
            del data, request
    except (KeyboardInterrupt, OSError):
        return
