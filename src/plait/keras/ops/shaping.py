"""Operations that move elements: reshape, transpose, join, split, repeat, pad, windows of a tensor."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from plait.keras._errors import InvalidArgumentError, bracketed, refused
from plait.keras._tensor import Tensor
from plait.keras.ops._common import axes_of, common, numpy_refuses, one_axis, op, tensor
from plait.op import apply
from plait.ops import arrange, index, views
from plait.ops import elementwise as ew
from plait.ops import shape as engine

__all__ = [
    "append",
    "array_split",
    "broadcast_to",
    "concatenate",
    "copy",
    "diff",
    "dstack",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "hstack",
    "moveaxis",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "rot90",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "tile",
    "transpose",
    "unstack",
    "vstack",
]


def ints(value: Any) -> tuple[int, ...]:
    """A sequence of integers, or a tensor of them, as a tuple."""
    if isinstance(value, Tensor):
        value = value.array.reshape(-1).tolist()
    if isinstance(value, (int, np.integer)):
        return (int(value),)
    return tuple(int(v) for v in value)


@op
def reshape(x: Any, newshape: Any) -> Any:
    """The same elements in another shape; one size may be -1."""
    x = tensor(x)
    sizes = tuple(
        -1 if n is None else int(n) for n in (newshape if isinstance(newshape, (list, tuple)) else ints(newshape))
    )
    if any(n < -1 for n in sizes):
        raise ValueError(
            f"reshape: Each size must be a non-negative integer, or `-1` for the one that is unknown; got newshape={sizes}"
        )
    if sizes.count(-1) > 1:
        raise ValueError(f"reshape: There must be at most one unknown dimension (-1); got newshape={sizes}")
    return reshaped(x, sizes)


def reshaped(x: Any, sizes: tuple[int, ...]) -> Any:
    """`reshape` of a tensor; InvalidArgumentError where the elements do not fill the shape."""
    size, known = x.array.size, 1
    for n in sizes:
        known *= n if n != -1 else 1
    unknown = sizes.count(-1)
    if unknown > 1:
        raise InvalidArgumentError(f"Only one input size may be -1, not both of {list(sizes)}")
    if (size != known) if not unknown else (known == 0 and size != 0) or (known and size % known):
        told = f"has {known}" if not unknown else f"requires a multiple of {known}"
        raise refused(
            "Reshape", f"Input to reshape is a tensor with {size} values, but the requested shape {told}", None
        )
    return engine.reshape(x, sizes)


@op
def ravel(x: Any) -> Any:
    """All elements in one dimension."""
    return engine.reshape(tensor(x), (-1,))


@op
def transpose(x: Any, axes: Any = None) -> Any:
    """The axes in another order, turned round without `axes`."""
    x = tensor(x)
    n = x.array.ndim
    if axes is not None:
        order = tuple([a + n if a < 0 else a for a in ints(axes)])
        for a in order:
            if not 0 <= a < n:
                raise ValueError(f"axis {a} is out of bounds for an array with dimension {n}.")
        if len(set(order)) < len(order):
            raise ValueError(
                f"`axes` must be a valid permutation of the input dimensions (no duplicates). Received: axes={list(order)} for input of "
                f"rank {n}."
            )
    return transposed(x, None if axes is None else order)


def transposed(x: Any, axes: tuple[int, ...] | None) -> Any:
    """`transpose` of a tensor, with the complaints of TensorFlow's own."""
    n = x.array.ndim
    order = tuple(range(n))[::-1] if axes is None else axes_of(axes, n) or ()
    if sorted(order) != list(range(n)):
        missing = [d for d in range(n) if d not in order]
        if missing and len(order) == n:
            raise refused("Transpose", f"{missing[0]} is missing from {{{','.join(map(str, order))}}}.", None)
        raise refused(
            "Transpose", f"transpose expects a vector of size {n}. But input(1) is a vector of size {len(order)}", None
        )
    return engine.permute(x, order)


@op
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    x = tensor(x)
    order = list(range(x.array.ndim))
    a, b = (one_axis(axis, x.array.ndim, numpy_refuses) for axis in (axis1, axis2))
    order[a], order[b] = b, a
    return engine.permute(x, tuple(order))


@op
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Axes moved to other places, the others in their order."""
    x = tensor(x)
    n = x.array.ndim
    src, dst = (axes_of(ints(axes), n, numpy_refuses) for axes in (source, destination))
    assert src is not None and dst is not None
    order = [i for i in range(n) if i not in src]
    for d, s in sorted(zip(dst, src, strict=True)):
        order.insert(d, s)
    return engine.permute(x, tuple(order))


@op
def expand_dims(x: Any, axis: Any) -> Any:
    """New axes of size 1."""
    x = tensor(x)
    if not isinstance(axis, (int, np.integer, list, tuple)):
        raise ValueError(f"expand_dims: axis must be an integer, tuple or list; got {axis}")
    given = [axis] if isinstance(axis, (int, np.integer)) else list(axis)
    n = x.array.ndim + len(given)
    for a in given:
        if not -n <= a < n:
            raise ValueError(f"axis {a} is out of bounds for an array with dimension {n}.")
    at = sorted(a % n for a in given)
    shape = list(x.array.shape)
    for a in at:
        shape.insert(a, 1)
    return engine.reshape(x, tuple(shape))


@op
def squeeze(x: Any, axis: Any = None) -> Any:
    """Axes of size 1 left out; InvalidArgumentError for one of another size."""
    x = tensor(x)
    shape = x.array.shape
    drop = tuple(i for i, n in enumerate(shape) if n == 1) if axis is None else axes_of(axis, len(shape)) or ()
    for d in drop:
        if shape[d] != 1:
            raise ValueError(f"Cannot squeeze axis={d}, because the dimension is not 1.")
    return engine.reshape(x, tuple(n for i, n in enumerate(shape) if i not in drop))


@op
def broadcast_to(x: Any, shape: Any) -> Any:
    """x repeated to a shape that it broadcasts to."""
    x, sizes = tensor(x), ints(shape)
    try:
        fits = np.broadcast_shapes(x.array.shape, sizes) == sizes
    except ValueError:
        fits = False
    if not fits:
        raise refused("BroadcastTo", f"Incompatible shapes: {bracketed(x.array.shape)} vs. {bracketed(sizes)}", None)
    return engine.expand(x, sizes)


@op
def concatenate(xs: Any, axis: int = 0) -> Any:
    """Tensors one behind the other along `axis`, in their common dtype."""
    if axis is None:
        raise ValueError("concatenate: axis must be an integer; got axis=None")
    each = common(*xs)
    return joined(each, axis)


def joined(each: Sequence[Any], axis: int) -> Any:
    """`concatenate` of tensors of one dtype; InvalidArgumentError where the other sizes differ."""
    first = each[0].array
    at = one_axis(axis, first.ndim) if first.ndim else 0
    for i, x in enumerate(each):
        shape = x.array.shape
        wrong = [d for d, (m, n) in enumerate(zip(shape, first.shape, strict=False)) if m != n and d != at]
        if len(shape) != first.ndim or wrong:
            told = (
                f"Dimension {wrong[0]} in both shapes must be equal"
                if len(shape) == first.ndim
                else "Ranks of all input tensors should match"
            )
            raise refused("ConcatV2", f"ConcatOp : {told}: shape[0] = {bracketed(first.shape)} vs. shape[{i}] = {bracketed(shape)}", "concat",
                          f"ConcatV2_N_{len(each)}")  # fmt: skip
    if not first.ndim:
        raise InvalidArgumentError("concatenate: tensors must have at least one dimension")
    return engine.cat(each, at)


@op
def stack(x: Any, axis: int = 0) -> Any:
    """Tensors of one shape along a new axis, in their common dtype."""
    each = common(*x)
    need_one_shape(each)
    return arrange.stack(
        each,
        one_axis(
            axis, each[0].array.ndim + 1, lambda at, n: ValueError(f"Argument `axis` = {at} not in range [{-n}, {n})")
        ),
    )


def need_one_shape(each: Sequence[Any]) -> None:
    """InvalidArgumentError for tensors that can not be stacked."""
    first = each[0].array.shape
    for i, v in enumerate(each):
        if v.array.shape != first:
            raise refused("Pack", f"Shapes of all inputs must match: values[0].shape = {bracketed(first)} != values[{i}].shape = "
                          f"{bracketed(v.array.shape)}", "stack", f"Pack_N_{len(each)}")  # fmt: skip


@op
def append(x1: Any, x2: Any, axis: int | None = None) -> Any:
    """x2 behind x1 along `axis`; both flat without one."""
    a, b = common(x1, x2)
    if axis is None:
        return engine.cat([engine.reshape(a, (-1,)), engine.reshape(b, (-1,))], 0)
    return joined([a, b], axis)


@op
def hstack(xs: Any) -> Any:
    """Tensors side by side: along axis 1, along axis 0 where they have one."""
    if not isinstance(xs, (list, tuple)):
        return tensor(xs)
    each = [_at_least(v, 1) for v in common(*xs)]
    return joined(each, 0 if each[0].array.ndim == 1 else 1)


@op
def vstack(xs: Any) -> Any:
    """Tensors one above the other: along axis 0, vectors as rows."""
    if not isinstance(xs, (list, tuple)):
        return tensor(xs)
    return joined([_at_least(v, 2) for v in common(*xs)], 0)


@op
def dstack(xs: Any) -> Any:
    """Tensors one behind the other: along axis 2."""
    if not isinstance(xs, (list, tuple)):
        return tensor(xs)
    return joined([_at_least(v, 3) for v in common(*xs)], 2)


def _at_least(x: Any, n: int) -> Any:
    shape = x.array.shape
    if len(shape) >= n:
        return x
    if not shape:
        return engine.reshape(x, (1,) * n)
    return engine.reshape(x, (1, *shape) if n == 2 else (1, shape[0], 1) if len(shape) == 1 else (*shape, 1))


@op
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Equal parts (a number) or the parts between places (a sequence) along `axis`."""
    x = tensor(x)
    at = one_axis(axis, x.array.ndim)
    n = x.array.shape[at]
    if isinstance(indices_or_sections, (int, np.integer)):
        parts = int(indices_or_sections)
        if parts < 1 or n % parts:
            raise refused("Split", f"Number of ways to split should evenly divide the split dimension, but got split_dim {at} (size = {n}) "
                          f"and num_split {parts}", "split", f"Split_num_split_{parts}")  # fmt: skip
        sizes = (n // parts,) * parts
    else:
        sizes = _between(ints(indices_or_sections), n)
    return list(apply(views.SPLIT, (x,), (at, sizes)))


def _between(places: tuple[int, ...], n: int) -> tuple[int, ...]:
    edges = [0, *[min(max(p + n if p < 0 else p, 0), n) for p in places], n]
    return tuple(max(b - a, 0) for a, b in itertools.pairwise(edges))


@op
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts along `axis` whose sizes differ by at most one."""
    x = tensor(x)
    at = one_axis(axis, x.array.ndim)
    n, parts = x.array.shape[at], int(indices_or_sections)
    sizes = tuple(n // parts + (i < n % parts) for i in range(parts))
    return list(apply(views.SPLIT, (x,), (at, sizes)))


@op
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Any]:
    """One tensor for each index of `axis`."""
    x = tensor(x)
    at = one_axis(axis, x.array.ndim)
    if num is not None and num != x.array.shape[at]:
        raise refused("Unpack", f"Input shape axis {at} must equal {num}, got shape {bracketed(x.array.shape)}", "unstack",
                      f"Unpack_num_{num}")  # fmt: skip
    return list(views.unbind(x, at)) if x.array.shape[at] else []


@op
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element `repeats` times (a number, or one for each place) along `axis`; flat without one."""
    x = tensor(x)
    if axis is None:
        x, axis = engine.reshape(x, (-1,)), 0
    at = one_axis(axis, x.array.ndim, lambda at, n: ValueError(f"axis={at} out of bounds: expected {-n}<=axis<{n}"))
    counts = np.asarray(ints(repeats) if not isinstance(repeats, (int, np.integer)) else (repeats,), np.int64)
    n = x.array.shape[at]
    if counts.size not in (1, n):
        raise InvalidArgumentError(f"repeat: repeats must be one number or {n} of them; got {counts.size}")
    places = np.repeat(np.arange(n), counts if counts.size > 1 else int(counts[0]))
    return index.index_select(x, at, Tensor.wrap(places))


@op
def tile(x: Any, repeats: Any) -> Any:
    """The whole tensor again and again along each axis."""
    x, times = tensor(x), ints(repeats)
    n = x.array.ndim
    if len(times) < n:
        times = (1,) * (n - len(times)) + times
    return arrange.repeat(x, times)


@op
def flip(x: Any, axis: Any = None) -> Any:
    """Elements in reverse order along `axis` (all of them without one)."""
    x = tensor(x)
    axes = axes_of(axis, x.array.ndim, numpy_refuses)
    return arrange.flip(x, tuple(range(x.array.ndim)) if axes is None else axes)


@op
def fliplr(x: Any) -> Any:
    """Elements in reverse order along axis 1."""
    x = tensor(x)
    return arrange.flip(x, (one_axis(1, x.array.ndim),))


@op
def flipud(x: Any) -> Any:
    """Elements in reverse order along axis 0."""
    x = tensor(x)
    return arrange.flip(x, (one_axis(0, x.array.ndim),))


@op
def rot90(array: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Turned by k quarters in the plane of two axes; ValueError for fewer than two dimensions."""
    x = tensor(array)
    n = x.array.ndim
    if n < 2:
        raise ValueError(f"rot90: array must have at least 2 dimensions; got array.ndim={n}")
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(f"rot90: axes must be two different axes; got axes={axes}")
    k %= 4
    if k == 0:
        return x
    pair = (one_axis(axes[0], n), one_axis(axes[1], n))
    order = (*[d for d in range(n) if d not in pair], *pair)
    x = engine.permute(x, order)
    lead, (h, w) = x.array.shape[:-2], x.array.shape[-2:]
    x = _quarter(engine.reshape(x, (-1, h, w)))
    sizes = (w, h) if k % 2 else (h, w)
    if k > 1:  # two quarters of a plane that is no square come out in another order, as upstream's do
        x = engine.reshape(x, (-1, *sizes))
        for _ in range(k - 1):
            x = _quarter(x)
    return engine.permute(engine.reshape(x, (*lead, *sizes)), tuple(order.index(d) for d in range(n)))


def _quarter(x: Any) -> Any:
    return engine.permute(arrange.flip(x, (2,)), (0, 2, 1))


@op
def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """Elements moved on by `shift` along `axis`, those that fall off coming in again; flat without an axis."""
    x = tensor(x)
    if axis is None:
        shape = x.array.shape
        return engine.reshape(arrange.roll(engine.reshape(x, (-1,)), ints(shift)[0], 0), shape)
    axes = axes_of(axis, x.array.ndim)
    assert axes is not None
    shifts = ints(shift)
    return arrange.roll(x, shifts if len(shifts) == len(axes) else shifts * len(axes), axes)


@op
def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """Differences of neighbours along `axis`, n times."""
    x = tensor(a)
    if n < 0:
        raise ValueError(f"diff: n must not be negative; got n={n}")
    at = one_axis(axis, x.array.ndim)
    for _ in range(n):
        size = x.array.shape[at]
        later = engine.narrow(x, at, min(1, size), max(size - 1, 0))
        before = engine.narrow(x, at, 0, max(size - 1, 0))
        x = ew.ne(later, before) if x.array.dtype.kind == "b" else ew.sub(later, before)
    return x


@op
def copy(x: Any) -> Any:
    """x itself: tensors never change."""
    return tensor(x)
