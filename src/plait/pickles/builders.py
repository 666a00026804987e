"""What a pickle may build of plain containers, each checked before it is made."""

from __future__ import annotations

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from pickle import UnpicklingError
from typing import Any

__all__ = [
    "encode",
    "make_bytearray",
    "make_complex",
    "make_counter",
    "make_frozenset",
    "make_ordered_dict",
    "make_set",
    "plain_key",
    "todays_name",
    "wrong",
]


_KEY_NODES = 4096


def plain_key(key: Any) -> None:
    """Refuses keys whose hash could recurse deeply or take exponential time."""
    pending, seen = [key], 0
    while pending:
        item = pending.pop()
        seen += 1
        if seen > _KEY_NODES:
            raise UnpicklingError("a dictionary key is nested too deeply")
        if type(item) in (tuple, frozenset):
            pending.extend(item)


def _pairs(items: Any) -> Any:
    for item in items:
        if not isinstance(item, (tuple, list)) or len(item) != 2:
            raise UnpicklingError("an OrderedDict's items must be pairs")
        plain_key(item[0])
    return items


def make_ordered_dict(*args: Any) -> Any:
    """An OrderedDict of pairs."""
    if not args:
        return OrderedDict()
    (items,) = args
    if isinstance(items, dict):
        return OrderedDict(items)
    return OrderedDict(_pairs(items if isinstance(items, (list, tuple)) else wrong("OrderedDict", items)))


def make_counter(*args: Any) -> Any:
    """A Counter of a dictionary."""
    return Counter(*[a if isinstance(a, dict) else wrong("Counter", a) for a in args])


def make_set(*args: Any) -> Any:
    """A set of a list's items."""
    (items,) = args or ((),)
    if not isinstance(items, (list, tuple, set, frozenset)):
        wrong("set", items)
    for item in items:
        plain_key(item)
    return set(items)


def make_frozenset(*args: Any) -> Any:
    """A frozenset of a list's items."""
    return frozenset(make_set(*args))


def make_bytearray(*args: Any) -> Any:
    """A bytearray of bytes, or of encoded text."""
    if not args:
        return bytearray()
    if isinstance(args[0], bytes) and len(args) == 1:
        return bytearray(args[0])
    if isinstance(args[0], str) and len(args) == 2:
        return bytearray(encode(*args))
    return wrong("bytearray", args[0])


def encode(text: Any, encoding: Any = "latin1") -> bytes:
    """Text as bytes: how pickles of protocol 2 hold them."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "utf-8", "utf8", "ascii"):
        wrong("_codecs.encode", encoding)
    return text.encode(encoding)


def make_complex(*args: Any) -> complex:
    """A complex number of numbers."""
    return complex(*[a if type(a) in (int, float) else wrong("complex", a) for a in args])


def wrong(function: str, value: Any) -> Any:
    """Refuse an argument."""
    raise UnpicklingError(f"{function} cannot be given {type(value).__name__} here")


def todays_name(module: str, name: str) -> tuple[str, str]:
    """Today's name of what Python 2, and pickles of protocol 2, call otherwise."""
    if (module, name) in NAME_MAPPING:
        return NAME_MAPPING[module, name]
    return IMPORT_MAPPING.get(module, module), name
