"""Stand-ins for Paddle's static graphs and what lies below its Python: names that a file imports beside what it runs in dynamic mode.

Importing one works, and nothing is an instance of one; calling or subclassing it raises NotImplementedError, an attribute AttributeError.
"""

from __future__ import annotations

from typing import Any

from plait.paddle._mode import refusal

__all__: list[str] = []


class _StandIn(type):
    def _refuse(cls) -> str:
        return f"{cls.__module__}.{cls.__name__}: static graphs, and what lies below Paddle's Python, are not part of plait"

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise refusal(cls._refuse())

    def __getattr__(cls, name: str) -> Any:
        raise AttributeError(cls._refuse() if not name.startswith("__") else name)


def _subclassed(cls: Any, /, **kwargs: Any) -> None:
    raise refusal(cls.__mro__[1]._refuse())


def stand_in(module: str, name: str) -> Any:
    """The stand-in for one name of a module."""
    made = _StandIn(name, (), {"__module__": module, "__doc__": "A name that plait does not fill."})
    type.__setattr__(made, "__init_subclass__", classmethod(_subclassed))
    return made


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    made = globals()[name] = stand_in("paddle", name)
    return made
