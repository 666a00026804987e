"""Where upstream has what lives in another file here: names for prints and imports."""

from __future__ import annotations

import importlib.util
from typing import Any

from plait.keras import _names as _keras_names
from plait.upstream import renamer

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
_rename = renamer(_HERE, lambda module, name: module.removeprefix("plait."))


def rename(only: str | None = None) -> None:
    """Gives the public classes of all loaded modules, or of one, upstream's module names; `tf.keras`' classes too."""
    _rename(only)
    if only is None:
        _keras_names.rename()
