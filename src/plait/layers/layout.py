"""Where axes lie: channels first or last, weights in other orders than the engine's, and the padding that a name stands for.

Rules of this file: the engine computes with channels on axis 1 and reads memory as it lies, so another layout is a view and no copy. A
weight's place is a word with one letter an axis: o outputs, i inputs, m outputs per input, k all the kernel's axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from plait.ops.conv import conv, conv_transpose_to
from plait.ops.shape import permute, reshape

__all__ = [
    "PLACES", "arranged", "channels_first", "channels_last", "convolve_each", "convolve_named", "convolve_transposed_named", "order",
    "padding_of", "same_padding", "transposed_extent",
]  # fmt: skip

Ints = tuple[int, ...]

#: Where the engine's own weights lie.
PLACES = {"linear": "oi", "conv": "oik", "conv_transpose": "iok", "depthwise": "imk"}


@lru_cache(maxsize=256)
def order(place: str, to: str, ndim: int) -> Ints:
    """The dimensions of a weight at `place` in the order of `to`.

    >>> order("kio", "oik", 4)
    (3, 2, 0, 1)
    """
    kernel = ndim - len(place) + 1

    def spread(word: str) -> list[str]:
        return [axis for letter in word for axis in ([f"k{d}" for d in range(kernel)] if letter == "k" else [letter])]

    lies = spread(place)
    return tuple(lies.index(axis) for axis in spread(to))


def arranged(w: Any, place: str, to: str) -> Any:
    """A view of the weight `w`, which lies at `place`, in the order of `to`."""
    return w if place == to else permute(w, order(place, to, w.array.ndim))


@lru_cache(maxsize=64)
def _moves(ndim: int) -> tuple[Ints, Ints]:
    inner = range(1, ndim - 1)
    return (0, ndim - 1, *inner), (0, *range(2, ndim), 1)


def channels_first(x: Any) -> Any:
    """A view of x[n, …, c] as [n, c, …]."""
    return permute(x, _moves(x.array.ndim)[0])


def channels_last(x: Any) -> Any:
    """A view of x[n, c, …] as [n, …, c]."""
    return permute(x, _moves(x.array.ndim)[1])


def same_padding(
    sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[Ints, Ints]:
    """The padding with which ceil(size / stride) windows fit; what is odd goes to the end.

    >>> same_padding((5, 6), (3, 3), (2, 2), (1, 1))
    ((1, 0), (1, 1))
    """
    before, after = [], []
    for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True):
        total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
        before.append(total // 2)
        after.append(total - total // 2)
    return tuple(before), tuple(after)


def padding_of(
    name: str, sizes: Sequence[int], kernel: Sequence[int], stride: Ints, dilation: Ints
) -> tuple[Ints, Ints]:
    """The padding before and after that "valid", "same" or "causal" (all of it before, as much as stride 1 needs) stands for."""
    zero = (0,) * len(stride)
    if name == "same":
        return same_padding(sizes, kernel, stride, dilation)
    if name == "causal":
        return tuple(d * (k - 1) for k, d in zip(kernel, dilation, strict=True)), zero
    return zero, zero


def convolve_named(
    x: Any, w: Any, bias: Any, stride: Ints, padding: str, dilation: Ints, groups: int, last: bool
) -> Any:
    """x convolved with w[o, i, k…], padding by name at any stride; `last`: x and the result have their channels last."""
    if last:
        x = channels_first(x)
    before, after = padding_of(padding, x.array.shape[2:], w.array.shape[2:], stride, dilation)
    y = conv(x, w, bias, stride, before, after, dilation, groups)
    return channels_last(y) if last else y


def convolve_each(x: Any, w: Any, bias: Any, stride: Ints, padding: str, dilation: Ints, last: bool) -> Any:
    """Each channel i of x convolved with its own m kernels w[i, m, k…]; output i·m_count + m."""
    shape = w.array.shape
    merged = reshape(w, (shape[0] * shape[1], 1, *shape[2:]))
    return convolve_named(x, merged, bias, stride, padding, dilation, shape[0], last)


def convolve_separably(
    x: Any, w: Any, mix: Any, bias: Any, stride: Ints, padding: str, dilation: Ints, last: bool
) -> Any:
    """`convolve_each` with w[i, m, k…], then a convolution with mix[o, i · m, 1…] and the bias."""
    one = (1,) * len(stride)
    inner = convolve_each(x, w, None, stride, padding, dilation, last)
    return convolve_named(inner, mix, bias, one, "valid", one, 1, last)


def transposed_extent(n: int, kernel: int, stride: int, padding: str, extra: int | None, dilation: int) -> int:
    """The size that a transposed convolution with padding by name gives.

    "valid": all that the windows reach, at least n · stride; "same": n · stride. `extra` is added to what the windows reach instead:
    all of it ("valid"), or up to the middle of the last window's surplus ("same").
    """
    reach = dilation * (kernel - 1) + 1
    if padding == "valid":
        return (n - 1) * stride + reach + (max(stride - reach, 0) if extra is None else extra)
    return n * stride if extra is None else (n - 1) * stride + reach % 2 + extra


def convolve_transposed_named(
    x: Any, w: Any, bias: Any, stride: Ints, padding: str, extra: Sequence[int | None], dilation: Ints, last: bool
) -> Any:
    """The transpose of `convolve_named` for w[i, o, k…]: the result is what that would have taken to x's size.

    Raises ValueError where no input of the result's size leads to x's.
    """
    if last:
        x = channels_first(x)
    sizes, kernel = x.array.shape[2:], w.array.shape[2:]
    size = tuple(
        transposed_extent(n, k, s, padding, e, d)
        for n, k, s, e, d in zip(sizes, kernel, stride, extra, dilation, strict=True)
    )
    before, after = padding_of(padding, size, kernel, stride, dilation)
    back = tuple(
        (m + b + a - d * (k - 1) - 1) // s + 1
        for m, b, a, k, s, d in zip(size, before, after, kernel, stride, dilation, strict=True)
    )
    if back != sizes:
        raise ValueError(f"a convolution takes the sizes {size} to {back}, not to those of the input, {sizes}")
    y = conv_transpose_to(x, w, bias, stride, before, dilation, size)
    return channels_last(y) if last else y
