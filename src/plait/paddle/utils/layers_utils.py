"""Nested structures: lists, tuples and dicts (by sorted key) of leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

__all__: list[str] = []


class NotSupportedTensorArgumentError(TypeError):
    """A tensor, or another thing, where numbers of Python are wanted; `name` is the argument's."""

    def __init__(self, msg: str, name: str) -> None:
        super().__init__(msg)
        self.name = name


def _nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, Sequence) and not isinstance(value, (str, bytes)))


def _leaves(value: Any) -> Iterator[Any]:
    if not _nested(value):
        yield value
        return
    for item in [value[k] for k in sorted(value)] if isinstance(value, dict) else value:
        yield from _leaves(item)


def flatten(nest: Any) -> list[Any]:
    """All leaves, in order.

    >>> flatten([1, (2, {"b": 4, "a": 3})])
    [1, 2, 3, 4]
    """
    return list(_leaves(nest))


def _rebuilt(structure: Any, leaves: Iterator[Any]) -> Any:
    if not _nested(structure):
        return next(leaves)
    if isinstance(structure, dict):
        made = {k: _rebuilt(structure[k], leaves) for k in sorted(structure)}
        return type(structure)((k, made[k]) for k in structure)
    items = [_rebuilt(item, leaves) for item in structure]
    return type(structure)(*items) if hasattr(structure, "_fields") else type(structure)(items)


def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any]) -> Any:
    """Leaves put into the places of a structure's; ValueError where their numbers differ."""
    wanted = len(flatten(structure))
    if wanted != len(flat_sequence):
        raise ValueError(
            f"Could not pack sequence. Structure had {wanted} elements, but flat_sequence had {len(flat_sequence)} elements."
        )
    return _rebuilt(structure, iter(flat_sequence))


def map_structure(func: Callable[..., Any], *structure: Any) -> Any:
    """A structure like the first with func(leaves of all in the same place)."""
    columns = [flatten(s) for s in structure]
    return pack_sequence_as(structure[0], [func(*leaves) for leaves in zip(*columns, strict=True)])


def convert_to_list(value: Any, n: int, name: str, dtype: Any = int) -> list[Any]:
    """`value` n times where it is a number of type `dtype`, or its n numbers as a list; ValueError for others."""
    if isinstance(value, dtype):
        return [value] * n
    try:
        items = list(value)
    except TypeError:
        raise ValueError(f"The {name}'s type must be list or tuple. Received: {value}") from None
    if len(items) != n:
        raise ValueError(f"The {name}'s length must be {n}. Received: {value}")
    for item in items:
        try:
            dtype(item)
        except (ValueError, TypeError):
            raise ValueError(
                f"The {name}'s type must be a list or tuple of {n} {dtype}. Received: {value} including element {item} of type {type(item)}"
            ) from None
    return items
