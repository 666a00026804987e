"""Classes that share a constructor, and yet are told by their own names where it refuses its arguments."""

from __future__ import annotations

from types import FunctionType
from typing import Any

__all__: list[str] = []


class OwnNames:
    """A base's mark: each direct subclass gets the base's `__init__` and `forward` under its own name, as upstream writes them out."""

    _written_out: tuple[str, ...] = ("__init__", "forward")  # by a mark's direct subclasses

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        marked = next((base for base in cls.__bases__ if OwnNames in base.__bases__), None)
        for name in () if marked is None else marked._written_out:  # type: ignore[attr-defined]
            shared = getattr(cls, name)
            if name not in vars(cls) and isinstance(shared, FunctionType):
                own = FunctionType(shared.__code__, shared.__globals__, name, shared.__defaults__, shared.__closure__)
                own.__kwdefaults__, own.__annotations__, own.__doc__ = (
                    shared.__kwdefaults__,
                    shared.__annotations__,
                    shared.__doc__,
                )
                own.__qualname__, own.__module__ = f"{cls.__qualname__}.{name}", cls.__module__
                setattr(cls, name, own)
