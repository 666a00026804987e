"""Random tensors, drawn from the generator that `paddle.seed` starts; digits as Paddle's on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.ops import shape as shape_ops
from plait.ops.random64 import Generator64
from plait.paddle import _random
from plait.paddle._places import check_place
from plait.paddle._tensor import Tensor
from plait.paddle.functions._common import (
    LIKE,
    NEW,
    UNPINNED,
    check_leaf,
    function,
    integer,
    made,
    need_tensor,
    number,
    shape_of,
    wanted,
)

__all__ = [
    "bernoulli",
    "log_normal",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "standard_normal",
    "uniform",
]


def _real(dtype: Any, name: str, default: Any = None) -> Any:
    kind = wanted(dtype, default)
    if not dtypes.is_floating(kind):
        raise RuntimeError(f"(NotFound) {name}(): the dtype must be floating; got {kind}")
    return kind


def _engine(seed: int) -> Any:
    """The sequence that `paddle.seed` starts; for a seed that is not 0 one of its own."""
    return _random.engine() if seed == 0 else Generator64(seed, spread=False)


def _uniform(sizes: tuple[int, ...], kind: Any, low: Any, high: Any, seed: int = 0) -> Any:
    array = np.empty(sizes, kind)
    _engine(seed).uniform(array, float(low), float(high))
    return array


def _normal(sizes: tuple[int, ...], kind: Any, mean: Any = 0.0, std: Any = 1.0, seed: int = 0) -> Any:
    array = np.empty(sizes, kind)
    _engine(seed).normal(array, float(mean), float(std))
    return array


@function("shape:size", method=False, sizes=0, new=NEW)
def rand(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Numbers of U[0, 1)."""
    return _uniform(shape_of(shape, "rand"), _real(dtype, "rand"), 0, 1)


@function(method=False, new=UNPINNED)
def uniform(
    shape: Any, dtype: Any = None, min: float = 0, max: float = 1.0, seed: int = 0, name: str | None = None
) -> Any:
    """Numbers of U[min, max); with a `seed` that is not 0, from a sequence of its own."""
    sizes = shape_of(shape, "uniform")
    array = _uniform(sizes, _real(dtype, "uniform"), number(min), number(max), seed)
    return array


@function("shape:size", method=False, sizes=0, new=NEW)
def randn(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Numbers of N(0, 1)."""
    return _normal(shape_of(shape, "randn"), _real(dtype, "randn"))


@function("shape:size", method=False, sizes=0, new=UNPINNED)
def standard_normal(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Numbers of N(0, 1)."""
    return _normal(shape_of(shape, "standard_normal"), _real(dtype, "standard_normal"))


@function(method=False, new=UNPINNED)
def gaussian(
    shape: Any, mean: Any = 0.0, std: Any = 1.0, seed: int = 0, dtype: Any = None, name: str | None = None
) -> Any:
    """Numbers of N(mean, std²); with a `seed` that is not 0, from a sequence of its own. `paddle.tensor` has it, `paddle` has not."""
    return _normal(shape_of(shape, "gaussian"), _real(dtype, "gaussian"), number(mean), number(std), seed)


@function("shape:size", method=False)
def normal(mean: Any = 0.0, std: Any = 1.0, shape: Any = None, name: str | None = None, *, out: Any = None) -> Tensor:
    """Numbers of N(mean, std²); the shape is that of `mean` or `std` where one is a tensor, else `shape` (or [1])."""
    source = mean if isinstance(mean, Tensor) else std if isinstance(std, Tensor) else None
    if source is None:
        sizes = (1,) if shape is None else shape_of(shape, "normal")
        return made(_normal(sizes, wanted(None), mean, std))
    noise = made(
        _normal(source.array.shape, source.array.dtype if dtypes.is_floating(source.array.dtype) else wanted(None))
    )
    a, b = (shape_ops.to_dtype(v, noise.array.dtype) if isinstance(v, Tensor) else v for v in (mean, std))
    return noise * b + a


@function("shape:size", method=False)
def log_normal(
    mean: Any = 1.0, std: Any = 2.0, shape: Any = None, dtype: Any = None, name: str | None = None
) -> Tensor:
    """e to the numbers of N(mean, std²)."""
    return normal(mean, std, shape).exp()


def _integers(sizes: tuple[int, ...], low: Any, high: Any, kind: Any, name: str) -> Any:
    a, b = integer(low, name, "low"), integer(high, name, "high")
    if a >= b:
        raise ValueError(f"(InvalidArgument) {name}'s low must less then high, but received: low = {a}, high = {b}.")
    array = np.empty(sizes, kind)
    _random.engine().integers(array, a, b)
    return array


@function("shape:size", method=False)
def randint(low: int = 0, high: Any = None, shape: Any = [1], dtype: Any = None, name: str | None = None) -> Tensor:  # noqa: B006
    """Whole numbers of [low, high), or of [0, low) without `high`; int64."""
    if high is None:
        if integer(low, "randint", "low") <= 0:
            raise ValueError(f"If high is None, low must be greater than 0, but received low = {low}.")
        low, high = 0, low
    kind = wanted(dtype, dtypes.I64)
    if kind not in (dtypes.I64, dtypes.I32):
        raise RuntimeError(f"(NotFound) randint(): the dtype must be int32 or int64; got {kind}")
    return made(_integers(shape_of(shape, "randint"), low, high, kind, "randint"))


@function("x:input", method=False)
def randint_like(x: Any, low: int = 0, high: Any = None, dtype: Any = None, name: str | None = None) -> Tensor:
    """Whole numbers of [low, high) in the shape and dtype of `x`."""
    need_tensor(x, "randint_like")
    if high is None:
        if integer(low, "randint_like", "low") <= 0:
            raise ValueError(f"If high is None, low must be greater than 0, but received low = {low}.")
        low, high = 0, low
    kind = wanted(dtype, x.array.dtype)
    return made(_integers(x.array.shape, low, high, np.int64, "randint_like").astype(kind))


@function("x:input", method=False)
def rand_like(
    x: Any, name: str | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Numbers of U[0, 1) in the shape and dtype of `x`."""
    need_tensor(x, "rand_like")
    check_place(device)
    return made(_uniform(x.array.shape, _real(dtype, "rand_like", x.array.dtype), 0, 1), not requires_grad)


@function("x:input", method=False, new=LIKE[:2])
def randn_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Numbers of N(0, 1) in the shape and dtype of `x`."""
    need_tensor(x, "randn_like")
    return _normal(x.array.shape, _real(dtype, "randn_like", x.array.dtype))


@function(method=False, new=NEW)
def randperm(n: int, dtype: Any = "int64", name: str | None = None) -> Any:
    """0 … n − 1 in random order."""
    count = integer(n, "randperm", "n")
    if count < 0:
        raise RuntimeError(f"(PreconditionNotMet) randperm(): n must not be negative; got {count}")
    order = np.arange(count)
    _random.engine().shuffle(order)
    return order.astype(wanted(dtype))


@function("x:input", method=False)
def bernoulli(x: Any, p: Any = None, name: str | None = None) -> Tensor:
    """1 with the probability that `x` holds (or `p`), else 0."""
    need_tensor(x, "bernoulli")
    array = np.empty(x.array.shape, x.array.dtype)
    if p is None:
        low, high = (float(x.array.min()), float(x.array.max())) if x.array.size else (0.0, 1.0)
        if not (low >= 0 and high <= 1):
            raise IndexError(
                f"(OutOfRange) The probability should be >= 0 and <= 1, but got values from {low} to {high}"
            )
    _random.engine().bernoulli(array, x.array if p is None else number(p))
    return made(array)


@function("x:input")
def multinomial(
    x: Any, num_samples: int = 1, replacement: bool = False, name: str | None = None, *, out: Any = None
) -> Tensor:
    """Indices drawn with the weights of each row of `x` [categories] or [rows, categories]."""
    need_tensor(x, "multinomial")
    if x.array.ndim not in (1, 2):
        raise ValueError(
            f"(InvalidArgument) The number of dimensions of the input of multinomial must be 1 or 2; got {x.array.ndim}"
        )
    count = integer(num_samples, "multinomial", "num_samples")
    if count < 1:
        raise ValueError(f"(InvalidArgument) The number of samples must be larger than 0; got {count}")
    rows = x.array.reshape(-1, x.array.shape[-1])
    if not (rows >= 0).all():
        raise ValueError(
            "(InvalidArgument) The input of multinomial distribution should be >= 0; it holds a negative number or NaN"
        )
    filled = np.count_nonzero(rows, axis=1)
    if not filled.all():
        raise ValueError("(InvalidArgument) The sum of one multinomial distribution probability should be > 0; it is 0")
    if not replacement and (filled < count).any():
        raise ValueError(
            f"(InvalidArgument) When replacement is False, number of samples should be less than non-zero categories: {count} samples, "
            f"{int(filled.min())} categories"
        )
    got = _random.engine().choice(rows, count, bool(replacement))
    return made(got if x.array.ndim == 2 else got[0])


@function("x:input", method=False)
def poisson(x: Any, name: str | None = None) -> Tensor:
    """Counts with the means that `x` holds; their digits are not Paddle's."""
    need_tensor(x, "poisson")
    words = np.random.Generator(np.random.PCG64(_random.engine().word()))
    return made(words.poisson(x.array).astype(x.array.dtype))


# --- in place ---------------------------------------------------------------------------------------------------------


def _fill(target: Tensor, values: Any) -> Tensor:
    from plait.op import bump

    check_leaf(target)
    target.array[...] = values
    bump(target)
    target.tape_node, target.tracks = None, False
    return target


@function()
def uniform_(x: Any, min: float = 0, max: float = 1.0, seed: int = 0, name: str | None = None) -> Tensor:
    """Fill with numbers of U[min, max)."""
    return _fill(x, _uniform(x.array.shape, x.array.dtype, min, max, seed))


@function()
def normal_(x: Any, mean: float = 0.0, std: float = 1.0, name: str | None = None) -> Tensor:
    """Fill with numbers of N(mean, std²)."""
    return _fill(x, _normal(x.array.shape, x.array.dtype, mean, std))


@function()
def exponential_(x: Any, lam: float = 1.0, name: str | None = None) -> Tensor:
    """Fill with the exponential distribution of rate `lam`."""
    array = np.empty_like(x.array, order="C")
    _random.engine().exponential(array, lam)
    return _fill(x, array)


@function()
def bernoulli_(x: Any, p: Any = 0.5, name: str | None = None) -> Tensor:
    """Fill with 1 of probability `p` and 0."""
    array = np.empty_like(x.array, order="C")
    _random.engine().bernoulli(array, np.broadcast_to(p.array, array.shape) if isinstance(p, Tensor) else p)
    return _fill(x, array)
