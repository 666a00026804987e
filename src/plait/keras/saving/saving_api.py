"""Saving and loading by the file's name: .keras, .weights.h5, and the older .h5."""

from __future__ import annotations

import logging
import os
import zipfile
from typing import Any

from plait.keras.saving import saving_lib
from plait.keras.utils.io_utils import ask_to_proceed_with_overwrite

_H5 = (".h5", ".hdf5")


def _may_write(filepath: Any, overwrite: bool) -> bool:
    return overwrite or not os.path.exists(filepath) or ask_to_proceed_with_overwrite(filepath)


def save_model(model: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
    """Save a model as .keras, or as legacy .h5 where the name ends so; ValueError for other names. With `zipped=False` in a folder."""
    include_optimizer = kwargs.pop("include_optimizer", True)
    save_format = kwargs.pop("save_format", False)
    path = str(filepath)
    if save_format and not path.endswith((*_H5, ".keras")):
        raise ValueError(
            "The `save_format` argument is deprecated in Keras 3. Please remove this argument and pass a file path with either "
            f"`.keras` or `.h5` extension. Received: save_format={save_format}"
        )
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {list(kwargs)}")
    zipped = zipped is None or zipped
    if not zipped and path.endswith(".keras"):
        raise ValueError(
            f"When saving with `zipped=False`, the filepath should not end in `.keras`. Received: filepath={path}"
        )
    if not zipped:
        pass
    elif path.endswith(_H5):
        logging.getLogger("absl").warning(
            "You are saving your model as an HDF5 file via `model.save()` or `keras.saving.save_model(model)`. This file format "
            "is considered legacy. We recommend using instead the native Keras format, e.g. `model.save('my_model.keras')`."
        )
    elif not path.endswith(".keras"):
        raise ValueError(
            "Invalid filepath extension for saving. Please add either a `.keras` extension for the native Keras format "
            f"(recommended) or a `.h5` extension. `model.export(filepath)` would write a SavedModel. Received: filepath={filepath}."
        )
    if not _may_write(filepath, overwrite):
        return
    if path.endswith(".keras") or not zipped:
        saving_lib.save_model(model, path, zipped)
    else:
        from plait.keras.saving import legacy

        legacy.save_model(model, path, include_optimizer)


def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
    """The model of a .keras or legacy .h5 file.

    `custom_objects` are the program's own classes and functions by name. `safe_mode=False` lets the file's lambdas run: only for
    files that are trusted.
    """
    path = str(filepath)
    if path.endswith(".keras") and zipfile.is_zipfile(filepath):
        return saving_lib.load_model(path, custom_objects, compile, safe_mode)
    if os.path.exists(os.path.join(path, saving_lib.CONFIG)):
        return saving_lib.load_folder(path, custom_objects, compile, safe_mode)
    if path.endswith(_H5):
        from plait.keras.saving import legacy

        return legacy.load_model(path, custom_objects, compile, safe_mode)
    if path.endswith(".keras"):
        raise ValueError(
            f"File not found: filepath={filepath}. Please ensure the file is an accessible `.keras` zip file."
        )
    raise ValueError(
        f"File format not supported: filepath={filepath}. Keras 3 only supports V3 `.keras` files and legacy H5 format files "
        "(`.h5` extension)."
    )


def save_weights(model: Any, filepath: Any, overwrite: bool = True, max_shard_size: Any = None, **kwargs: Any) -> None:
    """Save a model's weights; the name must end in .weights.h5, in .weights.json for files of `max_shard_size` gigabytes."""
    path = str(filepath)
    if max_shard_size is None and not path.endswith(".weights.h5"):
        raise ValueError(f"The filename must end in `.weights.h5`. Received: filepath={path}")
    if max_shard_size is not None and not path.endswith((".weights.h5", ".weights.json")):
        raise ValueError(
            f"The filename must end in `.weights.json` when `max_shard_size` is specified. Received: filepath={path}"
        )
    if _may_write(filepath, overwrite):
        saving_lib.save_weights_only(model, path, max_shard_size, **kwargs)


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Load a model's weights from .weights.h5, .weights.json, .keras or legacy .h5 (by layers' names with `by_name=True`)."""
    path = str(filepath)
    objects_to_skip, by_name = kwargs.pop("objects_to_skip", None), kwargs.pop("by_name", None)
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {kwargs}")
    if path.endswith((".keras", ".weights.h5", ".weights.json")):
        if by_name is not None:
            raise ValueError(f"`by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: {filepath}")
        if objects_to_skip is not None and path.endswith(".keras"):
            raise ValueError(f"`objects_to_skip` only supports loading '.weights.h5' files. Received: {filepath}")
        saving_lib.load_weights_only(model, path, skip_mismatch, objects_to_skip)
    elif path.endswith(_H5):
        if objects_to_skip is not None:
            raise ValueError(f"`objects_to_skip` only supports loading '.weights.h5' files. Received: {filepath}")
        from plait.keras.saving import legacy

        legacy.load_weights(model, path, skip_mismatch, bool(by_name))
    else:
        raise ValueError(
            f"File format not supported: filepath={filepath}. Keras 3 only supports V3 `.keras` files, `.weights.h5` files and "
            "legacy H5 format files (`.h5` extension)."
        )
