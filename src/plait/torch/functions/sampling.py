"""Drawing random numbers: `rand` and its like, and the methods that fill a tensor in place.

Rules of this file: arguments are checked before anything is drawn, so that an error leaves the generator as it was.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from plait import _native, config, dtypes
from plait.layers import dropout as _layer
from plait.op import _writeable, type_name
from plait.ops import elementwise
from plait.ops import random as _engine
from plait.tensor import MODE
from plait.torch import _dtypes
from plait.torch._random import Generator
from plait.torch._tensor import Tensor, method

__all__ = [
    "alpha_dropout",
    "alpha_dropout_",
    "bernoulli",
    "dropout",
    "dropout_",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
    "multinomial",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
]

_TENSOR_OPTIONS = (
    "torch.dtype dtype = None, torch.layout layout = None, torch.device device = None, bool pin_memory = False, "
    "bool requires_grad = False"
)
_SIZE_FORMS = (
    f"(tuple of ints size, *, torch.Generator generator, Tensor out = None, {_TENSOR_OPTIONS})",
    f"(tuple of ints size, *, Tensor out = None, {_TENSOR_OPTIONS})",
)
_INT = (int, np.integer)


def _combination(name: str, args: Any, kwargs: dict[str, Any], forms: Any) -> TypeError:
    given = [type(a).__name__ for a in args] + [f"{k}={type(v).__name__}" for k, v in kwargs.items()]
    listed = "".join(f" * {form}\n" for form in forms)
    return TypeError(
        f"{name}() received an invalid combination of arguments - got ({', '.join(given)}), but expected one of:\n{listed}"
    )


def _as_int(value: Any) -> int | None:
    """The value of an integer argument (a Python or NumPy integer or a tensor of one); None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, _INT):
        return int(value)
    if isinstance(value, Tensor) and value.array.ndim == 0 and value.array.dtype.kind in "iu":
        return int(value.array)
    return None


def _size(name: str, args: Any, position: int = 1) -> tuple[int, ...]:
    """The shape that positional arguments (or one sequence of them) give."""
    where = f" (position {position})" if position else ""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        items = args[0]
        for i, item in enumerate(items):
            if _as_int(item) is None:
                raise TypeError(
                    f"{name}(): argument 'size' failed to unpack the object at pos {i + 1} with error "
                    f'"type must be tuple of ints,but got {type(item).__name__}"'
                )
    else:
        items = args
        for item in items:
            if _as_int(item) is None:
                if len(args) > 1 and isinstance(args[0], (tuple, list)):
                    raise _combination(name, args, {}, _SIZE_FORMS)
                raise TypeError(f"{name}(): argument 'size'{where} must be tuple of ints, not {type(item).__name__}")
    shape = tuple([int(item) for item in items])
    for n in shape:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(shape)}")
    return shape


def _allocate(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    try:
        return _native.empty(shape, dtype)
    except (MemoryError, OverflowError):
        size = math.prod(shape) * dtype.itemsize
        raise RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
            f"you tried to allocate {size} bytes. Error code 12 (Cannot allocate memory)"
        ) from None


def _generator(name: str, generator: Any) -> Any:
    if generator is None or isinstance(generator, Generator):
        return generator
    raise TypeError(f"{name}(): argument 'generator' must be torch.Generator, not {type(generator).__name__}")


def _target(name: str, shape: tuple[int, ...], out: Any, dtype: Any, device: Any, default: np.dtype[Any]) -> Any:
    """Where to draw to: (tensor, its array); a given `out` is brought to the shape."""
    if device is not None:
        _dtypes.check_device(device, name)
    if out is None:
        kind = default if dtype is None else _dtypes.as_dtype(dtype, name)._numpy
        array = _allocate(shape, kind)
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
        _writeable(out)
    if out.array.shape != shape:
        if out.array.size:
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(out.array.shape)}, which does "
                f"not match the required output shape {list(shape)}. This behavior is deprecated, and in a future PyTorch "
                "release outputs will not be resized unless they have zero elements. You can explicitly reuse an out "
                "tensor t by resizing it, inplace, to zero elements with t.resize_(0).",
                stacklevel=3,
            )
        out.array = _allocate(shape, out.array.dtype)
    return out, out.array


def _done(result: Any, requires_grad: bool) -> Any:
    if requires_grad:
        if not _engine.is_floating(result.array):
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        result.requires_grad_(True)
    return result


def _need_floating(array: Any, kernel: str) -> None:
    if not _engine.is_floating(array):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{type_name(array.dtype)}'")


def _sized(name: str, size: Any, kwargs: dict[str, Any]) -> tuple[int, ...]:
    if "size" in kwargs:
        given = kwargs.pop("size")
        if size:
            raise _combination(name, size, {"size": given, **kwargs}, _SIZE_FORMS)
        if not isinstance(given, (tuple, list)):
            raise TypeError(f"{name}(): argument 'size' must be tuple of ints, not {type(given).__name__}")
        size = (given,)
    elif not size:
        raise _combination(name, (), kwargs, _SIZE_FORMS)
    if kwargs:
        raise _combination(name, size, kwargs, _SIZE_FORMS)
    return _size(name, size)


def _checked(name: str, generator: Any, dtype: Any, size: Any) -> None:
    if generator is not None and not isinstance(generator, Generator):
        raise _combination(name, size, {"generator": generator}, _SIZE_FORMS)
    if dtype is not None and isinstance(dtype, str):
        raise _combination(name, size, {"dtype": dtype}, _SIZE_FORMS)


def rand(
    *size: Any,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    **kwargs: Any,
) -> Tensor:
    """Numbers of [0, 1), uniformly.

    >>> from plait import torch
    >>> _ = torch.manual_seed(0)
    >>> torch.rand(2)
    tensor([0.4963, 0.7682])
    """
    _checked("rand", generator, dtype, size)
    shape = _sized("rand", size, kwargs)
    result, array = _target("rand", shape, out, dtype, device, config.default_dtype)
    _need_floating(array, "check_uniform_bounds")
    _engine.uniform(array, 0.0, 1.0, generator)
    return _done(result, requires_grad)


def randn(
    *size: Any,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    **kwargs: Any,
) -> Tensor:
    """Normal numbers of mean 0 and standard deviation 1."""
    _checked("randn", generator, dtype, size)
    shape = _sized("randn", size, kwargs)
    result, array = _target("randn", shape, out, dtype, device, config.default_dtype)
    _need_floating(array, "normal_kernel_cpu")
    _engine.normal(array, 0.0, 1.0, generator)
    return _done(result, requires_grad)


def _like(name: str, input: Any, dtype: Any, device: Any, memory_format: Any) -> Any:
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    if device is not None:
        _dtypes.check_device(device, name)
    kind = input.array.dtype if dtype is None else _dtypes.as_dtype(dtype, name)._numpy
    if memory_format is None or memory_format is _dtypes.preserve_format:
        return _engine.keep_layout(input.array, kind)
    if memory_format is _dtypes.contiguous_format:
        return _allocate(input.array.shape, kind)
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


def rand_like(
    input: Tensor,
    *,
    generator: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Numbers of [0, 1) in the shape (and dtype) of `input`."""
    generator = _generator("rand_like", generator)
    array = _like("rand_like", input, dtype, device, memory_format)
    _need_floating(array, "check_uniform_bounds")
    _engine.uniform(array, 0.0, 1.0, generator)
    return _done(Tensor.wrap(array), requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Standard normal numbers in the shape (and dtype) of `input`."""
    generator = _generator("randn_like", generator)
    array = _like("randn_like", input, dtype, device, memory_format)
    _need_floating(array, "normal_kernel_cpu")
    _engine.normal(array, 0.0, 1.0, generator)
    return _done(Tensor.wrap(array), requires_grad)


def _bound(name: str, argument: str, position: int, value: Any) -> int:
    found = _as_int(value)
    if found is None:
        raise TypeError(
            f"{name}(): argument '{argument}' (position {position}) must be int, not {type(value).__name__}"
        )
    if not -(1 << 63) <= found < 1 << 63:
        raise ValueError("Overflow when unpacking long long")
    return found


def randint(
    *args: Any,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    **kwargs: Any,
) -> Tensor:
    """randint(low=0, high, size): whole numbers of [low, high), int64 unless `dtype` says otherwise."""
    generator = _generator("randint", generator)
    given = list(args)
    if "low" in kwargs:
        given.insert(0, kwargs.pop("low"))
    if "high" in kwargs:
        given.insert(1 if len(given) > 1 or (len(given) == 1 and "size" in kwargs) else 0, kwargs.pop("high"))
        if len(given) == 2 and "size" not in kwargs and not isinstance(given[1], (tuple, list)):
            given.reverse()
    if "size" in kwargs:
        given.append(kwargs.pop("size"))
    if kwargs or not 2 <= len(given) <= 3:
        forms = (
            f"(int high, tuple of ints size, *, torch.Generator generator = None, Tensor out = None, {_TENSOR_OPTIONS})",
            f"(int low, int high, tuple of ints size, *, torch.Generator generator = None, Tensor out = None, {_TENSOR_OPTIONS})",
        )
        raise _combination("randint", args, kwargs, forms)
    low = 0
    if len(given) == 3:
        low = _bound("randint", "low", 1, given[0])
    high = _bound("randint", "high", len(given) - 1, given[-2])
    if not isinstance(given[-1], (tuple, list)):
        raise TypeError(
            f"randint(): argument 'size' (position {len(given)}) must be tuple of ints, not {type(given[-1]).__name__}"
        )
    shape = _size("randint", (given[-1],))
    result, array = _target("randint", shape, out, dtype, device, dtypes.I64)
    if requires_grad and not _engine.is_floating(array):
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    low, high = _range(array, low, high)
    _engine.integers(array, low, high, generator)
    return _done(result, requires_grad)


def randint_like(
    input: Tensor,
    *args: Any,
    generator: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
    **kwargs: Any,
) -> Tensor:
    """randint_like(input, low=0, high): whole numbers of [low, high) in the shape (and dtype) of `input`."""
    generator = _generator("randint_like", generator)
    bounds = [kwargs.pop("low")] if "low" in kwargs else []
    bounds += args
    if "high" in kwargs:
        bounds.append(kwargs.pop("high"))
    if kwargs or not 1 <= len(bounds) <= 2:
        forms = (
            f"(Tensor input, int high, *, torch.Generator generator = None, {_TENSOR_OPTIONS})",
            f"(Tensor input, int low, int high, *, torch.Generator generator = None, {_TENSOR_OPTIONS})",
        )
        raise _combination("randint_like", (input, *args), kwargs, forms)
    low = _bound("randint_like", "low", 2, bounds[0]) if len(bounds) == 2 else 0
    high = _bound("randint_like", "high", len(bounds) + 1, bounds[-1])
    array = _like("randint_like", input, dtype, device, memory_format)
    low, high = _range(array, low, high)
    _engine.integers(array, low, high, generator)
    return _done(Tensor.wrap(array), requires_grad)


# digits of the mantissa, name in messages
_FLOATS = {
    dtypes.F64: (53, "double"),
    dtypes.F32: (24, "float"),
    dtypes.F16: (11, "c10::Half"),
    dtypes.BFLOAT16: (8, "c10::BFloat16"),
}
_LARGEST = {dtypes.F64: 1.7976931348623157e308, dtypes.F32: 3.4028234663852886e38, dtypes.F16: 65504.0,
            dtypes.BFLOAT16: 3.3895313892515355e38}  # fmt: skip
_INTEGERS = {
    dtypes.U8: "unsigned char",
    dtypes.I8: "signed char",
    dtypes.I16: "short",
    dtypes.I32: "int",
    dtypes.I64: "long",
    dtypes.BOOL: "bool",
}


def _through(value: int, dtype: np.dtype[Any]) -> int:
    """The value as the dtype holds it."""
    if dtype == dtypes.BFLOAT16:
        return int(dtypes.as_float32(dtypes.to_bfloat16(np.array([value], np.float32)))[0])
    with np.errstate(over="ignore"):
        held = float(dtype.type(value))
    return int(held) if math.isfinite(held) else value


def _check_ends(dtype: np.dtype[Any], low: int, last: int) -> None:
    """Whether the dtype has the ends of a range; floating dtypes warn where they skip numbers."""
    if dtype in _FLOATS:
        digits, name = _FLOATS[dtype]
        for label, value in (("from", low), ("to - 1", last)):
            if abs(value) > _LARGEST[dtype]:
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
            raise RuntimeError(f"{label} is out of bounds for {_INTEGERS.get(dtype, str(dtype))}")


def _lift(low: int, dtype: np.dtype[Any]) -> int:
    """The lower end of a range, moved up to the next number that a floating dtype holds."""
    if dtype in _FLOATS:
        up = _through(low + 1, dtype)
        if up < low:
            return up + (1 << (abs(low + 1).bit_length() - _FLOATS[dtype][0]))
    return low


def _range(array: Any, low: int, high: int) -> tuple[int, int]:
    """Checks [low, high) for the array's dtype and gives it as the dtype can draw from it."""
    dtype = array.dtype
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if dtype in _FLOATS:
        low = _lift(low, dtype)
        down = _through(high - 1, dtype)
        if down >= high:
            high = down - (1 << (abs(high - 1).bit_length() - _FLOATS[dtype][0]))
        if low >= high:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got "
                f"from={low} >= to={high}"
            )
    _check_ends(dtype, low, high - 1)
    return low, high


def randperm(
    n: Any,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers 0 ... n-1 in random order, int64 unless `dtype` says otherwise."""
    generator = _generator("randperm", generator)
    n = _bound("randperm", "n", 1, n)
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    kind = out.array.dtype if isinstance(out, Tensor) and dtype is None else None
    if kind is None:
        kind = dtypes.I64 if dtype is None else _dtypes.as_dtype(dtype, "randperm")._numpy
    if requires_grad and not dtypes.is_floating(kind):
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    if kind == dtypes.BOOL:
        raise NotImplementedError("\"randperm\" not implemented for 'Bool'")
    if kind in _FLOATS and kind != dtypes.F64:
        digits = _FLOATS[kind][0]
        if n > (1 << digits) + 1:
            limit = f"2^{digits}+1" if digits > 11 else str((1 << digits) + 1)
            raise RuntimeError(f"n cannot be greater than {limit} for {type_name(kind)} type.")
    elif kind.kind in "iu" and n > np.iinfo(kind).max:
        raise RuntimeError(f"value cannot be converted to type {kind.name}_t without overflow")
    result, array = _target("randperm", (n,), out, dtype, device, kind)
    _engine.permutation(array, generator)
    return _done(result, requires_grad)


def bernoulli(input: Tensor, p: float | None = None, *, generator: Any = None, out: Any = None) -> Tensor:
    """Ones and zeros: each one with `input` as its probability, or all with probability `p` (then `input` gives the shape)."""
    generator = _generator("bernoulli", generator)
    if not isinstance(input, Tensor):
        raise TypeError(f"bernoulli(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    source = input.array
    result = None
    if out is not None:
        result, array = _target("bernoulli", source.shape, out, None, None, source.dtype)
    else:
        array = _allocate(source.shape, source.dtype)
    if p is not None:
        _check_p(p)
        _engine.bernoulli(array, float(p), generator)
        return Tensor.wrap(array) if result is None else result
    _need_floating(source, "bernoulli_tensor_cpu_p_")
    _engine.bernoulli_each(array, source, generator)
    if result is not None:
        return result
    drawn: Tensor = _engine.drawn_from((input,), _engine.BERNOULLI_OF, array)
    return drawn


@method("bernoulli")
def _bernoulli(self: Tensor, p: float | None = None, *, generator: Any = None) -> Tensor:
    """Ones and zeros; see `torch.bernoulli`."""
    return bernoulli(self, p, generator=generator)


@method
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Any = None, out: Any = None
) -> Tensor:
    """Indices drawn with the weights of `input` [categories] or [rows, categories], as int64 [..., num_samples]."""
    generator = _generator("multinomial", generator)
    weights = input.array
    if out is not None and out.array.dtype != dtypes.I64:
        raise RuntimeError(f"multinomial expects Long tensor out, got: {type_name(out.array.dtype)}")
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if not dtypes.is_floating(weights.dtype):
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {type_name(weights.dtype)}"
        )
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > weights.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if weights.dtype == dtypes.BFLOAT16:
        weights = dtypes.as_float32(weights)
    drawn = _engine.choice(weights, int(num_samples), bool(replacement), generator)
    if out is None:
        return Tensor.wrap(drawn)
    result, array = _target("multinomial", drawn.shape, out, None, None, dtypes.I64)
    array[...] = drawn
    done: Tensor = result
    return done


def _shown(value: float) -> str:
    return f"{value:g}"


_NORMAL_FORMS = (
    "(Tensor mean, Tensor std, *, torch.Generator generator = None, Tensor out = None)",
    "(Tensor mean, float std = 1, *, torch.Generator generator = None, Tensor out = None)",
    "(float mean, Tensor std, *, torch.Generator generator = None, Tensor out = None)",
    f"(float mean, float std, tuple of ints size, *, torch.Generator generator = None, Tensor out = None, {_TENSOR_OPTIONS})",
)


def normal(
    mean: Any = None,
    std: Any = None,
    size: Any = None,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Normal numbers: of the means and standard deviations that tensors give (broadcast), or of two numbers in shape `size`."""
    generator = _generator("normal", generator)
    number = (int, float, np.number)
    with_mean, with_std = isinstance(mean, Tensor), isinstance(std, Tensor)
    if not with_mean and not with_std:
        if not isinstance(mean, number) or not isinstance(std, number) or size is None:
            given = tuple(v for v in (mean, std, size) if v is not None)
            raise _combination("normal", given, {}, _NORMAL_FORMS)
        _check_std(float(std))
        shape = _size("normal", (size,), 3)
        result, array = _target("normal", shape, out, dtype, device, config.default_dtype)
        _need_floating(array, "normal_kernel_cpu")
        _engine.normal(array, float(mean), float(std), generator)
        return _done(result, requires_grad)
    if std is None:
        std = 1.0
    if mean is None or size is not None:
        raise _combination("normal", (mean, std, size), {}, _NORMAL_FORMS)
    if with_std:
        spread = std.array if std.array.dtype != dtypes.BFLOAT16 else dtypes.as_float32(std.array)
        if not (spread >= 0).all():
            raise RuntimeError("normal expects all elements of std >= 0.0")
    else:
        _check_std(float(std))
    try:
        shape = np.broadcast_shapes(np.shape(getattr(mean, "array", 0)), np.shape(getattr(std, "array", 0)))
    except ValueError:
        raise elementwise.broadcast_error(mean.array, std.array) from None
    kind = mean.array.dtype if with_mean else std.array.dtype
    result, array = _target("normal", shape, out, None, None, kind)
    _need_floating(array, "normal_kernel_cpu")
    _engine.normal(array, 0.0, 1.0 if with_std else float(std), generator)
    if with_std:
        _scale_in(array, std.array)
    _shift_in(array, mean.array if with_mean else mean)
    if out is not None:
        done: Tensor = result
        return done
    sources = tuple(t for t in (mean, std) if isinstance(t, Tensor))
    if not any(t.requires_grad for t in sources):
        return result
    op = _engine.NORMAL_MEAN
    if with_std:
        op = _engine.NORMAL_BOTH if with_mean else _engine.NORMAL_STD
    drawn: Tensor = _engine.drawn_from(sources, op, array)
    return drawn


def _combine_in(array: Any, other: Any, ufunc: Any) -> None:
    if array.dtype == dtypes.BFLOAT16:
        wide = dtypes.as_float32(array)
        ufunc(
            wide,
            dtypes.as_float32(other) if getattr(other, "dtype", None) == dtypes.BFLOAT16 else other,
            out=wide,
            casting="unsafe",
        )
        array[...] = dtypes.to_bfloat16(wide)
    else:
        if getattr(other, "dtype", None) == dtypes.BFLOAT16:
            other = dtypes.as_float32(other)
        ufunc(array, other, out=array, casting="unsafe")


def _scale_in(array: Any, factor: Any) -> None:
    _combine_in(array, factor, np.multiply)


def _shift_in(array: Any, term: Any) -> None:
    _combine_in(array, term, np.add)


# --- methods that fill in place ---------------------------------------------------------------------------------------------


def _check_std(std: float) -> None:
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {_shown(std)}")


def _check_p(p: Any) -> None:
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={_shown(p)}")


def _number(name: str, argument: str, position: int, value: Any) -> float:
    if isinstance(value, (int, float, np.number)):
        return float(value)
    if isinstance(value, Tensor) and value.array.ndim == 0:
        return float(value.array)
    raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be float, not {type(value).__name__}")


@method
def uniform_(self: Tensor, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
    """uniform_(from=0, to=1): fill with numbers of [from, to)."""
    if len(args) > 2:
        raise TypeError(f"uniform_() takes from 0 to 2 positional arguments but {len(args)} were given")
    low = _number("uniform_", "from", 1, args[0] if args else kwargs.pop("from", 0.0))
    high = _number("uniform_", "to", 2, args[1] if len(args) > 1 else kwargs.pop("to", 1.0))
    if kwargs:
        raise TypeError(f"uniform_() got an unexpected keyword argument '{next(iter(kwargs))}'")
    generator = _generator("uniform_", generator)
    dtype = self.array.dtype
    _need_floating(self.array, "check_uniform_bounds")
    top = float(_LARGEST[dtype])
    for label, value in (("from", low), ("to", high)):
        if not -top <= value <= top:
            raise RuntimeError(f"{label} is out of bounds for {_FLOATS[dtype][1]}")
    if low > high:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={_shown(low)} > to={_shown(high)}"
        )
    if high - low > top:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{type_name(dtype)}>::max(), but found to={_shown(high)} and "
            f"from={_shown(low)} which result in to-from to exceed the limit"
        )
    filled: Tensor = _engine.draw_(self, _engine.UNIFORM, lambda a: _engine.uniform(a, low, high, generator))
    return filled


@method
def normal_(self: Tensor, mean: float = 0, std: float = 1, *, generator: Any = None) -> Tensor:
    """Fill with normal numbers of that mean and standard deviation."""
    mean, std = _number("normal_", "mean", 1, mean), _number("normal_", "std", 2, std)
    generator = _generator("normal_", generator)
    _check_std(std)
    if self.array.size == 0:
        return self
    _need_floating(self.array, "normal_kernel_cpu")
    filled: Tensor = _engine.draw_(self, _engine.NORMAL, lambda a: _engine.normal(a, mean, std, generator))
    return filled


_RANDOM_FORMS = (
    "(*, torch.Generator generator = None)",
    "(int from, int to, *, torch.Generator generator = None)",
    "(int to, *, torch.Generator generator = None)",
)


@method
def random_(self: Tensor, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
    """random_(), random_(to), random_(from, to): fill with whole numbers of the dtype's range, of [0, to), of [from, to)."""
    generator = _generator("random_", generator)
    bounds = list(args)
    if "from" in kwargs:
        bounds.insert(0, kwargs.pop("from"))
        if len(bounds) == 1:
            bounds.append(kwargs.pop("to", None))
    elif "to" in kwargs:
        bounds.append(kwargs.pop("to"))
    low = _as_int(bounds[0]) if bounds else 0
    high = _as_int(bounds[1]) if len(bounds) > 1 else None
    if kwargs or len(bounds) > 2 or low is None or (len(bounds) > 1 and high is None and bounds[1] is not None):
        raise _combination("random_", args, kwargs, _RANDOM_FORMS)
    array = self.array
    if not bounds:
        op, draw = _engine.INTEGERS_ANY, lambda a: _engine.integers_any(a, generator)
    elif len(bounds) == 1:
        first, last = _range(array, 0, low)
        op, draw = _engine.INTEGERS_TO, lambda a: _engine.integers(a, first, last, generator)
    else:
        first, last = _range(array, low, high) if high is not None else _open_range(array, low)
        op, draw = _engine.INTEGERS, lambda a: _engine.integers(a, first, last, generator)
    filled: Tensor = _engine.draw_(self, op, draw)
    return filled


def _open_range(array: Any, low: int) -> tuple[int, int]:
    """[low, the dtype's largest whole number]."""
    dtype = array.dtype
    if low == -(1 << 63):
        if dtype == dtypes.F16 or dtype == dtypes.BOOL:
            raise NotImplementedError(
                f"\"random_full_64_bits_range_kernel_cpu\" not implemented for '{type_name(dtype)}'"
            )
        if dtype not in _FLOATS and dtype != dtypes.I64:
            raise RuntimeError("random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16")
        return low, 1 << 63
    if dtype in _FLOATS:
        last = 1 << _FLOATS[dtype][0]
        low = _lift(low, dtype)
        if low >= last:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but got "
                f"from={low} > to_inc={last}"
            )
    else:
        last = 1 if dtype == dtypes.BOOL else int(np.iinfo(dtype).max)
    _check_ends(dtype, low, last)
    return low, last + 1


@method
def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
    """Fill with ones of probability `p` (a number, or a tensor that broadcasts) and zeros."""
    generator = _generator("bernoulli_", generator)
    if isinstance(p, Tensor):
        chances = p.array
        try:
            chances = np.broadcast_to(chances, self.array.shape)
        except ValueError:
            _expand_error(chances.shape, self.array.shape)
        _need_floating(chances, "bernoulli_tensor_cpu_p_")
        given: Tensor = _engine.draw_(
            self, _engine.BERNOULLI_EACH, lambda a: _engine.bernoulli_each(a, chances, generator)
        )
        return given
    if not isinstance(p, (int, float, np.number)) or isinstance(p, bool):
        forms = (
            "(Tensor p, *, torch.Generator generator = None)",
            "(float p = 0.5, *, torch.Generator generator = None)",
        )
        raise _combination("bernoulli_", (p,), {}, forms)
    _check_p(p)
    chance = float(p)
    filled: Tensor = _engine.draw_(self, _engine.BERNOULLI, lambda a: _engine.bernoulli(a, chance, generator))
    return filled


def _expand_error(shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
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


@method
def exponential_(self: Tensor, lambd: float = 1, *, generator: Any = None) -> Tensor:
    """Fill with the exponential distribution of rate `lambd`."""
    rate = _number("exponential_", "lambd", 1, lambd)
    generator = _generator("exponential_", generator)
    if not rate > 0.0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={_shown(rate)}")
    if not _engine.is_floating(self.array):
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {type_name(self.array.dtype)}"
        )
    filled: Tensor = _engine.draw_(self, _engine.EXPONENTIAL, lambda a: _engine.exponential(a, rate, generator))
    return filled


@method
def cauchy_(self: Tensor, median: float = 0, sigma: float = 1, *, generator: Any = None) -> Tensor:
    """Fill with the Cauchy distribution."""
    centre, scale = _number("cauchy_", "median", 1, median), _number("cauchy_", "sigma", 2, sigma)
    generator = _generator("cauchy_", generator)
    if not scale > 0.0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={_shown(scale)}")
    if not _engine.is_floating(self.array):
        raise RuntimeError(
            "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {'long int' if self.array.dtype == dtypes.I64 else _INTEGERS.get(self.array.dtype, '')}"
        )
    filled: Tensor = _engine.draw_(self, _engine.CAUCHY, lambda a: _engine.cauchy(a, centre, scale, generator))
    return filled


@method
def log_normal_(self: Tensor, mean: float = 1, std: float = 2, *, generator: Any = None) -> Tensor:
    """Fill with exp of normal numbers of that mean and standard deviation."""
    centre, spread = _number("log_normal_", "mean", 1, mean), _number("log_normal_", "std", 2, std)
    generator = _generator("log_normal_", generator)
    if not spread > 0.0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={_shown(spread)}")
    _need_floating(self.array, "log_normal_cpu")
    filled: Tensor = _engine.draw_(self, _engine.LOG_NORMAL, lambda a: _engine.log_normal(a, centre, spread, generator))
    return filled


@method
def geometric_(self: Tensor, p: float, *, generator: Any = None) -> Tensor:
    """Fill with the number of trials up to the first success of probability `p`."""
    chance = _number("geometric_", "p", 1, p)
    generator = _generator("geometric_", generator)
    if not 0 < chance < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={_shown(chance)}")
    if self.array.dtype == dtypes.BOOL:
        raise NotImplementedError("\"geometric_cpu\" not implemented for 'Bool'")
    filled: Tensor = _engine.draw_(self, _engine.GEOMETRIC, lambda a: _engine.geometric(a, chance, generator))
    return filled


# --- dropout under its low-level names --------------------------------------------------------------------------------------


def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout where `train`; see `torch.nn.functional.dropout`."""
    result: Tensor = _layer.dropout(input, float(p), train)
    return result


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout in place."""
    result: Tensor = _layer.dropout(input, float(p), train, inplace=True)
    return result


def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout of whole channels."""
    result: Tensor = _layer.dropout(input, float(p), train, channels=True)
    return result


def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout of whole channels in place."""
    result: Tensor = _layer.dropout(input, float(p), train, inplace=True, channels=True)
    return result


def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Alpha dropout; see `torch.nn.functional.alpha_dropout`."""
    result: Tensor = _layer.alpha_dropout(input, float(p), train)
    return result


def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Alpha dropout in place."""
    result: Tensor = _layer.alpha_dropout(input, float(p), train, inplace=True)
    return result


def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Alpha dropout of whole channels."""
    result: Tensor = _layer.alpha_dropout(input, float(p), train, channels=True)
    return result


def feature_alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Alpha dropout of whole channels in place."""
    result: Tensor = _layer.alpha_dropout(input, float(p), train, inplace=True, channels=True)
    return result
