"""Linear, dropout, upsampling, embedding and other small layers."""

from __future__ import annotations

from typing import Any

from plait.layers.layout import ORDERS, Place
from plait.paddle._dtypes import get_default_dtype
from plait.paddle.nn import functional as F
from plait.paddle.nn._aliases import forbidden, renamed
from plait.paddle.nn.layer.layers import Layer

__all__ = [
    "AlphaDropout", "Bilinear", "CosineSimilarity", "Dropout", "Dropout2D", "Dropout3D", "Embedding", "FeatureAlphaDropout", "Flatten", "Fold",
    "Identity", "Linear", "PairwiseDistance", "Unflatten", "Unfold", "Upsample", "UpsamplingBilinear2D", "UpsamplingNearest2D",
]  # fmt: skip


class Identity(Layer):
    """Its input; takes any arguments."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """The input."""
        return input


class Linear(Layer):
    """x [..., in_features] times `weight` [in_features, out_features] plus `bias`.

    >>> from plait import paddle
    >>> paddle.nn.Linear(2, 3)(paddle.ones([4, 2])).shape
    paddle.Size([4, 3])
    """

    _places = {"weight": Place("weight", "io", ORDERS["linear"]), "bias": Place("bias")}

    @forbidden("Linear", "bias", "device", "dtype")
    def __init__(
        self,
        in_features: int,
        out_features: int,
        weight_attr: Any = None,
        bias_attr: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__()
        self._dtype = get_default_dtype()
        self._weight_attr = weight_attr
        self._bias_attr = bias_attr
        self.weight = self.create_parameter([in_features, out_features], weight_attr, self._dtype)
        self.bias = self.create_parameter([out_features], bias_attr, self._dtype, is_bias=True)
        self.name = name

    def forward(self, input: Any) -> Any:
        """[..., in] to [..., out]."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        name = f", name={self.name}" if self.name else ""
        rows, columns = self.weight.shape
        return f"in_features={rows}, out_features={columns}, dtype={self._dtype}{name}"


def _tail(name: Any) -> str:
    return f", name={name}" if name else ""


class Bilinear(Layer):
    """Σ x1 · `weight` [out, in1, in2] · x2, plus `bias` [1, out]."""

    _places = {"weight": Place("weight"), "bias": Place("bias", shape=(1, -1))}

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, weight_attr: Any = None, bias_attr: Any = None, name: str | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        self._weight_attr, self._bias_attr, self._name = weight_attr, bias_attr, name
        self._in1_features, self._in2_features, self._out_features = in1_features, in2_features, out_features
        self._dtype = get_default_dtype()
        self.weight = self.create_parameter([out_features, in1_features, in2_features], weight_attr, self._dtype)
        self.bias = self.create_parameter([1, out_features], bias_attr, self._dtype, is_bias=True)

    def forward(self, x1: Any, x2: Any) -> Any:
        """[n, in1] and [n, in2] to [n, out]."""
        return F.bilinear(x1, x2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self._in1_features}, in2_features={self._in2_features}, out_features={self._out_features}, "
            f"dtype={self._dtype}{_tail(self._name)}"
        )


# --- dropout ----------------------------------------------------------------------------------------------------------------


class Dropout(Layer):
    """Zeros with probability p in training; see `functional.dropout`."""

    def __init__(
        self, p: Any = 0.5, inplace: bool = False, axis: Any = None, mode: str = "upscale_in_train", name: str | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        self.p, self.inplace, self.axis, self.mode, self.name = p, inplace, axis, mode, name

    def forward(self, input: Any) -> Any:
        """Of the input's shape."""
        return F.dropout(input, self.p, self.axis, self.training, self.inplace, self.mode)

    def extra_repr(self) -> str:
        return f"p={self.p}, axis={self.axis}, mode={self.mode}{_tail(self.name)}, inplace={self.inplace}"


class _DropoutPlanes(Layer):
    _call: Any
    _format: str

    def __init__(self, p: Any = 0.5, data_format: str | None = None, name: str | None = None) -> None:
        super().__init__()
        self.p, self.name = p, name
        self.data_format = self._format if data_format is None else data_format

    def forward(self, input: Any) -> Any:
        """Of the input's shape."""
        return type(self)._call(input, self.p, self.training, self.data_format)

    def extra_repr(self) -> str:
        return f"p={self.p}, data_format={self.data_format}{_tail(self.name)}"


class Dropout2D(_DropoutPlanes):
    """Zeros whole planes of [N, C, H, W] (or [N, H, W, C]) with probability p in training."""

    _call, _format = staticmethod(F.dropout2d), "NCHW"


class Dropout3D(_DropoutPlanes):
    """Zeros whole volumes of [N, C, D, H, W] (or [N, D, H, W, C]) with probability p in training."""

    _call, _format = staticmethod(F.dropout3d), "NCDHW"


class _Alpha(Layer):
    _call: Any

    def __init__(self, p: float = 0.5, name: str | None = None) -> None:
        super().__init__()
        self.p, self.name = p, name

    def forward(self, input: Any) -> Any:
        """Of the input's shape."""
        return type(self)._call(input, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}{_tail(self.name)}"


class AlphaDropout(_Alpha):
    """Dropout to SELU's negative saturation, scaled and shifted so that mean and variance stay."""

    _call = staticmethod(F.alpha_dropout)


class FeatureAlphaDropout(_Alpha):
    """`AlphaDropout` of whole channels."""

    _call = staticmethod(F.feature_alpha_dropout)


# --- sizes and shapes -------------------------------------------------------------------------------------------------------


class Upsample(Layer):
    """Resamples to `size` or by `scale_factor`; see `functional.interpolate`."""

    def __init__(
        self, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool = False, align_mode: int = 0,
        data_format: str | None = None, recompute_scale_factor: bool | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.size, self.scale_factor, self.mode = size, scale_factor, mode.lower()
        self.align_corners, self.align_mode, self.data_format = align_corners, align_mode, data_format
        self.recompute_scale_factor, self.name = recompute_scale_factor, name

    def forward(self, x: Any) -> Any:
        """Of x's batch and channels; where no layout was given, the first input's rank decides on it."""
        if self.data_format is None:
            ndim = len(x.shape)
            if ndim not in (3, 4, 5):
                raise ValueError(
                    f"The dimension of the input tensor should only be 3-D, 4-D or 5-D, but the received dimension is {ndim}."
                )
            self.data_format = {3: "NCW", 4: "NCHW", 5: "NCDHW"}[ndim]
        return F.interpolate(
            x, size=self.size, scale_factor=self.scale_factor, mode=self.mode, align_corners=self.align_corners, align_mode=self.align_mode,
            data_format=self.data_format, recompute_scale_factor=self.recompute_scale_factor,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"{_extent(self)}, mode={self.mode}, align_corners={self.align_corners}, align_mode={self.align_mode}, "
            f"data_format={self.data_format}{_tail(self.name)}"
        )


def _extent(layer: Any) -> str:
    return f"size={layer.size}" if layer.scale_factor is None else f"scale_factor={layer.scale_factor}"


class _Upsampling2D(Layer):
    _mode: str

    def __init__(
        self, size: Any = None, scale_factor: Any = None, data_format: str = "NCHW", name: str | None = None
    ) -> None:
        super().__init__()
        self.size = [size, size] if isinstance(size, int) else size
        self.scale_factor, self.data_format, self.name = scale_factor, data_format, name

    @renamed("x:input")
    def forward(self, x: Any) -> Any:
        """Of x's batch and channels."""
        return F.interpolate(
            x, self.size, self.scale_factor, self._mode, self._mode == "bilinear", 0, data_format=self.data_format
        )

    def extra_repr(self) -> str:
        return f"{_extent(self)}, data_format={self.data_format}{_tail(self.name)}"


class UpsamplingNearest2D(_Upsampling2D):
    """Resamples [N, C, H, W] (or [N, H, W, C]) by the nearest pixel."""

    _mode = "nearest"


class UpsamplingBilinear2D(_Upsampling2D):
    """Resamples [N, C, H, W] (or [N, H, W, C]) bilinearly, with corners that align."""

    _mode = "bilinear"


class Flatten(Layer):
    """Dimensions from `start_axis` to `stop_axis` as one."""

    def __init__(self, start_axis: int = 1, stop_axis: int = -1) -> None:
        super().__init__()
        self.start_axis, self.stop_axis = start_axis, stop_axis

    def forward(self, input: Any) -> Any:
        """Of as many elements."""
        from plait import paddle

        return paddle.flatten(input, self.start_axis, self.stop_axis)


class Unflatten(Layer):
    """One dimension as several, of the sizes `shape` (one of which may be -1)."""

    def __init__(self, axis: int, shape: Any, name: str | None = None) -> None:
        super().__init__()
        self.axis, self.shape, self.name = axis, shape, name

    def forward(self, input: Any) -> Any:
        """Of as many elements."""
        from plait import paddle

        return paddle.unflatten(input, self.axis, self.shape)

    def extra_repr(self) -> str:
        return f"axis={self.axis}, shape={self.shape}{_tail(self.name)}"


class Unfold(Layer):
    """Each window of [N, C, H, W] as a column; see `functional.unfold`."""

    @forbidden("Unfold", "kernel_size", "dilation", "padding", "stride")
    def __init__(
        self, kernel_sizes: Any, dilations: Any = 1, paddings: Any = 0, strides: Any = 1, name: str | None = None
    ) -> None:
        super().__init__()
        self.kernel_sizes, self.dilations, self.paddings, self.strides, self.name = (
            kernel_sizes, dilations, paddings, strides, name,
        )  # fmt: skip

    def forward(self, input: Any) -> Any:
        """[N, C, H, W] to [N, C · kh · kw, windows]."""
        return F.unfold(input, self.kernel_sizes, self.strides, self.paddings, self.dilations)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_sizes}, dilation={self.dilations}, padding={self.paddings}, stride={self.strides}"
            f"{_tail(self.name)}"
        )


def _also(name: str) -> property:
    """A property that is another attribute."""

    def get(self: Any) -> Any:
        return getattr(self, name)

    def put(self: Any, value: Any) -> None:
        setattr(self, name, value)

    return property(get, put, doc=f"`{name}`.")


class Fold(Layer):
    """The sum of the windows that columns hold; see `functional.fold`."""

    output_size, kernel_size, stride = _also("output_sizes"), _also("kernel_sizes"), _also("strides")
    padding, dilation = _also("paddings"), _also("dilations")

    @renamed(
        "output_sizes:output_size",
        "kernel_sizes:kernel_size",
        "strides:stride",
        "paddings:padding",
        "dilations:dilation",
    )
    def __init__(
        self, output_sizes: Any, kernel_sizes: Any, dilations: Any = 1, paddings: Any = 0, strides: Any = 1, name: str | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        self.output_sizes, self.kernel_sizes, self.dilations = output_sizes, kernel_sizes, dilations
        self.paddings, self.strides, self.name = paddings, strides, name

    def forward(self, input: Any) -> Any:
        """[N, C · kh · kw, windows] to [N, C, H, W]."""
        return F.fold(input, self.output_sizes, self.kernel_sizes, self.strides, self.paddings, self.dilations)

    extra_repr = Unfold.extra_repr


# --- vectors ----------------------------------------------------------------------------------------------------------------


class CosineSimilarity(Layer):
    """x1 · x2 / sqrt(max(|x1|² |x2|², eps²)) along `axis`."""

    dim = _also("_axis")

    @renamed("axis:dim")
    def __init__(self, axis: int = 1, eps: float = 1e-08) -> None:
        super().__init__()
        self._axis, self._eps = axis, eps

    def forward(self, x1: Any, x2: Any) -> Any:
        """Without the axis."""
        return F.cosine_similarity(x1, x2, self._axis, self._eps)

    def extra_repr(self) -> str:
        return f"axis={self._axis}, eps={self._eps}"


class PairwiseDistance(Layer):
    """The p-norm of x - y + epsilon over the last dimension."""

    eps, norm = _also("epsilon"), _also("p")

    @renamed("epsilon:eps")
    def __init__(self, p: float = 2.0, epsilon: float = 1e-06, keepdim: bool = False, name: str | None = None) -> None:
        super().__init__()
        self.p, self.epsilon, self.keepdim, self.name = p, epsilon, keepdim, name

    @renamed("x:x1", "y:x2")
    def forward(self, x: Any, y: Any) -> Any:
        """Without the last dimension, or with size 1 of it."""
        return F.pairwise_distance(x, y, self.p, self.epsilon, self.keepdim)

    def extra_repr(self) -> str:
        told = f"p={self.p}"
        if self.epsilon != 1e-06:
            told += f", epsilon={self.epsilon}"
        if self.keepdim is not False:
            told += f", keepdim={self.keepdim}"
        return told if self.name is None else f"{told}, name={self.name}"


class Embedding(Layer):
    """Rows of `weight` [num_embeddings, embedding_dim] by number; see `functional.embedding`. Row `padding_idx` starts as zeros."""

    padding_idx = _also("_padding_idx")
    _places = {"weight": Place("weight")}

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: Any = None, max_norm: float | None = None, norm_type: float = 2.0, *,
        scale_grad_by_freq: bool = False, sparse: bool = False, _weight: Any = None, _freeze: bool = False, device: Any = None,
        dtype: Any = None, weight_attr: Any = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._num_embeddings, self._embedding_dim, self._sparse = num_embeddings, embedding_dim, sparse
        self._max_norm, self._norm_type, self._padding_idx = max_norm, norm_type, padding_idx
        self._scale_grad_by_freq, self._weight_attr, self._name = scale_grad_by_freq, weight_attr, name
        if num_embeddings <= 0:
            raise ValueError(f"num_embeddings must be greater than 0; received {num_embeddings}")
        if embedding_dim <= 0:
            raise ValueError(f"embedding_dim must be greater than 0; received {embedding_dim}")
        place = -1 if padding_idx is None else padding_idx if padding_idx >= 0 else num_embeddings + padding_idx
        if place >= num_embeddings or place < -num_embeddings:
            raise ValueError(
                f"padding_idx must be within [-{num_embeddings}, {num_embeddings}); received {padding_idx}"
            )
        self._dtype = get_default_dtype() if dtype is None else dtype
        self._size = [num_embeddings, embedding_dim]
        if _weight is not None:
            if list(_weight.shape) != self._size:
                raise AssertionError(
                    f"Shape of weight does not match num_embeddings and embedding_dim: {list(_weight.shape)} for {self._size}"
                )
            self.weight = _weight
            self.weight.stop_gradient = _freeze
        else:
            self.weight = self.create_parameter(self._size, weight_attr, self._dtype)
            if weight_attr is None:
                self.weight.stop_gradient = _freeze
        if place != -1:
            self.weight.array[place] = 0

    @renamed("x:input")
    def forward(self, x: Any) -> Any:
        """[…] numbers to […, embedding_dim]."""
        return F.embedding(
            x, self.weight, self._padding_idx, self._max_norm, self._norm_type, self._sparse, self._scale_grad_by_freq
        )

    def extra_repr(self) -> str:
        told = f"{self._num_embeddings}, {self._embedding_dim}"
        if self._padding_idx is not None:
            told += f", padding_idx={self._padding_idx}"
        told += f", sparse={self._sparse}, scale_grad_by_freq={self._scale_grad_by_freq}"
        return told if self._name is None else f"{told}, name={self._name}"
