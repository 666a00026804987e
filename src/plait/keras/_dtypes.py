"""Dtypes: TensorFlow's DType objects, Keras' strings, and the promotion that Keras' operations follow.

Promotion follows JAX's lattice: bool < integers < floats, Python numbers weakest; int64 and uint64 together go to a float of the default width.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from plait import dtypes as engine
from plait.keras import _config

__all__ = ["DType", "as_dtype", "from_numpy", "is_float", "is_int", "numpy_dtype", "result_type", "standardize"]


class DType:
    """TensorFlow's dtype object: `tf.float32`, equal to "float32" and to `np.float32`.

    >>> as_dtype("float32")
    tf.float32
    """

    __slots__ = ("_number", "_numpy", "name")
    __module__ = "tensorflow.python.framework.dtypes"

    def __init__(self, name: str, number: int, numpy: np.dtype) -> None:
        self.name, self._number, self._numpy = name, number, numpy

    @property
    def as_numpy_dtype(self) -> Any:
        """NumPy's scalar type."""
        return self._numpy.type

    @property
    def as_datatype_enum(self) -> int:
        """Upstream's number of the dtype."""
        return self._number

    @property
    def base_dtype(self) -> DType:
        """The dtype itself."""
        return self

    real_dtype = base_dtype

    @property
    def is_floating(self) -> bool:
        """Whether it is a floating dtype."""
        return "float" in self.name

    @property
    def is_integer(self) -> bool:
        """Whether it is an integer dtype."""
        return "int" in self.name

    @property
    def is_unsigned(self) -> bool:
        """Whether it has no negative numbers."""
        return self.name.startswith("uint")

    @property
    def is_bool(self) -> bool:
        """Whether it is bool."""
        return self.name == "bool"

    @property
    def is_complex(self) -> bool:
        """Never: complex dtypes are out of scope."""
        return False

    is_quantized = is_complex

    @property
    def is_numeric(self) -> bool:
        """Whether it is a number's dtype."""
        return self.is_floating or self.is_integer

    @property
    def is_numpy_compatible(self) -> bool:
        """Whether NumPy has it too."""
        return True

    @property
    def size(self) -> int:
        """Bytes of an element."""
        return self._numpy.itemsize

    @property
    def max(self) -> Any:
        """The largest number."""
        return self._limit("max")

    @property
    def min(self) -> Any:
        """The smallest (most negative) number."""
        return self._limit("min")

    def _limit(self, which: str) -> Any:
        if self.name == "bool":
            return which == "max"
        if self.name == "bfloat16":
            return float.fromhex("0x1.fep127") * (1 if which == "max" else -1)
        if self.is_floating:
            return getattr(np.finfo(self._numpy), which)
        if self.is_integer:
            return int(getattr(np.iinfo(self._numpy), which))
        raise TypeError(f"Cannot find {'maximum' if which == 'max' else 'minimum'} value of {self}.")

    @property
    def limits(self) -> tuple[Any, Any]:
        """The range that images of the dtype use."""
        return (0, 1) if self.is_floating else (self.min, self.max)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a value of `other` may stand for one of this dtype."""
        return as_dtype(other) is self

    def __eq__(self, other: object) -> bool:
        if other is self:
            return True
        if other is None or isinstance(other, DType):
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return self._number

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: '{self.name}'>"

    def __reduce__(self) -> Any:
        return as_dtype, (self.name,)


_NUMBERS = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "string": 7, "int64": 9, "bool": 10,
    "bfloat16": 14, "uint16": 17, "float16": 19, "uint32": 22, "uint64": 23,
}  # fmt: skip
_OBJECT = np.dtype(object)


def _numpy_of(name: str) -> np.dtype:
    return engine.BFLOAT16 if name == "bfloat16" else _OBJECT if name == "string" else np.dtype(name)


BY_NAME = {name: DType(name, number, _numpy_of(name)) for name, number in _NUMBERS.items()}
_BY_NUMPY = {d._numpy: d for d in BY_NAME.values()}
_BY_NUMBER = {d._number: d for d in BY_NAME.values()}
_OTHER_NAMES = {"float": "float32", "half": "float16", "double": "float64"}


def as_dtype(value: Any) -> DType:
    """The DType of a name, a NumPy dtype, `float`, `bool` or a DType; TypeError for what is none."""
    if isinstance(value, DType):
        return value
    found: DType | None = None
    if isinstance(value, str):
        found = BY_NAME.get(_OTHER_NAMES.get(value, value))
    elif value is float or value is bool or value is str:
        found = BY_NAME[{float: "float32", bool: "bool", str: "string"}[value]]
    elif isinstance(value, (int, float)):
        found = _BY_NUMBER.get(int(value))
    elif value is not int and value is not None:
        try:
            found = _BY_NUMPY.get(np.dtype(value))
        except TypeError:
            own = getattr(value, "dtype", None)
            found = as_dtype(own) if own is not None else None
    if found is None:
        raise TypeError(f"Cannot convert the argument `type_value`: {value!r} to a TensorFlow DType.")
    return found


def from_numpy(dtype: np.dtype) -> DType:
    """The DType of an array's dtype."""
    found = _BY_NUMPY.get(dtype)
    if found is None:
        raise TypeError(f"no tensor has the dtype {dtype}")
    return found


_PYTHON = {bool: "bool", int: "int64", float: "float32", str: "string", "int": "int64"}


def standardize(dtype: Any) -> str:
    """Keras' name of a dtype given as a name, a DType, a NumPy dtype or a Python type; None is `floatx()`. ValueError for an unknown one.

    >>> standardize(np.float64), standardize(int), standardize(None)
    ('float64', 'int64', 'float32')
    """
    if dtype is None:
        return _config.floatx()
    if type(dtype) is str and dtype in _NUMBERS:
        return dtype
    try:
        name = _PYTHON.get(dtype, dtype)
    except TypeError:
        name = dtype
    if isinstance(name, DType):
        return name.name
    if not isinstance(name, str):
        name = getattr(name, "name", None) or getattr(name, "__name__", name)
    if name not in _NUMBERS:
        raise ValueError(f"Invalid dtype: {dtype}")
    return str(name)


def numpy_dtype(dtype: Any) -> np.dtype:
    """The engine's dtype of a Keras dtype argument."""
    return BY_NAME[standardize(dtype)]._numpy


def is_float(dtype: Any) -> bool:
    """Whether a dtype is a floating one."""
    return "float" in standardize(dtype)


def is_int(dtype: Any) -> bool:
    """Whether a dtype is an integer one."""
    return "int" in standardize(dtype)


# Each dtype and those right above it; "int" and "float" are Python's numbers.
_ABOVE = {
    "bool": ("int",), "uint8": ("int16", "uint16"), "uint16": ("int32", "uint32"), "uint32": ("int64", "uint64"), "uint64": ("float",),
    "int": ("uint8", "int8"), "int8": ("int16",), "int16": ("int32",), "int32": ("int64",), "int64": ("float",),
    "float": ("bfloat16", "float16"), "bfloat16": ("float32",), "float16": ("float32",), "float32": ("float64",), "float64": (),
}  # fmt: skip


def _closure() -> dict[str, frozenset[str]]:
    reach: dict[str, frozenset[str]] = {}

    def above(name: str) -> frozenset[str]:
        if name not in reach:
            reach[name] = frozenset({name}).union(*(above(n) for n in _ABOVE[name]))
        return reach[name]

    for name in _ABOVE:
        above(name)
    return reach


_REACH = _closure()


@lru_cache(1024)
def _promote(names: frozenset[str], floatx: str) -> str:
    common = frozenset.intersection(*(_REACH[n] for n in names))
    lowest = [c for c in common if common <= _REACH[c]]
    if len(lowest) != 1:
        raise ValueError(f"dtypes {sorted(names)} have no common dtype")
    result = lowest[0]
    width = floatx[-2:]
    if result == "int":
        return f"int{width}"
    return f"float{width}" if result == "float" else result


def result_type(*given: Any) -> str:
    """The dtype of an operation over operands of these dtypes (`int` and `float`: Python numbers), by Keras' rules.

    >>> result_type("int32", "float32"), result_type("int64", float), result_type("uint8", int)
    ('float32', 'float32', 'uint8')
    """
    if not given:
        return _config.floatx()
    if len(given) == 2 and given[0] is given[1] and type(given[0]) is str:
        return standardize(given[0])
    names = []
    for d in given:
        names.append("int" if d is int else "float" if d is float else standardize(d))
    if "string" in names:
        raise ValueError("dtype='string' is not a valid dtype for Keras type promotion.")
    first = names[0]
    if all(n == first for n in names) and first not in ("int", "float"):
        return first
    return _promote(frozenset(names), _config.floatx())
