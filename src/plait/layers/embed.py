"""What embedding layers mean: rows of a table by number, and what becomes of the row that stands for padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.ops import elementwise as ew
from plait.ops.embed import embedding, renormalise

__all__ = ["renormalise", "rows"]


def rows(table: Any, at: Any, padding: int = -1, by_frequency: bool = False, blank: bool = False) -> Any:
    """Rows of `table` by the numbers in `at`; row `padding` gets no gradient, and with `blank` it reads as zeros whatever it holds."""
    hit = at.array == padding if blank else None
    if (
        hit is not None and padding < 0 and hit.any()
    ):  # no row has this number; another's stands for it until it is blanked
        at = at.face.wrap(np.where(hit, 0, at.array))
    y = embedding(table, at, padding, by_frequency)
    if hit is not None and hit.any() and (padding < 0 or table.array[padding].any()):
        keep = (~hit).astype(table.array.dtype)
        return ew.mul(y, y.face.wrap(keep.reshape(*hit.shape, *(1,) * (table.array.ndim - 1))))
    return y
