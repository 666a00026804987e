"""A pickle machine that executes nothing: it knows the opcodes; what a name means, and what may be called, a subclass says.

`Machine` reads the opcodes (CPython's pickletools), checks every length before it allocates, and lets no pickle copy far more than it
holds. What it may build of plain containers is `builders.py`; `NumPyMachine` (`arrays.py`) knows NumPy's arrays, dtypes and scalars too.
"""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict
from pickle import UnpicklingError, decode_long
from typing import Any

from plait.pickles.builders import make_frozenset, make_set, plain_key

__all__ = ["Machine"]

_MARK = object()
_COPIED = (str, bytes, list, tuple, dict, OrderedDict, set, frozenset)


class Machine:
    """Reads one pickle from `data` at `offset`; `position` is then the offset after it.

    A subclass says what a name means (`find`), what calling it gives (`call`), what NEWOBJ and BUILD do (`new`, `build`), and what a
    persistent id stands for (`persistent`). `encoding` is for the byte strings of Python 2.
    """

    def __init__(self, data: Any, *, encoding: str = "utf-8", offset: int = 0) -> None:
        self.data = data
        self.position = offset
        self._encoding = encoding
        # What calls may copy: a pickle that repeats one long value in many calls could otherwise fill the memory.
        self._budget = 16 * len(data) + (1 << 20)

    # What a subclass says.

    def find(self, module: str, name: str) -> Any:
        """What GLOBAL names."""
        raise UnpicklingError(f"Unsupported global: GLOBAL {module}.{name}")

    def call(self, function: Any, args: tuple[Any, ...]) -> Any:
        """What REDUCE gives."""
        raise UnpicklingError(f"Trying to call reduce for unrecognized function {function}")

    def new(self, kind: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """What NEWOBJ gives."""
        raise UnpicklingError(f"Can only create new objects of known classes, but got {kind}")

    def build(self, target: Any, state: Any) -> None:
        """BUILD."""
        raise UnpicklingError(f"Can only build known types, but got {type(target)}")

    def persistent(self, saved_id: Any) -> Any:
        """What a persistent id stands for."""
        raise UnpicklingError("the pickle speaks of objects outside it")

    def may_set(self, kind: type) -> bool:
        """Whether items of an object of that class, which is no dictionary, may be set."""
        return False

    def append(self, target: Any, items: list[Any]) -> None:
        """Items for an object that is no list."""
        raise UnpicklingError(f"Can only append to lists, but got {type(target)}")

    def passes(self, error: Exception) -> bool:
        """Whether an error is the caller's own code's, not a sign of a corrupt pickle."""
        return False

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

    # Calls.

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
        return self.call(function, args)

    def _new(self, kind: Any, args: Any, keywords: dict[str, Any] | None = None) -> Any:
        if type(args) is not tuple:
            raise UnpicklingError("pickle arguments must be a tuple")
        return self.new(kind, args, keywords or {})

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
            if self.passes(e):
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
                push(self.persistent(pop()))
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
                push(self.find(module, self._line()))
            elif op == 0x93:  # STACK_GLOBAL
                name, module = pop(), pop()
                if type(name) is not str or type(module) is not str:
                    raise UnpicklingError("STACK_GLOBAL requires str")
                push(self.find(module, name))
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
                self.build(stack[-1], state)
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
            if not self.may_set(kind) or not hasattr(kind, "__setitem__"):
                raise UnpicklingError(f"Can only set items of dictionaries, but got {kind}")
        if len(items) % 2:
            raise UnpicklingError("odd number of items for a dictionary")
        for i in range(0, len(items), 2):
            plain_key(items[i])
            target[_value(items[i])] = _value(items[i + 1])

    def _extend(self, target: Any, items: list[Any]) -> None:
        if type(target) is list:
            target.extend(items)
        else:
            self.append(target, items)


def _value(item: Any) -> Any:
    if item is _MARK:
        raise UnpicklingError("unexpected MARK found")
    return item


def _short_int(text: str) -> int:
    if len(text) > 4000:
        raise UnpicklingError("a number is too long")
    return int(text)
