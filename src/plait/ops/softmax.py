"""Softmax and log-softmax along one dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native
from plait.op import Op, Sample, apply
from plait.ops import elementwise as E
from plait.ops.activation import through_float32
from plait.ops.halves import nearest
from plait.ops.reduce import sum as sum_of
from plait.ops.rows import elementwise_cost, no_rejects, numbers
from plait.ops.shape import wrap_dim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray


def _short_log(kind: np.dtype) -> Callable[[NDArray, int], Any]:
    """log-softmax of 16-bit values, as upstream works it out: the sum and its logarithm are rounded on the way."""
    near = nearest(kind)

    def run(x: NDArray, dim: int) -> Any:
        if not x.size or not x.ndim:
            return x - x
        with np.errstate(all="ignore"):
            below = x - x.max(dim, keepdims=True)
            return below - near(np.log(near(np.exp(below).sum(dim, keepdims=True))))

    return run


def _forward(kernel: Callable[..., Any], label: str) -> Callable[..., Any]:
    def flat(x: NDArray, dim: int) -> Any:
        if x.ndim == 0:
            return kernel(x.reshape(1), 0).reshape(())
        return kernel(np.ascontiguousarray(x), dim)

    def forward(x: NDArray, dim: int) -> Any:
        if x.dtype.char in "fd":
            return kernel(x, dim) if x.flags.c_contiguous and x.ndim else flat(x, dim)
        if not x.size:
            return x.copy()
        short = _short_log(x.dtype) if kernel is _native.log_softmax and dim >= x.ndim - 1 else flat
        return through_float32(
            lambda x: short(x, dim),
            x.dtype,
            label if dim == x.ndim - 1 or x.ndim == 0 else label.replace("_lastdim", ""),
            x,
        )

    return forward


def _gradient(kernel: Callable[..., Any], label: str) -> Callable[..., Any]:
    def flat(g: NDArray, y: NDArray, dim: int) -> Any:
        if y.ndim == 0:
            return kernel(g.reshape(1), y.reshape(1), 0).reshape(())
        return kernel(np.ascontiguousarray(g), np.ascontiguousarray(y), dim)

    def forward(g: NDArray, y: NDArray, dim: int) -> Any:
        return (
            flat(g, y, dim)
            if y.dtype.char in "fd"
            else through_float32(lambda g, y: flat(g, y, dim), y.dtype, label, g, y)
        )

    return forward


def _reference(x: NDArray, dim: int) -> NDArray:
    e = np.exp(x - (x.max(dim, keepdims=True) if x.size else 0))
    return e / e.sum(dim, keepdims=True)


def _reference_log(x: NDArray, dim: int) -> NDArray:
    d = x - (x.max(dim, keepdims=True) if x.size else 0)
    return d - np.log(np.exp(d).sum(dim, keepdims=True))


_SHAPES = (((3, 5), 1), ((3, 5), 0), ((2, 3, 37), 1), ((2, 67), 1), ((2, 3, 4), 0), ((0, 3), 1), ((), 0), ((3, 0), 0))


def _samples() -> Iterable[Sample]:
    return [Sample([numbers(*shape)], (dim,)) for shape, dim in _SHAPES]


def _gradient_samples() -> Iterable[Sample]:
    return [Sample([numbers(*shape), numbers(*shape, low=0.0, high=1.0, seed=1)], (dim,)) for shape, dim in _SHAPES]


def _softmax_second(ctx: Any, gg: Any) -> Any:
    g, y = ctx.x(0), ctx.x(1)
    dim = ctx.params[0]
    to_g = apply(SOFTMAX_BACKWARD, (gg, y), (dim,)) if ctx.needs[0] else None
    to_y = None
    if ctx.needs[1]:
        to_y = E.sub(E.mul(gg, E.sub(g, sum_of(E.mul(g, y), dim, True))), E.mul(g, sum_of(E.mul(gg, y), dim, True)))
    return to_g, to_y


def _log_softmax_second(ctx: Any, gg: Any) -> Any:
    g, y = ctx.x(0), ctx.x(1)
    dim = ctx.params[0]
    p = E.exp(y)
    to_g = E.sub(gg, sum_of(E.mul(gg, p), dim, True)) if ctx.needs[0] else None
    to_y = E.neg(E.mul(E.mul(gg, p), sum_of(g, dim, True))) if ctx.needs[1] else None
    return to_g, to_y


SOFTMAX_BACKWARD: Op = Op(
    "softmax_backward", kind="reduction", forward=_gradient(_native.softmax_backward, "softmax_backward"), backward=_softmax_second,
    infer=lambda g, y, dim: [y], reference=lambda g, y, dim: y * (g - (g * y).sum(dim, keepdims=True)), samples=_gradient_samples,
    rejects=no_rejects, cost=elementwise_cost(4), explain="y * (g - sum of g * y along dim)", export=None, save_inputs=(0, 1),
    grad_name="SoftmaxBackwardDataBackward0",
)  # fmt: skip
LOG_SOFTMAX_BACKWARD: Op = Op(
    "log_softmax_backward", kind="reduction", forward=_gradient(_native.log_softmax_backward, "log_softmax_backward"),
    backward=_log_softmax_second, infer=lambda g, y, dim: [y],
    reference=lambda g, y, dim: g - np.exp(y) * g.sum(dim, keepdims=True), samples=_gradient_samples, rejects=no_rejects,
    cost=elementwise_cost(12), explain="g - e ** y * sum of g along dim", export=None, save_inputs=(0, 1),
    grad_name="LogSoftmaxBackwardDataBackward0",
)  # fmt: skip
SOFTMAX: Op = Op(
    "softmax", kind="reduction", forward=_native.native_call("along", "softmax", _forward(_native.softmax, "softmax_lastdim_kernel_impl")), infer=lambda x, dim: [x],
    backward=lambda ctx, g: apply(SOFTMAX_BACKWARD, (g, ctx.y(0)), ctx.params), reference=_reference, samples=_samples, rejects=no_rejects,
    cost=elementwise_cost(12), explain="e ** x over the sum of e ** x along dim", export="Softmax", save_outputs=(0,),
)  # fmt: skip
LOG_SOFTMAX: Op = Op(
    "log_softmax", kind="reduction", forward=_native.native_call("along", "log_softmax", _forward(_native.log_softmax, "log_softmax_lastdim_kernel_impl")), infer=lambda x, dim: [x],
    backward=lambda ctx, g: apply(LOG_SOFTMAX_BACKWARD, (g, ctx.y(0)), ctx.params), reference=_reference_log, samples=_samples,
    rejects=no_rejects, cost=elementwise_cost(12), explain="x - log of the sum of e ** x along dim", export="LogSoftmax", save_outputs=(0,),
)  # fmt: skip


STRAIGHT: Op = Op(
    "straight_through", kind="elementwise", forward=lambda x, value: value.copy(), backward=lambda ctx, g: (g, None),
    infer=lambda x, value: [x], reference=lambda x, value: value, rejects=no_rejects, cost=elementwise_cost(0), export=None,
    samples=lambda: [Sample([numbers(3, 4), numbers(3, 4, seed=1)], grad=False)],
    explain="another value in its place, with its gradient",
)  # fmt: skip


def straight_through(x: Any, value: Any) -> Any:
    """`value` with x's gradient, as though it were x: the straight-through estimator of Bengio et al., 2013."""
    return apply(STRAIGHT, (x, value))


def floored(x: Any, dim: int, depth: float = 64.0) -> Any:
    """x for a softmax along `dim`: where it spreads over more than `depth`, less its greatest and at least −`depth`. The gradient passes
    whole."""
    a = x.array
    if a.dtype.char not in "fd" or not a.size or not a.ndim or float(a.max()) - float(a.min()) <= depth:
        return x
    with np.errstate(all="ignore"):
        return straight_through(x, x.face.wrap(np.maximum(a - a.max(dim, keepdims=True), a.dtype.type(-depth))))


def softmax(x: Any, dim: int) -> Any:
    """e ** x, divided by its sum along `dim`."""
    return apply(SOFTMAX, (x,), (wrap_dim(dim, x.array.ndim),))


def log_softmax(x: Any, dim: int) -> Any:
    """The logarithm of `softmax`, without its rounding."""
    return apply(LOG_SOFTMAX, (x,), (wrap_dim(dim, x.array.ndim),))
