"""Layers that move, repeat, cut and pad elements."""

from __future__ import annotations

import math
from typing import Any

from plait.keras import _config
from plait.keras._signatures import with_defaults
from plait.keras._symbolic import KerasTensor
from plait.keras.layers._options import standardize_tuple
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.layer import Layer
from plait.layers import resample
from plait.ops.arrange import repeat_each
from plait.ops.shape import moved_last, narrow, permute, reshape

__all__ = [
    "Cropping1D", "Cropping2D", "Cropping3D", "Flatten", "Permute", "RepeatVector", "Reshape", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
]  # fmt: skip


class _Moving(Layer):
    """What moves elements of any dtype."""

    def compute_output_spec(self, inputs: Any) -> Any:
        """The output's shape, in the input's dtype."""
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=inputs.dtype)


class Flatten(_Moving):
    """[batch, all else]; channels that come first are moved last before.

    >>> import numpy as np
    >>> Flatten()(np.ones((2, 3, 4), "float32")).shape
    TensorShape([2, 12])
    """

    def __init__(self, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = _config.standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)
        self._channels_first = self.data_format == "channels_first"

    def call(self, inputs: Any) -> Any:
        """Flatten."""
        shape = inputs.array.shape
        if self._channels_first and len(shape) > 2:
            inputs = moved_last(inputs)
        return reshape(inputs, (shape[0], math.prod(shape[1:])))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        rest = input_shape[1:]
        return (input_shape[0], None if any(n is None for n in rest) else math.prod(rest))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "data_format": self.data_format}


def _resolved(input_shape: tuple[Any, ...], target: tuple[int, ...]) -> tuple[Any, ...]:
    """`target` with the size that its -1 stands for; None where it is not known."""
    known = None not in input_shape
    size = math.prod(input_shape) if known else None
    given = math.prod(n for n in target if n != -1)
    if -1 not in target:
        if known and size != given:
            raise ValueError(
                "The total size of the tensor must be unchanged. "
                f"Received: input_shape={input_shape}, target_shape={target}"
            )
        return target
    if not known:
        return tuple(None if n == -1 else n for n in target)
    assert size is not None
    if size % given if given else size:
        raise ValueError(
            "The total size of the tensor must be unchanged, however, the input size cannot by divided by the specified dimensions in "
            f"target_shape. Received: input_shape={input_shape}, target_shape={target}"
        )
    return tuple((size // given if given else 0) if n == -1 else n for n in target)


class Reshape(_Moving):
    """[batch, *target_shape]; one -1 stands for what is left."""

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        target = tuple(target_shape)
        if any(n < -1 for n in target):
            raise ValueError(
                "Each dimension in `target_shape` must be a non-negative integer, or `-1` for a single unknown dimension. "
                f"Received: target_shape={target}."
            )
        if target.count(-1) > 1:
            raise ValueError(
                f"There must be at most one unknown dimension (-1) in `target_shape`. Received: target_shape={target}."
            )
        self.target_shape = target
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Reshape."""
        shape = inputs.array.shape
        return reshape(inputs, (shape[0], *_resolved(shape[1:], self.target_shape)))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result; ValueError where it holds another number of elements."""
        return (input_shape[0], *_resolved(tuple(input_shape[1:]), self.target_shape))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(_Moving):
    """The dimensions in another order; `dims` counts from 1, the batch stays."""

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` must be consecutive and start "
                f"from 1. Received dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        """Permute."""
        return permute(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        return (input_shape[0], *(input_shape[d] for d in self.dims))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """[batch, n, features], n times the same."""

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"Expected an integer value for `n`, got {type(n)}.")
        if n <= 0:
            raise ValueError(f"Argument `n` should be a positive integer. Received: n={n}")
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        """Repeat."""
        shape = inputs.array.shape
        return repeat_each(reshape(inputs, (shape[0], 1, shape[1])), self.n, 1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        return (input_shape[0], self.n, input_shape[1])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "n": self.n}


# --- borders ------------------------------------------------------------------------------------------------------------------

_WORDS = {2: "two", 3: "3"}
_FORMS = {
    2: "(symmetric_height_{0}, symmetric_width_{0}), or a tuple of 2 tuples of 2 ints ((top_{0}, bottom_{0}), (left_{0}, right_{0}))",
    3: "(symmetric_dim1_{0}, symmetric_dim2_{0}, symmetric_dim3_{0}), or a tuple of 3 tuples of 2 ints ((left_dim1_{0}, right_dim1_{0}), "
    "(left_dim2_{0}, right_dim2_{0}), (left_dim3_{0}, right_dim3_{0}))",
}


def _pairs(value: Any, rank: int, name: str, short: str) -> tuple[tuple[int, int], ...]:
    """A number, or one or a pair for each dimension, as a pair for each."""
    if rank == 1:
        return (standardize_tuple(value, 2, name, allow_zero=True),)  # type: ignore[return-value]
    if isinstance(value, int):
        if value < 0 and name == "cropping":
            raise ValueError(f"`cropping` cannot be negative. Received: cropping={value}.")
        return ((value, value),) * rank
    if not hasattr(value, "__len__"):
        raise ValueError(
            f"`{name}` should be either an int, a tuple of {rank} ints {_FORMS[rank].format(short)}. Received: {name}={value}."
        )
    if len(value) != rank:
        raise ValueError(f"`{name}` should have {_WORDS[rank]} elements. Received: {name}={value}.")
    names = ("1st", "2nd", "3rd")
    return tuple(
        standardize_tuple(v, 2, f"{names[i]} entry of {name}", allow_zero=True)  # type: ignore[misc]
        for i, v in enumerate(value)
    )


class _Border(Layer):
    rank = 0
    _name, _short = "padding", "pad"
    data_format = "channels_last"

    def _keep_pairs(self, value: Any) -> None:
        pairs = _pairs(value, self.rank, self._name, self._short)
        self._each = pairs
        setattr(self, self._name, pairs[0] if self.rank == 1 else pairs)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _first(self) -> int:
        return 2 if self.data_format == "channels_first" else 1

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), self._name: getattr(self, self._name), "data_format": self.data_format}


class BaseZeroPadding(_Border):
    """Zeros before and after each spatial dimension."""

    padding: Any

    def __init__(self, padding: Any = 1, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = _config.standardize_data_format(data_format)
        self._keep_pairs(padding)

    def call(self, inputs: Any) -> Any:
        """Pad."""
        pads = ((0, 0), *self._each, (0, 0)) if self._first == 1 else ((0, 0), (0, 0), *self._each)
        return resample.pad(inputs, pads, "constant")

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        shape = list(input_shape)
        for d, (a, b) in enumerate(self._each, self._first):
            if shape[d] is not None:
                shape[d] += a + b
        return tuple(shape)


class ZeroPadding1D(BaseZeroPadding):
    """`BaseZeroPadding` of [batch, steps, channels]."""

    rank = 1


class ZeroPadding2D(BaseZeroPadding):
    """`BaseZeroPadding` of [batch, height, width, channels]."""

    rank = 2
    __init__ = with_defaults(BaseZeroPadding.__init__, padding=(1, 1))


class ZeroPadding3D(BaseZeroPadding):
    """`BaseZeroPadding` of [batch, depth, height, width, channels]."""

    rank = 3
    __init__ = with_defaults(BaseZeroPadding.__init__, padding=((1, 1), (1, 1), (1, 1)))


class BaseCropping(_Border):
    """The spatial dimensions without their first and last elements."""

    _name, _short = "cropping", "crop"
    cropping: Any

    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = _config.standardize_data_format(data_format)
        self._keep_pairs(cropping)

    def _cropped(self, shape: Any, name: str) -> list[Any]:
        sizes = list(shape)
        for d, (a, b) in enumerate(self._each, self._first):
            if sizes[d] is None:
                continue
            sizes[d] -= a + b
            if sizes[d] <= 0:
                rule = (
                    "`cropping` parameter of `Cropping1D` layer must be smaller than the input length."
                    if self.rank == 1
                    else "Values in `cropping` argument should be smaller than the corresponding spatial dimension of the input."
                )
                raise ValueError(f"{rule} Received: {name}={tuple(shape)}, cropping={self.cropping}")
        return sizes

    def call(self, inputs: Any) -> Any:
        """Crop; ValueError where nothing would be left."""
        sizes = self._cropped(inputs.array.shape, "inputs.shape")
        for d, (a, _) in enumerate(self._each, self._first):
            if sizes[d] != inputs.array.shape[d]:
                inputs = narrow(inputs, d, a, sizes[d])
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result; ValueError where nothing would be left."""
        return tuple(self._cropped(input_shape, "input_shape"))


class Cropping1D(BaseCropping):
    """`BaseCropping` of [batch, steps, channels]."""

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(cropping, "channels_last", **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        del config["data_format"]
        return config


class Cropping2D(BaseCropping):
    """`BaseCropping` of [batch, height, width, channels]."""

    rank = 2


class Cropping3D(BaseCropping):
    """`BaseCropping` of [batch, depth, height, width, channels]."""

    rank = 3
    __init__ = with_defaults(BaseCropping.__init__, cropping=((1, 1), (1, 1), (1, 1)))
