"""torch.Size: a shape."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

__all__ = ["Size"]


class Size(tuple):
    """A shape: a tuple of ints that stays a Size when sliced, added or repeated.

    >>> Size([2, 3])[1:].numel()
    3
    """

    __slots__ = ()
    __module__ = "torch"

    def __new__(cls, iterable: Any = (), /) -> Size:
        items = []
        for position, item in enumerate(iterable):
            if type(item) is not int:
                try:
                    if not isinstance(item, (int, np.integer)) and not _integral_tensor(item):
                        raise TypeError
                    item = int(operator.index(item))
                except (TypeError, ValueError):
                    raise TypeError(
                        f"torch.Size() takes an iterable of 'int' (item {position} is '{type(item).__name__}')"
                    ) from None
            items.append(item)
        return tuple.__new__(cls, items)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'torch.Size' object has no attribute '{name}'")

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    __str__ = __repr__

    def __reduce__(self) -> Any:
        return _make_size, (tuple(self),)

    def __getitem__(self, key: Any) -> Any:
        item = tuple.__getitem__(self, key)
        return tuple.__new__(Size, item) if type(key) is slice else item

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return tuple.__new__(Size, tuple.__add__(self, other))

    def __radd__(self, other: Any) -> Any:
        if not isinstance(other, tuple):
            return NotImplemented
        return tuple.__new__(Size, tuple.__add__(other, self))

    def __mul__(self, times: Any) -> Any:
        return tuple.__new__(Size, tuple.__mul__(self, times))

    __rmul__ = __mul__

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        total = 1
        for item in self:
            total *= item
        return total


def _integral_tensor(item: Any) -> bool:
    array = getattr(item, "array", None)
    return array is not None and array.size == 1 and array.dtype.kind in "iub"


def _make_size(items: tuple[int, ...]) -> Size:
    return Size(items)
