"""One call of a layer: which arguments are tensors, their shapes, and what outer calls hand down."""

from __future__ import annotations

import inspect
import threading
from typing import Any

from plait.keras import tree
from plait.keras._shape import standardize_shape
from plait.keras._symbolic import KerasTensor
from plait.keras._symbolic import _is_default as is_default
from plait.keras._traced import graph_shape
from plait.tensor import Tensor

Shapes = dict[str, Any]


def is_tensor_like(x: Any) -> bool:
    """Whether `x` is a tensor, of values or symbolic."""
    return isinstance(x, (Tensor, KerasTensor))


class CallSpec:
    """A call's arguments by name, bound to `call`'s signature.

    `given` holds what the caller passed (and handed-down arguments that `call` does not take), `arguments` the defaults too;
    `tensors` those arguments that are tensors or structures of them.
    """

    __slots__ = ("arguments", "eager", "first", "given", "nested", "tensors")

    def __init__(self, signature: inspect.Signature, context: set[str], args: Any, kwargs: dict[str, Any]) -> None:
        params = signature.parameters
        extra = {name: kwargs.pop(name) for name in context if name in kwargs and name not in params}
        bound = signature.bind(*args, **kwargs)
        self.given = {**extra, **bound.arguments}
        bound.apply_defaults()
        self.arguments: dict[str, Any] = dict(bound.arguments)
        self.tensors: dict[str, Any] = {}
        self.nested: set[str] = set()
        self.eager = True
        for name, value in self.arguments.items():
            if isinstance(value, Tensor):
                self.tensors[name] = value
            elif isinstance(value, KerasTensor):
                self.tensors[name] = value
                self.eager = False
            elif tree.is_nested(value) and len(value) > 0:
                self._nested(name, value)
        self.first = next(iter(self.arguments.values()), None)

    def _nested(self, name: str, value: Any) -> None:
        flat = tree.flatten(value)
        if all(x is None or is_tensor_like(x) for x in flat):
            self.tensors[name] = value
            self.nested.add(name)
            if any(isinstance(x, KerasTensor) for x in flat):
                self.eager = False
        elif any(is_tensor_like(x) for x in flat):
            raise ValueError(
                "In a nested call() argument, you cannot mix tensors and non-tensors. "
                f"Received invalid mixed argument: {name}={value}"
            )

    def shapes(self) -> Shapes:
        """The tensors' shapes under the names that `build` and `compute_output_shape` may ask for: `inputs_shape`, …"""

        def shape(x: Any) -> Any:
            return None if x is None else standardize_shape(graph_shape(x.shape))

        return {
            f"{name}_shape": tree.map_structure(shape, value) if name in self.nested else shape(value)
            for name, value in self.tensors.items()
            if name not in ("mask", "args", "kwargs")
        }


def shapes_for(function: Any, shapes: Shapes, spec: CallSpec, class_name: str) -> Shapes:
    """`shapes` as arguments of `function`: its one argument takes the first shape; of several each must be called `<argument>_shape`."""
    if is_default(function):
        return {}
    names = [
        n for n, p in inspect.signature(function).parameters.items() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    ]
    if len(names) == 1:
        return {names[0]: next(iter(shapes.values()), None)}
    method = function.__name__
    rule = (
        f"For a `{method}()` method with more than one argument, all arguments should have a `_shape` suffix and match an "
        f"argument from `call()`. E.g. `{method}(self, foo_shape, bar_shape)` "
    )
    found = {}
    for name in names:
        if not name.endswith("_shape"):
            raise ValueError(
                f"{rule}For layer '{class_name}', Received `{method}()` argument `{name}`, which does not end in `_shape`."
            )
        argument = name.removesuffix("_shape")
        if argument not in spec.arguments:
            raise ValueError(
                f"{rule}For layer '{class_name}', received `{method}()` argument `{name}`, but `call()` does not have "
                f"argument `{argument}`."
            )
        if name in shapes:
            found[name] = shapes[name]
    return found


class CallContext:
    """What the outermost of the layers that are being called hands down: `training` and arguments that were registered."""

    def __init__(self, entry: Any) -> None:
        self.entry_layer = entry
        self.values: dict[str, Any] = {}

    def get_value(self, name: str, default: Any = None) -> Any:
        """What was handed down under this name."""
        return self.values.get(name, default)

    def set_value(self, name: str, value: Any) -> None:
        """Hand down."""
        self.values[name] = value


class _Current(threading.local):
    context: CallContext | None = None


CURRENT = _Current()
