"""`paddle.pir_utils`: guards that choose between Paddle's two kinds of static graphs."""

from __future__ import annotations

from typing import Any

from plait.paddle._mode import Mode, switched

__all__: list[str] = []


class IrGuard:
    """A block in static mode."""

    def __enter__(self) -> None:
        self._block = switched(True)
        self._block.__enter__()

    def __exit__(self, *exc: Any) -> None:
        self._block.__exit__(None, None, None)


class OldIrGuard(IrGuard):
    """A block in static mode, with the older kind of graphs."""

    def __enter__(self) -> None:
        super().__enter__()
        self._before, Mode.older = Mode.older, True

    def __exit__(self, *exc: Any) -> None:
        Mode.older = self._before
        super().__exit__(*exc)


class DygraphPirGuard:
    """A block in which graphs would be of the newer kind; the mode stays."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: Any) -> None:
        pass


class DygraphOldIrGuard(DygraphPirGuard):
    """A block in which graphs would be of the older kind; the mode stays."""
