"""A tree of named things: nodes have children, and members (parameters, buffers) of their own.

Nothing here knows what a node is. A caller says how to list a node's children and members, so that every dialect's base
class walks, addresses and prints its tree with the same code:

>>> kids = {"a": {"b": {}}, "c": {}}
>>> [path for path, _ in walk(kids, lambda node: node.items())]
['', 'a', 'a.b', 'c']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import index as as_index
from typing import Any, TypeVar

N = TypeVar("N")
Pairs = Iterable[tuple[str, Any]]


def join(prefix: str, name: str) -> str:
    """`prefix.name`, or `name` alone at the root."""
    return f"{prefix}.{name}" if prefix else name


def walk(
    root: N, children: Callable[[N], Pairs], prefix: str = "", seen: set[int] | None = None, unique: bool = True
) -> Iterator[tuple[str, N]]:
    """Every node below and with `root`, parents first, as (path, node); a node met twice counts once if `unique`.

    `seen` holds ids of nodes to leave out. Children that are None are skipped.
    """
    if seen is None:
        seen = set()
    stack: list[tuple[str, N]] = [(prefix, root)]
    while stack:
        path, node = stack.pop()
        if id(node) in seen:
            continue
        if unique:
            seen.add(id(node))
        yield path, node
        below = [(join(path, name), child) for name, child in children(node) if child is not None]
        below.reverse()
        stack.extend(below)


def gather(
    nodes: Iterable[tuple[str, N]], members: Callable[[N], Pairs], unique: bool = True
) -> Iterator[tuple[str, Any]]:
    """The members of each of `nodes` as (path, member); None is skipped, an object met twice counts once if `unique`."""
    seen: set[int] = set()
    for path, node in nodes:
        for name, member in members(node):
            if member is None or id(member) in seen:
                continue
            if unique:
                seen.add(id(member))
            yield join(path, name), member


def attribute(node: Any, name: str) -> Any:
    """A node's attribute; AttributeError, which says whose it is not."""
    if not hasattr(node, name):
        raise AttributeError(f"{node._get_name()} has no attribute `{name}`")
    return getattr(node, name)


def find(root: Any, path: str, base: type, noun: str) -> Any:
    """The node at a dotted path; AttributeError where there is none, or something that is not of the class `base`, called `noun`."""
    node = root
    for name in path.split(".") if path else ():
        node = attribute(node, name)
        if not isinstance(node, base):
            raise AttributeError(f"`{name}` is not an {noun}")
    return node


def put(root: Any, path: str, node: Any, base: type, noun: str, strict: bool) -> None:
    """Set the node at a dotted path; `strict`: only where one is already. ValueError for what is not of the class `base`."""
    if not isinstance(node, base):
        raise ValueError(f"`module` is not an {noun}, found {type(node)}")
    head, _, name = path.rpartition(".")
    parent = find(root, head, base, noun)
    if (strict or hasattr(parent, name)) and not isinstance(attribute(parent, name), base):
        raise AttributeError(f"`{name}` is not an {noun}")
    setattr(parent, name, node)


def position(index: Any, size: int) -> int:
    """A sequence index, counted from the front; IndexError outside of [-size, size)."""
    at = as_index(index)
    if not -size <= at < size:
        raise IndexError(f"index {at} is out of range")
    return at % size


def indent(text: str, spaces: int = 2) -> str:
    """`text` with every line but the first, and but blank ones, moved right.

    >>> indent("a(\\n  b\\n)")
    'a(\\n    b\\n  )'
    """
    if "\n" not in text:
        return text
    head, *rest = text.split("\n")
    pad = " " * spaces
    return "\n".join([head, *(pad + line if line.strip() else "" for line in rest)])


def outline(title: str, own: str, children: Iterable[tuple[str, str]]) -> str:
    """A node's text: `title(own)` on one line where that says it all, else one indented line for each thing it has.

    >>> print(outline("Pair", "", [("left", "Leaf()"), ("right", "Leaf(n=2)")]))
    Pair(
      (left): Leaf()
      (right): Leaf(n=2)
    )
    """
    lines = own.split("\n") if own else []
    kids = [f"({name}): {indent(text)}" for name, text in children]
    if len(lines) == 1 and not kids:
        return f"{title}({lines[0]})"
    lines += kids
    return f"{title}(\n  " + "\n  ".join(lines) + "\n)" if lines else f"{title}()"


def runs(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Equal neighbours told once, as (range, text).

    >>> runs(["a", "a", "b"])
    [('0-1', '2 x a'), ('2', 'b')]
    """
    out: list[tuple[int, int, str]] = []
    for i, text in enumerate(texts):
        if out and out[-1][2] == text:
            out[-1] = (out[-1][0], i, text)
        else:
            out.append((i, i, text))
    return [(str(a), text) if a == b else (f"{a}-{b}", f"{b - a + 1} x {text}") for a, b, text in out]
