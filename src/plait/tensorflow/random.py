"""tf.random: numbers with TensorFlow's digits, from the global seed or from seeds of their own.

Rules of this file: the recipes are in plait/ops/philox.py, the states of operations in plait/keras/random/_stateful.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from plait.keras._errors import InvalidArgumentError, refused
from plait.keras.ops.sorting import taken
from plait.keras.random._drawing import shifted
from plait.keras.random._stateful import set_seed as set_seed
from plait.keras.random._stateful import stream
from plait.ops import philox
from plait.tensorflow._call import as_tensor, dims, face, ints, numpy_of, wrap

__all__ = [
    "categorical", "normal", "set_seed", "shuffle", "stateless_categorical", "stateless_normal", "stateless_truncated_normal", "stateless_uniform",
    "truncated_normal", "uniform",
]  # fmt: skip


_OPS = {"normal": "RandomStandardNormal", "truncated_normal": "TruncatedNormal"}


def _floating(dtype: Any) -> np.dtype:
    want = numpy_of(dtype)
    if want.kind not in "fV":
        raise InvalidArgumentError(
            f"Value for attr 'dtype' of {want} is not in the list of allowed values: half, bfloat16, float, double"
        )
    return want


def _count(shape: tuple[int, ...]) -> int:
    n = 1
    for d in shape:
        n *= d
    return n


def _drawn(name: str, recipe: Any, shape: Any, scale: Any, shift: Any, dtype: Any, seed: Any) -> Any:
    sizes, want = dims(shape, _OPS.get(name, "RandomUniform")), _floating(dtype)
    source = stream((name, want.str), seed, 256 * _count(sizes))
    return shifted(recipe(source, sizes, want), scale, shift, want)


@face
def normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", seed: Any = None, name: Any = None
) -> Any:
    """Normal numbers."""
    return _drawn("normal", philox.normal, shape, stddev, mean, dtype, seed)


@face
def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", seed: Any = None, name: Any = None
) -> Any:
    """Normal numbers less than two deviations from the mean."""
    return _drawn("truncated_normal", philox.truncated_normal, shape, stddev, mean, dtype, seed)


@face
def uniform(
    shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", seed: Any = None, name: Any = None
) -> Any:
    """Numbers (or, for an integer dtype, integers) in [minval, maxval)."""
    want = numpy_of(dtype)
    if want.kind in "iu":
        if maxval is None:
            raise ValueError(f"Must specify maxval for integer dtype {want.name!r}")
        sizes = dims(shape, "RandomUniformInt")
        source = stream(("uniform_int", want.str), seed, 256 * _count(sizes))
        return _integers(source, sizes, minval, maxval, want)
    high = 1 if maxval is None else maxval
    low, top = (as_tensor(v, want if isinstance(v, (int, float)) else None).array for v in (minval, high))
    return _drawn("uniform", philox.uniform, shape, top - low, low, dtype, seed)


def _integers(source: Any, sizes: tuple[int, ...], minval: Any, maxval: Any, want: np.dtype) -> Any:
    low, high = int(minval), int(maxval)
    if low >= high:
        raise refused("RandomUniformInt", f"Need minval < maxval, got {low} >= {high}")
    return wrap(philox.integers(source, sizes, low, high, want))


@face
def shuffle(value: Any, seed: Any = None, name: Any = None) -> Any:
    """The slices along axis 0 in a random order."""
    x = as_tensor(value)
    if not x.array.ndim or x.array.shape[0] <= 1:
        return x
    n = x.array.shape[0]
    return taken(x, philox.order(stream("shuffle", seed, philox.order_blocks(n)), n), 0)


@face
def categorical(logits: Any, num_samples: Any, dtype: Any = None, seed: Any = None, name: Any = None) -> Any:
    """Classes drawn with the probabilities of each row's softmax."""
    x = as_tensor(logits).array
    rows, n = x.shape[0], int(num_samples)
    source = stream("categorical", seed, rows * ((n + 3) // 4 * 4) * 2 // 4)
    return wrap(philox.categories(source, x, n).astype(numpy_of(dtype or "int64")))


# --- without a state ---------------------------------------------------------------------------------------------------------


def _stream(seed: Any) -> Any:
    pair = ints(seed)
    if len(pair) != 2:
        raise InvalidArgumentError(f"seed must have shape [2], not [{len(pair)}]")
    return philox.scrambled(pair[0], pair[1])


def _stateless(name: str, draw: Callable[..., Any], text: str) -> Callable[..., Any]:
    def row(
        shape: Any,
        seed: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = "float32",
        name: Any = None,
        alg: Any = "auto_select",
    ) -> Any:
        want = _floating(dtype)
        return shifted(draw(_stream(seed), dims(shape), want), stddev, mean, want)

    row.__name__ = row.__qualname__ = name
    row.__doc__ = text
    return face(row)


stateless_normal = _stateless("stateless_normal", philox.normal, "Normal numbers, the same for the same pair of seeds.")
stateless_truncated_normal = _stateless(
    "stateless_truncated_normal",
    philox.truncated_normal,
    "Normal numbers less than two deviations from the mean, the same for the same pair of seeds.",
)


@face
def stateless_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = "float32",
    name: Any = None,
    alg: Any = "auto_select",
) -> Any:
    """Numbers or integers in [minval, maxval), the same for the same pair of seeds."""
    want = numpy_of(dtype)
    if want.kind in "iu":
        if maxval is None:
            return wrap(philox.every_integer(_stream(seed), dims(shape), want))
        return _integers(_stream(seed), dims(shape), minval, maxval, want)
    low, top = (as_tensor(v, want).array for v in (minval, 1 if maxval is None else maxval))
    return shifted(philox.uniform(_stream(seed), dims(shape), want), top - low, low, want)


@face
def stateless_categorical(logits: Any, num_samples: Any, seed: Any, dtype: Any = "int64", name: Any = None) -> Any:
    """Classes drawn with the probabilities of each row's softmax, the same for the same pair of seeds."""
    return wrap(philox.categories(_stream(seed), as_tensor(logits).array, int(num_samples)).astype(numpy_of(dtype)))
