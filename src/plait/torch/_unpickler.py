"""The names that the pickle machine (`plait.pickles`) knows for PyTorch's files, and what each of them may be given.

Under `weights_only=True` the names are tensors and plain containers. With `weights_only=False`, the caller's explicit consent, it also
builds objects of the dialect's classes and of the program's own classes (their `__setstate__` and `__new__` run); functions of the
standard library and anything else stay refused in either case.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from pickle import UnpicklingError
from typing import Any

from plait.pickles import Machine, todays_name

from . import _dtypes
from ._builders import lists
from ._names import public_module

__all__ = ["Unpickler"]

_BLOCKED = ("sys", "os", "posix", "nt")

_user_safe: set[Any] = set()


def user_names() -> dict[str, Any]:
    """What add_safe_globals let in, by full name."""
    found = {}
    for entry in _user_safe:
        if isinstance(entry, tuple):
            if len(entry) != 2:
                raise ValueError(
                    "Expected tuple of length 2 (global, str of callable full path), "
                    f"but got tuple of length: {len(entry)}"
                )
            if type(entry[1]) is not str:
                raise TypeError(
                    f"Expected second item in tuple to be str of callable full path, but got: {type(entry[1])}"
                )
            found[entry[1]] = entry[0]
        else:
            module = entry.__module__
            if module.startswith("plait.torch"):
                module = public_module(module, entry.__qualname__)
            found[f"{module}.{entry.__qualname__}"] = entry
    return found


def _renamed(module: str, name: str) -> tuple[str, str]:
    """Today's name of what older pickles call otherwise."""
    module, name = todays_name(module, name)
    return ("torch._tensor" if module == "torch.tensor" else module), name


def _shown_name(path: str) -> str:
    return path[9:] if path.startswith("builtins.") else path


class Unpickler(Machine):
    """Reads one pickle from `data` at `offset`; `position` is then the offset after it.

    Args:
        data: the bytes.
        persistent_load: turns a persistent id (a tuple) into a storage.
        trusted: the caller's consent to build objects of the program's own classes.
        encoding: for the byte strings of Python 2.
    """

    def __init__(
        self, data: Any, persistent_load: Any, *, trusted: bool = False, encoding: str = "utf-8", offset: int = 0
    ) -> None:
        super().__init__(data, encoding=encoding, offset=offset)
        self._persistent_load = persistent_load
        self._trusted = trusted
        self._user = user_names() if _user_safe else {}
        self._lists = lists()

    def find(self, module: str, name: str) -> Any:
        module, name = _renamed(module, name)
        path = f"{module}.{name}"
        if module in _BLOCKED:
            raise UnpicklingError(f"Trying to load unsupported GLOBAL {path} whose module {module} is blocked.")
        known = self._lists.names
        if path in known:
            return known[path]
        if path in self._user:
            return self._user[path]
        if self._trusted:
            from ._consent import find_trusted

            return find_trusted(module, name)
        shown = _shown_name(path)
        raise UnpicklingError(
            f"Unsupported global: GLOBAL {shown} was not an allowed global by default. "
            f"Please use `torch.serialization.add_safe_globals([{shown}])` or the "
            f"`torch.serialization.safe_globals([{shown}])` context manager to allowlist this global "
            "if you trust this class/function."
        )

    def _known(self, obj: Any) -> bool:
        return any(obj is v for v in self._user.values())

    def call(self, function: Any, args: tuple[Any, ...]) -> Any:
        made = self._lists.callables.get(function) if getattr(type(function), "__hash__", None) is not None else None
        if made is not None:
            return made(*args)
        if self._known(function):
            return function(*args)
        if self._trusted:
            from ._consent import call_trusted

            return call_trusted(function, args)
        raise UnpicklingError(f"Trying to call reduce for unrecognized function {function}")

    def new(self, kind: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if kind is self._lists.parameter:
            return kind(*args)
        if kind in (OrderedDict, Counter, set, frozenset, _dtypes.Size):
            return self._lists.callables[kind](*args)
        if self._known(kind):
            return kind.__new__(kind, *args, **keywords)
        if self._trusted and isinstance(kind, type):
            from ._consent import new_trusted

            return new_trusted(kind, args, keywords)
        raise UnpicklingError(
            f"Can only create new object for nn.Parameter or classes allowlisted via `add_safe_globals` but got {kind}"
        )

    def build(self, target: Any, state: Any) -> None:
        kind = type(target)
        if kind is OrderedDict:
            if not isinstance(state, dict) or any(type(k) is not str for k in state):
                raise UnpicklingError("an OrderedDict's state must be a dictionary of attributes")
            target.__dict__.update(state)
        elif kind is self._lists.parameter or kind is self._lists.tensor:
            target.__setstate__(state)
        elif self._known(kind) or self._trusted:
            from ._consent import set_state

            set_state(target, state)
        else:
            raise UnpicklingError(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, "
                f"but got {kind}"
            )

    def may_set(self, kind: type) -> bool:
        return self._trusted or self._known(kind)

    def append(self, target: Any, items: list[Any]) -> None:
        if self._trusted and isinstance(target, list):
            list.extend(target, items)
        elif self._trusted and hasattr(type(target), "append"):
            for item in items:
                target.append(item)
        else:
            super().append(target, items)

    def passes(self, error: Exception) -> bool:
        return self._trusted and error.__traceback__ is not None and _from_users_code(error)

    def persistent(self, saved_id: Any) -> Any:
        if type(saved_id) is not tuple:
            raise UnpicklingError(f"persistent_load id must be tuple or int, but got {type(saved_id)}")
        kind = saved_id[0] if saved_id else None
        if isinstance(kind, bytes):
            kind = kind.decode("ascii")
        if kind == "module" and self._trusted:
            return saved_id[1]
        if kind != "storage":
            raise UnpicklingError(f"Only persistent_load of storage is allowed, but got {kind!r}")
        return self._persistent_load(saved_id)


def _from_users_code(error: BaseException) -> bool:
    """Whether an error was raised inside the program's own class, and not by this machine."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    home = "" if trace is None else str(trace.tb_frame.f_globals.get("__name__", ""))
    return trace is not None and not home.startswith(("plait.torch", "plait.pickles"))


def opcode_names(data: bytes) -> set[str]:
    """The names that a pickle mentions, without building anything."""
    found: set[str] = set()

    class Listing(Unpickler):
        def find(self, module: str, name: str) -> Any:
            path = ".".join(_renamed(module, name))
            if path not in self._lists.names:
                found.add(path)
            return _Nothing

        def _call(self, function: Any, args: Any) -> Any:
            return _Stub()

        def _new(self, kind: Any, args: Any, keywords: dict[str, Any] | None = None) -> Any:
            return _Stub()

        def build(self, target: Any, state: Any) -> None:
            return None

        def _set_items(self, target: Any, items: list[Any]) -> None:
            return None

        def _extend(self, target: Any, items: list[Any]) -> None:
            return None

    Listing(data, lambda saved_id: None).load()
    return found


class _Nothing:
    pass


class _Stub:
    __slots__ = ()
