"""Files of events as TensorBoard reads them: records with checksums, each an Event message with one summary value."""

from __future__ import annotations

import itertools
import os
import pathlib
import socket
import struct
import time
from typing import Any

import numpy as np

_count = itertools.count()


def _table() -> list[int]:
    found = []
    for k in range(256):
        for _ in range(8):
            k = (k >> 1) ^ (0x82F63B78 if k & 1 else 0)
        found.append(k)
    return found


_TABLE = _table()


def _checksum(data: bytes) -> int:
    """The masked CRC-32C of a record."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 255] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _varint(n: int) -> bytes:
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def _number(field: int, n: int) -> bytes:
    return _varint(field << 3) + _varint(n)


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _tensor(value: Any) -> bytes:
    if isinstance(value, str):
        return _number(1, 7) + _bytes(2, b"") + _bytes(8, value.encode())
    array = np.ascontiguousarray(value)
    shape = b"".join(_bytes(2, _number(1, n)) for n in np.shape(value))
    return _number(1, 2 if array.dtype == np.float64 else 1) + _bytes(2, shape) + _bytes(4, array.tobytes())


def buckets(values: Any, count: int = 30) -> Any:
    """(left, right, number) of each bucket of a histogram, as TensorBoard's histograms are."""
    values = np.asarray(values, np.float64).ravel()
    if not values.size:
        return np.zeros((count, 3))
    low, high = values.min(), values.max()
    if low == high:
        rows = np.zeros((count, 3))
        rows[:, :2] = low
        rows[-1] = [low, high, values.size]
        return rows
    numbers, edges = np.histogram(values, count, (low, high))
    return np.stack([edges[:-1], edges[1:], numbers], 1)


class Writer:
    """A file of events in a folder, made with the first event."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._file: Any = None

    def _record(self, fields: bytes) -> None:
        if self._file is None:
            os.makedirs(self._folder, exist_ok=True)
            name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_count)}.v2"
            self._file = pathlib.Path(self._folder, name).open("wb")  # noqa: SIM115 - open until the end of training
            self._record(_bytes(3, b"brain.Event:2"))
        event = struct.pack("<Bd", 9, time.time()) + fields
        length = struct.pack("<Q", len(event))
        self._file.write(length + struct.pack("<I", _checksum(length)) + event + struct.pack("<I", _checksum(event)))

    def write(self, tag: str, value: Any, step: int, plugin: str, content: bytes = b"") -> None:
        """One value of a tag at a step, for a plugin of TensorBoard."""
        data = _bytes(1, plugin.encode()) + (_bytes(2, content) if content else b"")
        summary = _bytes(1, tag.encode()) + _bytes(8, _tensor(value)) + _bytes(9, _bytes(1, data))
        self._record(_number(2, int(step)) + _bytes(5, _bytes(1, summary)))

    def scalar(self, tag: str, value: Any, step: int) -> None:
        """A number at a step."""
        self.write(tag, np.float32(value), step, "scalars")

    def flush(self) -> None:
        """Everything onto the disk."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """The end of the file; another event makes another."""
        if self._file is not None:
            self._file.close()
            self._file = None
