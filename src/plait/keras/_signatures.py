"""Constructors made from a list of defaults: what classes have whose arguments differ and whose work is the same."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any

__all__ = ["REQUIRED", "constructor", "with_defaults"]

#: In place of a default: the argument must be given.
REQUIRED: Any = inspect.Parameter.empty


def constructor(body: Callable[[Any, dict[str, Any]], None], defaults: dict[str, Any], open_ended: bool = False) -> Any:
    """An `__init__` with these parameters, by place or by name; `body(self, given)` gets them all by name.

    `open_ended`: it has `**kwargs` too, which come to `body` with the others; TypeError for unknown names else.

    >>> class Point:
    ...     __init__ = constructor(lambda self, given: self.__dict__.update(given), {"x": 0, "y": 0})
    >>> vars(Point(1, y=2))
    {'x': 1, 'y': 2}
    >>> inspect.signature(Point)
    <Signature (x=0, y=0)>
    """
    names = tuple(defaults)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        words = f"{type(self).__name__}.__init__()"
        if len(args) > len(names):
            raise TypeError(
                f"{words} takes at most {len(names) + 1} positional arguments but {len(args) + 1} were given"
            )
        placed = dict(zip(names, args, strict=False))
        for name in kwargs:
            if name in placed:
                raise TypeError(f"{words} got multiple values for argument '{name}'")
            if name not in defaults and not open_ended:
                raise TypeError(f"{words} got an unexpected keyword argument '{name}'")
        given = {**defaults, **placed, **kwargs}
        missing = [repr(name) for name in names if given[name] is REQUIRED]
        if missing:
            many = "s" if len(missing) > 1 else ""
            raise TypeError(
                f"{words} missing {len(missing)} required positional argument{many}: {' and '.join(missing)}"
            )
        body(self, given)

    kinds = inspect.Parameter
    shown = [kinds("self", kinds.POSITIONAL_OR_KEYWORD)]
    shown += [kinds(name, kinds.POSITIONAL_OR_KEYWORD, default=value) for name, value in defaults.items()]
    if open_ended:
        shown.append(kinds("kwargs", kinds.VAR_KEYWORD))
    __init__.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    return __init__


def with_defaults(function: Callable[..., Any], **defaults: Any) -> Any:
    """The function with other defaults.

    >>> with_defaults(lambda a, b=1: (a, b), b=2)(0)
    (0, 2)
    """
    assert isinstance(function, types.FunctionType)
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    old = function.__defaults__ or ()
    own = dict(zip(names[len(names) - len(old) :], old, strict=True))
    values = tuple([{**own, **defaults}[n] for n in names if n in own or n in defaults])
    made = types.FunctionType(code, function.__globals__, function.__name__, values, function.__closure__)
    made.__kwdefaults__, made.__annotations__ = function.__kwdefaults__, function.__annotations__
    made.__qualname__, made.__doc__, made.__module__ = function.__qualname__, function.__doc__, function.__module__
    return made
