"""tf.nest: structures of tensors, in lists, tuples and dicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.keras import tree

__all__ = ["assert_same_structure", "flatten", "is_nested", "map_structure", "pack_sequence_as"]


def is_nested(structure: Any) -> bool:
    """Whether it is a list, tuple or dict.

    >>> is_nested([1]), is_nested(1)
    (True, False)
    """
    return tree.is_nested(structure)


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves, those of a dict in the order of its keys.

    >>> flatten({"b": [2, 3], "a": 1})
    [1, 2, 3]
    """
    return tree.flatten(structure)


def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """`func` of each leaf (of the leaves at one place, for several structures), in the same structure.

    TypeError for what is no function, ValueError where the structures differ.

    >>> map_structure(lambda a, b: a + b, [1, (2,)], [3, (4,)])
    [4, (6,)]
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    unknown = kwargs.keys() - {"check_types", "expand_composites"}
    if unknown:
        raise ValueError(
            f"Only valid keyword arguments are `check_types` and `expand_composites`, not: `{'`, `'.join(sorted(unknown))}`"
        )
    return tree.map_structure(func, *structure)


def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """The leaves in a structure.

    >>> pack_sequence_as({"a": 0, "b": (0, 0)}, [1, 2, 3])
    {'a': 1, 'b': (2, 3)}
    """
    return tree.pack_sequence_as(structure, flat_sequence)


def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False) -> None:
    """ValueError where two structures differ."""
    tree.assert_same_structure(nest1, nest2)
