"""Names that no other object has: `linear_0`, `linear_1` …"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["generate", "guard", "switch"]


class UniqueNameGenerator:
    """Counts for each key how often it was asked for.

    >>> UniqueNameGenerator()("fc")
    'fc_0'
    """

    def __init__(self, prefix: str | None = None) -> None:
        self.prefix = prefix or ""
        self.ids: dict[str, int] = {}
        self.taken: set[str] = set()

    def __call__(self, key: str) -> str:
        number = self.ids.get(key, 0)
        self.ids[key] = number + 1
        return f"{self.prefix}{key}_{number}"


generator = UniqueNameGenerator()


def generate(key: str) -> str:
    """The next name of that key."""
    return generator(key)


def take(name: str) -> None:
    """Note a parameter's name; ValueError where another parameter has it."""
    if name in generator.taken:
        raise ValueError(
            f"parameter name [{name}] have be been used. In dygraph mode, the name of parameter can't be same. Please check the parameter attr "
            "value passed to self.create_parameter or constructor of dygraph Layers"
        )
    generator.taken.add(name)


def switch(new_generator: Any = None, new_para_name_checker: Any = None) -> Any:
    """Count with another generator (a fresh one where None) from now on; returns the one before."""
    global generator
    before = generator
    generator = UniqueNameGenerator() if new_generator is None else new_generator
    return before


@contextmanager
def guard(new_generator: Any = None) -> Iterator[None]:
    """A block that counts with a generator of its own; a string is its prefix."""
    if isinstance(new_generator, (str, bytes)):
        prefix = new_generator if isinstance(new_generator, str) else new_generator.decode()
        new_generator = UniqueNameGenerator(prefix)
    before = switch(new_generator)
    try:
        yield
    finally:
        switch(before)
