"""Upstream's built-in functions: those of ours that check their arguments by its signatures before they run.

Rules of this file: the public namespaces and Tensor hold the checked functions; the files of `functions` call each other as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

from plait import _native
from plait.torch import _argument_errors, _signatures
from plait.torch._tensor import Tensor

_F = TypeVar("_F", bound=Callable[..., Any])

__all__ = ["ask", "inner", "install", "install_methods", "short", "shown_as_private"]


def _checker(space: str, name: str) -> Any:
    """Called for calls that are not plainly right, the first of all among them, with the function itself, arguments and keywords."""
    found: Any = None
    first = int(space == "Tensor")

    def check(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        nonlocal found
        from plait.torch import _arguments

        if found is None:
            found = _signatures.signatures_of(space, name)
            if found:
                function._learn(tuple(_arguments.plain_types(s) for s in found))
            else:
                count = _signatures.counted(space, name)[1]
                function._learn(((count, False, tuple((f"argument {i}", 32, ()) for i in range(count))),))
        if first and (not args or not isinstance(args[0], Tensor)):
            raise _argument_errors.not_bound(name, args)
        if found:
            positional, keywords = _arguments.arguments(found, args[first:], kwargs)
            return (*args[:first], *positional), keywords
        label, count = _signatures.counted(space, name)
        if kwargs or len(args) - first != count:
            raise _argument_errors.counted(label, count, args[first:], kwargs)
        return args, kwargs

    return check


def short(kind: str, op: Any) -> Callable[[_F], _F]:
    """A decorator of functions that give a view: under a checked name, plain calls go straight to `op` (src/native/short.cpp)."""

    def mark(function: _F) -> _F:
        function.__dict__["short"] = (kind, op)
        return function

    return mark


def _made(space: str, name: str, function: Any = None) -> Any:
    attributes = {
        "__name__": name,
        "__qualname__": f"Tensor.{name}" if space == "Tensor" else name,
        "__doc__": function.__doc__,
        "__module__": "torch" if space == "Tensor" else space,
        "__wrapped__": function,
    }
    way = getattr(function, "short", None)
    if way is not None:
        function = _native.view_call(*way, function)
    return _native.builtin(function, _checker(space, name), Tensor if space == "Tensor" else None, attributes)


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


def _called(function: FunctionType, name: str) -> FunctionType:
    """A copy of a function that Python's errors call by the name of Tensor's method."""
    copy = FunctionType(function.__code__, function.__globals__, name, function.__defaults__, function.__closure__)
    copy.__kwdefaults__, copy.__doc__ = function.__kwdefaults__, function.__doc__
    copy.__annotations__, copy.__module__ = function.__annotations__, function.__module__
    copy.__qualname__ = f"Tensor.{name}"
    copy.__dict__.update(function.__dict__)
    return copy


def install_methods() -> None:
    """The same for Tensor's methods."""
    for name, function in list(vars(Tensor).items()):
        if isinstance(function, FunctionType) and not function.__qualname__.startswith(("Tensor.", "_operator.")):
            setattr(Tensor, name, _called(function, name))
    for name in _signatures.names("Tensor"):
        function = vars(Tensor).get(name)
        if isinstance(function, FunctionType):
            setattr(Tensor, name, _made("Tensor", name, function))
