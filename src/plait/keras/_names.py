"""Where upstream has what lives in another file here: names for prints and imports."""

from __future__ import annotations

import functools
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


class _Modules(dict[str, str]):
    """Upstream's inner modules (`keras.src.layers.pooling`), found at the nearest module of the dialect."""

    def get(self, name: str, default: Any = None) -> Any:
        parts = name.split(".")
        if parts[0] not in ("src", "api", "_tf_keras"):
            return default
        rest = [p for p in parts[1:] if p != "keras"]
        return (nearest(rest) if rest else _HERE) or default


MODULES: dict[str, str] = _Modules()


@functools.cache
def _classes() -> dict[tuple[str, str], str]:
    """Upstream's module of a class, by the module's first part and the class's name, and by the name alone."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "upstream_modules.json")
    with open(path, encoding="utf-8") as file:
        modules: dict[str, str] = json.load(file)["modules"]
    found = {}
    for module, names in modules.items():
        for name in names.split():
            found[module.partition(".")[0], name] = found["", name] = module
    return found


def _shown(module: str, name: str) -> str:
    inner = module[len(_HERE) + 1 :]
    classes = _classes()
    return "keras.src." + (classes.get((inner.partition(".")[0], name)) or classes.get(("", name)) or inner)


#: Gives the public classes of all loaded modules, or of one, upstream's module names.
rename = renamer(_HERE, _shown)
