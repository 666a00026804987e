"""What upstream compiles to a graph runs here as it is written; this file makes it complain as upstream's graph does.

Rules of this file: what does not fit already while a graph is put together is a ValueError (shapes) or a TypeError (dtypes); what only
values tell (an index, a label) stays an InvalidArgumentError, of the graph's execution. Sizes of batches count as unknown in what is told.
Python's own prints are a matter of putting the graph together: they come once, tf.print's at every run.
"""

from __future__ import annotations

import io
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from plait.keras._errors import InvalidArgumentError

__all__ = ["Printing", "active", "as_traced", "graph_name", "graph_shape", "printed", "traced"]


class _State(threading.local):
    depth = 0
    batch: int | None = None
    name = "Placeholder"


_STATE = _State()
_OF_VALUES = (
    "indices",
    "label value",
    "scatter: index",
    "Condition ",
    "assertion failed",
    "x and y not equal",
    "Tensor had",
)
_OPERATION = re.compile(r"(?:\{\{function_node [^}]*\}\} )?(.*?) ?\[Op:(\w+)\](?: name: .*)?", re.DOTALL)
_NAMES = {"float": "float32", "double": "float64", "half": "float16"}
_DTYPES = re.compile(
    r"cannot compute (\w+) as input #1\(zero-based\) was expected to be an? (\w+) tensor but is an? (\w+) tensor"
)
_SHAPES = re.compile(r"Incompatible shapes: \[([\d,]*)\] vs\. \[([\d,]*)\] \[Op:(\w+)\]")
_MATRICES = re.compile(r"Matrix size-incompatible: In\[0\]: \[([\d,]+)\], In\[1\]: \[([\d,]+)\] \[Op:(\w+)\]")


def active() -> bool:
    """Whether what runs now would be part of a graph."""
    return _STATE.depth > 0


def graph_shape(shape: Any) -> tuple[Any, ...]:
    """A shape as a graph knows it: the size of the batch, where it leads, is None."""
    sizes = tuple(shape)
    return (None, *sizes[1:]) if sizes and _STATE.batch is not None and sizes[0] == _STATE.batch else sizes


def graph_name(x: Any) -> Any:
    """A batch's tensor as a graph shows it; itself outside of one."""
    if not active():
        return x
    return f'Tensor("{_STATE.name}:0", shape={graph_shape(x.shape)}, dtype={x.dtype.name})'


def _executed(text: str) -> InvalidArgumentError:
    """What an operation complains of when the graph runs."""
    if found := _OPERATION.fullmatch(text):
        message, op = found.groups()
        node = f"{{{{node {op}}}}}"
        text = f"Detected at node {op} defined at (most recent call last):\n{message}\n\t [[{node}]]"
    return InvalidArgumentError(f"Graph execution error:\n\n{text}")


def as_traced(error: InvalidArgumentError) -> Exception:
    """An operation's complaint as the graph's."""
    text = str(error)
    if text.startswith("Graph execution error"):
        return error
    if any(words in text for words in _OF_VALUES):
        return _executed(text)
    if found := _DTYPES.search(text):
        op, given, wanted = found.group(1), *(_NAMES.get(n, n) for n in (found.group(3), found.group(2)))
        return TypeError(f"Input 'y' of '{op}' Op has type {given} that does not match type {wanted} of argument 'x'.")
    if text.startswith("cannot compute"):
        return TypeError(text)
    if found := _SHAPES.search(text):
        a, b = ([int(n) for n in part.split(",") if n] for part in found.groups()[:2])
        rows = f"for '{{{{node {found.group(3)}}}}}' with input shapes: [{found.group(1)}], [{found.group(2)}]."
        for m, n in zip(reversed(graph_shape(a)), reversed(graph_shape(b)), strict=False):
            if m != n and None not in (m, n) and 1 not in (m, n):
                return ValueError(f"Dimensions must be equal, but are {m} and {n} {rows}")
        return _executed(text)
    if found := _MATRICES.search(text):
        a, b = ([int(n) for n in part.split(",")] for part in found.groups()[:2])
        return ValueError(
            f"Dimensions must be equal, but are {a[-1]} and {b[-2]} for '{{{{node {found.group(3)}}}}}' with input shapes: "
            f"[{found.group(1)}], [{found.group(2)}]."
        )
    return ValueError(text)


class Printing:
    """Standard output while a graph would be put together (`first`), or would run: Python's prints at once, or dropped; `later` what is
    printed by the run itself."""

    def __init__(self, real: Any, first: bool) -> None:
        self.real, self.first = real, first
        self.told, self.later = io.StringIO(), io.StringIO()

    def write(self, text: str) -> int:
        """Prints, or drops, a text."""
        if self.first:
            self.told.write(text)
            self.real.write(text)
        return len(text)

    def flush(self) -> None:
        """What is printed goes out."""
        self.real.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def repeat(self) -> None:
        """Python's prints once more: a graph whose first run makes variables is put together twice."""
        self.real.write(self.told.getvalue())

    def finish(self) -> None:
        """The block is over."""
        self.real.write(self.later.getvalue())


@contextmanager
def printed(first: bool) -> Iterator[Printing | None]:
    """A block whose Python prints come only the first time; None where an outer block has seen to that."""
    real = sys.stdout
    if isinstance(real, Printing):
        yield None
        return
    stream = Printing(real, first)
    sys.stdout = stream
    try:
        yield stream
    finally:
        sys.stdout = real
        stream.finish()


@contextmanager
def traced(batch: int | None = None, name: str = "Placeholder") -> Iterator[None]:
    """A block that upstream would have compiled, for batches of unknown size where `batch` is the size of this one; `name`: its input."""
    before = _STATE.batch, _STATE.name
    _STATE.depth += 1
    _STATE.batch, _STATE.name = batch, name
    try:
        yield
    except InvalidArgumentError as error:
        told = as_traced(error)
        if told is error:
            raise
        raise told.with_traceback(error.__traceback__) from None
    finally:
        _STATE.depth -= 1
        _STATE.batch, _STATE.name = before
