"""IDX files, in which MNIST comes: type and rank in a magic number, the sizes, the data, all big-endian."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["parse_idx"]

_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def parse_idx(data: bytes, name: str, strict: bool = True) -> np.ndarray[Any, Any]:
    """The array in an IDX file's bytes; ValueError, which names the file, where they are none or (`strict`) are cut short."""
    magic = int.from_bytes(data[:4], "big")
    rank, kind = magic % 256, magic // 256
    if len(data) < 4 or not 1 <= rank <= 3 or kind not in _TYPES or len(data) < 4 * (rank + 1):
        raise ValueError(f"{name}: not an IDX file of 1 to 3 dimensions")
    shape = [int.from_bytes(data[4 * i : 4 * i + 4], "big") for i in range(1, rank + 1)]
    items = np.frombuffer(data, _TYPES[kind], offset=4 * (rank + 1))
    if strict and items.size != int(np.prod(shape)):
        raise ValueError(
            f"{name}: its header promises {int(np.prod(shape))} values of shape {shape}, there are {items.size}"
        )
    return items.astype(items.dtype.newbyteorder("=")).reshape(shape)
