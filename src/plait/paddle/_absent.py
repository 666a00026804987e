"""What happens when a name is asked for that a namespace does not hold: parts that load late, and names that are out of scope."""

from __future__ import annotations

import importlib
from typing import Any

from plait import upstream
from plait.paddle import _names

__all__: list[str] = []

_HERE = "plait.paddle"
# Submodules of `paddle` that load when they are first asked for.
_MODULES = (
    "base", "callbacks", "device", "framework", "hapi", "io", "linalg", "metric", "nn", "optimizer", "regularizer", "static", "utils", "vision", "version", "cuda", "pir_utils", "_C_ops", "_legacy_C_ops",
)  # fmt: skip
# Where a submodule is called otherwise here.
_ELSEWHERE = {"cuda": "device.cuda", "_C_ops": "_graphs", "_legacy_C_ops": "_graphs"}
# Names of `paddle` that other modules hold: name -> module, name there.
_NAMES = {
    "ParamAttr": ("nn.param_attr", "ParamAttr"),
    "adaptive_avg_pool1d": ("nn.functional", "adaptive_avg_pool1d"),
    "batch": ("_batch", "batch"),
    "conv1d": ("nn.functional", "conv1d"),
    "conv2d": ("nn.functional", "conv2d"),
    "conv3d": ("nn.functional", "conv3d"),
    "group_norm": ("nn.functional", "group_norm"),
    "layer_norm": ("nn.functional", "layer_norm"),
    "Model": ("hapi.model", "Model"),
    "summary": ("hapi.model_summary", "summary"),
    "flops": ("hapi.dynamic_flops", "flops"),
}
# Namespaces whose names are of static graphs, where they are not here: `_graphs` stands in for them.
_GRAPHS = ("base", "static")


def getter(module_name: str) -> Any:
    """The `__getattr__` of a namespace."""
    space = module_name[len(_HERE) + 1 :]
    absent = upstream.getter(_HERE, module_name, _late, _stand_in if space.partition(".")[0] in _GRAPHS else None)

    def __getattr__(name: str) -> Any:
        # A module of upstream's that lies elsewhere here.
        where = _names.MODULES.get(f"{space}.{name}") if space else None
        if where is not None and where != "_graphs":
            return importlib.import_module(f"{_HERE}.{where}")
        return absent(name)

    return __getattr__


def _stand_in(module: str, name: str) -> Any:
    from plait.paddle._graphs import stand_in

    return stand_in(module, name)


def _late(name: str) -> Any:
    import sys

    if name in _MODULES:
        where, part = _ELSEWHERE.get(name, name), None
    elif name in _NAMES:
        where, part = _NAMES[name]
    elif name.endswith("_") and name in upstream.known(_HERE, ""):
        where, part = "functions", name
    else:
        return None
    try:
        module = importlib.import_module(f"{_HERE}.{where}")
    except ModuleNotFoundError:
        return None
    found = module if part is None else getattr(module, part, None)
    if found is None:
        return None
    setattr(sys.modules[_HERE], name, found)
    return found
