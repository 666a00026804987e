"""The initializers: constants, random rules, and given values. Sources of the rules: plait/layers/init.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import init
from plait.paddle._tensor import Tensor
from plait.paddle.nn.initializer import _drawing
from plait.paddle.nn.initializer.initializer import Initializer, calculate_gain, store

__all__ = [
    "Assign", "Bilinear", "Constant", "ConstantInitializer", "Dirac", "KaimingNormal", "KaimingUniform", "MSRAInitializer", "Normal",
    "NormalInitializer", "NumpyArrayInitializer", "Orthogonal", "TruncatedNormal", "TruncatedNormalInitializer", "Uniform",
    "UniformInitializer", "XavierInitializer", "XavierNormal", "XavierUniform",
]  # fmt: skip


def _given(what: str, **values: Any) -> None:
    for name, value in values.items():
        if value is None:
            raise AssertionError(f"{what}: {name} should not be None")


class ConstantInitializer(Initializer):
    """Every element is `value`."""

    def __init__(self, value: float = 0.0, force_cpu: bool = False) -> None:
        _given("Constant", value=value)
        super().__init__()
        self._value = value
        self._force_cpu = force_cpu

    def forward(self, var: Any, block: Any = None) -> None:
        """Fill `var`."""
        store(var, np.full(var.array.shape, float(self._value)))


class Constant(ConstantInitializer):
    """Every element is `value`; ValueError for None.

    >>> from plait import paddle
    >>> paddle.nn.Linear(1, 2, weight_attr=Constant(2.0)).weight.tolist()
    [[2.0, 2.0]]
    """

    def __init__(self, value: float = 0.0) -> None:
        if value is None:
            raise ValueError("value must not be none.")
        super().__init__(value=value)


class NormalInitializer(Initializer):
    """Normal with mean `loc` and standard deviation `scale`."""

    def __init__(self, loc: float = 0.0, scale: float = 1.0, seed: int = 0) -> None:
        _given("Normal", loc=loc, scale=scale, seed=seed)
        super().__init__()
        self._mean, self._std_dev, self._seed = loc, scale, seed

    def forward(self, var: Any, block: Any = None) -> None:
        """Fill `var`."""
        store(var, _drawing.normal(var.array.shape, var.array.dtype, self._mean, self._std_dev, self._seed))


class Normal(NormalInitializer):
    """Normal with that mean and standard deviation."""

    def __init__(self, mean: float = 0.0, std: float = 1.0, name: str | None = None) -> None:
        _given("Normal", mean=mean, std=std)
        super().__init__(loc=mean, scale=std)


class TruncatedNormalInitializer(Initializer):
    """Normal, cut to [a, b]."""

    def __init__(self, loc: float = 0.0, scale: float = 1.0, seed: int = 0, a: float = -2.0, b: float = 2.0) -> None:
        _given("TruncatedNormal", loc=loc, scale=scale, seed=seed, a=a, b=b)
        super().__init__()
        self._mean, self._std_dev, self._seed, self._a, self._b = loc, scale, seed, a, b

    def forward(self, var: Any, block: Any = None) -> None:
        """Fill `var`."""
        drawn = _drawing.truncated_normal(
            var.array.shape, var.array.dtype, self._mean, self._std_dev, self._a, self._b, self._seed
        )
        store(var, drawn)


class TruncatedNormal(TruncatedNormalInitializer):
    """Normal with that mean and standard deviation, cut to [a, b]."""

    def __init__(
        self, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, name: str | None = None
    ) -> None:
        _given("TruncatedNormal", mean=mean, std=std, a=a, b=b)
        super().__init__(loc=mean, scale=std, a=a, b=b)


class UniformInitializer(Initializer):
    """Uniform in [low, high); with `diag_num` elements that lie `diag_step` apart set to `diag_val`."""

    def __init__(
        self,
        low: float = -1.0,
        high: float = 1.0,
        seed: int = 0,
        diag_num: int = 0,
        diag_step: int = 0,
        diag_val: float = 1.0,
    ) -> None:
        _given("Uniform", low=low, high=high, seed=seed, diag_num=diag_num, diag_step=diag_step, diag_val=diag_val)
        if high < low:
            raise AssertionError(f"Uniform: high should greater or equal than low, but received low={low}, high={high}")
        super().__init__()
        self._low, self._high, self._seed = low, high, seed
        self._diag_num, self._diag_step, self._diag_val = diag_num, diag_step, diag_val

    def forward(self, var: Any, block: Any = None) -> None:
        """Fill `var`."""
        store(var, _drawing.uniform(var.array.shape, var.array.dtype, self._low, self._high, self._seed))


class Uniform(UniformInitializer):
    """Uniform in [low, high)."""

    def __init__(self, low: float = -1.0, high: float = 1.0, name: str | None = None) -> None:
        super().__init__(low=low, high=high)


class XavierInitializer(Initializer):
    """Glorot's rule: the variance is 2·gain² / (fan_in + fan_out), uniform or normal."""

    def __init__(
        self, uniform: bool = True, fan_in: Any = None, fan_out: Any = None, seed: int = 0, gain: float = 1.0
    ) -> None:
        _given("Xavier", uniform=uniform, seed=seed)
        super().__init__()
        self._uniform, self._fan_in, self._fan_out, self._seed, self._gain = uniform, fan_in, fan_out, seed, gain

    def forward(self, var: Any, block: Any = None) -> None:
        """Fill `var`."""
        fan_in, fan_out = self._compute_fans(var)
        fan_in = fan_in if self._fan_in is None else self._fan_in
        fan_out = fan_out if self._fan_out is None else self._fan_out
        fans = float(fan_in + fan_out)
        some = 0 not in (fan_in, fan_out)
        shape, dtype = var.array.shape, var.array.dtype
        if self._uniform:
            limit = self._gain * math.sqrt(6.0 / fans) if some else 0.0
            store(var, _drawing.uniform(shape, dtype, -limit, limit, self._seed))
        else:
            std = self._gain * math.sqrt(2.0 / fans) if some else 0.0
            store(var, _drawing.normal(shape, dtype, 0.0, std, self._seed))


class XavierNormal(XavierInitializer):
    """Glorot's rule, normal."""

    def __init__(self, fan_in: Any = None, fan_out: Any = None, gain: float = 1.0, name: str | None = None) -> None:
        super().__init__(uniform=False, fan_in=fan_in, fan_out=fan_out, gain=gain)


class XavierUniform(XavierInitializer):
    """Glorot's rule, uniform: what weights get that no one says more of."""

    def __init__(self, fan_in: Any = None, fan_out: Any = None, gain: float = 1.0, name: str | None = None) -> None:
        super().__init__(uniform=True, fan_in=fan_in, fan_out=fan_out, gain=gain)


class MSRAInitializer(Initializer):
    """He's rule: the variance is gain² / fan. ValueError for a mode other than "fan_in" and "fan_out"."""

    def __init__(
        self,
        uniform: bool = True,
        fan_in: Any = None,
        seed: int = 0,
        negative_slope: float = 0,
        nonlinearity: str = "relu",
        mode: str = "fan_in",
    ) -> None:
        _given("MSRA", uniform=uniform, seed=seed)
        super().__init__()
        self._uniform, self._fan_in, self._seed = uniform, fan_in, seed
        self._negative_slope, self._nonlinearity, self._mode = negative_slope, nonlinearity, mode
        if mode not in ("fan_in", "fan_out"):
            raise ValueError(
                f"The mode of KaimingNormal/KaimingUniform should be 'fan_in' or 'fan_out', but received {mode}."
            )
        if mode == "fan_out" and fan_in is not None:
            raise ValueError(
                "The mode of KaimingNormal/KaimingUniform is 'fan_out', but fan_in is set. Please set fan_in to None."
            )

    def forward(self, var: Any, block: Any = None) -> None:
        """Fill `var`."""
        fan_in, fan_out = self._compute_fans(var)
        fan = fan_out if self._mode == "fan_out" else fan_in if self._fan_in is None else self._fan_in
        gain = calculate_gain(self._nonlinearity, self._negative_slope)
        shape, dtype = var.array.shape, var.array.dtype
        if self._uniform:
            limit = gain * math.sqrt(3.0 / float(fan))
            store(var, _drawing.uniform(shape, dtype, -limit, limit, self._seed))
        else:
            store(var, _drawing.normal(shape, dtype, 0.0, gain / math.sqrt(float(fan)), self._seed))


class KaimingNormal(MSRAInitializer):
    """He's rule, normal."""

    def __init__(
        self, fan_in: Any = None, negative_slope: float = 0.0, nonlinearity: str = "relu", mode: str = "fan_in"
    ) -> None:
        super().__init__(False, fan_in, 0, negative_slope, nonlinearity, mode)


class KaimingUniform(MSRAInitializer):
    """He's rule, uniform."""

    def __init__(
        self, fan_in: Any = None, negative_slope: float = 0.0, nonlinearity: str = "relu", mode: str = "fan_in"
    ) -> None:
        super().__init__(True, fan_in, 0, negative_slope, nonlinearity, mode)


class NumpyArrayInitializer(Initializer):
    """The given values; the parameter takes on their shape."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, np.ndarray):
            raise AssertionError(
                f"NumpyArrayInitializer: value must be a numpy.ndarray, but received {type(value).__name__}"
            )
        super().__init__()
        self._value = value

    def forward(self, var: Any, block: Any = None) -> None:
        """Fill `var`."""
        store(var, self._value)


class Assign(NumpyArrayInitializer):
    """The given values: an ndarray, list, tuple or Tensor; AssertionError for others."""

    def __init__(self, value: Any, name: str | None = None) -> None:
        if isinstance(value, Tensor):
            value = dtypes.working(value.array).copy()
        elif isinstance(value, (list, tuple)):
            value = np.array([v.array if isinstance(v, Tensor) else v for v in value])
        super().__init__(value)


class Bilinear(Initializer):
    """Bilinear upsampling as a transposed convolution's weights [o, i, k, k]; ValueError for other shapes."""

    def __init__(self) -> None:
        super().__init__()

    def forward(self, var: Any, block: Any = None) -> None:
        """Fill `var`."""
        shape = var.array.shape
        if len(shape) != 4:
            raise ValueError(f"Bilinear: the length of shape must be 4, but received {list(shape)}")
        if shape[2] != shape[3]:
            raise ValueError(f"Bilinear: shape[2] must be equal to shape[3], but received {list(shape)}")
        weights = np.empty(shape, np.float32)
        init.bilinear(weights)
        store(var, weights)


class Dirac(Initializer):
    """Channels pass unchanged: one at the window's middle. AssertionError for groups that do not divide the outputs."""

    def __init__(self, groups: int = 1, name: str | None = None) -> None:
        if not (isinstance(groups, int) and groups > 0):
            raise AssertionError(f"Dirac: 'groups' must be a positive integer, but received {groups}")
        super().__init__()
        self._groups = groups

    def forward(self, var: Any, block: Any = None) -> None:
        """Fill `var`."""
        shape = var.array.shape
        if len(shape) not in (3, 4, 5):
            raise AssertionError(
                f"Only Tensor with 3/4/5 dimensions can be initialized by Dirac, but received {list(shape)}"
            )
        if shape[0] % self._groups:
            raise AssertionError(
                f"Tensor 0-dimension must be divisible by groups, but received {list(shape)} and groups={self._groups}"
            )
        weights = np.empty(shape, np.float32)
        init.dirac(weights, self._groups)
        store(var, weights)


class Orthogonal(Initializer):
    """`gain` times a matrix of orthonormal rows or columns (all dimensions but the first taken as one)."""

    def __init__(self, gain: float = 1.0, name: str | None = None) -> None:
        _given("Orthogonal", gain=gain)
        super().__init__()
        self._gain = gain

    def forward(self, var: Any, block: Any = None) -> None:
        """Fill `var`."""
        shape = var.array.shape
        if len(shape) < 2:
            raise AssertionError(
                f"Only Tensor with 2 or more dimensions can be initialized by Orthogonal, but received {list(shape)}"
            )
        rows, columns = shape[0], math.prod(shape[1:])
        drawn = _drawing.normal((max(rows, columns), min(rows, columns)), var.array.dtype, 0.0, 1.0)
        store(var, init.orthonormal(drawn, rows < columns).reshape(shape) * self._gain)
