"""What a thread records: blocks (and decorators) in which the tape is off, on, or out of the question.

A dialect's `no_grad` and its kin are subclasses that take upstream's arguments.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from plait.tensor import MODE

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ModeBlock", "enable_grad", "grad_enabled", "inference_mode", "no_grad", "set_grad_enabled"]

_GENERATOR = 0x20  # of a code object's flags


class ModeBlock:
    """A mode for a block, or for what it decorates: a function, a generator function between its yields, the constructor of a class.

    `grad` and `inference` are set on entry (None: as they were) and put back on exit; one object may be entered again while it is open.
    """

    def __init__(self, grad: bool | None, inference: bool | None = None) -> None:
        self._mode = grad, inference
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._before.append((MODE.grad, MODE.inference))
        grad, inference = self._mode
        if inference is not None:
            MODE.inference = inference
        if grad is not None:
            MODE.grad = grad

    def __exit__(self, *exc: object) -> None:
        MODE.grad, MODE.inference = self._before.pop()

    def clone(self) -> Any:
        """A fresh one with the same setting, as each call of a decorated function enters one."""
        return ModeBlock(*self._mode)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if isinstance(function, type):
            function.__init__ = self(function.__init__)  # type: ignore[misc]
            return function
        code = getattr(function, "__code__", None)
        if code is not None and code.co_flags & _GENERATOR:

            @functools.wraps(function)
            def steps(*args: Any, **kwargs: Any) -> Any:
                generator = function(*args, **kwargs)
                send: Any = None
                while True:
                    with self.clone():
                        try:
                            value = generator.send(send)
                        except StopIteration as stop:
                            return stop.value
                    send = yield value

            return steps

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return call


def no_grad() -> ModeBlock:
    """A block in which nothing is recorded."""
    return ModeBlock(False)


def enable_grad() -> ModeBlock:
    """A block in which operations are recorded, inside a `no_grad` block too."""
    return ModeBlock(True)


def inference_mode(mode: bool = True) -> ModeBlock:
    """A block whose tensors never meet the tape; with False, one in which they do."""
    return ModeBlock(not mode, mode)


def grad_enabled() -> bool:
    """Whether operations are recorded now, in this thread."""
    return MODE.grad


def set_grad_enabled(value: bool) -> None:
    """Record operations from now on, or do not."""
    MODE.grad = bool(value)
