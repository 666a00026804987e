"""Rows of a table by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply
from plait.ops.halves import is_half, rounded, scatter_steps
from plait.ops.rows import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def _embedding(table: NDArray, at: NDArray, padding: int, by_frequency: bool) -> NDArray:
    if at.size and (int(at.min()) < 0 or int(at.max()) >= table.shape[0]):
        raise IndexError("index out of range in self")
    return table[at]


def _scatter_rows(g: NDArray, at: NDArray, rows: int, padding: int, by_frequency: bool) -> NDArray:
    """The sum of the gradient's rows for each row of the table, in the order of their places."""
    wide = dtypes.F64 if g.dtype == dtypes.F64 else dtypes.F32
    flat = at.reshape(-1)
    width = g.shape[at.ndim :]
    values = dtypes.cast(np.ascontiguousarray(g), wide).reshape(flat.size, int(np.prod(width)))
    if padding >= 0 and (flat == padding).any():
        keep = np.nonzero(flat != padding)[0]
        flat, values = flat[keep], values[keep]
    if is_half(g.dtype) and flat.size:
        return _scatter_rows_steps(values, flat, rows, g.dtype, by_frequency).reshape(rows, *width)
    out = _native.scatter_rows(values, np.ascontiguousarray(flat, np.int64), rows)
    if by_frequency:
        out /= np.maximum(np.bincount(flat, minlength=rows), 1).astype(wide)[:, None]
    return dtypes.cast(out.reshape(rows, *width), g.dtype)


def _scatter_rows_steps(values: NDArray, ids: NDArray, rows: int, dtype: np.dtype, by_frequency: bool) -> NDArray:
    """In 16 bits, rounded after every row; by frequency each row is scaled first."""
    if by_frequency:
        values = rounded(values * np.reciprocal(np.bincount(ids, minlength=rows)[ids, None], dtype=np.float32), dtype)
    return np.ascontiguousarray(scatter_steps(dtypes.cast(values, dtype).T, ids, rows).T)


def summed_rows(values: NDArray, at: NDArray, rows: int) -> NDArray:
    """The sum of `values` [n, …] for each of `rows` rows, `at` [n] saying which row each belongs to."""
    return _scatter_rows(values, at, rows, -1, False)


def _rows_cost(shapes: Sequence[Any], params: Any = ()) -> tuple[int, int]:
    n = int(np.prod(shapes[1])) * int(np.prod(shapes[0][1:]))
    return 0, 8 * n


def _scatter_reference(g: NDArray, at: NDArray, rows: int, padding: int, by_frequency: bool) -> NDArray:
    out = np.zeros((rows, *g.shape[at.ndim :]))
    counts = np.bincount(at.reshape(-1), minlength=rows)
    for place in np.ndindex(at.shape):
        if at[place] != padding:
            out[at[place]] += g[place] / (counts[at[place]] if by_frequency else 1)
    return out


_PLACES = np.array([[0, 3, 3], [1, 0, 4]])

EMBEDDING: Op = Op(
    "embedding", kind="index", forward=_native.native_call("rows", "", _embedding),
    backward=lambda ctx, g: _embedding_gradient(ctx, g),
    infer=lambda table, at, *_: [((*at[0], *table[0][1:]), table[1])], reference=lambda table, at, *_: table[at],
    samples=lambda: [Sample([numbers(5, 3), _PLACES], (-1, False)), Sample([numbers(5, 3), np.zeros((0,), np.int64)], (-1, False)),
                     Sample([numbers(5, 3), _PLACES], (3, True), grad=False)],
    rejects=lambda: [Reject([numbers(5, 3), np.array([5])], (-1, False), IndexError, "index out of range in self")],
    cost=_rows_cost, explain="the table's row whose number stands in that place", export="Gather", save_inputs=((1, 0),),
)  # fmt: skip


def _embedding_gradient(ctx: Any, g: Any) -> Any:
    return apply(EMBEDDING_BACKWARD, (g, ctx.x(1)), (ctx.shapes[0][0], *ctx.params)), None


EMBEDDING_BACKWARD: Op = Op(
    "embedding_backward", kind="index", forward=_scatter_rows,
    backward=lambda ctx, v: (_second(ctx, v), None),
    infer=lambda g, at, rows, *_: [((rows, *g[0][len(at[0]) :]), g[1])], reference=_scatter_reference,
    samples=lambda: [Sample([numbers(2, 3, 3), _PLACES], (5, -1, False)), Sample([numbers(2, 3, 3), _PLACES], (5, 3, True))],
    rejects=lambda: [], cost=_rows_cost, explain="the sum of the gradients of all places that name the row", export=None,
    save_inputs=((1, 0),), grad_name="EmbeddingDenseBackwardBackward0",
)  # fmt: skip


def _second(ctx: Any, v: Any) -> Any:
    from plait.ops import elementwise as ew

    at = ctx.x(1)
    _, padding, by_frequency = ctx.params
    picked = apply(EMBEDDING, (v, at), (-1, False))
    scale = (at.array != padding).astype(np.float64)
    if by_frequency:
        scale = scale / np.bincount(at.array.reshape(-1))[at.array]
    if (scale == 1).all():
        return picked
    return ew.mul(picked, type(v).face.wrap(scale.astype(v.array.dtype)[..., None]))


def embedding(table: Any, at: Any, padding: int = -1, by_frequency: bool = False) -> Any:
    """Rows of `table` [rows, …] by the numbers in `at`: shape [*at, …]. Row `padding` gets no gradient."""
    return apply(EMBEDDING, (table, at), (padding, by_frequency))


def renormalise(table: Any, at: Any, largest: float, p: float) -> None:
    """Scale the rows of `table` that `at` names, in place, down to a p-norm of `largest`."""
    from plait.op import bump

    array = table.array
    rows = np.unique(at.array)
    if rows.size and (int(rows[0]) < 0 or int(rows[-1]) >= array.shape[0]):
        raise IndexError("index out of range in self")
    values = dtypes.cast(array[rows], dtypes.F64 if array.dtype == dtypes.F64 else dtypes.F32)
    norms = np.linalg.norm(values.reshape(rows.size, -1), ord=p, axis=1)
    over = norms > largest
    if over.any():
        scale = (largest / (norms[over] + 1e-7)).astype(values.dtype)
        array[rows[over]] = dtypes.cast(values[over] * scale.reshape(-1, *[1] * (array.ndim - 1)), array.dtype)
    bump(table)
