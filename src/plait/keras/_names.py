"""Where upstream has what lives in another file here: names for prints and imports."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import os
from typing import Any

from plait.upstream import renamer

__all__: list[str] = []

_HERE = "plait.keras"


def nearest(parts: list[str]) -> str | None:
    """The module of the dialect that is named by as many of `parts` as exist: upstream's files are finer than ours."""
    while parts:
        name = ".".join([_HERE, *parts])
        try:
            if importlib.util.find_spec(name) is not None:
                return name
        except (ModuleNotFoundError, AttributeError, ValueError):
            pass
        parts = parts[:-1]
    return None


def _holder(parts: list[str]) -> str | None:
    """The module for one of upstream's: the nearest by name that has the classes which upstream defines there."""
    first = nearest(parts)
    names = _upstream_modules().get(".".join(parts), "").split()
    place = first
    while names and place and place.startswith(_HERE):
        if hasattr(importlib.import_module(place), names[0]):
            return place
        place = place.rpartition(".")[0]
    utils = _HERE + ".utils"
    return utils if names and hasattr(importlib.import_module(utils), names[0]) else first


class _Modules(dict[str, str]):
    """Upstream's inner modules (`keras.src.layers.pooling`), found at the nearest module of the dialect."""

    def get(self, name: str, default: Any = None) -> Any:
        parts = name.split(".")
        if parts[0] not in ("src", "api", "_tf_keras"):
            return default
        rest = [p for p in parts[1:] if p != "keras"]
        return (_holder(rest) if rest else _HERE) or default


MODULES: dict[str, str] = _Modules()


def faced(name: str) -> bool:
    """Whether a module is upstream's alone: several may stand for one of ours, whose own names a submodule's must not hide."""
    return name.partition(".")[0] == "src"


@functools.cache
def _upstream_modules() -> dict[str, str]:
    """Upstream's modules, with the names of the classes that each defines."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "upstream_modules.json")
    with open(path, encoding="utf-8") as file:
        modules: dict[str, str] = json.load(file)["modules"]
    return modules


@functools.cache
def _classes() -> dict[tuple[str, str], str]:
    """Upstream's module of a class, by the module's first part and the class's name, and by the name alone."""
    found = {}
    for module, names in _upstream_modules().items():
        for name in names.split():
            found[module.partition(".")[0], name] = found["", name] = module
    return found


def _shown(module: str, name: str) -> str:
    inner = module[len(_HERE) + 1 :]
    classes = _classes()
    return "keras.src." + (classes.get((inner.partition(".")[0], name)) or classes.get(("", name)) or inner)


#: Gives the public classes of all loaded modules, or of one, upstream's module names.
rename = renamer(_HERE, _shown)
