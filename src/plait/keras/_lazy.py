"""Namespaces whose parts load when they are first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

__all__ = ["getter"]


def getter(module: str, parts: Mapping[str, str], submodules: tuple[str, ...] = ()) -> Any:
    """The `__getattr__` of a namespace: `parts` says which module holds a name, `submodules` are modules themselves."""

    def __getattr__(name: str) -> Any:
        place = parts.get(name)
        if place is not None:
            value = getattr(importlib.import_module(place), name)
        elif name in submodules:
            value = importlib.import_module(f"{module}.{name}")
        else:
            raise AttributeError(f"module '{module[6:]}' has no attribute '{name}'")
        setattr(importlib.import_module(module), name, value)
        return value

    return __getattr__
