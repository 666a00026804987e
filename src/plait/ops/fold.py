"""Elements in other places: windows laid out as columns and back, pixels shuffled between channels and space, channels between groups."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply
from plait.ops.halves import is_half, scatter_steps
from plait.ops.padding import as_units, axis_table
from plait.ops.rows import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]
    Pair = tuple[int, int]


def _cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    return 0, 8 * int(np.prod(shapes[0]))


def _moved(x: NDArray, entry: Any, *sizes: int) -> NDArray:
    """An entry that only moves elements, on any dtype."""
    units = as_units(np.ascontiguousarray(x))
    out = entry(units, *sizes)
    got: NDArray = out.view(x.dtype) if units.dtype != x.dtype else out
    return got


def _by_parts(call: Any, x: NDArray, *sizes: Any) -> NDArray:
    """Real and imaginary parts one after the other, for kernels that know real numbers only."""
    real = call(x.real, *sizes)
    out = np.empty(real.shape, x.dtype)
    out.real, out.imag = real, call(x.imag, *sizes)
    return out


# --- windows ----------------------------------------------------------------------------------------------------------------


def window_count(size: Pair, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> Pair:
    """How many windows fit along each axis.

    >>> window_count((5, 6), (3, 2), (1, 1), (0, 1), (2, 2))
    (2, 4)
    """
    h, w = (
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(size, kernel, dilation, padding, stride, strict=True)
    )
    return h, w


def _unfold(x: NDArray, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> NDArray:
    if x.ndim == 3:
        one: NDArray = _unfold(x[None], kernel, dilation, padding, stride)[0]
        return one
    n, c, h, w = x.shape
    oh, ow = window_count((h, w), kernel, dilation, padding, stride)
    shape = (n, c * kernel[0] * kernel[1], oh * ow)
    if x.size == 0:
        return np.zeros(shape, x.dtype)
    if x.dtype.kind == "c":
        return _by_parts(_unfold, x, kernel, dilation, padding, stride)
    return _moved(x, _native.unfold_windows, h, w, *kernel, *stride, *padding, *dilation, oh, ow).reshape(shape)


@lru_cache(maxsize=64)
def _places(size: Pair, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> NDArray:
    """For each element of one channel's columns the pixel that it lies on, -1 outside."""
    plane = np.arange(1.0, size[0] * size[1] + 1).reshape(1, 1, *size)
    return _reference_unfold(plane, kernel, dilation, padding, stride).astype(np.int64).ravel() - 1


def _fold(x: NDArray, size: Pair, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> NDArray:
    if x.ndim == 2:
        one: NDArray = _fold(x[None], size, kernel, dilation, padding, stride)[0]
        return one
    n, channels = x.shape[0], x.shape[1] // (kernel[0] * kernel[1])
    shape = (n, channels, *size)
    if x.size == 0:
        return np.zeros(shape, x.dtype)
    if is_half(x.dtype):
        places = _places(size, kernel, dilation, padding, stride)
        inside = places >= 0
        rows = np.ascontiguousarray(x).reshape(n * channels, -1)
        rows, places = (rows, places) if inside.all() else (rows[:, inside], places[inside])
        return scatter_steps(rows, places, size[0] * size[1]).reshape(shape)
    if x.dtype.kind == "c":
        return _by_parts(_fold, x, size, kernel, dilation, padding, stride)
    wide = x if x.dtype in (dtypes.F32, dtypes.F64) else dtypes.cast(x, dtypes.F32)
    oh, ow = window_count(size, kernel, dilation, padding, stride)
    got = _native.fold_windows(np.ascontiguousarray(wide), *size, *kernel, *stride, *padding, *dilation, oh, ow)
    return dtypes.cast(got.reshape(shape), x.dtype)


def _reference_unfold(x: NDArray, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> NDArray:
    if x.ndim == 3:
        return _reference_unfold(x[None], kernel, dilation, padding, stride)[0]
    n, c, h, w = x.shape
    p = np.pad(x, [(0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2])
    oh, ow = window_count((h, w), kernel, dilation, padding, stride)
    columns = [
        p[:, :, a * dilation[0] :: stride[0], b * dilation[1] :: stride[1]][:, :, :oh, :ow].reshape(n, c, 1, oh * ow)
        for a in range(kernel[0])
        for b in range(kernel[1])
    ]
    return np.concatenate(columns, 2).reshape(n, c * kernel[0] * kernel[1], oh * ow)


def _reference_fold(x: NDArray, size: Pair, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> NDArray:
    if x.ndim == 2:
        return _reference_fold(x[None], size, kernel, dilation, padding, stride)[0]
    channels = x.shape[1] // (kernel[0] * kernel[1])
    total = channels * size[0] * size[1]
    places = _reference_unfold(np.arange(1.0, total + 1).reshape(1, channels, *size), kernel, dilation, padding, stride)
    sums = [np.bincount(places[0].astype(int).ravel(), row.ravel(), total + 1)[1:] for row in x]
    return np.reshape(sums, (len(x), channels, *size))


_WINDOWS = (((3, 2), (1, 1), (0, 1), (2, 2)), ((2, 2), (2, 1), (1, 0), (1, 1)), ((1, 3), (1, 1), (0, 2), (1, 3)))

UNFOLD: Op = Op(
    "im2col", kind="fold", grad_name="Im2ColBackward0", forward=_unfold,
    backward=lambda ctx, g: apply(FOLD, (g,), (ctx.shapes[0][-2:], *ctx.params)),
    infer=lambda x, kernel, *rest: [
        ((*x[0][:-3], x[0][-3] * kernel[0] * kernel[1], int(np.prod(window_count(x[0][-2:], kernel, *rest)))), x[1])
    ],
    reference=_reference_unfold,
    samples=lambda: [Sample([numbers(2, 3, 5, 6)], p) for p in _WINDOWS] + [
        Sample([numbers(0, 2, 5, 6)], _WINDOWS[0]), Sample([numbers(2, 5, 6)], _WINDOWS[1])
    ],
    rejects=lambda: [Reject([numbers(1, 1, 2, 2)], ((3, 3), (1, 1), (0, 0), (1, 1)), ValueError, "must be positive")],
    cost=_cost, explain="column l holds window l, its channels, rows and columns below one another", export=None,
)  # fmt: skip
FOLD: Op = Op(
    "col2im", kind="fold", grad_name="Col2ImBackward0", forward=_fold,
    backward=lambda ctx, g: apply(UNFOLD, (g,), ctx.params[1:]),
    infer=lambda x, size, kernel, *_: [((*x[0][:-2], x[0][-2] // (kernel[0] * kernel[1]), *size), x[1])],
    reference=_reference_fold,
    samples=lambda: [
        Sample([numbers(2, 2 * p[0][0] * p[0][1], int(np.prod(window_count((5, 6), *p))))], ((5, 6), *p)) for p in _WINDOWS
    ],
    rejects=lambda: [Reject([numbers(1, 4, 3)], ((3, 3), (2, 2), (1, 1), (0, 0), (1, 1)), ValueError, "do not make up x")],
    cost=_cost, explain="the sum of all windows' values that lie on the pixel", export="Col2Im",
)  # fmt: skip


def unfold(x: Any, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> Any:
    """Windows of `x` [n, c, h, w] as columns [n, c * kh * kw, windows]; one sample goes without n."""
    return apply(UNFOLD, (x,), (kernel, dilation, padding, stride))


def fold(x: Any, size: Pair, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> Any:
    """The transpose of `unfold`: columns summed into [n, c, *size]."""
    return apply(FOLD, (x,), (size, kernel, dilation, padding, stride))


# --- shuffles ---------------------------------------------------------------------------------------------------------------


def _pixel_shuffle(x: NDArray, r: int) -> NDArray:
    *lead, c, h, w = x.shape
    shape = (*lead, c // (r * r), h * r, w * r)
    if x.size == 0:
        return np.zeros(shape, x.dtype)
    return _moved(x, _native.pixel_shuffle, c // (r * r), h, w, r).reshape(shape)


def _pixel_unshuffle(x: NDArray, r: int) -> NDArray:
    *lead, c, h, w = x.shape
    shape = (*lead, c * r * r, h // r, w // r)
    if x.size == 0:
        return np.zeros(shape, x.dtype)
    return _moved(x, _native.pixel_unshuffle, c, h // r, w // r, r).reshape(shape)


def _reference_shuffle(x: NDArray, r: int) -> NDArray:
    *lead, c, h, w = x.shape
    t = np.moveaxis(x.reshape(-1, c // (r * r), r, r, h, w), (2, 3), (3, 5))
    return t.reshape(*lead, c // (r * r), h * r, w * r)


def _reference_unshuffle(x: NDArray, r: int) -> NDArray:
    *lead, c, h, w = x.shape
    t = np.moveaxis(x.reshape(-1, c, h // r, r, w // r, r), (3, 5), (2, 3))
    return t.reshape(*lead, c * r * r, h // r, w // r)


PIXEL_SHUFFLE: Op = Op(
    "pixel_shuffle", kind="fold", forward=_pixel_shuffle, backward=lambda ctx, g: pixel_unshuffle(g, *ctx.params),
    infer=lambda x, r: [((*x[0][:-3], x[0][-3] // (r * r), x[0][-2] * r, x[0][-1] * r), x[1])], reference=_reference_shuffle,
    samples=lambda: [Sample([numbers(2, 8, 3, 5)], (2,)), Sample([numbers(9, 2, 2)], (3,)), Sample([numbers(0, 4, 2, 2)], (2,))],
    rejects=lambda: [], cost=_cost, explain="channel c r² + i r + j at (y, x) goes to channel c at (y r + i, x r + j)", export="DepthToSpace",
)  # fmt: skip
PIXEL_UNSHUFFLE: Op = Op(
    "pixel_unshuffle", kind="fold", forward=_pixel_unshuffle, backward=lambda ctx, g: pixel_shuffle(g, *ctx.params),
    infer=lambda x, r: [((*x[0][:-3], x[0][-3] * r * r, x[0][-2] // r, x[0][-1] // r), x[1])], reference=_reference_unshuffle,
    samples=lambda: [Sample([numbers(2, 2, 6, 4)], (2,)), Sample([numbers(1, 6, 9)], (3,)), Sample([numbers(0, 1, 2, 2)], (2,))],
    rejects=lambda: [], cost=_cost, explain="channel c at (y r + i, x r + j) goes to channel c r² + i r + j at (y, x)", export="SpaceToDepth",
)  # fmt: skip


def pixel_shuffle(x: Any, r: int) -> Any:
    """[…, c r², h, w] as […, c, h r, w r]."""
    return apply(PIXEL_SHUFFLE, (x,), (r,))


def pixel_unshuffle(x: Any, r: int) -> Any:
    """[…, c, h r, w r] as […, c r², h, w]."""
    return apply(PIXEL_UNSHUFFLE, (x,), (r,))


@lru_cache(maxsize=256)
def _dealt(channels: int, groups: int) -> NDArray:
    """Which channel each output channel reads."""
    return np.ascontiguousarray(np.arange(channels).reshape(groups, -1).T.ravel(), np.int32)


def _channel_shuffle(x: NDArray, groups: int) -> NDArray:
    if x.size == 0:
        return np.zeros(x.shape, x.dtype)
    n, c = x.shape[:2]
    inner = x.size // (n * c)
    units = as_units(np.ascontiguousarray(x))
    zero, line = axis_table("constant", 1, 0, 0), axis_table("constant", inner, 0, 0)
    out = _native.gather_axes(units, c, 1, inner, _dealt(c, groups), zero, line, np.zeros(1, units.dtype))
    got: NDArray = out.reshape(x.shape).view(x.dtype)
    return got


CHANNEL_SHUFFLE: Op = Op(
    "channel_shuffle", kind="fold", forward=_channel_shuffle,
    backward=lambda ctx, g: apply(CHANNEL_SHUFFLE, (g,), (max(ctx.shapes[0][1] // ctx.params[0], 1),)),
    infer=lambda x, groups: [x],
    reference=lambda x, groups: x.reshape(len(x), groups, x.shape[1] // groups, -1).swapaxes(1, 2).reshape(x.shape),
    samples=lambda: [Sample([numbers(2, 6, 3, 2)], (3,)), Sample([numbers(1, 4, 3)], (2,))], rejects=lambda: [], cost=_cost,
    explain="channel g (c / groups) + k goes to k groups + g", export=None,
)  # fmt: skip


def channel_shuffle(x: Any, groups: int) -> Any:
    """Channels dealt round the groups."""
    return apply(CHANNEL_SHUFFLE, (x,), (groups,))
