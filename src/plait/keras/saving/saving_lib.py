"""The .keras format: a zip of the model's config, metadata, and its weights in HDF5; and .weights.h5.

Rules of this file: a config is read by `serialization_lib`, weights by `h5_store`; members of the zip are read into memory, never
unpacked to a path of their choosing, and not at all where they claim to be far larger than what is stored.
"""

from __future__ import annotations

import datetime
import io
import json
import pathlib
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from functools import cache
from typing import Any

from plait.keras._naming import to_snake_case
from plait.keras.saving import h5_store
from plait.keras.saving.serialization_lib import (
    ObjectSharingScope,
    deserialize_keras_object,
    serialize_keras_object,
)
from plait.keras.saving.shards import Shards

CONFIG, METADATA, WEIGHTS, ASSETS = "config.json", "metadata.json", "model.weights.h5", "assets"
_FLOOR, _EXPANSION = 1 << 32, 100


def _saveable(x: Any) -> bool:
    return hasattr(type(x), "_obj_type")


@cache
def _known(kind: str) -> frozenset[str]:
    """The attributes that every object of a kind has, in which nothing to save is looked for."""
    from plait.keras.layers.layer import Layer
    from plait.keras.losses import Loss
    from plait.keras.metrics import CategoricalAccuracy
    from plait.keras.optimizers import SGD

    if kind in ("Layer", "Functional", "Sequential"):
        names = dir(Layer(name="layer"))
        more = {"Functional": ["operations", "_operations"], "Sequential": ["_functional"]}
        return frozenset([*names, *more.get(kind, [])])
    if kind == "Metric":
        return frozenset(dir(CategoricalAccuracy()))
    if kind == "Optimizer":
        return frozenset(dir(SGD(name="sgd")))
    if kind == "Loss":
        return frozenset(dir(Loss(name="loss")))
    return frozenset()


def _children(obj: Any) -> Iterator[tuple[str, Any]]:
    """The attributes in which a saved object holds others, in the order in which Keras walks them: private ones last."""
    kind = obj._obj_type()
    skip = _known(kind)
    if kind in ("Sequential", "Functional"):
        yield "layers", obj.layers
    for name in sorted(dir(obj), key=lambda n: f"~{n}" if n.startswith("_") else n):
        if name.startswith("__") or name in skip:
            continue
        try:
            child = getattr(obj, name)
        except Exception:
            continue
        if _saveable(child) or isinstance(child, (list, dict, tuple)):
            yield name, child


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _members(container: Any, path: str) -> Iterator[tuple[str, Any]]:
    """What a container holds, with paths by class: `dense`, `dense_1`, …"""
    used: dict[str, int] = {}
    for x in list(container.values()) if isinstance(container, dict) else container:
        if _saveable(x):
            name = to_snake_case(type(x).__name__)
        elif isinstance(x, (list, dict, tuple)):
            name = "container"
        else:
            continue
        used[name] = used.get(name, -1) + 1
        yield _join(path, f"{name}_{used[name]}" if used[name] else name), x


def _walk(obj: Any, path: str, seen: dict[int, Any], failed: Any = ()) -> Iterator[tuple[str, Any]]:
    """Every object below and with `obj` that has a state to save, with its path: once, but again for those in `failed`.

    `seen` holds what was met, so that no list made on the way gives its id to another.
    """
    if _saveable(obj):
        if id(obj) in seen:
            return
        seen[id(obj)] = obj
        yield path, obj
        for name, child in _children(obj):
            yield from _walk(child, _join(path, name), seen, failed)
        if id(obj) in failed:
            seen.pop(id(obj), None)
    elif isinstance(obj, (list, dict, tuple)):
        if id(obj) in seen:
            return
        seen[id(obj)] = obj
        for place, child in _members(obj, path):
            yield from _walk(child, place, seen, failed)


def save_state(model: Any, store: Any, skip: Any = None) -> None:
    """Every object's variables into a store."""
    for path, obj in _walk(model, "", {id(x): x for x in skip or ()}):
        if hasattr(obj, "save_own_variables"):
            name = getattr(obj, "name", None)
            obj.save_own_variables(store.make(path, name if isinstance(name, str) else None))


def load_state(model: Any, store: Any, skip_mismatch: bool = False, skip: Any = None) -> None:
    """Every object's variables from a store; ValueError (a warning with `skip_mismatch`) for those that do not fit."""
    failed: dict[int, tuple[Any, Exception]] = {}
    for path, obj in _walk(model, "", {id(x): x for x in skip or ()}, failed):
        if hasattr(obj, "load_own_variables"):
            try:
                obj.load_own_variables(store.get(path))
            except Exception as e:
                failed.setdefault(id(obj), (obj, e))
            else:
                failed.pop(id(obj), None)
    if failed:
        objects = [obj for obj, _ in failed.values()]
        text = (
            f"A total of {len(failed)} objects could not be loaded. Example error message for object {objects[0]}:\n\n"
            f"{next(iter(failed.values()))[1]}\n\nList of objects that could not be loaded:\n{objects}"
        )
        if not skip_mismatch:
            raise ValueError(text)
        warnings.warn(text, stacklevel=3)


def _holders(model: Any, method: str) -> list[tuple[str, Any]]:
    return [(path, obj) for path, obj in _walk(model, "", {}) if hasattr(obj, method)]


def _write_assets(model: Any, root: pathlib.Path) -> None:
    """The files that objects write with `save_assets(folder)`, each below its object's path."""
    for path, obj in _holders(model, "save_assets"):
        place = root / path
        place.mkdir(parents=True, exist_ok=True)
        obj.save_assets(str(place))


def _read_assets(model: Any, root: pathlib.Path) -> None:
    for path, obj in _holders(model, "load_assets"):
        obj.load_assets(str(root / path))


def _save_assets(model: Any, archive: zipfile.ZipFile) -> None:
    """The files that objects write, under assets/ in the archive."""
    if not _holders(model, "save_assets"):
        return
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        _write_assets(model, root)
        for file in sorted(root.rglob("*")):
            if file.is_file():
                archive.write(file, f"{ASSETS}/{file.relative_to(root).as_posix()}")


def _load_assets(model: Any, archive: zipfile.ZipFile) -> None:
    """Give objects the files that are theirs, unpacked below a temporary folder; ValueError for a path that leads out of it."""
    if not _holders(model, "load_assets"):
        return
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        for name in archive.namelist():
            if name.startswith(f"{ASSETS}/") and not name.endswith("/"):
                target = (root / name[len(ASSETS) + 1 :]).resolve()
                if not target.is_relative_to(root):
                    raise ValueError(f"Invalid asset path: '{name}' escapes the asset directory.")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(_member(archive, name))
        _read_assets(model, root)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > _FLOOR and info.file_size > _EXPANSION * info.compress_size:
        raise ValueError(
            f"Not allowed: ZIP member '{name}' declares {info.file_size} bytes but only {info.compress_size} are stored; "
            "refusing to load it"
        )
    return archive.read(name)


def save_model(model: Any, filepath: Any, zipped: bool = True) -> None:
    """Write a .keras file, or a folder of what lies in one; `filepath` is a path, of a file also a binary file."""
    from plait.keras import __version__

    if not model.built:
        warnings.warn(
            "You are saving a model that has not yet been built. It might not contain any weights yet. Consider building the "
            "model first by calling it on some data.",
            stacklevel=3,
        )
    with ObjectSharingScope():
        config = json.dumps(serialize_keras_object(model))
    saved = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    metadata = json.dumps({"keras_version": __version__, "date_saved": saved})
    weights = h5_store.written(lambda store: save_state(model, store))
    if not zipped:
        folder = pathlib.Path(filepath)
        (folder / ASSETS).mkdir(parents=True, exist_ok=True)
        (folder / METADATA).write_text(metadata)
        (folder / CONFIG).write_text(config)
        (folder / WEIGHTS).write_bytes(weights)
        _write_assets(model, folder / ASSETS)
        return
    with zipfile.ZipFile(filepath, "w") as archive:
        archive.writestr(METADATA, metadata)
        archive.writestr(CONFIG, config)
        archive.writestr(WEIGHTS, weights)
        _save_assets(model, archive)


def _model_of(config: str | bytes, custom_objects: Any, compile: bool, safe_mode: bool) -> Any:
    described = json.loads(config)
    if not compile:
        described["compile_config"] = None
    with ObjectSharingScope():
        return deserialize_keras_object(described, custom_objects, safe_mode=safe_mode)


def load_folder(folder: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
    """Read a folder that `save_model(zipped=False)` wrote."""
    place = pathlib.Path(folder)
    model = _model_of((place / CONFIG).read_text(), custom_objects, compile, safe_mode)
    if not (place / WEIGHTS).exists():
        raise ValueError(f"Expected a {WEIGHTS} file in the folder {folder}.")
    with h5_store.H5Store(place / WEIGHTS, "r") as store:
        load_state(model, store)
    _read_assets(model, place / ASSETS)
    return model


def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
    """Read a .keras file; `filepath` is a path or a binary file."""
    with zipfile.ZipFile(filepath, "r") as archive:
        names = archive.namelist()
        if CONFIG not in names or WEIGHTS not in names:
            raise ValueError(f"Expected a {CONFIG} and a {WEIGHTS} file in the archive. Found: {names}")
        model = _model_of(_member(archive, CONFIG), custom_objects, compile, safe_mode)
        with h5_store.H5Store(io.BytesIO(_member(archive, WEIGHTS)), "r") as store:
            load_state(model, store)
        _load_assets(model, archive)
    return model


def save_weights_only(
    model: Any, filepath: Any, max_shard_size: float | None = None, objects_to_skip: Any = None
) -> None:
    """Write a .weights.h5 file; with `max_shard_size` (gigabytes) as many as it takes, and a .weights.json that tells of them."""
    if not model.built:
        raise ValueError(
            "You are saving a model that has not yet been built. Try building the model first by calling it on some data or by "
            "using `build()`."
        )
    with h5_store.H5Store(filepath, "w") if max_shard_size is None else Shards(filepath, "w", max_shard_size) as store:
        save_state(model, store, objects_to_skip)


def load_weights_only(model: Any, filepath: Any, skip_mismatch: bool = False, objects_to_skip: Any = None) -> None:
    """Read the weights of a .weights.h5 or .keras file, or of those that a .weights.json tells of."""
    if not model.built:
        raise ValueError(
            "You are loading weights into a model that has not yet been built. Try building the model first by calling it on "
            "some data or by using `build()`."
        )
    place: Any = filepath
    if str(filepath).endswith(".keras"):
        with zipfile.ZipFile(filepath, "r") as archive:
            place = io.BytesIO(_member(archive, WEIGHTS))
    with Shards(filepath, "r") if str(filepath).endswith(".json") else h5_store.H5Store(place, "r") as store:
        load_state(model, store, skip_mismatch, objects_to_skip)
