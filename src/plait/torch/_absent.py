"""What happens when a name is asked for that a namespace does not hold: parts that load late, and names that are out of scope."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from plait import upstream

__all__: list[str] = []

_HERE = "plait.torch"
# Submodules of `torch` that load when they are first asked for.
_LATE = {
    "storage": "storage",
    "serialization": "serialization",
    "testing": "testing",
    "types": "types",
    "amp": "amp",
    "multiprocessing": "multiprocessing",
    "linalg": "linalg",
    "overrides": "overrides",
    "jit": "jit",
    "mps": "mps",
    "xpu": "xpu",
    "accelerator": "accelerator",
    "compiler": "compiler",
    "_utils": "_utils",
    "_tensor_str": "_printing",
}
_STORAGES = ("is_storage",)


def hide_parts(namespace: dict[str, Any]) -> None:
    """Take the files of `functions` out of the `torch` namespace, which their names would clutter."""
    for name, value in list(namespace.items()):
        if isinstance(value, ModuleType) and value.__name__.startswith(_HERE + ".functions."):
            del namespace[name]


def getter(module_name: str) -> Any:
    """The `__getattr__` of a namespace."""
    return upstream.getter(_HERE, module_name, _late)


def _late(name: str) -> Any:
    if name in _LATE:
        try:
            return importlib.import_module(f"{_HERE}.{_LATE[name]}")
        except ModuleNotFoundError:
            return None
    if name == "compile":
        return importlib.import_module(_HERE + ".compiler").compile
    if name == "autocast":
        return importlib.import_module(_HERE + ".amp").autocast
    if name.endswith("Storage") or name in _STORAGES:
        return getattr(importlib.import_module(_HERE + ".storage"), name, None)
    return None
