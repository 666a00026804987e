"""Losses that are one op: a measure of pairs and its mean; of classes `class_loss.py`, of margins `margin_loss.py`.

Rules of these files: `reduction` is 0 for none, 1 for the mean, 2 for the sum; weights are params (arrays or None), gradients flow to the
scores and, where that makes sense, to the targets. A gradient that must itself be differentiable is written with other ops; one
that need not be is one native call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Sample, apply, type_name
from plait.ops import elementwise as ew
from plait.ops import loss_halves as halves
from plait.ops import reduce
from plait.ops.activation import logsigmoid, sigmoid
from plait.ops.halves import is_half, nearest
from plait.ops.rows import numbers
from plait.ops.select import CLAMP
from plait.ops.shape import expand, to_dtype
from plait.ops.statistics import NORM
from plait.ops.views import named
from plait.tensor import MODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Shape = tuple[int, ...]

NONE, MEAN, SUM = 0, 1, 2


def working_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype in which kernels run: float64 for itself, float32 for all else."""
    return dtypes.F64 if dtype.char == "d" else dtypes.F32


def ready(array: NDArray | None, shape: Shape, dtype: np.dtype) -> Any:
    """`array` as kernels take it: that shape, that dtype, contiguous."""
    if array is None or (
        array.shape == shape and (array.dtype is dtype or array.dtype == dtype) and array.flags.c_contiguous
    ):
        return array
    return np.ascontiguousarray(np.broadcast_to(dtypes.cast(array, dtype), shape))


def reduce_by(y: NDArray, reduction: int) -> Any:
    """The losses as they are, their mean or their sum."""
    with np.errstate(all="ignore"):
        return y if reduction == NONE else y.sum() if reduction == SUM else y.sum() / np.float64(y.size)


def spread_by(g: Any, count: Any, shape: Shape, reduction: int) -> Any:
    """The gradient of each loss from that of the reduced one; `count` is what the mean divides by."""
    if reduction == MEAN:
        g = ew.div(g, count) if count else ew.mul(g, 0.0)  # nothing counts: no slope
    return g if reduction == NONE else expand(g, shape)


# --- pairs -------------------------------------------------------------------------------------------------------------------------


def _max(x: Any, least: float) -> Any:
    return ew.where(ew.lt(x, least), least, x)


def _slope_square(d: Any, x: Any, t: Any, more: Any, param: float) -> Any:
    return ew.mul(d, 2)


def _slope_smooth_l1(d: Any, x: Any, t: Any, more: Any, beta: float) -> Any:
    return ew.where(ew.lt(ew.abs(d), beta), ew.div(d, beta), ew.sign(d))


def _slope_huber(d: Any, x: Any, t: Any, more: Any, delta: float) -> Any:
    return ew.where(ew.le(ew.abs(d), delta), d, ew.mul(ew.sign(d), delta))


def _slope_cross_entropy2(d: Any, x: Any, t: Any, more: Any, param: float) -> Any:
    return ew.div(d, _max(ew.mul(ew.sub(1.0, x), x), 1e-12))


def _slope_cross_entropy2_logits(d: Any, x: Any, t: Any, more: Any, param: float) -> Any:
    s = sigmoid(x)
    if more is None:
        return ew.sub(s, t)
    return ew.sub(ew.mul(ew.add(ew.mul(ew.sub(more, 1.0), t), 1.0), s), ew.mul(more, t))


def _slope_soft_margin(d: Any, x: Any, t: Any, more: Any, param: float) -> Any:
    return ew.neg(ew.mul(t, sigmoid(ew.neg(ew.mul(t, x)))))


def _target_difference(slope: Any, x: Any, t: Any, more: Any) -> Any:
    return ew.neg(slope())


def _target_cross_entropy2(slope: Any, x: Any, t: Any, more: Any) -> Any:
    return ew.neg(ew.log(ew.div(x, ew.sub(1.0, x))))


def _target_cross_entropy2_logits(slope: Any, x: Any, t: Any, more: Any) -> Any:
    if more is None:
        return ew.neg(x)
    return ew.neg(ew.add(x, ew.mul(ew.sub(more, 1.0), logsigmoid(x))))


def _target_soft_margin(slope: Any, x: Any, t: Any, more: Any) -> Any:
    return ew.neg(ew.mul(x, sigmoid(ew.neg(ew.mul(t, x)))))


def _reference_square(x: Any, t: Any, m: Any, p: float) -> Any:
    return (x - t) ** 2


def _reference_smooth_l1(x: Any, t: Any, m: Any, beta: float) -> Any:
    z = np.abs(x - t)
    return np.where(z < beta, 0.5 * z * z / beta, z - 0.5 * beta)


def _reference_huber(x: Any, t: Any, m: Any, delta: float) -> Any:
    z = np.abs(x - t)
    return np.where(z <= delta, 0.5 * z * z, delta * (z - 0.5 * delta))


def _reference_cross_entropy2(x: Any, t: Any, m: Any, p: float) -> Any:
    return -(t * np.maximum(np.log(x), -100) + (1 - t) * np.maximum(np.log1p(-x), -100))


def _reference_cross_entropy2_logits(x: Any, t: Any, m: Any, p: float) -> Any:
    m = 1.0 if m is None else m
    return (1 - t) * x + ((m - 1) * t + 1) * np.logaddexp(0, -x)


def _reference_soft_margin(x: Any, t: Any, m: Any, p: float) -> Any:
    return np.log1p(np.exp(-t * x))


def _pair(
    name: str,
    kind: str,
    slope: Callable[..., Any],
    by_target: Callable[..., Any],
    reference: Callable[..., Any],
    *,
    explain: str,
    low: float = -2.0,
    high: float = 2.0,
    param: float = 1.0,
    weighted: bool = False,
) -> Op:
    """The op of one measure: `slope` is its derivative by x with ops; params are (weight, weight of a target of 1, number, reduction)."""

    def forward(x: NDArray, t: NDArray, w: Any, more: Any, number: float, reduction: int) -> NDArray:
        shape = x.shape if x.shape == t.shape else np.broadcast_shapes(x.shape, t.shape)
        dtype = working_dtype(x.dtype)
        if is_half(x.dtype):
            return forward_half(x, t, w, more, number, reduction, shape)
        y: NDArray = _native.pair_loss(kind, *(ready(a, shape, dtype) for a in (x, t, w, more)), number, reduction)
        return y if y.dtype == x.dtype else dtypes.cast(y, x.dtype)

    def forward_half(x: NDArray, t: NDArray, w: Any, more: Any, number: float, reduction: int, shape: Shape) -> NDArray:
        near = nearest(x.dtype)
        x32, t32, w32, more32 = (ready(a, shape, dtypes.F32) for a in (x, t, w, more))
        steps = halves.LOSSES.get(kind) or halves.LOSSES.get((kind, x.dtype))
        with np.errstate(all="ignore"):
            if steps is None:
                y: NDArray = near(_native.pair_loss(kind, x32, t32, None, more32, number, NONE))
            else:
                y = steps(x32, t32, more32, number, near)
            return halves.reduced(y if w32 is None else near(y * w32), reduction, x.dtype)

    def backward_half(ctx: Any, g: Any, shape: Shape) -> Any:
        x, t = (ctx.x(i).array for i in (0, 1))
        w, more, number, reduction = ctx.params
        near = nearest(x.dtype)
        given = (
            *(ready(a, shape, working_dtype(x.dtype)) for a in (x, t, w, more)), number,
            dtypes.cast(g.array, working_dtype(x.dtype)), int(np.prod(shape)) if reduction == MEAN else 0, near,
        )  # fmt: skip
        wrap = type(g).face.wrap
        with np.errstate(all="ignore"):
            gx = wrap(dtypes.cast(halves.SLOPES[kind](*given), x.dtype))
            if not ctx.needs[1]:
                return gx, None
            if by_target is _target_difference:
                return gx, ew.neg(gx)
            return gx, wrap(dtypes.cast(halves.TARGETS[kind](*given), x.dtype))

    def backward(ctx: Any, g: Any) -> Any:
        x, t = ctx.x(0), ctx.x(1)
        w, more, number, reduction = ctx.params
        shape = np.broadcast_shapes(x.array.shape, t.array.shape)
        wide = working_dtype(x.array.dtype)
        size = int(np.prod(shape))
        if not MODE.grad and (
            kind == "soft_margin" or (is_half(x.array.dtype) and kind in halves.SLOPES)
        ):  # of soft_margin an infinite exponential leaves no slope
            return backward_half(ctx, g, shape)

        def scaled(part: Any) -> Any:
            if w is not None:
                part = ew.mul(part, type(g).face.wrap(dtypes.cast(w, part.array.dtype)))
            return ew.mul(part, spread_by(g, size, shape, reduction))

        def tensor_of(array: Any) -> Any:
            return None if array is None else type(g).face.wrap(dtypes.cast(array, x.array.dtype))

        gx = gt = None
        if MODE.grad:
            if ctx.needs[0]:
                gx = scaled(slope(ew.sub(x, t), x, t, tensor_of(more), number))
        elif ctx.needs[0] or (ctx.needs[1] and by_target is _target_difference):
            got = _native.pair_loss_backward(
                kind, *(ready(a, shape, wide) for a in (x.array, t.array, w, more)),
                ready(g.array, shape if reduction == NONE else (), wide), number, reduction,
            )  # fmt: skip
            gx = type(g).face.wrap(got if got.dtype == x.array.dtype else dtypes.cast(got, x.array.dtype))
        if ctx.needs[1]:
            if gx is not None and by_target is _target_difference:
                gt = ew.neg(gx)
            else:
                gt = scaled(
                    by_target(lambda: slope(ew.sub(x, t), x, t, tensor_of(more), number), x, t, tensor_of(more))
                )
        return gx, gt

    def refer(x: NDArray, t: NDArray, w: Any, more: Any, number: float, reduction: int) -> Any:
        y = reference(x, t, more, number)
        return reduce_by(np.asarray(y if w is None else y * w), reduction)

    def infer(x: Any, t: Any, w: Any, more: Any, number: float, reduction: int) -> Any:
        return [(np.broadcast_shapes(x[0], t[0]) if reduction == NONE else (), x[1])]

    def samples() -> Iterable[Sample]:
        x, t = numbers(3, 5, low=low, high=high), numbers(3, 5, low=low, high=high, seed=1)
        for reduction in (NONE, MEAN, SUM):
            yield Sample([x, t], (None, None, param, reduction))
        yield Sample(
            [numbers(2, 67, low=low, high=high), numbers(67, low=low, high=high, seed=1)], (None, None, param, MEAN)
        )
        yield Sample([numbers(0, 3), numbers(0, 3)], (None, None, param, SUM))
        if weighted:
            yield Sample([x, t], (numbers(3, 5, low=0.1), numbers(5, low=0.5), param, NONE))

    return Op(
        name, kind="loss", forward=forward, backward=backward, infer=infer, reference=refer, samples=samples, rejects=lambda: [],
        cost=lambda shapes, params=(): (8 * int(np.prod(shapes[0])), 8 * int(np.prod(shapes[0]))),
        explain=explain, export=None, save_inputs=(0, 1, (0, 1), (1, 0)),
    )  # fmt: skip


MSE_LOSS = _pair("mse_loss", "square", _slope_square, _target_difference, _reference_square, explain="(x - t)²")
SMOOTH_L1_LOSS = _pair(
    "smooth_l1_loss", "smooth_l1", _slope_smooth_l1, _target_difference, _reference_smooth_l1, param=0.7,
    explain="(x - t)² / 2 beta where |x - t| < beta, else |x - t| - beta / 2",
)  # fmt: skip
HUBER_LOSS = _pair(
    "huber_loss", "huber", _slope_huber, _target_difference, _reference_huber, param=0.7,
    explain="(x - t)² / 2 where |x - t| <= delta, else delta (|x - t| - delta / 2)",
)  # fmt: skip
BINARY_CROSS_ENTROPY = _pair(
    "binary_cross_entropy", "cross_entropy2", _slope_cross_entropy2, _target_cross_entropy2, _reference_cross_entropy2, low=0.1, high=0.9,
    explain="-(t log x + (1 - t) log(1 - x)), logarithms not below -100", weighted=True,
)  # fmt: skip
BINARY_CROSS_ENTROPY_WITH_LOGITS = _pair(
    "binary_cross_entropy_with_logits", "cross_entropy2_logits", _slope_cross_entropy2_logits, _target_cross_entropy2_logits,
    _reference_cross_entropy2_logits, explain="-(m t log s + (1 - t) log(1 - s)), s = sigmoid(x), m the weight of a target of 1",
    weighted=True,
)  # fmt: skip
SOFT_MARGIN_LOSS = _pair(
    "soft_margin_loss",
    "soft_margin",
    _slope_soft_margin,
    _target_soft_margin,
    _reference_soft_margin,
    explain="log(1 + exp(-t x))",
)


#: Measures whose result has the dtype of one operand; the others promote both.
_RESULT = {HUBER_LOSS.name: 0, SOFT_MARGIN_LOSS.name: 0, BINARY_CROSS_ENTROPY_WITH_LOGITS.name: 1}


def pair_loss(
    op: Op, x: Any, t: Any, reduction: int, number: float = 1.0, weight: Any = None, more: Any = None, where: str = ""
) -> Any:
    """Apply one of this file's measures; `where` names the kernel in the error for dtypes that have no such loss."""
    a, b = x.array.dtype, t.array.dtype
    want = None
    if a != b or not dtypes.is_floating(a):
        common = dtypes.promote(a, b)
        want = (a, b)[_RESULT[op.name]] if op.name in _RESULT else common
        if not dtypes.is_floating(common):
            raise NotImplementedError(f"\"{where or op.name}\" not implemented for '{type_name(common)}'")
        if not dtypes.is_floating(want):
            raise RuntimeError(
                f"result type {type_name(common)} can't be cast to the desired output type {type_name(want)}"
            )
        x, t = to_dtype(x, common), to_dtype(t, common)
    if op is SOFT_MARGIN_LOSS:
        without_slope(t, op.name, "target")
    y = apply(
        op,
        (x, t),
        (without_slope(weight, op.name, "weight"), without_slope(more, op.name, "pos_weight"), number, reduction),
    )
    return y if want is None else to_dtype(y, want)


def without_slope(value: Any, where: str, name: str) -> Any:
    """The array of an operand that gradients do not flow to."""
    if value is None:
        return None
    if value.tracks and MODE.grad:
        raise RuntimeError(
            f"The function '{where}' is not differentiable with respect to argument '{name}'. "
            "This input cannot have requires_grad True."
        )
    return value.array


# --- ops of other files under the names that their nodes have inside losses -------------------------------------------------------

DIVIDE_BY: Op = Op(
    "divide_by", kind="elementwise", forward=lambda x, n: ew.DIV.run(x, n), backward=lambda ctx, g: ew.div(g, ctx.params[0]),
    infer=lambda x, n: [x], reference=lambda x, n: x / n, samples=lambda: [Sample([numbers(3, 5)], (2.5,)), Sample([numbers()], (3,))],
    rejects=lambda: [], cost=lambda shapes, params=(): (int(np.prod(shapes[0])), 8 * int(np.prod(shapes[0]))), explain="x / n",
    export="Div", grad_name="DivBackward1",
)  # fmt: skip
CLAMP_MIN: Op = Op(
    "clamp_min", kind="elementwise", forward=lambda x, low: CLAMP.run(x, low, None),
    backward=lambda ctx, g: ew.where(ew.ge(ctx.x(0), ctx.params[0]), g, 0.0), infer=lambda x, low: [x],
    reference=np.maximum, samples=lambda: [Sample([numbers(3, 5)], (0.1,)), Sample([numbers(0, 2)], (0,))], rejects=lambda: [],
    cost=lambda shapes, params=(): (int(np.prod(shapes[0])), 8 * int(np.prod(shapes[0]))), explain="x, at least low", export="Clip",
    save_inputs=(0,),
)  # fmt: skip
P_NORM = named(NORM, "NormBackward1")
SUM_ALONG = named(reduce.SUM, "SumBackward1")
