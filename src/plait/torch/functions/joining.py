"""Joins of several tensors, and splits into several views."""

from __future__ import annotations

import itertools
from typing import Any

from plait import dtypes
from plait.op import apply
from plait.ops import arrange, shape, views
from plait.ops.shape import wrap_dim
from plait.torch._builtins import inner
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import into, need_int, need_tensor

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "cat",
    "chunk",
    "column_stack",
    "concat",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "row_stack",
    "split",
    "split_with_sizes",
    "stack",
    "tensor_split",
    "unbind",
    "unsafe_chunk",
    "unsafe_split",
    "vsplit",
    "vstack",
]

# --- joins -----------------------------------------------------------------------------------------------------------


def _list_of(tensors: Any, name: str, argument: str = "tensors") -> list[Any]:
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{name}(): argument '{argument}' (position 1) must be tuple of Tensors, not {type(tensors).__name__}"
        )
    for x in tensors:
        if not isinstance(x, Tensor):
            break
    else:
        return tensors if type(tensors) is list else list(tensors)
    i = next(i for i, x in enumerate(tensors) if not isinstance(x, Tensor))
    raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(tensors[i]).__name__}")


def cat(tensors: Any, dim: int = 0, *, out: Any = None) -> Any:
    """The tensors joined along `dim`."""
    items = _list_of(tensors, "cat")
    if not items:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    result = shape.cat(items, dim if type(dim) is int else need_int(dim, "cat", "dim", 2))
    return result if out is None else into("cat", out, result, *items)


concat = concatenate = cat


def stack(tensors: Any, dim: int = 0, *, out: Any = None) -> Any:
    """Tensors of one shape along a new dimension."""
    items = _list_of(tensors, "stack")
    result = arrange.stack(items, dim)
    return result if out is None else into("stack", out, result)


def _at_least(x: Any, n: int, name: str) -> Any:
    need_tensor(x, name)
    have = x.array.ndim
    if have >= n:
        return x
    if n == 1:
        return shape.reshape(x, (1,))
    if not have:
        return shape.reshape(x, (1,) * n)
    x = views.unsqueeze(x, 0) if have == 1 else x
    return views.unsqueeze(x, -1) if n == 3 else x


def _at_least_function(n: int) -> Any:
    name = f"atleast_{n}d"

    def function(*tensors: Any) -> Any:
        if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
            return tuple(_at_least(x, n, name) for x in tensors[0])
        got = tuple(_at_least(x, n, name) for x in tensors)
        return got[0] if len(got) == 1 else got

    function.__doc__ = f"Tensors with at least {n} dimension(s)."
    function.__name__ = name
    return function


atleast_1d, atleast_2d, atleast_3d = _at_least_function(1), _at_least_function(2), _at_least_function(3)


def _joined(name: str, items: list[Any], dim: int, out: Any) -> Any:
    result = shape.cat(items, dim)
    return result if out is None else into(name, out, result)


def _some(tensors: Any, name: str) -> list[Any]:
    items = _list_of(tensors, name)
    if not items:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return items


def hstack(tensors: Any, *, out: Any = None) -> Any:
    """The tensors side by side: along the second dimension, vectors along their only one."""
    items = [_at_least(x, 1, "hstack") for x in _some(tensors, "hstack")]
    return _joined("hstack", items, 0 if items[0].array.ndim == 1 else 1, out)


def vstack(tensors: Any, *, out: Any = None) -> Any:
    """The tensors one above the other."""
    return _joined("vstack", [_at_least(x, 2, "vstack") for x in _some(tensors, "vstack")], 0, out)


row_stack = vstack


def dstack(tensors: Any, *, out: Any = None) -> Any:
    """The tensors along the third dimension."""
    return _joined("dstack", [_at_least(x, 3, "dstack") for x in _some(tensors, "dstack")], 2, out)


def column_stack(tensors: Any, *, out: Any = None) -> Any:
    """Vectors as columns, matrices side by side."""
    items = [shape.reshape(x, (x.array.size, 1)) if x.array.ndim <= 1 else x for x in _some(tensors, "column_stack")]
    return _joined("column_stack", items, 1, out)


# --- splits ----------------------------------------------------------------------------------------------------------


def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views along `dim`, each of a size or of the sizes of a list."""
    need_tensor(tensor, "split", "tensor")
    return _split(tensor, split_size_or_sections, dim)


@method("split")
def _split_method(self: Tensor, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
    return _split(self, split_size, dim)


def _split(x: Tensor, how: Any, dim: int) -> tuple[Any, ...]:
    if isinstance(how, Tensor) and how.array.size == 1:
        how = int(how)
    if not isinstance(how, int):
        inner.split_with_sizes(x, how, dim)
        return split_with_sizes(x, how, dim)
    inner.split(x, how, dim)
    size = how
    if not x.array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    d = wrap_dim(dim, x.array.ndim)
    n = x.array.shape[d]
    if size == 0:
        if n:
            raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}")
        return tuple(apply(views.SPLIT, (x,), (d, (0,))))
    count = max(-(-n // size), 1)
    parts = (size,) * (count - 1) + (n - (count - 1) * size,)
    result: tuple[Any, ...] = apply(views.SPLIT, (x,), (d, parts))
    return result


@method
def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views along `dim` of the given sizes, which must add up."""
    if not input.array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    d = wrap_dim(dim, input.array.ndim)
    parts = tuple(need_int(s, "split_with_sizes", "split_sizes", 2) for s in split_sizes)
    for s in parts:
        if s < 0:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={list(parts)}"
            )
    n = input.array.shape[d]
    if sum(parts) != n:
        raise RuntimeError(f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension {dim}), but got "
                           f"split_sizes={list(parts)}")  # fmt: skip
    return tuple(apply(views.SPLIT_SIZES, (input,), (d, parts)))


@method
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most `chunks` views of equal size along `dim`, the last one smaller."""
    need_tensor(input, "chunk")
    if not input.array.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    d = wrap_dim(dim, input.array.ndim)
    n = input.array.shape[d]
    size = -(-n // chunks)
    if size == 0:
        return split_with_sizes(input, [0] * chunks, d)
    return _split(input, size, d)


unsafe_chunk, unsafe_split = chunk, split
method("unsafe_chunk")(chunk)
method("unsafe_split")(_split_method)


@method
def tensor_split(
    input: Any, indices_or_sections: Any = None, dim: int = 0, *, indices: Any = None, sections: Any = None
) -> tuple[Any, ...]:
    """Views along `dim`: so many of nearly equal size, or cut at the indices."""
    need_tensor(input, "tensor_split")
    how = indices_or_sections if indices_or_sections is not None else indices if indices is not None else sections
    if not input.array.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    d = wrap_dim(dim, input.array.ndim)
    if isinstance(how, Tensor):
        if how.array.dtype != dtypes.I64:
            raise RuntimeError("tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                               + str(how.dtype).split(".")[1])  # fmt: skip
        if how.array.ndim > 1:
            raise RuntimeError("tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but got "
                               f"a tensor with {how.array.ndim} dims")  # fmt: skip
        how = how.array.tolist()
    n = input.array.shape[d]
    if isinstance(how, int):
        if how <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {how}")
        small, more = divmod(n, how)
        cuts = list(itertools.accumulate([small + 1] * more + [small] * (how - more)))[:-1]
    else:
        cuts = list(how)
    ends = [*cuts, n]
    out, start = [], 0
    for end in ends:
        lo, hi, _ = slice(start, end).indices(n)
        out.append(shape.narrow(input, d, lo, max(hi - lo, 0)))
        start = end
    return tuple(out)


def _named_split(name: str, dim_of: Any, least: int) -> Any:
    def function(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
        need_tensor(input, name)
        n = input.array.ndim
        if n < least:
            raise RuntimeError(f"torch.{name} requires a tensor with at least {least} dimension{'s' if least > 1 else ''}, but got a tensor "
                               f"with {n} dimensions!")  # fmt: skip
        d = dim_of(n)
        if isinstance(indices_or_sections, int):
            size = input.array.shape[d]
            if indices_or_sections == 0 or size % indices_or_sections:
                raise RuntimeError(f"torch.{name} attempted to split along dimension {d}, but the size of the dimension {size} is not "
                                   f"divisible by the split_size {indices_or_sections}!")  # fmt: skip
        return tensor_split(input, indices_or_sections, d)

    function.__doc__ = f"`tensor_split` as {name} does."
    function.__name__ = name
    method(name)(function)
    return function


hsplit = _named_split("hsplit", lambda n: 0 if n == 1 else 1, 1)
vsplit = _named_split("vsplit", lambda n: 0, 2)
dsplit = _named_split("dsplit", lambda n: 2, 3)


@method
def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """A view for every index of a dimension."""
    need_tensor(input, "unbind")
    if not input.array.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return tuple(views.unbind(input, need_int(dim, "unbind", "dim", 2)))
