"""HDF5 files as Keras lays weights out in them, read as data: no links out of the file, no external or virtual storage, sizes checked."""

from __future__ import annotations

import io
import math
from importlib import import_module
from typing import Any

import numpy as np

from plait.dtypes import BFLOAT16

_FLOOR, _EXPANSION = 1 << 32, 1000


def h5py() -> Any:
    """The package h5py, an extra."""
    try:
        package = import_module("h5py")
    except ImportError as e:
        raise ImportError(
            "Reading and writing weights needs the h5py package. You can install it via `pip install h5py`"
        ) from e
    return package


def _no_link(parent: Any, name: str) -> None:
    package = h5py()
    kind = parent.get(name, default=None, getclass=True, getlink=True)
    if kind in (package.ExternalLink, package.SoftLink):
        raise ValueError(f"Not allowed: H5 file with {kind.__name__}")


def group_at(parent: Any, path: str) -> Any:
    """The group at `path`, no link among its steps; KeyError where there is none, ValueError for what is no group."""
    group = parent
    for name in path.split("/"):
        if not name:
            raise ValueError(f"Invalid path in H5 file: {path}")
        if name not in group:
            raise KeyError(path)
        _no_link(group, name)
        group = group[name]
        if not isinstance(group, h5py().Group):
            raise ValueError(f"Invalid H5 file, expected Group but received {type(group)}")
    return group


def array_at(parent: Any, path: str) -> Any:
    """The array at `path`; ValueError for one that lies outside of the file, or whose size its stored bytes do not bear out."""
    above, _, name = path.rpartition("/")
    group = group_at(parent, above) if above else parent
    if name not in group:
        raise KeyError(path)
    _no_link(group, name)
    dataset = group[name]
    if not isinstance(dataset, h5py().Dataset):
        raise ValueError(f"Invalid H5 file, expected Dataset, received {type(dataset)}")
    if dataset.external:
        raise ValueError(f"Not allowed: H5 file with external Dataset: {dataset.external}")
    if dataset.is_virtual:
        raise ValueError("Not allowed: H5 file with virtual Dataset")
    declared, stored = math.prod(dataset.shape) * dataset.dtype.itemsize, dataset.id.get_storage_size()
    if declared > _FLOOR and declared > _EXPANSION * stored:
        raise ValueError(
            f"Not allowed: H5 dataset '{path}' declares {declared} bytes but only {stored} are stored; refusing to load it"
        )
    value = np.array(dataset)
    if dataset.attrs.get("dtype") == "bfloat16":
        value = np.ascontiguousarray(value).view(np.uint16).view(BFLOAT16)
    return value


class Entry:
    """The variables of one object in a file: what `save_own_variables` writes to and `load_own_variables` reads from."""

    def __init__(self, group: Any) -> None:
        self._group = group

    def __len__(self) -> int:
        return len(self._group)

    def __contains__(self, key: str) -> bool:
        return key in self._group

    def keys(self) -> Any:
        """The variables' keys."""
        return self._group.keys()

    def items(self) -> Any:
        """Pairs of a key and an array."""
        return [(key, self[key]) for key in self._group]

    def __getitem__(self, key: str) -> Any:
        return array_at(self._group, key)

    def __setitem__(self, key: str, value: Any) -> None:
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        if str(getattr(value, "dtype", "")) == "bfloat16" or array.dtype == BFLOAT16:
            from plait.dtypes import as_float32, to_bfloat16

            bits = to_bfloat16(as_float32(array) if array.dtype == BFLOAT16 else array.astype(np.float32))
            data = self._group.create_dataset(key, data=bits.view("V2"))
            data.attrs["dtype"] = "bfloat16"
        else:
            self._group[key] = array


class H5Store:
    """A file of entries by their paths."""

    def __init__(self, place: Any, mode: str) -> None:
        self.mode = mode
        self.file = h5py().File(place, mode=mode)

    def make(self, path: str, name: str | None = None) -> Entry | _Late:
        """A new entry, under an object's own name; without a name it is made when something is put in."""
        if name is None:
            return _Late(self, path)
        return Entry(self._create(path, name))

    def _create(self, path: str, name: str | None) -> Any:
        group = self.file.create_group(f"{path}/vars" if path else "vars")
        if name is not None:
            group.attrs["name"] = name
        return group

    def get(self, path: str) -> Entry:
        """The entry at a path; an empty one where there is none."""
        for place in (path, path.replace("layers", "_layer_checkpoint_dependencies")):
            try:
                return Entry(group_at(self.file, f"{place}/vars" if place else "vars"))
            except KeyError:
                continue
        return Entry({})

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def __enter__(self) -> H5Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Late:
    """An entry that comes to be when something is put in."""

    def __init__(self, store: H5Store, path: str) -> None:
        self._store, self._path = store, path
        self._entry: Entry | None = None

    def __setitem__(self, key: str, value: Any) -> None:
        if self._entry is None:
            self._entry = Entry(self._store._create(self._path, None))
        self._entry[key] = value


def written(fill: Any) -> bytes:
    """The bytes of a file that `fill(store)` fills."""
    memory = io.BytesIO()
    with H5Store(memory, "w") as store:
        fill(store)
    return memory.getvalue()
