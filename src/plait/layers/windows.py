"""Windows whose padding keeps ceil(n / stride) places, kernels that lie [k…, in, out], and data with the channels last.

Rules of this file: nothing is computed here that layers/conv.py and layers/pool.py do not mean; axes are permuted without a copy, and padding
is said as numbers before and after. "same" pads so that the windows begin at every stride-th place, what is odd at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plait.layers.pool import adaptive_plan, window_plan
from plait.op import apply
from plait.ops import conv, pool
from plait.ops.pool_plan import Plan
from plait.ops.shape import PERMUTE, moved_first, moved_last, reshape
from plait.ops.views import squeeze, unsqueeze

__all__ = [
    "adaptive",
    "causal_sides",
    "convolve",
    "convolve_depthwise",
    "convolve_separable",
    "convolve_transposed",
    "cut_maximum",
    "extent_transposed",
    "pooled",
    "same_sides",
]

Ints = tuple[int, ...]


def same_sides(sizes: Sequence[int], kernel: Ints, stride: Ints, dilation: Ints) -> tuple[Ints, Ints]:
    """The padding before and after each axis that gives ceil(n / stride) windows; what is odd goes to the end.

    >>> same_sides((5, 6), (3, 2), (2, 2), (1, 1))
    ((1, 0), (1, 0))
    """
    before, after = [], []
    for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True):
        total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
        before.append(total // 2)
        after.append(total - total // 2)
    return tuple(before), tuple(after)


def causal_sides(kernel: Ints, dilation: Ints) -> tuple[Ints, Ints]:
    """The padding with which no window reaches past its own place: all before.

    >>> causal_sides((3,), (2,))
    ((4,), (0,))
    """
    return tuple(d * (k - 1) for k, d in zip(kernel, dilation, strict=True)), (0,) * len(kernel)


def extent_transposed(n: int, kernel: int, stride: int, padding: str, extra: int | None, dilation: int) -> int:
    """The size that a transposed convolution with padding by name gives.

    "valid": all that the windows reach, and at least n · stride; "same": n · stride. With `extra`: what the windows reach ("valid"), or
    that without their surplus ("same"), and `extra` more.

    >>> extent_transposed(4, 3, 2, "same", None, 1), extent_transposed(4, 3, 2, "valid", None, 1)
    (8, 9)
    """
    reach = dilation * (kernel - 1) + 1
    if padding == "valid":
        return (n - 1) * stride + reach + (max(stride - reach, 0) if extra is None else extra)
    return n * stride if extra is None else (n - 1) * stride + reach % 2 + extra


def _sides(x: Any, kernel: Ints, stride: Ints, dilation: Ints, sides: Any) -> tuple[Ints, Ints]:
    return _around(x.array.shape[2:], kernel, stride, dilation, sides)


def _around(sizes: Ints, kernel: Ints, stride: Ints, dilation: Ints, sides: Any) -> tuple[Ints, Ints]:
    if sides == "same":
        return same_sides(sizes, kernel, stride, dilation)
    if sides == "valid":
        zero = (0,) * len(kernel)
        return zero, zero
    return sides


def convolve(
    x: Any, w: Any, stride: Ints, sides: Any, dilation: Ints, groups: int, last: bool, bias: Any = None
) -> Any:
    """x with w[k…, in / groups, out]; `sides` is "same", "valid" or (before, after), `last` says where x has its channels."""
    n = w.array.ndim - 2
    weight = apply(PERMUTE, (w,), ((n + 1, n, *range(n)),))
    y = moved_first(x) if last else x
    before, after = _sides(y, w.array.shape[:n], stride, dilation, sides)
    y = conv.conv(y, weight, bias, stride, before, after, dilation, groups)
    return moved_last(y) if last else y


def convolve_depthwise(x: Any, w: Any, stride: Ints, sides: Any, dilation: Ints, last: bool, bias: Any = None) -> Any:
    """Each channel c of x with its own kernels w[k…, c, m], giving channels c·m + i."""
    n = w.array.ndim - 2
    kernel, (c, m) = w.array.shape[:n], w.array.shape[n:]
    weight = reshape(apply(PERMUTE, (w,), ((n, n + 1, *range(n)),)), (c * m, 1, *kernel))
    y = moved_first(x) if last else x
    before, after = _sides(y, kernel, stride, dilation, sides)
    y = conv.conv(y, weight, bias, stride, before, after, dilation, c)
    return moved_last(y) if last else y


def convolve_separable(
    x: Any, w: Any, mix: Any, stride: Ints, sides: Any, dilation: Ints, last: bool, bias: Any = None
) -> Any:
    """`convolve_depthwise`, then `convolve` with mix[1…, c·m, out]."""
    one = (1,) * len(stride)
    return convolve(convolve_depthwise(x, w, stride, sides, dilation, last), mix, one, "valid", one, 1, last, bias)


def convolve_transposed(
    x: Any, w: Any, sizes: Ints, stride: Ints, sides: Any, dilation: Ints, last: bool, bias: Any = None, groups: int = 1
) -> Any:
    """The transpose of `convolve` with w[k…, out, in], to output sizes that `convolve` would bring back to x's."""
    n = w.array.ndim - 2
    weight = apply(PERMUTE, (w,), ((n + 1, n, *range(n)),))
    y = moved_first(x) if last else x
    kernel = w.array.shape[:n]
    before = (
        same_sides(sizes, kernel, stride, dilation)[0]
        if sides == "same"
        else (0,) * n
        if sides == "valid"
        else sides[0]
    )
    y = apply(conv.CONV_TRANSPOSE, (y, weight, bias), (stride, before, dilation, groups, sizes))
    return moved_last(y) if last else y


def _with_windows(x: Any, plan_of: Callable[[Ints, bool], Any], run: Callable[[Any, Any], Any], last: bool) -> Any:
    """`run` on x and the plan for its sizes. A row with channels last is a plane of one line, which kernels read as it lies."""
    line = last and x.array.ndim == 3
    if line:
        x = unsqueeze(x, 1)
    y = moved_first(x) if last else x
    plan = plan_of(y.array.shape[2:], line)
    if isinstance(plan, tuple):
        return plan[line:]
    got = run(y, plan)
    several = got if isinstance(got, tuple) else (got,)
    if last:
        several = tuple(moved_last(g) for g in several)
    if line:
        several = tuple(squeeze(g, 1) for g in several)
    return several if isinstance(got, tuple) else several[0]


def pooled(x: Any, kind: str, kernel: Ints, stride: Ints, sides: Any, last: bool, indices: bool = False) -> Any:
    """The maximum ("max", NaN passed over) or the mean of what lies in the input ("average") under each window.

    Where some output size would be below one, the sizes instead.
    """

    def plan_of(sizes: Ints, line: bool) -> Any:
        k, s, around = kernel, stride, sides
        if line:
            k, s = (1, *k), (1, *s)
            around = sides if isinstance(sides, str) else ((0, *sides[0]), (0, *sides[1]))
        ones = (1,) * len(k)
        before, after = _around(sizes, k, s, ones, around)
        return window_plan(sizes, k, s, before, ones, "no", after, "inside", None, kind == "max")

    run = pool.maximum_index if indices else pool.maximum if kind == "max" else pool.average
    return _with_windows(x, plan_of, run, last)


def adaptive(x: Any, kind: str, sizes: Ints, last: bool) -> Any:
    """The maximum (NaN passed over) or mean of each of `sizes` bins that cover the input."""

    def plan_of(given: Ints, line: bool) -> Any:
        return adaptive_plan(given, (1, *sizes) if line else sizes, kind == "max")

    return _with_windows(x, plan_of, pool.maximum if kind == "max" else pool.average, last)


def cut_maximum(x: Any, starts: Sequence[Any], taps: Sequence[Any]) -> Any:
    """The maximum (NaN passed over) of each cell of x[n, s…, c] between cuts: an axis's cells begin at `starts` and have `taps` elements."""
    y = moved_first(x)
    out = tuple(len(s) for s in starts)
    ones, zeros = (1,) * len(out), (0,) * len(out)
    kernel = tuple(int(t.max()) for t in taps)
    plan = Plan(
        y.array.shape[2:],
        out,
        kernel,
        ones,
        zeros,
        ones,
        list(starts),
        list(taps),
        list(taps),
        adaptive=True,
        drop_nan=True,
    )
    return moved_last(pool.maximum(y, plan))
