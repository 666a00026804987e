"""Convolutions whose sums add one product after another (channel by channel, tap by tap), each rounded by itself.

Small ones alone: more than `product_turn.MOST` products, and other dtypes than float32 and float64, go the engine's way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op
from plait.ops import product_turn, turn
from plait.ops.conv import CONV, gradients
from plait.ops.rows import no_rejects
from plait.ops.shape import permute, reshape

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CONV_TURN"]

Ints = tuple[int, ...]


def _patches(x: NDArray, kernel: Ints, stride: Ints, before: Ints, after: Ints, dilation: Ints) -> NDArray:
    """[n, c, out…, kernel…] of x with zeros round it."""
    if any(before) or any(after):
        wide = np.zeros(
            (*x.shape[:2], *[b + n + a for b, n, a in zip(before, x.shape[2:], after, strict=True)]), x.dtype
        )
        place = (slice(None), slice(None), *[slice(b, b + n) for b, n in zip(before, x.shape[2:], strict=True)])
        wide[place] = x
        x = wide
    elif not x.flags.c_contiguous:
        x = np.ascontiguousarray(x)
    out = [(n - (k - 1) * d - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True)]
    steps = x.strides[2:]
    strides = (
        *x.strides[:2],
        *[a * s for a, s in zip(steps, stride, strict=True)],
        *[a * d for a, d in zip(steps, dilation, strict=True)],
    )
    return np.ndarray((*x.shape[:2], *out, *kernel), x.dtype, x, 0, strides)


def _conv(
    x: NDArray, w: NDArray, bias: NDArray | None, stride: Ints, before: Ints, after: Ints, dilation: Ints, groups: int
) -> NDArray:
    n = len(stride)
    y: NDArray
    positions = 1
    for size, k, s, b, a, d in zip(x.shape[2:], w.shape[2:], stride, before, after, dilation, strict=True):
        positions *= max(0, (size + b + a - (k - 1) * d - 1) // s + 1) if s > 0 and d > 0 else 0
    if (
        x.dtype not in (dtypes.F32, dtypes.F64) or w.dtype != x.dtype or x.shape[1] != w.shape[1] * groups or w.shape[0] % groups
        or not 0 < x.shape[0] * w.size * positions <= product_turn.MOST or min((*before, *after)) < 0
    ):  # fmt: skip
        return CONV.run(x, w, bias, stride, before, after, dilation, groups)
    windows = _patches(x, w.shape[2:], stride, before, after, dilation)
    out = windows.shape[2 : 2 + n]
    inputs, outputs = w.shape[1], w.shape[0] // groups
    order = (0, 1, *range(2 + n, 2 + 2 * n), *range(2, 2 + n))
    y = np.empty((x.shape[0], w.shape[0], *out), x.dtype)
    for g in range(groups):
        part = windows[:, g * inputs : (g + 1) * inputs].transpose(order).reshape(x.shape[0], -1, positions)
        rows = np.ascontiguousarray(w[g * outputs : (g + 1) * outputs]).reshape(outputs, -1)
        y[:, g * outputs : (g + 1) * outputs] = _native.matmul_in_turn(rows, part).reshape(x.shape[0], outputs, *out)
    return y if bias is None else y + bias.reshape(-1, *(1,) * n)


def _bias_gradient(g: Any) -> Any:
    """The sums of the channels, image after image."""
    shape = g.array.shape
    return turn.sum(reshape(permute(g, (1, 0, *range(2, len(shape)))), (shape[1], g.array.size // shape[1])), (1,))


def _backward(ctx: Any, g: Any) -> Any:
    return gradients(ctx, g, _bias_gradient)


CONV_TURN: Op = Op(
    "conv_turn", kind="window", forward=_conv, backward=_backward, infer=CONV.infer, reference=CONV.reference, samples=CONV.samples,
    rejects=no_rejects, cost=CONV.cost, explain=CONV.explain, export="Conv", save_inputs=((0, 1), (1, 0)),
)  # fmt: skip
