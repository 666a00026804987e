"""torch.save and torch.load: PyTorch's zip format and its older one, both ways.

The rules: a file written here loads in PyTorch with weights_only=True; tensors that share memory share it again after loading; reading
executes nothing (see `_unpickler`), trusts no size or offset, and says what was wrong; a file is written whole or not at all.

Format: `archive/data.pkl` (protocol 2, storages by persistent id), `archive/data/<key>` (raw elements), `byteorder`, `version`,
`.format_version`, `.storage_alignment`. The older one is five pickles (magic number, version, machine, object, keys), then the elements.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _dtypes

if TYPE_CHECKING:
    from ._archive import Source
    from .storage import TypedStorage, UntypedStorage

__all__ = ["load", "save"]

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
DEFAULT_PROTOCOL = 2

_NO_GPU = (
    "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running on a CPU-only "
    "machine, please use torch.load with map_location=torch.device('cpu') to map your storages to the CPU."
)
_DOCS = "\n\nSee https://pytorch.org/docs/stable/generated/torch.load.html for the types that weights_only accepts."


# Saving.


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = None,
    pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Writes an object to a file, a path or anything with `write`.

    A path is written whole or not at all: the data go to a neighbour first, which then takes the file's name.

    Args:
        obj: tensors in any nest of containers, state dicts, modules.
        f: a path, or a file opened for writing bytes.
        pickle_module: accepted; the format's own pickler is used.
        pickle_protocol: 2 unless you need another.
        _use_new_zipfile_serialization: False writes the format of before PyTorch 1.6.

    Raises:
        RuntimeError: the folder does not exist, or two views of one memory have different dtypes.
        AttributeError: f is neither a path nor has `write`.
    """
    path = os.fspath(f) if isinstance(f, (str, os.PathLike)) else None
    if path is None and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    if not _use_new_zipfile_serialization:
        parts = _legacy_parts(obj, pickle_protocol)
        _deliver(path, f, lambda write: [write(part) for part in parts])
        return
    name = "archive"
    if path is not None:
        name = os.path.splitext(os.path.basename(path))[0]
        if not name or os.path.basename(path).startswith("."):
            raise RuntimeError(f"invalid file name: {path}")
        parent = os.path.dirname(path)
        if parent and not os.path.isdir(parent):
            raise RuntimeError(f"Parent directory {parent} does not exist.")
    pickled, storages = _pickled(obj, pickle_protocol)

    def write_archive(write: Any) -> None:
        from ._archive import Writer

        archive = Writer(write, name)
        archive.record("data.pkl", pickled)
        archive.record(".format_version", b"1")
        archive.record(".storage_alignment", b"64")
        if not _disable_byteorder_record:
            archive.record("byteorder", sys.byteorder.encode())
        for key, storage in storages.items():
            archive.record(f"data/{key}", storage._bytes)
        archive.close()

    _deliver(path, f, write_archive)


class _Numbering:
    """Gives every storage that a pickler meets its key; refuses one memory under two dtypes."""

    def __init__(self, numbered: bool) -> None:
        self.storages: dict[str, UntypedStorage] = {}
        self.element_sizes: dict[str, int] = {}
        self._numbered = numbered
        self._keys: dict[int, str] = {}
        self._dtypes: dict[int, Any] = {}

    def __call__(self, obj: Any) -> Any:
        from ._pickler import file_storage_type
        from .storage import TypedStorage, UntypedStorage

        typed = isinstance(obj, TypedStorage)
        untyped: UntypedStorage = obj._untyped_storage if typed else obj
        dtype = obj.dtype if typed else _dtypes.uint8
        kind, count = file_storage_type(obj)
        if kind is UntypedStorage:
            dtype = _dtypes.uint8
        address = untyped.data_ptr()
        if address and self._dtypes.setdefault(address, dtype) is not dtype:
            raise RuntimeError("Cannot save multiple tensors or storages that view the same data as different types")
        key = self._keys.setdefault(untyped._cdata, str(len(self._keys) if self._numbered else untyped._cdata))
        self.storages[key] = untyped
        self.element_sizes.setdefault(key, dtype.itemsize)
        if self._numbered:
            return ("storage", kind, key, "cpu", count)
        return ("storage", kind, key, "cpu", count, None)


def _pickled(obj: Any, protocol: int) -> tuple[bytes, dict[str, UntypedStorage]]:
    import io

    from ._pickler import Pickler

    buffer = io.BytesIO()
    numbering = _Numbering(True)
    Pickler(buffer, protocol, numbering).dump(obj)
    return buffer.getvalue(), numbering.storages


def _legacy_parts(obj: Any, protocol: int) -> list[Any]:
    import io
    import pickle

    from ._pickler import Pickler

    machine = {
        "protocol_version": PROTOCOL_VERSION,
        "little_endian": sys.byteorder == "little",
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    parts: list[Any] = [pickle.dumps(p, protocol) for p in (MAGIC_NUMBER, PROTOCOL_VERSION, machine)]
    buffer = io.BytesIO()
    numbering = _Numbering(False)
    Pickler(buffer, protocol, numbering).dump(obj)
    keys = sorted(numbering.storages)
    parts += [buffer.getvalue(), pickle.dumps(keys, protocol)]
    for key in keys:
        data = numbering.storages[key]._bytes
        parts += [(data.size // numbering.element_sizes[key]).to_bytes(8, "little"), data]
    return parts


def _deliver(path: str | None, f: Any, produce: Any) -> None:
    """Lets `produce(write)` write to the file object, or to a new file that then takes the path's place."""
    if path is None:
        produce(f.write)
        flush = getattr(f, "flush", None)
        if flush is not None:
            flush()
        return
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as special:
            produce(special.write)
        return
    neighbour = f"{target}.{os.getpid()}.tmp"
    try:
        file = open(neighbour, "xb")  # noqa: SIM115
    except PermissionError:
        # The folder cannot take a new file, but the old one may still be writable.
        with open(target, "wb") as plain:
            produce(plain.write)
        return
    try:
        with file:
            produce(file.write)
        if os.path.exists(target):
            os.chmod(neighbour, os.stat(target).st_mode & 0o7777)
        os.replace(neighbour, target)
    except BaseException:
        if os.path.exists(neighbour):
            os.unlink(neighbour)
        raise


# Loading.


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Reads what `save` (here or in PyTorch) wrote.

    Args:
        f: a path, or a seekable file opened for reading bytes.
        map_location: where storages go: a device, its name, a dictionary of names, or a function of storage and name.
        pickle_module: accepted with weights_only=False; the format's own reader is used.
        weights_only: True (the default) reads tensors and plain containers; False is your consent to build objects of this
            program's classes too. Functions of the standard library are run in neither case.
        mmap: True maps the file's memory instead of reading it; changes stay private.

    Raises:
        UnpicklingError: something in the file is not allowed, or is damaged; the message names it.
        RuntimeError: the archive is cut off or damaged, or asks for a device that is not there.
        EOFError: the file is empty.
    """
    if weights_only is None:
        weights_only = pickle_module is None
        if os.environ.get("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "0").lower() in ("1", "y", "yes", "true"):
            weights_only = False
    if os.environ.get("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "0").lower() in ("1", "y", "yes", "true"):
        weights_only = True
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    place = _placement(map_location)
    encoding = pickle_load_args.get("encoding", "utf-8")
    is_path = isinstance(f, (str, os.PathLike))
    if not is_path:
        for need in ("read", "tell", "seek"):
            if not hasattr(f, need):
                raise AttributeError(
                    f"'{type(f).__name__}' object has no attribute '{need}'. You can only torch.load from a file that is seekable. "
                    "Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
                )
    file = open(f, "rb") if is_path else f  # noqa: SIM115
    try:
        from ._archive import Source

        source = Source(file)
        if source.size >= 4 and source.read(0, 4) == b"PK\3\4":
            if mmap and not is_path:
                raise ValueError("f must be a file path in order to use the mmap argument")
            return _guarded(
                weights_only, lambda: _load_zip(source, place, not weights_only, encoding, f if mmap else None)
            )
        if source.size >= 262 and source.read(257, 5) == b"ustar":
            if weights_only:
                raise RuntimeError(
                    "Cannot use ``weights_only=True`` with files saved in the legacy .tar format. " + _LEGACY
                )
            from ._tar import load_tar

            return load_tar(source.read(0, source.size), place, encoding)
        if mmap:
            raise RuntimeError(
                "mmap can only be used with files saved with `torch.save(_use_new_zipfile_serialization=True)`, "
                "please torch.save your checkpoint with this option in order to use mmap."
            )
        return _guarded(weights_only, lambda: _load_legacy(source, file, place, not weights_only, encoding))
    finally:
        if is_path:
            file.close()


_LEGACY = (
    "In PyTorch 2.6, we changed the default value of the `weights_only` argument in `torch.load` from `False` to `True`. With `False` such a "
    "file can be loaded; do it only if you got the file from a trusted source."
)


def _guarded(weights_only: bool, read: Any) -> Any:
    from pickle import UnpicklingError

    try:
        return read()
    except UnpicklingError as e:
        if not weights_only:
            raise
        words = str(e)
        advice = (
            "Re-running `torch.load` with `weights_only` set to `False` may succeed, but it builds objects of this program's own "
            "classes from the file. Do it only if you got the file from a trusted source."
        )
        if "was not an allowed global" in words:
            text = (
                "Weights only load failed. This file can still be loaded, in one of two ways, if you trust its source.\n"
                f"\t(1) {advice}\n\t(2) Keep `weights_only=True` and allow what the following message names.\n"
                f"\tWeightsUnpickler error: {words}"
            )
        else:
            text = f"Weights only load failed. {advice}\nWeightsUnpickler error: \n\n{words}"
        raise UnpicklingError(text + _DOCS) from None


def _placement(map_location: Any) -> Any:
    """A function (storage, location in the file) -> storage, for every form of map_location."""
    if map_location is None:
        return _restore
    if isinstance(map_location, dict):
        return lambda storage, location: _restore(storage, map_location.get(location, location))
    if isinstance(map_location, (str, bytes)):
        name = map_location.decode("ascii") if isinstance(map_location, bytes) else map_location
        return lambda storage, location: _restore(storage, name)
    if isinstance(map_location, _dtypes.device):
        return lambda storage, location: _restore(storage, str(map_location))
    if not callable(map_location):
        raise TypeError(
            f"map_location must be a device, a string, a dictionary or a function, not {type(map_location).__name__}"
        )

    def by_function(storage: Any, location: str) -> Any:
        result = map_location(storage, location)
        if result is None:
            return _restore(storage, location)
        return getattr(result, "_untyped_storage", result)

    return by_function


def _restore(storage: Any, location: Any) -> Any:
    if isinstance(location, str):
        if location == "cpu" or location.startswith("cpu:"):
            return storage
        if location.startswith("cuda"):
            raise RuntimeError(_NO_GPU)
    raise RuntimeError(
        f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {location})"
    )


class _Storages:
    """Answers persistent ids of either format: checks them and keeps one storage per key."""

    def __init__(self, place: Any, read: Any) -> None:
        self.found: dict[Any, TypedStorage] = {}
        self._place = place
        self._read = read

    def __call__(self, saved_id: tuple[Any, ...]) -> Any:
        from pickle import UnpicklingError

        from .storage import TypedStorage, UntypedStorage

        if len(saved_id) not in (5, 6):
            raise UnpicklingError(f"a storage's id has {len(saved_id)} parts")
        kind, key, location, count = saved_id[1:5]
        location = location.decode("ascii") if isinstance(location, bytes) else location
        if not isinstance(kind, type) or not (kind is UntypedStorage or issubclass(kind, TypedStorage)):
            raise UnpicklingError(f"a storage's type is {type(kind).__name__}")
        if type(key) not in (str, int) or type(location) is not str or type(count) is not int or count < 0:
            raise UnpicklingError("a storage's id is malformed")
        dtype = _dtypes.uint8 if kind is UntypedStorage else getattr(kind, "_legacy", None)
        if dtype is None:
            raise UnpicklingError("a storage has no dtype")
        view = saved_id[5] if len(saved_id) == 6 else None
        if view is not None:
            raise UnpicklingError("storages that are views of storages are not read")
        if key not in self.found:
            data = self._read(dtype, count, str(key))
            self.found[key] = TypedStorage(wrap_storage=self._place(UntypedStorage.adopt(data), location), dtype=dtype)
        found = self.found[key]
        return found if found.dtype is dtype else TypedStorage(wrap_storage=found._untyped_storage, dtype=dtype)


def _empty_bytes(count: int) -> Any:
    from plait import _native

    return _native.empty((count,), np.dtype(np.uint8))


def _mapped(path: Any) -> Any:
    import mmap

    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _load_zip(source: Source, place: Any, trusted: bool, encoding: str, mapped: Any) -> Any:
    from ._archive import Reader
    from ._unpickler import Unpickler

    archive = Reader(source)
    if "constants.pkl" in archive:
        raise RuntimeError(
            "Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``. "
            "TorchScript (torch.jit) is not part of plait."
        )
    if "data.pkl" not in archive:
        raise RuntimeError("PytorchStreamReader failed locating file data.pkl: file not found")
    order = archive.read("byteorder") if "byteorder" in archive else b"little"
    if order not in (b"little", b"big"):
        raise ValueError(f"Unknown endianness type: {order.decode('utf-8', 'replace')}")
    swap = order.decode() != sys.byteorder
    whole = _mapped(mapped) if mapped is not None else None

    def read(dtype: _dtypes.dtype, count: int, key: str) -> Any:
        name = f"data/{key}"
        size = archive.size(name)
        if size != count * dtype.itemsize:
            raise RuntimeError(f"storage {key!r} of {count} elements of {dtype} has {size} bytes in the file")
        if whole is not None and size:
            data = np.frombuffer(whole, np.uint8, size, archive.place(name))
        else:
            data = _empty_bytes(size)
            if size:
                archive.read_into(name, data)
        if swap and dtype.itemsize > 1:
            data = np.ascontiguousarray(data.reshape(-1, dtype.itemsize)[:, ::-1]).reshape(-1)
        return data

    return Unpickler(archive.read("data.pkl"), _Storages(place, read), trusted=trusted, encoding=encoding).load()


def _load_legacy(source: Source, file: Any, place: Any, trusted: bool, encoding: str) -> Any:
    from pickle import UnpicklingError

    from ._unpickler import Unpickler

    if not source.size:
        raise EOFError(*["Ran out of input"] * trusted)  # upstream's two unpicklers differ here
    data = source.read(0, source.size)
    position = 0

    def next_pickle(storages: Any, trusting: bool = False) -> Any:
        nonlocal position
        machine = Unpickler(data, storages, trusted=trusting, encoding=encoding, offset=position)
        result = machine.load()
        position = machine.position
        return result

    def none_here(saved_id: Any) -> Any:
        raise UnpicklingError("a storage stands where none can be")

    if next_pickle(none_here) != MAGIC_NUMBER:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = next_pickle(none_here)
    if version != PROTOCOL_VERSION:
        raise RuntimeError(f"Invalid protocol version: {version}")
    machine_facts = next_pickle(none_here)
    swap = isinstance(machine_facts, dict) and machine_facts.get("little_endian", True) != (sys.byteorder == "little")
    asked = 0

    def read(dtype: _dtypes.dtype, count: int, key: str) -> Any:
        nonlocal asked
        asked += count * dtype.itemsize
        if asked > source.size:
            raise RuntimeError(f"storages of {asked} bytes are announced in a file of {source.size}")
        return _empty_bytes(count * dtype.itemsize)

    storages = _Storages(place, read)
    result = next_pickle(storages, trusted)
    keys = next_pickle(none_here)
    if not isinstance(keys, list) or any(type(k) not in (str, int) for k in keys):
        raise UnpicklingError("the list of storages is malformed")
    for key in keys:
        storage = storages.found.get(key)
        if storage is None:
            raise RuntimeError(f"storage {key!r} is in the file but not in the object")
        if position + 8 > len(data):
            raise RuntimeError("the file is cut off inside its storages")
        count = int.from_bytes(data[position : position + 8], "little")
        position += 8
        target = storage._untyped_storage._bytes
        if count != storage.size() or position + target.size > len(data):
            raise RuntimeError(f"storage {key!r} of {target.size} bytes does not fit the file")
        raw = np.frombuffer(data, np.uint8, target.size, position)
        width = storage.element_size()
        target[...] = raw.reshape(-1, width)[:, ::-1].reshape(-1) if swap and width > 1 else raw
        position += target.size
    missing = [k for k in storages.found if k not in keys]
    if missing:
        raise RuntimeError(f"storage {missing[0]!r} is missing from the file")
    if hasattr(file, "seek"):
        file.seek(source._base + position)
    return result
