"""Where upstream has what lives in another file here: names for prints and imports."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

__all__: list[str] = []

_HERE = "plait.tensorflow"


# Upstream's module (below tensorflow) -> ours, where ours has no module of that name.
class _Modules(dict[str, str]):
    """`tensorflow.keras` and what is below it are the Keras dialect's; `tensorflow.python` and its like are not there."""

    def get(self, name: str, default: Any = None) -> Any:
        parts = name.split(".")
        if parts[0] != "keras":
            return default
        rest = ".".join(["plait", *parts])
        return rest if importlib.util.find_spec(rest) is not None else default


MODULES: dict[str, str] = _Modules()
_renamed: set[str] = set()


def rename(only: str | None = None) -> None:
    """Gives the public classes of all loaded modules, or of one, upstream's module names."""
    for module_name, module in list(sys.modules.items()) if only is None else [(only, sys.modules[only])]:
        if module_name in _renamed or (module_name != _HERE and not module_name.startswith(_HERE + ".")):
            continue
        _renamed.add(module_name)
        shown = "tensorflow" + module_name[len(_HERE) :]
        for item in list(vars(module).values()):
            if isinstance(item, type) and item.__module__ == module_name:
                item.__module__ = shown
