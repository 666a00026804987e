"""`import torch` resolves to `plait.torch`: an import hook that gives a framework's module names to the dialect's modules.

One module object stands under both names, so `torch.nn is plait.torch.nn`. An installed framework is not touched, only not found.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

__all__ = ["install", "installed"]

DIALECTS = ("torch", "torchvision", "paddle", "keras", "tensorflow")


class _Loader:
    """Loads the dialect's module and puts it under the framework's name too."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._spec: Any = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._target)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just written the alias's spec into the module.
        module.__spec__ = self._spec
        _, top, *rest = self._target.split(".")
        names = importlib.import_module(f"plait.{top}._names")
        below = ".".join(rest) + "."
        if not hasattr(module, "__path__") and any(moved.startswith(below) for moved in names.MODULES):
            # Upstream has a package here: its parts are looked up by name.
            module.__path__ = []
        names.rename()

    def is_package(self, name: str) -> bool:
        return getattr(importlib.import_module(self._target), "__path__", None) is not None

    def get_code(self, name: str) -> Any:
        return importlib.import_module(self._target).__spec__.loader.get_code(self._target)  # type: ignore[union-attr]

    def get_source(self, name: str) -> Any:
        return importlib.import_module(self._target).__spec__.loader.get_source(self._target)  # type: ignore[union-attr]


class _Face(ModuleType):
    """A module that has the names of another, and room for submodules of its own."""

    def __init__(self, name: str, target: ModuleType) -> None:
        super().__init__(name)
        self._plait_target = target

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plait_target, name)


class _FaceLoader:
    """Makes a face of a dialect's module."""

    def __init__(self, target: str) -> None:
        self._target = target

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Face(spec.name, importlib.import_module(self._target))

    def exec_module(self, module: ModuleType) -> None:
        importlib.import_module(f"plait.{self._target.split('.')[1]}._names").rename()


class _Renaming:
    """Loads one of a dialect's own modules, and gives its classes upstream's names at once."""

    def __init__(self, loader: Any, top: str) -> None:
        self._loader = loader
        self._top = top

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        names = sys.modules.get(f"plait.{self._top}._names")
        if names is not None:
            names.rename(module.__name__)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def _not_part(name: str) -> ModuleNotFoundError:
    top = name.partition(".")[0]
    scope = f"it covers convolutional networks; see plait coverage {'torch' if top == 'torchvision' else top}"
    return ModuleNotFoundError(f"{name} is not part of plait: {scope}")


def _never_was(name: str) -> bool:
    """Whether the framework has no such name either: then Python's own words are right."""
    import json

    top, _, rest = name.partition(".")
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), top, "upstream_names.json")
    try:
        with open(path, encoding="utf-8") as file:
            names = json.load(file)["names"]
    except FileNotFoundError:
        return False
    space, _, last = rest.rpartition(".")
    if space in names:
        return last not in names[space].split()
    return rest.partition(".")[0] not in names[""].split()


class _Finder:
    """Answers for the dialects' names, and for no other."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        top, _, rest = name.partition(".")
        if top == "plait":
            return self._find_inside(rest, path)
        if top not in DIALECTS:
            return None
        names = importlib.import_module(f"plait.{top}._names")
        ours = "plait." + name
        try:
            found = importlib.util.find_spec(ours)
        except (ModuleNotFoundError, AttributeError):
            found = None
        if found is None:
            moved = names.MODULES.get(rest)
            if moved is None:
                if _never_was(name):
                    return None
                raise _not_part(name)
            ours = moved if moved.startswith("plait.") else f"plait.{top}.{moved}"
            if getattr(names, "faced", None) and names.faced(rest):
                face: Any = _FaceLoader(ours)
                return ModuleSpec(name, face, is_package=True)
            found = importlib.util.find_spec(ours)
            assert found is not None
        loader: Any = _Loader(ours)
        package = found.submodule_search_locations is not None
        spec = ModuleSpec(name, loader, origin=found.origin, is_package=package)
        spec.has_location = found.has_location
        return spec

    def _find_inside(self, name: str, path: Any) -> ModuleSpec | None:
        """A dialect's own modules: where there is none, `from torch import fft` is told why."""
        top, dot, rest = name.partition(".")
        if not dot or top not in DIALECTS or rest.startswith("_"):
            return None
        found = PathFinder.find_spec("plait." + name, path)
        if found is None:
            moved = importlib.import_module(f"plait.{top}._names").MODULES.get(rest)
            if moved is not None and not moved.startswith("plait."):
                elsewhere: Any = _Loader(f"plait.{top}.{moved}")
                return ModuleSpec("plait." + name, elsewhere)
            if _never_was(name):
                return None
            raise _not_part(name)
        if found.loader is not None:
            renaming: Any = _Renaming(found.loader, top)
            found.loader = renaming
        return found

    def find_distributions(self, context: Any = None) -> Any:
        return ()


def installed() -> bool:
    """Whether the hook is in place."""
    return any(isinstance(f, _Finder) for f in sys.meta_path)


def install(children: bool = False) -> None:
    """Puts the hook in place; with `children`, in every Python process that this one starts, too.

    Raises:
        RuntimeError: a real framework has been imported already.
    """
    for name in DIALECTS:
        module = sys.modules.get(name)
        if module is not None and not getattr(module.__spec__, "name", "").startswith("plait."):
            raise RuntimeError(f"{name} has been imported already, from {getattr(module, '__file__', 'somewhere')}")
    if not installed():
        sys.meta_path.insert(0, _Finder())
    if children:
        here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "site")
        paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        if here not in paths:
            os.environ["PYTHONPATH"] = os.pathsep.join([here, *filter(None, paths)])
        os.environ["PLAIT_ALIAS"] = "1"
