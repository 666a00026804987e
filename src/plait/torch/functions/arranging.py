"""Copies in another arrangement, and copies with a place written."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply
from plait.ops import arrange, shape, views
from plait.ops.shape import wrap_dim
from plait.torch._argument_errors import type_name as class_name
from plait.torch._dtypes import as_dtype
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import into, need_int, need_tensor, sizes

__all__ = [
    "diag",
    "diag_embed",
    "diagonal_scatter",
    "flip",
    "fliplr",
    "flipud",
    "meshgrid",
    "repeat_interleave",
    "roll",
    "rot90",
    "select_scatter",
    "slice_scatter",
    "tile",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
]

# --- rearrangements --------------------------------------------------------------------------------------------------


def _dims(args: Any, name: str) -> tuple[int, ...]:
    return sizes(args, name, "dims")


def flip(input: Any, dims: Any) -> Any:
    """The order along `dims` turned round."""
    need_tensor(input, "flip")
    return arrange.flip(input, _dims((dims,), "flip"))


@method("flip")
def _flip_method(self: Tensor, *dims: Any, **more: Any) -> Any:
    return arrange.flip(self, _dims(dims or (more["dims"],), "flip"))


@method
def fliplr(input: Any) -> Any:
    """The second dimension turned round."""
    if input.array.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return arrange.flip(input, (1,))


@method
def flipud(input: Any) -> Any:
    """The first dimension turned round."""
    if input.array.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return arrange.flip(input, (0,))


@method
def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Moved by `shifts` along `dims`, round the end."""
    need_tensor(input, "roll")
    return arrange.roll(input, shifts, dims)


@method
def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Turned by k quarters in the plane of two dimensions."""
    need_tensor(input, "rot90")
    n = input.array.ndim
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if n < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {n}")
    if dims[0] == dims[1] or abs(dims[0] - dims[1]) == n:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    for d in dims:
        if not -n <= d < n:
            raise RuntimeError(
                f"Rotation dim0 out of range, dim0 = {d}" if d == dims[0] else f"Rotation dim1 out of range, dim1 = {d}"
            )
    return apply(arrange.ROT90, (input,), (k % 4, tuple(dims)))


@method
def repeat(self: Tensor, *repeats: Any, **more: Any) -> Any:
    """Copies along each dimension, new leading ones included."""
    if not repeats and "repeats" not in more:
        raise TypeError('repeat() missing 1 required positional arguments: "repeats"')
    return arrange.repeat(self, sizes(repeats or (more["repeats"],), "repeat", "repeats"))


def tile(input: Any, dims: Any) -> Any:
    """`repeat`, with ones for leading dimensions that `dims` does not reach."""
    need_tensor(input, "tile")
    return _tile(input, sizes((dims,), "tile", "dims"))


@method("tile")
def _tile_method(self: Tensor, *dims: Any, **more: Any) -> Any:
    return _tile(self, sizes(dims or (more["dims"],), "tile", "dims"))


def _tile(x: Tensor, times: tuple[int, ...]) -> Any:
    return arrange.repeat(x, (1,) * (x.array.ndim - len(times)) + times)


@method
def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Every element (or slice along `dim`) repeated in place, by a number or by a number for each."""
    need_tensor(input, "repeat_interleave")
    if repeats is None:
        counts = input.array
        _check_repeats(counts)
        return Tensor.wrap(np.repeat(np.arange(counts.size, dtype=counts.dtype), counts))
    if dim is None:
        input, dim = shape.reshape(input, (input.array.size,)), 0
    d = wrap_dim(dim, input.array.ndim)
    if not input.array.ndim:
        input = shape.reshape(input, (1,))
    n = input.array.shape[d]
    if isinstance(repeats, Tensor):
        counts = repeats.array
        _check_repeats(counts)
        if counts.ndim == 0 or counts.size == 1:
            counts = np.broadcast_to(counts.reshape(-1), (n,))
        elif counts.size != n:
            raise RuntimeError("repeats must have the same size as input along dim, but got repeats.size(0) = "
                               f"{counts.size} and input.size({d}) = {n}")  # fmt: skip
        index = np.repeat(np.arange(n), counts)
        from plait.ops.index import index_select

        return index_select(input, d, Tensor.wrap(index))
    times = need_int(repeats, "repeat_interleave", "repeats", 2)
    if times < 0:
        raise RuntimeError("Repeats must be non-negative")
    return apply(arrange.REPEAT_INTERLEAVE, (input,), (times, d))


def _check_repeats(counts: Any) -> None:
    if counts.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    if counts.dtype.kind not in "iu" or counts.dtype.itemsize < 4:
        raise RuntimeError("repeats has to be Long or Int tensor")
    if (counts < 0).any():
        raise RuntimeError("repeats can not be negative")


DIAGONAL_COPY = views.named(shape.CLONE, "DiagonalBackward0_copy")


def _need_matrix(x: Any, name: str) -> None:
    need_tensor(x, name)
    if x.array.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")


@method
def tril(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """What lies on or below a diagonal, 0 elsewhere."""
    _need_matrix(input, "tril")
    result = apply(arrange.TRIL, (input,), (diagonal,))
    return result if out is None else into("tril", out, result)


@method
def triu(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """What lies on or above a diagonal, 0 elsewhere."""
    _need_matrix(input, "triu")
    result = apply(arrange.TRIU, (input,), (diagonal,))
    return result if out is None else into("triu", out, result)


@method("tril_")
def _tril_in_place(self: Tensor, diagonal: int = 0) -> Any:
    from plait.op import apply_

    return apply_(arrange.TRIL, self, (self,), (diagonal,))


@method("triu_")
def _triu_in_place(self: Tensor, diagonal: int = 0) -> Any:
    from plait.op import apply_

    return apply_(arrange.TRIU, self, (self,), (diagonal,))


def _triangle(function: Any, row: int, col: int, offset: int, dtype: Any) -> Tensor:
    for label, n in (("row", row), ("col", col)):
        if n < 0:
            raise RuntimeError(f"{label} must be non-negative, got{n}")
    kind = dtypes.I64 if dtype is None else as_dtype(dtype, "tril_indices")._numpy
    return Tensor.wrap(np.stack(function(row, offset, col)).astype(kind))


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None
) -> Tensor:
    """Coordinates of the lower triangle, 2 × n."""
    return _triangle(np.tril_indices, row, col, offset, dtype)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None
) -> Tensor:
    """Coordinates of the upper triangle, 2 × n."""
    return _triangle(np.triu_indices, row, col, offset, dtype)


@method
def diag(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """A vector as a matrix's diagonal, or a matrix's diagonal."""
    need_tensor(input, "diag")
    n = input.array.ndim
    if n not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {n}D")
    result = arrange.diag_embed(input, diagonal) if n == 1 else apply(DIAGONAL_COPY, (views.diagonal(input, diagonal),))
    return result if out is None else into("diag", out, result)


@method
def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices with the last dimension on a diagonal."""
    need_tensor(input, "diag_embed")
    n = input.array.ndim + 1
    a, b = wrap_dim(dim1, n), wrap_dim(dim2, n)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    got = arrange.diag_embed(input, offset if a < b else -offset)
    return got if (a, b) in ((n - 2, n - 1), (n - 1, n - 2)) else views.movedim(got, (-2, -1), (min(a, b), max(a, b)))


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """Coordinates of a grid, one tensor a dimension; `indexing` is "ij" or "xy"."""
    items = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else list(tensors)
    for i, x in enumerate(items):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {class_name(x)}")
    if not items:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing is None:
        import warnings

        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.", stacklevel=2
        )
    elif indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for x in items:
        if x.array.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {_first(x)}")
        if x.array.dtype != items[0].array.dtype:
            raise RuntimeError("torch.meshgrid expects all tensors to have the same dtype")
    swap = indexing == "xy" and len(items) >= 2
    if swap:
        items[0], items[1] = items[1], items[0]
    full = tuple(x.array.size for x in items)
    out = [
        shape.expand(shape.reshape(x, tuple(-1 if j == i else 1 for j in range(len(items)))), full)
        for i, x in enumerate(items)
    ]
    if swap:
        out[0], out[1] = out[1], out[0]
    return tuple(out)


def _first(x: Tensor) -> str:
    return repr(x)


# --- writing into a place --------------------------------------------------------------------------------------------


def _scattered(input: Any, src: Any, place: Any, name: str) -> Any:
    need_tensor(input, name)
    need_tensor(src, name, "src", 2)
    copy = shape.clone(input)
    target = place(copy)
    if target.array.shape != src.array.shape:
        raise RuntimeError(f"expected src to have a size equal to the slice of self. src size = {list(src.array.shape)}, slice size = "
                           f"{list(target.array.shape)}")  # fmt: skip
    from plait.torch.functions.brackets import copy_into

    copy_into(target, src)
    return copy


@method
def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """A copy of `input` with `src` at one index of a dimension."""
    return _scattered(input, src, lambda x: views.select(x, dim, index), "select_scatter")


@method
def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy of `input` with `src` on a diagonal."""
    return _scattered(input, src, lambda x: views.diagonal(x, offset, dim1, dim2), "diagonal_scatter")


@method
def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """A copy of `input` with `src` in a slice of a dimension."""
    d = wrap_dim(dim, input.array.ndim)
    lo, hi, by = slice(start, end, step).indices(input.array.shape[d])
    return _scattered(input, src, lambda x: apply(shape.SLICE, (x,), (d, lo, max(hi, lo), by)), "slice_scatter")
