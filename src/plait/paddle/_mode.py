"""Dynamic or static: which of Paddle's two modes a script has switched on. Static graphs are refused where one would be made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__: list[str] = []


class Mode:
    """The switch that `paddle.enable_static` turns."""

    static = False
    #: Inside `pir_utils.OldIrGuard`.
    older = False


@contextmanager
def switched(static: bool) -> Iterator[None]:
    """A block in static or in dynamic mode."""
    before = Mode.static
    Mode.static = static
    try:
        yield
    finally:
        Mode.static = before


def to_dynamic() -> None:
    """Switch to dynamic mode, which counts names afresh where static mode was on."""
    if Mode.static:
        from plait.paddle.base import unique_name

        Mode.static = False
        unique_name.switch()


def refusal(words: str) -> NotImplementedError:
    """The error that says what is not here. Static mode ends with it, so that whatever runs next (a file's next test) can."""
    to_dynamic()
    return NotImplementedError(words)


def refuse(what: str) -> None:
    """Raises NotImplementedError, which names `what` was asked for in static mode."""
    raise refusal(f"{what}: static graphs are not part of plait, which runs in dynamic mode only, and is back in it")
