"""What dialects share of knowing their upstream's names: renaming classes for prints and pickles, and names that are not there.

A class of ours is shown under the module that upstream has it in once a program runs under upstream's names (`plait run`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

__all__ = ["getter", "known", "renamer"]


def renamer(
    here: str, public: Callable[[str, str], str], functions: tuple[str, ...] = (), modules: bool = False
) -> Callable[..., None]:
    """A dialect's `rename(only=None)`: gives the classes of its loaded modules (or of the one named) upstream's module names.

    `public(module, name)` is upstream's module of what `module` defines as `name`; `functions`: beginnings of the modules whose
    functions are renamed too; `modules`: the modules themselves lose their `plait.`.
    """
    done: set[str] = set()

    def rename(only: str | None = None) -> None:
        for module_name, module in list(sys.modules.items()) if only is None else [(only, sys.modules[only])]:
            if module_name in done or (module_name != here and not module_name.startswith(here + ".")):
                continue
            done.add(module_name)
            if modules:
                module.__name__ = module_name.removeprefix("plait.")
            kinds = (type, FunctionType) if module_name.startswith(functions) else (type,)
            for item in list(vars(module).values()):
                if isinstance(item, kinds) and item.__module__ == module_name:
                    item.__module__ = public(module_name, item.__qualname__)

    return rename


def getter(
    here: str, module_name: str, late: Callable[[str], Any], instead: Callable[[str, str], Any] | None = None
) -> Callable[[str], Any]:
    """The `__getattr__` of a namespace of the dialect `here`: `late(name)` finds what its top namespace loads when asked, or None.

    `instead(module, name)` makes what stands in for a name that upstream has here.

    AttributeError for others; it says of upstream's names that they are out of scope.
    """
    space = module_name[len(here) + 1 :]
    shown = module_name.removeprefix("plait.")

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module '{shown}' has no attribute '{name}'")
        if not space:
            found = late(name)
            if found is not None:
                return found
        elif instead is not None and name in known(here, space):
            found = instead(shown, name)
            setattr(sys.modules[module_name], name, found)
            return found
        raise AttributeError(_words(here, space, shown, name))

    return __getattr__


@cache
def known(here: str, space: str) -> frozenset[str]:
    """The names that upstream has in a namespace of the dialect `here`."""
    import json
    from pathlib import Path

    text = (Path(__file__).parent / here.removeprefix("plait.") / "upstream_names.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text)["names"].get(space, "").split())


def _words(here: str, space: str, shown: str, name: str) -> str:
    dialect = here.removeprefix("plait.")
    if name in known(here, space):
        return f"{shown}.{name} is not part of plait: it covers convolutional networks; see plait coverage {dialect}"
    return f"module '{shown}' has no attribute '{name}'"
