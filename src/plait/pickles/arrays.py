"""The pickle machine with what NumPy's arrays are made of."""

from __future__ import annotations

from collections import Counter, OrderedDict
from pickle import UnpicklingError
from typing import Any

import numpy as np

from plait.pickles.builders import (
    encode,
    make_bytearray,
    make_complex,
    make_counter,
    make_frozenset,
    make_ordered_dict,
    make_set,
    todays_name,
    wrong,
)
from plait.pickles.machine import Machine

__all__ = ["NumPyMachine"]


class _Kind:
    """A dtype on its way: made by its code, given its byte order by BUILD."""

    __slots__ = ("dtype",)

    def __init__(self, code: Any) -> None:
        if not isinstance(code, str) or len(code) > 64:
            wrong("numpy.dtype", code)
        try:
            self.dtype = np.dtype(code)
        except TypeError:
            raise UnpicklingError(f"numpy.dtype: {code!r} is no dtype") from None
        if self.dtype.hasobject:
            raise UnpicklingError("arrays of Python objects are not read")

    def build(self, state: Any) -> None:
        plain = isinstance(state, tuple) and len(state) in (8, 9) and state[1] in ("<", ">", "|", "=")
        if not plain or any(state[2:5]):
            raise UnpicklingError("numpy.dtype: only plain dtypes are read")
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


def _reconstruct(kind: Any, shape: Any, code: Any) -> Any:
    if kind is not np.ndarray or shape != (0,):
        raise UnpicklingError("numpy: only plain arrays are reconstructed")
    return np.ndarray.__new__(np.ndarray, (0,), "b")


def _make_dtype(code: Any, *_: Any) -> Any:
    return _Kind(code)


def _make_scalar(kind: Any, data: Any) -> Any:
    if not isinstance(kind, _Kind) or not isinstance(data, bytes) or len(data) != kind.dtype.itemsize:
        raise UnpicklingError("numpy: a scalar needs a dtype and its bytes")
    return np.frombuffer(data, kind.dtype)[0]


def _from_buffer(data: Any, kind: Any, shape: Any, order: Any) -> Any:
    if not isinstance(data, (bytes, bytearray)) or not isinstance(kind, _Kind) or order not in ("C", "F"):
        raise UnpicklingError("numpy: an array needs bytes, a dtype and an order")
    _check_shape(shape, len(data), kind.dtype)
    return np.frombuffer(data, kind.dtype).reshape(shape, order=order).copy(order)


def _check_shape(shape: Any, count: int, dtype: np.dtype[Any]) -> None:
    if not isinstance(shape, tuple) or len(shape) > 32 or not all([type(n) is int and n >= 0 for n in shape]):
        raise UnpicklingError(f"numpy: {shape!r} is no shape")
    size = dtype.itemsize
    for n in shape:
        size *= n
    if size != count:
        raise UnpicklingError(
            f"numpy: an array of shape {shape} and dtype {dtype} has {size} bytes, but the pickle holds {count}"
        )


def _build_array(array: Any, state: Any) -> None:
    if not isinstance(state, tuple) or len(state) != 5:
        raise UnpicklingError("numpy: an array's state has five parts")
    _, shape, kind, fortran, data = state
    if not isinstance(kind, _Kind) or not isinstance(data, bytes):
        raise UnpicklingError("numpy: an array's state needs a dtype and bytes")
    _check_shape(shape, len(data), kind.dtype)
    array.__setstate__((1, shape, kind.dtype, bool(fortran), data))
    if not array.flags.writeable:  # NumPy lets a long array lie over the bytes, and writeable
        array.setflags(write=True)


class NumPyMachine(Machine):
    """Reads plain containers, numbers, and NumPy's arrays; a subclass may add names (`names`) and what calls of them give (`callables`)."""

    names: dict[str, Any] = {
        "collections.OrderedDict": OrderedDict,
        "collections.Counter": Counter,
        "builtins.set": set,
        "builtins.frozenset": frozenset,
        "builtins.bytearray": bytearray,
        "builtins.complex": complex,
        "_codecs.encode": encode,
        "numpy.ndarray": np.ndarray,
        "numpy.dtype": _make_dtype,
        "numpy.core.multiarray._reconstruct": _reconstruct,
        "numpy.core.multiarray.scalar": _make_scalar,
        "numpy.core.numeric._frombuffer": _from_buffer,
    }
    callables: dict[Any, Any] = {
        OrderedDict: make_ordered_dict,
        Counter: make_counter,
        set: make_set,
        frozenset: make_frozenset,
        bytearray: make_bytearray,
        complex: make_complex,
    } | {f: f for f in (encode, _make_dtype, _reconstruct, _make_scalar, _from_buffer)}

    def find(self, module: str, name: str) -> Any:
        module, name = todays_name(module, name)
        path = f"{module}.{name}".replace("numpy._core.", "numpy.core.")
        if path in self.names:
            return self.names[path]
        raise UnpicklingError(
            f"{module}.{name} is not read from a file: only plain containers, numbers and NumPy's arrays are"
        )

    def call(self, function: Any, args: tuple[Any, ...]) -> Any:
        made = self.callables.get(function) if getattr(type(function), "__hash__", None) is not None else None
        if made is None:
            raise UnpicklingError(f"Trying to call reduce for unrecognized function {function}")
        return made(*args)

    def new(self, kind: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        return self.call(kind, args)

    def build(self, target: Any, state: Any) -> None:
        kind = type(target)
        if kind is np.ndarray:
            _build_array(target, state)
        elif kind is _Kind:
            target.build(state)
        elif kind is OrderedDict and isinstance(state, dict) and all([type(k) is str for k in state]):
            target.__dict__.update(state)
        else:
            super().build(target, state)
