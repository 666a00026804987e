"""Storages: the memory under tensors, as torch.storage shows it.

A storage is the ndarray at the root of a chain of views. Tensors that are views of one array have one storage; it is found from the
array when asked for, so a tensor pays nothing for it.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from . import _dtypes

__all__ = ["TypedStorage", "UntypedStorage", "is_storage"]

Array = np.ndarray[Any, Any]

# One object per memory block while somebody holds it, so that equal storages are identical (a pickler's memo relies on it).
_known: weakref.WeakValueDictionary[Any, UntypedStorage] = weakref.WeakValueDictionary()


def root_of(array: Array) -> Array:
    """The array that owns the memory, at the end of the chain of views."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def extent(array: Array) -> tuple[int, int]:
    """The first byte that the array touches, and the number of bytes up to the last."""
    low = high = array.__array_interface__["data"][0]
    if array.size == 0:
        return low, 0
    for size, step in zip(array.shape, array.strides, strict=True):
        if step < 0:
            low += (size - 1) * step
        else:
            high += (size - 1) * step
    return low, high + array.itemsize - low


class UntypedStorage:
    """A block of bytes. `UntypedStorage(n)` makes a fresh one; `tensor.untyped_storage()` gives a tensor's."""

    __slots__ = ("__weakref__", "_bytes", "_root")
    __module__ = "torch.storage"
    _root: Array
    _bytes: Array

    def __init__(self, source: Any = 0) -> None:
        data = np.zeros(source, np.uint8) if isinstance(source, int) else np.array(list(source), np.uint8)
        self._root = self._bytes = data

    @classmethod
    def of(cls, array: Array) -> UntypedStorage:
        """The storage under an array."""
        root = root_of(array)
        address, nbytes = extent(root)
        key = (address, nbytes) if nbytes else id(root)
        found = _known.get(key)
        if found is None or (not nbytes and found._root is not root):
            found = object.__new__(cls)
            found._root = root
            flat = root if root.flags.c_contiguous else root.T
            if flat.flags.c_contiguous:
                found._bytes = flat.reshape(-1).view(np.uint8) if nbytes else np.empty(0, np.uint8)
            else:
                import ctypes

                found._bytes = np.asarray((ctypes.c_uint8 * nbytes).from_address(address))
            _known[key] = found
        return found

    @classmethod
    def adopt(cls, data: Array) -> UntypedStorage:
        """A storage over a flat array of bytes."""
        new = object.__new__(cls)
        new._root = new._bytes = data
        return new

    def view(self, dtype: Any, shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> Array:
        """An array over this memory; strides and offset count elements. ValueError when any element would lie outside."""
        kind = dtype._numpy
        last = offset
        total = 1
        for size, step in zip(shape, strides, strict=True):
            if size < 0 or step < 0:
                raise ValueError(f"negative size or stride: size {shape}, stride {strides}")
            last += (size - 1) * step
            total *= size
        if offset < 0:
            raise ValueError(f"negative storage offset: {offset}")
        if len(shape) > 64 or total >= 1 << 62 or max(strides, default=0) >= 1 << 58 or offset >= 1 << 58:
            raise ValueError(f"size {shape} with stride {strides} and offset {offset} is out of range")
        if total == 0:
            return np.ndarray(shape, kind, self._root) if len(self._root) else np.empty(shape, kind)
        if (last + 1) * kind.itemsize > self.nbytes():
            raise ValueError(
                f"size {shape} with stride {strides} and offset {offset} of {dtype} needs {(last + 1) * kind.itemsize} bytes, "
                f"but the storage has {self.nbytes()}"
            )
        return np.ndarray(shape, kind, self._bytes, offset * kind.itemsize, tuple(s * kind.itemsize for s in strides))

    def nbytes(self) -> int:
        """The number of bytes."""
        return int(self._bytes.size)

    size = __len__ = nbytes

    def element_size(self) -> int:
        return 1

    def data_ptr(self) -> int:
        """The address of the first byte; 0 when empty."""
        return int(self._bytes.__array_interface__["data"][0]) if self._bytes.size else 0

    @property
    def _cdata(self) -> int:
        return self.data_ptr() or id(self)

    @property
    def device(self) -> _dtypes.device:
        return _dtypes.CPU

    is_cuda = False
    is_sparse = False

    def tolist(self) -> list[int]:
        return self._bytes.tolist()

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return UntypedStorage.adopt(self._bytes[key])
        return int(self._bytes[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._bytes[key] = value

    def fill_(self, value: int) -> UntypedStorage:
        self._bytes[...] = value
        return self

    def copy_(self, source: Any, non_blocking: bool | None = None) -> UntypedStorage:
        self._bytes[...] = _untyped(source)._bytes
        return self

    def clone(self) -> UntypedStorage:
        return UntypedStorage.adopt(self._bytes.copy())

    def cpu(self) -> UntypedStorage:
        return self

    def untyped(self) -> UntypedStorage:
        return self

    def is_shared(self) -> bool:
        return False

    def is_pinned(self, device: Any = None) -> bool:
        return False

    def share_memory_(self) -> UntypedStorage:
        return self

    def pin_memory(self, device: Any = None) -> UntypedStorage:
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> Any:
        _dtypes.check_device("cuda")

    def __deepcopy__(self, memo: dict[Any, Any]) -> UntypedStorage:
        if id(self) not in memo:
            memo[id(self)] = self.clone()
        return memo[id(self)]

    def __reduce__(self) -> Any:
        return _load_from_bytes, (_to_bytes(self),)

    def __repr__(self) -> str:
        words = "\n ".join(map(str, self.tolist()))
        return f" {words}\n[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]"


class TypedStorage:
    """A storage seen as elements of one dtype; what `tensor.storage()` gives."""

    __slots__ = ("_untyped_storage", "dtype")
    __module__ = "torch.storage"
    _legacy: Any = None

    def __init__(
        self, *args: Any, wrap_storage: Any = None, dtype: Any = None, device: Any = None, _internal: bool = False
    ) -> None:
        _dtypes.check_device(device)
        self.dtype = dtype or self._legacy or _dtypes.get_default_dtype()
        if wrap_storage is not None:
            self._untyped_storage = wrap_storage
        elif args and not isinstance(args[0], int):
            self._untyped_storage = UntypedStorage.of(np.array(list(args[0]), self.dtype._numpy))
        else:
            self._untyped_storage = UntypedStorage((args[0] if args else 0) * self.dtype.itemsize)

    def _elements(self) -> Array:
        return self._untyped_storage._bytes.view(self.dtype._numpy)

    def size(self) -> int:
        """The number of elements."""
        return int(self._untyped_storage.nbytes() // self.dtype.itemsize)

    __len__ = _size = size

    def nbytes(self) -> int:
        return self._untyped_storage.nbytes()

    def element_size(self) -> int:
        return self.dtype.itemsize

    def data_ptr(self) -> int:
        return self._untyped_storage.data_ptr()

    @property
    def _cdata(self) -> int:
        return self._untyped_storage._cdata

    @property
    def device(self) -> _dtypes.device:
        return _dtypes.CPU

    is_cuda = False
    is_sparse = False

    def untyped(self) -> UntypedStorage:
        return self._untyped_storage

    def tolist(self) -> list[Any]:
        from ._printing import _plain

        return _plain(self._elements()).tolist()

    def __getitem__(self, key: Any) -> Any:
        return self.tolist()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._elements()[key] = value

    def __iter__(self) -> Any:
        return iter(self.tolist())

    def fill_(self, value: Any) -> TypedStorage:
        self._elements()[...] = value
        return self

    def clone(self) -> TypedStorage:
        return type(self)(wrap_storage=self._untyped_storage.clone(), dtype=self.dtype)

    def cpu(self) -> TypedStorage:
        return self

    def is_shared(self) -> bool:
        return False

    def share_memory_(self) -> TypedStorage:
        return self

    def pickle_storage_type(self) -> str:
        """The name that files give to this storage, such as "FloatStorage"."""
        return self.dtype._tensor_type[:-6] + "Storage"

    def __deepcopy__(self, memo: dict[Any, Any]) -> TypedStorage:
        return type(self)(wrap_storage=self._untyped_storage.__deepcopy__(memo), dtype=self.dtype)

    def __reduce__(self) -> Any:
        return _load_from_bytes, (_to_bytes(self),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypedStorage) and self._cdata == other._cdata and self.dtype is other.dtype

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        words = "\n ".join(map(str, self.tolist()))
        return f" {words}\n[torch.storage.TypedStorage(dtype={self.dtype}, device=cpu) of size {self.size()}]"


def _legacy_class(dtype: _dtypes.dtype) -> type[TypedStorage]:
    name = dtype._tensor_type[:-6] + "Storage"
    return type(
        name,
        (TypedStorage,),
        {"__slots__": (), "_legacy": dtype, "__module__": "torch", "__doc__": f"A storage of {dtype}."},
    )


# The storages that files name, one per dtype that had one when the format was made.
BY_FILE_NAME: dict[str, type[TypedStorage]] = {
    kind.__name__: kind
    for kind in (_legacy_class(d) for d in _dtypes.ALL if d not in (_dtypes.uint16, _dtypes.uint32, _dtypes.uint64))
}
globals().update(BY_FILE_NAME)
__all__ += list(BY_FILE_NAME)


def is_storage(obj: Any) -> bool:
    """Whether obj is a storage, typed or not."""
    return isinstance(obj, (UntypedStorage, TypedStorage))


def _untyped(source: Any) -> Any:
    return source._untyped_storage if isinstance(source, TypedStorage) else source


def _to_bytes(storage: Any) -> bytes:
    import io

    from ._serialization import save

    buffer = io.BytesIO()
    save(storage, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


def _load_from_bytes(data: bytes) -> Any:
    """A storage from the bytes that its pickle carries; nothing in them is executed."""
    import io

    from ._serialization import load

    return load(io.BytesIO(data), weights_only=True)
