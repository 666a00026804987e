"""Names: automatic ones ("dense", "dense_1"), scopes that make a variable's path, and their counters."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from typing import Any

__all__ = ["auto_name", "current_path", "get_uid", "name_scope", "reset_uids", "to_snake_case", "uniquify"]


class _State(threading.local):
    def __init__(self) -> None:
        self.counts: defaultdict[str, int] = defaultdict(int)
        self.scopes: list[name_scope] = []


_state = _State()


def to_snake_case(name: str) -> str:
    """ "MyDense" as "my_dense".

    >>> to_snake_case("Conv2DTranspose")
    'conv2d_transpose'
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def uniquify(name: str) -> str:
    """`name` the first time, then with a number: "dense", "dense_1" …"""
    count = _state.counts[name]
    _state.counts[name] += 1
    return f"{name}_{count}" if count else name


def auto_name(prefix: str) -> str:
    """An unused name for an object of the class `prefix`."""
    return uniquify(to_snake_case(prefix))


def get_uid(prefix: str = "") -> int:
    """The next number for a prefix."""
    _state.counts[prefix] += 1
    return _state.counts[prefix]


def reset_uids() -> None:
    """Start all automatic names anew."""
    _state.counts.clear()


class name_scope:
    """A block in which the paths of new variables start with `name`.

    The same `caller` under the same `name` is entered once; `override_parent` replaces the path above.
    """

    def __init__(
        self, name: str, caller: Any = None, deduplicate: bool = True, override_parent: str | None = None
    ) -> None:
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                f"Argument `name` must be a string and cannot contain character `/`. Received: name={name}"
            )
        self.name, self.caller, self.deduplicate, self.override_parent = name, caller, deduplicate, override_parent
        if override_parent is None and deduplicate and getattr(caller, "_parent_path", None) is not None:
            self.override_parent = caller._parent_path
        self._entered = False

    def __enter__(self) -> name_scope:
        scopes = _state.scopes
        if self.deduplicate and scopes and self.caller is not None:
            if self.caller is scopes[-1].caller and self.name == scopes[-1].name:
                return self
        scopes.append(self)
        self._entered = True
        return self

    def __exit__(self, *error: Any) -> None:
        if self._entered and _state.scopes:
            _state.scopes.pop()


def current_path() -> str:
    """The path that the open scopes make, such as "model/dense"."""
    parts: list[str] = []
    for scope in _state.scopes:
        if scope.override_parent is not None:
            parts = [p for p in scope.override_parent.split("/") if p]
        parts.append(scope.name)
    return "/".join(parts)
