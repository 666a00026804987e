"""A pickle machine that executes nothing: it knows the opcodes, a list of names, and what each of those names may be given.

Under `weights_only=True` the names are tensors and plain containers. With `weights_only=False`, the caller's explicit consent, it also
builds objects of the dialect's classes and of the program's own classes (their `__setstate__` and `__new__` run); functions of the
standard library and anything else stay refused in either case. Opcodes: CPython's pickletools.
"""

from __future__ import annotations

import struct
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from pickle import UnpicklingError, decode_long
from typing import Any

from . import _dtypes
from ._builders import lists, make_frozenset, make_set, plain_key
from ._names import public_module

__all__ = ["Unpickler"]

_MARK = object()
_COPIED = (str, bytes, list, tuple, dict, OrderedDict, set, frozenset)
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
    """Today's name of what Python 2, and pickles of protocol 2, call otherwise."""
    if (module, name) in NAME_MAPPING:
        return NAME_MAPPING[module, name]
    if module == "torch.tensor":
        return "torch._tensor", name
    return IMPORT_MAPPING.get(module, module), name


def _shown_name(path: str) -> str:
    return path[9:] if path.startswith("builtins.") else path


class Unpickler:
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
        self.data = data
        self.position = offset
        self._persistent_load = persistent_load
        self._trusted = trusted
        self._encoding = encoding
        self._user = user_names() if _user_safe else {}
        self._lists = lists()
        # What calls may copy: a pickle that repeats one long value in many calls could otherwise fill the memory.
        self._budget = 16 * len(data) + (1 << 20)

    # Reading.

    def _take(self, count: int) -> Any:
        start = self.position
        if count < 0 or start + count > len(self.data):
            raise UnpicklingError("pickle data was truncated")
        self.position = start + count
        return self.data[start : start + count]

    def _line(self) -> str:
        end = self.data.find(b"\n", self.position, self.position + 65536)
        if end < 0:
            raise UnpicklingError("pickle data was truncated")
        line = self.data[self.position : end]
        self.position = end + 1
        return line.decode("utf-8")

    # Names.

    def _find(self, module: str, name: str) -> Any:
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

    def _call(self, function: Any, args: Any) -> Any:
        if type(args) is not tuple:
            raise UnpicklingError("pickle arguments must be a tuple")
        if not callable(function):
            raise UnpicklingError(f"Trying to call reduce for unrecognized function of type {type(function)}")
        for arg in args:
            if type(arg) in _COPIED:
                self._budget -= len(arg)
                if self._budget < 0:
                    raise UnpicklingError("the pickle copies far more than it holds")
        made = self._lists.callables.get(function) if getattr(type(function), "__hash__", None) is not None else None
        if made is not None:
            return made(*args)
        if self._known(function):
            return function(*args)
        if self._trusted:
            from ._consent import call_trusted

            return call_trusted(function, args)
        raise UnpicklingError(f"Trying to call reduce for unrecognized function {function}")

    def _new(self, kind: Any, args: Any, keywords: dict[str, Any] | None = None) -> Any:
        if type(args) is not tuple:
            raise UnpicklingError("pickle arguments must be a tuple")
        if kind is self._lists.parameter:
            return kind(*args)
        if kind in (OrderedDict, Counter, set, frozenset, _dtypes.Size):
            return self._lists.callables[kind](*args)
        if self._known(kind):
            return kind.__new__(kind, *args, **(keywords or {}))
        if self._trusted and isinstance(kind, type):
            from ._consent import new_trusted

            return new_trusted(kind, args, keywords or {})
        raise UnpicklingError(
            f"Can only create new object for nn.Parameter or classes allowlisted via `add_safe_globals` but got {kind}"
        )

    def _build(self, target: Any, state: Any) -> None:
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

    # The machine.

    def load(self) -> Any:
        """The object; UnpicklingError for anything malformed or refused, EOFError when there is nothing at all."""
        if self.position >= len(self.data):
            raise EOFError("Ran out of input")
        try:
            return self._run()
        except UnpicklingError:
            raise
        except RecursionError:
            raise UnpicklingError("the pickle is nested too deeply") from None
        except (
            IndexError,
            KeyError,
            struct.error,
            UnicodeDecodeError,
            ValueError,
            TypeError,
            AttributeError,
            OverflowError,
        ) as e:
            if self._trusted and e.__traceback__ is not None and _from_users_code(e):
                raise
            raise UnpicklingError(f"the pickle is corrupt: {type(e).__name__}: {e}") from None

    def _pop_mark(self, stack: list[Any]) -> list[Any]:
        at = len(stack) - 1
        while stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise UnpicklingError("unexpected MARK found")
        items = stack[at + 1 :]
        del stack[at:]
        return items

    def _run(self) -> Any:
        take, memo = self._take, {}
        stack: list[Any] = []
        push, pop = stack.append, stack.pop
        first = True
        while True:
            op = take(1)[0]
            if first and op not in b"\x80(]})cNIFSVUXKMJGT\x88\x89Ql}":
                raise UnpicklingError(f"Unsupported operand {op}")
            first = False
            if op == 0x71:  # BINPUT
                memo[take(1)[0]] = stack[-1]
            elif op == 0x68:  # BINGET
                push(memo[take(1)[0]])
            elif op == 0x58:  # BINUNICODE
                push(str(take(struct.unpack("<I", take(4))[0]), "utf-8", "surrogatepass"))
            elif op == 0x4B:  # BININT1
                push(take(1)[0])
            elif op == 0x28:  # MARK
                push(_MARK)
            elif op == 0x74:  # TUPLE
                items = self._pop_mark(stack)
                push(tuple(items))
            elif op == 0x72:  # LONG_BINPUT
                memo[struct.unpack("<I", take(4))[0]] = stack[-1]
            elif op == 0x6A:  # LONG_BINGET
                push(memo[struct.unpack("<I", take(4))[0]])
            elif op == 0x94:  # MEMOIZE
                memo[len(memo)] = stack[-1]
            elif op == 0x52:  # REDUCE
                args = pop()
                stack[-1] = self._call(stack[-1], args)
            elif op == 0x51:  # BINPERSID
                push(self._persistent(pop()))
            elif op == 0x85:
                stack[-1] = (_value(stack[-1]),)
            elif op == 0x86:
                b, a = pop(), pop()
                push((_value(a), _value(b)))
            elif op == 0x87:
                c, b, a = pop(), pop(), pop()
                push((_value(a), _value(b), _value(c)))
            elif op == 0x89:
                push(False)
            elif op == 0x88:
                push(True)
            elif op == 0x4E:
                push(None)
            elif op == 0x29:
                push(())
            elif op == 0x7D:
                push({})
            elif op == 0x5D:
                push([])
            elif op == 0x8F:
                push(set())
            elif op == 0x63:  # GLOBAL
                module = self._line()
                push(self._find(module, self._line()))
            elif op == 0x93:  # STACK_GLOBAL
                name, module = pop(), pop()
                if type(name) is not str or type(module) is not str:
                    raise UnpicklingError("STACK_GLOBAL requires str")
                push(self._find(module, name))
            elif op == 0x73:  # SETITEM
                value, key = pop(), pop()
                self._set_items(stack[-1], [key, value])
            elif op == 0x75:  # SETITEMS
                items = self._pop_mark(stack)
                self._set_items(stack[-1], items)
            elif op in (0x61, 0x65):  # APPEND, APPENDS
                items = [_value(pop())] if op == 0x61 else self._pop_mark(stack)
                self._extend(stack[-1], items)
            elif op == 0x90:  # ADDITEMS
                items = self._pop_mark(stack)
                if type(stack[-1]) is not set:
                    raise UnpicklingError(f"Can only add to sets, but got {type(stack[-1])}")
                stack[-1].update(make_set(items))
            elif op == 0x91:  # FROZENSET
                items = self._pop_mark(stack)
                push(make_frozenset(items))
            elif op == 0x64:  # DICT
                items = self._pop_mark(stack)
                push({})
                self._set_items(stack[-1], items)
            elif op == 0x6C:  # LIST
                items = self._pop_mark(stack)
                push(items)
            elif op == 0x81:  # NEWOBJ
                args = pop()
                stack[-1] = self._new(stack[-1], args)
            elif op == 0x92:  # NEWOBJ_EX
                keywords, args = pop(), pop()
                stack[-1] = self._new(stack[-1], args, keywords)
            elif op == 0x62:  # BUILD
                state = pop()
                self._build(stack[-1], state)
            elif op == 0x2E:  # STOP
                result = _value(pop())
                return result
            elif op == 0x80:  # PROTO
                version = take(1)[0]
                if version > 5:
                    raise UnpicklingError(f"unsupported pickle protocol: {version}")
            elif op == 0x95:  # FRAME
                (size,) = struct.unpack("<Q", take(8))
                if size > len(self.data) - self.position:
                    raise UnpicklingError("pickle data was truncated")
            elif op == 0x32:  # DUP
                push(_value(stack[-1]))
            elif op == 0x30:  # POP
                pop()
            elif op == 0x31:  # POP_MARK
                self._pop_mark(stack)
            elif op == 0x67:  # GET
                push(memo[int(self._line())])
            elif op == 0x70:  # PUT
                memo[int(self._line())] = stack[-1]
            else:
                push(self._literal(op, take))

    def _literal(self, op: int, take: Any) -> Any:
        """The numbers and strings."""
        if op == 0x4A:
            return struct.unpack("<i", take(4))[0]
        if op == 0x4D:
            return struct.unpack("<H", take(2))[0]
        if op == 0x47:
            return struct.unpack(">d", take(8))[0]
        if op == 0x8A:
            return decode_long(take(take(1)[0]))
        if op == 0x8B:
            return decode_long(take(struct.unpack("<i", take(4))[0]))
        if op == 0x8C:
            return str(take(take(1)[0]), "utf-8", "surrogatepass")
        if op == 0x8D:
            return str(take(struct.unpack("<Q", take(8))[0]), "utf-8", "surrogatepass")
        if op == 0x42:
            return bytes(take(struct.unpack("<I", take(4))[0]))
        if op == 0x43:
            return bytes(take(take(1)[0]))
        if op == 0x8E:
            return bytes(take(struct.unpack("<Q", take(8))[0]))
        if op == 0x96:
            return bytearray(take(struct.unpack("<Q", take(8))[0]))
        if op in (0x55, 0x54):
            raw = bytes(take(take(1)[0] if op == 0x55 else struct.unpack("<i", take(4))[0]))
            return raw if self._encoding == "bytes" else raw.decode(self._encoding)
        if op == 0x49:
            text = self._line()
            return {"00": False, "01": True}.get(text) if text in ("00", "01") else _short_int(text)
        if op == 0x4C:
            return _short_int(self._line().rstrip("L"))
        if op == 0x46:
            return float(self._line())
        if op == 0x56:
            return self._line().encode().decode("raw-unicode-escape")
        raise UnpicklingError(f"Unsupported operand {op}")

    def _set_items(self, target: Any, items: list[Any]) -> None:
        kind = type(target)
        if kind not in (dict, OrderedDict, Counter):
            if not (self._trusted or self._known(kind)) or not hasattr(kind, "__setitem__"):
                raise UnpicklingError(f"Can only set items of dictionaries, but got {kind}")
        if len(items) % 2:
            raise UnpicklingError("odd number of items for a dictionary")
        for i in range(0, len(items), 2):
            plain_key(items[i])
            target[_value(items[i])] = _value(items[i + 1])

    def _extend(self, target: Any, items: list[Any]) -> None:
        if type(target) is list:
            target.extend(items)
        elif self._trusted and isinstance(target, list):
            list.extend(target, items)
        elif self._trusted and hasattr(type(target), "append"):
            for item in items:
                target.append(item)
        else:
            raise UnpicklingError(f"Can only append to lists, but got {type(target)}")

    def _persistent(self, saved_id: Any) -> Any:
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


def _value(item: Any) -> Any:
    if item is _MARK:
        raise UnpicklingError("unexpected MARK found")
    return item


def _short_int(text: str) -> int:
    if len(text) > 4000:
        raise UnpicklingError("a number is too long")
    return int(text)


def _from_users_code(error: BaseException) -> bool:
    """Whether an error was raised inside the program's own class, and not by this machine."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    package = __name__.rpartition(".")[0]
    return trace is not None and not str(trace.tb_frame.f_globals.get("__name__", "")).startswith(package)


def opcode_names(data: bytes) -> set[str]:
    """The names that a pickle mentions, without building anything."""
    found: set[str] = set()

    class Listing(Unpickler):
        def _find(self, module: str, name: str) -> Any:
            path = ".".join(_renamed(module, name))
            if path not in self._lists.names:
                found.add(path)
            return _Nothing

        def _call(self, function: Any, args: Any) -> Any:
            return _Stub()

        def _new(self, kind: Any, args: Any, keywords: dict[str, Any] | None = None) -> Any:
            return _Stub()

        def _build(self, target: Any, state: Any) -> None:
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
