"""Keywords with two names, on methods and functions that are no tensor functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

__all__ = ["FormatShown", "forbidden", "renamed"]


class FormatShown:
    """The `__signature__` of layers: where a row's layout is its `_format`, that is what `data_format` shows as its default."""

    def __get__(self, layer: Any, owner: Any) -> inspect.Signature | None:
        layout = getattr(owner, "_format", None)
        if layer is not None or not isinstance(layout, str):
            return None
        own = inspect.signature(owner.__init__)
        shown = [
            p.replace(default=layout) if p.name == "data_format" and p.default is None else p
            for p in list(own.parameters.values())[1:]
        ]
        return own.replace(parameters=shown)


def renamed(*pairs: str) -> Callable[[Any], Any]:
    """Decorates a callable; each pair "axis:dim" names a keyword and its other name.

    >>> @renamed("axis:dim")
    ... def last(axis):
    ...     return axis
    >>> last(dim=3)
    3
    """
    other = dict(pair.split(":")[::-1] for pair in pairs)

    def decorate(call: Any) -> Any:
        @wraps(call)
        def checked(*args: Any, **kwargs: Any) -> Any:
            for key in other.keys() & kwargs.keys() if kwargs else ():
                if other[key] in kwargs:
                    raise ValueError(f"Cannot specify both '{other[key]}' and its alias '{key}'")
                kwargs[other[key]] = kwargs.pop(key)
            return call(*args, **kwargs)

        return checked

    return decorate


def forbidden(name: str, *keys: str) -> Callable[[Any], Any]:
    """Decorates a constructor: TypeError for keywords that another framework's class of that name has."""

    def decorate(call: Any) -> Any:
        @wraps(call)
        def checked(*args: Any, **kwargs: Any) -> Any:
            found = sorted(key for key in keys if key in kwargs)
            if found:
                told, s = ", ".join(f"'{key}'" for key in found), "s" if len(found) > 1 else ""
                raise TypeError(
                    f"paddle.nn.{name}() received unexpected keyword argument{s} {told}. \n"
                    f"Did you mean to use paddle.compat.nn.{name}() instead?"
                )
            return call(*args, **kwargs)

        return checked

    return decorate


def legacy_reduction(call: Any) -> Any:
    """Decorates a loss's constructor: `size_average` and `reduce`, of an older time, are refused with a word on `reduction`."""

    @wraps(call)
    def checked(*args: Any, **kwargs: Any) -> Any:
        old = [key for key in ("size_average", "reduce") if key in kwargs]
        if old:
            raise ValueError(
                f"{', '.join(old)} will be deprecated, please use reduction='mean', 'sum' or 'none' instead."
            )
        return call(*args, **kwargs)

    return checked
