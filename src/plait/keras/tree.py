"""Nested structures: lists, tuples, named tuples and dicts of anything. Dicts are walked in the order of their sorted keys.

>>> flatten({"b": 1, "a": [2, (3, None)]})
[2, 3, None, 1]
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

_MISMATCH = "Structures don't have the same nested structure."


class MAP_TO_NONE:
    """What a function given to `traverse` returns in order to put None in a place."""


def is_nested(structure: Any) -> bool:
    """Whether `structure` is a container rather than a leaf."""
    return isinstance(structure, (list, tuple, dict, deque))


def _keys(structure: dict[Any, Any]) -> list[Any]:
    if isinstance(structure, OrderedDict):
        return list(structure)
    try:
        return sorted(structure)
    except TypeError:
        return sorted(structure, key=lambda key: (type(key).__qualname__, str(key)))


def _items(structure: Any) -> list[tuple[Any, Any]]:
    if isinstance(structure, dict):
        return [(key, structure[key]) for key in _keys(structure)]
    return list(enumerate(structure))


def _rebuild(structure: Any, values: Sequence[Any]) -> Any:
    """A container like `structure` over `values`, which are in the order of `_items`."""
    if isinstance(structure, dict):
        found = dict(zip(_keys(structure), values, strict=True))
        pairs = [(key, found[key]) for key in structure]
        if isinstance(structure, defaultdict):
            return defaultdict(structure.default_factory, pairs)
        return OrderedDict(pairs) if isinstance(structure, OrderedDict) else dict(pairs)
    if isinstance(structure, tuple):
        return type(structure)(*values) if hasattr(structure, "_fields") else tuple(values)
    return deque(values, structure.maxlen) if isinstance(structure, deque) else list(values)


def flatten(structure: Any) -> list[Any]:
    """The leaves, in order."""
    if not isinstance(structure, (list, tuple, dict, deque)):
        return [structure]
    out: list[Any] = []
    for value in structure if not isinstance(structure, dict) else [structure[k] for k in _keys(structure)]:
        if isinstance(value, (list, tuple, dict, deque)):
            out += flatten(value)
        else:
            out.append(value)
    return out


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """The leaves with the keys and positions that lead to each."""
    if not is_nested(structure):
        return [((), structure)]
    return [((key, *path), leaf) for key, value in _items(structure) for path, leaf in flatten_with_path(value)]


def _same_kind(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return set(a) == set(b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and hasattr(a, "_fields") == hasattr(b, "_fields")
    return type(a) is type(b) and len(a) == len(b)


def _mismatch(first: Any, other: Any) -> str:
    kind = type(first).__name__
    if type(first) is not type(other):
        return f"{_MISMATCH} Expected an instance of {kind}, got {other}."
    return f"{_MISMATCH} Expected a {kind} like {first}, got {other}."


def map_structure(func: Callable[..., Any], *structures: Any) -> Any:
    """`func` of the leaves in the same places of `structures`, in a structure like the first."""
    if not structures:
        raise ValueError("Must provide at least one structure")
    first = structures[0]
    if not is_nested(first):
        if any(is_nested(other) for other in structures[1:]):
            raise ValueError(_MISMATCH)
        return func(*structures)
    for other in structures[1:]:
        if not is_nested(other) or not _same_kind(first, other):
            raise ValueError(_mismatch(first, other))
    columns = [[value for _, value in _items(structure)] for structure in structures]
    return _rebuild(first, [map_structure(func, *row) for row in zip(*columns, strict=True)])


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """As `map_structure`, where `shallow_structure` says how deep to go; its own leaves are not given to `func`."""
    if not structures:
        raise ValueError("Must provide at least one structure")
    if not is_nested(shallow_structure):
        return func(*structures)
    for other in structures:
        if not is_nested(other) or not _same_kind(shallow_structure, other):
            raise ValueError(_mismatch(shallow_structure, other))
    shallow = [value for _, value in _items(shallow_structure)]
    columns = [[value for _, value in _items(structure)] for structure in structures]
    rows = zip(*columns, strict=True)
    return _rebuild(
        shallow_structure, [map_structure_up_to(s, func, *row) for s, row in zip(shallow, rows, strict=True)]
    )


def assert_same_structure(a: Any, b: Any) -> None:
    """ValueError where `a` and `b` are nested differently."""
    map_structure(lambda x, y: None, a, b)


def assert_same_paths(a: Any, b: Any) -> None:
    """ValueError where the leaves of `a` and `b` lie under different paths."""
    ours, theirs = ({path for path, _ in flatten_with_path(x)} for x in (a, b))
    if ours != theirs:
        raise ValueError(
            f"`a` and `b` don't have the same paths.\nOnly in `a`: {ours - theirs}\nOnly in `b`: {theirs - ours}"
        )


def _packed(structure: Any, leaves: Iterator[Any]) -> Any:
    if not is_nested(structure):
        return next(leaves)
    return _rebuild(structure, [_packed(value, leaves) for _, value in _items(structure)])


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """`flat_sequence`, in the order of `flatten`, laid out as `structure` is."""
    leaves = list(flat_sequence)
    if len(leaves) != len(flatten(structure)):
        raise ValueError(f"the structure has {len(flatten(structure))} leaves, but {len(leaves)} values were given")
    return _packed(structure, iter(leaves))


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """`structure` with each part that `func` answers for replaced by its answer (None: no answer)."""

    def below() -> Any:
        if not is_nested(structure):
            return structure
        return _rebuild(structure, [traverse(func, value, top_down) for _, value in _items(structure)])

    if top_down:
        answer = func(structure)
        if answer is None:
            return below()
    else:
        done = below()
        answer = func(done)
        if answer is None:
            return done
    return None if answer is MAP_TO_NONE else answer


def lists_to_tuples(structure: Any) -> Any:
    """Every list as a tuple."""
    return traverse(lambda x: tuple(x) if isinstance(x, list) else None, structure, top_down=False)


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """`func` of every shape (a list or tuple of numbers and None) in `structure`."""
    if isinstance(structure, (list, tuple)) and all(isinstance(x, (int, type(None))) for x in structure):
        return func(structure)
    if not is_nested(structure):
        return func(structure)
    return _rebuild(structure, [map_shape_structure(func, value) for _, value in _items(structure)])
