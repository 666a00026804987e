"""Small parts of the `tf` namespace: devices, printing, modes, structures, control."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from typing import Any

from plait.keras import tree
from plait.keras._convert import as_tensor
from plait.keras._naming import name_scope as name_scope
from plait.keras._traced import Printing

__all__ = [
    "Module", "UnconnectedGradients", "cond", "device", "executing_eagerly", "group", "init_scope", "is_symbolic_tensor", "map_fn", "name_scope", "no_op",
    "print", "while_loop",
]  # fmt: skip

_print = print


class UnconnectedGradients(Enum):
    """What a gradient is where the target does not depend on the source."""

    NONE = "none"
    ZERO = "zero"


def device(device_name: Any) -> AbstractContextManager[None]:
    """A block on a device; there is only the CPU: RuntimeError for an accelerator."""
    if device_name is not None and not callable(device_name) and "cpu" not in str(device_name).lower():
        raise RuntimeError(f"Could not satisfy device specification {device_name!r}: there is only the CPU")
    return nullcontext()


def init_scope() -> AbstractContextManager[None]:
    """A block outside of graphs, as every block is here."""
    return nullcontext()


def executing_eagerly() -> bool:
    """Always: there are no graphs."""
    return True


def is_symbolic_tensor(tensor: Any) -> bool:
    """Whether a tensor belongs to a graph: never."""
    return False


def no_op(name: Any = None) -> None:
    """Nothing."""


def group(*inputs: Any, **kwargs: Any) -> None:
    """Nothing: operations have run when they were called."""


def print(*inputs: Any, **kwargs: Any) -> None:
    """Prints tensors by their values, on stderr unless `output_stream` says otherwise."""
    import numpy as np

    from plait.keras._tensor import Tensor

    summarize = kwargs.get("summarize", 3)

    def text(value: Any) -> str:
        if isinstance(value, Tensor) or hasattr(value, "_read"):
            array = np.asarray(as_tensor(value))
            if not array.ndim:
                return str(array.item() if array.dtype.kind != "b" else int(array))
            return _shown(array, summarize)
        if isinstance(value, (list, tuple)):
            inner = ", ".join(text(v) for v in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner})"
        return str(value)

    stream = kwargs.get("output_stream", sys.stderr)
    stream = stream.later if isinstance(stream, Printing) else stream
    _print(
        kwargs.get("sep", " ").join(text(v) for v in inputs),
        end=kwargs.get("end", "\n"),
        file=stream if hasattr(stream, "write") else sys.stderr,
    )


def _shown(array: Any, edge: int, indent: int = 0) -> str:
    """Numbers in brackets, the middle of long rows left out."""
    rows = list(array)
    if array.ndim == 1:
        parts = [f"{v:g}" if array.dtype.kind == "f" else str(int(v)) for v in rows]
        if edge >= 0 and len(parts) > 2 * edge:
            parts = [*parts[:edge], "...", *parts[-edge:]]
        return "[" + " ".join(parts) + "]"
    parts = [_shown(r, edge, indent + 1) for r in rows]
    if edge >= 0 and len(parts) > 2 * edge:
        parts = [*parts[:edge], "...", *parts[-edge:]]
    gap = "\n" * (array.ndim - 1) + " " * (indent + 1)
    return "[" + gap.join(parts) + "]"


def cond(pred: Any, true_fn: Any = None, false_fn: Any = None, name: Any = None) -> Any:
    """true_fn() where `pred` holds, else false_fn()."""
    return true_fn() if as_tensor(pred) else false_fn()


def while_loop(
    cond: Any,
    body: Any,
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: Any = 10,
    back_prop: Any = True,
    swap_memory: Any = False,
    maximum_iterations: Any = None,
    name: Any = None,
) -> Any:
    """`body` of the loop's variables again and again, while `cond` of them holds; what `body` gave last."""
    left = -1 if maximum_iterations is None else int(maximum_iterations)
    state = loop_vars if isinstance(loop_vars, (list, tuple)) else (loop_vars,)
    while left and as_tensor(cond(*state)):
        got = body(*state)
        state = got if isinstance(got, (list, tuple)) else (got,)
        left -= 1
    return tree.map_structure(as_tensor, state)


def map_fn(fn: Any, elems: Any, *args: Any, **kwargs: Any) -> Any:
    """`fn` of each slice along axis 0, the results joined again."""
    from plait.tensorflow.arrays import stack

    flat = [as_tensor(e) for e in tree.flatten(elems)]
    results = [fn(tree.pack_sequence_as(elems, [x[i] for x in flat])) for i in range(flat[0].array.shape[0])]
    parts = zip(*(tree.flatten(r) for r in results), strict=True)
    return tree.pack_sequence_as(results[0], [stack(list(p)) for p in parts])


class Module:
    """A thing that holds variables and other modules in its attributes."""

    def __init__(self, name: str | None = None) -> None:
        from plait.keras._naming import to_snake_case

        self._name = name or to_snake_case(type(self).__name__)

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def name_scope(self) -> Any:
        """A block in which variables are named below the module."""
        return name_scope(self._name)

    def _found(self, want: Any, seen: set[int]) -> list[Any]:
        found: list[Any] = []
        for _, value in sorted(vars(self).items()):
            for leaf in tree.flatten(value) if tree.is_nested(value) else [value]:
                if id(leaf) in seen:
                    continue
                if want(leaf):
                    seen.add(id(leaf))
                    found.append(leaf)
                if isinstance(leaf, Module):
                    seen.add(id(leaf))
                    found += leaf._found(want, seen)
        return found

    @property
    def variables(self) -> tuple[Any, ...]:
        """All variables below it."""
        return tuple(self._found(lambda v: getattr(type(v), "_plait_variable", False), {id(self)}))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """All trainable variables below it."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def submodules(self) -> tuple[Any, ...]:
        """All modules below it."""
        return tuple(self._found(lambda v: isinstance(v, Module), {id(self)}))
