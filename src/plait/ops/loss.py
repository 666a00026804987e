"""Losses that are one op: a measure of pairs and its mean, and the negative log-likelihood of a class.

Rules of this file: `reduction` is 0 for none, 1 for the mean, 2 for the sum; weights are params (arrays or None), gradients flow to the
scores and, where that makes sense, to the targets. A gradient that must itself be differentiable is written with other ops; one
that need not be is one native call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply, type_name
from plait.ops import elementwise as ew
from plait.ops import loss_halves as halves
from plait.ops import reduce
from plait.ops.activation import logsigmoid, sigmoid
from plait.ops.halves import is_half
from plait.ops.rows import numbers
from plait.ops.select import CLAMP
from plait.ops.shape import expand, reshape, to_dtype
from plait.ops.statistics import NORM
from plait.ops.views import named
from plait.tensor import MODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]

NONE, MEAN, SUM = 0, 1, 2


def _floating(dtype: np.dtype) -> np.dtype:
    """The dtype in which kernels run: float64 for itself, float32 for all else."""
    return dtypes.F64 if dtype == dtypes.F64 else dtypes.F32


def _ready(array: NDArray | None, shape: Shape, dtype: np.dtype) -> Any:
    """`array` as kernels take it: that shape, that dtype, contiguous."""
    if array is None or (array.shape == shape and array.dtype == dtype and array.flags.c_contiguous):
        return array
    return np.ascontiguousarray(np.broadcast_to(dtypes.cast(array, dtype), shape))


def _reduce(y: NDArray, reduction: int) -> Any:
    with np.errstate(all="ignore"):
        return y if reduction == NONE else y.sum() if reduction == SUM else y.sum() / np.float64(y.size)


def _spread(g: Any, count: Any, shape: Shape, reduction: int) -> Any:
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
        dtype = _floating(x.dtype)
        if is_half(x.dtype):
            return forward_half(x, t, w, more, number, reduction, shape)
        y: NDArray = _native.pair_loss(kind, *(_ready(a, shape, dtype) for a in (x, t, w, more)), number, reduction)
        return y if y.dtype == x.dtype else dtypes.cast(y, x.dtype)

    def forward_half(x: NDArray, t: NDArray, w: Any, more: Any, number: float, reduction: int, shape: Shape) -> NDArray:
        near = halves.nearest(x.dtype)
        x32, t32, w32, more32 = (_ready(a, shape, dtypes.F32) for a in (x, t, w, more))
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
        near = halves.nearest(x.dtype)
        given = (
            *(_ready(a, shape, dtypes.F32) for a in (x, t, w, more)), number,
            dtypes.cast(g.array, dtypes.F32), int(np.prod(shape)) if reduction == MEAN else 0, near,
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
        wide = _floating(x.array.dtype)
        size = int(np.prod(shape))
        if not MODE.grad and is_half(x.array.dtype) and kind in halves.SLOPES:
            return backward_half(ctx, g, shape)

        def scaled(part: Any) -> Any:
            if w is not None:
                part = ew.mul(part, type(g).face.wrap(dtypes.cast(w, part.array.dtype)))
            return ew.mul(part, _spread(g, size, shape, reduction))

        def tensor_of(array: Any) -> Any:
            return None if array is None else type(g).face.wrap(dtypes.cast(array, x.array.dtype))

        gx = gt = None
        if MODE.grad:
            if ctx.needs[0]:
                gx = scaled(slope(ew.sub(x, t), x, t, tensor_of(more), number))
        elif ctx.needs[0] or (ctx.needs[1] and by_target is _target_difference):
            got = _native.pair_loss_backward(
                kind, *(_ready(a, shape, wide) for a in (x.array, t.array, w, more)),
                _ready(g.array, shape if reduction == NONE else (), wide), number, reduction,
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
        return _reduce(np.asarray(y if w is None else y * w), reduction)

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
        _constant(t, op.name, "target")
    y = apply(
        op, (x, t), (_constant(weight, op.name, "weight"), _constant(more, op.name, "pos_weight"), number, reduction)
    )
    return y if want is None else to_dtype(y, want)


def _constant(value: Any, where: str, name: str) -> Any:
    """The array of an operand that gradients do not flow to."""
    if value is None:
        return None
    if value.tracks and MODE.grad:
        raise RuntimeError(
            f"The function '{where}' is not differentiable with respect to argument '{name}'. "
            "This input cannot have requires_grad True."
        )
    return value.array


# --- classes -----------------------------------------------------------------------------------------------------------------------


def _three(shape: Shape) -> Shape:
    """Scores as [outer, classes, inner]."""
    if len(shape) == 1:
        return (1, shape[0], 1)
    return (shape[0], shape[1], int(np.prod(shape[2:])))


def _class_coefficients(
    x_shape: Shape, target: NDArray, weight: Any, ignore: int, smoothing: float, dtype: np.dtype
) -> tuple[NDArray, NDArray, float]:
    """([outer, classes, inner] coefficients of the log-probabilities, [outer, 1, inner] their sums, sum of targets' weights)."""
    outer, classes, inner = _three(x_shape)
    t = target.reshape(outer, 1, inner)
    counts = t != ignore
    safe = np.where(counts, t, 0)
    w = np.ones(classes, dtype) if weight is None else dtypes.cast(weight, dtype)
    picked = (w[safe] * counts).astype(dtype)
    coefs = np.zeros((outer, classes, inner), dtype)
    np.put_along_axis(coefs, safe, (1 - smoothing) * picked, 1)
    if smoothing:
        coefs += counts * (smoothing / classes) * w[None, :, None]
    return coefs, coefs.sum(1, keepdims=True), float(picked.sum(dtype=np.float64))


def _cross_entropy(x: NDArray, target: NDArray, weight: Any, ignore: int, smoothing: float, reduction: int) -> Any:
    dtype = _floating(x.dtype)
    shape = _three(x.shape)
    loss, lse, total = _native.cross_entropy(
        _ready(x, x.shape, dtype).reshape(shape), _ready(target, target.shape, dtypes.I64),
        _ready(weight, (shape[1],), dtype), ignore, smoothing, reduction,
    )  # fmt: skip
    if reduction == NONE:
        loss = loss.reshape(target.shape)
    return loss if loss.dtype == x.dtype else dtypes.cast(loss, x.dtype), lse, np.asarray(total)


def _cross_entropy_backward(ctx: Any, g: Any) -> Any:
    x, target = ctx.x(0), ctx.x(1)
    weight, ignore, smoothing, reduction = ctx.params
    dtype = _floating(x.array.dtype)
    shape = _three(x.array.shape)
    if not MODE.grad:
        count = (shape[0], shape[2])
        got = _native.cross_entropy_backward(
            _ready(x.array, x.array.shape, dtype).reshape(shape), _ready(target.array, target.array.shape, dtypes.I64),
            _ready(weight, (shape[1],), dtype), ctx.y(1).array,
            _ready(g.array.reshape(count) if reduction == NONE else g.array, count if reduction == NONE else (), dtype),
            ignore, smoothing, reduction, float(ctx.y(2).array),
        ).reshape(x.array.shape)  # fmt: skip
        return type(g).face.wrap(got if got.dtype == x.array.dtype else dtypes.cast(got, x.array.dtype)), None
    coefs, sums, total = _class_coefficients(x.array.shape, target.array, weight, ignore, smoothing, x.array.dtype)
    wrap = type(g).face.wrap
    rows = reshape(x, shape)
    raised = ew.exp(ew.sub(rows, wrap(rows.array.max(1, keepdims=True, initial=-np.inf))))
    p = ew.div(raised, reduce.sum(raised, 1, True))
    part = ew.sub(ew.mul(p, wrap(sums)), wrap(coefs))
    each = (
        reshape(g, (shape[0], 1, shape[2]))
        if reduction == NONE
        else _spread(g, total, (shape[0], 1, shape[2]), reduction)
    )
    return reshape(ew.mul(part, each), x.array.shape), None


def _reference_cross_entropy(
    x: NDArray, target: NDArray, weight: Any, ignore: int, smoothing: float, reduction: int
) -> Any:
    coefs, _, total = _class_coefficients(x.shape, target, weight, ignore, smoothing, np.dtype(np.float64))
    rows = x.reshape(_three(x.shape))
    top = rows.max(1, keepdims=True) if rows.size else 0.0
    log_p = rows - top - np.log(np.exp(rows - top).sum(1, keepdims=True))
    y = -(coefs * log_p).sum(1)
    return y.reshape(target.shape) if reduction == NONE else y.sum() if reduction == SUM else y.sum() / total


def _class_samples(smoothing: float | None) -> Callable[[], Iterable[Sample]]:
    def samples() -> Iterable[Sample]:
        w = numbers(4, low=0.5)
        tails: tuple[tuple[float, ...], ...] = ((),) if smoothing is None else ((0.0,), (smoothing,))
        for tail in tails:
            t = np.array([0, 3, -100, 1, 2], np.int64)
            for reduction in (NONE, MEAN, SUM):
                yield Sample([numbers(5, 4), t], (None, -100, *tail, reduction))
            yield Sample([numbers(5, 4), t], (w, -100, *tail, MEAN))
            yield Sample([numbers(4), np.array(2)], (w, 2, *tail, SUM))
            images = np.arange(2 * 3 * 7).reshape(2, 3, 7) % 4
            yield Sample([numbers(2, 4, 3, 7), images], (w, 1, *tail, MEAN))
            yield Sample([numbers(2, 4, 3, 7), images], (None, -100, *tail, NONE))
            yield Sample([numbers(0, 4), np.zeros(0, np.int64)], (None, -100, *tail, SUM))

    return samples


def _class_infer(x: Any, target: Any, *params: Any) -> Any:
    return [(target[0] if params[-1] == NONE else (), x[1])]


def _class_cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    n = int(np.prod(shapes[0]))
    return 12 * n, 4 * n


def _class_op(name: str, grad_name: str) -> Op:
    """Cross entropy under one of the names that its node has upstream of dialects: by rank, and with smoothing."""
    return Op(
        name, kind="loss", forward=_cross_entropy, backward=_cross_entropy_backward, infer=_class_infer,
        reference=_reference_cross_entropy, samples=_class_samples(0.1),
        rejects=lambda: [Reject([numbers(2, 4), np.array([1, 4])], (None, -100, 0.0, MEAN), IndexError, "Target 4 is out of bounds.")],
        cost=_class_cost, explain="the target's weight times (log of the sum of exp(x) over the classes - x of the target)",
        export="SoftmaxCrossEntropyLoss", save_inputs=(0, 1), save_outputs=(1, 2), grad_name=grad_name,
    )  # fmt: skip


CROSS_ENTROPY = _class_op("cross_entropy", "NllLossBackward0")
CROSS_ENTROPY_PLACES = _class_op("cross_entropy_places", "NllLoss2DBackward0")
CROSS_ENTROPY_SMOOTH = _class_op("cross_entropy_smooth", "AddBackward0")


def _nll(x: NDArray, target: NDArray, weight: Any, ignore: int, reduction: int) -> Any:
    dtype = _floating(x.dtype)
    shape = _three(x.shape)
    loss, _ = _native.nll(
        _ready(x, x.shape, dtype).reshape(shape), _ready(target, target.shape, dtypes.I64), _ready(weight, (shape[1],), dtype), ignore,
        reduction,
    )  # fmt: skip
    if reduction == NONE:
        loss = loss.reshape(target.shape)
    return loss if loss.dtype == x.dtype else dtypes.cast(loss, x.dtype)


def _nll_backward(ctx: Any, g: Any) -> Any:
    target = ctx.x(1).array
    weight, ignore, reduction = ctx.params
    shape = _three(ctx.shapes[0])
    coefs, _, total = _class_coefficients(ctx.shapes[0], target, weight, ignore, 0.0, _floating(ctx.dtypes[0]))
    each = reshape(g, (shape[0], 1, shape[2])) if reduction == NONE else _spread(g, total, (1, 1, 1), reduction)
    part = ew.mul(each, type(g).face.wrap(dtypes.cast(0 - coefs, ctx.dtypes[0])))
    return reshape(part, ctx.shapes[0]), None


def _reference_nll(x: NDArray, target: NDArray, weight: Any, ignore: int, reduction: int) -> Any:
    coefs, _, total = _class_coefficients(x.shape, target, weight, ignore, 0.0, np.dtype(np.float64))
    y = -(coefs * x.reshape(_three(x.shape))).sum(1)
    return y.reshape(target.shape) if reduction == NONE else y.sum() if reduction == SUM else y.sum() / total


def _nll_op(name: str) -> Op:
    return Op(
        name, kind="loss", forward=_nll, backward=_nll_backward, infer=_class_infer, reference=_reference_nll, samples=_class_samples(None),
        rejects=lambda: [Reject([numbers(2, 4), np.array([1, -1])], (None, -100, MEAN), IndexError, "Target -1 is out of bounds.")],
        cost=_class_cost, explain="minus the target's weight times x of the target", export="NegativeLogLikelihoodLoss", save_inputs=((1, 0),),
    )  # fmt: skip


NLL_LOSS = _nll_op("nll_loss")
NLL_LOSS_2D = _nll_op("nll_loss_2D")


def cross_entropy(x: Any, target: Any, weight: Any, ignore: int, smoothing: float, reduction: int) -> Any:
    """Softmax and negative log-likelihood of scores [N, C, …] with class numbers [N, …]."""
    op = CROSS_ENTROPY_SMOOTH if smoothing else CROSS_ENTROPY if x.array.ndim < 3 else CROSS_ENTROPY_PLACES
    name = "nll_loss_forward" if x.array.ndim < 3 else "nll_loss2d_forward"
    return apply(op, (x, target), (_constant(weight, name, "weight"), ignore, smoothing, reduction))


def nll(x: Any, target: Any, weight: Any, ignore: int, reduction: int) -> Any:
    """Negative log-likelihood of log-probabilities [N, C, …] with class numbers [N, …]."""
    op = NLL_LOSS if x.array.ndim < 3 else NLL_LOSS_2D
    name = "nll_loss_forward" if x.array.ndim < 3 else "nll_loss2d_forward"
    return apply(op, (x, target), (_constant(weight, name, "weight"), ignore, reduction))


# --- ops of other files under the names that their nodes have upstream of dialects, inside losses ---------------------------------

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


# --- margins -----------------------------------------------------------------------------------------------------------------------


def _reduce_rows(y: NDArray, reduction: int) -> Any:
    """`_reduce`, but no rows have a mean of 0."""
    return _reduce(y, reduction if y.size else min(reduction, 1) * SUM)


def _rows_of(x: NDArray) -> NDArray:
    return x.reshape(1, -1) if x.ndim < 2 else x


def _one_hot(target: NDArray, classes: int) -> NDArray:
    return target.reshape(-1, 1) == np.arange(classes)


def _multi_margin(x: NDArray, target: NDArray, weight: Any, p: int, margin: float, reduction: int) -> Any:
    rows = _rows_of(dtypes.cast(x, _floating(x.dtype)))
    t = target.reshape(-1)
    if ((t < 0) | (t >= rows.shape[1])).any():
        raise RuntimeError("target out of range")
    own = np.take_along_axis(rows, t.reshape(-1, 1), 1)
    z = np.maximum(margin - own + rows, 0) ** p * ~_one_hot(t, rows.shape[1])
    if weight is not None:
        z = z * dtypes.cast(weight, rows.dtype)[t].reshape(-1, 1)
    y = z.sum(1) / rows.dtype.type(rows.shape[1])
    return dtypes.cast(np.asarray(_reduce_rows(y.reshape(target.shape), reduction)), x.dtype)


def _multi_margin_backward(ctx: Any, g: Any) -> Any:
    x, t = ctx.x(0), ctx.x(1).array.reshape(-1)
    weight, p, margin, reduction = ctx.params
    wrap, dtype = type(g).face.wrap, x.array.dtype
    shape = _rows_of(x.array).shape
    rows = reshape(x, shape)
    hot = _one_hot(t, shape[1])
    scale = np.full((shape[0], 1), 1.0 / max(shape[1], 1))
    if weight is not None:
        scale = scale * weight[t].reshape(-1, 1)
    own = reduce.sum(ew.mul(rows, wrap(hot.astype(dtype))), 1, True)
    z = ew.add(ew.sub(rows, own), margin)
    active = ((z.array > 0) & ~hot) * scale * p
    part = wrap(active.astype(dtype))
    if p == 2:
        part = ew.mul(part, z)
    part = ew.sub(part, ew.mul(wrap(hot.astype(dtype)), reduce.sum(part, 1, True)))
    each = reshape(g, (shape[0], 1)) if reduction == NONE else _spread(g, shape[0], (1, 1), reduction)
    return reshape(ew.mul(part, each), x.array.shape), None


def _margin_samples(*params: Any) -> Callable[[], Iterable[Sample]]:
    def samples() -> Iterable[Sample]:
        for p in (1, 2):
            for reduction in (NONE, MEAN, SUM):
                yield Sample([numbers(5, 4), np.array([0, 3, 2, 1, 2])], (None, p, 0.8, reduction))
            yield Sample([numbers(5, 4), np.array([0, 3, 2, 1, 2])], (numbers(4, low=0.5), p, 0.8, MEAN))
        yield Sample([numbers(4), np.array(2)], (None, 1, 1.0, NONE))

    return samples


def _reference_multi_margin(x: NDArray, target: NDArray, weight: Any, p: int, margin: float, reduction: int) -> Any:
    rows, t = _rows_of(x), target.reshape(-1)
    y = np.array([
        sum(max(0.0, margin - r[k] + r[j]) ** p for j in range(len(r)) if j != k) * (1 if weight is None else weight[k]) / len(r)
        for r, k in zip(rows, t, strict=True)
    ])  # fmt: skip
    return _reduce_rows(y.reshape(target.shape), reduction)


MULTI_MARGIN_LOSS: Op = Op(
    "multi_margin_loss", kind="loss", forward=_multi_margin, backward=_multi_margin_backward,
    infer=lambda x, t, *params: [(t[0] if params[-1] == NONE else (), x[1])], reference=_reference_multi_margin, samples=_margin_samples(),
    rejects=lambda: [Reject([numbers(2, 4), np.array([1, 4])], (None, 1, 1.0, MEAN), RuntimeError, "target out of range")],
    cost=_class_cost, explain="mean over the other classes of max(0, margin - x of the target + x of the other) ** p", export=None,
    save_inputs=(0, (1, 0)),
)  # fmt: skip


def _target_mask(target: NDArray, classes: int) -> NDArray:
    """Which classes a row of targets names before its first negative entry."""
    rows = _rows_of(target)
    valid = np.cumsum(rows < 0, 1) == 0
    mask = np.zeros((rows.shape[0], classes), bool)
    at = np.nonzero(valid)
    mask[at[0], rows[at]] = True
    return mask


def _multilabel_terms(x: NDArray, target: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    rows = _rows_of(x)
    mask = _target_mask(target, rows.shape[1])
    z = 1 - rows[:, :, None] + rows[:, None, :]  # [row, target, other]
    valid = np.cumsum(_rows_of(target) < 0, 1) == 0
    times = np.zeros(rows.shape, np.int64)  # a class named twice counts twice
    at = np.nonzero(valid)
    np.add.at(times, (at[0], _rows_of(target)[at]), 1)
    active = (z > 0) * times[:, :, None] * ~mask[:, None, :]
    return z, active, mask


def _multilabel_margin(x: NDArray, target: NDArray, reduction: int) -> Any:
    wide = dtypes.cast(x, _floating(x.dtype))
    if ((target >= _rows_of(x).shape[1]) | (target < -1)).any():
        raise RuntimeError("argument #2 'target' is out of range")
    z, active, _ = _multilabel_terms(wide, target)
    y = (z * active).sum((1, 2)) / wide.dtype.type(max(z.shape[1], 1))
    if reduction == NONE:
        y = y.reshape(x.shape[:-1] if x.ndim else ())
    return dtypes.cast(np.asarray(_reduce_rows(y, reduction)), x.dtype)


def _multilabel_margin_backward(ctx: Any, g: Any) -> Any:
    x, target = ctx.x(0), ctx.x(1).array
    (reduction,) = ctx.params
    _, active, _ = _multilabel_terms(x.array, target)
    rows = _rows_of(x.array)
    part = (active.sum(1) - active.sum(2)) / max(rows.shape[1], 1)
    each = reshape(g, (rows.shape[0], 1)) if reduction == NONE else _spread(g, rows.shape[0], (1, 1), reduction)
    got = ew.mul(type(g).face.wrap(part.astype(x.array.dtype)), each)
    return reshape(got, x.array.shape), None


def _reference_multilabel(x: NDArray, target: NDArray, reduction: int) -> Any:
    y = []
    for r, row in zip(_rows_of(x), _rows_of(target), strict=True):
        named = row[: int(np.argmax(row < 0))] if (row < 0).any() else row
        others = [k for k in range(len(r)) if k not in named]
        y.append(sum(max(0.0, 1 - r[j] + r[k]) for j in named for k in others) / len(r))
    out = np.array(y)
    return _reduce_rows(out.reshape(x.shape[:-1]) if reduction == NONE else out, reduction)


MULTILABEL_MARGIN_LOSS: Op = Op(
    "multilabel_margin_loss", kind="loss", forward=_multilabel_margin, backward=_multilabel_margin_backward,
    infer=lambda x, t, reduction: [(x[0][:-1] if reduction == NONE else (), x[1])], reference=_reference_multilabel,
    samples=lambda: [
        Sample([numbers(3, 4), np.array([[0, 2, -1, 1], [3, -1, 0, 0], [1, 2, 3, 0]])], (r,)) for r in (NONE, MEAN, SUM)
    ] + [Sample([numbers(4), np.array([1, -1, 0, 0])], (NONE,))],
    rejects=lambda: [], cost=_class_cost, explain="mean over the classes of max(0, 1 - x of a target + x of another class), summed over targets",
    export=None, save_inputs=(0, (1, 0)),
)  # fmt: skip


def multi_margin(x: Any, target: Any, p: int, margin: float, weight: Any, reduction: int) -> Any:
    """Hinge loss of each class against the target's."""
    return apply(
        MULTI_MARGIN_LOSS, (x, target), (_constant(weight, "multi_margin_loss", "weight"), p, margin, reduction)
    )


def multilabel_margin(x: Any, target: Any, reduction: int) -> Any:
    """Hinge loss of each class against those that the targets name."""
    return apply(MULTILABEL_MARGIN_LOSS, (x, target), (reduction,))
