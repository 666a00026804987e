"""`paddle.Size`: what `Tensor.shape` gives, a list of ints that keeps its type when it is cut or joined."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["Size"]


class Size(list):
    """The sizes of a tensor, a list.

    >>> Size([2, 3]) + [1]
    paddle.Size([2, 3, 1])
    >>> Size([2, 3]) == (2, 3)
    True
    """

    __module__ = "paddle.base.libpaddle"
    __hash__ = None

    def __repr__(self) -> str:
        return f"paddle.Size({list(self)})"

    __str__ = __repr__

    def __getitem__(self, key: Any) -> Any:
        got = list.__getitem__(self, key)
        return Size(got) if isinstance(key, slice) else got

    def __add__(self, other: Any) -> Size:
        return Size([*self, *other])

    def __radd__(self, other: Any) -> Size:
        return Size([*other, *self])

    def __mul__(self, count: Any) -> Size:
        return Size(list.__mul__(self, count))

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return list.__eq__(self, list(other) if isinstance(other, tuple) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __reduce__(self) -> Any:
        return Size, (list(self),)

    def numel(self) -> int:
        """The number of elements: the product of the sizes."""
        return math.prod(self)
