"""Dropout and noise, and a penalty on activity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait.keras import _config, _dtypes, regularizers
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.layer import Layer
from plait.keras.random import _drawing as random
from plait.keras.random._seed import SeedGenerator
from plait.layers import dropout as meaning
from plait.ops import elementwise as ew

__all__ = [
    "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D", "SpatialDropout2D",
    "SpatialDropout3D",
]  # fmt: skip


class _Drawing(Layer):
    """What draws in training: a number between 0 and 1, and a seed."""

    _argument = "rate"

    def _keep(self, value: float, seed: Any) -> None:
        name = self._argument
        if not 0 <= value <= 1:
            raise ValueError(
                f"Invalid value received for argument `{name}`. Expected a float value between 0 and 1. Received: {name}={value}"
            )
        setattr(self, name, value)
        self.seed = seed
        if value > 0:
            self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), self._argument: getattr(self, self._argument), "seed": self.seed}


def _check_noise_shape(noise_shape: Any) -> tuple[Any, ...] | None:
    words = "Invalid value received for argument `noise_shape`. Expected"
    if noise_shape is None:
        return None
    if isinstance(noise_shape, str):
        raise ValueError(f"{words} a tuple or list of integers. Received: noise_shape={noise_shape}")
    try:
        sizes = tuple(noise_shape)
    except TypeError:
        raise ValueError(
            f"{words} an iterable of integers (e.g., a tuple or list). Received: noise_shape={noise_shape}"
        ) from None
    for i, n in enumerate(sizes):
        if n is None:
            continue
        if not isinstance(n, int):
            raise ValueError(
                f"{words} all elements to be integers or None. Received element at index {i}: {n} (type: {type(n).__name__})"
            )
        if n <= 0:
            raise ValueError(
                f"{words} all dimensions to be positive integers or None. Received negative or zero value at index {i}: {n}"
            )
    return sizes


class Dropout(_Drawing):
    """In training, each element zero with probability `rate`, the others over 1 - rate; one draw for all along sizes of 1 in `noise_shape`."""

    def __init__(self, rate: float, noise_shape: Any = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.noise_shape = _check_noise_shape(noise_shape)
        self._keep(rate, seed)

    def _noise_shape_of(self, inputs: Any) -> Any:
        return self.noise_shape

    def call(self, inputs: Any, training: Any = False) -> Any:
        """Drop out, in training."""
        if training and self.rate > 0:
            return random.dropout(inputs, self.rate, noise_shape=self._noise_shape_of(inputs), seed=self.seed_generator)
        return inputs

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "noise_shape": self.noise_shape}


class BaseSpatialDropout(Dropout):
    """Dropout of whole channels."""

    rank = 0
    data_format = "channels_last"

    def __init__(
        self, rate: float, data_format: Any = None, seed: Any = None, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.data_format = _config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _noise_shape_of(self, inputs: Any) -> Any:
        shape = inputs.array.shape
        ones = (1,) * self.rank
        return (*shape[:2], *ones) if self.data_format == "channels_first" else (shape[0], *ones, shape[-1])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {"rate": self.rate, "seed": self.seed, "name": self.name, "dtype": self.dtype}
        return own if self.rank == 1 else {**own, "data_format": self.data_format}


class SpatialDropout1D(BaseSpatialDropout):
    """Dropout of whole channels of [batch, steps, channels]."""

    rank = 1

    def __init__(self, rate: float, seed: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(rate, "channels_last", seed, name, dtype)


class SpatialDropout2D(BaseSpatialDropout):
    """Dropout of whole channels of [batch, height, width, channels]."""

    rank = 2


class SpatialDropout3D(BaseSpatialDropout):
    """Dropout of whole channels of [batch, depth, height, width, channels]."""

    rank = 3


class AlphaDropout(_Drawing):
    """Dropout to SELU's saturation that keeps mean and variance. Klambauer et al., 2017."""

    def __init__(self, rate: float, noise_shape: Any = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.noise_shape = noise_shape
        self._keep(rate, seed)

    def call(self, inputs: Any, training: Any = False) -> Any:
        """Drop out, in training."""
        if not training or self.rate <= 0:
            return inputs
        shape = inputs.array.shape
        sizes = (
            shape
            if self.noise_shape is None
            else [n if m is None else m for n, m in zip(shape, self.noise_shape, strict=True)]
        )
        kept = random.uniform(sizes, seed=self.seed_generator).array >= np.float32(self.rate)
        return meaning.alpha_masked(inputs, kept, self.rate)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "noise_shape": self.noise_shape}


class GaussianDropout(_Drawing):
    """In training, the input times normal numbers of mean 1 and deviation √(rate / (1 - rate))."""

    def __init__(self, rate: float, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._keep(rate, seed)

    def call(self, inputs: Any, training: Any = False) -> Any:
        """Multiply, in training."""
        if not training or self.rate <= 0:
            return inputs
        return ew.mul(inputs, _normal(self, inputs, 1.0, math.sqrt(self.rate / (1.0 - self.rate))))


class GaussianNoise(_Drawing):
    """In training, the input plus normal numbers of deviation `stddev`."""

    _argument = "stddev"

    def __init__(self, stddev: float, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._keep(stddev, seed)

    def call(self, inputs: Any, training: Any = False) -> Any:
        """Add, in training."""
        if not training or self.stddev <= 0:
            return inputs
        return ew.add(inputs, _normal(self, inputs, 0.0, self.stddev))


def _normal(layer: Any, inputs: Any, mean: float, std: float) -> Any:
    dtype = layer.compute_dtype if _dtypes.is_float(layer.compute_dtype) else "float32"
    return random.normal(inputs.array.shape, mean=mean, stddev=std, dtype=dtype, seed=layer.seed_generator)


class ActivityRegularization(Layer):
    """The input itself; l1 · Σ|x| + l2 · Σx² is added to the losses."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.supports_masking = True
        self.l1, self.l2 = l1, l2
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        """The input."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return {**config, "l1": self.l1, "l2": self.l2}
