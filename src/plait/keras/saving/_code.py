"""Code of lambdas in configs, written as Keras writes it; it is read only where the caller said `safe_mode=False`."""

from __future__ import annotations

import base64
import marshal
import types
from collections.abc import Callable
from typing import Any


def dump(function: Any) -> dict[str, Any]:
    """A function's code, defaults and closure as plain data."""
    code = base64.b64encode(marshal.dumps(function.__code__)).decode("ascii")
    closure = tuple(cell.cell_contents for cell in function.__closure__) if function.__closure__ else None
    return {"code": code, "defaults": function.__defaults__, "closure": closure}


def load(value: dict[str, Any]) -> Callable[..., Any]:
    """The function that `dump` wrote. It runs code from the file when it is called."""
    import plait.keras

    code = marshal.loads(base64.b64decode(value["code"]))
    closure = value.get("closure")
    cells = tuple(types.CellType(x) for x in closure) if closure else None
    defaults = value.get("defaults")
    return types.FunctionType(
        code, {"keras": plait.keras, **_builtins()}, "<lambda>", tuple(defaults) if defaults else None, cells
    )


def _builtins() -> dict[str, Any]:
    import builtins

    import numpy as np

    return {"__builtins__": builtins, "np": np}
