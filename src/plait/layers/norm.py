"""What normalisation layers mean, rank-free.

Dialects differ in the direction of momentum, in which variance they keep and in where weights lie; here `momentum` is always the weight
of the new value and `unbiased` says which variance the running one follows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import _native, dtypes
from plait.op import apply
from plait.ops import elementwise as ew
from plait.ops.channel_window import CHANNEL_WINDOW_SUM
from plait.ops.norm import (
    BATCH_NORM,
    BATCH_NORM_INFERENCE,
    GROUP_NORM,
    INSTANCE_NORM,
    LAYER_NORM,
    RMS_NORM,
)


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
) -> Any:
    """Each channel (axis 1) less its mean, over its deviation: the batch's own in training, the running ones otherwise.

    In training the running statistics, where given, become (1 - momentum) of themselves and momentum of the batch's.
    Ioffe and Szegedy, Batch Normalization, 2015, algorithm 1.
    """
    if training:
        if not x.array.size:
            running_mean = running_var = None
        return apply(BATCH_NORM, (x, weight, bias, running_mean, running_var), (momentum, eps, unbiased))
    return apply(BATCH_NORM_INFERENCE, (x, weight, bias, running_mean, running_var), (eps,))


def _inner(shape: tuple[int, ...], first: int) -> int:
    size = 1
    for n in shape[first:]:
        size *= n
    return size


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
    if running_mean is not None and array.size:
        _follow_planes(array, running_mean.array, running_var.array, momentum, eps)
    return apply(INSTANCE_NORM, (x, weight, bias), (shape[1], 1, _inner(shape, 2), eps, False))


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


def group_norm(x: Any, groups: int, weight: Any, bias: Any, eps: float) -> Any:
    """Each group of channels of each sample less its mean, over its deviation, with a weight per channel. Wu and He, 2018."""
    shape = x.array.shape
    return apply(GROUP_NORM, (x, weight, bias), (groups, shape[1] // groups, _inner(shape, 2), eps, False))


def local_response_norm(x: Any, size: int, alpha: float, beta: float, k: float) -> Any:
    """x / (k + alpha * mean of squares over `size` neighbouring channels) ** beta. Krizhevsky, Sutskever and Hinton, 2012."""
    squares = apply(CHANNEL_WINDOW_SUM, (ew.mul(x, x),), (size // 2, (size - 1) // 2))
    if not dtypes.is_floating(x.array.dtype):  # integers are averaged as integers
        squares = x.face.wrap(squares.array // size * size)
    return ew.div(x, ew.pow(ew.add(ew.mul(squares, alpha / size), k), beta))
