"""Where upstream has what lives in another file here: names for imports."""

from __future__ import annotations

import sys

__all__: list[str] = []

# Upstream's module (below torchvision) -> ours, where ours has no module of that name.
MODULES: dict[str, str] = {}

_HERE = "plait.torchvision"
_renamed: set[str] = set()


def rename(only: str | None = None) -> None:
    """Gives the classes of all loaded modules of the dialect (or of one) upstream's names, for prints and pickles."""
    for module_name, module in list(sys.modules.items()) if only is None else [(only, sys.modules[only])]:
        if module_name in _renamed or (module_name != _HERE and not module_name.startswith(_HERE + ".")):
            continue
        _renamed.add(module_name)
        for item in list(vars(module).values()):
            if isinstance(item, type) and item.__module__ == module_name:
                item.__module__ = module_name[len("plait.") :]
