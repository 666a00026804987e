"""Files of PyTorch 0.1's first format: a tar of `storages`, `tensors` and `pickle`.

`storages` holds a count, for each storage the pickle of (key, place, type) with its length and elements, and the pickle of a list of views
of storages; `tensors` a count, and for each tensor the pickle of (key, storage, type) with its number of dimensions, sizes, strides and
offset; `pickle` the object, whose persistent ids are those keys. Nothing is unpacked to the disk, and reading executes nothing.
"""

from __future__ import annotations

import io
import struct
import tarfile
from pickle import UnpicklingError
from typing import Any

import numpy as np

from . import _dtypes
from ._tensor import Tensor
from ._unpickler import Unpickler
from .storage import TypedStorage, UntypedStorage

__all__ = ["load_tar"]


class _Reader(Unpickler):
    """One pickle of such a file, which calls storages and tensors by their keys."""

    objects: dict[Any, Any]

    def find(self, module: str, name: str) -> Any:
        if module.partition(".")[0] == "torch" and name.endswith("Tensor") and name != "Tensor":
            return _Kind
        return super().find(module, name)

    def persistent(self, saved_id: Any) -> Any:
        if type(saved_id) is tuple:
            return saved_id[0]  # a class, with its source
        return self.objects[int(saved_id)]


class _Kind:
    """Stands for the type that a tensor had; its storage says the dtype."""


class _Part:
    """A member of the tar, read from its start on."""

    def __init__(self, tar: tarfile.TarFile, name: str, encoding: str, objects: dict[Any, Any]) -> None:
        try:
            file = tar.extractfile(name)
        except KeyError:
            file = None
        if file is None:
            raise RuntimeError(f"torch.load: the .tar file has no member {name!r}")
        self._data = file.read()
        self._at = 0
        self._encoding = encoding
        self._objects = objects

    def pickle(self) -> Any:
        machine = _Reader(self._data, None, trusted=True, encoding=self._encoding, offset=self._at)
        machine.objects = self._objects
        result = machine.load()
        self._at = machine.position
        return result

    def bytes(self, count: int) -> Any:
        if not 0 <= count <= len(self._data) - self._at:
            raise RuntimeError("torch.load: the .tar file is cut off")
        self._at += count
        return self._data[self._at - count : self._at]

    def numbers(self, kind: str, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}{kind}", self.bytes(count * struct.calcsize(kind)))


def _parts(value: Any, count: int) -> Any:
    if not isinstance(value, (tuple, list)) or len(value) != count:
        raise UnpicklingError("the .tar file's list of storages and tensors is malformed")
    return value


def _storages(part: _Part, place: Any, objects: dict[Any, Any]) -> None:
    for _ in range(part.pickle()):
        key, location, kind = _parts(part.pickle(), 3)
        dtype = getattr(kind, "_legacy", None)
        if not isinstance(dtype, _dtypes.dtype):
            raise UnpicklingError("a storage has no dtype")
        (count,) = part.numbers("q", 1)
        data = np.frombuffer(part.bytes(count * dtype.itemsize), np.uint8).copy()
        location = location.decode("ascii") if isinstance(location, bytes) else location
        objects[key] = TypedStorage(wrap_storage=place(UntypedStorage.adopt(data), location), dtype=dtype)
    for target, root, offset, count in (_parts(view, 4) for view in part.pickle()):
        whole = objects[root]
        width = whole.dtype.itemsize
        data = whole._untyped_storage._bytes[offset * width : (offset + count) * width]
        objects[target] = TypedStorage(wrap_storage=UntypedStorage.adopt(data), dtype=whole.dtype)


def _tensors(part: _Part, objects: dict[Any, Any]) -> None:
    for _ in range(part.pickle()):
        key, storage, _kind = _parts(part.pickle(), 3)
        ndim, _padding = part.numbers("i", 2)
        shape, strides = part.numbers("q", ndim), part.numbers("q", ndim)
        (offset,) = part.numbers("q", 1)
        whole = objects[storage]
        objects[key] = Tensor.wrap(whole._untyped_storage.view(whole.dtype, shape, strides, offset))


def load_tar(data: bytes, place: Any, encoding: str) -> Any:
    """The object that such a file holds.

    Raises:
        RuntimeError, UnpicklingError: the file is cut off or malformed, or names what is refused.
    """
    objects: dict[Any, Any] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            _storages(_Part(tar, "storages", encoding, objects), place, objects)
            _tensors(_Part(tar, "tensors", encoding, objects), objects)
            return _Part(tar, "pickle", encoding, objects).pickle()
    except (tarfile.TarError, LookupError, TypeError, ValueError, AttributeError, OverflowError, struct.error) as e:
        raise RuntimeError(f"torch.load: the .tar file is corrupt: {type(e).__name__}: {e}") from None
