"""Where a layer's weights lie in a dialect, relative to the engine: rows of dialects declare it, conversions are derived from it.

The engine's linear weight is [outputs, inputs], its convolution's [outputs, inputs / groups, kernel…], a transposed one's [inputs, outputs /
groups, kernel…]; norms have `weight`, `bias`, `running_mean` and `running_var`, of the normalised shape.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Place"]

Array = np.ndarray[Any, Any]


class Place(NamedTuple):
    """The engine's name of a weight, and the axes of the engine's array in the dialect's order (none: as they are); `shape`: the dialect keeps
    the same elements in another shape, such as flat.

    >>> Place("weight", (1, 0)).to_dialect(np.zeros((3, 2))).shape
    (2, 3)
    """

    name: str
    axes: tuple[int, ...] = ()
    shape: tuple[int, ...] = ()

    def to_dialect(self, array: Array) -> Array:
        """The engine's array as the dialect keeps it."""
        moved = array.transpose(self.axes) if self.axes else array
        return moved.reshape(self.shape) if self.shape else moved

    def to_engine(self, array: Array, shape: tuple[int, ...] = ()) -> Array:
        """The dialect's array as the engine keeps it; `shape` is the engine's, where the dialect's differs by more than axes."""
        if self.shape:
            array = array.reshape(shape or (-1,))
        return array.transpose(np.argsort(self.axes)) if self.axes else array
