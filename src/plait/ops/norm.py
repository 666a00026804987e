"""Normalisation: values less their mean, over their standard deviation, by channel or by row.

Rules of this file: batch norm has its moments per channel, over the batch and all spatial axes; layer, group, instance and RMS norm have
them per row, where a row is `channels` channels of `inner` values and row r belongs to group r % groups. Statistics that a norm gives
besides its result are workspace for its gradient. The gradient is a fused op of its own, whose gradient is a formula made of ops.
Half-precision input is computed in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply
from plait.ops.halves import is_half, rounded
from plait.ops.norm_second import NATIVE, second
from plait.ops.rows import numbers
from plait.ops.shape import TO_FIRST, TO_LAST, reshape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]


def widened(x: NDArray) -> NDArray:
    """float16 and bfloat16 as float32."""
    return x if x.dtype in NATIVE else dtypes.cast(x, dtypes.F32)


def _param(w: NDArray | None, dtype: np.dtype) -> NDArray | None:
    return None if w is None else np.ascontiguousarray(dtypes.cast(w, dtype))


def channels_last(x: NDArray) -> bool:
    """Whether the array's memory has the channels (axis 1) innermost and no gaps."""
    return x.ndim > 2 and not x.flags.c_contiguous and x.transpose(TO_LAST[x.ndim]).flags.c_contiguous


def _lay(x: NDArray) -> tuple[NDArray, bool]:
    """The array as kernels take it: contiguous, or its channels-last view."""
    if x.flags.c_contiguous:
        return x, False
    if channels_last(x):
        return x.transpose(TO_LAST[x.ndim]), True
    return np.ascontiguousarray(x), False


def _unlay(y: NDArray, last: bool, dtype: np.dtype) -> NDArray:
    y = dtypes.cast(y, dtype)
    return y.transpose(TO_FIRST[y.ndim]) if last else y


# --- batch norm -------------------------------------------------------------------------------------------------------------


def _batch_norm(
    x: NDArray,
    w: NDArray | None,
    b: NDArray | None,
    running_mean: NDArray | None,
    running_var: NDArray | None,
    momentum: float,
    eps: float,
    unbiased: bool,
) -> Any:
    if x.flags.c_contiguous:
        try:
            return _native.batch_norm_train(x, w, b, running_mean, running_var, momentum, eps, unbiased, False)
        except ValueError:
            pass  # other dtypes or strides: below
    if is_half(x.dtype) and all(v is None or v.dtype == x.dtype for v in (w, b, running_mean, running_var)):
        return _batch_norm_half(x, w, b, running_mean, running_var, momentum, eps, unbiased)
    laid, last = _lay(widened(x))
    kept = [_param(r, laid.dtype) for r in (running_mean, running_var)]
    y, mean, rstd = _native.batch_norm_train(
        laid, _param(w, laid.dtype), _param(b, laid.dtype), *kept, momentum, eps, unbiased, last
    )  # fmt: skip
    for target, value in zip((running_mean, running_var), kept, strict=True):
        if target is not None and value is not None and value is not target:
            target[...] = dtypes.cast(value, target.dtype)
    return _unlay(y, last, x.dtype), mean, rstd


def _batch_norm_half(
    x: NDArray,
    w: NDArray | None,
    b: NDArray | None,
    running_mean: NDArray | None,
    running_var: NDArray | None,
    momentum: float,
    eps: float,
    unbiased: bool,
) -> Any:
    """Input and parameters of one 16-bit dtype: statistics are kept in it, and x is normalised by what they are then.

    bfloat16 also rounds the sum of squares and what it is divided by, and lets the running mean follow the rounded mean.
    """
    dtype, short = x.dtype, x.dtype == dtypes.BFLOAT16
    wide, axes = dtypes.cast(x, dtypes.F32), (0, *range(2, x.ndim))
    n = max(x.size // max(x.shape[1], 1), 1)
    with np.errstate(all="ignore"):
        mean = wide.mean(axes, dtype=np.float32)
        total = np.square(wide - _by_channel(mean, x.ndim)).sum(axes, dtype=np.float32)
        kept = rounded(mean, dtype)
        if short:
            total, mean = rounded(total, dtype), kept
        biased = rounded(total / np.float32(n), dtype) if short else total / np.float32(n)
        rstd = rounded(1 / np.sqrt(biased + np.float32(eps)), dtype)
        y = _scaled(wide, kept, rstd, w, b)
        if running_mean is not None and running_var is not None:
            spread = total / np.float32(n - 1 if unbiased else n)
            for old, new, plain in (
                (running_mean, mean, False),
                (running_var, rounded(spread, dtype) if short else spread, True),
            ):
                wide = dtypes.working(old).astype(np.float64)
                if short:  # the momentum is a bfloat16, too
                    new_part, old_part = (
                        rounded(np.float32(m), dtype) * v.astype(np.float32)
                        for m, v in ((momentum, new), (1 - momentum, wide))
                    )
                    follows = (new_part if plain else rounded(new_part, dtype)) + rounded(old_part, dtype)
                else:
                    follows = (momentum * new.astype(np.float64) + (1 - momentum) * wide).astype(np.float32)
                old[...] = dtypes.cast(follows, dtype)
    return dtypes.cast(y, dtype), kept, rstd


def _scaled(x: NDArray, mean: NDArray, rstd: NDArray, w: NDArray | None, b: NDArray | None) -> NDArray:
    """x * factor + shift, all in float32."""
    factor = rstd if w is None else rstd * dtypes.cast(w, dtypes.F32)
    shift = -mean * factor if b is None else dtypes.cast(b, dtypes.F32) - mean * factor
    got: NDArray = x * _by_channel(factor, x.ndim) + _by_channel(shift, x.ndim)
    return got


def _batch_norm_gradient(ctx: Any, g: Any) -> Any:
    n = ctx.needs
    if not (n[0] or n[1] or n[2]):
        return None
    dx, dw, db = apply(BATCH_NORM_BACKWARD, (g, ctx.x(0), ctx.x(1) if n[0] else None, ctx.y(1), ctx.y(2)), (True, n[0]))
    return (
        dx if n[0] else None,
        reshape(dw, ctx.shapes[1]) if n[1] else None,
        reshape(db, ctx.shapes[2]) if n[2] else None,
    )


def _by_channel(v: NDArray, ndim: int) -> NDArray:
    return v.reshape(1, -1, *(1,) * (ndim - 2))


def _reference_batch_norm(
    x: NDArray, w: Any, b: Any, _mean: Any, _var: Any, _momentum: float, eps: float, _unbiased: bool
) -> Any:
    axes = (0, *range(2, x.ndim))
    y = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)
    y = y if w is None else y * _by_channel(w, x.ndim)
    return y if b is None else y + _by_channel(b, x.ndim)


def _channels(n: int, seed: int = 0) -> NDArray:
    got: NDArray = numbers(n, low=0.5, high=2.0, seed=seed)
    return got


def _batch_norm_samples() -> Iterable[Sample]:
    w, b = _channels(3), numbers(3, seed=5)
    yield Sample([numbers(2, 3, 4, 5), w, b, None, None], (0.1, 1e-5, True))
    yield Sample([numbers(7, 3), w, None, None, None], (0.1, 1e-5, True))
    yield Sample([numbers(4, 3, 5), None, b, None, None], (0.1, 1e-3, False))
    yield Sample([numbers(2, 1, 3, 3, 3), None, None, None, None], (0.1, 1e-5, True))
    yield Sample([numbers(40, 3, 131), w, b, None, None], (0.1, 1e-5, True), grad=False)
    yield Sample([numbers(300, 37), None, None, None, None], (0.1, 1e-5, True), grad=False)


def _batch_norm_rejects() -> Iterable[Reject]:
    yield Reject([numbers(3), None, None, None, None], (0.1, 1e-5, True), ValueError, "at least 2 dimensions")
    yield Reject([numbers(2, 3), _channels(4), None, None, None], (0.1, 1e-5, True), ValueError, "one per channel")


def _norm_cost(shapes: Sequence[Shape], _params: Any = ()) -> tuple[int, int]:
    n = int(np.prod(shapes[0]))
    return 8 * n, 12 * n


BATCH_NORM: Op = Op(
    "batch_norm", kind="norm", grad_name="NativeBatchNormBackward0",
    forward=_batch_norm, backward=_batch_norm_gradient, save_inputs=(0, (1, 0)), save_outputs=(1, 2),
    infer=lambda x, *_: [x], reference=_reference_batch_norm, samples=_batch_norm_samples, rejects=_batch_norm_rejects,
    cost=_norm_cost, explain="(x - mean of its channel) / sqrt(variance of its channel + eps) * weight + bias",
    export="BatchNormalization",
)  # fmt: skip


def _inference(x: NDArray, w: NDArray | None, b: NDArray | None, mean: NDArray, var: NDArray, eps: float) -> Any:
    if x.flags.c_contiguous:
        try:
            return _native.batch_norm_infer(x, w, b, mean, var, eps, False)
        except ValueError:
            pass
    laid, last = _lay(widened(x))
    line = [_param(v, laid.dtype) for v in (w, b, mean, var)]
    return _unlay(_native.batch_norm_infer(laid, *line, eps, last), last, x.dtype)


def _inference_gradient(ctx: Any, g: Any) -> Any:
    n = ctx.needs
    if not (n[0] or n[1] or n[2]):
        return None
    mean, var = ctx.x(3), ctx.x(4)
    wide = widened(var.array)
    rstd = var.face.wrap((1 / np.sqrt(wide + wide.dtype.type(ctx.params[0]))).astype(wide.dtype))
    x = ctx.x(0) if n[1] else g  # only the weight's gradient looks at x
    dx, dw, db = apply(BATCH_NORM_BACKWARD, (g, x, ctx.x(1) if n[0] else None, mean, rstd), (False, n[0]))
    return (
        dx if n[0] else None,
        reshape(dw, ctx.shapes[1]) if n[1] else None,
        reshape(db, ctx.shapes[2]) if n[2] else None,
    )


def _reference_inference(x: NDArray, w: Any, b: Any, mean: NDArray, var: NDArray, eps: float) -> Any:
    y = (x - _by_channel(mean, x.ndim)) / np.sqrt(_by_channel(var, x.ndim) + eps)
    y = y if w is None else y * _by_channel(w, x.ndim)
    return y if b is None else y + _by_channel(b, x.ndim)


BATCH_NORM_INFERENCE: Op = Op(
    "batch_norm_inference", kind="norm", grad_name="NativeBatchNormBackward0",
    forward=_inference, backward=_inference_gradient, save_inputs=((0, 1), (1, 0), (3, 0), (3, 1), (3, 2), (4, 0), (4, 1), (4, 2)),
    infer=lambda x, *_: [x], reference=_reference_inference,
    samples=lambda: [  # running statistics are not differentiated
        Sample([numbers(2, 3, 4, 5), _channels(3), numbers(3, seed=5), numbers(3), _channels(3, 2)], (1e-5,), grad=False),
        Sample([numbers(0, 3), None, None, numbers(3), _channels(3, 2)], (1e-5,), grad=False),
        Sample([numbers(5, 3), _channels(3), None, numbers(3), _channels(3, 2)], (1e-3,), grad=False),
    ],
    rejects=lambda: [Reject([numbers(2, 3), None, None, _channels(4), _channels(4)], (1e-5,), ValueError, "one per channel")],
    cost=_norm_cost, explain="(x - running mean) / sqrt(running variance + eps) * weight + bias", export="BatchNormalization",
)  # fmt: skip


def _batch_norm_backward(
    g: NDArray, x: NDArray, w: NDArray | None, mean: NDArray, rstd: NDArray, training: bool, need_x: bool
) -> Any:
    laid, last = _lay(widened(x))
    dtype = laid.dtype
    g = dtypes.cast(g, dtype)
    g = np.ascontiguousarray(g.transpose(TO_LAST[g.ndim]) if last else g)
    got = _native.batch_norm_backward(
        g, laid, _param(w, dtype), _param(mean, dtype), _param(rstd, dtype), training, need_x, last
    )  # fmt: skip
    return (_unlay(got[0], last, x.dtype) if need_x else got[0], *got[1:])


def _reference_batch_norm_backward(
    g: NDArray, x: NDArray, w: Any, mean: NDArray, rstd: NDArray, training: bool, need_x: bool
) -> Any:
    axes, nd = (0, *range(2, x.ndim)), x.ndim
    centred, r = x - _by_channel(mean, nd), _by_channel(rstd, nd)
    dx = g - g.mean(axes, keepdims=True) - centred * r * r * (g * centred).mean(axes, keepdims=True) if training else g
    dx = dx * r if w is None else dx * r * _by_channel(w, nd)
    return dx, (g * centred * r).sum(axes), g.sum(axes)


def _batch_norm_second(ctx: Any, v: Any, a: Any, b: Any) -> Any:
    g, x, w, mean, rstd = (ctx.x(i) for i in range(5))
    training, need_x = ctx.params
    shape = x.array.shape
    batch, channels = shape[0], shape[1]
    full = (batch, channels, x.array.size // max(batch * channels, 1))
    line = (1, channels, 1)
    return second(
        ctx, v if need_x else None, a, b, g, x, w, mean, rstd, full, line, line, (0, 2), centred=training, constant=not training
    )  # fmt: skip


BATCH_NORM_BACKWARD: Op = Op(
    "batch_norm_backward", kind="norm", grad_name="NativeBatchNormBackwardBackward0", visible=3,
    forward=_batch_norm_backward, backward=_batch_norm_second, save_inputs=(*((i, j) for i in range(5) for j in range(3)),),
    infer=lambda g, x, w, mean, rstd, training, need_x: [(x[0] if need_x else (0,), x[1]), mean, mean],
    reference=_reference_batch_norm_backward,
    samples=lambda: [  # mean and rstd belong to x, so no input can be moved alone
        Sample([numbers(2, 3, 4), numbers(2, 3, 4, seed=3), _channels(3), numbers(3), _channels(3, 2)], (training, True), grad=False)
        for training in (True, False)
    ],
    rejects=lambda: [Reject([numbers(2, 3), numbers(2, 4), None, _channels(4), _channels(4)], (True, True), ValueError, "as x")],
    cost=_norm_cost, explain="(g - its mean - xhat * mean of g * xhat) * weight / standard deviation", export=None,
)  # fmt: skip


# --- rows: layer, group, instance and RMS norm ----------------------------------------------------------------------------------


def _rows(
    x: NDArray, w: NDArray | None, b: NDArray | None, groups: int, channels: int, inner: int, eps: float, rms: bool
) -> Any:
    try:
        return _native.row_norm(x, w, b, groups, channels, inner, eps, rms)
    except ValueError:
        pass  # other dtypes or strides: below
    wide = np.ascontiguousarray(widened(x))
    y, mean, rstd = _native.row_norm(
        wide, _param(w, wide.dtype), _param(b, wide.dtype), groups, channels, inner, eps, rms
    )  # fmt: skip
    if not rms and (
        w is None or w.dtype == x.dtype
    ):  # the gradient meets the statistics in the dtype of the parameters
        mean, rstd = rounded(mean, x.dtype), rounded(rstd, x.dtype)
    return dtypes.cast(y, x.dtype), mean, rstd


def _rows_gradient(ctx: Any, g: Any) -> Any:
    n = ctx.needs
    groups, channels, inner, _, rms = ctx.params
    w = ctx.x(1) if n[0] else None
    need_w = n[1] or n[2]
    dx, dw, db = apply(
        ROW_NORM_BACKWARD, (g, ctx.x(0), w, ctx.y(1), ctx.y(2)), (groups, channels, inner, rms, n[0], need_w)
    )
    return (
        dx if n[0] else None,
        reshape(dw, ctx.shapes[1]) if n[1] else None,
        reshape(db, ctx.shapes[2]) if n[2] else None,
    )


def _reference_rows(x: NDArray, w: Any, b: Any, groups: int, channels: int, inner: int, eps: float, rms: bool) -> Any:
    t = x.reshape(-1, groups, channels, inner)
    centre = 0 if rms else t.mean((2, 3), keepdims=True)
    y = (t - centre) / np.sqrt(((t - centre) ** 2).mean((2, 3), keepdims=True) + eps)
    y = y if w is None else y * w.reshape(1, groups, channels, 1)
    return (y if b is None else y + b.reshape(1, groups, channels, 1)).reshape(x.shape)


def _row_norm(name: str, grad_name: str, export: str | None, explain: str, samples: Any, kind_rejects: Any) -> Op:
    return Op(
        name, kind="norm", grad_name=grad_name, forward=_rows, backward=_rows_gradient, save_inputs=(0, (0, 1), (1, 0)),
        save_outputs=(1, 2), infer=lambda x, *_: [x], reference=_reference_rows, samples=samples, rejects=kind_rejects,
        cost=_norm_cost, explain=explain, export=export,
    )  # fmt: skip


def _sizes_reject() -> Iterable[Reject]:
    yield Reject([numbers(2, 3), None, None], (1, 4, 1, 1e-5, False), ValueError, "do not make up x")
    yield Reject([numbers(2, 3), _channels(2), None], (1, 3, 1, 1e-5, False), ValueError, "one per channel")


LAYER_NORM = _row_norm(
    "layer_norm", "NativeLayerNormBackward0", "LayerNormalization",
    "(x - mean of its row) / sqrt(variance of its row + eps) * weight + bias, a weight per element",
    lambda: [
        Sample([numbers(4, 5), _channels(5), numbers(5, seed=5)], (1, 5, 1, 1e-5, False)),
        Sample([numbers(2, 3, 7), None, None], (1, 21, 1, 1e-5, False)),
        Sample([numbers(3, 19), _channels(19), None], (1, 19, 1, 1e-3, False)),
        Sample([numbers(0, 5), _channels(5), numbers(5, seed=5)], (1, 5, 1, 1e-5, False)),
        Sample([numbers(150, 70), _channels(70), numbers(70, seed=5)], (1, 70, 1, 1e-5, False), grad=False),
    ],
    _sizes_reject,
)  # fmt: skip
GROUP_NORM = _row_norm(
    "group_norm", "NativeGroupNormBackward0", "GroupNormalization",
    "(x - mean of its group of channels) / sqrt(the group's variance + eps) * weight + bias",
    lambda: [
        Sample([numbers(2, 6, 5), _channels(6), numbers(6, seed=5)], (3, 2, 5, 1e-5, False)),
        Sample([numbers(2, 4, 3, 3), None, None], (2, 2, 9, 1e-5, False)),
        Sample([numbers(3, 6), _channels(6), numbers(6, seed=5)], (2, 3, 1, 1e-5, False)),
        Sample([numbers(2, 4, 17, 300), _channels(4), None], (2, 2, 5100, 1e-5, False), grad=False),
    ],
    _sizes_reject,
)  # fmt: skip
INSTANCE_NORM = _row_norm(
    "instance_norm", "ViewBackward0", "InstanceNormalization",
    "(x - mean of its plane) / sqrt(variance of its plane + eps) * weight + bias",
    lambda: [
        Sample([numbers(2, 3, 5), _channels(3), numbers(3, seed=5)], (3, 1, 5, 1e-5, False)),
        Sample([numbers(2, 2, 3, 3), None, None], (2, 1, 9, 1e-5, False)),
    ],
    _sizes_reject,
)  # fmt: skip
RMS_NORM = _row_norm(
    "rms_norm", "MulBackward0", "RMSNormalization", "x / sqrt(mean of its row's squares + eps) * weight",
    lambda: [
        Sample([numbers(4, 5), _channels(5), None], (1, 5, 1, 1e-5, True)),
        Sample([numbers(2, 3, 7), None, None], (1, 21, 1, 1e-5, True)),
    ],
    _sizes_reject,
)  # fmt: skip


def _rows_backward(
    g: NDArray, x: NDArray, w: NDArray | None, mean: NDArray, rstd: NDArray, groups: int, channels: int, inner: int, rms: bool,
    need_x: bool, need_w: bool,
) -> Any:  # fmt: skip
    wide = np.ascontiguousarray(widened(x))
    dtype = wide.dtype
    got = _native.row_norm_backward(
        np.ascontiguousarray(dtypes.cast(g, dtype)), wide, _param(w, dtype), _param(mean, dtype), _param(rstd, dtype), groups,
        channels, inner, rms, need_x, need_w,
    )  # fmt: skip
    return (dtypes.cast(got[0], x.dtype), *got[1:])


def _reference_rows_backward(
    g: NDArray, x: NDArray, w: Any, mean: NDArray, rstd: NDArray, groups: int, channels: int, inner: int, rms: bool,
    need_x: bool, need_w: bool,
) -> Any:  # fmt: skip
    full = (-1, groups, channels, inner)
    g, t = g.reshape(full), x.reshape(full)
    m, r = (v.reshape(-1, groups, 1, 1) for v in (mean, rstd))
    u = g if w is None else g * w.reshape(1, groups, channels, 1)
    xhat = (t if rms else t - m) * r
    dx = (u - (0 if rms else u.mean((2, 3), keepdims=True)) - xhat * (u * xhat).mean((2, 3), keepdims=True)) * r
    return dx.reshape(x.shape), (g * xhat).sum((0, 3)).ravel(), g.sum((0, 3)).ravel()


def _rows_second(ctx: Any, v: Any, a: Any, b: Any) -> Any:
    g, x, w, mean, rstd = (ctx.x(i) for i in range(5))
    groups, channels, inner, rms, need_x, need_w = ctx.params
    full = (x.array.size // max(groups * channels * inner, 1), groups, channels, inner)
    if not need_w:
        a = b = None
    return second(
        ctx, v if need_x else None, a, b, g, x, w, mean, rstd, full, (full[0], groups, 1, 1), (1, groups, channels, 1), (2, 3),
        centred=not rms,
    )  # fmt: skip


def _rows_backward_infer(g: Any, x: Any, w: Any, mean: Any, rstd: Any, *params: Any) -> Any:
    groups, channels, _, _, need_x, need_w = params
    line = ((groups * channels if need_w else 0,), mean[1])
    return [(x[0] if need_x else (0,), x[1]), line, line]


ROW_NORM_BACKWARD: Op = Op(
    "row_norm_backward", kind="norm", grad_name="NativeLayerNormBackwardBackward0", visible=3,
    forward=_rows_backward, backward=_rows_second, save_inputs=(*((i, j) for i in range(5) for j in range(3)),),
    infer=_rows_backward_infer, reference=_reference_rows_backward,
    samples=lambda: [
        Sample([numbers(3, 5), numbers(3, 5, seed=3), _channels(5), numbers(3) * (not rms), _channels(3, 2)], (1, 5, 1, rms, True, True),
               grad=False)
        for rms in (True, False)
    ] + [
        Sample([numbers(2, 4, 3), numbers(2, 4, 3, seed=3), _channels(4), numbers(4), _channels(4, 2)], (2, 2, 3, False, True, True),
               grad=False),
    ],
    rejects=lambda: [
        Reject([numbers(2, 3), numbers(2, 4), None, _channels(2), _channels(2)], (1, 4, 1, False, True, True), ValueError, "as x")
    ],
    cost=_norm_cost, explain="(u - its mean - xhat * mean of u * xhat) / standard deviation, u = g * weight", export=None,
)  # fmt: skip
