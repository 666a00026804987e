"""Arguments of transforms: pairs and lists of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from typing import Any

__all__ = ["TWO", "listed", "pair"]


def pair(size: Any, message: str) -> Any:
    if isinstance(size, Number):
        return int(size), int(size)  # type: ignore[call-overload]
    if isinstance(size, Sequence) and len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError(message)
    return size


TWO = "Please provide only two dimensions (h, w) for size."


def listed(name: str, lines: list[Any]) -> str:
    return name + "(" + "".join(f"\n    {line}" for line in lines) + "\n)"
