"""Arrays lent to other libraries and borrowed from them by DLPack, without a copy.

Rules of this file: what is lent says whether it may be written to, where the other side can hear it; what is borrowed may be written to, as
in the frameworks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["borrow", "lend"]


def lend(array: NDArray, max_version: Any = None, copy: bool | None = None) -> Any:
    """The array's memory as a DLPack capsule, of a version that the consumer knows. BufferError for dtypes that DLPack has not."""
    try:
        return array.__dlpack__(max_version=max_version, copy=copy)
    except TypeError:  # NumPy before 2.1 knows no version
        return (array.copy() if copy else array).__dlpack__()


class _Capsule:
    """A capsule as NumPy's `from_dlpack` wants it."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


class _Writeable:
    """The memory of an array that NumPy takes for read-only since nothing was said of it."""

    def __init__(self, array: NDArray) -> None:
        interface = array.__array_interface__
        self._owner = array
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}


def borrow(source: Any) -> NDArray:
    """The memory of anything with `__dlpack__`, or of a capsule, as an array; TypeError for anything else.

    >>> lent = np.zeros(2)
    >>> borrow(lent)[0] = 1
    >>> float(lent[0])
    1.0
    """
    if not hasattr(source, "__dlpack__") and type(source).__name__ != "PyCapsule":
        raise TypeError(
            f"from_dlpack: needs an object with __dlpack__, or a DLPack capsule; got {type(source).__name__}"
        )
    array = np.from_dlpack(source if hasattr(source, "__dlpack__") else _Capsule(source))
    return array if array.flags.writeable else np.asarray(_Writeable(array))
