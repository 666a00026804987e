"""The form without pickle that Paddle has for one tensor: its dtype and sizes as a small message, and the bytes of its elements.

Numbers are little-endian: version (4 bytes), levels of detail (8), version (4), length of the message (4), message, elements. The message is
Protocol Buffers' with the dtype's number as field 1 and each size as a field 2.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["is_binary", "read", "written"]

_NUMBERS = {
    dtypes.BOOL: 0, dtypes.I16: 1, dtypes.I32: 2, dtypes.I64: 3, dtypes.F16: 4, dtypes.F32: 5, dtypes.F64: 6, dtypes.U8: 20, dtypes.I8: 21,
    dtypes.BFLOAT16: 22,
}  # fmt: skip
_KINDS = {number: kind for kind, number in _NUMBERS.items()}
_HEAD = struct.Struct("<IQIi")
_START = bytes(16)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def is_binary(data: bytes) -> bool:
    """Whether it begins as this form does; no pickle begins with zeros."""
    return data[: len(_START)] == _START


def written(array: NDArray) -> bytes:
    """The array in this form. Raises NotImplementedError for a dtype that it has no number for here."""
    if array.dtype not in _NUMBERS:
        raise NotImplementedError(f"paddle.save: use_binary_format has no form for {array.dtype} in plait")
    message = b"\x08" + _varint(_NUMBERS[array.dtype]) + b"".join([b"\x10" + _varint(n) for n in array.shape])
    return _HEAD.pack(0, 0, 0, len(message)) + message + array.tobytes()


def _fields(message: bytes) -> Any:
    at = 0
    while at < len(message):
        tag, at, value, shift = message[at], at + 1, 0, 0
        while True:
            byte, at = message[at], at + 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        yield tag, value


def read(data: bytes) -> tuple[NDArray, int]:
    """The array, and how many bytes it took. Raises ValueError for what is cut short or of another form."""
    try:
        length = _HEAD.unpack_from(data)[3]
        end = _HEAD.size + length
        if length < 2 or end > len(data):
            raise ValueError("the message does not fit")
        (first, number), *sizes = _fields(data[_HEAD.size : end])
        if first != 8 or any([tag != 16 for tag, _ in sizes]):
            raise ValueError("the message has other fields")
        kind, shape = _KINDS[number], tuple([size for _, size in sizes])
        count = 1
        for size in shape:
            count *= size
        if end + count * kind.itemsize > len(data):
            raise ValueError(f"{list(shape)} of {kind} need more bytes than there are")
        array = np.frombuffer(data, kind, count, end).reshape(shape).copy()
    except (struct.error, IndexError, KeyError, ValueError) as error:
        raise ValueError(f"`paddle.load` can not parse the file: {error}") from None
    return array, end + array.nbytes
