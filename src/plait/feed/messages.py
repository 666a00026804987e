"""What goes between a loader and its workers: batches with their arrays beside the pickle, and failures."""

from __future__ import annotations

from typing import Any

__all__ = ["End", "Failure", "Resume", "receive", "send"]


class End:
    """A worker's stream is exhausted."""

    __slots__ = ("worker_id",)

    def __init__(self, worker_id: int) -> None:
        self.worker_id = worker_id


class Resume:
    """Begin a new pass (persistent workers), and the answer to it."""

    __slots__ = ()


class _Shown(str):
    """A message that KeyError shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Failure:
    """The exception that is being handled, with its traceback as text, to be sent to another process and raised there."""

    def __init__(self, worker_id: int) -> None:
        import sys
        import traceback

        error = sys.exc_info()
        assert error[0] is not None
        self.worker_id = worker_id
        self.kind: Any = error[0]
        self.trace = "".join(traceback.format_exception(*error))

    def reraise(self, message: str) -> None:
        """Raise it again, of its own type where that takes one message, else as RuntimeError."""
        if getattr(self.kind, "message", None):
            raise self.kind(message=message)
        try:
            error = self.kind(_Shown(message) if self.kind is KeyError else message)
        except Exception:
            raise RuntimeError(message) from None
        raise error


def send(connection: Any, message: Any, home: str) -> None:
    """Pickle a message; the arrays' memory goes beside the pickle, uncopied. Tensors go as their arrays: those of the class
    `Tensor` of the module `home` (a dialect's classes have upstream's names, by which pickle would not find them)."""
    import io
    import pickle

    face = _face(home)

    class Pickler(pickle.Pickler):
        def reducer_override(self, obj: Any) -> Any:
            if type(obj) is face:
                if obj.tape_node is not None:
                    raise RuntimeError(
                        "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support "
                        "crossing process boundaries.  If you just want to transfer the data, call detach() on the tensor "
                        "before serializing (e.g., putting it on the queue)."
                    )
                return rebuild, (home, obj.array, obj.tracks)
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


def _face(home: str) -> Any:
    from importlib import import_module

    return import_module(home).Tensor


def rebuild(home: str, array: Any, tracks: bool) -> Any:
    """A tensor from what `send` made of it."""
    t = _face(home).wrap(array)
    t.tracks = tracks
    return t
