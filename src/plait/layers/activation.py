"""What activation layers mean where that is more than one op."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.op import apply, apply_
from plait.ops import activation, gate, random, select, steps
from plait.ops import elementwise as ew
from plait.ops.extremes import max_dim
from plait.ops.shape import narrow, reshape
from plait.ops.softmax import softmax, straight_through
from plait.ops.statistics import logsumexp

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from plait.ops.random import Generator


def softmax_dim(ndim: int) -> int:
    """The dimension that softmax takes where none is given: 0 for 0, 1 and 3 dimensions, else 1."""
    return 0 if ndim in (0, 1, 3) else 1


def rrelu_slopes(x: NDArray, lower: float, upper: float, training: bool, generator: Generator | None = None) -> NDArray:
    """RReLU's slope of each element: 1 where x > 0, else uniform in [lower, upper), or their mean when not training."""
    if training:
        return random.slopes(x, lower, upper, generator)
    above = dtypes.cast(x, dtypes.F64) > 0
    return dtypes.cast(np.where(above, 1.0, (lower + upper) / 2), x.dtype)


def rrelu(
    x: Any, lower: float, upper: float, training: bool, generator: Generator | None = None, inplace: bool = False
) -> Any:
    """x where x > 0, else x times a slope drawn for it."""
    slopes = x.face.wrap(rrelu_slopes(x.array, lower, upper, training, generator))
    if inplace:
        return apply_(gate.RRELU, x, (x, slopes))
    return apply(gate.RRELU, (x, slopes))


def rectified(x: Any, slope: float = 0.0, ceiling: float | None = None, threshold: float = 0.0) -> Any:
    """x where it is above `threshold`, slope · (x - threshold) below, and no more than `ceiling`."""
    if slope != 0.0 and ceiling is None and threshold == 0:
        return activation.leaky_relu(x, slope)
    if threshold != 0:
        kept = activation.threshold(x, threshold, 0.0)
    else:
        kept = activation.relu(x)
    if ceiling is not None:
        kept = select.clamp(kept, 0.0, ceiling)
    if slope == 0.0:
        return kept
    below = activation.relu(ew.sub(threshold, x) if threshold != 0 else ew.neg(x))
    return ew.sub(kept, ew.mul(below, slope))


def rectified_by(x: Any, slope: Any) -> Any:
    """x, or slope · x where x is negative, with a tensor of slopes that broadcasts."""
    return ew.sub(activation.relu(x), ew.mul(slope, activation.relu(ew.neg(x))))


def softmax_marked(x: Any, dims: tuple[int, ...], mark: Any = None) -> Any:
    """Exponentials over their sum along one or several dimensions; where `mark` is not true, 0."""
    marks = None
    if mark is not None:
        held = mark.array
        marks = x.face.wrap(held if held.dtype == bool else held > 0.5)
        low = -30000.0 if x.array.dtype == dtypes.F16 else -1e9
        x = ew.where(marks, x, x.face.wrap(np.asarray(low, x.array.dtype)))
    if len(dims) == 1:
        y = softmax(x, dims[0])
    else:
        y = ew.exp(ew.sub(x, logsumexp(x, dims, True)))
    return y if marks is None else ew.where(marks, y, y.face.wrap(np.zeros((), y.array.dtype)))


def gelu(x: Any, approximate: str) -> Any:
    """x times the normal distribution's cdf at x ("none"), or its approximation by tanh ("tanh")."""
    if approximate == "none":
        return activation.gelu(x)
    if approximate == "tanh":
        return activation.gelu_tanh(x)
    raise RuntimeError("approximate argument must be either none or tanh.")


def hard_sigmoid(x: Any, slope: float, offset: float) -> Any:
    """slope · x + offset, kept inside [0, 1]."""
    return steps.hardtanh(ew.add(ew.mul(x, slope), offset), 0.0, 1.0)


def rrelu_drawn(x: Any, lower: float, upper: float, drawn: Callable[[int], NDArray] | None) -> Any:
    """x where x >= 0, else x times a slope: uniform numbers that `drawn(count)` gives, one for each negative element in order, spread over
    [lower, upper); without it the mean of the two."""
    array = x.array
    slopes = np.ones(array.shape, dtypes.working(array).dtype)
    below = dtypes.working(array) < 0
    if drawn is None:
        slopes[below] = (np.float32(lower) + np.float32(upper)) / np.float32(2)
    else:
        slopes[below] = drawn(int(below.sum()))
    return apply(gate.RRELU, (x, x.face.wrap(slopes)))


def gumbel_softmax(x: Any, noise: NDArray, temperature: float, hard: bool, dim: int, undivided: bool = False) -> Any:
    """softmax((x + noise) / temperature) for Gumbel noise; `hard`: one at its greatest element, and no gradient (a softmax's slope
    at a certainty). `undivided`: the gradient is not divided by the temperature.

    Jang, Gu and Poole, Categorical reparameterization with Gumbel-softmax, 2017.
    """
    noisy = ew.add(x, x.face.wrap(noise))
    cooled = noisy.array / np.asarray(temperature, noisy.array.dtype)
    y = softmax(straight_through(noisy, x.face.wrap(cooled)) if undivided else ew.div(noisy, temperature), dim)
    if not hard:
        return y
    soft = y.array
    one = np.zeros_like(soft)
    if not one.ndim:
        return ew.add(ew.mul(y, 0.0), 1.0)
    np.put_along_axis(one, np.expand_dims(soft.argmax(dim), dim), 1, dim)
    return ew.add(ew.mul(y, 0.0), y.face.wrap(one))


def maxout(x: Any, groups: int, dim: int) -> Any:
    """The greatest of each `groups` neighbours along `dim`, the first of equals: Goodfellow et al., 2013."""
    shape = x.array.shape
    return max_dim(reshape(x, (*shape[:dim], shape[dim] // groups, groups, *shape[dim + 1 :])), dim + 1)[0]


def swiglu(x: Any, gate_by: Any) -> Any:
    """x · sigmoid(x) times another; where that is None the second half of the last dimension (Shazeer 2020)."""
    if gate_by is None:
        last = x.array.ndim - 1
        half = x.array.shape[last] // 2
        x, gate_by = narrow(x, last, 0, half), narrow(x, last, half, half)
    return ew.mul(activation.silu(x), gate_by)
