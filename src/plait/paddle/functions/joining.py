"""Functions that join tensors, or take one apart."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from plait.modes import no_grad
from plait.ops import arrange, views
from plait.ops import shape as shapes
from plait.paddle._tensor import Tensor, method
from plait.paddle.functions._common import axis_of, function, integer, integers, need_tensor
from plait.paddle.functions.shaping import atleast_1d, atleast_2d, atleast_3d

__all__ = [
    "cat", "chunk", "column_stack", "concat", "concatenate", "dsplit", "dstack", "hsplit", "hstack", "row_stack", "split", "stack",
    "tensor_split", "unbind", "unstack", "vsplit", "vstack",
]  # fmt: skip


def _listed(x: Any, name: str) -> list[Any]:
    if isinstance(x, Tensor):
        raise ValueError(
            f"(InvalidArgument) {name}(): argument 'x' (position 0) must be list of Tensors, but got Tensor"
        )
    if not isinstance(x, (list, tuple)):
        raise TypeError(
            f"The type of 'x' in {name} must be list[Tensor] or tuple[Tensor], but received {type(x).__name__}."
        )
    tensors = [t if isinstance(t, Tensor) else need_tensor(t, name, f"x[{i}]") for i, t in enumerate(x)]
    if not tensors:
        raise ValueError(f"(InvalidArgument) {name}(): x must hold at least one tensor")
    for i, t in enumerate(tensors):
        if t.array.dtype != tensors[0].array.dtype:
            raise ValueError(
                f"(InvalidArgument) {name}(): all tensors must have one data type; x[0] is {tensors[0].dtype}, x[{i}] {t.dtype}"
            )
    return tensors


@function("x:tensors", "axis:dim", method=False)
def concat(x: Any, axis: Any = 0, name: str | None = None, *, out: Any = None) -> Any:
    """The tensors one after the other along `axis`; their other sizes must be equal."""
    tensors = _listed(x, "concat")
    first = tensors[0].array.shape
    at = axis_of(axis, len(first), "concat", floats=True)
    for i, t in enumerate(tensors):
        other = t.array.shape
        if other != first and (
            len(other) != len(first) or other[:at] != first[:at] or other[at + 1 :] != first[at + 1 :]
        ):
            raise ValueError(
                f"(InvalidArgument) concat(): the shapes of all tensors must be equal but in axis {at}; x[0] has {list(first)}, x[{i}] {list(other)}"
            )
    if not first:
        raise ValueError("(InvalidArgument) concat(): 0-D tensors cannot be joined; use stack()")
    return shapes.cat(tensors, at)


cat = concatenate = concat


@function("x:tensors", "axis:dim", method=False)
def stack(x: Any, axis: Any = 0, name: str | None = None, *, out: Any = None) -> Any:
    """The tensors, of one shape, along a new dimension."""
    tensors = _listed(x, "stack")
    first = tensors[0].array.shape
    for i, t in enumerate(tensors):
        if t.array.shape != first:
            raise ValueError(
                f"(InvalidArgument) stack(): all tensors must have the same shape; x[0] has {list(first)}, x[{i}] {list(t.array.shape)}"
            )
    return arrange.stack(tensors, axis_of(axis, len(first) + 1, "stack"))


method("stack")(stack)


def _parts(x: Any, at: int, sizes: Any) -> list[Any]:
    """Copies of consecutive parts, all of them results of one node."""
    parts = shapes_split(x, at, tuple(sizes))
    with no_grad():
        copies = [shapes.clone(p) for p in parts]
    for copy, part in zip(copies, parts, strict=True):
        copy.tape_node, copy.tape_index, copy.tracks = part.tape_node, part.tape_index, part.tracks
    return copies


def shapes_split(x: Any, at: int, sizes: tuple[int, ...]) -> Any:
    """Views of parts of these sizes along an axis."""
    from plait.op import apply

    return apply(views.SPLIT, (x,), (at, sizes))


@function("x:tensor", "num_or_sections:split_size_or_sections", "axis:dim")
def split(x: Any, num_or_sections: Any, axis: Any = 0, name: str | None = None) -> Any:
    """That many equal parts along `axis`, or parts of those sizes (one may be -1)."""
    need_tensor(x, "split")
    if not isinstance(num_or_sections, (list, tuple, int, Tensor)):
        raise TypeError(
            f"The type of 'num_or_sections' in split must be int, list or tuple, but received {type(num_or_sections).__name__}."
        )
    at = axis_of(axis, x.array.ndim, "split")
    n = x.array.shape[at]
    if isinstance(num_or_sections, (list, tuple)):
        sizes = list(integers(num_or_sections, "split", "num_or_sections"))
        if sizes.count(-1) > 1:
            raise ValueError(f"(InvalidArgument) split(): only one section may be -1; got {sizes}")
        if -1 in sizes:
            sizes[sizes.index(-1)] = n - sum(s for s in sizes if s != -1)
        if sum(sizes) != n or min(sizes) < 0:
            raise ValueError(
                f"(InvalidArgument) split(): the sections {list(num_or_sections)} do not add up to the size {n} of axis {at}"
            )
    else:
        count = integer(num_or_sections, "split", "num_or_sections")
        if count <= 0 or n % count:
            raise ValueError(
                f"(InvalidArgument) split(): the size {n} of axis {at} must be divisible by num_or_sections {count}"
            )
        sizes = [n // count] * count
    return _parts(x, at, sizes)


@function("x:input", "axis:dim")
def chunk(x: Any, chunks: int, axis: Any = 0, name: str | None = None) -> Any:
    """`split` into that many equal parts."""
    if not isinstance(chunks, int):
        raise TypeError(f"The type of 'chunks' in chunk must be int, but received {type(chunks).__name__}.")
    return split(x, chunks, axis)


@function("x:input", "num_or_indices:indices_or_sections", "axis:dim")
def tensor_split(x: Any, num_or_indices: Any, axis: Any = 0, name: str | None = None) -> Any:
    """That many parts, the first ones larger by one where the size is no multiple; or the parts between the given places."""
    need_tensor(x, "tensor_split")
    at = axis_of(axis, x.array.ndim, "tensor_split")
    n = x.array.shape[at]
    if isinstance(num_or_indices, int):
        small, more = divmod(n, num_or_indices)
        ends = [small * (i + 1) + min(i + 1, more) for i in range(num_or_indices - 1)]
    else:
        ends = [
            max(0, min(n, e + n if e < 0 else e)) for e in integers(num_or_indices, "tensor_split", "num_or_indices")
        ]
    bounds = [0, *ends, n]
    return [shapes.narrow(x, at, a, max(0, b - a)) for a, b in pairwise(bounds)]


@function("x:input")
def hsplit(x: Any, num_or_indices: Any, name: str | None = None) -> Any:
    """`tensor_split` along columns."""
    if need_tensor(x, "hsplit").array.ndim < 1:
        raise ValueError(f"The input tensor's dimension must be greater than 0, but got {x.array.ndim}")
    return tensor_split(x, num_or_indices, 1 if x.array.ndim > 1 else 0)


@function("x:input")
def vsplit(x: Any, num_or_indices: Any, name: str | None = None) -> Any:
    """`tensor_split` along rows."""
    if need_tensor(x, "vsplit").array.ndim < 2:
        raise ValueError(f"The input tensor's dimension must be greater than 1, but got {x.array.ndim}")
    return tensor_split(x, num_or_indices, 0)


@function("x:input")
def dsplit(x: Any, num_or_indices: Any, name: str | None = None) -> Any:
    """`tensor_split` along the third dimension."""
    if need_tensor(x, "dsplit").array.ndim < 3:
        raise ValueError(f"The input tensor's dimension must be greater than 2, but got {x.array.ndim}")
    return tensor_split(x, num_or_indices, 2)


@function("x:tensors", method=False)
def hstack(x: Any, name: str | None = None) -> Any:
    """Side by side: along the second dimension, vectors along the first."""
    tensors = [atleast_1d(t) for t in x]
    return concat(tensors, 0 if tensors[0].array.ndim == 1 else 1)


@function("x:tensors", method=False)
def vstack(x: Any, name: str | None = None) -> Any:
    """One above the other, vectors as rows."""
    return concat([atleast_2d(t) for t in x], 0)


row_stack = vstack


@function("x:tensors", method=False)
def dstack(x: Any, name: str | None = None) -> Any:
    """One behind the other, in the third dimension."""
    return concat([atleast_3d(t) for t in x], 2)


@function("x:tensors", method=False)
def column_stack(x: Any, name: str | None = None) -> Any:
    """Vectors as columns, side by side."""
    return concat([shapes.reshape(t, (-1, 1)) if t.array.ndim < 2 else t for t in x], 1)


@function("x:input")
def unstack(x: Any, axis: int = 0, num: int | None = None) -> Any:
    """The slices along `axis`, a list."""
    need_tensor(x, "unstack")
    at = axis_of(axis, x.array.ndim, "unstack")
    n = x.array.shape[at]
    if num == 0:
        return []
    if num is not None and num != n:
        raise ValueError(f"(InvalidArgument) unstack(): num must be the size {n} of axis {at}; got {num}")
    return [shapes.clone(v) for v in views.unbind(x, at)]


@function("input:x", "axis:dim")
def unbind(input: Any, axis: int = 0) -> Any:
    """The slices along `axis`, a list of views."""
    need_tensor(input, "unbind", "input")
    return list(views.unbind(input, axis_of(axis, input.array.ndim, "unbind")))
