"""Windows whose padding keeps ceil(n / stride) places, kernels that lie [k…, in, out], and data with the channels last.

Rules of this file: nothing is computed here that layers/conv.py and layers/pool.py do not mean; axes are permuted without a copy, and padding
is said as numbers before and after. "same" pads so that the windows begin at every stride-th place, what is odd at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plait.layers.pool import adaptive_plan, window_plan
from plait.op import apply
from plait.ops import conv, pool
from plait.ops.shape import permute, reshape

__all__ = [
    "adaptive",
    "convolve",
    "convolve_depthwise",
    "convolve_transposed",
    "moved_first",
    "moved_last",
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


def moved_first(x: Any) -> Any:
    """[n, s…, c] seen as [n, c, s…]."""
    return permute(x, (0, x.array.ndim - 1, *range(1, x.array.ndim - 1)))


def moved_last(x: Any) -> Any:
    """[n, c, s…] seen as [n, s…, c]."""
    return permute(x, (0, *range(2, x.array.ndim), 1))


def _sides(x: Any, kernel: Ints, stride: Ints, dilation: Ints, sides: Any) -> tuple[Ints, Ints]:
    if sides == "same":
        return same_sides(x.array.shape[2:], kernel, stride, dilation)
    if sides == "valid":
        zero = (0,) * len(kernel)
        return zero, zero
    return sides  # type: ignore[no-any-return]


def convolve(
    x: Any, w: Any, stride: Ints, sides: Any, dilation: Ints, groups: int, last: bool, bias: Any = None
) -> Any:
    """x with w[k…, in / groups, out]; `sides` is "same", "valid" or (before, after), `last` says where x has its channels."""
    n = w.array.ndim - 2
    weight = permute(w, (n + 1, n, *range(n)))
    y = moved_first(x) if last else x
    before, after = _sides(y, w.array.shape[:n], stride, dilation, sides)
    y = conv.conv(y, weight, bias, stride, before, after, dilation, groups)
    return moved_last(y) if last else y


def convolve_depthwise(x: Any, w: Any, stride: Ints, sides: Any, dilation: Ints, last: bool, bias: Any = None) -> Any:
    """Each channel c of x with its own kernels w[k…, c, m], giving channels c·m + i."""
    n = w.array.ndim - 2
    kernel, (c, m) = w.array.shape[:n], w.array.shape[n:]
    weight = reshape(permute(w, (n, n + 1, *range(n))), (c * m, 1, *kernel))
    y = moved_first(x) if last else x
    before, after = _sides(y, kernel, stride, dilation, sides)
    y = conv.conv(y, weight, bias, stride, before, after, dilation, c)
    return moved_last(y) if last else y


def convolve_transposed(
    x: Any, w: Any, sizes: Ints, stride: Ints, sides: Any, dilation: Ints, last: bool, bias: Any = None, groups: int = 1
) -> Any:
    """The transpose of `convolve` with w[k…, out, in], to output sizes that `convolve` would bring back to x's."""
    n = w.array.ndim - 2
    weight = permute(w, (n + 1, n, *range(n)))
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


def pooled(x: Any, kind: str, kernel: Ints, stride: Ints, sides: Any, last: bool, indices: bool = False) -> Any:
    """The maximum ("max", NaN passed over) or the mean of what lies in the input ("average") under each window.

    Where some output size would be below one, the sizes instead.
    """
    y = moved_first(x) if last else x
    ones = (1,) * len(kernel)
    before, after = _sides(y, kernel, stride, ones, sides)
    plan = window_plan(y.array.shape[2:], kernel, stride, before, ones, "no", after, "inside", None, kind == "max")
    if isinstance(plan, tuple):
        return plan
    if indices:
        y, at = pool.maximum_index(y, plan)
        return (moved_last(y), moved_last(at)) if last else (y, at)
    y = pool.maximum(y, plan) if kind == "max" else pool.average(y, plan)
    return moved_last(y) if last else y


def adaptive(x: Any, kind: str, sizes: Ints, last: bool) -> Any:
    """The maximum or mean of each of `sizes` bins that cover the input."""
    y = moved_first(x) if last else x
    plan = adaptive_plan(y.array.shape[2:], sizes)
    y = pool.maximum(y, plan) if kind == "max" else pool.average(y, plan)
    return moved_last(y) if last else y
