"""`paddle.save` and `paddle.load`: pickles of NumPy arrays in Paddle's forms, read by a machine that executes nothing.

The forms: a state dictionary is a dictionary of arrays with a table of the tensors' names under `StructuredToParameterName@@`; elsewhere a
tensor is a pair of its name and its array; protocols 2 and 3 split large arrays under `UnpackBigParamInfor@@`. bfloat16 is held as uint16.
"""

from __future__ import annotations

import io
import math
import os
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np

from plait.paddle._tensor import Tensor
from plait.paddle.functions.creation import to_tensor

__all__ = ["load", "save"]

_TABLE, _PARTS = "StructuredToParameterName@@", "UnpackBigParamInfor@@"
_LARGEST = 2**30 - 1


# --- writing ----------------------------------------------------------------------------------------------------------


def _has_tensors(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any([_has_tensors(v) for v in value])
    if isinstance(value, dict):
        return any([_has_tensors(v) for v in value.values()])
    return isinstance(value, Tensor) or _is_layer(value)


def _is_layer(value: Any) -> bool:
    return hasattr(value, "state_dict") and hasattr(value, "sublayers") and not isinstance(value, type)


def _is_state(value: Any) -> bool:
    """Whether it is saved as a state dictionary: tensors, and dictionaries without tensors."""
    if not isinstance(value, dict):
        return False
    return all([isinstance(v, Tensor) or (isinstance(v, dict) and not _has_tensors(v)) for v in value.values()])


def _split(arrays: dict[Any, Any]) -> dict[Any, Any]:
    """Large arrays in parts, for the protocols that hold no more than 4 GB in one object."""
    out, table = dict(arrays), {}
    for key, value in arrays.items():
        most = _LARGEST // value.dtype.itemsize if isinstance(value, np.ndarray) else 0
        if not most or value.size <= most:
            continue
        flat = value.reshape(-1)
        names = [f"{key}@@.{i}" for i in range(math.ceil(value.size / most))]
        table[key] = {"OriginShape": value.shape, "slices": names}
        del out[key]
        for i, name in enumerate(names):
            out[name] = flat[i * most : (i + 1) * most]
    if table:
        out[_PARTS] = table
    return out


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, Tensor):
            return tuple, ((obj.name, obj.numpy()),)
        if _is_layer(obj):
            raise ValueError("paddle do not support saving `paddle.nn.Layer` object.")
        return NotImplemented


def save(obj: Any, path: Any, protocol: int = 4, **configs: Any) -> None:
    """Write a state dictionary, a tensor, or lists and dictionaries of them, to a file or a BytesIO.

    Raises ValueError for a Layer, a protocol other than 2, 3 or 4, or a path without a file's name. With
    `use_binary_format` a tensor is written without pickle, and NotImplementedError raised for anything else. A file is written whole or not at all.
    """
    unknown = [k for k in configs if k not in ("use_binary_format", "pickle_protocol")]
    if unknown:
        raise ValueError(f"The additional config ({unknown[0]}) of `paddle.save` is not supported.")
    if not isinstance(configs.get("use_binary_format", False), bool):
        raise TypeError(
            f"Type of `use_binary_format` should be bool, but received {type(configs['use_binary_format'])}."
        )
    binary = configs.get("use_binary_format", False)
    if binary and not isinstance(obj, Tensor):
        raise NotImplementedError(
            f"When use_binary_format = True, `paddle.save` expected Tensor, but received {type(obj)}."
        )
    protocol = configs.get("pickle_protocol", protocol)
    if not isinstance(protocol, int):
        raise ValueError(f"The 'protocol' MUST be `int`, but received {type(protocol)}")
    if not 2 <= protocol <= 4:
        raise ValueError(f"Expected 1<'protocol'<5, but received protocol={protocol}")
    if _is_layer(obj):
        raise ValueError("paddle do not support saving `paddle.nn.Layer` object.")
    is_path = isinstance(path, (str, os.PathLike))
    if is_path:
        path = os.fspath(path)
        if not os.path.basename(path):
            raise ValueError(
                "The input path MUST be format of dirname/filename [dirname\\filename in Windows system], but received filename is empty string."
            )
    elif not isinstance(path, io.BytesIO):
        raise ValueError(f"only supports saving objects to file and `BytesIO`, but got {type(path)}")
    if _is_state(obj):
        arrays = {k: v.numpy() if isinstance(v, Tensor) else v for k, v in obj.items()}
        arrays[_TABLE] = {k: v.name for k, v in obj.items() if isinstance(v, Tensor)}
        obj = arrays if protocol == 4 else _split(arrays)

    def put(file: Any) -> None:
        if binary:
            from plait.paddle._binary import written

            file.write(written(obj.array))
        else:
            _Pickler(file, protocol).dump(obj)

    if not is_path:
        put(path)
        return
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    part = f"{path}.{os.getpid()}.part"
    try:
        with open(part, "wb") as file:
            put(file)
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)


# --- reading ----------------------------------------------------------------------------------------------------------


def _joined(loaded: dict[Any, Any]) -> dict[Any, Any]:
    table = loaded.get(_PARTS)
    if not isinstance(table, dict):
        return loaded
    for key, entry in table.items():
        try:
            parts = [loaded[name] for name in entry["slices"]]
            loaded[key] = np.concatenate(parts).reshape(entry["OriginShape"])
        except (KeyError, TypeError, ValueError) as error:
            raise pickle.UnpicklingError(f"the parts of {key!r} do not fit together: {error}") from None
        for name in entry["slices"]:
            loaded.pop(name, None)
    del loaded[_PARTS]
    return loaded


def _named(value: Any) -> bool:
    return type(value) is tuple and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], np.ndarray)


def _contains(value: Any, test: Any) -> bool:
    if test(value):
        return True
    if type(value) in (dict, OrderedDict):
        return any([_contains(v, test) for v in value.values()])
    return type(value) in (list, tuple) and any([_contains(v, test) for v in value])


def _each(value: Any, test: Any, change: Any) -> Any:
    if test(value):
        return change(value)
    if type(value) in (dict, OrderedDict):
        for k in list(value):
            value[k] = _each(value[k], test, change)
        return value
    if type(value) is list:
        value[:] = [_each(v, test, change) for v in value]
        return value
    return tuple([_each(v, test, change) for v in value]) if type(value) is tuple else value


def _restored(array: Any, name: str | None = None) -> Tensor:
    t: Tensor = to_tensor(array)
    if name is not None:
        t.name = name
    return t


def load(path: Any, **configs: Any) -> Any:
    """What `save` (or Paddle's) wrote to a file or a BytesIO; tensors, or with `return_numpy=True` ndarrays.

    Nothing in the file is executed. Raises ValueError where there is no such file, EOFError for an empty one, and
    `pickle.UnpicklingError` for one that is damaged or holds anything but containers, numbers and arrays.
    """
    known = ("return_numpy", "keep_name_table", "model_filename", "params_filename", "safetensors")
    unknown = [k for k in configs if k not in known]
    if unknown:
        raise ValueError(f"The additional config ({unknown[0]}) of `paddle.load` is not supported.")
    return_numpy = bool(configs.get("return_numpy", False))
    if isinstance(path, (str, os.PathLike)):
        name = os.fspath(path)
        if not os.path.isfile(name):
            raise ValueError(f"The ``path`` ({name}) to load model not exists.")
        with open(name, "rb") as file:
            data = file.read()
    elif hasattr(path, "read"):
        data = path.read()
    else:
        raise TypeError(f"paddle.load takes a path or a BytesIO; got {type(path).__name__}")
    from plait.paddle._binary import is_binary, read
    from plait.paddle._reader import Reader

    if is_binary(data):
        array, used = read(data)
        if hasattr(path, "seek"):
            path.seek(used - len(data), os.SEEK_CUR)
        tensor = _restored(array)
        return tensor.numpy() if return_numpy else tensor
    reader = Reader(data, encoding="latin1")
    loaded = reader.load()
    if hasattr(path, "seek"):  # objects that follow one another are read in turn
        path.seek(reader.position - len(data), os.SEEK_CUR)
    if isinstance(loaded, dict):
        loaded = _joined(loaded)
        table = loaded.get(_TABLE)
        if isinstance(table, dict):
            for key, name in table.items():
                if isinstance(loaded.get(key), np.ndarray) and not return_numpy:
                    loaded[key] = _restored(loaded[key], name if isinstance(name, str) else None)
            if not configs.get("keep_name_table", False):
                del loaded[_TABLE]
            return loaded
    if _contains(loaded, _named):
        return _each(loaded, _named, lambda v: v[1] if return_numpy else _restored(v[1], v[0]))
    return loaded if return_numpy else _each(loaded, lambda v: isinstance(v, np.ndarray), _restored)
