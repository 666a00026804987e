"""From a list of samples to a batch, and from arrays to tensors."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from plait import _native
from plait.paddle import _dtypes
from plait.paddle._tensor import Tensor

__all__ = ["default_collate_fn", "default_convert_fn"]


def _stacked(arrays: list[Any]) -> np.ndarray[Any, Any]:
    first = arrays[0]
    if first.dtype.kind not in "fiub" or any(a.shape != first.shape or a.dtype != first.dtype for a in arrays):
        return np.stack(arrays, axis=0)
    out: np.ndarray[Any, Any] = _native.empty((len(arrays), *first.shape), first.dtype)
    return np.stack(arrays, axis=0, out=out)


def default_collate_fn(batch: Any) -> Any:
    """Arrays and tensors stacked along a new first dimension, numbers as an array; mappings and sequences gone into; text left alone.

    Raises TypeError for samples of other types, RuntimeError for samples of unequal length.

    >>> default_collate_fn([(0, 1), (2, 3)])
    [array([0, 2]), array([1, 3])]
    """
    sample = batch[0]
    if isinstance(sample, np.ndarray):
        return _stacked(batch)
    if isinstance(sample, Tensor):
        if not any(t.tracks for t in batch):
            return Tensor.wrap(_stacked([t.array for t in batch]))
        from plait import paddle

        return paddle.stack(list(batch), axis=0)
    if isinstance(sample, numbers.Number):
        return np.array(batch)
    if isinstance(sample, (str, bytes)):
        return batch
    if isinstance(sample, Mapping):
        return {key: default_collate_fn([d[key] for d in batch]) for key in sample}
    if isinstance(sample, Sequence):
        if any(len(s) != len(sample) for s in batch):
            raise RuntimeError("fields number not same among samples in a batch")
        return [default_collate_fn(list(fields)) for fields in zip(*batch, strict=True)]
    raise TypeError(f"batch data con only contains: tensor, numpy.ndarray, dict, list, number, but got {type(sample)}")


def default_convert_fn(batch: Any) -> Any:
    """What a loader that makes no batches does to a sample: sequences become lists, mappings dicts."""
    if isinstance(batch, (Tensor, np.ndarray, str, bytes)):
        return batch
    if isinstance(batch, Mapping):
        return {key: default_convert_fn(value) for key, value in batch.items()}
    if isinstance(batch, Sequence):
        return [default_convert_fn(d) for d in batch]
    return batch


def as_tensors(batch: Any, fresh: bool) -> Any:
    """A batch as a loader gives it: arrays as tensors, tensors off the tape, sequences as lists, mappings as dicts, all else as it is.

    `fresh`: the arrays are nobody else's, and need no copy.
    """
    if isinstance(batch, Tensor):
        return Tensor.wrap(batch.array)
    if isinstance(batch, np.ndarray):
        if batch.dtype not in _dtypes.FROM_NUMPY:
            raise TypeError(f"DataLoader: arrays must hold numbers or booleans; got an array of dtype {batch.dtype}")
        return Tensor.wrap(batch if fresh else batch.copy())
    if isinstance(batch, (str, bytes)):
        return batch
    if isinstance(batch, Mapping):
        return {key: as_tensors(value, fresh) for key, value in batch.items()}
    if isinstance(batch, Sequence):
        return [as_tensors(value, fresh) for value in batch]
    return batch
