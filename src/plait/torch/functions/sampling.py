"""Drawing random numbers: `rand` and its like, `multinomial`, `normal`.

Rules of this file: arguments are checked before anything is drawn, so that an error leaves the generator as it was.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import config, dtypes
from plait.op import type_name
from plait.ops import elementwise
from plait.ops import random as _engine
from plait.torch import _dtypes
from plait.torch._tensor import Tensor, method
from plait.torch.functions._drawing import (
    FLOATS,
    TENSOR_OPTIONS,
    allocate,
    array_like,
    as_generator,
    as_int,
    bound,
    check_options,
    check_p,
    check_std,
    combination_error,
    done,
    integer_range,
    need_floating,
    size_of,
    sized,
    target,
)

__all__: list[str] = [
    "bernoulli",
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
    check_options("rand", generator, dtype, size)
    shape = sized("rand", size, kwargs)
    result, array = target("rand", shape, out, dtype, device, config.default_dtype)
    need_floating(array, "check_uniform_bounds")
    _engine.uniform(array, 0.0, 1.0, generator)
    return done(result, requires_grad)


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
    if generator is out is dtype is device is None and size and not requires_grad and not kwargs:
        array = allocate(size_of("randn", size), config.default_dtype)
        if array.size:
            _engine.normal(array)
        return Tensor.wrap(array)
    check_options("randn", generator, dtype, size)
    shape = sized("randn", size, kwargs)
    result, array = target("randn", shape, out, dtype, device, config.default_dtype)
    if array.size:
        need_floating(array, "normal_kernel_cpu")
        _engine.normal(array, 0.0, 1.0, generator)
    return done(result, requires_grad)


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
    generator = as_generator("rand_like", generator)
    array = array_like("rand_like", input, dtype, device, memory_format)
    need_floating(array, "check_uniform_bounds")
    _engine.uniform(array, 0.0, 1.0, generator)
    return done(Tensor.wrap(array), requires_grad)


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
    generator = as_generator("randn_like", generator)
    array = array_like("randn_like", input, dtype, device, memory_format)
    if array.size:
        need_floating(array, "normal_kernel_cpu")
        _engine.normal(array, 0.0, 1.0, generator)
    return done(Tensor.wrap(array), requires_grad)


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
    generator = as_generator("randint", generator)
    given = list(args)
    if "low" in kwargs:
        given.insert(0, kwargs.pop("low"))
    if "high" in kwargs:
        given.insert(1 if len(given) > 1 or (len(given) == 1 and "size" in kwargs) else 0, kwargs.pop("high"))
        if len(given) == 2 and "size" not in kwargs and not isinstance(given[1], (tuple, list)):
            given.reverse()
    if "size" in kwargs:
        given.append(kwargs.pop("size"))
    options = {} if dtype is None else {"dtype": dtype}
    ints = [as_int(v) for v in given[:-1]]
    if kwargs or not 2 <= len(given) <= 3 or (len(given) == 3 and None in ints):
        forms = (
            f"(int high, tuple of ints size, *, torch.Generator generator = None, Tensor out = None, {TENSOR_OPTIONS})",
            f"(int low, int high, tuple of ints size, *, torch.Generator generator = None, Tensor out = None, {TENSOR_OPTIONS})",
        )
        raise combination_error("randint", args, {**kwargs, **options}, forms)
    low = 0
    if len(given) == 3:
        low = bound("randint", "low", 1, given[0])
    high = bound("randint", "high", len(given) - 1, given[-2])
    if not isinstance(given[-1], (tuple, list)):
        raise TypeError(
            f"randint(): argument 'size' (position {len(given)}) must be tuple of ints, not {type(given[-1]).__name__}"
        )
    shape = size_of("randint", (given[-1],))
    result, array = target("randint", shape, out, dtype, device, dtypes.I64)
    if requires_grad and not _engine.is_floating(array):
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    low, high = integer_range(array, low, high)
    _engine.integers(array, low, high, generator)
    return done(result, requires_grad)


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
    generator = as_generator("randint_like", generator)
    bounds = [kwargs.pop("low")] if "low" in kwargs else []
    bounds += args
    if "high" in kwargs:
        bounds.append(kwargs.pop("high"))
    options = {} if dtype is None else {"dtype": dtype}
    if kwargs or not 1 <= len(bounds) <= 2 or (len(bounds) == 2 and None in [as_int(v) for v in bounds]):
        forms = (
            f"(Tensor input, int high, *, torch.Generator generator = None, {TENSOR_OPTIONS})",
            f"(Tensor input, int low, int high, *, torch.Generator generator = None, {TENSOR_OPTIONS})",
        )
        raise combination_error("randint_like", (input, *args), {**kwargs, **options}, forms)
    low = bound("randint_like", "low", 2, bounds[0]) if len(bounds) == 2 else 0
    high = bound("randint_like", "high", len(bounds) + 1, bounds[-1])
    array = array_like("randint_like", input, dtype, device, memory_format)
    low, high = integer_range(array, low, high)
    _engine.integers(array, low, high, generator)
    return done(Tensor.wrap(array), requires_grad)


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
    generator = as_generator("randperm", generator)
    n = bound("randperm", "n", 1, n)
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    kind = out.array.dtype if isinstance(out, Tensor) and dtype is None else None
    if kind is None:
        kind = dtypes.I64 if dtype is None else _dtypes.as_dtype(dtype, "randperm")._numpy
    if requires_grad and not dtypes.is_floating(kind):
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    if kind == dtypes.BOOL:
        raise NotImplementedError("\"randperm\" not implemented for 'Bool'")
    if kind in (dtypes.F16, dtypes.F32):
        digits = FLOATS[kind][0]
        if n > (1 << digits) + 1:
            limit = f"2^{digits}+1" if digits > 11 else str((1 << digits) + 1)
            raise RuntimeError(f"n cannot be greater than {limit} for {type_name(kind)} type.")
    elif kind.kind in "iu" and n > np.iinfo(kind).max:
        raise RuntimeError(f"value cannot be converted to type {kind.name}_t without overflow")
    result, array = target("randperm", (n,), out, dtype, device, kind)
    _engine.permutation(array, generator)
    return done(result, requires_grad)


def bernoulli(input: Tensor, p: float | None = None, *, generator: Any = None, out: Any = None) -> Tensor:
    """Ones and zeros: each one with `input` as its probability, or all with probability `p` (then `input` gives the shape)."""
    generator = as_generator("bernoulli", generator)
    if not isinstance(input, Tensor):
        raise TypeError(f"bernoulli(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    source = input.array
    result = None
    if out is not None:
        result, array = target("bernoulli", source.shape, out, None, None, source.dtype)
    else:
        array = allocate(source.shape, source.dtype)
    if p is not None:
        check_p(p)
        _engine.bernoulli(array, float(p), generator)
        return Tensor.wrap(array) if result is None else result
    if source.size:
        need_floating(source, "bernoulli_tensor_cpu_p_")
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
    generator = as_generator("multinomial", generator)
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
    result, array = target("multinomial", drawn.shape, out, None, None, dtypes.I64)
    array[...] = drawn
    given: Tensor = result
    return given


_NORMAL_FORMS = (
    "(Tensor mean, Tensor std, *, torch.Generator generator = None, Tensor out = None)",
    "(Tensor mean, float std = 1, *, torch.Generator generator = None, Tensor out = None)",
    "(float mean, Tensor std, *, torch.Generator generator = None, Tensor out = None)",
    f"(float mean, float std, tuple of ints size, *, torch.Generator generator = None, Tensor out = None, {TENSOR_OPTIONS})",
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
    generator = as_generator("normal", generator)
    number = (int, float, np.number)
    with_mean, with_std = isinstance(mean, Tensor), isinstance(std, Tensor)
    if not with_mean and not with_std:
        if not isinstance(mean, number) or not isinstance(std, number) or size is None:
            given = tuple(v for v in (mean, std, size) if v is not None)
            raise combination_error("normal", given, {}, _NORMAL_FORMS)
        check_std(float(std))
        shape = size_of("normal", (size,), 3)
        result, array = target("normal", shape, out, dtype, device, config.default_dtype)
        need_floating(array, "normal_kernel_cpu")
        _engine.normal(array, float(mean), float(std), generator)
        return done(result, requires_grad)
    if std is None:
        std = 1.0
    if mean is None or size is not None:
        raise combination_error("normal", (mean, std, size), {}, _NORMAL_FORMS)
    if with_std:
        spread = std.array if std.array.dtype != dtypes.BFLOAT16 else dtypes.as_float32(std.array)
        if not (spread >= 0).all():
            raise RuntimeError("normal expects all elements of std >= 0.0")
    else:
        check_std(float(std))
    try:
        shape = np.broadcast_shapes(np.shape(getattr(mean, "array", 0)), np.shape(getattr(std, "array", 0)))
    except ValueError:
        raise elementwise.broadcast_error(mean.array, std.array) from None
    kind = mean.array.dtype if with_mean else std.array.dtype
    result, array = target("normal", shape, out, None, None, kind)
    need_floating(array, "normal_kernel_cpu")
    _engine.normal(array, 0.0, 1.0 if with_std else float(std), generator)
    if with_std:
        _scale_in(array, std.array)
    _shift_in(array, mean.array if with_mean else mean)
    if out is not None:
        kept: Tensor = result
        return kept
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
