"""Layers that make more of each element: by repeating, by interpolation."""

from __future__ import annotations

from typing import Any

from plait.keras import _config, _convert
from plait.keras.layers._options import standardize_tuple
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.layer import Layer
from plait.keras.layers.preprocessing import resized
from plait.ops.arrange import repeat_each

__all__ = ["UpSampling1D", "UpSampling2D", "UpSampling3D"]


class UpSampling1D(Layer):
    """Each step `size` times."""

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"Expected an integer value for `size`, got {type(size)}.")
        if size <= 0:
            raise ValueError(f"Argument `size` should be a positive integer. Received: size={size}")
        self.size = size
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Any) -> Any:
        """Repeat."""
        return repeat_each(inputs, self.size, 1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        n = input_shape[1]
        return [input_shape[0], None if n is None else n * self.size, input_shape[2]]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "size": self.size}


class _Larger(Layer):
    rank = 0
    size: Any
    data_format: str

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        shape = list(input_shape)
        for d, factor in enumerate(self.size, 2 if self.data_format == "channels_first" else 1):
            if shape[d] is not None:
                shape[d] *= factor
        return tuple(shape)

    def _repeated(self, x: Any) -> Any:
        for d, factor in enumerate(self.size, 2 if self.data_format == "channels_first" else 1):
            x = repeat_each(x, factor, d)
        return x

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "size": self.size, "data_format": self.data_format}


class UpSampling2D(_Larger):
    """Height and width times `size`, by repeating ("nearest") or by interpolation, as `Resizing` does it."""

    def __init__(
        self, size: Any = (2, 2), data_format: Any = None, interpolation: str = "nearest", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = _config.standardize_data_format(data_format)
        self.size = standardize_tuple(size, 2, "size")
        self.interpolation = interpolation.lower()
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: Any) -> Any:
        """Enlarge."""
        if self.interpolation == "nearest":
            return self._repeated(inputs)
        shape = inputs.array.shape
        last = self.data_format == "channels_last"
        sizes = shape[1:3] if last else shape[2:]
        larger = (sizes[0] * self.size[0], sizes[1] * self.size[1])
        return _convert.to(resized(inputs, larger, self.interpolation, False, last), inputs.array.dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "interpolation": self.interpolation}


class UpSampling3D(_Larger):
    """Depth, height and width times `size`, by repeating."""

    def __init__(self, size: Any = (2, 2, 2), data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = _config.standardize_data_format(data_format)
        self.size = standardize_tuple(size, 3, "size")
        self.input_spec = InputSpec(ndim=5)

    def call(self, inputs: Any) -> Any:
        """Enlarge."""
        return self._repeated(inputs)
