"""The signatures of upstream's built-in functions, as its argument parser knows them, from the file signatures.txt.

Rules of this file: the file's names are read when the dialect loads; a name's signatures are parsed when it is first called. Types are named as
upstream's messages name them.
"""

from __future__ import annotations

import os
import re
import sys

__all__ = ["Parameter", "Signature", "counted", "names", "signatures_of"]

_OPTIONS = "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False, bool? requires_grad=False"
# The parser's word for a type -> the word of its messages.
_SHOWN = {
    "Tensor": "Tensor",
    "Scalar": "Number",
    "int64_t": "int",
    "SymInt": "int",
    "double": "float",
    "bool": "bool",
    "c10::string_view": "str",
    "ScalarType": "torch.dtype",
    "Layout": "torch.layout",
    "Device": "torch.device",
    "MemoryFormat": "torch.memory_format",
    "Generator": "torch.Generator",
    "PyObject*": "object",
    "TensorList": "tuple of Tensors",
    "c10::List<::std::optional<Tensor>>": "tuple of Tensors",
    "IntArrayRef": "tuple of ints",
    "SymIntArrayRef": "tuple of ints",
    "ArrayRef<double>": "tuple of floats",
}
# Functions whose tensors may be Python numbers.
_NUMBERS = frozenset(name + end for name in ("add", "div", "divide", "floor_divide", "mul", "multiply", "sub", "subtract", "true_divide", "copy") for end in ("", "_"))  # fmt: skip
_NUMPY_NAMES = {"dim": ("axis",), "keepdim": ("keepdims",), "input": ("x", "a", "x1"), "other": ("x2",)}
_FORM = re.compile(r"([\w:*<>]+?)(?:\[(\d+)\])?(\?)?")


class Parameter:
    """One parameter: its type in upstream's words, and what it takes."""

    __slots__ = ("default", "keyword", "kind", "name", "none", "numbers", "numpy_names", "optional", "size")

    def __init__(self, text: str, keyword: bool, function: str) -> None:
        declared, _, default = text.partition("=")
        form, _, name = declared.rpartition(" ")
        match = _FORM.fullmatch(form)
        if match is None:
            raise ValueError(f"signatures.txt: no type in {text!r}")
        self.kind = _SHOWN[match[1]]
        self.size = int(match[2] or 0)
        self.name = sys.intern(name)
        self.keyword = keyword
        self.default = default
        self.optional = bool(default)
        self.none = match[3] is not None or default == "None"
        self.numbers = self.kind == "Tensor" and function in _NUMBERS
        self.numpy_names = _NUMPY_NAMES.get(name, ())

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" = {self.default}" if self.optional else "")


class Signature:
    """One way to call a function."""

    __slots__ = ("hidden", "least", "most", "name", "parameters", "positional", "spread")

    def __init__(self, text: str) -> None:
        text, _, mark = text.replace("$options", _OPTIONS).partition("|")
        self.name, _, inner = text[:-1].partition("(")
        self.hidden = bool(mark)
        self.parameters: list[Parameter] = []
        keyword = False
        for part in inner.split(", ") if inner else ():
            if part == "*":
                keyword = True
            else:
                self.parameters.append(Parameter(part, keyword, self.name))
        self.positional = sum(not p.keyword for p in self.parameters)
        self.least = sum(not p.optional for p in self.parameters)
        self.most = len(self.parameters)
        self.spread = self.positional == 1 and self.parameters[0].kind == "tuple of ints"

    def __str__(self) -> str:
        shown = [str(p) for p in self.parameters]
        if self.positional < self.most:
            shown.insert(self.positional, "*")
        return f"({', '.join(shown)})"


def _read() -> dict[str, dict[str, list[str]]]:
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "signatures.txt")
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    spaces: dict[str, dict[str, list[str]]] = {}
    space: dict[str, list[str]] = {}
    for line in lines[1:]:
        if line[0] == "[":
            space = spaces[line[1:-1]] = {}
            continue
        name = line.partition("(")[0]
        if ": " in name:
            name, _, line = line.partition(": ")
        space.setdefault(name, []).append(line)
    return spaces


_texts = _read()


def names(space: str) -> list[str]:
    """The names of a namespace ("torch", "Tensor", "torch.nn.functional", "torch.linalg") that upstream's library has."""
    return list(_texts[space])


def signatures_of(space: str, name: str) -> list[Signature]:
    """The signatures of one function, in upstream's order; none where Python itself counts its arguments."""
    return [Signature(text) for text in _texts[space][name] if "(" in text]


def counted(space: str, name: str) -> tuple[str, int]:
    """The full name and the number of arguments of a function of C whose arguments Python itself counts."""
    label, _, count = _texts[space][name][0].partition("/")
    return label, int(count)
