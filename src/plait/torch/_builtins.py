"""Upstream's built-in functions: those of ours that check their arguments by its signatures before they run.

Rules of this file: the public namespaces and Tensor hold the checked functions; the files of `functions` call each other as they are.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

from plait import _native
from plait.torch import _signatures
from plait.torch._tensor import Tensor

__all__ = ["ask", "inner", "install", "install_methods", "shown_as_private"]


def _checker(space: str, name: str) -> Any:
    """Called for calls that are not plainly right, the first of all among them, with the function itself, arguments and keywords."""
    found: Any = None

    def check(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        nonlocal found
        from plait.torch import _arguments

        if found is None:
            found = _signatures.signatures_of(space, name)
            quick = tuple(_arguments.plain_types(s) for s in found)
            function._learn(quick or ((0, False, ()),))
        if space == "Tensor":
            return _method(_arguments, function, args, kwargs)
        return _arguments.arguments(found, args, kwargs)

    def _method(rules: Any, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not args or not isinstance(args[0], Tensor):
            raise rules.errors.not_bound(name, args)
        if not found:
            if len(args) == 1 and not kwargs:
                return args, kwargs
            raise rules.errors.no_arguments(f"TensorBase.{name}", args[1:], kwargs)
        positional, keywords = rules.arguments(found, args[1:], kwargs)
        return (args[0], *positional), keywords

    return check


def _made(space: str, name: str, function: Any = None) -> Any:
    attributes = {
        "__name__": name,
        "__qualname__": f"Tensor.{name}" if space == "Tensor" else name,
        "__doc__": function.__doc__,
        "__module__": "torch" if space == "Tensor" else space,
        "__wrapped__": function,
    }
    return _native.builtin(function, _checker(space, name), space == "Tensor", attributes)


class _Inner:
    """Checks of functions that upstream's Python code calls: `inner.kl_div(input, target, 0)` raises what such a call would, and does nothing else."""

    def __getattr__(self, name: str) -> Any:
        found = _made("inner", name, None)
        setattr(self, name, found)
        return found


inner: Any = _Inner()


def ask(value: Any, name: str) -> None:
    """What upstream's first look at an argument raises where it is no tensor: the method `name` is called."""
    if not isinstance(value, Tensor):
        getattr(value, name)()


def shown_as_private(*functions: Any) -> None:
    """Functions for which upstream chooses between two, with indices and without; Python's errors name the one that was called."""
    for function in functions:
        function.__qualname__ = "_" + function.__name__


def install(space: str, scope: dict[str, Any]) -> None:
    """Put checked functions over those of a namespace that are built in upstream."""
    for name in _signatures.names(space):
        function = scope.get(name)
        if isinstance(function, FunctionType):
            scope[name] = _made(space, name, function)


def install_methods() -> None:
    """The same for Tensor's methods."""
    for name in _signatures.names("Tensor"):
        function = vars(Tensor).get(name)
        if isinstance(function, FunctionType):
            setattr(Tensor, name, _made("Tensor", name, function))
