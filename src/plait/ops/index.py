"""Reading and writing by index tensors: gather, scatter, index_*, masked_*, take, put, and advanced indexing.

Rules of this file: index arrays are int64 and in range when they reach a record (functions here check); a `dim` is counted from the
front. What reads by index has a derivative that adds by index, and the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.dtypes import BFLOAT16, F32
from plait.op import Op, Sample, apply
from plait.ops.arrange import move_cost
from plait.ops.halves import is_half, scatter_steps
from plait.ops.rows import no_rejects
from plait.ops.shape import reshape, sum_to, wrap_like
from plait.ops.tables import operand, quiet, values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shape = tuple[int, ...]


def indices(*shape: int, below: int, seed: int = 0) -> NDArray:
    """Fixed int64 numbers in [0, below), for samples."""
    return np.random.RandomState(seed).randint(0, max(below, 1), shape).astype(np.int64)


def _op(name: str, forward: Any, backward: Any, infer: Any, samples: Any, words: str, **options: Any) -> Op:
    return Op(
        name, kind="index", forward=forward, backward=backward, infer=infer, reference=options.pop("reference", forward), samples=samples,
        rejects=no_rejects, cost=move_cost, explain=words, export=options.pop("export", None), **options,
    )  # fmt: skip


def _first(x: Any, *_rest: Any) -> list[Any]:
    return [x]


def _add_at(target: NDArray, where: Any, values_: Any) -> None:
    """target[where] += values, every repetition counted."""
    if target.dtype == BFLOAT16:
        full = dtypes.as_float32(target)
        np.add.at(full, where, dtypes.cast(values_, F32))
        target[...] = dtypes.to_bfloat16(full)
    elif target.dtype.kind == "b":
        np.logical_or.at(target, where, values_)
    else:
        np.add.at(target, where, values_)


# --- along one dimension -----------------------------------------------------------------------------------------------------


def _places(index: NDArray, dim: int) -> tuple[NDArray, ...]:
    """Coordinates of the elements that gather and scatter speak of."""
    n = index.ndim
    return tuple(
        [
            index if d == dim else np.arange(index.shape[d]).reshape([-1 if j == d else 1 for j in range(n)])
            for d in range(n)
        ]
    )


def _gather(x: NDArray, index: NDArray, dim: int) -> NDArray:
    if not x.ndim:
        return np.full(index.shape, x)
    if not index.ndim:
        index = index.reshape(1)
        return x[_places(index, dim)].reshape(())
    return x[_places(index, dim)]


GATHER: Op = _op(
    "gather", _gather, lambda ctx, g: scatter_new(g, ctx.x(1), ctx.shapes[0], ctx.params[0]),
    lambda x, index, dim: [(index[0], x[1])],
    lambda: [Sample([values((3, 4), -1, 1), indices(3, 2, below=4)], (1,)), Sample([values((3, 4), -1, 1), indices(5, 4, below=3)], (0,))],
    "the element whose coordinate along one dimension the index gives", save_inputs=((1, 0),), export="GatherElements",
)  # fmt: skip


def gather(x: Any, dim: int, index: Any) -> Any:
    """out[i][j] = x[index[i][j]][j] for dim 0."""
    return apply(GATHER, (x, index), (dim,))


def _write(x: NDArray, index: NDArray, source: Any, dim: int, how: str) -> NDArray:
    out = x.copy()
    flat = out.reshape(1) if not out.ndim else out
    index = index.reshape(1) if not index.ndim else index
    where = _places(index, dim)
    if isinstance(source, np.ndarray):
        source = (
            source[tuple(slice(0, n) for n in index.shape)]
            if source.ndim
            else source.reshape(1)[: index.size].reshape(index.shape)
        )
    else:
        source = operand(source, x.dtype)
    if how == "set":
        flat[where] = source
    elif how == "add":
        _add_at(flat, where, np.broadcast_to(source, index.shape))
    else:
        work = dtypes.cast(flat, F32) if flat.dtype == BFLOAT16 else flat
        _UFUNCS[how].at(work, where, dtypes.cast(np.broadcast_to(source, index.shape), work.dtype))
        if work is not flat:
            flat[...] = dtypes.to_bfloat16(work)
    return flat.reshape(x.shape)


_UFUNCS: dict[str, Any] = {"multiply": np.multiply, "amax": np.maximum, "amin": np.minimum, "prod": np.multiply}


def _part(g: Any, index: Any, shape: Shape | None, dim: int) -> Any:
    """The gradient of scatter's source: gathered, and zero where the source is larger than the index."""
    got = gather(g, dim, index)
    if shape is None or shape == got.array.shape:
        return got
    return apply(PAD_END, (got,), (shape,))


def _pad_end(x: NDArray, shape: Shape) -> NDArray:
    out = np.zeros(shape, x.dtype)
    out[tuple(slice(0, n) for n in x.shape)] = x
    return out


PAD_END: Op = _op(
    "pad_end", _pad_end, lambda ctx, g: apply(CROP_END, (g,), (ctx.shapes[0],)), lambda x, shape: [(shape, x[1])],
    lambda: [Sample([values((2, 3), -1, 1)], ((3, 4),))], "zeros behind the operand",
)  # fmt: skip
CROP_END: Op = _op(
    "crop_end", lambda x, shape: x[tuple(slice(0, n) for n in shape)].copy(), lambda ctx, g: apply(PAD_END, (g,), (ctx.shapes[0],)),
    lambda x, shape: [(shape, x[1])], lambda: [Sample([values((3, 4), -1, 1)], ((2, 3),))], "the first elements of each dimension",
)  # fmt: skip

SCATTER: Op = _op(
    "scatter", lambda x, index, source, dim: _write(x, index, source, dim, "set"),
    lambda ctx, g: (
        apply(SCATTER, (g, ctx.x(1), 0), ctx.params) if ctx.needs[0] else None, None,
        _part(g, ctx.x(1), ctx.shapes[2], ctx.params[0]) if ctx.needs[2] else None,
    ),
    _first, lambda: [Sample([values((3, 4), -1, 1), np.array([[0, 2], [1, 3]]), values((2, 2), -1, 1, 1)], (1,)),
                     Sample([values((3, 4), -1, 1), np.array([[0, 2], [1, 3]]), 0.5], (1,))],
    "x, with the source's elements at the places that the index names", save_inputs=(1,), export="ScatterElements",
)  # fmt: skip
SCATTER_ADD = _op(
    "scatter_add", lambda x, index, source, dim: _write(x, index, source, dim, "add"),
    lambda ctx, g: (g, None, _part(g, ctx.x(1), ctx.shapes[2], ctx.params[0]) if ctx.needs[2] else None),
    _first, lambda: [Sample([values((3, 4), -1, 1), indices(3, 3, below=4), values((3, 3), -1, 1, 1)], (1,))],
    "x, plus the source's elements at the places that the index names", save_inputs=((1, 2),),
)  # fmt: skip
SCATTER_WITH = _op(
    "scatter_with", _write, None, _first,
    lambda: [Sample([values((3, 4), 1, 2), indices(3, 3, below=4), values((3, 3), 1, 2, 1)], (1, "multiply"), grad=False)],
    "x, combined with the source's elements at the places that the index names", grad_name="ScatterBackward0",
)  # fmt: skip


def scatter_new(g: Any, index: Any, shape: Shape, dim: int) -> Any:
    """Zeros of `shape`, plus `g` at the places that `index` names along `dim`."""
    return apply(SCATTER_ADD, (wrap_like(g, np.zeros(shape, g.array.dtype)), index, g), (dim,))


def _select(x: NDArray, index: NDArray, dim: int) -> NDArray:
    if not x.ndim:
        return x.copy()
    return np.take(x, index.reshape(-1), axis=dim)


INDEX_SELECT = _op(
    "index_select", _select, lambda ctx, g: index_add(wrap_like(g, np.zeros(ctx.shapes[0], g.array.dtype)), ctx.params[0], ctx.x(1), g),
    lambda x, index, dim: [((*x[0][:dim], int(np.prod(index[0])), *x[0][dim + 1 :]), x[1])],
    lambda: [Sample([values((3, 4), -1, 1), indices(5, below=4)], (1,)), Sample([values((3, 4), -1, 1), indices(0, below=3)], (0,))],
    "slices of x in the order of the index", save_inputs=((1, 0),), export="Gather",
)  # fmt: skip


def index_select(x: Any, dim: int, index: Any) -> Any:
    """The slices of `x` along `dim` that `index` names."""
    return apply(INDEX_SELECT, (x, index), (dim,))


def _slices(index: NDArray, dim: int) -> tuple[Any, ...]:
    return (*(slice(None),) * dim, index.reshape(-1))


def _index_add(x: NDArray, index: NDArray, source: NDArray, dim: int, alpha: Any) -> NDArray:
    out = x.copy()
    scaled = source if alpha == 1 else np.multiply(source, operand(alpha, source.dtype), dtype=source.dtype) if source.dtype != BFLOAT16 \
        else dtypes.to_bfloat16(dtypes.as_float32(source) * alpha)  # fmt: skip
    flat = out.reshape(1) if not out.ndim else out
    if is_half(x.dtype) and x.size and index.size:
        axis = dim if x.ndim else 0
        lines = np.moveaxis(flat, axis, -1)
        rows = np.moveaxis(np.broadcast_to(scaled, (*flat.shape[:axis], index.size, *flat.shape[axis + 1 :])), axis, -1)
        planes = (int(np.prod(lines.shape[:-1])), -1)
        if x.ndim > 1:  # whole slices are added in float32, single elements in 16 bits
            sums = dtypes.cast(np.array(lines.reshape(planes)), F32)
            np.add.at(sums.T, index.reshape(-1), dtypes.cast(rows.reshape(planes), F32).T)
            sums = dtypes.cast(sums, x.dtype)
        else:
            sums = scatter_steps(rows.reshape(planes), index.reshape(-1), flat.shape[axis], lines.reshape(planes))
        return np.ascontiguousarray(np.moveaxis(sums.reshape(lines.shape), -1, axis)).reshape(x.shape)
    _add_at(flat, _slices(index, dim), scaled.reshape(index.size) if not source.ndim or not x.ndim else scaled)
    return flat.reshape(x.shape)


INDEX_ADD = _op(
    "index_add", _index_add,
    lambda ctx, g: (
        g, None,
        reshape(_times(index_select(g, ctx.params[0], ctx.x(1)), ctx.params[1]), ctx.shapes[2]) if ctx.needs[2] else None,
    ),
    _first, lambda: [Sample([values((3, 4), -1, 1), indices(5, below=4), values((3, 5), -1, 1, 1)], (1, 0.5))],
    "x, plus alpha times the source's slices at the indices", save_inputs=((1, 2),),
)  # fmt: skip


def _times(g: Any, alpha: Any) -> Any:
    return g if alpha == 1 else g * alpha


def index_add(x: Any, dim: int, index: Any, source: Any, alpha: Any = 1) -> Any:
    """`x` plus `alpha` times the slices of `source` at `index` along `dim`."""
    return apply(INDEX_ADD, (x, index, source), (dim, alpha))


def _index_put_slices(x: NDArray, index: NDArray, source: Any, dim: int) -> NDArray:
    out = x.copy()
    flat = out.reshape(1) if not out.ndim else out
    source = source if isinstance(source, np.ndarray) else operand(source, x.dtype)
    flat[_slices(index, dim)] = source
    return flat.reshape(x.shape)


INDEX_FILL: Op = _op(
    "index_fill", _index_put_slices,
    lambda ctx, g: (
        apply(INDEX_FILL, (g, ctx.x(1), 0), ctx.params) if ctx.needs[0] else None, None,
        _total(index_select(g, ctx.params[0], _distinct(ctx.x(1), ctx.shapes[0], ctx.params[0]))) if ctx.needs[2] else None,
    ),
    _first, lambda: [Sample([values((3, 4), -1, 1), np.array([0, 2]), 0.5], (1,))],
    "x, with a number in the slices that the index names", save_inputs=(1,),
)  # fmt: skip


def _distinct(index: Any, shape: Shape, dim: int) -> Any:
    n = shape[dim] if shape else 1
    return wrap_like(index, np.unique(np.where(index.array < 0, index.array + n, index.array)))


def _total(x: Any) -> Any:
    from plait.ops.reduce import sum as sum_

    return sum_(x)


INDEX_COPY = _op(
    "index_copy", _index_put_slices,
    lambda ctx, g: (
        apply(INDEX_FILL, (g, ctx.x(1), 0), ctx.params) if ctx.needs[0] else None, None,
        reshape(index_select(g, ctx.params[0], ctx.x(1)), ctx.shapes[2]) if ctx.needs[2] else None,
    ),
    _first, lambda: [Sample([values((3, 4), -1, 1), np.array([0, 2]), values((3, 2), -1, 1, 1)], (1,))],
    "x, with the source's slices at the indices", save_inputs=(1,),
)  # fmt: skip

# --- masks -------------------------------------------------------------------------------------------------------------------


def _masked_select(x: NDArray, mask: NDArray) -> NDArray:
    shape = np.broadcast_shapes(x.shape, mask.shape)
    return np.broadcast_to(x, shape)[np.broadcast_to(mask, shape)]


def _mask(*shape: int, seed: int = 0) -> NDArray:
    return np.random.RandomState(seed).rand(*shape) > 0.5


MASKED_SELECT = _op(
    "masked_select", _masked_select,
    lambda ctx, g: masked_scatter(
        wrap_like(g, np.zeros(np.broadcast_shapes(ctx.shapes[0], ctx.shapes[1]), g.array.dtype)), ctx.x(1), g),
    lambda x, mask: [((int(np.prod(np.broadcast_shapes(x[0], mask[0]))),), x[1])],  # at most; how many the mask's values tell
    lambda: [Sample([values((3, 4), -1, 1), np.ones((3, 4), bool)]), Sample([values((3, 4), -1, 1), np.ones(4, bool)])],
    "the elements where the mask is true, in order", save_inputs=((1, 0),), export="Compress",
)  # fmt: skip


def masked_select(x: Any, mask: Any) -> Any:
    """The elements of `x` where `mask` is true, flat."""
    return apply(MASKED_SELECT, (x, mask))


def _masked_fill(x: NDArray, mask: NDArray, value: Any) -> NDArray:
    if x.shape == mask.shape and type(value) in (int, float) and x.dtype.kind == "f":
        out = x.copy()
        with quiet():
            out[mask] = value
        return out
    value = value if isinstance(value, np.ndarray) else np.asarray(value)
    fill = operand(value, x.dtype) if value.dtype != x.dtype else value
    shape = np.broadcast_shapes(x.shape, mask.shape)
    out = np.broadcast_to(x, shape).copy()
    np.copyto(out, fill, where=mask)
    return out


MASKED_FILL: Op = _op(
    "masked_fill", _masked_fill,
    lambda ctx, g: (
        sum_to(apply(MASKED_FILL, (g, ctx.x(1), 0)), ctx.shapes[0]) if ctx.needs[0] else None, None,
        _total(masked_select(g, ctx.x(1))) if ctx.needs[2] else None,
    ),
    lambda x, mask, *_: [(np.broadcast_shapes(x[0], mask[0]), x[1])],
    lambda: [Sample([values((3, 4), -1, 1), _mask(3, 4), 0.5]), Sample([values((3, 4), -1, 1), _mask(4), values((), -1, 1)])],
    "a number where the mask is true, else x", save_inputs=(1,), export="Where",
)  # fmt: skip


def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    """`x` with `value` where `mask` is true."""
    return apply(MASKED_FILL, (x, mask, value))


def _masked_scatter(x: NDArray, mask: NDArray, source: NDArray) -> NDArray:
    shape = np.broadcast_shapes(x.shape, mask.shape)
    out = np.broadcast_to(x, shape).copy()
    mask = np.broadcast_to(mask, shape)
    n = int(mask.sum())
    if n > source.size:
        raise RuntimeError("masked_scatter: expected self and source to have same dtypes and enough elements in source")
    out[mask] = source.reshape(-1)[:n]
    return out


MASKED_SCATTER = _op(
    "masked_scatter", _masked_scatter,
    lambda ctx, g: (
        sum_to(masked_fill(g, ctx.x(1), 0), ctx.shapes[0]) if ctx.needs[0] else None, None,
        _masked_part(g, ctx.x(1), ctx.shapes[2]) if ctx.needs[2] else None,
    ),
    lambda x, mask, source: [(np.broadcast_shapes(x[0], mask[0]), x[1])],
    lambda: [Sample([values((3, 4), -1, 1), _mask(3, 4), values((12,), -1, 1, 1)])],
    "the source's next element where the mask is true, else x", save_inputs=(1,),
)  # fmt: skip


def _masked_part(g: Any, mask: Any, shape: Shape) -> Any:
    got = masked_select(g, mask)
    n = int(np.prod(shape))
    if got.array.size != n:
        got = apply(PAD_END, (got,), ((n,),))
    return reshape(got, shape)


def masked_scatter(x: Any, mask: Any, source: Any) -> Any:
    """`x` with the elements of `source`, in order, where `mask` is true."""
    return apply(MASKED_SCATTER, (x, mask, source))


# --- flat --------------------------------------------------------------------------------------------------------------------

TAKE = _op(
    "take", lambda x, index: x.reshape(-1)[index],
    lambda ctx, g: apply(PUT, (wrap_like(g, np.zeros(ctx.shapes[0], g.array.dtype)), ctx.x(1), g), (True,)),
    lambda x, index: [(index[0], x[1])], lambda: [Sample([values((3, 4), -1, 1), indices(2, 3, below=12)])],
    "the element with that number in row-major order", save_inputs=((1, 0),),
)  # fmt: skip


def take(x: Any, index: Any) -> Any:
    """Elements of the flattened `x`."""
    return apply(TAKE, (x, index))


def _put(x: NDArray, index: NDArray, source: NDArray, accumulate: bool) -> NDArray:
    out = x.copy(order="C")
    flat = out.reshape(-1)
    if accumulate:
        _add_at(flat, index.reshape(-1), source.reshape(-1))
    else:
        flat[index.reshape(-1)] = source.reshape(-1)
    return out


def _put_backward(ctx: Any, g: Any) -> Any:
    index, accumulate = ctx.x(1), ctx.params[0]
    gx = None
    if ctx.needs[0]:
        gx = g if accumulate else apply(PUT, (g, index, wrap_like(g, np.zeros(ctx.shapes[1], g.array.dtype))), (False,))
    return gx, None, reshape(take(g, index), ctx.shapes[2]) if ctx.needs[2] else None


PUT: Op = _op(
    "put", _put, _put_backward, _first,
    lambda: [Sample([values((3, 4), -1, 1), np.array([[0, 5], [7, 11]]), values((2, 2), -1, 1, 1)], (a,)) for a in (False, True)],
    "x, with the source's elements at those numbers in row-major order", save_inputs=(1,),
)  # fmt: skip

# --- advanced indexing -------------------------------------------------------------------------------------------------------


def _index(x: NDArray, *index: Any) -> NDArray:
    *arrays, dims = index
    if dims == (0,):
        return x[arrays[0]]
    key: list[Any] = [slice(None)] * x.ndim
    for d, a in zip(dims, arrays, strict=True):
        key[d] = a
    return x[tuple(key)]


def _index_infer(x: Any, *rest: Any) -> list[Any]:
    *metas, dims = rest
    got = _index(np.empty(x[0], np.bool_), *(np.zeros(m[0], np.int64) for m in metas), dims)
    return [(got.shape, x[1])]


INDEX = _op(
    "index", _index,
    lambda ctx, g: apply(INDEX_PUT, (wrap_like(g, np.zeros(ctx.shapes[0], g.array.dtype)), g,
                                     *(ctx.x(i) for i in range(1, len(ctx.shapes)))), (ctx.params[0], True)),
    _index_infer, lambda: [Sample([values((3, 4, 2), -1, 1), indices(5, below=3), indices(5, below=2)], ((0, 2),)),
                           Sample([values((3, 4), -1, 1), indices(2, 2, below=4)], ((1,),))],
    "the element whose coordinates the index tensors give", save_inputs=tuple((i, 0) for i in range(1, 65)), export="GatherND",
)  # fmt: skip


def _index_put(x: NDArray, value: Any, *index: Any) -> NDArray:
    *arrays, dims, accumulate = index
    out = x.copy()
    key: list[Any] = [slice(None)] * x.ndim
    for d, a in zip(dims, arrays, strict=True):
        key[d] = a
    value = operand(value, x.dtype)
    target = out[tuple(key)]
    while value.ndim > target.ndim and value.shape[0] == 1:
        value = value[0]
    if accumulate:
        _add_at(out, tuple(key), np.broadcast_to(value, target.shape))
    else:
        out[tuple(key)] = value
    return out


def _index_put_backward(ctx: Any, g: Any) -> Any:
    dims, accumulate = ctx.params
    index = tuple(ctx.x(i) for i in range(2, len(ctx.shapes)))
    gx = gv = None
    if ctx.needs[0]:
        gx = g if accumulate else apply(INDEX_PUT, (g, 0, *index), (dims, False))
    if ctx.needs[1]:
        gv = apply(INDEX, (g, *index), (dims,))
        shape = ctx.shapes[1]
        while len(shape) > gv.array.ndim and shape[0] == 1:
            shape = shape[1:]
        gv = reshape(sum_to(gv, shape), ctx.shapes[1])
    return gx, gv


INDEX_PUT: Op = _op(
    "index_put", _index_put, _index_put_backward, _first,
    lambda: [Sample([values((3, 4), -1, 1), values((2,), -1, 1, 1), np.array([0, 2]), np.array([1, 1])], ((0, 1), a)) for a in (False, True)],
    "x, with values at the coordinates that the index tensors give", save_inputs=tuple(range(2, 66)),
)  # fmt: skip


def nonzero(x: NDArray) -> NDArray:
    """Coordinates of the elements that are not zero, one row each."""
    if x.dtype == BFLOAT16:
        x = dtypes.as_float32(x)
    if not x.ndim:
        return np.zeros((int(bool(x)), 0), np.int64)
    return np.argwhere(x)
