"""Hooks round a layer's call: how they are kept, and what those before it do to its arguments. Shared by dialects' base classes."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Container, Iterable
from typing import Any

__all__ = ["Hooks", "LoadedKeys", "before", "keep"]

#: Hooks by their numbers, in the order in which they are called.
Hooks = OrderedDict[int, Any]


class LoadedKeys(namedtuple("LoadedKeys", ["missing_keys", "unexpected_keys"])):
    """What loading a state returns: the keys that were not there, and those that nothing took.

    >>> LoadedKeys([], [])
    <All keys matched successfully>
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return super().__repr__() if self.missing_keys or self.unexpected_keys else "<All keys matched successfully>"

    __str__ = __repr__


def keep(number: int, hooks: Hooks, hook: Any, marks: Iterable[tuple[Hooks, bool]], prepend: bool = False) -> None:
    """Put `hook` into its table under `number`, last or (`prepend`) first; `marks` are tables that note it where they want to."""
    hooks[number] = hook
    for table, wanted in marks:
        if wanted:
            table[number] = True
    if prepend:
        hooks.move_to_end(number, last=False)


def before(
    layer: Any, hooks: Iterable[tuple[int, Any]], with_kwargs: Container[int], args: Any, kwargs: Any
) -> tuple[Any, Any]:
    """The arguments as the hooks before a call leave them: `hook(layer, args)`, or `(layer, args, kwargs)` where it is marked so.

    RuntimeError where one that is marked returns anything but None or (args, kwargs).
    """
    for number, hook in hooks:
        if number in with_kwargs:
            changed = hook(layer, args, kwargs)
            if changed is None:
                continue
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(
                    f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                )
            args, kwargs = changed
        else:
            changed = hook(layer, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
    return args, kwargs
