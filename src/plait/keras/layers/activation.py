"""Activation layers."""

from __future__ import annotations

import warnings
from typing import Any

from plait.keras import _convert, activations
from plait.keras.layers._options import keep, told
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.layer import Layer
from plait.layers import activation as meaning
from plait.layers.layout import Place

__all__ = ["ELU", "Activation", "LeakyReLU", "PReLU", "ReLU", "Softmax"]


class _Elementwise(Layer):
    """What keeps shapes and masks and has no weights."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape


class Activation(_Elementwise):
    """A function by name, or any callable."""

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        """The function of the input."""
        return self.activation(inputs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), **told(self, "activation")}


class ReLU(_Elementwise):
    """max_value above it, the input above `threshold`, negative_slope · (input - threshold) below."""

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0.0:
            raise ValueError(f"max_value of a ReLU layer cannot be a negative value. Received: max_value={max_value}")
        for name, value in (("negative_slope", negative_slope), ("threshold", threshold)):
            if value is None or value < 0.0:
                raise ValueError(f"{name} of a ReLU layer cannot be None or a negative value. Received: {name}={value}")
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold

    def call(self, inputs: Any) -> Any:
        """The function of the input."""
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), **told(self, "max_value", "negative_slope", "threshold")}


class LeakyReLU(_Elementwise):
    """The input, or negative_slope times it where it is negative."""

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn("Argument `alpha` is deprecated. Use `negative_slope` instead.", stacklevel=2)
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. Expected a float. "
                f"Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope

    def call(self, inputs: Any) -> Any:
        """The function of the input."""
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "negative_slope": self.negative_slope}


class ELU(_Elementwise):
    """The input, or alpha · (e^input - 1) where it is negative."""

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs: Any) -> Any:
        """The function of the input."""
        return activations.elu(inputs, alpha=self.alpha)


class PReLU(Layer):
    """The input, or alpha times it where it is negative; alpha is trained, one for each element, shared along `shared_axes`."""

    places = {"alpha": Place("weight")}

    def __init__(
        self, alpha_initializer: Any = "Zeros", alpha_regularizer: Any = None, alpha_constraint: Any = None, shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.supports_masking = True
        keep(
            self,
            alpha_initializer=alpha_initializer,
            alpha_regularizer=alpha_regularizer,
            alpha_constraint=alpha_constraint,
        )
        if shared_axes is not None:
            shared_axes = list(shared_axes) if isinstance(shared_axes, (list, tuple)) else [shared_axes]
        self.shared_axes = shared_axes

    def build(self, input_shape: Any) -> None:
        """Make alpha, of the input's shape without the batch."""
        shape = list(input_shape[1:])
        for i in self.shared_axes or ():
            shape[i - 1] = 1
        self.alpha = self.add_weight(
            shape=shape, name="alpha", initializer=self.alpha_initializer, regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )  # fmt: skip
        axes = {}
        if self.shared_axes:
            axes = {i: input_shape[i] for i in range(1, len(input_shape)) if i not in self.shared_axes}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)

    def call(self, inputs: Any) -> Any:
        """The function of the input."""
        return meaning.rectified_by(inputs, _convert.as_tensor(self.alpha))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            **told(self, "alpha_initializer", "alpha_regularizer", "alpha_constraint", "shared_axes"),
        }

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape


class Softmax(_Elementwise):
    """Exponentials along `axis` (or several) over their sum; what a mask hides is 0."""

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """The function of the input; ValueError where the mask does not broadcast to it."""
        if mask is None and not isinstance(self.axis, (tuple, list)):
            return activations.softmax(inputs, axis=self.axis)
        hidden = None
        if mask is not None:
            _check_mask(inputs, mask)
            hidden = _convert.as_tensor(mask)
        axes = tuple(self.axis) if isinstance(self.axis, (tuple, list)) else (self.axis,)
        return meaning.softmax_marked(inputs, axes, hidden)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "axis": self.axis}


def _check_mask(inputs: Any, mask: Any) -> None:
    shapes = f"Received: inputs.shape={inputs.shape}, mask.shape={mask.shape}"
    if len(mask.shape) > len(inputs.shape):
        raise ValueError(f"The `mask` must be broadcastable to `inputs` and must not have more dimensions. {shapes}")
    for m, n in zip(tuple(mask.shape)[::-1], tuple(inputs.shape)[::-1], strict=False):
        if m not in (1, n):
            raise ValueError(
                "The `mask` must be broadcastable to `inputs`. Each mask dimension must be 1 or match the corresponding input "
                f"dimension. {shapes}"
            )
