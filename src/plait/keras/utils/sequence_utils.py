"""Sequences of several lengths as one array."""

from __future__ import annotations

from typing import Any

import numpy as np


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> Any:
    """A NumPy array of shape (sequences, maxlen, …): short sequences are filled with `value` at their beginning ("pre") or end
    ("post"), long ones lose their beginning or end; `maxlen` is that of the longest where it is not given.

    ValueError for what is no sequence of sequences, and where their elements differ in shape.

    >>> pad_sequences([[1, 2, 3], [4]], maxlen=2)
    array([[2, 3],
           [0, 4]], dtype=int32)
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable.")
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f"Argument `{name}` must be 'pre' or 'post'. Received: {name}={side}")
    for x in sequences:
        if not hasattr(x, "__len__"):
            raise ValueError(f"`sequences` must be a list of iterables. Found non-iterable: {x}")
    longest = max((len(x) for x in sequences), default=0) if maxlen is None else maxlen
    rest = next((np.asarray(x).shape[1:] for x in sequences if len(x)), ())
    textual = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.object_)
    if isinstance(value, str) and dtype is not object and not textual:
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}\nYou should set `dtype=object`."
        )
    out = np.full((len(sequences), longest, *rest), value, dtype=dtype)
    for row, x in zip(out, sequences, strict=True):
        if not len(x):
            continue
        kept = np.asarray(x[-longest:] if truncating == "pre" else x[:longest], dtype=dtype)
        if kept.shape[1:] != rest:
            raise ValueError(f"Elements of the sequences must have one shape, {rest}; got {kept.shape[1:]}")
        if padding == "post":
            row[: len(kept)] = kept
        else:
            row[longest - len(kept) :] = kept
    return out
