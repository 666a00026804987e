"""What happens when a name is asked for that a namespace does not hold: parts that load late, and names that are out of scope."""

from __future__ import annotations

import importlib
from typing import Any

__all__: list[str] = []

_HERE = "plait.paddle"
# Submodules of `paddle` that load when they are first asked for.
_MODULES = (
    "callbacks", "device", "framework", "hapi", "io", "linalg", "metric", "nn", "optimizer", "regularizer", "static", "utils", "vision", "version", "cuda",
)  # fmt: skip
# Where a submodule is called otherwise here.
_ELSEWHERE = {"cuda": "device.cuda"}
# Names of `paddle` that other modules hold: name -> module, name there.
_NAMES = {
    "ParamAttr": ("nn.param_attr", "ParamAttr"),
    "Model": ("hapi.model", "Model"),
    "summary": ("hapi.model_summary", "summary"),
    "flops": ("hapi.dynamic_flops", "flops"),
}


def getter(module_name: str) -> Any:
    """The `__getattr__` of a namespace."""
    space = module_name[len(_HERE) + 1 :]

    def __getattr__(name: str) -> Any:
        shown = module_name.removeprefix("plait.")
        if name.startswith("__"):
            raise AttributeError(f"module '{shown}' has no attribute '{name}'")
        if not space:
            found = _late(name)
            if found is not None:
                return found
        raise AttributeError(_words(space, shown, name))

    return __getattr__


def _late(name: str) -> Any:
    import sys

    if name in _MODULES:
        where, part = _ELSEWHERE.get(name, name), None
    elif name in _NAMES:
        where, part = _NAMES[name]
    else:
        return None
    try:
        module = importlib.import_module(f"{_HERE}.{where}")
    except ModuleNotFoundError:
        return None
    found = module if part is None else getattr(module, part)
    setattr(sys.modules[_HERE], name, found)
    return found


def _words(space: str, module: str, name: str) -> str:
    import json
    import os

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "upstream_names.json")
    with open(path, encoding="utf-8") as file:
        known = json.load(file)["names"].get(space, "").split()
    if name in known:
        return f"{module}.{name} is not part of plait: it covers convolutional networks; see plait coverage paddle"
    return f"module '{module}' has no attribute '{name}'"
