"""Nested brackets round the words of an array: how the frameworks lay out a tensor's elements when they print it."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["block", "ends"]


def ends(array: np.ndarray[Any, Any], edge: int) -> np.ndarray[Any, Any]:
    """The elements that a summary shows: `edge` at each end of every dimension longer than twice that."""
    for axis, size in enumerate(array.shape):
        if size > 2 * edge:
            array = np.take(array, [*range(edge), *range(size - edge, size)], axis)
    return array


def _row(words: list[str], cut: bool, per_line: int, indent: int, dots: str) -> str:
    if cut:
        edge = len(words) // 2
        words = [*words[:edge], dots, *words[edge:]]
    if len(words) <= per_line:
        return "[" + ", ".join(words) + "]"
    lines = [", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def block(
    words: list[str],
    shape: tuple[int, ...],
    cut: list[bool],
    linewidth: int,
    width: int,
    indent: int,
    dots: str = "...",
) -> str:
    """The words of an array of this (shown) shape in brackets.

    `cut` says which dimensions have an ellipsis, `dots` how it looks in a row, `width` how wide a word is, `indent` the first bracket's column.

    >>> print(block(["1", "2", "3", "4"], (2, 2), [False, False], 80, 1, 0))
    [[1, 2],
     [3, 4]]
    """
    if len(shape) == 1:
        return _row(words, cut[0], max(1, int((linewidth - indent) // (width + 2))), indent, dots)
    step = len(words) // shape[0] if shape[0] else 0
    parts = [
        block(words[i * step : (i + 1) * step], shape[1:], cut[1:], linewidth, width, indent + 1, dots)
        for i in range(shape[0])
    ]
    if cut[0]:
        parts.insert(shape[0] // 2, "...")
    return "[" + ("," + "\n" * (len(shape) - 1) + " " * (indent + 1)).join(parts) + "]"
