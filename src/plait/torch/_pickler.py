"""Writes pickles that PyTorch reads: names of this dialect go out under upstream's names, storages by persistent id."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from types import FunctionType
from typing import Any

from . import _dtypes
from ._names import public_module
from .storage import TypedStorage, UntypedStorage

__all__ = ["Pickler"]

_HERE = "plait.torch"


def _ours(module: str) -> bool:
    return module in ("torch", _HERE) or module.startswith(("torch.", _HERE + "."))


_Base: Any = pickle._Pickler


class Pickler(_Base):  # type: ignore[misc]
    """Pickles to `file`; `persistent` gives each storage its id, None for everything else.

    Python's own pickler in Python, since the one in C insists that a class can be imported under the name that it writes.
    """

    def __init__(self, file: Any, protocol: int, persistent: Callable[[Any], Any]) -> None:
        super().__init__(file, protocol)
        self._persistent = persistent

    def persistent_id(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is UntypedStorage or isinstance(obj, TypedStorage):
            return self._persistent(obj)
        return None

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is _dtypes.dtype or kind is _dtypes.memory_format:
            return repr(obj)[6:]
        if kind is _dtypes.Size:
            return kind, (tuple(obj),)
        if kind is _dtypes.device:
            return kind, ((obj.type,) if obj.index is None else (obj.type, obj.index))
        return NotImplemented

    def save_global(self, obj: Any, name: str | None = None) -> None:
        kind = type(obj)
        if kind is _dtypes.dtype or kind is _dtypes.memory_format:
            self._write_global("torch", repr(obj)[6:], obj)
            return
        module = getattr(obj, "__module__", None)
        if isinstance(module, str) and _ours(module) and not isinstance(obj, type(self)):
            qualified = name or obj.__qualname__
            self._write_global(public_module(module, qualified), qualified, obj)
            return
        qualified = str(name or getattr(obj, "__qualname__", ""))
        if "<locals>" in qualified:
            raise AttributeError(f"Can't pickle local object {qualified!r}")
        try:
            super().save_global(obj, name)
        except pickle.PicklingError:
            words = f"Can't pickle {obj!r}: attribute lookup {qualified} on {module} failed"
            raise pickle.PicklingError(words) from None

    def _write_global(self, module: str, name: str, obj: Any) -> None:
        if self.proto >= 4:
            self.save(module)
            self.save(name)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + module.encode() + b"\n" + name.encode() + b"\n")
        self.memoize(obj)

    dispatch = dict(_Base.dispatch)
    dispatch[FunctionType] = save_global


def file_storage_type(storage: Any) -> tuple[Any, int]:
    """The class that a file names for a storage, and its number of elements."""
    from . import storage as module

    if isinstance(storage, TypedStorage):
        legacy = module.BY_FILE_NAME.get(storage.pickle_storage_type())
        if legacy is not None:
            return legacy, storage.size()
        return UntypedStorage, storage.nbytes()
    return UntypedStorage, storage.nbytes()
