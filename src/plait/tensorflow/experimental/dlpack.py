"""tf.experimental.dlpack: tensors over other libraries' memory, and theirs over tensors'."""

from __future__ import annotations

from typing import Any

from plait.exchange import borrow, lend
from plait.keras._errors import InvalidArgumentError
from plait.keras._tensor import Tensor

__all__ = ["from_dlpack", "to_dlpack"]


def to_dlpack(tf_tensor: Any) -> Any:
    """The tensor's memory as a DLPack capsule; InvalidArgumentError for what is no tensor."""
    if not isinstance(tf_tensor, Tensor):
        raise InvalidArgumentError(f"to_dlpack: needs a tensor; got {type(tf_tensor).__name__}")
    return lend(tf_tensor.array)


def from_dlpack(dlcapsule: Any) -> Any:
    """A tensor over the memory of a capsule; TypeError for anything else.

    >>> from plait import tensorflow as tf
    >>> from_dlpack(to_dlpack(tf.constant([1.0, 2.0]))).numpy()
    array([1., 2.], dtype=float32)
    """
    return Tensor.wrap(borrow(dlcapsule))
