"""Where weights lie: orders of axes, as words, and views from one to another.

A weight's order is a word with one letter an axis: o outputs, i inputs, m outputs per input, k all the kernel's axes. Dialects declare in
their rows where each weight lies and where the engine wants it (`Place`), and conversion reads no more than that.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from plait.ops.shape import permute

__all__ = ["ORDERS", "Place", "arranged", "order"]

Ints = tuple[int, ...]
Array = np.ndarray[Any, Any]

#: The orders of the engine's own weights.
ORDERS = {"linear": "oi", "conv": "oik", "conv_transpose": "iok", "depthwise": "imk"}


@lru_cache(maxsize=256)
def order(lies: str, to: str, ndim: int) -> Ints:
    """The dimensions of a weight that lies as `lies`, in the order of `to`.

    >>> order("kio", "oik", 4)
    (3, 2, 0, 1)
    """
    kernel = ndim - len(lies) + 1

    def spread(word: str) -> list[str]:
        return [axis for letter in word for axis in ([f"k{d}" for d in range(kernel)] if letter == "k" else [letter])]

    given = spread(lies)
    return tuple(given.index(axis) for axis in spread(to))


def arranged(w: Any, lies: str, to: str) -> Any:
    """A view of the weight `w`, which lies as `lies`, in the order of `to`."""
    return w if lies == to else permute(w, order(lies, to, w.array.ndim))


class Place(NamedTuple):
    """The engine's name of a dialect's weight; how it lies in the dialect and in the engine, where that differs; and `shape`, where the
    dialect keeps the same elements in another shape, such as flat.

    The engine's norms have `weight`, `bias`, `running_mean` and `running_var`, of the normalised shape; all else has `weight` and `bias`.

    >>> Place("weight", "io", "oi").to_dialect(np.zeros((3, 2))).shape
    (2, 3)
    """

    name: str
    lies: str = ""
    engine: str = ""
    shape: Ints = ()

    def to_dialect(self, array: Array) -> Array:
        """The engine's array as the dialect keeps it."""
        moved = array if self.lies == self.engine else array.transpose(order(self.engine, self.lies, array.ndim))
        return moved.reshape(self.shape) if self.shape else moved

    def to_engine(self, array: Array, shape: Ints = ()) -> Array:
        """The dialect's array as the engine keeps it; `shape` is the engine's, where the dialect's differs by more than axes."""
        if self.shape:
            array = array.reshape(shape or (-1,))
        return array if self.lies == self.engine else array.transpose(order(self.lies, self.engine, array.ndim))

    def view(self, w: Any) -> Any:
        """The dialect's tensor `w` as the engine takes it, without a copy."""
        return arranged(w, self.lies, self.engine)
