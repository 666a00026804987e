"""Types without data: dtype, device, Size, layout, memory_format, finfo and iinfo, as PyTorch 2.13.0 shows them.

Rules of this file: every dtype, layout and memory format exists once (identity is equality); NumPy's dtype of each is
`dtype._numpy`; `FROM_NUMPY` goes the other way. bfloat16 is the engine's one-field structure over uint16.
"""

from __future__ import annotations

from builtins import bool as _bool
from builtins import complex as _complex
from builtins import float as _float
from builtins import int as _int
from typing import Any

import numpy as np

from plait import config
from plait.dtypes import BFLOAT16
from plait.torch._devices import CPU as CPU
from plait.torch._devices import check_call as check_call
from plait.torch._devices import check_device as check_device
from plait.torch._devices import device, get_default_device, set_default_device, type_name
from plait.torch._size import Size

__all__ = [
    "Size",
    "bfloat16",
    "bool",
    "can_cast",
    "cdouble",
    "cfloat",
    "channels_last",
    "channels_last_3d",
    "complex64",
    "complex128",
    "contiguous_format",
    "device",
    "double",
    "dtype",
    "finfo",
    "float",
    "float16",
    "float32",
    "float64",
    "get_default_device",
    "get_default_dtype",
    "half",
    "iinfo",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "layout",
    "long",
    "memory_format",
    "preserve_format",
    "promote_types",
    "set_default_device",
    "set_default_dtype",
    "set_default_tensor_type",
    "short",
    "strided",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]


class dtype:
    """The type of a tensor's elements, such as `torch.float32`. The instances are the module's constants."""

    __slots__ = (
        "_name",
        "_numpy",
        "_rank",
        "_tensor_type",
        "abbr",
        "is_complex",
        "is_floating_point",
        "is_signed",
        "itemsize",
    )
    __module__ = "torch"
    abbr: str
    is_complex: _bool
    is_floating_point: _bool
    is_signed: _bool
    itemsize: _int
    _name: str
    _numpy: np.dtype[Any]
    _rank: _int
    _tensor_type: str

    def __new__(cls, *args: object, **kwargs: object) -> dtype:
        raise TypeError("cannot create 'torch.dtype' instances")

    def __setattr__(self, name: str, value: object) -> None:
        if name in dtype.__slots__:
            raise AttributeError(f"attribute '{name}' of 'torch.dtype' objects is not writable")
        raise AttributeError(f"'torch.dtype' object has no attribute '{name}'")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'torch.dtype' object has no attribute '{name}'")

    def __repr__(self) -> str:
        return "torch." + self._name

    def __reduce__(self) -> Any:
        return _by_name, (self._name,)

    def __copy__(self) -> dtype:
        return self

    def __deepcopy__(self, memo: object) -> dtype:
        return self

    def to_real(self) -> dtype:
        """The dtype of the real part."""
        return _TO_REAL.get(self, self)

    def to_complex(self) -> dtype:
        """The complex dtype whose parts hold this one; RuntimeError where there is none."""
        if self.is_complex:
            return self
        found = _TO_COMPLEX.get(self)
        if found is None:
            raise RuntimeError(f"Unknown Complex ScalarType for {self._tensor_type[:-6]}")
        return found


def _make(name: str, np_dtype: Any, abbr: str, tensor_type: str, rank: _int) -> dtype:
    new = object.__new__(dtype)
    array_type = np.dtype(np_dtype)
    kind = "f" if array_type.kind == "V" else array_type.kind
    values = {
        "_name": name,
        "_numpy": array_type,
        "_rank": rank,
        "_tensor_type": tensor_type,
        "abbr": abbr,
        "is_complex": kind == "c",
        "is_floating_point": kind == "f",
        "is_signed": kind in "fci",
        "itemsize": array_type.itemsize,
    }
    for key, value in values.items():
        object.__setattr__(new, key, value)
    return new


bool = _make("bool", np.bool_, "b8", "BoolTensor", 0)
uint8 = _make("uint8", np.uint8, "u8", "ByteTensor", 1)
uint16 = _make("uint16", np.uint16, "u16", "UInt16Tensor", 1)
uint32 = _make("uint32", np.uint32, "u32", "UInt32Tensor", 1)
uint64 = _make("uint64", np.uint64, "u64", "UInt64Tensor", 1)
int8 = _make("int8", np.int8, "i8", "CharTensor", 1)
int16 = short = _make("int16", np.int16, "i16", "ShortTensor", 1)
int32 = int = _make("int32", np.int32, "i32", "IntTensor", 1)
int64 = long = _make("int64", np.int64, "i64", "LongTensor", 1)
float16 = half = _make("float16", np.float16, "f16", "HalfTensor", 2)
bfloat16 = _make("bfloat16", BFLOAT16, "bf16", "BFloat16Tensor", 2)
float32 = float = _make("float32", np.float32, "f32", "FloatTensor", 2)
float64 = double = _make("float64", np.float64, "f64", "DoubleTensor", 2)
complex64 = cfloat = _make("complex64", np.complex64, "c64", "ComplexFloatTensor", 3)
complex128 = cdouble = _make("complex128", np.complex128, "c128", "ComplexDoubleTensor", 3)

ALL: tuple[dtype, ...] = (
    bool, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, uint16, uint32, uint64, complex64,
    complex128,
)  # fmt: skip
FROM_NUMPY: dict[np.dtype[Any], dtype] = {d._numpy: d for d in ALL}
BY_NAME: dict[str, dtype] = {d._name: d for d in ALL}
BY_NAME.update(half=half, float=float, double=double, short=short, int=int, long=long, cfloat=cfloat, cdouble=cdouble)
_PYTHON: dict[Any, dtype] = {_float: float64, _int: int64, _bool: bool, _complex: complex128}
_TO_REAL = {complex64: float32, complex128: float64}
_TO_COMPLEX = {float32: complex64, bfloat16: complex64, float64: complex128}


def as_dtype(value: Any, function: str, argument: str = "dtype") -> dtype:
    """A dtype argument as a dtype; Python's float, int and bool are taken too, anything else is upstream's TypeError."""
    if type(value) is dtype:
        return value
    try:
        found = _PYTHON.get(value)
    except TypeError:
        found = None
    if found is None:
        raise TypeError(f"{function}(): argument '{argument}' must be torch.dtype, not {type(value).__name__}")
    return found


def from_numpy_dtype(array_type: np.dtype[Any]) -> dtype:
    """The dtype of a NumPy array's elements; TypeError for those without one (strings, objects, other byte orders)."""
    found = FROM_NUMPY.get(array_type)
    if found is None:
        name = array_type.type.__name__
        raise TypeError(
            f"can't convert np.ndarray of type numpy.{name}. The only supported types are: float64, float32, float16, "
            "complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool."
        )
    return found


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype that holds both: category first (bool, integer, floating, complex), then width."""
    type1, type2 = as_dtype(type1, "promote_types", "type1"), as_dtype(type2, "promote_types", "type2")
    if type1 is type2:
        return type1
    unsigned = {type1, type2} & {uint16, uint32, uint64}
    if unsigned and not (type1.is_floating_point or type2.is_floating_point):
        raise RuntimeError(
            "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
            f"{type1._tensor_type[:-6]} and {type2._tensor_type[:-6]}"
        )
    if type1._rank != type2._rank:
        high, low = (type1, type2) if type1._rank > type2._rank else (type2, type1)
        return complex128 if high is complex64 and low is float64 else high
    if type1._rank == 1:
        if {type1, type2} == {int8, uint8}:
            return int16
        return type1 if type1.itemsize > type2.itemsize else type2
    if {type1, type2} == {float16, bfloat16}:
        return float32
    return type1 if type1.itemsize > type2.itemsize else type2


def can_cast(from_: dtype, to: dtype) -> _bool:
    """Whether a conversion keeps the category: complex to real, float to integer and anything to bool are refused."""
    if from_.is_complex and not to.is_complex:
        return False
    if from_.is_floating_point and to._rank < 2:
        return False
    return not (from_ is not bool and to is bool)


_default: list[dtype] = [float32]


def get_default_dtype() -> dtype:
    """The dtype of new floating-point tensors: float32 unless `set_default_dtype` changed it."""
    return _default[0]


def _set_default(d: dtype) -> None:
    _default[0] = d
    config.set_default_dtype(d._numpy)


def set_default_dtype(d: dtype, /) -> None:
    """Sets the dtype of new floating-point tensors; TypeError unless it is floating."""
    if type(d) is not dtype:
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _set_default(d)


def set_default_tensor_type(t: Any, /) -> None:
    """Sets the default dtype from a tensor type, such as "torch.DoubleTensor"."""
    import warnings

    warnings.warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
        "torch.set_default_device() as alternatives.",
        stacklevel=2,
    )
    name = t if isinstance(t, str) else f"{t.__module__}.{t.__name__}"
    for candidate in (float32, float64, float16, bfloat16):
        if name == "torch." + candidate._tensor_type:
            _set_default(candidate)
            return
    raise TypeError("only floating-point types are supported as the default type")


class _Constant:
    """A named constant of a class of its own, such as torch.strided."""

    __slots__ = ("_name",)
    _name: str

    def __new__(cls, *args: object, **kwargs: object) -> Any:
        raise TypeError(f"cannot create 'torch.{cls.__name__}' instances")

    @classmethod
    def _make(cls, name: str) -> Any:
        new = object.__new__(cls)
        new._name = name
        return new

    def __repr__(self) -> str:
        return "torch." + self._name

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: object) -> Any:
        return self

    def __reduce__(self) -> Any:
        return _by_name, (self._name,)


class layout(_Constant):
    """How a tensor's elements are stored; `torch.strided` is the only one here."""

    __slots__ = ()
    __module__ = "torch"


class memory_format(_Constant):
    """The order of dimensions in memory: contiguous_format, channels_last, channels_last_3d, preserve_format."""

    __slots__ = ()
    __module__ = "torch"


def _by_name(name: str) -> Any:
    """The constant of this module with that name, for pickles."""
    return BY_NAME.get(name) or {c._name: c for c in _CONSTANTS}[name]


strided: layout = layout._make("strided")
contiguous_format: memory_format = memory_format._make("contiguous_format")
channels_last: memory_format = memory_format._make("channels_last")
channels_last_3d: memory_format = memory_format._make("channels_last_3d")
preserve_format: memory_format = memory_format._make("preserve_format")
_CONSTANTS: tuple[Any, ...] = (strided, contiguous_format, channels_last, channels_last_3d, preserve_format)


def _g(value: Any) -> str:
    return f"{value:g}"


_FLOAT_FACTS: dict[dtype, tuple[_float, _float, _float, _float]] = {
    # eps, max, smallest normal, resolution
    float16: (2.0**-10, 65504.0, 2.0**-14, 1e-3),
    bfloat16: (2.0**-7, (2.0 - 2.0**-7) * 2.0**127, 2.0**-126, 1e-2),
    float32: (2.0**-23, (2.0 - 2.0**-23) * 2.0**127, 2.0**-126, 1e-6),
    float64: (2.0**-52, (2.0 - 2.0**-52) * 2.0**1023, 2.0**-1022, 1e-15),
}


def _info_type(name: str, value: Any) -> dtype:
    if type(value) is not dtype:
        raise TypeError(f"{name}(): argument 'type' (position 1) must be torch.dtype, not {type_name(value)}")
    return value


class finfo:
    """Limits of a floating-point dtype: bits, eps, max, min, tiny (= smallest_normal), resolution, dtype.

    >>> finfo(float16).max
    65504.0
    """

    __slots__ = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny")
    __module__ = "torch"
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given, named = check_call(("finfo(ScalarType type)", "finfo()"), args, kwargs)
        kind = _info_type("finfo", (*given, *named.values(), get_default_dtype())[0]).to_real()
        if not kind.is_floating_point:
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'"
            )
        self.eps, self.max, self.tiny, self.resolution = _FLOAT_FACTS[kind]
        self.min = -self.max
        self.smallest_normal = self.tiny
        self.bits = kind.itemsize * 8
        self.dtype = kind._name

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'torch.finfo' object has no attribute '{name}'")

    def __eq__(self, other: object) -> _bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={_g(self.resolution)}, min={_g(self.min)}, max={_g(self.max)}, eps={_g(self.eps)}, "
            f"smallest_normal={_g(self.tiny)}, tiny={_g(self.tiny)}, dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integer dtype: bits, max, min, dtype.

    >>> iinfo(int8).min
    -128
    """

    __slots__ = ("bits", "dtype", "max", "min")
    __module__ = "torch"
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given, named = check_call(("iinfo(ScalarType type)",), args, kwargs)
        kind = _info_type("iinfo", (*given, *named.values())[0])
        if kind is bool:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if kind._rank != 1:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        self.bits = kind.itemsize * 8
        self.min = -(1 << (self.bits - 1)) if kind.is_signed else 0
        self.max = (1 << (self.bits - 1 if kind.is_signed else self.bits)) - 1
        self.dtype = kind._name

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'torch.iinfo' object has no attribute '{name}'")

    def __eq__(self, other: object) -> _bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __repr__(self) -> str:
        return f"iinfo(min={_g(self.min)}, max={_g(self.max)}, dtype={self.dtype})"
