"""Names that Keras makes up: `conv2d`, `conv2d_1`, …"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

_COUNTS: defaultdict[str, int] = defaultdict(int)


def to_snake_case(name: str) -> str:
    """A class name in lower case with underscores.

    >>> to_snake_case("GlobalMaxPooling2D"), to_snake_case("ReLU")
    ('global_max_pooling2d', 're_lu')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def uniquify(name: str) -> str:
    """`name` the first time, then `name_1`, `name_2`, …"""
    count = _COUNTS[name] if name in _COUNTS else None
    _COUNTS[name] += 1
    return name if count is None else f"{name}_{count}"


def auto_name(prefix: str) -> str:
    """A fresh name for an object of class `prefix`."""
    return uniquify(to_snake_case(prefix))


def get_uid(prefix: str = "") -> int:
    """One more than the last time for this prefix, from 1."""
    _COUNTS[prefix] += 1
    return _COUNTS[prefix]


def reset_uids() -> None:
    """Count from the start again (`clear_session`)."""
    _COUNTS.clear()


def get_object_name(obj: Any) -> str:
    """An object's own name, or one made from its function's or class's name."""
    if hasattr(obj, "name"):
        return obj.name
    return to_snake_case(obj.__name__ if hasattr(obj, "__name__") else type(obj).__name__)
