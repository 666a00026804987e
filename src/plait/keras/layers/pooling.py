"""Pooling layers: maxima and means under windows, of adaptive bins and of all."""

from __future__ import annotations

from typing import Any

from plait.keras import _config
from plait.keras._signatures import with_defaults
from plait.keras.layers._options import standardize_tuple
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.layer import Layer
from plait.layers import pool as meaning
from plait.layers import windows

__all__ = [
    "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D", "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "AvgPool1D", "AvgPool2D", "AvgPool3D",
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D",
    "GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalMaxPool3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "MaxPool1D",
    "MaxPool2D", "MaxPool3D", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D",
]  # fmt: skip

Ints = Any  # an int, or a tuple or list of one a dimension


def _sizes(input_shape: Any, last: bool) -> Any:
    return input_shape[1:-1] if last else input_shape[2:]


def _with_sizes(input_shape: Any, sizes: Any, last: bool) -> tuple[Any, ...]:
    if last:
        return (input_shape[0], *sizes, input_shape[-1])
    return (input_shape[0], input_shape[1], *sizes)


class BasePooling(Layer):
    """What lies under each window of `pool_size`, every `strides` (the window's size where None), as one number.

    `padding="same"` gives ceil(size / stride) windows; what lies outside counts nothing, in a mean not even as a number.
    """

    rank = 0
    _mean = False

    def __init__(
        self, pool_size: Ints, strides: Ints = None, padding: str = "valid", data_format: Any = None, name: str | None = None, **kwargs: Any
    ) -> None:  # fmt: skip
        super().__init__(name=name, **kwargs)
        self.pool_size = standardize_tuple(pool_size, self.rank, "pool_size")
        self.strides = standardize_tuple(
            pool_size if strides is None else strides, self.rank, "strides", allow_zero=True
        )
        self.pool_mode = "average" if self._mean else "max"
        self.padding = padding
        self.data_format = _config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        """Pool."""
        last = self.data_format == "channels_last"
        pooled = windows.pooled(inputs, self.pool_mode, self.pool_size, self.strides, self.padding.lower(), last)
        if isinstance(pooled, tuple):
            self.compute_output_shape(inputs.array.shape)
        return pooled

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result; ValueError where no window fits."""
        last = self.data_format == "channels_last"
        sizes: list[Any] = []
        if self.padding not in ("valid", "same"):
            raise ValueError(f"Argument `padding` must be either 'valid' or 'same'. Received: padding={self.padding}")
        for n, k, s in zip(_sizes(input_shape, last), self.pool_size, self.strides, strict=True):
            sizes.append(None if n is None else (n - k) // s + 1 if self.padding == "valid" else -(-n // s))
            if n is not None and self.padding == "valid" and sizes[-1] <= 0:
                raise ValueError(
                    f"Computed output size would be zero or negative. Received: `inputs.shape={tuple(input_shape)}`, "
                    f"`pool_size={self.pool_size}`, `strides={self.strides}`, `padding={self.padding}`."
                )
        return _with_sizes(input_shape, sizes, last)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("pool_size", "padding", "strides", "data_format")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class MaxPooling1D(BasePooling):
    """The maximum under each window of [batch, steps, channels]; NaN is passed over."""

    rank = 1
    __init__ = with_defaults(BasePooling.__init__, pool_size=2)


class MaxPooling2D(BasePooling):
    """The maximum under each window of [batch, height, width, channels]; NaN is passed over.

    >>> import numpy as np
    >>> MaxPooling2D()(np.ones((2, 5, 6, 3), "float32")).shape
    TensorShape([2, 2, 3, 3])
    """

    rank = 2
    __init__ = with_defaults(BasePooling.__init__, pool_size=(2, 2))


class MaxPooling3D(BasePooling):
    """The maximum under each window of [batch, depth, height, width, channels]; NaN is passed over."""

    rank = 3
    __init__ = with_defaults(BasePooling.__init__, pool_size=(2, 2, 2))


class AveragePooling1D(BasePooling):
    """The mean under each window of [batch, steps, channels]."""

    rank, _mean = 1, True


class AveragePooling2D(BasePooling):
    """The mean under each window of [batch, height, width, channels]."""

    rank, _mean = 2, True


class AveragePooling3D(BasePooling):
    """The mean under each window of [batch, depth, height, width, channels]."""

    rank, _mean = 3, True


class BaseGlobalPooling(Layer):
    """One number for all of a channel; `keepdims` keeps the other dimensions, with size 1."""

    rank = 0
    _mean = False

    def __init__(self, data_format: Any = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = _config.standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_init()

    @property
    def _dims(self) -> tuple[int, ...]:
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))

    def call(self, inputs: Any) -> Any:
        """Pool."""
        return meaning.pool_all(inputs, self._dims, self.keepdims, self._mean)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        last = self.data_format == "channels_last"
        return _with_sizes(input_shape, (1,) * (len(input_shape) - 2) if self.keepdims else (), last)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}


class GlobalAveragePooling1D(BaseGlobalPooling):
    """The mean over the steps of [batch, steps, channels]; with a mask [batch, steps], over those that it lets count."""

    rank, _mean = 1, True

    def __init__(self, data_format: Any = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Pool."""
        if mask is None:
            return super().call(inputs)
        return meaning.mean_of_marked(inputs, mask, self._dims[0], self.keepdims)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """None: the steps are gone."""
        return None


class GlobalAveragePooling2D(BaseGlobalPooling):
    """The mean over height and width of [batch, height, width, channels]."""

    rank, _mean = 2, True


class GlobalAveragePooling3D(BaseGlobalPooling):
    """The mean over depth, height and width of [batch, depth, height, width, channels]."""

    rank, _mean = 3, True


class GlobalMaxPooling1D(BaseGlobalPooling):
    """The maximum over the steps of [batch, steps, channels]."""

    rank = 1


class GlobalMaxPooling2D(BaseGlobalPooling):
    """The maximum over height and width of [batch, height, width, channels]."""

    rank = 2


class GlobalMaxPooling3D(BaseGlobalPooling):
    """The maximum over depth, height and width of [batch, depth, height, width, channels]."""

    rank = 3


_TUPLES = {1: "tuple of 1 integer", 2: "(height, width) tuple", 3: "(depth, height, width) tuple"}


class BaseAdaptivePooling(Layer):
    """As many bins as `output_size` says: bin i covers floor(i·n/out) … ceil((i + 1)·n/out) - 1."""

    rank = 0
    _mean = False

    def __init__(self, output_size: Ints, data_format: Any = None, **kwargs: Any) -> None:
        rank = self.rank
        if isinstance(output_size, int):
            output_size = (output_size,) * rank
        elif not isinstance(output_size, (tuple, list)) or (rank > 1 and len(output_size) != rank):
            raise TypeError(
                f"`output_size` must be an integer or {_TUPLES[rank]}. Received: {output_size} of type {type(output_size)}"
            )
        elif len(output_size) != rank:
            raise ValueError(f"For 1D input, `output_size` tuple must have length 1. Received: {output_size}")
        super().__init__(**kwargs)
        self.output_size = tuple(output_size)
        self.data_format = data_format or _config.image_data_format()
        if self.data_format not in ("channels_first", "channels_last"):
            raise ValueError(f"Invalid data_format: {self.data_format}. Expected 'channels_first' or 'channels_last'.")

    def call(self, inputs: Any) -> Any:
        """Pool."""
        kind = "average" if self._mean else "max"
        return windows.adaptive(inputs, kind, self.output_size, self.data_format == "channels_last")

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        return _with_sizes(input_shape, self.output_size, self.data_format == "channels_last")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "output_size": self.output_size, "data_format": self.data_format}


class AdaptiveAveragePooling1D(BaseAdaptivePooling):
    """The mean of each of `output_size` bins of [batch, steps, channels]."""

    rank, _mean = 1, True


class AdaptiveAveragePooling2D(BaseAdaptivePooling):
    """The mean of each of `output_size` bins of [batch, height, width, channels]."""

    rank, _mean = 2, True


class AdaptiveAveragePooling3D(BaseAdaptivePooling):
    """The mean of each of `output_size` bins of [batch, depth, height, width, channels]."""

    rank, _mean = 3, True


class AdaptiveMaxPooling1D(BaseAdaptivePooling):
    """The maximum of each of `output_size` bins of [batch, steps, channels]."""

    rank = 1


class AdaptiveMaxPooling2D(BaseAdaptivePooling):
    """The maximum of each of `output_size` bins of [batch, height, width, channels]."""

    rank = 2


class AdaptiveMaxPooling3D(BaseAdaptivePooling):
    """The maximum of each of `output_size` bins of [batch, depth, height, width, channels]."""

    rank = 3


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalAvgPool1D, GlobalAvgPool2D, GlobalAvgPool3D = (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
)
GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
