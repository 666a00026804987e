"""Activation layers: a row each of arguments, attributes and text."""

from __future__ import annotations

from typing import Any

from plait.layers.layout import Place
from plait.paddle._dtypes import get_default_dtype
from plait.paddle.functions._common import need_tensor
from plait.paddle.nn import functional as F
from plait.paddle.nn._aliases import renamed
from plait.paddle.nn.initializer import Constant
from plait.paddle.nn.layer.layers import Layer

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Maxout",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softmax2D",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Swish",
    "Tanh",
    "Tanhshrink",
    "ThresholdedReLU",
]  # fmt: skip


class _Named(Layer):
    """A layer with a `name`, told after whatever else it tells."""

    _name: str | None

    def _told(self, *parts: str) -> str:
        return ", ".join([*parts, f"name={self._name}"] if self._name else parts)


class _Plain(_Named):
    """A layer without settings."""

    _call: Any

    def __init__(self, name: str | None = None) -> None:
        super().__init__()
        self._name = name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return type(self)._call(x)

    def extra_repr(self) -> str:
        return self._told()


class ReLU(_Plain):
    """max(x, 0)."""

    _call = staticmethod(F.relu)


class ReLU6(_Plain):
    """min(max(x, 0), 6)."""

    _call = staticmethod(F.relu6)


class Hardswish(_Plain):
    """x · min(max(x + 3, 0), 6) / 6."""

    _call = staticmethod(F.hardswish)


class Tanh(_Plain):
    """tanh(x)."""

    _call = staticmethod(F.tanh)


class Softsign(_Plain):
    """x / (1 + |x|)."""

    _call = staticmethod(F.softsign)


class Swish(_Plain):
    """x / (1 + e**-x)."""

    _call = staticmethod(F.swish)


class Mish(_Plain):
    """x · tanh(log(1 + e**x))."""

    _call = staticmethod(F.mish)


class Tanhshrink(_Plain):
    """x - tanh(x)."""

    _call = staticmethod(F.tanhshrink)


class LogSigmoid(_Plain):
    """log(1 / (1 + e**-x))."""

    _call = staticmethod(F.log_sigmoid)


class _Public(Layer):
    """A layer without settings whose name is a public attribute."""

    _call: Any

    def __init__(self, name: str | None = None) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return type(self)._call(x)

    def extra_repr(self) -> str:
        return f"name={self.name}" if self.name else ""


class Sigmoid(_Public):
    """1 / (1 + e**-x)."""

    _call = staticmethod(F.sigmoid)


class Hardsigmoid(_Public):
    """x / 6 + 1/2 kept inside [0, 1]."""

    _call = staticmethod(F.hardsigmoid)


class _Alpha(_Named):
    _call: Any

    def __init__(self, alpha: float = 1.0, name: str | None = None) -> None:
        super().__init__()
        self._alpha, self._name = alpha, name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return type(self)._call(x, self._alpha)

    def extra_repr(self) -> str:
        return self._told(f"alpha={self._alpha}")


class ELU(_Alpha):
    """x where x > 0, else alpha · (e**x - 1)."""

    _call = staticmethod(F.elu)


class CELU(_Alpha):
    """max(0, x) + min(0, alpha · (e**(x / alpha) - 1))."""

    _call = staticmethod(F.celu)


class SELU(_Named):
    """scale · x where x > 0, else scale · alpha · (e**x - 1)."""

    def __init__(
        self, scale: float = 1.0507009873554805, alpha: float = 1.6732632423543772, name: str | None = None
    ) -> None:
        super().__init__()
        self._scale, self._alpha, self._name = scale, alpha, name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.selu(x, self._scale, self._alpha)

    def extra_repr(self) -> str:
        return self._told(f"scale={self._scale:.16f}", f"alpha={self._alpha:.16f}")


class GELU(_Named):
    """x times the normal distribution's cdf at x, or with `approximate` its approximation by tanh."""

    def __init__(self, approximate: Any = False, name: str | None = None) -> None:
        super().__init__()
        self._approximate, self._name = approximate, name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.gelu(x, self._approximate)

    def extra_repr(self) -> str:
        return self._told(f"approximate={self._approximate}")


class GLU(_Named):
    """The first half along `axis` times the sigmoid of the second."""

    @renamed("axis:dim")
    def __init__(self, axis: int = -1, name: str | None = None) -> None:
        super().__init__()
        self._axis, self._name = axis, name

    @renamed("x:input")
    def forward(self, x: Any) -> Any:
        """Half as long along the axis."""
        return F.glu(x, self._axis)

    def extra_repr(self) -> str:
        return self._told(f"axis={self._axis}")

    @property
    def dim(self) -> int:
        """The axis."""
        return self._axis

    @dim.setter
    def dim(self, value: int) -> None:
        self._axis = value


class _Shrink(_Named):
    _call: Any

    @renamed("threshold:lambd")
    def __init__(self, threshold: float = 0.5, name: str | None = None) -> None:
        super().__init__()
        self._threshold, self._name = threshold, name

    @renamed("x:input")
    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return type(self)._call(x, self._threshold)

    def extra_repr(self) -> str:
        return self._told(f"threshold={self._threshold}")

    @property
    def lambd(self) -> float:
        """The threshold."""
        return self._threshold

    @lambd.setter
    def lambd(self, value: float) -> None:
        self._threshold = value


class Hardshrink(_Shrink):
    """x where |x| > threshold, else 0."""

    _call = staticmethod(F.hardshrink)


class Softshrink(_Shrink):
    """x moved towards 0 by threshold, at most to 0."""

    _call = staticmethod(F.softshrink)


class Hardtanh(_Named):
    """x kept inside [min, max]."""

    def __init__(self, min: float = -1.0, max: float = 1.0, name: str | None = None) -> None:
        super().__init__()
        self._min, self._max, self._name = min, max, name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.hardtanh(x, self._min, self._max)

    def extra_repr(self) -> str:
        return self._told(f"min={self._min}", f"max={self._max}")


class PReLU(_Named):
    """x where x > 0, else `_weight` · x, with one weight for all or one a channel."""

    _places = {"_weight": Place("weight")}

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, weight_attr: Any = None, data_format: str = "NCHW", name: str | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        self._num_parameters, self._init, self._weight_attr = num_parameters, init, weight_attr
        self._name, self._data_format = name, data_format
        self._weight = self.create_parameter([num_parameters], weight_attr, get_default_dtype(), False, Constant(init))

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.prelu(x, self._weight, self._data_format)

    def extra_repr(self) -> str:
        return self._told(
            f"num_parameters={self._num_parameters}", f"data_format={self._data_format}", f"init={self._init}", f"dtype={self._dtype}"
        )  # fmt: skip


class RReLU(_Named):
    """x where x >= 0, else x times a slope drawn from [lower, upper) in training, else times their mean."""

    def __init__(self, lower: float = 1.0 / 8.0, upper: float = 1.0 / 3.0, name: str | None = None) -> None:
        super().__init__()
        self._lower, self._upper, self._name = lower, upper, name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.rrelu(x, self._lower, self._upper, self.training)

    def extra_repr(self) -> str:
        return self._told(
            f"lower={self._lower}", f"upper={self._upper}", f"training={self.training}", f"dtype={self._dtype}"
        )


class LeakyReLU(_Named):
    """x where x > 0, else negative_slope · x."""

    def __init__(self, negative_slope: float = 0.01, name: str | None = None) -> None:
        super().__init__()
        self._negative_slope, self._name = negative_slope, name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.leaky_relu(x, self._negative_slope)

    def extra_repr(self) -> str:
        return self._told(f"negative_slope={self._negative_slope}")


class Softplus(_Named):
    """log(1 + e**(beta · x)) / beta, and x where beta · x > threshold."""

    def __init__(self, beta: float = 1, threshold: float = 20, name: str | None = None) -> None:
        super().__init__()
        self._beta, self._threshold, self._name = beta, threshold, name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.softplus(x, self._beta, self._threshold)

    def extra_repr(self) -> str:
        return self._told(f"beta={self._beta}", f"threshold={self._threshold}")


class ThresholdedReLU(_Named):
    """x where x > threshold, else value."""

    def __init__(self, threshold: float = 1.0, value: float = 0.0, name: str | None = None) -> None:
        super().__init__()
        self._threshold, self._value, self._name = threshold, value, name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.thresholded_relu(x, self._threshold, self._value)

    def extra_repr(self) -> str:
        return self._told(f"threshold={self._threshold}", f"value={self._value}")


class Silu(_Named):
    """x / (1 + e**-x)."""

    def __init__(self, inplace: bool = False, name: str | None = None) -> None:
        super().__init__()
        self._name, self._inplace = name, inplace

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.silu(x, self._inplace)

    def extra_repr(self) -> str:
        return self._told(f"inplace={self._inplace}")


class Softmax(_Named):
    """e**x over its sum along `axis`."""

    def __init__(self, axis: int = -1, name: str | None = None) -> None:
        super().__init__()
        self._axis, self._dtype, self._name = axis, None, name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.softmax(x, self._axis)

    def extra_repr(self) -> str:
        return self._told(f"axis={self._axis}")


class LogSoftmax(_Named):
    """The logarithm of softmax along `axis`."""

    def __init__(self, axis: int = -1, name: str | None = None) -> None:
        super().__init__()
        self._axis, self._name = axis, name

    def forward(self, x: Any) -> Any:
        """Of x's shape."""
        return F.log_softmax(x, self._axis)

    def extra_repr(self) -> str:
        return self._told(f"axis={self._axis}")


class Softmax2D(_Named):
    """Softmax over the channels of [N, C, H, W] or [C, H, W]."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__()
        self._dtype, self._name = None, name

    def forward(self, x: Any) -> Any:
        """Of x's shape; AssertionError for other ranks than 3 and 4."""
        ndim = need_tensor(x, "softmax").array.ndim
        if ndim not in (3, 4):
            raise AssertionError(f"Softmax2D requires a 3D or 4D tensor as input. Received: {ndim}D.")
        return F.softmax(x, -3)

    def extra_repr(self) -> str:
        return self._told()


class Maxout(_Named):
    """The greatest of each `groups` neighbouring channels."""

    def __init__(self, groups: int, axis: int = 1, name: str | None = None) -> None:
        super().__init__()
        self._groups, self._axis, self._name = groups, axis, name

    def forward(self, x: Any) -> Any:
        """[N, C, …] to [N, C / groups, …]."""
        return F.maxout(x, self._groups, self._axis)

    def extra_repr(self) -> str:
        return self._told(f"groups={self._groups}", f"axis={self._axis}")
