"""How a tensor prints, to the letter as PyTorch 2.13.0.

The rules: one format for all shown elements, chosen from those that are finite and not zero (integers print as `1.`; a
wide range, or a very large or small value, prints as `1.0000e+00`); above `threshold` elements every dimension shows
`edgeitems` at each end; a row breaks at `linewidth`; after the elements come size (when empty), dtype (unless it can be
guessed), then grad_fn or requires_grad.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from plait.brackets import block, ends
from plait.dtypes import BFLOAT16

from . import _dtypes

__all__ = ["set_printoptions"]


class _PrintOptions:
    __slots__ = ("edgeitems", "linewidth", "precision", "sci_mode", "threshold")

    def __init__(self) -> None:
        self.precision: Any = 4
        self.threshold: Any = 1000
        self.edgeitems: Any = 3
        self.linewidth: Any = 80
        self.sci_mode: bool | None = None


PRINT_OPTS = _PrintOptions()

_PROFILES: dict[str, tuple[int, float, int, int]] = {
    "default": (4, 1000, 3, 80),
    "short": (2, 1000, 2, 80),
    "full": (4, float("inf"), 3, 80),
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Sets how tensors print; what is None stays, except sci_mode, where None means "choose by the values".

    Args:
        precision: digits after the point (4).
        threshold: more elements than this are summarised (1000).
        edgeitems: elements at each end of a summarised dimension (3).
        linewidth: columns per line (80).
        profile: "default", "short" or "full", set before the others.
        sci_mode: True or False forces scientific notation on or off.
    """
    o = PRINT_OPTS
    if profile in _PROFILES:
        o.precision, o.threshold, o.edgeitems, o.linewidth = _PROFILES[profile]
    if precision is not None:
        o.precision = precision
    if threshold is not None:
        o.threshold = threshold
    if edgeitems is not None:
        o.edgeitems = edgeitems
    if linewidth is not None:
        o.linewidth = linewidth
    o.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in force, as keywords for `set_printoptions`."""
    o = PRINT_OPTS
    return {
        "precision": o.precision,
        "threshold": o.threshold,
        "edgeitems": o.edgeitems,
        "linewidth": o.linewidth,
        "sci_mode": o.sci_mode,
    }


@contextlib.contextmanager
def printoptions(**kwargs: Any) -> Iterator[None]:
    """Options for a with block; they are as before after it."""
    before = get_printoptions()
    set_printoptions(**kwargs)
    try:
        yield
    finally:
        set_printoptions(**before)


def _plain(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """bfloat16 as the float32 of the same value; other arrays as they are."""
    if array.dtype == BFLOAT16:
        return np.asarray((array["bfloat16"].astype(np.uint32) << np.uint32(16)).view(np.float32))
    return array


def _integral(value: float) -> str:
    text = f"{value:.0f}"
    return text if text[-1] in "nf" else text + "."


def _words(array: np.ndarray[Any, Any]) -> tuple[list[str], int]:
    """Every element as text, padded to one width, and that width; values not finite do not count and may be wider."""
    values = array.reshape(-1).tolist()
    if array.dtype.kind != "f":
        words = [str(v) for v in values]
        width = max(map(len, words))
        return [w.rjust(width) for w in words], width
    flat = array.reshape(-1).astype(np.float64)
    counts = np.isfinite(flat) & (flat != 0)
    if not counts.any():
        return [_integral(v) for v in values], 1
    typical = flat[counts]
    magnitude = np.abs(typical)
    least, most = float(magnitude.min()), float(magnitude.max())
    scientific = PRINT_OPTS.sci_mode
    if scientific is None:
        scientific = most / least > 1000.0 or most > 1.0e8 or least < 1.0e-4
    if scientific:
        style = f".{PRINT_OPTS.precision}e"
        words = [format(v, style) for v in values]
    elif bool((typical == np.ceil(typical)).all()):
        words = [_integral(v) for v in values]
    else:
        style = f".{PRINT_OPTS.precision}f"
        words = [format(v, style) for v in values]
    width = max(len(words[i]) for i in np.flatnonzero(counts).tolist())
    return [w.rjust(width) for w in words], width


def array_text(array: np.ndarray[Any, Any], indent: int) -> str:
    """The elements in brackets, as between `tensor(` and the suffixes; `indent` is the first bracket's column."""
    if array.size == 0:
        return "[]"
    array = _plain(array)
    if array.ndim == 0:
        return _words(array)[0][0]
    edge = PRINT_OPTS.edgeitems
    summarise = array.size > PRINT_OPTS.threshold
    cut = [summarise and size > 2 * edge for size in array.shape]
    if summarise:
        if not edge:
            return "[...]"
        array = ends(array, edge)
    words, width = _words(array)
    return block(words, array.shape, cut, PRINT_OPTS.linewidth, width, indent, " ...")


def _suffixed(text: str, suffixes: list[str], indent: int) -> str:
    """Adds `, suffix` for each, on a new line where the line would become longer than linewidth."""
    column = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if column + len(suffix) + 2 > PRINT_OPTS.linewidth:
            text += ",\n" + " " * indent + suffix
            column = indent + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text + ")"


def describe(
    array: np.ndarray[Any, Any],
    name: str = "tensor",
    grad_fn: str | None = None,
    tracks: bool = False,
    contents: str | None = None,
) -> str:
    """The repr of a tensor with these elements; `name` is the word before the bracket, `grad_fn` its node's name."""
    indent = len(name) + 1
    dtype = _dtypes.from_numpy_dtype(array.dtype)
    default = _dtypes.get_default_dtype()
    suffixes = []
    if array.size == 0:
        if array.ndim != 1:
            suffixes.append(f"size={array.shape}")
        if dtype is not default:
            suffixes.append(f"dtype={dtype}")
    else:
        if not PRINT_OPTS.edgeitems:
            suffixes.append(f"size={array.shape}")
        if dtype is not default and dtype is not _dtypes.int64 and dtype is not _dtypes.bool:
            suffixes.append(f"dtype={dtype}")
    if grad_fn is not None:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif tracks:
        suffixes.append("requires_grad=True")
    text = array_text(array, indent) if contents is None else contents
    return _suffixed(name + "(" + text, suffixes, indent)


def _is_parameter(kind: type) -> bool:
    return kind.__name__ == "Parameter" and kind.__module__.endswith("torch.nn.parameter")


def tensor_repr(tensor: Any, contents: str | None = None) -> str:
    """The repr of a tensor; a subclass's name stands in place of "tensor", and subclasses of Parameter are marked so."""
    kind = type(tensor)
    plain = kind is tensor.face or _is_parameter(kind)
    tracks = tensor.requires_grad
    node = tensor.grad_fn if tracks else None
    grad_fn = None if node is None else type(node).__name__
    text = describe(tensor.array, "tensor" if plain else kind.__name__, grad_fn, tracks, contents)
    return text if plain or not any(map(_is_parameter, kind.__mro__)) else f"Parameter({text})"
