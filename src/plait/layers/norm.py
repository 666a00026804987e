"""What normalisation layers mean, rank-free.

Dialects differ in the direction of momentum, in which variance they keep and in where weights lie; here `momentum` is always the weight
of the new value and `unbiased` says which variance the running one follows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import apply
from plait.ops import elementwise as ew
from plait.ops import reduce
from plait.ops.binary import maximum
from plait.ops.channel_window import CHANNEL_WINDOW_SUM
from plait.ops.halves import is_half
from plait.ops.maths import rsqrt
from plait.ops.norm import (
    BATCH_NORM,
    BATCH_NORM_INFERENCE,
    GROUP_NORM,
    INSTANCE_NORM,
    LAYER_NORM,
    RMS_NORM,
)
from plait.ops.shape import clone, expand, moved_first, moved_last, permute, reshape
from plait.ops.statistics import norm, var, var_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def batch_norm(
    x: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    unbiased: bool = True,
    alone: str = "normalise",
    fixed: bool = False,
) -> Any:
    """Each channel (axis 1) less its mean, over its deviation: the batch's own in training, the running ones otherwise.

    In training the running statistics, where given, become (1 - momentum) of themselves and momentum of the batch's.
    `alone` says what becomes of a channel of one value in training: it is normalised like any other, or everything stays as it is ("pass"; gradients too).
    `fixed`: gradients are those of the running statistics that come of it, as constants.
    Ioffe and Szegedy, Batch Normalization, 2015, algorithm 1.
    """
    if training:
        shape = x.array.shape
        if alone == "pass" and x.array.size and x.array.size == shape[1]:
            return clone(x)
        if not x.array.size:
            running_mean = running_var = None
        if not fixed:
            return apply(BATCH_NORM, (x, weight, bias, running_mean, running_var), (momentum, eps, unbiased))
        parts = [None if t is None else t.detach() for t in (x, weight, bias)]
        y = apply(BATCH_NORM, (*parts, running_mean, running_var), (momentum, eps, unbiased))
        given = apply(BATCH_NORM_INFERENCE, (x, weight, bias, running_mean, running_var), (eps,))
        return ew.add(given, x.face.wrap(y.array - given.array))
    return apply(BATCH_NORM_INFERENCE, (x, weight, bias, running_mean, running_var), (eps,))


def _inner(shape: tuple[int, ...], first: int) -> int:
    return math.prod(shape[first:])


def instance_norm(
    x: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    own: bool,
    momentum: float,
    eps: float,
) -> Any:
    """Each plane of each sample less its mean, over its deviation; with `own` false, by the running statistics.

    Running statistics follow the mean over the batch of the planes' means and unbiased variances. Ulyanov, Vedaldi and Lempitsky, 2016.
    """
    if not own:
        return apply(BATCH_NORM_INFERENCE, (x, weight, bias, running_mean, running_var), (eps,))
    array = x.array
    shape = array.shape
    given = [t for t in (x, weight, bias, running_mean, running_var) if t is not None]
    if is_half(array.dtype) and array.size and all(t.array.dtype == array.dtype for t in given):
        return _instance_norm_half(x, weight, bias, running_mean, running_var, momentum, eps)
    if running_mean is not None and array.size:
        _follow_planes(array, running_mean.array, running_var.array, momentum, eps)
    return apply(INSTANCE_NORM, (x, weight, bias), (shape[1], 1, _inner(shape, 2), eps, False))


def _instance_norm_half(
    x: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, momentum: float, eps: float
) -> Any:
    """In 16 bits planes are the channels of a batch of one, and their running statistics round before their mean is taken."""
    shape = x.array.shape
    n, c = shape[:2]

    def for_each(v: Any) -> Any:
        return None if v is None else reshape(expand(v, (n, c)), (n * c,))

    means, variances = (None if r is None else r.face.wrap(np.tile(r.array, n)) for r in (running_mean, running_var))
    planes = reshape(x, (1, n * c, *shape[2:]))
    y = apply(BATCH_NORM, (planes, for_each(weight), for_each(bias), means, variances), (momentum, eps, True))
    for old, new in ((running_mean, means), (running_var, variances)):
        if old is not None and new is not None:
            wide = dtypes.cast(new.array.reshape(n, c), dtypes.F32)
            old.array[...] = dtypes.cast(wide.mean(0, dtype=np.float32), old.array.dtype)
    return reshape(y, shape)


def _follow_planes(x: Any, mean: Any, var: Any, momentum: float, eps: float) -> None:
    n, c = x.shape[:2]
    wide = np.ascontiguousarray(dtypes.cast(x, dtypes.F64 if x.dtype == dtypes.F64 else dtypes.F32)).reshape(
        1, n * c, -1
    )
    means, variances = (np.tile(dtypes.cast(r, wide.dtype), n) for r in (mean, var))
    _native.batch_norm_train(wide, None, None, means, variances, momentum, eps, True, False)
    mean[...] = dtypes.cast(means.reshape(n, c).mean(0, dtype=wide.dtype), mean.dtype)
    var[...] = dtypes.cast(variances.reshape(n, c).mean(0, dtype=wide.dtype), var.dtype)


def layer_norm(x: Any, dims: int, weight: Any, bias: Any, eps: float) -> Any:
    """The last `dims` dimensions less their mean, over their deviation, with a weight per element. Ba, Kiros and Hinton, 2016."""
    shape = x.array.shape
    return apply(LAYER_NORM, (x, weight, bias), (1, _inner(shape, len(shape) - dims), 1, eps, False))


def rms_norm(x: Any, dims: int, weight: Any, eps: float) -> Any:
    """The last `dims` dimensions over the root of their mean square, with a weight per element. Zhang and Sennrich, 2019."""
    shape = x.array.shape
    return apply(RMS_NORM, (x, weight, None), (1, _inner(shape, len(shape) - dims), 1, eps, True))


def group_norm(x: Any, groups: int, weight: Any, bias: Any, eps: float, still: bool = False) -> Any:
    """Each group of channels of each sample less its mean, over its deviation, with a weight per channel. Wu and He, 2018.

    `still`: gradients take the mean for a constant (without a weight).
    """
    shape = x.array.shape
    y = apply(GROUP_NORM, (x, weight, bias), (groups, shape[1] // groups, _inner(shape, 2), eps, False))
    if not (still and weight is None and x.tracks and y.tracks and y.array.size):
        return y
    # Something that is zero, whose gradient is what the moving mean takes away.
    rows = reshape(x, (shape[0] * groups, -1))
    mean = reduce.mean(rows, 1, True)
    scale = 1 / np.sqrt(rows.array.var(1, keepdims=True) + eps)
    part = ew.mul(ew.sub(mean, mean.detach()), x.face.wrap(scale.astype(x.array.dtype)))
    part = reshape(expand(part, rows.array.shape), shape)
    return ew.add(y, part)


def _axes_last(x: Any, axes: Sequence[int]) -> tuple[Any, tuple[int, ...] | None]:
    """`x` with these axes behind the others, and the order that was taken; None where they were there."""
    n = x.array.ndim
    found = [a % n for a in axes]
    order = (*(d for d in range(n) if d not in found), *found)
    return (x, None) if order == tuple(range(n)) else (permute(x, order), order)


def _back(y: Any, order: tuple[int, ...] | None) -> Any:
    return y if order is None else permute(y, tuple(np.argsort(order)))


def layer_norm_over(x: Any, axes: Sequence[int], weight: Any, bias: Any, eps: float) -> Any:
    """`layer_norm` over any axes, with a weight of their sizes in their order."""
    moved, order = _axes_last(x, axes)
    return _back(layer_norm(moved, len(axes), weight, bias, eps), order)


def rms_norm_over(x: Any, axes: Sequence[int], eps: float) -> Any:
    """`rms_norm` over any axes, without a weight."""
    moved, order = _axes_last(x, axes)
    return _back(rms_norm(moved, len(axes), None, eps), order)


def deviation_norm(x: Any, axes: Sequence[int], weight: Any, eps: float) -> Any:
    """x over its deviation along `axes` (the mean stays in it), times a weight that broadcasts."""
    spread = var(x, tuple(axes), 0, True)
    y = ew.mul(x, ew.pow(ew.add(spread, eps), -0.5))
    return y if weight is None else ew.mul(y, weight)


def group_norm_along(x: Any, axis: int, groups: int, weight: Any, bias: Any, eps: float) -> Any:
    """`group_norm` with the channels on any axis but the first."""
    return along(x, axis, lambda moved: group_norm(moved, groups, weight, bias, eps))


def along(x: Any, axis: int, norm: Callable[[Any], Any]) -> Any:
    """`norm` of x with `axis` as axis 1, and the axes back in their places; a lone axis is the channels of one example."""
    if x.array.ndim == 1:
        return reshape(norm(reshape(x, (1, -1))), x.array.shape)
    axis %= x.array.ndim
    if axis == 1:
        return norm(x)
    n = x.array.ndim
    if axis == n - 1:
        return moved_last(norm(moved_first(x)))
    order = (0, axis, *(d for d in range(1, n) if d != axis)) if axis else (1, 0, *range(2, n))
    return permute(norm(permute(x, order)), tuple(np.argsort(order)))


# --- batch norm by its parts ------------------------------------------------------------------------------------------------


def batch_norm_followed(
    x: Any, weight: Any, bias: Any, mean: Any, variance: Any, momentum: float, eps: float, unbiased: bool = False
) -> tuple[Any, Any, Any]:
    """`batch_norm` in training, and what the running mean and variance are then: fresh arrays, the given ones stay as they are.

    `momentum` is the weight of the old values.
    """
    kept = [x.face.wrap(dtypes.cast(a, x.array.dtype).copy()) for a in (mean, variance)]
    y = batch_norm(x, weight, bias, kept[0], kept[1], True, 1.0 - momentum, eps, unbiased)
    return y, kept[0].array, kept[1].array


def followed(old: Any, new: Any, momentum: float) -> Any:
    """An array on its way to another: `momentum` of the old one, the rest of the new."""
    return old * momentum + new * (1.0 - momentum)


def _line(v: Any, ndim: int) -> Any:
    return v if v is None or v.array.ndim != 1 else reshape(v, (1, -1, *(1,) * (ndim - 2)))


def standardised(x: Any, mean: Any, variance: Any, weight: Any, bias: Any, eps: float) -> Any:
    """(x - mean) / sqrt(variance + eps) * weight + bias; what has one value a channel lies along axis 1, all else broadcasts."""
    n = x.array.ndim
    factor = ew.pow(ew.add(_line(variance, n), eps), -0.5)
    if weight is not None:
        factor = ew.mul(factor, _line(weight, n))
    shift = ew.neg(ew.mul(_line(mean, n), factor))
    if bias is not None:
        shift = ew.add(shift, _line(bias, n))
    return ew.add(ew.mul(x, factor), shift)


def batch_moments(x: Any, mark: Any = None, eps: float = 0.0) -> tuple[Any, Any]:
    """Mean and biased variance of each channel (axis 1); of the values where `mark` is true, whose number gets `eps` more."""
    dims = (0, *range(2, x.array.ndim))
    if mark is None:
        variance, mean = var_mean(x, dims, 0)
        return mean, variance
    zero = x.face.wrap(np.zeros((), x.array.dtype))
    count = x.face.wrap((mark.array.sum(dims) + eps).astype(x.array.dtype))
    mean = ew.div(reduce.sum(ew.where(mark, x, zero), dims), count)
    apart = ew.where(mark, ew.sub(x, _line(mean, x.array.ndim)), zero)
    return mean, ew.div(reduce.sum(ew.mul(apart, apart), dims), count)


def renorm_correction(
    mean: Any, deviation: Any, running_mean: Any, running_deviation: Any, limits: dict[str, Any], eps: float
) -> tuple[Any, Any]:
    """Batch renormalisation's factor and shift, constants to gradients, brought into their limits (rmin, rmax, dmax). Ioffe, 2017."""
    by = np.maximum(running_deviation, np.sqrt(np.asarray(eps, mean.dtype)))
    factor, shift = deviation / by, (mean - running_mean) / by
    if limits.get("rmin") is not None:
        factor = np.maximum(factor, limits["rmin"])
    if limits.get("rmax") is not None:
        factor = np.minimum(factor, limits["rmax"])
    if limits.get("dmax") is not None:
        shift = np.clip(shift, -limits["dmax"], limits["dmax"])
    return factor.astype(mean.dtype), shift.astype(mean.dtype)


def composed(first: tuple[Any, Any], weight: Any, bias: Any) -> tuple[Any, Any]:
    """The weight and bias that scale and shift by `first`, then by `weight` and `bias`."""
    factor, shift = first
    if weight is not None:
        factor, shift = ew.mul(weight, factor), ew.mul(weight, shift)
    return factor, shift if bias is None else ew.add(shift, bias)


def ghost_batches(x: Any, size: int) -> Any:
    """x[n, c, …] as `size` samples of n / size batches, each with channels of its own: [size, batches · c, …]; sample i is of batch i mod batches."""
    n, c, *rest = x.array.shape
    if size <= 0 or n % size:
        raise ValueError(f"a virtual batch size must be positive and divide the batch; got {size} for a batch of {n}")
    return reshape(x, (size, n // size * c, *rest))


def rms(x: Any, dims: int, eps: float) -> Any:
    """1 / sqrt(mean square + eps) over the last `dims` dimensions."""
    last = tuple(range(x.array.ndim - dims, x.array.ndim))
    return rsqrt(ew.add(reduce.mean(ew.mul(x, x), last), eps))


def normalize(x: Any, p: float, dim: int, eps: float) -> Any:
    """x over its p-norm along `dim`, which counts as eps where it is less."""
    return ew.div(x, maximum(norm(x, p, dim, True), eps))


def local_response_norm(x: Any, size: int, alpha: float, beta: float, k: float) -> Any:
    """x / (k + alpha * mean of squares over `size` neighbouring channels) ** beta. Krizhevsky, Sutskever and Hinton, 2012."""
    squares = apply(CHANNEL_WINDOW_SUM, (ew.mul(x, x),), (size // 2, (size - 1) // 2))
    if not dtypes.is_floating(x.array.dtype):  # integers are averaged as integers
        squares = x.face.wrap(squares.array // size * size)
    return ew.div(x, ew.pow(ew.add(ew.mul(squares, alpha / size), k), beta))


def response(x: Any, before: int, after: int, alpha: float, beta: float, bias: float) -> Any:
    """x / (bias + alpha * sum of squares over `before` + 1 + `after` neighbouring channels) ** beta; channels are axis 1."""
    total = apply(CHANNEL_WINDOW_SUM, (ew.mul(x, x),), (before, after))
    return ew.div(x, ew.pow(ew.add(ew.mul(total, alpha), bias), beta))
