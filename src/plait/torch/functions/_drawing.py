"""Arguments of the functions that draw random numbers, brought to what the engine takes, or refused in upstream's words."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from plait import _native, dtypes
from plait.op import refuse_overlap, type_name
from plait.ops import random as _engine
from plait.tensor import MODE
from plait.torch import _dtypes
from plait.torch._random import Generator
from plait.torch._tensor import Tensor

__all__: list[str] = []

TENSOR_OPTIONS = (
    "torch.dtype dtype = None, torch.layout layout = None, torch.device device = None, bool pin_memory = False, "
    "bool requires_grad = False"
)


SIZE_FORMS = (
    f"(tuple of ints size, *, torch.Generator generator, Tensor out = None, {TENSOR_OPTIONS})",
    f"(tuple of ints size, *, Tensor out = None, {TENSOR_OPTIONS})",
)


INTEGER_TYPES = (int, np.integer)


def _kind(value: Any) -> str:
    return (
        f"torch.{type(value).__name__}" if isinstance(value, (_dtypes.dtype, _dtypes.device)) else type(value).__name__
    )


def combination_error(name: str, args: Any, kwargs: dict[str, Any], forms: Any) -> TypeError:
    """The error of arguments that fit none of a function's `forms`."""
    given = [_kind(a) for a in args] + [f"{k}={_kind(v)}" for k, v in kwargs.items()]
    listed = "".join(f" * {form}\n" for form in forms)
    return TypeError(
        f"{name}() received an invalid combination of arguments - got ({', '.join(given)}), but expected one of:\n{listed}"
    )


def as_int(value: Any) -> int | None:
    """The value of an integer argument (a Python or NumPy integer or a tensor of one); None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, INTEGER_TYPES):
        return int(value)
    if isinstance(value, Tensor) and value.array.ndim == 0 and value.array.dtype.kind in "iu":
        return int(value.array)
    return None


def size_of(name: str, args: Any, position: int = 1) -> tuple[int, ...]:
    """The shape that positional arguments (or one sequence of them) give."""
    for item in args:
        if type(item) is not int or item < 0:
            break
    else:
        return args if type(args) is tuple else tuple(args)
    where = f" (position {position})" if position else ""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        items = args[0]
        for i, item in enumerate(items):
            if as_int(item) is None:
                raise TypeError(
                    f"{name}(): argument 'size' failed to unpack the object at pos {i + 1} with error "
                    f'"type must be tuple of ints,but got {type(item).__name__}"'
                )
    else:
        items = args
        for item in items:
            if as_int(item) is None:
                if len(args) > 1 and isinstance(args[0], (tuple, list)):
                    raise combination_error(name, args, {}, SIZE_FORMS)
                raise TypeError(f"{name}(): argument 'size'{where} must be tuple of ints, not {type(item).__name__}")
    shape = tuple([int(item) for item in items])
    for n in shape:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(shape)}")
    return shape


def allocate(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """An unset array; RuntimeError where memory does not suffice."""
    try:
        return _native.empty(shape, dtype)
    except (MemoryError, OverflowError):
        size = math.prod(shape) * dtype.itemsize
        raise RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
            f"you tried to allocate {size} bytes. Error code 12 (Cannot allocate memory)"
        ) from None


def as_generator(name: str, generator: Any) -> Any:
    """A `generator` argument: a Generator or None; TypeError for others."""
    if generator is None or isinstance(generator, Generator):
        return generator
    raise TypeError(f"{name}(): argument 'generator' must be torch.Generator, not {type(generator).__name__}")


def target(name: str, shape: tuple[int, ...], out: Any, dtype: Any, device: Any, default: np.dtype[Any]) -> Any:
    """Where to draw to: (tensor, its array); a given `out` is brought to the shape."""
    if device is not None:
        _dtypes.check_device(device, name)
    if out is None:
        kind = default if dtype is None else _dtypes.as_dtype(dtype, name)._numpy
        array = allocate(shape, kind)
        return Tensor.wrap(array), array
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if dtype is not None and _dtypes.as_dtype(dtype, name)._numpy != out.array.dtype:
        wanted = type_name(_dtypes.as_dtype(dtype, name)._numpy)
        raise RuntimeError(f"dtype {wanted} does not match dtype of out parameter ({type_name(out.array.dtype)})")
    if MODE.grad and out.requires_grad:
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    if not _engine.writeable(out.array):
        refuse_overlap(out)
    if out.array.shape != shape:
        if out.array.size:
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(out.array.shape)}, which does "
                f"not match the required output shape {list(shape)}. This behavior is deprecated, and in a future PyTorch "
                "release outputs will not be resized unless they have zero elements. You can explicitly reuse an out "
                "tensor t by resizing it, inplace, to zero elements with t.resize_(0).",
                stacklevel=3,
            )
        out.array = allocate(shape, out.array.dtype)
    return out, out.array


def done(result: Any, requires_grad: bool) -> Any:
    """`result`, tracked where asked for; RuntimeError for dtypes without gradients."""
    if requires_grad:
        if not _engine.is_floating(result.array):
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        result.requires_grad_(True)
    return result


def need_floating(array: Any, kernel: str) -> None:
    """NotImplementedError, in the words of upstream's kernel, for other dtypes."""
    if not _engine.is_floating(array):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{type_name(array.dtype)}'")


def sized(name: str, size: Any, kwargs: dict[str, Any]) -> tuple[int, ...]:
    """The sizes of a shape given as one argument, by name, or one by one."""
    if "size" in kwargs:
        given = kwargs.pop("size")
        if size:
            raise combination_error(name, size, {"size": given, **kwargs}, SIZE_FORMS)
        if not isinstance(given, (tuple, list)):
            raise TypeError(f"{name}(): argument 'size' must be tuple of ints, not {type(given).__name__}")
        size = (given,)
    elif not size:
        raise combination_error(name, (), kwargs, SIZE_FORMS)
    if kwargs:
        raise combination_error(name, size, kwargs, SIZE_FORMS)
    return size_of(name, size)


def check_options(name: str, generator: Any, dtype: Any, size: Any) -> None:
    """TypeError for a `generator` or `dtype` of another kind."""
    if generator is not None and not isinstance(generator, Generator):
        raise combination_error(name, size, {"generator": generator}, SIZE_FORMS)
    if dtype is not None and isinstance(dtype, str):
        raise combination_error(name, size, {"dtype": dtype}, SIZE_FORMS)


def array_like(name: str, input: Any, dtype: Any, device: Any, memory_format: Any) -> Any:
    """An unset array in the shape, dtype and layout of a tensor."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    if device is not None:
        _dtypes.check_device(device, name)
    kind = input.array.dtype if dtype is None else _dtypes.as_dtype(dtype, name)._numpy
    if memory_format is None or memory_format is _dtypes.preserve_format:
        return _engine.keep_layout(input.array, kind)
    if memory_format is _dtypes.contiguous_format:
        return allocate(input.array.shape, kind)
    shape = input.array.shape
    if memory_format is _dtypes.channels_last and len(shape) == 4:
        n, c, h, w = shape
        return np.empty((n, h, w, c), kind).transpose(0, 3, 1, 2)
    if memory_format is _dtypes.channels_last_3d and len(shape) == 5:
        n, c, d, h, w = shape
        return np.empty((n, d, h, w, c), kind).transpose(0, 4, 1, 2, 3)
    raise RuntimeError(
        f"required rank {4 if memory_format is _dtypes.channels_last else 5} tensor to use channels_last format"
    )


def bound(name: str, argument: str, position: int, value: Any) -> int:
    """A bound of `randint`; TypeError for what is no int, ValueError beyond 64 bits."""
    found = as_int(value)
    if found is None:
        raise TypeError(
            f"{name}(): argument '{argument}' (position {position}) must be int, not {type(value).__name__}"
        )
    if not -(1 << 63) <= found < 1 << 63:
        raise ValueError("Overflow when unpacking long long")
    return found


# digits of the mantissa, name in messages
FLOATS = {
    dtypes.F64: (53, "double"),
    dtypes.F32: (24, "float"),
    dtypes.F16: (11, "c10::Half"),
    dtypes.BFLOAT16: (8, "c10::BFloat16"),
}


LARGEST = {dtypes.F64: 1.7976931348623157e308, dtypes.F32: 3.4028234663852886e38, dtypes.F16: 65504.0,
            dtypes.BFLOAT16: 3.3895313892515355e38}  # fmt: skip


INTEGERS = {
    dtypes.U8: "unsigned char",
    dtypes.I8: "signed char",
    dtypes.I16: "short int",
    dtypes.I32: "int",
    dtypes.I64: "long int",
    dtypes.BOOL: "bool",
}


def through(value: int, dtype: np.dtype[Any]) -> int:
    """The value as the dtype holds it."""
    if dtype == dtypes.BFLOAT16:
        return int(dtypes.as_float32(dtypes.to_bfloat16(np.array([value], np.float32)))[0])
    with np.errstate(over="ignore"):
        held = float(dtype.type(value))
    return int(held) if math.isfinite(held) else value


def check_ends(dtype: np.dtype[Any], low: int, last: int) -> None:
    """Whether the dtype has the ends of a range; floating dtypes warn where they skip numbers."""
    if dtype in FLOATS:
        digits, name = FLOATS[dtype]
        for label, value in (("from", low), ("to - 1", last)):
            if abs(value) > LARGEST[dtype]:
                raise RuntimeError(f"{label} is out of bounds for {name}")
        for label, value in (("from", low), ("to - 1", last)):
            if abs(value) > 1 << digits:
                warnings.warn(
                    f"{label} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations {name} can support "
                    "discrete uniform distribution only within this range. This warning will become an error in version "
                    "1.7 release, please fix the code in advance (Triggered internally at "
                    "/__w/pytorch/pytorch/aten/src/ATen/native/DistributionTemplates.h:111.)",
                    stacklevel=4,
                )
        return
    top = 1 if dtype == dtypes.BOOL else np.iinfo(dtype).max
    bottom = 0 if dtype == dtypes.BOOL else np.iinfo(dtype).min
    for label, value in (("from", low), ("to - 1", last)):
        if not bottom <= value <= top:
            raise RuntimeError(f"{label} is out of bounds for {INTEGERS.get(dtype, str(dtype))}")


def lift(low: int, dtype: np.dtype[Any]) -> int:
    """The lower end of a range, moved up to the next number that a floating dtype holds."""
    if dtype in FLOATS:
        up = through(low + 1, dtype)
        if up < low:
            return up + (1 << (abs(low + 1).bit_length() - FLOATS[dtype][0]))
    return low


def integer_range(array: Any, low: int, high: int) -> tuple[int, int]:
    """Checks [low, high) for the array's dtype and gives it as the dtype can draw from it."""
    dtype = array.dtype
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if dtype in FLOATS:
        low = lift(low, dtype)
        down = through(high - 1, dtype)
        if down >= high:
            high = down - (1 << (abs(high - 1).bit_length() - FLOATS[dtype][0]))
        if low >= high:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got "
                f"from={low} >= to={high}"
            )
    check_ends(dtype, low, high - 1)
    return low, high


def open_integer_range(array: Any, low: int) -> tuple[int, int]:
    """[low, the dtype's largest whole number]."""
    dtype = array.dtype
    if low == -(1 << 63):
        if dtype == dtypes.F16 or dtype == dtypes.BOOL:
            raise NotImplementedError(
                f"\"random_full_64_bits_range_kernel_cpu\" not implemented for '{type_name(dtype)}'"
            )
        if dtype not in FLOATS and dtype != dtypes.I64:
            raise RuntimeError("random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16")
        return low, 1 << 63
    if dtype in FLOATS:
        if abs(low) > LARGEST[dtype]:
            raise RuntimeError(f"from is out of bounds for {FLOATS[dtype][1]}")
        last = 1 << FLOATS[dtype][0]
        low = lift(low, dtype)
        if low >= last:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but got "
                f"from={low} > to_inc={last}"
            )
    else:
        last = 1 if dtype == dtypes.BOOL else int(np.iinfo(dtype).max)
    check_ends(dtype, low, last)
    return low, last + 1


def shown(value: float) -> str:
    """A number as messages show it."""
    return f"{value:g}"


def check_std(std: float) -> None:
    """RuntimeError for a negative deviation."""
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {shown(std)}")


def check_p(p: Any) -> None:
    """RuntimeError for a probability outside [0, 1]."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={shown(p)}")


def as_number(name: str, argument: str, position: int, value: Any) -> float:
    """A number, or a tensor without dimensions, as a float; TypeError for others."""
    if isinstance(value, (int, float, np.number)):
        return float(value)
    if isinstance(value, Tensor) and value.array.ndim == 0:
        return float(value.array)
    raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be float, not {type(value).__name__}")


def expand_error(shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """RuntimeError where `shape` cannot be expanded to `wanted`."""
    if len(shape) > len(wanted):
        raise RuntimeError(
            f"The expanded size of the tensor ({len(wanted)}) must be greater or equal to the number of dimensions in the "
            f"tensor ({len(shape)})"
        )
    for i in range(1, len(shape) + 1):
        if shape[-i] != wanted[-i] and shape[-i] != 1:
            raise RuntimeError(
                f"The expanded size of the tensor ({wanted[-i]}) must match the existing size ({shape[-i]}) at non-singleton "
                f"dimension {len(wanted) - i}.  Target sizes: {list(wanted)}.  Tensor sizes: {list(shape)}"
            )
