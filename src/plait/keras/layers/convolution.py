"""Convolutions, plain and transposed, in one, two and three dimensions."""

from __future__ import annotations

from typing import Any

from plait.keras import _config, _convert
from plait.keras._signatures import with_defaults
from plait.keras.layers._lora import Lora
from plait.keras.layers._options import keep, standardize_padding, standardize_tuple, told
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.layer import Layer
from plait.layers import layout, windows

__all__ = [
    "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D", "Conv3DTranspose", "Convolution1D", "Convolution1DTranspose",
    "Convolution2D", "Convolution2DTranspose", "Convolution3D", "Convolution3DTranspose",
]  # fmt: skip

Ints = Any  # an int, or a tuple or list of one a dimension


def output_shape(
    input_shape: Any, filters: int, kernel_size: Any, strides: Any, padding: str, data_format: str, dilation_rate: Any
) -> tuple[Any, ...]:
    """The shape that a convolution gives; ValueError where the kernel does not fit."""
    last = data_format == "channels_last"
    spatial = input_shape[1:-1] if last else input_shape[2:]
    channels = input_shape[-1] if last else input_shape[1]
    kernel_shape = (*kernel_size, channels, filters)
    if len(kernel_shape) != len(input_shape):
        raise ValueError(
            f"Kernel shape must have the same length as input, but received kernel of shape {kernel_shape} and input of shape "
            f"{tuple(input_shape)}."
        )
    sizes: list[Any] = []
    for n, k, s, d in zip(spatial, kernel_size, strides, dilation_rate, strict=True):
        if n is None:
            sizes.append(None)
        elif padding == "valid":
            sizes.append((n - d * (k - 1) - 1) // s + 1)
            if sizes[-1] <= 0:
                raise ValueError(
                    f"Computed output size would be zero or negative. Received `inputs shape={tuple(input_shape)}`, "
                    f"`kernel shape={kernel_shape}`, `dilation_rate=[{' '.join(map(str, dilation_rate))}]`, `strides={strides}`, `padding={padding}`."
                )
        else:
            sizes.append(-(-n // s))
    return (input_shape[0], *sizes, filters) if last else (input_shape[0], filters, *sizes)


class WindowedLayer(Layer):
    """What all convolutions share: windows, layout, activation, bias."""

    rank = 0
    _causal = False
    #: The constructor's arguments that the config tells.
    _arguments: tuple[str, ...] = ()
    bias: Any
    activation: Any
    use_bias: bool
    bias_initializer: Any
    bias_regularizer: Any
    bias_constraint: Any

    def _keep_window(
        self, kernel_size: Ints, strides: Ints, padding: Any, data_format: Any, dilation_rate: Ints, use_bias: bool
    ) -> None:
        rank = self.rank
        self.kernel_size = standardize_tuple(kernel_size, rank, "kernel_size")
        self.strides = standardize_tuple(strides, rank, "strides")
        self.dilation_rate = standardize_tuple(dilation_rate, rank, "dilation_rate")
        self.padding = standardize_padding(padding, allow_causal=self._causal)
        self.data_format = _config.standardize_data_format(data_format)
        self.use_bias = use_bias
        self.input_spec = InputSpec(min_ndim=rank + 2)

    def _positive(self, *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(
                    f"Invalid value for argument `{name}`. Expected a strictly positive value. Received {name}={value}."
                )

    def _one_of_stride_and_dilation(self) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={self.strides} and dilation_rate={self.dilation_rate}"
            )

    @property
    def _last(self) -> bool:
        return self.data_format == "channels_last"

    def _channels(self, input_shape: Any) -> int:
        """The input's channels, which every later input must have too."""
        axis = -1 if self._last else 1
        channels = input_shape[axis]
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _make_weight(self, name: str, shape: tuple[int, ...], option: str) -> Any:
        return self.add_weight(
            name=name, shape=shape, initializer=getattr(self, f"{option}_initializer"), trainable=True, dtype=self.dtype,
            regularizer=getattr(self, f"{option}_regularizer"), constraint=getattr(self, f"{option}_constraint"),
        )  # fmt: skip

    def _make_bias(self, outputs: int) -> None:
        self.bias = self._make_weight("bias", (outputs,), "bias") if self.use_bias else None

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), **told(self, *self._arguments)}

    def _activated(self, outputs: Any) -> Any:
        return outputs if self.activation is None else self.activation(outputs)

    def _sides(self) -> Any:
        if self.padding == "causal":
            return windows.causal_sides(self.kernel_size, self.dilation_rate)
        return self.padding

    places: dict[str, layout.Place] = {}


class BaseConv(Lora, WindowedLayer):
    """activation(x convolved with kernel[k…, in / groups, filters] + bias).

    Raises ValueError for numbers that are not positive, groups that do not divide, and strides together with dilation.
    """

    _arguments = (
        "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups", "activation", "use_bias",
        "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint",
        "bias_constraint",
    )  # fmt: skip
    places = {"kernel": layout.Place("weight", "kio", layout.ORDERS["conv"]), "bias": layout.Place("bias")}

    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = 1, padding: Any = "valid", data_format: Any = None, dilation_rate: Ints = 1,
        groups: int = 1, activation: Any = None, use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None,
        kernel_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        lora = kwargs.pop("lora_rank", None), kwargs.pop("lora_alpha", None)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters, self.groups = filters, groups
        self._keep_window(kernel_size, strides, padding, data_format, dilation_rate, use_bias)
        keep(
            self, activation=activation, kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer, kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )  # fmt: skip
        self._keep_lora(*lora)
        self._positive("filters")
        if groups <= 0:
            raise ValueError(f"The number of groups must be a positive integer. Received: groups={groups}.")
        if filters is not None and filters % groups:
            raise ValueError(
                f"The number of filters must be evenly divisible by the number of groups. Received: groups={groups}, filters={filters}."
            )
        self._one_of_stride_and_dilation()

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias; ValueError where the input does not fit."""
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"The number of input channels must be evenly divisible by the number of groups. Received groups={self.groups}, but "
                f"the input has {channels} channels (full input shape is {input_shape})."
            )
        self.compute_output_shape(input_shape)
        self._kernel = self._make_weight("kernel", (*self.kernel_size, channels // self.groups, self.filters), "kernel")
        self._make_bias(self.filters)
        self.built = True
        if self.lora_rank:
            self.enable_lora(self.lora_rank, lora_alpha=self.lora_alpha)

    @property
    def kernel(self) -> Any:
        """The kernel [k…, in / groups, filters]."""
        return self._adapted()

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """The convolution alone, for subclasses that change it."""
        return self._convolved(_convert.as_tensor(inputs), _convert.as_tensor(kernel), None)

    def _convolved(self, x: Any, w: Any, bias: Any) -> Any:
        return windows.convolve(x, w, self.strides, self._sides(), self.dilation_rate, self.groups, self._last, bias)

    def call(self, inputs: Any) -> Any:
        """The convolution, the bias, the activation."""
        bias = None if self.bias is None else self.bias._read()
        if type(self).convolution_op is not BaseConv.convolution_op:
            outputs = self.convolution_op(inputs, self.kernel)
            if bias is not None:
                outputs = outputs + _spread(bias, self.rank, self._last)
            return self._activated(outputs)
        return self._activated(self._convolved(inputs, _convert.as_tensor(self.kernel), bias))

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

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), **self._lora_config()}


def _spread(bias: Any, rank: int, last: bool) -> Any:
    from plait.ops.shape import reshape

    return bias if last else reshape(bias, (1, -1, *(1,) * rank))


class Conv1D(BaseConv):
    """`BaseConv` over [batch, steps, channels]; "causal" padding is all before.

    >>> import numpy as np
    >>> Conv1D(4, 3)(np.ones((2, 8, 3), "float32")).shape
    TensorShape([2, 6, 4])
    """

    rank, _causal = 1, True


class Conv2D(BaseConv):
    """`BaseConv` over [batch, height, width, channels].

    >>> import numpy as np
    >>> Conv2D(4, 3, padding="same", strides=2)(np.ones((2, 7, 8, 3), "float32")).shape
    TensorShape([2, 4, 4, 4])
    """

    rank = 2
    __init__ = with_defaults(BaseConv.__init__, strides=(1, 1), dilation_rate=(1, 1))


class Conv3D(BaseConv):
    """`BaseConv` over [batch, depth, height, width, channels]."""

    rank = 3
    __init__ = with_defaults(BaseConv.__init__, strides=(1, 1, 1), dilation_rate=(1, 1, 1))


class BaseConvTranspose(WindowedLayer):
    """activation(x through the transpose of a convolution with kernel[k…, filters, in] + bias).

    The size is n · stride for "same", and at least that for "valid"; with `output_padding` it is what the windows reach, and that more.
    """

    _arguments = (
        "filters", "kernel_size", "strides", "padding", "output_padding", "data_format", "dilation_rate", "activation", "use_bias",
        "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint",
        "bias_constraint",
    )  # fmt: skip
    places = {"kernel": layout.Place("weight", "koi", layout.ORDERS["conv_transpose"]), "bias": layout.Place("bias")}

    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = 1, padding: Any = "valid", output_padding: Ints = None,
        data_format: Any = None, dilation_rate: Ints = 1, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = filters
        self._keep_window(kernel_size, strides, padding, data_format, dilation_rate, use_bias)
        self.output_padding = output_padding
        if output_padding is not None:
            self.output_padding = standardize_tuple(output_padding, self.rank, "output_padding", allow_zero=True)
        keep(
            self, activation=activation, kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer, kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )  # fmt: skip
        self._positive("filters")
        for i, (extra, s) in enumerate(zip(self.output_padding or (), self.strides, strict=False)):
            if extra >= s:
                raise ValueError(
                    f"`output_padding` must be strictly less than `strides` for all dimensions. At dimension {i}, `output_padding` is "
                    f"{extra} but `strides` is {s}. Received: output_padding={self.output_padding}, strides={self.strides}"
                )
        self._one_of_stride_and_dilation()

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        channels = self._channels(input_shape)
        self.kernel = self._make_weight("kernel", (*self.kernel_size, self.filters, channels), "kernel")
        self._make_bias(self.filters)

    def _extra(self) -> tuple[Any, ...]:
        return self.output_padding or (None,) * self.rank

    def call(self, inputs: Any) -> Any:
        """The transposed convolution, the bias, the activation."""
        bias = None if self.bias is None else self.bias._read()
        shape = self.compute_output_shape(inputs.array.shape)
        sizes = tuple(shape[1:-1] if self._last else shape[2:])
        kernel = _convert.as_tensor(self.kernel)
        outputs = windows.convolve_transposed(
            inputs, kernel, sizes, self.strides, self.padding, self.dilation_rate, self._last, bias
        )
        return self._activated(outputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        spatial = input_shape[1:-1] if self._last else input_shape[2:]
        sizes = [
            None if n is None else windows.extent_transposed(n, k, s, self.padding, e, d)
            for n, k, s, e, d in zip(
                spatial, self.kernel_size, self.strides, self._extra(), self.dilation_rate, strict=True
            )
        ]
        return [input_shape[0], *sizes, self.filters] if self._last else [input_shape[0], self.filters, *sizes]


class Conv1DTranspose(BaseConvTranspose):
    """`BaseConvTranspose` over [batch, steps, channels]."""

    rank = 1


class Conv2DTranspose(BaseConvTranspose):
    """`BaseConvTranspose` over [batch, height, width, channels]."""

    rank = 2
    __init__ = with_defaults(BaseConvTranspose.__init__, strides=(1, 1), dilation_rate=(1, 1))


class Conv3DTranspose(BaseConvTranspose):
    """`BaseConvTranspose` over [batch, depth, height, width, channels]; `data_format` comes before `output_padding`."""

    rank = 3

    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = (1, 1, 1), padding: Any = "valid", data_format: Any = None,
        output_padding: Ints = None, dilation_rate: Ints = (1, 1, 1), activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, output_padding, data_format, dilation_rate, activation, use_bias, kernel_initializer,
            bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution1DTranspose, Convolution2DTranspose, Convolution3DTranspose = (
    Conv1DTranspose,
    Conv2DTranspose,
    Conv3DTranspose,
)
