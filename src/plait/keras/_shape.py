"""Shapes: the sizes of a tensor as TensorFlow shows them, and shapes as arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["TensorShape", "standardize_shape", "static"]


class Dimension:
    """One size of a `TensorShape.dims` list."""

    __slots__ = ("value",)

    def __init__(self, value: int | None) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return self.value == (other.value if isinstance(other, Dimension) else other)

    def __hash__(self) -> int:
        return hash(self.value)

    def __index__(self) -> int:
        assert self.value is not None
        return self.value

    __int__ = __index__

    def __repr__(self) -> str:
        return f"Dimension({self.value})"

    def __str__(self) -> str:
        return "?" if self.value is None else str(self.value)


def _size(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, Dimension):
        return value.value
    try:
        size = int(value.__index__())
    except AttributeError:
        raise TypeError(
            f"Dimension value must be integer or None or have an __index__ method, got value '{value!r}' with type '{type(value)!r}'"
        ) from None
    if size < 0:
        raise ValueError(f"Dimension {size} must be >= 0")
    return size


class TensorShape:
    """Sizes, some of which (None) or all of which may be unknown.

    >>> TensorShape([2, None])
    TensorShape([2, None])
    """

    __slots__ = ("_dims",)
    __module__ = "tensorflow.python.framework.tensor_shape"

    def __init__(self, dims: Any) -> None:
        self._dims: tuple[int | None, ...] | None
        if dims is None:
            self._dims = None
        elif isinstance(dims, TensorShape):
            self._dims = dims._dims
        else:
            try:
                each = iter(dims)
            except TypeError:
                each = iter((dims,))
            self._dims = tuple([_size(d) for d in each])

    @property
    def rank(self) -> int | None:
        """How many dimensions; None where unknown."""
        return None if self._dims is None else len(self._dims)

    ndims = rank

    @property
    def dims(self) -> list[Dimension] | None:
        """The sizes as `Dimension` objects."""
        return None if self._dims is None else [Dimension(d) for d in self._dims]

    def as_list(self) -> list[int | None]:
        """The sizes as a list; ValueError where the rank is unknown."""
        return list(self._known())

    def _known(self) -> tuple[int | None, ...]:
        if self._dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return self._dims

    def num_elements(self) -> int | None:
        """The product of the sizes, None where one is unknown."""
        if not self.is_fully_defined():
            return None
        n = 1
        for d in self._known():
            n *= d or 0
        return n

    def is_fully_defined(self) -> bool:
        """Whether every size is known."""
        return self._dims is not None and None not in self._dims

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor could have both shapes."""
        there = TensorShape(other)
        if self._dims is None or there._dims is None:
            return True
        return len(self._dims) == len(there._dims) and all(
            a == b or a is None or b is None for a, b in zip(self._dims, there._dims, strict=True)
        )

    def assert_is_compatible_with(self, other: Any) -> None:
        """ValueError where no tensor could have both shapes."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def assert_has_rank(self, rank: int) -> None:
        """ValueError where the rank is another."""
        if self.rank not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank(self, rank: int) -> TensorShape:
        """The shape itself; ValueError where its rank is another."""
        self.assert_has_rank(rank)
        return self if self._dims is not None else TensorShape([None] * rank)

    def merge_with(self, other: Any) -> TensorShape:
        """What both shapes know; ValueError where they contradict."""
        there = TensorShape(other)
        self.assert_is_compatible_with(there)
        if self._dims is None or there._dims is None:
            return there if self._dims is None else self
        return TensorShape([b if a is None else a for a, b in zip(self._dims, there._dims, strict=True)])

    def concatenate(self, other: Any) -> TensorShape:
        """These sizes, then those of `other`."""
        there = TensorShape(other)
        if self._dims is None or there._dims is None:
            return TensorShape(None)
        return TensorShape(self._dims + there._dims)

    __add__ = concatenate

    def __radd__(self, other: Any) -> TensorShape:
        return TensorShape(other).concatenate(self)

    def __len__(self) -> int:
        if self._dims is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._dims)

    def __bool__(self) -> bool:
        return self._dims is not None

    def __iter__(self) -> Iterator[Any]:
        if self._dims is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter(self._dims)

    def __getitem__(self, key: Any) -> Any:
        if self._dims is None:
            return TensorShape(None) if isinstance(key, slice) else None
        return TensorShape(self._dims[key]) if isinstance(key, slice) else self._dims[key]

    def __eq__(self, other: object) -> bool:
        if type(other) is tuple:
            return self._dims == other
        try:
            return self._dims == TensorShape(other)._dims
        except (TypeError, ValueError):
            return NotImplemented

    def __hash__(self) -> int:
        return hash(self._dims)

    def __repr__(self) -> str:
        return "TensorShape(None)" if self._dims is None else f"TensorShape({list(self._dims)})"

    def __str__(self) -> str:
        if self._dims is None:
            return "<unknown>"
        return f"({', '.join(map(str, self._dims))}{',' if len(self._dims) == 1 else ''})"

    def __reduce__(self) -> Any:
        return TensorShape, (self._dims,)


def static(shape: tuple[int, ...]) -> TensorShape:
    """A tensor's shape, from an array's."""
    found = TensorShape.__new__(TensorShape)
    found._dims = shape
    return found


def standardize_shape(shape: Any) -> tuple[int | None, ...]:
    """A shape argument as a tuple of sizes, None where unknown; ValueError for what is no shape."""
    if shape is None:
        raise ValueError("Undefined shapes are not supported.")
    if not hasattr(shape, "__iter__"):
        raise ValueError(f"Cannot convert '{shape}' to a shape.")
    sizes: list[int | None] = []
    for d in shape:
        if d is None:
            sizes.append(None)
            continue
        try:
            if isinstance(d, (str, float)):
                raise TypeError
            size = int(d)
        except (TypeError, ValueError):
            raise ValueError(
                f"Cannot convert '{shape}' to a shape. Found invalid dimension '{d}' of type '{type(d)}'. "
            ) from None
        if size < 0:
            raise ValueError(f"Cannot convert '{shape}' to a shape. Negative dimensions are not allowed.")
        sizes.append(size)
    return tuple(sizes)
