"""The pickle machine for Paddle's files: the names they hold besides NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.pickles import NumPyMachine, wrong

__all__ = ["Reader"]


def _make_tuple(*args: Any) -> Any:
    (items,) = args or ((),)
    return tuple(items if isinstance(items, (tuple, list)) else wrong("tuple", items))


def _static_array(*args: Any) -> Any:
    """Static graphs save an array as a call of `eval` on its own name; the array is what is meant, and nothing is evaluated."""
    if (
        len(args) == 2
        and args[0] == "data"
        and isinstance(args[1], dict)
        and isinstance(args[1].get("data"), np.ndarray)
    ):
        return args[1]["data"]
    return wrong("builtins.eval", args[0] if args else None)


class Reader(NumPyMachine):
    """Reads what `paddle.save` wrote, and executes nothing."""

    names = NumPyMachine.names | {"builtins.tuple": tuple, "builtins.eval": _static_array}
    callables = NumPyMachine.callables | {tuple: _make_tuple, _static_array: _static_array}
