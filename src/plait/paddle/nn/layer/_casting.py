"""Casting a layer's parameters and buffers in place: the Parameter objects stay, so optimizers keep hold of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from plait import dtypes
from plait.paddle import _dtypes
from plait.paddle._places import check_place

__all__: list[str] = []

T = TypeVar("T", bound="Castable")

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


class Castable:
    """The part of Layer that changes the dtype of all tensors from it down."""

    _dtype: Any
    sublayers: Callable[..., list[Any]]

    def to(
        self: T, device: Any = None, dtype: Any = None, blocking: bool | None = None, non_blocking: bool | None = None
    ) -> T:
        """Cast parameters and buffers, and their gradients, to `dtype`; the device is the CPU."""
        if device is None and dtype is None and blocking is None and non_blocking is None:
            return self
        if device is not None:
            if not isinstance(device, str) and type(device).__module__.split(".")[0] not in ("paddle", "plait"):
                raise ValueError(
                    f"device should be a str or a place such as paddle.CPUPlace(), but got {type(device).__name__}"
                )
            check_place(device)
        for name, flag in (("blocking", blocking), ("non_blocking", non_blocking)):
            if flag is not None and not isinstance(flag, bool):
                raise AssertionError(f"{name} value error, must be the True, False or None")
        for each in self.sublayers(include_self=True):
            if dtype is None:
                each._dtype = None
            else:
                _own(each, dtype, False)
        return self

    def astype(self: T, dtype: Any = None) -> T:
        """Layers of the tree make parameters of `dtype` from now on; those that are there stay as they are, as in Paddle 3.3.1."""
        wanted = _checked(dtype)
        for each in self.sublayers(include_self=True):
            each._dtype = wanted
        return self

    def type(self: T, dst_type: Any) -> T:
        """Cast parameters and buffers of this layer and all below to `dst_type`."""
        wanted = _checked(dst_type)
        for each in self.sublayers(include_self=True):
            _own(each, wanted, False)
        return self

    def double(self: T) -> T:
        """`type("float64")`."""
        return self.type("float64")

    def half(self: T) -> T:
        """`type("float16")`."""
        return self.type("float16")

    def float(self: T, excluded_layers: Any = None) -> T:
        """Cast floating parameters and buffers to float32, but for layers of the excluded classes."""
        return _floats(self, "float32", [] if excluded_layers is None else excluded_layers)

    def float16(self: T, excluded_layers: Any = None) -> T:
        """The layer as it is, with a warning: Paddle holds the CPU unfit for float16."""
        warnings.warn("float16(): the CPU is not fit for float16, so the layer keeps its dtype.", stacklevel=2)
        return self

    def bfloat16(self: T, excluded_layers: Any = None) -> T:
        """Cast floating parameters and buffers to bfloat16, but for layers of the excluded classes (by default BatchNorm)."""
        return _floats(self, "bfloat16", excluded_layers)

    def cpu(self: T) -> T:
        """The layer itself: the CPU is the only device."""
        return self.to("cpu")

    def cuda(self: T, device: Any = None) -> T:
        """Refused: the CPU is the only device."""
        return self.to("gpu")

    def xpu(self: T, device: Any = None) -> T:
        """Refused: the CPU is the only device."""
        return self.to("xpu")


def _floats(layer: Any, dtype: str, excluded: Any) -> Any:
    if excluded is None:
        from plait.paddle import nn

        excluded = [nn.BatchNorm]
    if isinstance(excluded, type):
        excluded = [excluded]
    if not isinstance(excluded, (list, tuple)):
        raise TypeError(f"excluded_layers should be type nn.Layer or list, but got {type(excluded).__name__}.")
    wanted = _checked(dtype)
    for each in layer.sublayers(include_self=True):
        if type(each) not in excluded:
            _own(each, wanted, True)
    return layer
