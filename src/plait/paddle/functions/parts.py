"""Parts of tensors: slices, windows, diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.op import apply
from plait.ops import arrange, views
from plait.ops import shape as shapes
from plait.ops.index import masked_fill
from plait.paddle._tensor import method
from plait.paddle.functions._common import (
    axis_of,
    before,
    function,
    integer,
    integers,
    made,
    need_tensor,
    replace,
    shape_of,
)

__all__ = [
    "as_strided",
    "crop",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "narrow",
    "slice",
    "strided_slice",
    "unfold",
]

_slice = slice  # the name is a function's below


def _cut(x: Any, axes: Any, starts: Any, ends: Any, strides: Any, name: str) -> Any:
    need_tensor(x, name)
    at, a, b = (integers(v, name, k) for v, k in ((axes, "axes"), (starts, "starts"), (ends, "ends")))
    steps = (1,) * len(at) if strides is None else integers(strides, name, "strides")
    if not len(at) == len(a) == len(b) == len(steps):
        raise ValueError(f"(InvalidArgument) {name}(): axes, starts, ends and strides must have as many items")
    key: list[Any] = [_slice(None)] * x.array.ndim
    turned = []
    for axis, low, high, step in zip(at, a, b, steps, strict=True):
        d = axis_of(axis, x.array.ndim, name, "axes")
        if step == 0:
            raise ValueError(f"(InvalidArgument) {name}(): strides must not be 0")
        n = x.array.shape[d]
        if step > 0:
            key[d] = _slice(low, high, step)
            continue
        # Backwards: the elements in their order, then turned round.
        chosen = range(n)[_slice(low, None if high < -n else high, step)]
        key[d] = _slice(chosen[-1], chosen[0] + 1, -step) if len(chosen) else _slice(0, 0)
        turned.append(d)
    got = apply(views.BASIC, (x,), ((*key, Ellipsis),))
    return arrange.flip(got, turned) if turned else got


@function("input:x")
def slice(input: Any, axes: Any, starts: Any, ends: Any) -> Any:
    """The part from `starts` to `ends` along `axes`."""
    return _cut(input, axes, starts, ends, None, "slice")


@function("x:input")
def strided_slice(x: Any, axes: Any, starts: Any, ends: Any, strides: Any, name: str | None = None) -> Any:
    """The part from `starts` to `ends` by `strides` along `axes`."""
    return _cut(x, axes, starts, ends, strides, "strided_slice")


@function("input:x")
def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """`length` elements from `start` on along `dim`."""
    need_tensor(input, "narrow", "input")
    at, first = axis_of(dim, input.array.ndim, "narrow", "dim"), integer(start, "narrow", "start")
    return shapes.narrow(input, at, first + input.array.shape[at] if first < 0 else first, length)


@function("x:input")
def crop(x: Any, shape: Any = None, offsets: Any = None, name: str | None = None) -> Any:
    """The part of that shape that begins at `offsets`; -1 for all that is left."""
    need_tensor(x, "crop")
    have = x.array.shape
    begin = (0,) * len(have) if offsets is None else integers(offsets, "crop", "offsets")
    size = have if shape is None else shape_of(shape, "crop")
    key = tuple([_slice(b, None if n == -1 else b + n) for b, n in zip(begin, size, strict=True)])
    return apply(views.BASIC, (x,), (key,))


@function("x:input")
def as_strided(x: Any, shape: Any, stride: Any, offset: int = 0, name: str | None = None) -> Any:
    """The memory of `x` seen with that shape and those strides."""
    need_tensor(x, "as_strided")
    return views.as_strided(x, integers(shape, "as_strided", "shape"), integers(stride, "as_strided", "stride"), offset)


@function("x:input")
def unfold(x: Any, axis: int, size: int, step: int, name: str | None = None) -> Any:
    """Windows of `size` elements, `step` apart along `axis`, in a new last dimension."""
    need_tensor(x, "unfold")
    return views.unfold(x, axis_of(axis, x.array.ndim, "unfold"), size, step)


@function("x:input", "offset:diagonal")
def diag(x: Any, offset: int = 0, padding_value: Any = 0, name: str | None = None) -> Any:
    """A vector as the diagonal of a matrix (`padding_value` elsewhere), or the diagonal of a matrix as a vector."""
    need_tensor(x, "diag")
    k = integer(offset, "diag", "offset")
    if x.array.ndim == 2:
        return shapes.clone(views.diagonal(x, k))
    if x.array.ndim > 2:
        raise ValueError(f"The dimension of input x must be either 1 or 2, but received {x.array.ndim}")
    vector = shapes.reshape(x, (-1,))
    got = arrange.diag_embed(vector, k)
    if padding_value:
        fill = np.where(np.eye(got.array.shape[0], k=k, dtype=bool), 0, padding_value).astype(x.array.dtype)
        got = got + made(fill)
    return got


@function("x:input")
def diagflat(x: Any, offset: int = 0, name: str | None = None) -> Any:
    """The elements as the diagonal of a matrix."""
    return arrange.diag_embed(shapes.reshape(need_tensor(x, "diagflat"), (-1,)), integer(offset, "diagflat", "offset"))


@function("input:x", "offset:diagonal")
def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices in the dimensions `dim1` and `dim2` with the last dimension of `input` on a diagonal."""
    need_tensor(input, "diag_embed", "input")
    got = arrange.diag_embed(input, offset)
    n = got.array.ndim
    a, b = axis_of(dim1, n, "diag_embed", "dim1"), axis_of(dim2, n, "diag_embed", "dim2")
    return views.movedim(got, (n - 2, n - 1), (a, b))


@function("x:input", "axis1:dim1", "axis2:dim2")
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, name: str | None = None) -> Any:
    """The diagonal of the plane of two dimensions, as the last dimension."""
    if need_tensor(x, "diagonal").array.ndim < 2:
        raise IndexError(f"(OutOfRange) diagonal(): x must have at least 2 dimensions, but has {x.array.ndim}")
    a, b = axis_of(axis1, x.array.ndim, "diagonal", "axis1"), axis_of(axis2, x.array.ndim, "diagonal", "axis2")
    return views.diagonal(x, offset, a, b)


@method
def fill_diagonal_(x: Any, value: float, offset: int = 0, wrap: bool = False, name: str | None = None) -> Any:
    """Write a number on the diagonal of a matrix that lies `offset` columns to the right; `wrap`: again below the square that it ends in.

    A tensor of more dimensions must have equal sizes, and has its main diagonal written. ValueError for others.
    """
    sizes = need_tensor(x, "fill_diagonal_").array.shape
    if len(sizes) < 2 or (len(sizes) > 2 and (len(set(sizes)) > 1 or offset)):
        raise ValueError(
            f"(InvalidArgument) fill_diagonal_(): x must be a matrix, or have equal sizes and no offset, but has the shape {list(sizes)}"
        )
    mask = np.zeros(sizes, bool)
    if len(sizes) > 2:
        np.fill_diagonal(mask, True)
    else:
        rows, columns = np.indices(sizes)
        mask = columns - rows == offset
        if wrap:
            mask = (rows * sizes[1] + columns - offset) % (sizes[1] + 1) == 0
    return replace(x, masked_fill(before(x), made(mask), value))
