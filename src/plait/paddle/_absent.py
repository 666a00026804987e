"""What happens when a name is asked for that a namespace does not hold: parts that load late, and names that are out of scope."""

from __future__ import annotations

import importlib
from typing import Any

from plait import upstream

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
    return upstream.getter(_HERE, module_name, _late)


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
