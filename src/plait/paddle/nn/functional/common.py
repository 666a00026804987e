"""paddle.nn.functional: linear maps, dropout, padding, resampling by size, folding, and similarity."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait.layers import distance as distance_layer
from plait.layers import dropout as dropout_layer
from plait.layers import linear as linear_layer
from plait.layers import loss as loss_layer
from plait.layers import resample as layer
from plait.ops.contract import bilinear as bilinear_op
from plait.ops.elementwise import add
from plait.ops.shape import clone
from plait.paddle import _random
from plait.paddle._tensor import Tensor
from plait.paddle.functions._common import axis_of, check_leaf, function, integers, need_tensor, number
from plait.paddle.nn.functional._padding import back, double, first, single, whole
from plait.paddle.nn.functional.activation import _real
from plait.paddle.utils.layers_utils import NotSupportedTensorArgumentError

__all__ = [
    "alpha_dropout", "bilinear", "cosine_similarity", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout", "fold",
    "label_smooth", "linear", "pad", "unfold", "zeropad2d",
]  # fmt: skip


@function(method=False)
def linear(x: Any, weight: Any, bias: Any = None, name: str | None = None) -> Any:
    """x [..., in] times weight [in, out], plus bias.

    >>> from plait import paddle
    >>> paddle.nn.functional.linear(paddle.ones([1, 2]), paddle.ones([2, 3])).tolist()
    [[2.0, 2.0, 2.0]]
    """
    need_tensor(x, "linear", "X")
    if bias is not None:
        need_tensor(bias, "linear", "bias", 2)
    return linear_layer.linear(x, need_tensor(weight, "linear", "Y", 1), bias, True, True)


@function(method=False)
def bilinear(x1: Any, x2: Any, weight: Any, bias: Any = None, name: str | None = None) -> Any:
    """x1 [n, i] and x2 [n, j] with weight [o, i, j]: Σ x1 · weight · x2, plus bias [1, o]."""
    y = bilinear_op(need_tensor(x1, "bilinear", "x1"), need_tensor(x2, "bilinear", "x2", 1), weight)
    return y if bias is None else add(y, bias)


@function("axis:dim", method=False)
def cosine_similarity(x1: Any, x2: Any, axis: int = 1, eps: float = 1e-08) -> Any:
    """x1 · x2 / sqrt(max(|x1|² |x2|², eps²)) along `axis`."""
    need_tensor(x1, "cosine_similarity", "x1")
    ndim = max(x1.array.ndim, need_tensor(x2, "cosine_similarity", "x2", 1).array.ndim)
    for x in (x1, x2):
        if x.array.dtype.kind in "biu":
            raise TypeError(f"(InvalidType) cosine_similarity takes floating-point tensors, but received {x.dtype}")
    at = axis_of(axis, ndim, "cosine_similarity")
    # A negative axis counts from the end of each.
    return distance_layer.cosine_of_products(x1, x2, at - ndim if axis < 0 else at, eps)


@function(method=False)
def label_smooth(label: Any, prior_dist: Any = None, epsilon: float = 0.1, name: str | None = None) -> Any:
    """(1 - epsilon) · label + epsilon · prior, which is uniform where none is given; no gradient flows to the prior."""
    if epsilon > 1.0 or epsilon < 0.0:
        raise ValueError(f"The value of epsilon must be between 0 and 1; received {epsilon}")
    prior = prior_dist.detach() if isinstance(prior_dist, Tensor) else prior_dist
    return loss_layer.smoothed(_real(label, "label_smooth"), prior, single(epsilon))


# --- dropout ----------------------------------------------------------------------------------------------------------------


def _chances(shape: Any) -> Any:
    drawn = np.empty(tuple(shape), np.float32)
    _random.engine().uniform(drawn)
    return drawn


def _check_dropout(p: Any, mode: str) -> None:
    if not isinstance(p, (float, int, Tensor)):
        raise TypeError(f"p argument should be a number or Variable; received {type(p).__name__}")
    if not isinstance(p, Tensor) and (p < 0 or p > 1):
        raise ValueError(f"p argument should between 0 and 1; received {p}")
    if mode not in ("downscale_in_infer", "upscale_in_train"):
        raise ValueError(f"mode argument should be 'downscale_in_infer' or 'upscale_in_train'; received {mode}")


@function("x:input", method=False)
def dropout(
    x: Any, p: Any = 0.5, axis: Any = None, training: bool = True, inplace: bool = False, mode: str = "upscale_in_train",
    name: str | None = None,
) -> Any:  # fmt: skip
    """Zeros with probability p in training; one draw for each index along `axis` (an int or a list), for each element where it is None.

    "upscale_in_train" divides what stays by 1 - p; "downscale_in_infer" multiplies by 1 - p when not training.

    >>> from plait import paddle
    >>> paddle.nn.functional.dropout(paddle.ones([2]), 0.5, training=False).tolist()
    [1.0, 1.0]
    """
    if isinstance(p, (float, int)) and p == 0:
        return x
    _check_dropout(p, mode)
    if axis and not isinstance(axis, (int, list, tuple)):
        raise TypeError(f"datatype of axis argument should be int or list; received {type(axis).__name__}")
    if axis is not None and inplace:
        raise NotImplementedError("inplace not supported for dropout_nd yet")
    _real(x, "dropout")
    chance = float(number(p))
    upscale = mode == "upscale_in_train"
    shape = x.array.shape
    if inplace:
        check_leaf(x)
    if not training:
        if upscale:
            return x if axis is not None or inplace else clone(x)
        if axis is None and len(shape) < 2:
            raise ValueError(
                f"(InvalidArgument) dropout: downscale_in_infer wants at least 2 dimensions when not training, but received {list(shape)}"
            )
        return dropout_layer.kept(x, np.ones((), bool), float(np.float32(1) - np.float32(chance)), inplace)
    if axis is None:
        keep = _chances(shape) >= np.float32(chance) if chance < 1 else np.zeros(shape, bool)
    else:
        axes = [axis] if isinstance(axis, int) else list(axis)
        if chance < 1 and (min(axes) < 0 or max(axes) > len(shape) - 1):
            raise ValueError(
                f"axis value should be greater than or equal to 0 and less than dimensions of x:{len(shape)}, but get axis value:{max(axes)}"
            )
        keep = np.zeros((), bool)
        if chance < 1:
            keep = _chances([n if d in axes else 1 for d, n in enumerate(shape)]) >= np.float32(chance)
    factor = 1.0
    if upscale and chance < 1:
        factor = 1 / (1 - chance) if axis is not None else 1 / float(np.float32(1) - np.float32(chance))
    return dropout_layer.kept(x, keep, factor, inplace, unsigned=axis is None)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole rows of [N, C, L] or [C, L], drawn along axis 1."""
    if p < 0 or p > 1:
        raise ValueError(f"dropout probability must be in [0, 1], got {p}")
    ndim = need_tensor(input, "dropout1d", "input").array.ndim
    if ndim not in (2, 3):
        raise RuntimeError(f"dropout1d expects 2D or 3D input, got {ndim}D")
    if inplace:
        warnings.warn("inplace=True is currently not supported in dropout1d and will be ignored.", stacklevel=2)
    return dropout(input, p, axis=ndim - 2, training=training)


def _dropout_planes(x: Any, p: Any, training: bool, data_format: str, formats: tuple[str, str]) -> Any:
    n = len(formats[0])
    if need_tensor(x, f"dropout{n - 2}d").array.ndim != n:
        raise ValueError(f"dimensions of x should be {n}, but received {x.array.ndim} != {n}")
    if data_format not in formats:
        raise ValueError(
            f"Attr(data_format) should be '{formats[0]}' or '{formats[1]}'. Received Attr(data_format): {data_format}."
        )
    return dropout(x, p, axis=[0, 1 if data_format == formats[0] else n - 1], training=training)


def dropout2d(x: Any, p: Any = 0.5, training: bool = True, data_format: str = "NCHW", name: str | None = None) -> Any:
    """`dropout` of whole planes of [N, C, H, W] (or [N, H, W, C])."""
    return _dropout_planes(x, p, training, data_format, ("NCHW", "NHWC"))


def dropout3d(x: Any, p: Any = 0.5, training: bool = True, data_format: str = "NCDHW", name: str | None = None) -> Any:
    """`dropout` of whole volumes of [N, C, D, H, W] (or [N, D, H, W, C])."""
    return _dropout_planes(x, p, training, data_format, ("NCDHW", "NDHWC"))


def _alpha(x: Any, p: Any, training: bool, channels: bool) -> Any:
    if not isinstance(p, (float, int)):
        raise TypeError(f"p argument should be a float or int; received {type(p).__name__}")
    if p < 0 or p > 1:
        raise ValueError(f"p argument should between 0 and 1; received {p}")
    need_tensor(x, "alpha_dropout")
    if not training:
        return x
    if p == 1:
        return dropout_layer.kept(x, np.zeros((), bool), 0.0)
    shape = x.array.shape
    if channels:
        if len(shape) < 2:
            raise ValueError(f"Feature alpha dropout needs at least 2D input; received {len(shape)}D")
        shape = (*shape[:2], *(1,) * (len(shape) - 2))
    return dropout_layer.alpha_kept(x, _chances(shape) >= np.float32(p), p)


@function(method=False)
def alpha_dropout(x: Any, p: float = 0.5, training: bool = True, name: str | None = None) -> Any:
    """Dropout to SELU's negative saturation, scaled and shifted so that mean and variance stay."""
    return _alpha(x, p, training, False)


@function(method=False)
def feature_alpha_dropout(x: Any, p: float = 0.5, training: bool = True, name: str | None = None) -> Any:
    """`alpha_dropout` of whole channels."""
    return _alpha(x, p, training, True)


# --- padding ----------------------------------------------------------------------------------------------------------------

_PLACES = {3: ("NCL", "NLC"), 4: ("NCHW", "NHWC"), 5: ("NCDHW", "NDHWC")}


@function("x:input", method=False)
def pad(
    x: Any, pad: Any, mode: str = "constant", value: float = 0.0, data_format: str | None = None, pad_from_left_axis: bool = True,
    name: str | None = None,
) -> Any:  # fmt: skip
    """x with a border: constant, reflect, replicate or circular.

    `pad` holds (before, after) of the spatial dimensions, the last one first, in the layout's terms. In constant mode any other even count is
    taken too: two numbers for every dimension, the first one first (the last one first with `pad_from_left_axis=False`), or fewer pairs that
    start at the last dimension.

    >>> from plait import paddle
    >>> paddle.nn.functional.pad(paddle.ones([1, 1, 2]), [1, 0]).tolist()
    [[[0.0, 1.0, 1.0]]]
    """
    need_tensor(x, "pad")
    if mode not in ("reflect", "replicate", "constant", "circular"):
        raise AssertionError(f"mode should be one of constant, reflect, replicate, circular, but got {mode}.")
    ndim = x.array.ndim
    given = pad
    if isinstance(pad, Tensor) and pad.array.size == 0:
        return clone(x)
    if isinstance(pad, int):
        raise TypeError(f"pad: paddings must be a list, a tuple or a Tensor of ints, but received the int {pad}")
    sides = list(integers(pad, "pad", "pad"))
    if mode == "constant" and isinstance(given, (list, tuple)) and len(sides) != (ndim - 2) * 2:
        if len(sides) > 2 * ndim and not ndim:
            raise ValueError(f"(InvalidArgument) pad: a tensor without dimensions takes no paddings; received {sides}")
        sides = sides[: 2 * ndim]  # upstream passes over the pairs that have no dimension
        whole = len(sides) == 2 * ndim and pad_from_left_axis
        sides += [0] * (len(sides) % 2)
        pairs = [(sides[i], sides[i + 1]) for i in range(0, len(sides), 2)]
        if not whole:
            pairs = [(0, 0)] * (ndim - len(pairs)) + pairs[::-1]
        return layer.pad(x, tuple(pairs), "constant", double(number(value)))
    if ndim not in _PLACES:
        raise AssertionError(f"input tensor dimension must be in [3, 4, 5] but got {ndim}")
    formats = _PLACES[ndim]
    wanted = formats[0] if data_format is None else data_format.upper()
    if wanted not in formats:
        raise AssertionError(
            f"input tensor dimension is {ndim}, it's data format should be in {list(formats)} but got {data_format}"
        )
    if len(sides) != (ndim - 2) * 2:
        raise ValueError(
            f"(InvalidArgument) pad: the length of paddings must be {(ndim - 2) * 2} for {mode} mode, but received {sides}"
        )
    last = wanted == formats[1]
    z = first(x, last)
    pairs = [(0, 0), (0, 0), *((sides[i], sides[i + 1]) for i in range(len(sides) - 2, -1, -2))]
    _check_border(z.array.shape, pairs, mode)
    return back(layer.pad(z, tuple(pairs), mode, double(number(value)), ndim - 2), last)


def _check_border(shape: Any, pairs: Any, mode: str) -> None:
    for n, (before, after) in zip(shape, pairs, strict=True):
        if mode == "reflect" and n <= max(before, after):
            raise ValueError(
                f"(InvalidArgument) pad: the input's size should be greater than the padding in reflect mode; received {n} and {before, after}"
            )
        if mode == "replicate" and n < 1 and max(before, after) > 0:
            raise ValueError(
                "(InvalidArgument) pad: replicate mode needs at least one element along a padded dimension"
            )


def zeropad2d(x: Any, padding: Any, data_format: str = "NCHW", name: str | None = None) -> Any:
    """`pad` with zeros: padding is [left, right, top, bottom]."""
    return pad(x, padding, "constant", 0, data_format)


# --- folding ----------------------------------------------------------------------------------------------------------------


def _two(value: Any, what: str, error: type[Exception]) -> tuple[int, int]:
    if isinstance(value, int):
        return (whole(value, what),) * 2
    if not (isinstance(value, (list, tuple)) and len(value) == 2):
        told = f"{what} should either be an integer or a list/tuple of two integers; received {value}"
        raise error(told) if error is AssertionError else NotSupportedTensorArgumentError(told, what)
    return whole(number(value[0]), what), whole(number(value[1]), what, 1)


def _four(
    value: Any, error: type[Exception] = NotSupportedTensorArgumentError
) -> tuple[tuple[int, int], tuple[int, int]]:
    """(top, left), (bottom, right)."""
    if isinstance(value, int):
        side = whole(value, "paddings")
        return (side, side), (side, side)
    told = f"paddings should either be an integer or a list/tuple of 2 or 4 integers; received {value}"
    if not isinstance(value, (list, tuple)):
        raise ValueError(told) if error is ValueError else NotSupportedTensorArgumentError(told, "paddings")
    if len(value) not in (2, 4):
        raise ValueError(told)
    sides = tuple([whole(number(v), "paddings", at) for at, v in enumerate(value)]) * (2 if len(value) == 2 else 1)
    return (sides[0], sides[1]), (sides[2], sides[3])


@function("x:input", method=False)
def unfold(
    x: Any, kernel_sizes: Any, strides: Any = 1, paddings: Any = 0, dilations: Any = 1, name: str | None = None
) -> Any:  # fmt: skip
    """Each window of [N, C, H, W] as a column: [N, C · kh · kw, windows]. `paddings` may be [top, left, bottom, right]."""
    _real(x, "unfold")
    if x.array.ndim != 4:
        raise AssertionError(f"unfold: input should be the format of [N, C, H, W], but received {list(x.array.shape)}")
    kernel, stride = _two(kernel_sizes, "kernel_sizes", TypeError), _two(strides, "strides", TypeError)
    dilation = _two(dilations, "dilations", TypeError)
    before, after = _four(paddings)
    _check_fold(x.array.shape[2:], kernel, stride, dilation, before, after, "unfold")
    return layer.unfold_sides(x, kernel, dilation, before, after, stride)


def _check_fold(size: Any, kernel: Any, stride: Any, dilation: Any, before: Any, after: Any, name: str) -> Any:
    if min(*kernel, *stride, *dilation) < 1:
        raise ValueError(
            f"(InvalidArgument) {name}: kernel_sizes, strides and dilations must be positive; received {kernel}, {stride}, {dilation}"
        )
    if min(*before, *after) < 0:
        raise ValueError(f"(InvalidArgument) {name}: paddings must not be negative; received {before}, {after}")
    windows = [
        (n + b + a - d * (k - 1) - 1) // s + 1
        for n, b, a, d, k, s in zip(size, before, after, dilation, kernel, stride, strict=True)
    ]
    if min(windows) < 1:
        raise ValueError(
            f"(InvalidArgument) {name}: the sliding blocks calculated from the sizes {list(size)}, kernel_sizes {kernel}, strides {stride}, "
            f"paddings {before}, {after} and dilations {dilation} must be positive; got {windows}"
        )
    return windows


@function(
    "x:input", "output_sizes:output_size", "kernel_sizes:kernel_size", "strides:stride", "paddings:padding", "dilations:dilation", method=False
)  # fmt: skip
def fold(
    x: Any, output_sizes: Any, kernel_sizes: Any, strides: Any = 1, paddings: Any = 0, dilations: Any = 1, name: str | None = None
) -> Any:  # fmt: skip
    """The sum of the windows that the columns of x [N, C · kh · kw, windows] hold, as [N, C, H, W]."""
    if need_tensor(x, "fold").array.dtype.kind != "c":
        _real(x, "fold")
    if x.array.ndim != 3:
        raise AssertionError(f"fold: input should be the format of [N, C, L], but received {list(x.array.shape)}")
    size = _two(output_sizes, "output_sizes", AssertionError)
    kernel, stride = _two(kernel_sizes, "kernel_sizes", AssertionError), _two(strides, "strides", AssertionError)
    dilation = _two(dilations, "dilations", AssertionError)
    before, _ = _four(paddings, ValueError)  # upstream's fold takes the sides before for those behind too
    after = before
    windows = _check_fold(size, kernel, stride, dilation, before, after, "fold")
    columns, count = x.array.shape[1:]
    if columns % (kernel[0] * kernel[1]) or count != windows[0] * windows[1]:
        raise ValueError(
            f"(InvalidArgument) fold: x must be [N, C · {kernel[0]} · {kernel[1]}, {windows[0]} · {windows[1]}], but received "
            f"{list(x.array.shape)}"
        )
    return layer.fold_sides(x, size, kernel, dilation, before, after, stride)
