"""Where weights lie: orders of axes, as words, and views from one to another.

A weight's place is a word with one letter an axis: o outputs, i inputs, m outputs per input, k all the kernel's axes. Dialects declare in
their rows where each weight lies and where the engine wants it, and conversion reads no more than that.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from plait.ops.shape import permute

__all__ = ["PLACES", "arranged", "order"]

Ints = tuple[int, ...]

#: Where the engine's own weights lie.
PLACES = {"linear": "oi", "conv": "oik", "conv_transpose": "iok", "depthwise": "imk"}


@lru_cache(maxsize=256)
def order(place: str, to: str, ndim: int) -> Ints:
    """The dimensions of a weight at `place` in the order of `to`.

    >>> order("kio", "oik", 4)
    (3, 2, 0, 1)
    """
    kernel = ndim - len(place) + 1

    def spread(word: str) -> list[str]:
        return [axis for letter in word for axis in ([f"k{d}" for d in range(kernel)] if letter == "k" else [letter])]

    lies = spread(place)
    return tuple(lies.index(axis) for axis in spread(to))


def arranged(w: Any, place: str, to: str) -> Any:
    """A view of the weight `w`, which lies at `place`, in the order of `to`."""
    return w if place == to else permute(w, order(place, to, w.array.ndim))
