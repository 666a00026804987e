"""The exceptions of TensorFlow that operations raise, under upstream's names."""

from __future__ import annotations

from typing import Any

__all__ = [
    "FailedPreconditionError",
    "InvalidArgumentError",
    "NotFoundError",
    "OpError",
    "OutOfRangeError",
    "UnimplementedError",
    "as_upstream",
]


class OpError(Exception):
    """The base of the errors that operations raise; `OpError(node_def, op, message, error_code)` as upstream, or a message alone."""

    def __init__(self, node_def: Any = None, op: Any = None, message: Any = None, *args: Any) -> None:
        text = node_def if message is None else message
        super().__init__(text)
        self.message = text
        self.node_def = None if message is None else node_def
        self.op = op

    def __str__(self) -> str:
        return str(self.message)


class InvalidArgumentError(OpError):
    """An operation got an argument that it can not work with."""


class NotFoundError(OpError):
    """A file or a key is not there."""


class OutOfRangeError(OpError):
    """Iteration went past the end."""


class UnimplementedError(OpError):
    """The operation exists, but not for these arguments."""


class FailedPreconditionError(OpError):
    """The state is not one in which the operation works."""


def as_upstream(error: Exception) -> Exception:
    """The engine's complaints about arguments as TensorFlow's InvalidArgumentError; others as they are."""
    if type(error) in (RuntimeError, IndexError):
        return InvalidArgumentError(str(error))
    return error
