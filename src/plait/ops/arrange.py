"""Copies that rearrange: flipping, rolling, repeating, triangles, diagonals, stacking.

Rules of this file: no arithmetic; a derivative is the opposite rearrangement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Sample, apply
from plait.ops.reduce import sum as sum_
from plait.ops.rows import no_rejects
from plait.ops.shape import reshape, wrap_dim
from plait.ops.tables import values
from plait.ops.views import diagonal, select

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]


def move_cost(shapes: Sequence[Shape], _params: Any = ()) -> tuple[int, int]:
    """Every element read once and written once."""
    return 0, 8 * int(np.prod(shapes[0]))


def _same(x: Any, *_params: Any) -> list[Any]:
    return [x]


def _op(name: str, forward: Any, backward: Any, samples: Any, words: str, infer: Any = _same, **options: Any) -> Op:
    return Op(
        name, kind="shape", forward=forward, backward=backward, infer=infer, reference=forward,
        samples=lambda: [Sample([values(shape, -2, 2)], params) for shape, params in samples], rejects=no_rejects, cost=move_cost,
        explain=words, export=options.pop("export", None), **options,
    )  # fmt: skip


FLIP = _op(
    "flip", lambda x, dims: np.array(np.flip(x, dims), order="C") if dims else x.copy(), lambda ctx, g: flip(g, ctx.params[0]),
    [((3, 4), ((0,),)), ((2, 3, 4), ((0, 2),)), ((0, 2), ((1,),))], "element counted from the other end",
)  # fmt: skip


def flip(x: Any, dims: Sequence[int]) -> Any:
    """`x` with the order along `dims` turned round."""
    got = tuple(wrap_dim(d, x.array.ndim) for d in dims)
    if len(set(got)) != len(got):
        raise RuntimeError(f"dim {next(d for d in got if got.count(d) > 1)} appears multiple times in the list of dims")
    return apply(FLIP, (x,), (got if x.array.ndim else (),))


ROLL: Op = _op(
    "roll", lambda x, shifts, dims: np.roll(x, shifts, dims) if dims else np.roll(x, shifts[0]), lambda ctx, g: apply(ROLL, (g,), (tuple(-s for s in ctx.params[0]), ctx.params[1])),
    [((3, 4), ((1,), (0,))), ((3, 4), ((-1, 2), (0, 1)))], "element that many places before, round the end",
)  # fmt: skip


def roll(x: Any, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Any:
    """`x` moved by `shifts` along `dims`, what falls off the end coming in at the start."""
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    dims = () if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    if not shifts:
        raise RuntimeError("`shifts` required")
    if not dims and len(shifts) == 1:
        return apply(ROLL, (x,), (shifts, ()))
    if not x.array.ndim:
        raise IndexError(f"Dimension specified as {dims[0] if dims else 0} but tensor has no dimensions")
    if len(dims) != len(shifts):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    return apply(ROLL, (x,), (shifts, tuple(wrap_dim(d, x.array.ndim) for d in dims)))


ROT90: Op = _op(
    "rot90", lambda x, k, dims: np.array(np.rot90(x, k, dims), order="C"),
    lambda ctx, g: apply(ROT90, (g,), (-ctx.params[0], ctx.params[1])), [((3, 4), (1, (0, 1))), ((3, 4), (2, (1, 0)))],
    "element turned by quarters in a plane",
    infer=lambda x, k, dims: [(np.rot90(np.empty(x[0], bool), k, dims).shape, x[1])],
)  # fmt: skip


def _repeat_backward(ctx: Any, g: Any) -> Any:
    shape, (times,) = ctx.shapes[0], ctx.params
    lead = len(times) - len(shape)
    padded = (*(1,) * lead, *shape)
    split: list[int] = []
    dims = []
    for r, n in zip(times, padded, strict=True):
        dims.append(len(split))
        split += [r, n]
    if not split:
        return g
    return reshape(sum_(reshape(g, split), dims), shape)


REPEAT = _op(
    "repeat", lambda x, times: np.tile(x, times), _repeat_backward, [((2, 3), ((2, 1),)), ((3,), ((2, 1, 2),)), ((), ((3,),))],
    "element at the index modulo the size", infer=lambda x, times: [
        (tuple(r * n for r, n in zip(times, (1,) * (len(times) - len(x[0])) + x[0], strict=True)), x[1])], export="Tile",
)  # fmt: skip


def repeat(x: Any, times: Sequence[int]) -> Any:
    """Copies of `x`, `times[i]` along dimension i."""
    times = tuple(times)
    if len(times) < x.array.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    for r in times:
        if r < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {r}: {list(times)}")
    return apply(REPEAT, (x,), (times,))


def _triangle(function: Callable[..., NDArray]) -> Callable[..., NDArray]:
    def forward(x: NDArray, k: int) -> NDArray:
        return np.where(function(np.ones(x.shape[-2:], bool), k), x, np.zeros((), x.dtype)).astype(x.dtype, copy=False)

    return forward


TRIL: Op = _op("tril", _triangle(np.tril), lambda ctx, g: apply(TRIL, (g,), ctx.params), [((3, 4), (0,)), ((2, 3, 3), (-1,))],
           "element on or below the diagonal, else 0", export="Trilu")  # fmt: skip
TRIU: Op = _op("triu", _triangle(np.triu), lambda ctx, g: apply(TRIU, (g,), ctx.params), [((3, 4), (0,)), ((2, 3, 3), (1,))],
           "element on or above the diagonal, else 0", export="Trilu")  # fmt: skip


def _embed(x: NDArray, offset: int) -> NDArray:
    n = x.shape[-1] + abs(offset)
    out = np.zeros((*x.shape[:-1], n, n), x.dtype)
    i = np.arange(x.shape[-1])
    out[..., i + max(-offset, 0), i + max(offset, 0)] = x
    return out


DIAG_EMBED = _op(
    "diag_embed", _embed, lambda ctx, g: diagonal(g, ctx.params[0], -2, -1), [((3,), (0,)), ((2, 3), (-1,))],
    "element on a diagonal, 0 elsewhere", infer=lambda x, k: [((*x[0][:-1], x[0][-1] + abs(k), x[0][-1] + abs(k)), x[1])],
)  # fmt: skip


def diag_embed(x: Any, offset: int = 0) -> Any:
    """Matrices with the last dimension of `x` on a diagonal."""
    return apply(DIAG_EMBED, (x,), (offset,))


def _stack(*arrays_dim: Any) -> NDArray:
    *arrays, dim = arrays_dim
    dtype = dtypes.result_type(*arrays)
    return np.stack([dtypes.cast(a, dtype) for a in arrays], axis=dim)


STACK: Op = Op(
    "stack", kind="shape", forward=_native.native_call("stack", "", _stack),
    backward=lambda ctx, g: tuple(select(g, ctx.params[0], i) if n else None for i, n in enumerate(ctx.needs)),
    infer=lambda *m: [((*m[0][0][: m[-1]], len(m) - 1, *m[0][0][m[-1] :]), m[0][1])], reference=lambda *a: np.stack(a[:-1], a[-1]),
    samples=lambda: [Sample([values((2, 3), -1, 1), values((2, 3), -1, 1, 1)], (1,)), Sample([values((), -1, 1)], (0,))],
    rejects=no_rejects, cost=move_cost, explain="operands side by side along a new dimension", export="ConcatFromSequence",
)  # fmt: skip


def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """The tensors, of one shape, along a new dimension."""
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0].array.shape
    dim = wrap_dim(dim, len(first) + 1)
    for i, t in enumerate(tensors):
        if t.array.shape != first:
            raise RuntimeError(f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                               f"{list(t.array.shape)} at entry {i}")  # fmt: skip
    return apply(STACK, tuple(tensors), (dim,))


REPEAT_INTERLEAVE = _op(
    "repeat_interleave", lambda x, times, dim: np.repeat(x, times, dim),
    lambda ctx, g: _interleave_backward(ctx, g), [((3, 2), (2, 0)), ((3, 2), (2, 1))], "element repeated in place", grad_name="ViewBackward0",
    infer=lambda x, times, dim: [((*x[0][:dim], x[0][dim] * times, *x[0][dim + 1 :]), x[1])],
)  # fmt: skip


def _interleave_backward(ctx: Any, g: Any) -> Any:
    times, dim = ctx.params
    shape = ctx.shapes[0]
    return sum_(reshape(g, (*shape[: dim + 1], times, *shape[dim + 1 :])), (dim + 1,))


def repeat_each(x: Any, times: int, dim: int) -> Any:
    """Every element `times` times in a row along `dim`."""
    return x if times == 1 else apply(REPEAT_INTERLEAVE, (x,), (times, dim))
