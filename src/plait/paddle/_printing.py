"""How a tensor prints, to the letter as Paddle 3.3.1.

The rules: every element has a format of its own (whole numbers print as `1.`, others with `precision` digits), padded on the right to the
widest; where there are negative elements, the others get a leading space. Both are decided by the elements that a summary would show, even
where all are printed. Above `threshold` elements every dimension shows `edgeitems` at
each end; a row breaks at `linewidth`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.brackets import block, ends

__all__ = ["set_printoptions"]

_INDENT = len("Tensor(")


class _PrintOptions:
    precision = 8
    threshold = 1000
    edgeitems = 3
    linewidth = 80
    sci_mode = False


OPTIONS = _PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    sci_mode: bool | None = None,
    linewidth: int | None = None,
) -> None:
    """Sets how tensors print; what is None stays.

    Args:
        precision: digits after the point (8).
        threshold: more elements than this are summarised (1000).
        edgeitems: elements at each end of a summarised dimension (3).
        sci_mode: scientific notation (False).
        linewidth: columns per line (80).
    """
    for name, value in (
        ("precision", precision),
        ("threshold", threshold),
        ("edgeitems", edgeitems),
        ("linewidth", linewidth),
        ("sci_mode", sci_mode),
    ):
        if value is None:
            continue
        kind = bool if name == "sci_mode" else int
        if not isinstance(value, kind):
            raise TypeError(f"The type of '{name}' in set_printoptions must be {kind}, but received {type(value)}.")
        setattr(OPTIONS, name, value)


def _word(value: Any, kind: str) -> str:
    if kind == "f":
        if OPTIONS.sci_mode:
            return f"{value:.{OPTIONS.precision}e}"
        # No number is beyond the largest double's whole part; infinity counts as whole.
        if value == value and (value in (float("inf"), float("-inf")) or value == int(value)):
            return f"{value:.0f}."
        return f"{value:.{OPTIONS.precision}f}"
    if kind == "c":
        style = f".{OPTIONS.precision}{'e' if OPTIONS.sci_mode else 'f'}"
        return f"({value.real:{style}}{'+' if value.imag >= 0 else ''}{value.imag:{style}}j)"
    return str(value)


def array_text(array: np.ndarray[Any, Any], indent: int = _INDENT) -> str:
    """The elements in brackets; `indent` is the first bracket's column."""
    array = dtypes.working(array)
    kind = array.dtype.kind
    edge = OPTIONS.edgeitems
    summarise = array.size > OPTIONS.threshold
    cut = [summarise and n > 2 * edge for n in array.shape]
    if summarise:
        array = ends(array, edge)
    values = array.reshape(-1).tolist()
    words = [_word(v, kind) for v in values]
    if not array.ndim:
        return words[0]
    edges = values if summarise or array.size <= 2 * edge else ends(array, edge).reshape(-1).tolist()
    width = max([len(_word(v, kind)) for v in edges], default=0)
    if kind in "fi" and any([v < 0 for v in edges]):
        words = [
            w if len(w) >= width else w.ljust(width) if v < 0 else " " + w.ljust(width - 1)
            for v, w in zip(values, words, strict=True)
        ]
    else:
        words = [w.ljust(width) for w in words]
    return block(words, array.shape, cut, OPTIONS.linewidth, width, indent)


def tensor_text(t: Any) -> str:
    """The repr of a tensor."""
    name = str(t.dtype).removeprefix("paddle.")
    return (
        f"Tensor(shape={list(t.array.shape)}, dtype={name}, place={t.place}, stop_gradient={t.stop_gradient},\n"
        f"{' ' * _INDENT}{array_text(t.array)})"
    )
