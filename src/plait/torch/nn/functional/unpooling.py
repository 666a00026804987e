"""Pools whose windows are drawn (fractional), and maxima put back where they lay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait.layers import pool as layer
from plait.op import type_name
from plait.ops import pool as op
from plait.ops import unpool
from plait.ops.pool import refuse_dtype
from plait.torch._builtins import ask, inner, shown_as_private
from plait.torch._tensor import Tensor
from plait.torch.functions._common import need_tensor
from plait.torch.functions.sampling import rand
from plait.torch.nn.functional.pooling import ints

if TYPE_CHECKING:
    Ints = Any  # an int, or a sequence of one a dimension


__all__ = [
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]


def _fractional(
    input: Tensor, rank: int, kernel_size: Ints, output_size: Any, output_ratio: Any, samples: Tensor | None
) -> tuple[Any, Any]:
    function = f"fractional_max_pool{rank}d"
    if output_size is None and output_ratio is None:
        raise ValueError(f"{function} requires specifying either an output_size or an output_ratio")
    ask(input, "dim" if output_size is not None else "size")
    shape = input.array.shape
    if output_size is None:
        if isinstance(output_ratio, (int, float)):
            if rank == 2:  # a single ratio is for volumes and for the layers alone
                raise TypeError(f"{function}: output_ratio must be a pair of ratios, got {output_ratio!r}")
            output_ratio = (output_ratio,) * rank
        if len(output_ratio) > rank:
            raise ValueError(f"{function} requires output_ratio to either be a single Int or tuple of Ints.")
        if len(output_ratio) < rank:
            raise IndexError(f"{function}: output_ratio must have {rank} ratios, got {len(output_ratio)}")
        output_size = [int(n * float(r)) for n, r in zip(shape[-rank:], output_ratio, strict=True)]
    if samples is None:
        if len(shape) < rank + 1:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-len(shape)}, {len(shape) - 1}], but got {-rank - 1})"
            )
        batch = 1 if len(shape) == rank + 1 else shape[0]
        samples = rand(batch, shape[-rank - 1], rank, dtype=input.dtype)
    kernel, out = (
        ints(function, "kernel_size", 2, kernel_size, rank),
        ints(function, "output_size", 3, output_size, rank),
    )
    getattr(inner, function)(input, kernel_size, output_size, samples)
    if len(shape) not in (rank + 1, rank + 2):
        raise RuntimeError(f"{function}(): Expected {rank + 1}D or {rank + 2}D tensor, but got: {list(shape)}")
    for d in range(len(shape) - rank - 1, len(shape)):
        if shape[d] == 0:
            raise RuntimeError(f"{function}: Expected input to have non-zero  size for non-batch dimensions, but got {list(shape)} with "
                               f"dimension {d} being empty.")  # fmt: skip
    order = (0, 2, 1) if rank == 3 else (0, 1)
    for name, n, o, k in (
        (("time", "height", "width")[3 - rank + d], shape[d - rank], out[d], kernel[d]) for d in order
    ):
        if o + k - 1 > n - (rank == 3):
            raise RuntimeError(
                f"{function}{'_out' if rank == 3 else ''}(): pool {name} {k} too large relative to input {name} {n}"
            )
    lead = (1, shape[0]) if len(shape) == rank + 1 else shape[:2]
    _check_samples(samples, lead, rank, input)
    sample = samples.array[: lead[0]]
    order = (0, 1, 2) if rank == 3 else (1, 0)  # in two dimensions upstream's first number is the width's
    parts = [
        layer.interval_starts(sample[..., at], shape[len(shape) - rank + d], out[d], kernel[d])
        for d, at in enumerate(order)
    ]
    starts = np.concatenate(parts, axis=-1)
    return op.random_maximum(input, starts, layer.fractional_plan(shape[len(shape) - rank :], out, kernel))


def _check_samples(samples: Tensor, lead: tuple[int, ...], rank: int, input: Tensor) -> None:
    if samples.array.dtype != input.array.dtype:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    if samples.array.ndim != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions got {samples.array.ndim}")
    n, c, d = samples.array.shape
    if n < lead[0]:
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if c != lead[1]:
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if d != rank:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {rank}; got {d}.")


def fractional_max_pool2d_with_indices(
    input: Tensor, kernel_size: Ints, output_size: Ints = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    """`fractional_max_pool2d` and the places."""
    return _fractional(input, 2, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool2d(
    input: Tensor, kernel_size: Ints, output_size: Ints = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    """The maximum under windows that begin at drawn places (Graham 2014), so that the output has the given size or ratio."""
    y, index = _fractional(input, 2, kernel_size, output_size, output_ratio, _random_samples)
    return (y, index) if return_indices else y


def fractional_max_pool3d_with_indices(
    input: Tensor, kernel_size: Ints, output_size: Ints = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    """`fractional_max_pool3d` and the places."""
    return _fractional(input, 3, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d(
    input: Tensor, kernel_size: Ints, output_size: Ints = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    """`fractional_max_pool2d` over volumes."""
    y, index = _fractional(input, 3, kernel_size, output_size, output_ratio, _random_samples)
    return (y, index) if return_indices else y


def _unpool_size(input: Tensor, rank: int, kernel: Any, stride: Any, padding: Any, output_size: Any) -> tuple[int, ...]:
    if input.array.ndim < rank:
        raise IndexError(f"max_unpool{rank}d: input must have at least {rank} dimensions, but has {input.array.ndim}")
    usual = layer.unpooled_size(input.array.shape[-rank:], kernel, stride, padding)
    if output_size is None:
        return usual
    given = tuple(int(n) for n in output_size)
    if len(given) == rank + 2:
        given = given[2:]
    if len(given) != rank:
        raise ValueError(
            f"output_size should be a sequence containing {rank} or {rank + 2} elements, but it has a length of '{len(given)}'"
        )
    for d, (n, u, s) in enumerate(zip(given, usual, stride, strict=True)):
        if not u - s < n < u + s:
            raise ValueError(f'invalid output_size "{given}" (dim {d} must be between {u - s} and {u + s})')
    return given


def _unpool(
    input: Tensor, indices: Tensor, rank: int, kernel_size: Ints, stride: Ints, padding: Ints, output_size: Any
) -> Any:
    function = f"max_unpool{rank}d"
    need_tensor(input, function)
    need_tensor(indices, function, "indices", 2)
    kernel = ints(function, "kernel_size", 3, kernel_size, rank)
    step = kernel if stride is None else ints(function, "stride", 4, stride, rank)
    pad = ints(function, "padding", 5, padding, rank)
    size = _unpool_size(input, rank, kernel, step, pad, list(output_size) if output_size is not None else None)
    shape = input.array.shape
    if indices.array.dtype != np.int64:
        raise RuntimeError(f"elements in indices should be type int64 but got: {type_name(indices.array.dtype)}")
    if len(shape) not in (rank + 1, rank + 2):
        raise RuntimeError(f"Input to max_unpooling{rank}d should be a {rank + 1}d or {rank + 2}d Tensor, but got a tensor with {len(shape)} "
                           "dimensions.")  # fmt: skip
    if indices.array.shape != shape:
        tail = [1] if rank == 1 else []  # upstream goes through two dimensions
        raise RuntimeError(f"Expected shape of indices to be same as that of the input tensor ({[*shape, *tail]}) but got indices tensor with "
                           f"shape: {[*indices.array.shape, *tail]}")  # fmt: skip
    for d in range(len(shape) - rank - (rank == 3), len(shape)):
        if shape[d] == 0:
            raise RuntimeError(f"max_unpooling{rank}d(): Expected input to have non-zero size for non-batch dimensions, but got {list(shape)} "
                               f"with dimension {d} being empty.")  # fmt: skip
    if rank == 3 and any(s <= 0 for s in step):
        raise RuntimeError("strides should be greater than zero, but got stride: " + str(list(step)))
    refuse_dtype(input, f"max_unpool{max(rank, 2)}d", "")
    try:
        return unpool.put(input, indices, size)
    except IndexError as error:
        volume = "x".join(str(n) for n in ((*size, 1) if rank == 1 else size))
        raise RuntimeError(f"Found an invalid max index: {error} (output volumes are of size {volume})") from None


def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, output_size: Any = None
) -> Any:
    """The maxima back at their places, zeros elsewhere, [N, C, L] or [C, L]."""
    return _unpool(input, indices, 1, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, output_size: Any = None
) -> Any:
    """The maxima back at their places, zeros elsewhere, [N, C, H, W] or [C, H, W]; `output_size` where pooling cut something off."""
    return _unpool(input, indices, 2, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, output_size: Any = None
) -> Any:
    """The maxima back at their places, zeros elsewhere, [N, C, D, H, W] or [C, D, H, W]."""
    return _unpool(input, indices, 3, kernel_size, stride, padding, output_size)


shown_as_private(fractional_max_pool2d, fractional_max_pool3d)
