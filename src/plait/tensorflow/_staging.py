"""What `tf.function` does besides calling: errors as its graph tells them, variables made once, prints once for each signature.

Rules of this file: Python code runs at every call, as the function says; what upstream's tracing would hide from the program (a second
`print` for a known signature) is hidden, what it would refuse (variables made at every call) is refused.
"""

from __future__ import annotations

import contextlib
import gc
import linecache
import threading
import traceback
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plait.keras import _resource
from plait.keras._errors import InvalidArgumentError, OpError
from plait.keras._tensor import Tensor
from plait.keras._traced import printed, traced

__all__ = ["StagingError", "signature_of", "staged"]

_OWN = str(Path(__file__).resolve().parents[1])
_TOLD_BY_TEXT = (
    AssertionError, AttributeError, NameError, NotImplementedError, RuntimeError, StopIteration, TypeError, UnboundLocalError, ValueError,
)  # fmt: skip


class StagingError(Exception):
    """An error of the function's Python code, of a class that takes more than a text."""

    __module__ = "tensorflow.python.autograph.impl.api"


class _KeyError(KeyError):
    """A KeyError that shows its lines as lines."""

    def __str__(self) -> str:
        return str(self.args[0])


_KeyError.__name__ = _KeyError.__qualname__ = "KeyError"


def _key(value: Any, variables: list[int]) -> Any:
    if isinstance(value, Tensor):
        return (value.array.dtype.str, value.array.shape)
    if isinstance(value, (list, tuple)):
        return (type(value), tuple([_key(v, variables) for v in value]))
    if isinstance(value, dict):
        return (dict, tuple([(k, _key(v, variables)) for k, v in value.items()]))
    if hasattr(value, "_read"):  # a variable: which of the call's it is
        if id(value) not in variables:
            variables.append(id(value))
        return (str(value.dtype), tuple(value.shape), variables.index(id(value)))
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return (getattr(value.dtype, "str", str(value.dtype)), tuple(value.shape))
    try:
        hash(value)
    except TypeError:
        return id(value)
    return value


def signature_of(args: Any, kwargs: Any) -> Any:
    """What tells apart calls that upstream traces apart: dtypes and shapes of tensors, other arguments themselves."""
    variables: list[int] = []
    return (_key(args, variables), _key(kwargs, variables))


def _told(error: Exception) -> Exception:
    """The error with the lines of the program that led to it."""
    if isinstance(error, (OpError, StagingError)) or hasattr(error, "_plait_told"):
        return error
    lines = []
    for frame in traceback.extract_tb(error.__traceback__):
        if not frame.filename.startswith(_OWN) and frame.filename != contextlib.__file__:
            line = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
            lines.append(f'    File "{frame.filename}", line {frame.lineno}, in {frame.name}  *\n        {line}\n')
    kind = type(error)
    told = f"{kind.__name__}: {error}".replace("\n", "\n    ")
    text = "in user code:\n\n" + "".join(lines) + f"\n    {told}\n"
    if kind is KeyError:
        new: Exception = _KeyError(text)
    elif kind.__init__ is Exception.__init__ or kind in _TOLD_BY_TEXT:
        new = kind(text)
    else:
        new = StagingError(text)
    new._plait_told = True  # type: ignore[attr-defined]
    return new


class _Depth(threading.local):
    value = 0


_DEPTH = _Depth()


def staged(function: Callable[..., Any], args: Any, kwargs: Any, known: bool, first: bool, autograph: bool) -> Any:
    """One call under `tf.function`: `known` where the signature was seen, `first` where no call made its variables yet."""
    made: list[weakref.ref[Any]] = []
    outermost = _DEPTH.value == 0
    _DEPTH.value += 1
    try:
        with printed(not known) as stream, _resource.noting(made):
            try:
                with traced():
                    result = function(*args, **kwargs)
                _settle(made, first)
            except InvalidArgumentError:
                raise
            except Exception as error:
                if not (autograph and outermost):
                    raise
                raise _told(error).with_traceback(error.__traceback__) from None
            if made and stream is not None:
                stream.repeat()
    finally:
        _DEPTH.value -= 1
    return result


def _settle(made: list[weakref.ref[Any]], first: bool) -> None:
    """Variables of the first call are the function's own as long as somebody keeps them; later ones never are."""
    if not made:
        return
    if first:
        gc.collect()
    if not first or any(v() is None for v in made):
        raise ValueError(
            "tf.function only supports singleton tf.Variables created on the first call. Make sure the tf.Variable is only created once "
            "or created outside tf.function."
        )
