"""Sums over neighbouring channels, of which local response norm is made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply
from plait.ops.norm import widened
from plait.ops.rows import numbers


def _window_sum(x: NDArray, before: int, after: int) -> NDArray:
    if x.dtype.kind in "iub":
        out = np.zeros(x.shape, x.dtype)
        for k in range(-before, after + 1):
            to, at = slice(max(0, -k), x.shape[1] - max(0, k)), slice(max(0, k), x.shape[1] - max(0, -k))
            out[:, to] += x[:, at]
        return out
    return dtypes.cast(_native.channel_window_sum(np.ascontiguousarray(widened(x)), before, after), x.dtype)


def _reference_window_sum(x: NDArray, before: int, after: int) -> NDArray:
    padded = np.pad(x, [(0, 0), (before, after), *[(0, 0)] * (x.ndim - 2)])
    return sum((padded[:, k : k + x.shape[1]] for k in range(before + after + 1)), np.zeros_like(x))


CHANNEL_WINDOW_SUM: Op = Op(
    "channel_window_sum", kind="norm", grad_name="AvgPool3DBackward0", forward=_window_sum,
    backward=lambda ctx, g: apply(CHANNEL_WINDOW_SUM, (g,), (ctx.params[1], ctx.params[0])),
    infer=lambda x, *_: [x], reference=_reference_window_sum,
    samples=lambda: [Sample([numbers(2, 5, 3)], (1, 2)), Sample([numbers(1, 3, 2, 17)], (4, 0)), Sample([numbers(0, 3, 2)], (1, 1))],
    rejects=lambda: [Reject([numbers(2, 3, 4)], (-1, 0), ValueError, "negative")],
    cost=lambda shapes, params: ((params[0] + params[1]) * int(np.prod(shapes[0])), 8 * int(np.prod(shapes[0]))),
    explain="sum over the channels from `before` below to `after` above", export=None,
)  # fmt: skip
