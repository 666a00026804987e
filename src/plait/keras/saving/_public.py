"""Public names of classes and functions: what a config may name, and nothing else.

A config's `module` and `class_name` are looked up in tables that are made from this dialect's own families of modelling objects.
No module is imported at a config's word.
"""

from __future__ import annotations

import importlib
import inspect
from functools import cache
from typing import Any

#: Upstream's module: this dialect's, in the order in which a symbol's name is looked for.
_FAMILIES = (
    "layers", "activations", "initializers", "regularizers", "constraints", "losses", "metrics", "optimizers",
    "optimizers.schedules", "callbacks", "random", "ops", "dtype_policies",
)  # fmt: skip
_TOP = ("Layer", "Model", "Sequential", "Function", "Variable", "KerasTensor", "DTypePolicy", "FloatDTypePolicy")
_CALLS = {"get", "serialize", "deserialize"}

#: Classes that Keras saves under the module that defines them.
_INNER = {
    ("keras.src.models.functional", "Functional"): ("plait.keras.models.functional", "Functional"),
    ("keras.src.models.model", "Model"): ("plait.keras.models.model", "Model"),
    ("keras.src.models.sequential", "Sequential"): ("plait.keras.models.sequential", "Sequential"),
}


@cache
def _family(name: str) -> Any:
    try:
        return importlib.import_module(f"plait.keras.{name}")
    except ModuleNotFoundError:
        return None


@cache
def _names() -> dict[int, str]:
    """The public name of each symbol, by its id; where there are several, that which is the symbol's own name."""
    out: dict[int, str] = {}
    keras = importlib.import_module("plait.keras")
    for name in _TOP:
        symbol = getattr(keras, name, None)
        if symbol is not None:
            out[id(symbol)] = f"keras.{name}"
    for family in _FAMILIES:
        module = _family(family)
        for name in getattr(module, "__all__", None) or (vars(module) if module else ()):
            symbol = None if name.startswith("_") else getattr(module, name, None)
            if not (inspect.isclass(symbol) or inspect.isfunction(symbol)):
                continue
            own = symbol.__name__ == name
            if id(symbol) not in out or (own and not out[id(symbol)].endswith(f".{name}")):
                out[id(symbol)] = f"keras.{family}.{name}"
    return out


def name_of(symbol: Any) -> str | None:
    """The public name of a class or function of the dialect, such as "keras.layers.Dense"; None for others."""
    return _names().get(id(symbol))


def symbol_of(module: str, name: str) -> Any:
    """The class or function that a config calls `module.name`; None where there is no such modelling object."""
    if (module, name) in _INNER:
        path, own = _INNER[module, name]
        return getattr(importlib.import_module(path), own)
    if module.startswith("keras.src.ops."):
        from plait.keras._op_classes import class_named

        return class_named(module, name)
    if module.startswith("keras.src."):
        parts = module.split(".")[2:]
        module = {"regularizers": "keras.regularizers"}.get(parts[0], f"keras.{parts[0]}")
    family = {"keras": None, "keras.models": None, "keras.dtype_policies": "dtype_policies"}.get(
        module, module.removeprefix("keras.")
    )
    if name.startswith("_") or name in _CALLS:
        return None
    if family is None:
        symbol = getattr(importlib.import_module("plait.keras"), name, None) if name in _TOP else None
    elif family in _FAMILIES:
        symbol = getattr(_family(family), name, None)
    else:
        return None
    return symbol if inspect.isclass(symbol) or inspect.isfunction(symbol) else None
