"""The functions of keras.random: TensorFlow's stateless draws from the seed that Keras hands out, digit by digit.

Rules of this file: a seed is an integer, a `SeedGenerator` or None (the global generator); the bits are those of plait/ops/philox.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _config, _convert, _dtypes
from plait.keras._tensor import Tensor
from plait.keras.ops._common import op, tensor
from plait.keras.ops.sorting import taken
from plait.keras.random._seed import draw_seed
from plait.ops import elementwise as ew
from plait.ops import philox

__all__ = [
    "categorical",
    "dropout",
    "dropped",
    "normal",
    "randint",
    "shuffle",
    "stream_of",
    "truncated_normal",
    "uniform",
]

_I32_MAX = 2147483647


def stream_of(seed: Any) -> philox.Stream:
    """The stream of a `seed` argument."""
    first, second = draw_seed(seed).tolist()
    return philox.scrambled(first % (_I32_MAX - 1), second % (_I32_MAX - 1))


def _sizes(shape: Any) -> tuple[int, ...]:
    if isinstance(shape, Tensor):
        shape = shape.array.tolist()
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(n) for n in shape)


def _floating(dtype: Any, name: str) -> np.dtype:
    want = _dtypes.numpy_dtype(dtype or _config.floatx())
    if want.kind not in "fV":
        raise ValueError(
            f"`keras.random.{name}` requires a floating point `dtype`. Received: dtype={_dtypes.standardize(dtype)}"
        )
    return want


def _number(value: Any, want: np.dtype) -> Any:
    return _convert.as_tensor(value, want if isinstance(value, (int, float)) else None).array


def shifted(drawn: Any, scale: Any, shift: Any, want: np.dtype) -> Any:
    """drawn * scale + shift, each step rounded to the dtype."""
    if want == dtypes.BFLOAT16:
        drawn = dtypes.as_float32(dtypes.to_bfloat16(drawn))
    work = dtypes.working(np.empty(0, want)).dtype
    a, b = (np.asarray(dtypes.working(_number(v, want))).astype(work) for v in (scale, shift))
    drawn = drawn.astype(work, copy=False)
    if not (a.ndim or b.ndim or want == dtypes.BFLOAT16):
        if a != 1:
            drawn *= a
        if b != 0:
            drawn += b
        return Tensor.wrap(drawn)
    scaled = dtypes.cast(np.asarray(drawn * a), want)
    return Tensor.wrap(dtypes.cast(np.asarray(dtypes.working(scaled) + b), want))


@op
def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Normal numbers.

    >>> from plait import keras
    >>> keras.random.normal((2, 3), seed=1).shape
    TensorShape([2, 3])
    """
    want = _floating(dtype, "normal")
    return shifted(philox.normal(stream_of(seed), _sizes(shape), want), stddev, mean, want)


@op
def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Normal numbers less than two deviations from the mean."""
    want = _floating(dtype, "truncated_normal")
    return shifted(philox.truncated_normal(stream_of(seed), _sizes(shape), want), stddev, mean, want)


@op
def uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers in [minval, maxval)."""
    want = _floating(dtype, "uniform")
    # Bounds that are Python numbers are float32 first, as TensorFlow's cast of them is.
    low, high = (dtypes.working(_convert.to(tensor(v), want).array) for v in (minval, maxval))
    return shifted(philox.uniform(stream_of(seed), _sizes(shape), want), high - low, low, want)


@op
def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Any:
    """Integers in [minval, maxval)."""
    want = _dtypes.numpy_dtype(dtype)
    if want.kind not in "iu":
        raise ValueError(f"`keras.random.randint` requires an integer `dtype`. Received: dtype={dtype}")
    wide = want if want in (dtypes.I32, dtypes.I64) else dtypes.I64
    low, high = int(minval), int(maxval)
    return Tensor.wrap(dtypes.cast(philox.integers(stream_of(seed), _sizes(shape), low, high, wide), want))


@op
def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """Classes drawn with the probabilities of each row's softmax: shape [rows, num_samples]."""
    x = tensor(logits)
    if x.array.ndim != 2:
        raise ValueError(f"keras.random.categorical: logits must have 2 dimensions; got shape {x.array.shape}")
    drawn = philox.categories(stream_of(seed), dtypes.working(x.array), int(num_samples))
    return Tensor.wrap(dtypes.cast(drawn, _dtypes.numpy_dtype(dtype)))


@op
def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """The slices along `axis` in a random order."""
    x = tensor(x)
    at = axis % x.array.ndim
    order = np.argsort(philox.uniform(stream_of(seed), (x.array.shape[at],)), kind="stable")
    return taken(x, order, at)


@op
def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """Each element 0 with probability `rate`, else over 1 - rate; one draw for each element of `noise_shape`, which broadcasts."""
    if not 0 <= rate <= 1:
        raise ValueError(f"dropout: rate must be between 0 and 1; got rate={rate}")
    if rate == 0.0:
        return inputs
    x = tensor(inputs)
    if rate == 1.0:
        return Tensor.wrap(np.zeros_like(x.array))
    return dropped(x, rate, noise_shape, stream_of(seed))


def dropped(x: Any, rate: float, noise_shape: Any, stream: philox.Stream) -> Any:
    """Dropout with the mask of a stream."""
    shape = x.array.shape
    if noise_shape is not None:
        shape = tuple(n if d is None else int(d) for d, n in zip(_sized(noise_shape), shape, strict=True))
    dtype = x.array.dtype
    drawn = philox.uniform(stream, shape, dtype)
    work = dtypes.working(np.empty(0, dtype)).dtype
    scale = work.type(1 / (1 - rate))
    mask = dtypes.cast(np.asarray(np.multiply(drawn >= work.type(rate), scale, dtype=work)), dtype)
    return ew.mul(x, Tensor.wrap(mask))


def _sized(shape: Any) -> Any:
    return shape.array.tolist() if isinstance(shape, Tensor) else shape
