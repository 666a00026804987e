"""What an error of a layer's `call` says besides: the layer, and the arguments that the call got."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from plait.keras import tree
from plait.keras._traced import graph_shape
from plait.keras.config import is_traceback_filtering_enabled
from plait.tensor import Tensor

__all__ = ["with_arguments"]


def _shown(value: Any) -> str:
    tensor: Any = value
    if isinstance(value, Tensor) and hasattr(value, "numpy"):
        return f"tf.Tensor(shape={graph_shape(tensor.shape)}, dtype={getattr(tensor.dtype, 'name', tensor.dtype)})"
    return repr(value)


def with_arguments(
    error: Exception, function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Exception:
    """The error with the innermost failing call's arguments in its text; itself where they are there already."""
    if hasattr(error, "_keras_call_info_injected") or not is_traceback_filtering_enabled():
        return error
    signature = inspect.signature(function)
    try:
        given = signature.bind(*args, **kwargs).arguments
        lines = [
            f"  • {p.name}={tree.map_structure(_shown, given[p.name]) if p.name in given else p.default}"
            for p in signature.parameters.values()
        ]
    except Exception:
        return error
    if not lines:
        return error
    text = getattr(error, "message", None) or (error.args[0] if error.args else "")
    text = (
        f"Exception encountered when calling {name}.\n\n\x1b[1m{text}\x1b[0m\n\nArguments received by {name}:\n"
        + "\n".join(lines)
    )
    try:
        told = type(error)(text)
    except TypeError:
        told = RuntimeError(text)
    told._keras_call_info_injected = True  # type: ignore[attr-defined]
    return told
