"""Normalisation over groups of channels or axes; batch normalisation is in batch_normalization.py."""

from __future__ import annotations

import warnings
from typing import Any

from plait import dtypes
from plait.keras import _convert, _dtypes
from plait.keras.layers._options import check_axes, keep, told
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.layer import Layer
from plait.layers import norm
from plait.layers.layout import Place
from plait.layers.penalty import direction
from plait.ops import elementwise as ew
from plait.ops.shape import reshape

__all__ = ["GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization"]

OPTIONS = (
    "beta_initializer", "gamma_initializer", "beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint",
)  # fmt: skip


def wide(x: Any) -> Any:
    """A tensor in float32 or wider."""
    if x.array.dtype in (dtypes.F32, dtypes.F64):
        return x
    return _convert.to(x, _dtypes.numpy_dtype(_dtypes.result_type(x.dtype.name, "float32")))


def narrow(x: Any, dtype: str) -> Any:
    """A tensor in the dtype of computing."""
    return _convert.to(x, _dtypes.numpy_dtype(dtype))


class Normalising(Layer):
    """What has gamma and beta that are read as they are, whatever the dtype of computing."""

    places = {"gamma": Place("weight"), "beta": Place("bias")}

    def _make(self, name: str, shape: Any, wanted: bool) -> Any:
        if not wanted:
            return None
        return self.add_weight(
            name=name, shape=shape, initializer=getattr(self, f"{name}_initializer"), autocast=False,
            regularizer=getattr(self, f"{name}_regularizer"), constraint=getattr(self, f"{name}_constraint"),
        )  # fmt: skip

    def _as(self, name: str, x: Any) -> Any:
        """A weight in the dtype of `x`, or None."""
        weight = getattr(self, name)
        if weight is None:
            return None
        held = weight._read()
        return held if held.array.dtype == x.array.dtype else _convert.to(held, x.array.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's; ValueError where an axis is not one of its."""
        check_axes(self.axis, input_shape)
        return input_shape


def check_axis(axis: Any, words: str) -> Any:
    """An axis, or a list of them; TypeError for others."""
    if isinstance(axis, (list, tuple)):
        return list(axis)
    if isinstance(axis, int):
        return axis
    raise TypeError(f"{words}{axis!r}")


class LayerNormalization(Normalising):
    """Each sample less its mean over its deviation along `axis` (one or several), times gamma, plus beta. Ba, Kiros and Hinton, 2016.

    >>> import numpy as np
    >>> LayerNormalization()(np.ones((2, 3), "float32")).numpy().tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """

    def __init__(
        self, axis: Any = -1, epsilon: float = 0.001, center: bool = True, scale: bool = True, beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones", beta_regularizer: Any = None, gamma_regularizer: Any = None, beta_constraint: Any = None,
        gamma_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        rms_scaling = kwargs.pop("rms_scaling", False)
        if rms_scaling:
            warnings.warn(
                "You passed `rms_scaling=True`, which is deprecated. This argument incorrectly scales the input by the variance, not "
                "the root mean square. To correctly use RMS Normalization, please use `keras.layers.RMSNormalization` instead.",
                stacklevel=2,
            )
        super().__init__(**kwargs)
        self.axis = check_axis(axis, "Expected an int or a list/tuple of ints for the argument 'axis', but received: ")
        self.epsilon, self.center, self.scale, self.rms_scaling = epsilon, center, scale, rms_scaling
        keep(
            self, beta_initializer=beta_initializer, gamma_initializer=gamma_initializer, beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer, beta_constraint=beta_constraint, gamma_constraint=gamma_constraint,
        )  # fmt: skip
        self.supports_masking = True
        self.autocast = False

    def build(self, input_shape: Any) -> None:
        """Make gamma and beta, of the axes' sizes."""
        self.axis = sorted(self.axis) if isinstance(self.axis, (list, tuple)) else [self.axis]
        shape = tuple(input_shape[a] for a in self.axis)
        self.gamma = self._make("gamma", shape, self.scale or self.rms_scaling)
        self.beta = self._make("beta", shape, self.center and not self.rms_scaling)

    def call(self, inputs: Any) -> Any:
        """Normalise, in float32 at least."""
        x = wide(inputs)
        gamma, beta = self._as("gamma", x), self._as("beta", x)
        if self.rms_scaling:
            sizes = [1] * x.array.ndim
            for a in self.axis:
                sizes[a] = x.array.shape[a]
            outputs = norm.deviation_norm(x, self.axis, reshape(gamma, sizes), self.epsilon)
        else:
            outputs = norm.layer_norm_over(x, self.axis, gamma, beta, self.epsilon)
        return narrow(outputs, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), **told(self, "axis", "epsilon", "center", "scale", "rms_scaling", *OPTIONS)}


class GroupNormalization(Normalising):
    """Each group of channels of each sample less its mean over its deviation, times gamma, plus beta; -1 groups: each channel. Wu and He, 2018."""

    def __init__(
        self, groups: int = 32, axis: int = -1, epsilon: float = 0.001, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", beta_regularizer: Any = None, gamma_regularizer: Any = None,
        beta_constraint: Any = None, gamma_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        if not isinstance(groups, int) or (groups <= 0 and groups != -1):
            raise ValueError(
                "Received an invalid value for argument `groups`, expected a positive integer (or `-1` for instance normalization). "
                f"Received: groups={groups}"
            )
        super().__init__(**kwargs)
        self.supports_masking = True
        self.autocast = False
        self.groups, self.axis, self.epsilon, self.center, self.scale = groups, axis, epsilon, center, scale
        keep(
            self, beta_initializer=beta_initializer, gamma_initializer=gamma_initializer, beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer, beta_constraint=beta_constraint, gamma_constraint=gamma_constraint,
        )  # fmt: skip

    def build(self, input_shape: Any) -> None:
        """Make gamma and beta; ValueError where the groups do not divide the channels."""
        dim = input_shape[self.axis]
        if dim is None:
            raise ValueError(
                f"Axis {self.axis} of input tensor should have a defined dimension but the layer received an input with shape "
                f"{input_shape}."
            )
        if self.groups == -1:
            self.groups = dim
        if dim < self.groups:
            raise ValueError(f"Number of groups ({self.groups}) cannot be more than the number of channels ({dim}).")
        if dim % self.groups:
            raise ValueError(f"Number of groups ({self.groups}) must be a multiple of the number of channels ({dim}).")
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: dim})
        self.gamma = self._make("gamma", (dim,), self.scale)
        self.beta = self._make("beta", (dim,), self.center)

    def call(self, inputs: Any) -> Any:
        """Normalise, in float32 at least."""
        x = wide(inputs)
        outputs = norm.group_norm_along(
            x, self.axis, self.groups, self._as("gamma", x), self._as("beta", x), self.epsilon
        )
        return narrow(narrow(outputs, inputs.dtype.name), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), **told(self, "groups", "axis", "epsilon", "center", "scale", *OPTIONS)}


class RMSNormalization(Normalising):
    """The input over the root of its mean square along `axis`, times a scale. Zhang and Sennrich, 2019."""

    places = {"scale": Place("weight")}

    def __init__(self, axis: Any = -1, epsilon: float = 1e-06, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis, self.epsilon = axis, epsilon

    def build(self, input_shape: Any) -> None:
        """Make the scale, of the axes' sizes."""
        self.axis = sorted(self.axis) if isinstance(self.axis, (list, tuple)) else [self.axis]
        shape = tuple(input_shape[a] for a in self.axis)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")
        self.built = True

    def call(self, x: Any) -> Any:
        """Normalise, in float32 at least."""
        wider = wide(x)
        scaled = ew.mul(norm.rms_norm_over(wider, self.axis, self.epsilon), self._as("scale", wider))
        return narrow(scaled, x.dtype.name)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}


class UnitNormalization(Layer):
    """The input over its 2-norm along `axis` (one or several)."""

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = check_axis(
            axis, "Invalid value for `axis` argument: expected an int or a list/tuple of ints. Received: axis="
        )
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        """Normalise."""
        return direction(_convert.as_tensor(inputs), self.axis, 1e-12)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's; ValueError where an axis is not one of its."""
        check_axes(self.axis, input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "axis": self.axis}
