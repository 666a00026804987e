"""From a list of samples to a batch, and from arrays to tensors."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from plait import _native
from plait.torch._tensor import Tensor

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

_INT64 = 1 << 63
default_collate_err_msg_format = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)


def _rebuild(example: Any, keys: Any, make: Callable[[Any], Any], positions: Any = None) -> Any:
    """A container like `example` whose item `key` is `make(key)`: a changed copy where it can be changed, else a new one of
    its type, else a plain dict or list. `positions` are a sequence's indices."""
    clone: Any
    if positions is None:
        try:
            if isinstance(example, MutableMapping):
                clone = copy.copy(example)
                clone.update({k: make(k) for k in keys})
                return clone
            return type(example)({k: make(k) for k in keys})
        except TypeError:
            return {k: make(k) for k in keys}
    try:
        if isinstance(example, MutableSequence):
            clone = copy.copy(example)
            for i, k in zip(positions, keys, strict=False):
                clone[i] = make(k)
            return clone
        return type(example)([make(k) for k in keys])
    except TypeError:
        return [make(k) for k in keys]


def _has_text(dtype: np.dtype[Any]) -> bool:
    return any(c in dtype.str for c in "SaUO")


def default_convert(data: Any) -> Any:
    """NumPy arrays and numbers in `data` as tensors; everything else stays as it is (tuples become lists)."""
    if isinstance(data, Tensor):
        return data
    kind = type(data)
    if kind.__module__ == "numpy" and kind.__name__ not in ("str_", "string_"):
        if kind.__name__ == "ndarray" and _has_text(data.dtype):
            return data
        from plait import torch

        return torch.as_tensor(data)
    if isinstance(data, Mapping):
        return _rebuild(data, list(data), lambda k: default_convert(data[k]))
    if isinstance(data, tuple):
        if hasattr(data, "_fields"):
            return kind(*(default_convert(d) for d in data))
        return [default_convert(d) for d in data]
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _rebuild(data, data, default_convert, range(len(data)))
    return data


def collate(batch: Any, *, collate_fn_map: dict[Any, Callable[..., Any]] | None = None) -> Any:
    """A batch from a list of samples of one type, by the function that `collate_fn_map` has for that type (or for a base of it);
    mappings, named tuples and sequences are gone into.

    Raises RuntimeError for sequences of unequal length, TypeError for a type that nothing is known about.
    """
    elem = batch[0]
    kind = type(elem)
    if collate_fn_map is not None:
        if kind in collate_fn_map:
            return collate_fn_map[kind](batch, collate_fn_map=collate_fn_map)
        for known, function in collate_fn_map.items():
            if isinstance(elem, known):
                return function(batch, collate_fn_map=collate_fn_map)
    if isinstance(elem, Mapping):
        return _rebuild(elem, list(elem), lambda k: collate([d[k] for d in batch], collate_fn_map=collate_fn_map))
    if isinstance(elem, tuple) and hasattr(elem, "_fields"):
        return kind(*(collate(column, collate_fn_map=collate_fn_map) for column in zip(*batch, strict=False)))
    if isinstance(elem, Sequence):
        samples = iter(batch)
        size = len(next(samples))
        if not all(len(s) == size for s in samples):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = list(zip(*batch, strict=False))
        if isinstance(elem, tuple):
            return [collate(column, collate_fn_map=collate_fn_map) for column in columns]
        return _rebuild(elem, columns, lambda c: collate(c, collate_fn_map=collate_fn_map), range(len(columns)))
    raise TypeError(default_collate_err_msg_format.format(kind))


def collate_tensor_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """Tensors of one shape as one with a new first dimension."""
    first = batch[0]
    shape, dtype = first.array.shape, first.array.dtype
    if all(type(t) is Tensor and not t.tracks and t.array.shape == shape and t.array.dtype == dtype for t in batch):
        stacked = _native.empty((len(batch), *shape), dtype)
        np.stack([t.array for t in batch], out=stacked)
        return Tensor.wrap(stacked)
    from plait import torch

    return torch.stack(list(batch), 0)


def collate_numpy_array_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """Arrays as one tensor; TypeError for arrays of text."""
    from plait import torch

    if _has_text(batch[0].dtype):
        raise TypeError(default_collate_err_msg_format.format(batch[0].dtype))
    return collate([torch.as_tensor(b) for b in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """NumPy scalars as one tensor."""
    from plait import torch

    return torch.as_tensor(batch)


def collate_float_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """Floats as one float64 tensor."""
    from plait import torch

    return torch.tensor(batch, dtype=torch.float64)


def collate_int_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """Ints as one int64 tensor."""
    from plait import torch

    if all(type(b) is int and -_INT64 <= b < _INT64 for b in batch):
        return Tensor.wrap(np.array(batch, np.int64))
    return torch.tensor(batch)


def collate_str_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """Texts as they are."""
    return batch


default_collate_fn_map: dict[Any, Callable[..., Any]] = {
    Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}


def default_collate(batch: Any) -> Any:
    """Tensors stacked along a new first dimension; numbers and arrays made tensors and stacked; mappings, named tuples and
    sequences of those gone into; text left alone.

    >>> default_collate([(0, 1), (2, 3)])
    [tensor([0, 2]), tensor([1, 3])]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)
