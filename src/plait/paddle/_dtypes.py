"""Dtypes as Paddle 3.3.1 shows them, what names them, and the default one.

Rules of this file: every dtype exists once; NumPy's dtype of each is `dtype._numpy` (None where the engine has none). A dtype argument is a
`paddle.dtype`, a name such as "float32", or NumPy's own; `as_numpy` reads them all.
"""

from __future__ import annotations

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from typing import Any

import numpy as np

from plait import config
from plait.dtypes import BFLOAT16

__all__ = [
    "bfloat16",
    "bool",
    "cdouble",
    "cfloat",
    "complex64",
    "complex128",
    "double",
    "dtype",
    "finfo",
    "float",
    "float8_e4m3fn",
    "float8_e5m2",
    "float16",
    "float32",
    "float64",
    "get_default_dtype",
    "half",
    "iinfo",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "long",
    "set_default_dtype",
    "short",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]


class dtype:
    """The type of a tensor's elements, such as `paddle.float32`; `paddle.dtype(10)` finds one by its number."""

    __slots__ = ("_numpy", "_title", "value")
    __module__ = "paddle"
    _numpy: Any
    _title: str
    value: _int

    def __new__(cls, value: Any) -> dtype:
        if type(value) is _int and value in _BY_NUMBER:
            return _BY_NUMBER[value]
        raise TypeError(f"dtype(): the argument must be the number of a dtype, but got {value!r}")

    @property
    def name(self) -> str:
        """Such as "FLOAT32"."""
        return self._title.upper()

    def __repr__(self) -> str:
        return f"<DataType.{self.name}: {self.value}>"

    def __str__(self) -> str:
        return "paddle." + self._title

    def __hash__(self) -> _int:
        return self.value

    def __eq__(self, other: object) -> _bool:
        return self is other

    def __int__(self) -> _int:
        return self.value

    __index__ = __int__

    def __reduce__(self) -> Any:
        return dtype, (self.value,)

    def __copy__(self) -> dtype:
        return self

    def __deepcopy__(self, memo: Any) -> dtype:
        return self


_BY_NUMBER: dict[_int, dtype] = {}
#: NumPy's dtype -> ours.
FROM_NUMPY: dict[Any, dtype] = {}
#: "float32" -> ours.
BY_NAME: dict[str, dtype] = {}


def _make(title: str, value: _int, numpy: Any) -> dtype:
    it = object.__new__(dtype)
    it._title, it.value = title, value
    it._numpy = None if numpy is None else np.dtype(numpy)
    _BY_NUMBER[value] = BY_NAME[title] = it
    if numpy is not None:
        FROM_NUMPY[np.dtype(numpy)] = it
    return it


bool = _make("bool", 1, np.bool_)
uint8, int8 = _make("uint8", 2, np.uint8), _make("int8", 3, np.int8)
uint16, int16 = _make("uint16", 4, np.uint16), _make("int16", 5, np.int16)
uint32, int32 = _make("uint32", 6, np.uint32), _make("int32", 7, np.int32)
uint64, int64 = _make("uint64", 8, np.uint64), _make("int64", 9, np.int64)
float32, float64 = _make("float32", 10, np.float32), _make("float64", 11, np.float64)
complex64, complex128 = _make("complex64", 12, np.complex64), _make("complex128", 13, np.complex128)
float16, bfloat16 = _make("float16", 15, np.float16), _make("bfloat16", 16, BFLOAT16)
float8_e4m3fn, float8_e5m2 = _make("float8_e4m3fn", 17, None), _make("float8_e5m2", 18, None)
half, double, long, short = float16, float64, int64, int16
int, float = int32, float32
cfloat, cdouble = complex64, complex128

FLOATS = frozenset((float16, bfloat16, float32, float64))
_SPOKEN = {
    "half": float16, "float": float32, "double": float64, "int": int32, "long": int64, "short": int16, "bool_": bool,
}  # fmt: skip


def as_dtype(value: Any) -> dtype:
    """The dtype that an argument names. Raises TypeError for what names none."""
    if type(value) is dtype:
        return value
    if type(value) is _int:
        found = _BY_NUMBER.get(value)
    elif isinstance(value, str):
        found = BY_NAME.get(value.removeprefix("paddle.")) or _SPOKEN.get(value)
    else:
        if value is _bool:
            return bool
        if value is _int:
            return int64
        if value is _float:
            return float32
        try:
            found = FROM_NUMPY.get(np.dtype(value))
        except TypeError:
            found = None
    if found is None:
        raise TypeError(
            f"dtype must be a paddle.dtype, its name or NumPy's dtype, one of {', '.join(BY_NAME)}; got {value!r}"
        )
    return found


def as_numpy(value: Any) -> np.dtype[Any]:
    """NumPy's dtype of a dtype argument. Raises TypeError where the engine has none."""
    found = as_dtype(value)._numpy
    if found is None:
        raise TypeError(f"plait has no tensors of {value}")
    return found


def from_numpy(value: np.dtype[Any]) -> dtype:
    """Our dtype of NumPy's."""
    return FROM_NUMPY[value]


def get_default_dtype() -> str:
    """The name of the dtype of floating tensors made from Python numbers: "float32" until it is set."""
    return FROM_NUMPY[config.default_dtype]._title


def set_default_dtype(d: Any) -> None:
    """Sets the dtype of floating tensors made from Python numbers: float16, float32, float64 or bfloat16. Raises TypeError for others."""
    try:
        found = as_dtype(d)
    except TypeError:
        found = None
    if found not in FLOATS:
        raise TypeError(
            f"set_default_dtype only supports [float16, float32, float64, bfloat16] , but received {getattr(d, '__name__', d)}"
        )
    config.set_default_dtype(found._numpy)


class finfo:
    """The limits of a floating dtype: min, max, eps, resolution, smallest_normal, tiny, bits, dtype."""

    __module__ = "paddle"

    def __init__(self, dtype: Any) -> None:
        kind = as_dtype(dtype)
        if kind not in FLOATS and kind not in (complex64, complex128):
            raise ValueError(f"paddle.finfo takes floating and complex dtypes only; got {kind}")
        if kind is bfloat16:
            self.min, self.max, self.eps = -3.3895313892515355e38, 3.3895313892515355e38, 0.0078125
            self.resolution, self.smallest_normal, self.bits = 0.01, 1.1754943508222875e-38, 16
        else:
            facts = np.finfo(kind._numpy)
            self.min, self.max, self.eps = (_float(v) for v in (facts.min, facts.max, facts.eps))
            self.resolution, self.smallest_normal = _float(f"1e-{facts.precision}"), _float(facts.tiny)
            self.bits = facts.bits
        self.tiny = self.smallest_normal
        self.dtype = kind._title

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{n}={getattr(self, n):g}" for n in ("min", "max", "eps", "resolution", "smallest_normal", "tiny")
        )
        return f"paddle.finfo({shown}, bits={self.bits}, dtype={self.dtype})"


class iinfo:
    """The limits of an integer dtype: min, max, bits, dtype."""

    __module__ = "paddle"

    def __init__(self, dtype: Any) -> None:
        kind = as_dtype(dtype)
        if kind._numpy is None or kind._numpy.kind not in "iu":
            raise ValueError(f"paddle.iinfo takes integer dtypes only; got {kind}")
        facts = np.iinfo(kind._numpy)
        self.min, self.max, self.bits, self.dtype = (
            _int(facts.min),
            _int(facts.max),
            facts.bits,
            kind._title,
        )

    def __repr__(self) -> str:
        return f"paddle.iinfo(min={self.min}, max={self.max}, bits={self.bits}, dtype={self.dtype})"


for _it in list(_BY_NUMBER.values()):
    setattr(dtype, _it.name, _it)
