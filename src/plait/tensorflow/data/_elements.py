"""Elements of data sets: nests of arrays, their batches, their specs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from plait.keras import tree
from plait.keras._convert import as_tensor
from plait.keras._errors import InvalidArgumentError
from plait.keras._shape import TensorShape
from plait.keras._tensor import Tensor
from plait.tensorflow._function import TensorSpec

__all__: list[str] = []


class Whole:
    """What an element holds as one thing though it is no tensor: a dataset."""

    __slots__ = ()


class _Source:
    """Arrays in a structure, whose slices along axis 0 are a dataset's elements."""

    __slots__ = ("arrays", "like", "n")

    def __init__(self, like: Any, arrays: list[Any]) -> None:
        self.like, self.arrays, self.n = like, arrays, len(arrays[0])

    def pick(self, i: int) -> Any:
        return tree.pack_sequence_as(self.like, [Tensor.wrap(np.asarray(a[i])) for a in self.arrays])

    def gather(self, places: list[int]) -> Any:
        first, n = places[0], len(places)
        if n == self.n or places[-1] - first == n - 1:
            if places == list(range(first, first + n)):
                return tree.pack_sequence_as(self.like, [Tensor.wrap(a[first : first + n]) for a in self.arrays])
        at = np.asarray(places)
        return tree.pack_sequence_as(self.like, [Tensor.wrap(a[at]) for a in self.arrays])


def _normal(value: Any) -> Any:
    """A structure of tensors: lists become tensors, as upstream's elements do."""
    if isinstance(value, dict):
        return {k: _normal(v) for k, v in value.items()}
    if isinstance(value, tuple):
        children = [_normal(v) for v in value]
        return type(value)(*children) if hasattr(value, "_fields") else tuple(children)
    return value if isinstance(value, (Whole, Tensor)) else as_tensor(value)


def _spec(value: Any) -> Any:
    return tree.map_structure(lambda t: TensorSpec(t.array.shape, t.dtype), value)


def _called(function: Callable[..., Any], element: Any) -> Any:
    return function(*element) if isinstance(element, tuple) else function(element)


def _stacked(elements: list[Any]) -> Any:
    flat = [tree.flatten(e) for e in elements]
    joined = []
    for parts in zip(*flat, strict=True):
        shapes = {p.array.shape for p in parts}
        if len(shapes) > 1:
            wrong = sorted(shapes)
            raise InvalidArgumentError("Cannot batch tensors with different shapes in component 0. First element had shape "
                                       f"{list(parts[0].array.shape)} and another one had {list(wrong[-1])}. [Op:IteratorGetNext]")  # fmt: skip
        joined.append(Tensor.wrap(np.stack([p.array for p in parts])))
    return tree.pack_sequence_as(elements[0], joined)


def _chunks(make: Callable[[], Iterator[Any]], n: int, drop: bool) -> Iterator[list[Any]]:
    each = iter(make())
    while chunk := list(islice(each, n)):
        if len(chunk) == n or not drop:
            yield chunk


def _shapes(value: Any) -> list[Any]:
    """The shapes in a structure of them: a tuple or list of numbers is one shape."""
    if isinstance(value, TensorShape) or value is None:
        return [value]
    if isinstance(value, (list, tuple)) and all(n is None or isinstance(n, int) for n in value):
        return [TensorShape(value)]
    return [s for v in (value.values() if isinstance(value, dict) else value) for s in _shapes(v)]


def _fitted(value: Any, signature: Any) -> Any:
    if isinstance(signature, TensorSpec):
        x = as_tensor(value, signature.dtype._numpy)
        if not signature.is_compatible_with(x):
            raise TypeError(
                f"`generator` yielded an element of shape {x.shape} where an element of shape {signature.shape} was expected."
            )
        return x
    if isinstance(signature, dict):
        return {k: _fitted(value[k], s) for k, s in signature.items()}
    return tuple(_fitted(v, s) for v, s in zip(value, signature, strict=True))


def _first_spec(make: Callable[[], Iterator[Any]]) -> Any:
    for e in make():
        return _spec(e)
    raise ValueError("the dataset has no element to take the spec from")


def _mapped_spec(function: Callable[..., Any], spec: Any) -> Any:
    """What a function makes of elements: tried on zeros, of two sizes where one is unknown."""

    def zeros(unknown: int) -> Any:
        def one(s: Any) -> Any:
            sizes = [
                unknown if n is None else n for n in (s.shape.as_list() if s.shape.rank is not None else [unknown])
            ]
            kind = s.dtype._numpy
            return Tensor.wrap(np.zeros(sizes, kind) if kind.kind != "O" else np.full(sizes, b"", object))

        return tree.map_structure(one, spec)

    first, second = (_normal(_called(function, zeros(n))) for n in (2, 3))

    def both(a: Any, b: Any) -> Any:
        if a.array.ndim != b.array.ndim:
            return TensorSpec(None, a.dtype)
        return TensorSpec([m if m == n else None for m, n in zip(a.array.shape, b.array.shape, strict=True)], a.dtype)

    return tree.map_structure(both, first, second)


def _datasets(value: Any) -> list[Any]:
    if isinstance(value, Whole):
        return [value]
    if isinstance(value, dict):
        return [d for v in value.values() for d in _datasets(v)]
    if isinstance(value, (list, tuple)):
        return [d for v in value for d in _datasets(v)]
    raise TypeError(
        f"Invalid input to `zip`. Inputs are expected to be (nested) structures of datasets; got {type(value)}"
    )


def _rebuilt(like: Any, parts: Iterator[Any]) -> Any:
    if isinstance(like, Whole):
        return next(parts)
    if isinstance(like, dict):
        return {k: _rebuilt(v, parts) for k, v in like.items()}
    return tuple(_rebuilt(v, parts) for v in like)
