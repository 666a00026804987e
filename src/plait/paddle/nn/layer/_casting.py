"""Casting a layer's parameters and buffers in place: the Parameter objects stay, so optimizers keep hold of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.paddle import _dtypes
from plait.paddle._places import check_place

__all__: list[str] = []

_NAMES = (
    "bfloat16",
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "complex64",
    "complex128",
    "bool",
)


def _checked(dtype: Any) -> Any:
    if isinstance(dtype, (_dtypes.dtype, np.dtype)) or (isinstance(dtype, str) and dtype in _NAMES):
        return _dtypes.from_numpy(_dtypes.as_numpy(dtype))
    told = ", ".join(f"'{name}'" for name in _NAMES)
    raise ValueError(f"dtype value error, must be {told}, or paddle.dtype, numpy.dtype, but receive {dtype}")


def _cast(t: Any, dtype: Any) -> None:
    if t.array.dtype != dtype:
        t.array = dtypes.cast(t.array, dtype)


def _own(layer: Any, dtype: Any, floating_only: bool) -> None:
    """Cast what one layer has itself, its gradients too."""
    wanted = _dtypes.as_numpy(dtype)
    for table in (layer._parameters, layer._buffers):
        for t in table.values():
            if t is None or (floating_only and not dtypes.is_floating(t.array.dtype)):
                continue
            _cast(t, wanted)
            if t.grad is not None:
                _cast(t.grad, wanted)
    layer._dtype = dtype


def to(layer: Any, device: Any, dtype: Any, blocking: Any, non_blocking: Any) -> Any:
    """The whole tree to `dtype`."""
    if device is None and dtype is None and blocking is None and non_blocking is None:
        return layer
    if device is not None:
        if not isinstance(device, str) and type(device).__module__.split(".")[0] not in ("paddle", "plait"):
            raise ValueError(
                f"device should be a str or a place such as paddle.CPUPlace(), but got {type(device).__name__}"
            )
        check_place(device)
    for name, flag in (("blocking", blocking), ("non_blocking", non_blocking)):
        if flag is not None and not isinstance(flag, bool):
            raise AssertionError(f"{name} value error, must be the True, False or None")
    for each in layer.sublayers(include_self=True):
        if dtype is None:
            each._dtype = None
        else:
            _own(each, dtype, False)
    return layer


def astype(layer: Any, dtype: Any) -> Any:
    """The whole tree to `dtype`."""
    wanted = _checked(dtype)
    for each in layer.sublayers(include_self=True):
        _own(each, wanted, False)
    return layer


retype = astype


def floats(layer: Any, dtype: str, excluded: Any, spare_batch_norm: bool = False) -> Any:
    """The floating tensors of the whole tree to `dtype`, but for layers of the excluded classes."""
    if excluded is None:
        from plait.paddle import nn

        excluded = [nn.BatchNorm] if spare_batch_norm else []
    if isinstance(excluded, type):
        excluded = [excluded]
    if not isinstance(excluded, (list, tuple)):
        raise TypeError(f"excluded_layers should be type nn.Layer or list, but got {type(excluded).__name__}.")
    wanted = _checked(dtype)
    for each in layer.sublayers(include_self=True):
        if type(each) not in excluded:
            _own(each, wanted, True)
    return layer
