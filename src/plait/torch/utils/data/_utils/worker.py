"""What runs inside a worker process: fetch what the parent asks for and send it back.

A worker has one connection. A thread of it reads requests into a queue, so that the parent never blocks on a busy worker; the
main thread fetches and sends. When the connection ends, or the parent is gone, the worker ends too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


class KeyErrorMessage(str):
    """A message that KeyError shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class ExceptionWrapper:
    """An exception with its traceback as text, to be sent to another process and raised there."""

    def __init__(self, exc_info: Any = None, where: str = "in background") -> None:
        import sys
        import traceback

        if exc_info is None:
            exc_info = sys.exc_info()
        self.exc_type = exc_info[0]
        self.exc_msg = "".join(traceback.format_exception(*exc_info))
        self.where = where

    def reraise(self) -> None:
        """Raise it again, of its own type where that takes one message, else as RuntimeError."""
        msg: Any = f"Caught {self.exc_type.__name__} {self.where}.\nOriginal {self.exc_msg}"
        if self.exc_type is KeyError:
            msg = KeyErrorMessage(msg)
        elif getattr(self.exc_type, "message", None):
            raise self.exc_type(message=msg)
        try:
            error = self.exc_type(msg)
        except Exception:
            raise RuntimeError(msg) from None
        raise error


class End:
    """A worker's iterable dataset is exhausted."""

    __slots__ = ("worker_id",)

    def __init__(self, worker_id: int) -> None:
        self.worker_id = worker_id


class Resume:
    """Begin a new pass (persistent workers), and the answer to it."""

    __slots__ = ()


def send(connection: Any, message: Any) -> None:
    """Pickle a message; the arrays' memory goes beside the pickle, uncopied."""
    import io
    import pickle

    from plait.torch._tensor import Tensor

    class Pickler(pickle.Pickler):
        def reducer_override(self, obj: Any) -> Any:
            if type(obj) is Tensor:
                if obj.node is not None:
                    raise RuntimeError(
                        "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support "
                        "crossing process boundaries.  If you just want to transfer the data, call detach() on the tensor "
                        "before serializing (e.g., putting it on the queue)."
                    )
                return rebuild, (obj.array, obj.tracks)
            return NotImplemented

    buffers: list[Any] = []
    sink = io.BytesIO()
    Pickler(sink, protocol=5, buffer_callback=buffers.append).dump(message)
    raw = [b.raw() for b in buffers]
    connection.send_bytes(pickle.dumps((len(sink.getbuffer()), [b.nbytes for b in raw])))
    connection.send_bytes(sink.getbuffer())
    for b in raw:
        if b.nbytes:
            connection.send_bytes(b)


def receive(connection: Any) -> Any:
    """What `send` sent; arrays lie in memory of their own."""
    import pickle

    from plait import _native

    _, sizes = pickle.loads(connection.recv_bytes())
    body = connection.recv_bytes()
    buffers = []
    for size in sizes:
        memory = _native.empty((size,), "uint8")
        if size:
            connection.recv_bytes_into(memory)
        buffers.append(memory)
    return pickle.loads(body, buffers=buffers)


def rebuild(array: Any, tracks: bool) -> Any:
    """A tensor from what `send` made of it."""
    from plait.torch._tensor import Tensor

    t = Tensor.wrap(array)
    t.tracks = tracks
    return t


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


def seed_everything(base_seed: int, worker_id: int) -> int:
    """Seed Python's, NumPy's and the default generator for a worker; the seed it has."""
    import random

    import numpy as np

    from plait.ops import random as engine

    seed = base_seed + worker_id
    random.seed(seed)
    engine.default.reseed(seed)
    words = np.random.SeedSequence([worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]).generate_state(4)
    np.random.seed(words)
    return seed


def run(
    connection: Any,
    inherited: list[Any],
    parent: int,
    kind: int,
    dataset: Any,
    auto_collation: bool,
    collate_fn: Callable[[Any], Any],
    drop_last: bool,
    base_seed: int,
    init_fn: Callable[[int], None] | None,
    worker_id: int,
    num_workers: int,
) -> None:
    """The worker's life."""
    import queue
    import threading

    from plait import _native
    from plait.torch.utils.data.dataloader import _DatasetKind

    global _worker_info
    for other in inherited:  # ends of the other workers' connections that a fork has copied here
        other.close()
    where = f"in DataLoader worker process {worker_id}"
    try:
        _native.set_thread_count(1)
        seed = seed_everything(base_seed, worker_id)
        _worker_info = WorkerInfo(worker_id, num_workers, seed, dataset)
        fetcher: Any = None
        failed: Any = None
        try:
            if init_fn is not None:
                init_fn(worker_id)
            fetcher = _DatasetKind.create_fetcher(kind, dataset, auto_collation, collate_fn, drop_last)
        except Exception:
            failed = ExceptionWrapper(where=where)
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
                        fetcher = _DatasetKind.create_fetcher(kind, dataset, auto_collation, collate_fn, drop_last)
                    except Exception:
                        failed = ExceptionWrapper(where=where)
                send(connection, (request, None))
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
                    if isinstance(error, StopIteration) and kind == _DatasetKind.Iterable:
                        data = End(worker_id)
                        ended = True
                    else:
                        data = ExceptionWrapper(where=where)
            try:
                send(connection, (number, data))
            except OSError:
                return
            except Exception:
                send(connection, (number, ExceptionWrapper(where=where)))
            del data, request
    except (KeyboardInterrupt, OSError):
        return
