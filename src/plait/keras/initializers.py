"""keras.initializers: where weights start.

Rules of this file: an initializer with a seed gives the same values at every call; without one it draws its seed when it is made. Random
numbers are those of `keras.random`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _dtypes, _families
from plait.keras._convert import as_tensor, is_tensor
from plait.keras._tensor import Tensor
from plait.layers import init as meaning

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "IdentityInitializer", "Initializer", "LecunNormal",
    "LecunUniform", "Ones", "Orthogonal", "OrthogonalInitializer", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling",
    "Zeros", "constant", "deserialize", "get", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity", "lecun_normal",
    "lecun_uniform", "ones", "orthogonal", "random_normal", "random_uniform", "serialize", "truncated_normal", "variance_scaling", "zeros",
]  # fmt: skip


def _full(shape: Any, value: Any, dtype: Any) -> Any:
    to = _dtypes.numpy_dtype(dtype)
    held = dtypes.cast(np.asarray(value), to)
    return Tensor.wrap(np.full(tuple(shape), held, to))


class Initializer:
    """Called with a shape and a dtype it gives a tensor."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """The tensor; for subclasses to give."""
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The initializer that `get_config` describes."""
        return cls(**config)

    def clone(self) -> Any:
        """Another one like it; it draws the same values only if it was given a seed."""
        return type(self).from_config(self.get_config())


class Constant(Initializer):
    """`value` everywhere."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """A tensor of this shape, of the value or what it broadcasts to."""
        value = as_tensor(self.value).array if is_tensor(self.value) else self.value
        return _full(shape, value, dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"value": _families.serialize(self.value)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The initializer that `get_config` describes."""
        from plait.keras.saving import serialization_lib

        return cls(serialization_lib.deserialize_keras_object(config["value"]))


class Zeros(Initializer):
    """0 everywhere."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """A tensor of zeros."""
        return _full(shape, 0, dtype)


class Ones(Initializer):
    """1 everywhere."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """A tensor of ones."""
        return _full(shape, 1, dtype)


class Identity(Initializer):
    """A matrix with `gain` on its diagonal."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """A matrix of this shape; ValueError for another rank."""
        if len(shape) != 2:
            raise ValueError(
                f"Identity matrix initializer can only be used for 2D matrices. Received: shape={shape} of rank {len(shape)}."
            )
        return Tensor.wrap(dtypes.cast(np.eye(*shape) * self.gain, _dtypes.numpy_dtype(dtype)))


class RandomInitializer(Initializer):
    """The base of those that draw."""

    def __init__(self, seed: Any = None) -> None:
        from plait.keras.random import _seed

        self._init_seed = seed
        if seed is None:
            seed = _seed.make_default_seed()
        elif isinstance(seed, dict):
            from plait.keras.saving import serialization_lib

            seed = serialization_lib.deserialize_keras_object(seed)
        elif not isinstance(seed, (int, _seed.SeedGenerator)):
            raise ValueError(
                f"`seed` argument should be an instance of `keras.random.SeedGenerator()` or an integer. Received: seed={seed}"
            )
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"seed": _families.serialize(self._init_seed)}


class RandomNormal(RandomInitializer):
    """Normal numbers."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean, self.stddev = mean, stddev
        super().__init__(seed=seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draws."""
        from plait.keras.random import _drawing as random

        return random.normal(shape, mean=self.mean, stddev=self.stddev, seed=self.seed, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normal numbers, drawn anew where they lie more than two deviations off."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draws."""
        from plait.keras.random import _drawing as random

        return random.truncated_normal(shape, mean=self.mean, stddev=self.stddev, seed=self.seed, dtype=dtype)


class RandomUniform(RandomInitializer):
    """Numbers of [minval, maxval), each as likely."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        self.minval, self.maxval = minval, maxval
        super().__init__(seed=seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draws."""
        from plait.keras.random import _drawing as random

        return random.uniform(shape, minval=self.minval, maxval=self.maxval, seed=self.seed, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


def compute_fans(shape: Any, input_axes: Any = None, output_axes: Any = None) -> tuple[int, int]:
    """How many inputs an output sees and how many outputs an input, for a weight [kernel…, in, out] or by axes."""
    shape = tuple(shape)
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        n = shape[0] if shape else 1
        return n, n
    return meaning.fans((shape[-1], shape[-2], *shape[:-2]))


class VarianceScaling(RandomInitializer):
    """Draws whose variance is `scale` over the number of inputs, outputs or their mean."""

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Any = None,
        output_axes: Any = None,
    ) -> None:
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        modes = ("fan_in", "fan_out", "fan_avg")
        if mode not in modes:
            raise ValueError(f"Invalid `mode` argument: {mode}. Please use one of {set(modes)}")
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        kinds = ("uniform", "truncated_normal", "untruncated_normal")
        if distribution not in kinds:
            raise ValueError(f"Invalid `distribution` argument: {distribution}. Please use one of {set(kinds)}")
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes
        super().__init__(seed=seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draws."""
        from plait.keras.random import _drawing as random

        fans = compute_fans(shape, self.input_axes, self.output_axes)
        variance = meaning.scaled_variance(*fans, self.scale, self.mode)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return random.uniform(shape, minval=-limit, maxval=limit, dtype=dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, mean=0.0, stddev=math.sqrt(variance), dtype=dtype, seed=self.seed)
        std = math.sqrt(variance) / meaning.TRUNCATED_STD
        return random.truncated_normal(shape, mean=0.0, stddev=std, dtype=dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {"scale": self.scale, "mode": self.mode, "distribution": self.distribution}
        return {**super().get_config(), **config, "input_axes": self.input_axes, "output_axes": self.output_axes}


class _Named(VarianceScaling):
    """A scale, a mode and a distribution with a name of their own."""

    _scale, _mode, _distribution = 1.0, "fan_in", "uniform"

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None) -> None:
        super().__init__(self._scale, self._mode, self._distribution, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**RandomInitializer.get_config(self), "input_axes": self.input_axes, "output_axes": self.output_axes}


class GlorotUniform(_Named):
    """Uniform, variance 2 / (inputs + outputs). Glorot and Bengio, 2010."""

    _mode = "fan_avg"


class GlorotNormal(_Named):
    """Truncated normal, variance 2 / (inputs + outputs). Glorot and Bengio, 2010."""

    _mode, _distribution = "fan_avg", "truncated_normal"


class LecunNormal(_Named):
    """Truncated normal, variance 1 / inputs."""

    _distribution = "truncated_normal"


class LecunUniform(_Named):
    """Uniform, variance 1 / inputs."""


class HeNormal(_Named):
    """Truncated normal, variance 2 / inputs. He et al., 2015."""

    _scale, _distribution = 2.0, "truncated_normal"


class HeUniform(_Named):
    """Uniform, variance 2 / inputs. He et al., 2015."""

    _scale = 2.0


class Orthogonal(RandomInitializer):
    """`gain` times orthonormal columns, of all axes but the last taken as one (rows where these are fewer). Saxe et al., 2013."""

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        self.gain = gain
        super().__init__(seed=seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draws; ValueError for fewer than two dimensions."""
        from plait.keras.random import _drawing as random

        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        columns = shape[-1]
        rows = math.prod(shape[:-1])
        drawn = random.normal((max(rows, columns), min(rows, columns)), seed=self.seed, dtype=dtype)
        q = meaning.orthonormal(dtypes.cast(drawn.array, dtypes.F64), rows < columns)
        return Tensor.wrap(dtypes.cast((q * self.gain).reshape(tuple(shape)), drawn.array.dtype))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "gain": self.gain}


constant, zeros, ones, identity, orthogonal = Constant, Zeros, Ones, Identity, Orthogonal
random_normal, random_uniform, truncated_normal, variance_scaling = (
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)
glorot_normal, glorot_uniform, he_normal, he_uniform = GlorotNormal, GlorotUniform, HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform
IdentityInitializer, OrthogonalInitializer = Identity, Orthogonal

_CLASSES = (
    Initializer, Constant, Identity, Ones, Zeros, GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform, Orthogonal,
    RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling,
)  # fmt: skip
_OBJECTS = _families.table(
    _CLASSES,
    {
        "IdentityInitializer": Identity, "OrthogonalInitializer": Orthogonal, "normal": RandomNormal, "one": Ones, "zero": Zeros,
        "uniform": RandomUniform,
    },
)  # fmt: skip


def serialize(initializer: Any) -> Any:
    """The config of an initializer, with its class."""
    return _families.serialize(initializer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The initializer that a config describes."""
    return _families.deserialize(config, _OBJECTS, custom_objects)


def _fixed(value: Any) -> Any:
    def initialize_fn(shape: Any, dtype: Any = None) -> Any:
        held = as_tensor(value).array
        if tuple(shape) != held.shape:
            raise ValueError(
                f"Expected `shape` to be {held.shape} for direct tensor as initializer. Received shape={shape}"
            )
        return Tensor.wrap(np.array(dtypes.cast(held, _dtypes.numpy_dtype(dtype))))

    return initialize_fn


def get(identifier: Any) -> Any:
    """The initializer that a name, a config, a class, a callable, an array or None stands for; ValueError for others."""
    if identifier is None:
        return None
    if isinstance(identifier, str):
        known = _OBJECTS.get(identifier)
        found = known() if known is not None else deserialize({"class_name": identifier, "config": {}})
    elif isinstance(identifier, dict):
        found = deserialize(identifier)
    elif is_tensor(identifier) or isinstance(identifier, (np.generic, np.ndarray)):
        return _fixed(identifier)
    else:
        found = identifier
    return _families.made(found, identifier, "initializer")
