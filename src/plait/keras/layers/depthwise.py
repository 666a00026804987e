"""Depthwise and separable convolutions, in one and two dimensions."""

from __future__ import annotations

from typing import Any

from plait.keras import _convert
from plait.keras._signatures import with_defaults
from plait.keras.layers._options import keep
from plait.keras.layers.convolution import WindowedLayer, output_shape
from plait.layers import layout, windows

__all__ = [
    "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D", "SeparableConvolution1D", "SeparableConvolution2D",
]  # fmt: skip

Ints = Any  # an int, or a tuple or list of one a dimension


class BaseDepthwiseConv(WindowedLayer):
    """activation(each channel convolved with its own `depth_multiplier` kernels + bias); kernel[k…, in, depth_multiplier]."""

    _arguments = (
        "depth_multiplier", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "activation", "use_bias",
        "depthwise_initializer", "bias_initializer", "depthwise_regularizer", "bias_regularizer", "activity_regularizer",
        "depthwise_constraint", "bias_constraint",
    )  # fmt: skip
    places = {"kernel": layout.Place("weight", "kim", layout.ORDERS["depthwise"]), "bias": layout.Place("bias")}

    def __init__(
        self, kernel_size: Ints, strides: Ints = 1, padding: Any = "valid", depth_multiplier: int = 1, data_format: Any = None,
        dilation_rate: Ints = 1, activation: Any = None, use_bias: bool = True, depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", depthwise_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None,
        depthwise_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.depth_multiplier = depth_multiplier
        self._keep_window(kernel_size, strides, padding, data_format, dilation_rate, use_bias)
        keep(
            self, activation=activation, depthwise_initializer=depthwise_initializer, bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer, bias_regularizer=bias_regularizer, depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
        )  # fmt: skip
        self._positive("depth_multiplier")

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        self.kernel = self._make_weight("kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise")
        self._make_bias(self.depth_multiplier * channels)

    def call(self, inputs: Any) -> Any:
        """The convolution, the bias, the activation."""
        bias = None if self.bias is None else self.bias._read()
        kernel = _convert.as_tensor(self.kernel)
        outputs = windows.convolve_depthwise(
            inputs, kernel, self.strides, self.padding, self.dilation_rate, self._last, bias
        )
        return self._activated(outputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        channels = self.depth_multiplier * input_shape[-1 if self._last else 1]
        return output_shape(
            input_shape, channels, self.kernel_size, self.strides, self.padding, self.data_format, self.dilation_rate
        )


class DepthwiseConv1D(BaseDepthwiseConv):
    """`BaseDepthwiseConv` over [batch, steps, channels]."""

    rank = 1


class DepthwiseConv2D(BaseDepthwiseConv):
    """`BaseDepthwiseConv` over [batch, height, width, channels]."""

    rank = 2
    __init__ = with_defaults(BaseDepthwiseConv.__init__, strides=(1, 1), dilation_rate=(1, 1))


class BaseSeparableConv(WindowedLayer):
    """A depthwise convolution, then one of 1 × 1 to `filters` channels, the bias, the activation."""

    _arguments = (
        "depth_multiplier", "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "activation", "use_bias",
        "depthwise_initializer", "pointwise_initializer", "bias_initializer", "depthwise_regularizer", "pointwise_regularizer",
        "bias_regularizer", "activity_regularizer", "depthwise_constraint", "pointwise_constraint", "bias_constraint",
    )  # fmt: skip
    places = {
        "depthwise_kernel": layout.Place("depthwise.weight", "kim", layout.ORDERS["depthwise"]),
        "pointwise_kernel": layout.Place("pointwise.weight", "kio", layout.ORDERS["conv"]),
        "bias": layout.Place("pointwise.bias"),
    }

    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = 1, padding: Any = "valid", data_format: Any = None, dilation_rate: Ints = 1,
        depth_multiplier: int = 1, activation: Any = None, use_bias: bool = True, depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None, depthwise_constraint: Any = None,
        pointwise_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.depth_multiplier, self.filters = depth_multiplier, filters
        self._keep_window(kernel_size, strides, padding, data_format, dilation_rate, use_bias)
        keep(
            self, activation=activation, depthwise_initializer=depthwise_initializer, pointwise_initializer=pointwise_initializer,
            bias_initializer=bias_initializer, depthwise_regularizer=depthwise_regularizer, pointwise_regularizer=pointwise_regularizer,
            bias_regularizer=bias_regularizer, depthwise_constraint=depthwise_constraint, pointwise_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
        )  # fmt: skip
        self._positive("depth_multiplier", "filters")

    def build(self, input_shape: Any) -> None:
        """Make both kernels and the bias."""
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        inner = self.depth_multiplier * channels
        self.depthwise_kernel = self._make_weight(
            "depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise"
        )
        self.pointwise_kernel = self._make_weight(
            "pointwise_kernel", (*(1,) * self.rank, inner, self.filters), "pointwise"
        )
        self._make_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        """Both convolutions, the bias, the activation."""
        bias = None if self.bias is None else self.bias._read()
        kernels = _convert.as_tensor(self.depthwise_kernel), _convert.as_tensor(self.pointwise_kernel)
        outputs = windows.convolve_separable(
            inputs, *kernels, self.strides, self.padding, self.dilation_rate, self._last, bias
        )
        return self._activated(outputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        return output_shape(
            input_shape,
            self.filters,
            self.kernel_size,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )


class SeparableConv1D(BaseSeparableConv):
    """`BaseSeparableConv` over [batch, steps, channels]."""

    rank = 1


class SeparableConv2D(BaseSeparableConv):
    """`BaseSeparableConv` over [batch, height, width, channels]."""

    rank = 2
    __init__ = with_defaults(BaseSeparableConv.__init__, strides=(1, 1), dilation_rate=(1, 1))


SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
