"""Dynamic or static: which of Paddle's two modes a script has switched on. Static graphs are refused where one would be made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__: list[str] = []


class Mode:
    """The switch that `paddle.enable_static` turns."""

    static = False


@contextmanager
def switched(static: bool) -> Iterator[None]:
    """A block in static or in dynamic mode."""
    before = Mode.static
    Mode.static = static
    try:
        yield
    finally:
        Mode.static = before


def refuse(what: str) -> None:
    """Raises NotImplementedError, which names `what` was asked for."""
    raise NotImplementedError(
        f"{what}: static graphs are not part of plait, which runs in dynamic mode only; paddle.disable_static() goes back to it"
    )
