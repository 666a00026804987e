"""Weights in several HDF5 files beside a map of them: `name.weights.json` says which of `name_00000.weights.h5`, … holds which entry."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from plait.keras.saving import h5_store

__all__ = ["Shards"]

_GIGABYTE = 1024**3


def _place(path: str) -> str:
    return f"/{path}/vars" if path else "/vars"


class _Put:
    """What `save_own_variables` writes an object's variables to."""

    def __init__(self, shards: Shards, path: str, name: str | None) -> None:
        self._shards, self._path, self._name = shards, path, name

    def __setitem__(self, key: str, value: Any) -> None:
        self._shards.put(self._path, self._name, key, value)


class Shards:
    """Entries by their paths, in files of `most` gigabytes at most; used as `h5_store.H5Store` is.

    A path that does not end in .json is changed to one that does, with a UserWarning.
    """

    def __init__(self, path: Any, mode: str, most: float = 5) -> None:
        place = Path(path)
        if place.suffix != ".json":
            new = place.with_suffix(".json")
            warnings.warn(
                f"{'Saving' if mode == 'w' else 'Loading'} sharded weights requires `*.json` as the extension. The original "
                f"path: {place} will be renamed to {new}.",
                stacklevel=5,
            )
            place = new
        self._path, self._mode, self._most = place, mode, float(most) * _GIGABYTE
        self._files: dict[str, Any] = {}
        self._count = self._filled = self._total = 0
        self._map: dict[str, Any] = {}
        if mode == "r":
            self._map = json.loads(place.read_text())["weight_map"]
        else:
            self._next()

    def _next(self) -> None:
        self._close()
        self._current = f"{self._path.stem.replace('.weights', '')}_{self._count:05}.weights.h5"
        self._open(self._current)
        self._count, self._filled = self._count + 1, 0

    def _open(self, name: str) -> Any:
        if name not in self._files:
            self._close()
            self._files[name] = h5_store.h5py().File(self._path.with_name(name), mode=self._mode)
        return self._files[name]

    def make(self, path: str, name: str | None = None) -> _Put:
        """An entry to be filled, under an object's own name."""
        return _Put(self, path, name)

    def put(self, path: str, name: str | None, key: str, value: Any) -> None:
        """Write one variable; ValueError for one that no file may hold."""
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        size = array.nbytes
        if size > self._most:
            raise ValueError(
                f"The size of {key} is {size} bytes which exceeds the maximum shard size of {int(self._most)} bytes; "
                "increase `max_shard_size`."
            )
        if self._filled + size > self._most:
            self._next()
        self._filled, self._total = self._filled + size, self._total + size
        place = _place(path)
        group = self._open(self._current).require_group(place)
        if name is not None:
            group.attrs["name"] = name
        h5_store.Entry(group)[key] = value
        if place not in self._map:
            self._map[place] = self._current
        else:  # a name alone for one variable, a list for several
            known = self._map[place]
            names = [known] if isinstance(known, str) else known
            self._map[place] = names if self._current in names else [*names, self._current]

    def get(self, path: str) -> dict[str, Any]:
        """The variables of the entry at a path, from all files that hold some of them."""
        names = self._map.get(_place(path), [])
        found: dict[str, Any] = {}
        for name in [names] if isinstance(names, str) else names:
            found.update(h5_store.Entry(h5_store.group_at(self._open(name), _place(path)[1:])).items())
        return found

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def __enter__(self) -> Shards:
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        self._close()
        if self._mode == "w" and kind is None:
            told = {"metadata": {"total_size": float(self._total)}, "weight_map": self._map}
            self._path.write_text(json.dumps(told, indent=4))
