"""Normalisation layers."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

from plait.layers.layout import Place
from plait.paddle._dtypes import get_default_dtype
from plait.paddle.functions._common import need_tensor
from plait.paddle.nn import functional as F
from plait.paddle.nn._aliases import renamed
from plait.paddle.nn.functional.norm import normalise_batch
from plait.paddle.nn.initializer import Constant
from plait.paddle.nn.layer.layers import Layer
from plait.paddle.nn.param_attr import ParamAttr

__all__ = [
    "BatchNorm", "BatchNorm1D", "BatchNorm2D", "BatchNorm3D", "GroupNorm", "InstanceNorm1D", "InstanceNorm2D", "InstanceNorm3D", "LayerNorm",
    "LocalResponseNorm",
]  # fmt: skip


class _BatchNormBase(Layer):
    """What the batch norms of all ranks share; `weight`, `bias` and the running `_mean`, `_variance` have one element a channel."""

    _dims: tuple[int, ...]
    _formats: dict[str, str]
    _format = "NCHW"
    _places = {
        "weight": Place("weight"), "bias": Place("bias"), "_mean": Place("running_mean"), "_variance": Place("running_var"),
    }  # fmt: skip

    def __init__(
        self, num_features: int, momentum: float = 0.9, epsilon: float = 1e-05, weight_attr: Any = None, bias_attr: Any = None,
        data_format: str | None = None, use_global_stats: bool | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._num_features, self._weight_attr, self._bias_attr = num_features, weight_attr, bias_attr
        self._use_global_stats = use_global_stats
        default = get_default_dtype()
        self._dtype = "float32" if default == "float16" else default
        names = [None if name is None else f"{name}_{part}" for part in ("mean", "variance")]
        self._make(num_features, weight_attr, bias_attr, names[0], names[1])
        self._data_format = self._format if data_format is None else data_format
        self._momentum, self._epsilon, self._name = momentum, epsilon, name

    def _make(
        self, channels: int, weight_attr: Any, bias_attr: Any, mean_name: Any, variance_name: Any, average: bool = True
    ) -> None:
        shape = [channels]
        self.weight = self.create_parameter(shape, weight_attr, self._dtype, False, Constant(1.0))
        self.bias = self.create_parameter(shape, bias_attr, self._dtype, True)
        for where, name, value in (("_mean", mean_name, 0.0), ("_variance", variance_name, 1.0)):
            attr = ParamAttr(name=name, initializer=Constant(value), trainable=False, do_model_average=average)
            setattr(self, where, self.create_parameter(shape, attr, self._dtype))

    def _check_input_dim(self, input: Any) -> None:
        ndim = need_tensor(input, "batch_norm").array.ndim
        if ndim not in self._dims:
            told = " or ".join(f"{d}D" for d in self._dims)
            raise ValueError(f"expected {told} input (got {ndim}D input)")

    def _check_data_format(self, input: Any) -> None:
        if input not in self._formats:
            raise ValueError(f"expected {', '.join(self._formats)} for data_format input; got {input}")
        self._data_format = self._formats[input]

    def forward(self, input: Any) -> Any:
        """Of the input's shape; in training the running statistics follow the batch's."""
        self._check_data_format(self._data_format)
        self._check_input_dim(input)
        if self.training:
            warnings.warn("When training, we now always track global mean and variance.", stacklevel=2)
        return F.batch_norm(
            input, self._mean, self._variance, self.weight, self.bias, self.training, self._momentum, self._epsilon, self._data_format,
            self._use_global_stats,
        )  # fmt: skip

    def extra_repr(self) -> str:
        told = f"num_features={self._num_features}, momentum={self._momentum}, epsilon={self._epsilon}"
        if self._data_format != "NCHW":
            told += f", data_format={self._data_format}"
        return told if self._name is None else f"{told}, name={self._name}"


class BatchNorm1D(_BatchNormBase):
    """Batch normalisation of [N, C], [N, C, L] or [N, L, C]."""

    _dims, _format = (2, 3), "NCL"
    _formats = {"NCHW": "NCHW", "NC": "NCHW", "NCL": "NCHW", "NHWC": "NHWC", "NLC": "NHWC"}


class BatchNorm2D(_BatchNormBase):
    """Batch normalisation of [N, C, H, W] or [N, H, W, C].

    `momentum` is the share of the old running value, `use_global_stats` True: always the running statistics, False: always the batch's.

    >>> from plait import paddle
    >>> paddle.nn.BatchNorm2D(3).eval()(paddle.ones([1, 3, 2, 2])).shape
    paddle.Size([1, 3, 2, 2])
    """

    _dims = (4,)
    _formats = {"NCHW": "NCHW", "NHWC": "NHWC"}


class BatchNorm3D(_BatchNormBase):
    """Batch normalisation of [N, C, D, H, W] or [N, D, H, W, C]."""

    _dims, _format = (5,), "NCDHW"
    _formats = {"NCHW": "NCHW", "NCDHW": "NCHW", "NHWC": "NHWC", "NDHWC": "NHWC"}


class BatchNorm(_BatchNormBase):
    """The older batch normalisation, of any rank, with an activation of its own.

    `is_test` starts it in test mode; `trainable_statistics` uses the batch's statistics even then; `act` names a function of
    `paddle.nn.functional` that follows.
    """

    def __init__(
        self, num_channels: int, act: str | None = None, is_test: bool = False, momentum: float = 0.9, epsilon: float = 1e-05,
        param_attr: Any = None, bias_attr: Any = None, dtype: Any = "float32", data_layout: str = "NCHW", in_place: bool = False,
        moving_mean_name: str | None = None, moving_variance_name: str | None = None, do_model_average_for_mean_and_var: bool = True,
        use_global_stats: bool = False, trainable_statistics: bool = False,
    ) -> None:  # fmt: skip
        Layer.__init__(self)
        self._param_attr, self._bias_attr, self._act = param_attr, bias_attr, act
        self._dtype = "float32" if dtype == "float16" else dtype
        self._make(
            num_channels,
            param_attr,
            bias_attr,
            moving_mean_name,
            moving_variance_name,
            do_model_average_for_mean_and_var,
        )
        self._in_place, self._data_layout, self._momentum, self._epsilon = in_place, data_layout, momentum, epsilon
        self._is_test, self._use_global_stats, self._trainable_statistics = (
            is_test,
            use_global_stats,
            trainable_statistics,
        )
        self.training = not is_test

    def forward(self, input: Any) -> Any:
        """Of the input's shape."""
        if self._data_layout not in ("NCHW", "NHWC"):
            raise ValueError(f"BatchNorm: data_layout must be NCHW or NHWC; got {self._data_layout}")
        y = normalise_batch(
            input, self._mean, self._variance, self.weight, self.bias, not self.training, self._momentum, self._epsilon,
            self._data_layout == "NHWC", bool(self._use_global_stats), self._trainable_statistics,
        )  # fmt: skip
        return y if self._act is None else getattr(F, self._act)(y)

    def extra_repr(self) -> str:
        return ""


class LayerNorm(Layer):
    """The last dimensions less their mean, over their deviation; `weight` and `bias` lie flat, one an element.

    >>> from plait import paddle
    >>> paddle.nn.LayerNorm([2, 3]).weight.shape
    paddle.Size([6])
    """

    _places = {"weight": Place("weight", shape=(-1,)), "bias": Place("bias", shape=(-1,))}

    @renamed("epsilon:eps")
    def __init__(
        self, normalized_shape: Any, epsilon: float = 1e-05, *, elementwise_affine: bool = True, bias: bool = True, device: Any = None,
        dtype: Any = None, weight_attr: Any = None, bias_attr: Any = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if isinstance(normalized_shape, numbers.Integral):
            normalized_shape = [normalized_shape]
        self._normalized_shape = list(normalized_shape)
        self._epsilon = epsilon
        self._dtype = get_default_dtype() if dtype is None else dtype
        self._weight_attr = weight_attr if elementwise_affine else False
        self._bias_attr = bias_attr if elementwise_affine and bias else False
        shape = [math.prod(self._normalized_shape)]
        self.weight = self.create_parameter(shape, self._weight_attr, self._dtype, False, Constant(1.0))
        self.bias = self.create_parameter(shape, self._bias_attr, self._dtype, True, Constant(0.0))

    def forward(self, input: Any) -> Any:
        """Of the input's shape."""
        return F.layer_norm(input, self._normalized_shape, self.weight, self.bias, self._epsilon)

    def extra_repr(self) -> str:
        return f"normalized_shape={self._normalized_shape}, epsilon={self._epsilon}"


class GroupNorm(Layer):
    """Each group of channels of each sample less its mean, over its deviation."""

    _places = {"weight": Place("weight"), "bias": Place("bias")}

    @renamed("epsilon:eps")
    def __init__(
        self, num_groups: int, num_channels: int, epsilon: float = 1e-05, *, affine: bool = True, device: Any = None, dtype: Any = None,
        weight_attr: Any = None, bias_attr: Any = None, data_format: str = "NCHW", name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._epsilon, self._num_channels, self._num_groups = epsilon, num_channels, num_groups
        self._dtype = get_default_dtype() if dtype is None else dtype
        if data_format not in ("NCL", "NCHW", "NCDHW", "NLC", "NHWC", "NDHWC"):
            raise ValueError(f"unsupported data layout:{data_format}")
        self._data_format = "NCHW" if data_format[1] == "C" else "NHWC"
        self._weight_attr = weight_attr if affine else False
        self._bias_attr = bias_attr if affine else False
        for where, attr, value in (("weight", self._weight_attr, 1.0), ("bias", self._bias_attr, 0.0)):
            param = self.create_parameter([num_channels], attr, self._dtype, where == "bias", Constant(value))
            setattr(self, where, param)
            if param is not None:
                param.stop_gradient = getattr(attr, "learning_rate", 1.0) == 0.0

    def forward(self, input: Any) -> Any:
        """Of the input's shape."""
        return F.group_norm(input, self._num_groups, float(self._epsilon), self.weight, self.bias, self._data_format)

    def extra_repr(self) -> str:
        return f"num_groups={self._num_groups}, num_channels={self._num_channels}, epsilon={self._epsilon}"


class _InstanceNormBase(Layer):
    _dims: tuple[int, ...]
    _format: str
    _places = {"scale": Place("weight"), "bias": Place("bias")}

    def __init__(
        self, num_features: int, epsilon: float = 1e-05, momentum: float = 0.9, weight_attr: Any = None, bias_attr: Any = None,
        data_format: str | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if (weight_attr is False or bias_attr is False) and weight_attr != bias_attr:
            raise AssertionError(
                f"weight_attr and bias_attr must be set to False at the same time in InstanceNorm; got {weight_attr}, {bias_attr}"
            )
        self._momentum, self._epsilon = momentum, epsilon
        self._weight_attr, self._bias_attr, self._num_features = weight_attr, bias_attr, num_features
        self._data_format = self._format if data_format is None else data_format
        self.scale = self.create_parameter([num_features], weight_attr, None, False, Constant(1.0))
        self.bias = self.create_parameter([num_features], bias_attr, None, True, Constant(0.0))

    def _check_input_dim(self, input: Any) -> None:
        ndim = need_tensor(input, "instance_norm").array.ndim
        if ndim not in self._dims:
            told = " or ".join(f"{d}D" for d in self._dims)
            raise ValueError(f"expected {told} input (got {ndim}D input)")

    def forward(self, input: Any) -> Any:
        """Of the input's shape."""
        self._check_input_dim(input)
        return F.instance_norm(
            input,
            weight=self.scale,
            bias=self.bias,
            momentum=self._momentum,
            eps=self._epsilon,
            data_format=self._data_format,
        )

    def extra_repr(self) -> str:
        return f"num_features={self._num_features}, epsilon={self._epsilon}"


class InstanceNorm1D(_InstanceNormBase):
    """Each row of [N, C] or [N, C, L] less its mean, over its deviation; parameters `scale` and `bias`."""

    _dims, _format = (2, 3), "NCL"


class InstanceNorm2D(_InstanceNormBase):
    """Each plane of [N, C, H, W] less its mean, over its deviation; parameters `scale` and `bias`."""

    _dims, _format = (4,), "NCHW"


class InstanceNorm3D(_InstanceNormBase):
    """Each volume of [N, C, D, H, W] less its mean, over its deviation; parameters `scale` and `bias`."""

    _dims, _format = (5,), "NCDHW"


class LocalResponseNorm(Layer):
    """x / (k + alpha · mean of squares over `size` neighbouring channels) ** beta."""

    def __init__(
        self, size: int, alpha: float = 0.0001, beta: float = 0.75, k: float = 1.0, data_format: str = "NCHW", name: str | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k
        self.data_format, self.name = data_format, name

    def forward(self, input: Any) -> Any:
        """Of the input's shape."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k, self.data_format)

    def extra_repr(self) -> str:
        told = f"size={self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
        if self.data_format != "NCHW":
            told += f", data_format={self.data_format}"
        return told if self.name is None else f"{told}, name={self.name}"
