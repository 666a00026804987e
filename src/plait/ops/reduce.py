"""Reductions: one result element from all elements along some dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Sample, apply
from plait.ops import elementwise as ew
from plait.ops.rows import numbers
from plait.ops.shape import expand, reshape, wrap_dim

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]


#: By the number of dimensions: all of them.
ALL_DIMS = tuple([tuple(range(n)) for n in range(65)])


def dims_of(dim: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """The dimensions that `dim` names, counted from the front and sorted; None or () means all."""
    if dim is None:
        return ALL_DIMS[ndim]
    if isinstance(dim, int):
        return (wrap_dim(dim, ndim),) if ndim else ((wrap_dim(dim, 0),)[:0])
    got = tuple(sorted(wrap_dim(d, ndim) for d in dim))
    if len(set(got)) != len(got):
        raise RuntimeError(f"dim {next(d for d in got if got.count(d) > 1)} appears multiple times in the list of dims")
    return (got if ndim else ()) if got else tuple(range(ndim))


def kept_shape(shape: Shape, dims: Sequence[int]) -> Shape:
    """`shape` with ones in place of the reduced dimensions."""
    return tuple(1 if i in dims else n for i, n in enumerate(shape))


def reduced_shape(shape: Shape, dims: Sequence[int], keepdim: bool) -> Shape:
    """The shape of a reduction's result."""
    return kept_shape(shape, dims) if keepdim else tuple(n for i, n in enumerate(shape) if i not in dims)


def spread(g: Any, shape: Shape, dims: Sequence[int]) -> Any:
    """A reduction's gradient, in the shape of what was reduced (a view)."""
    return expand(reshape(g, kept_shape(shape, dims)), shape)


def reduce_samples() -> Iterable[Sample]:
    """All, one, several dimensions; kept or not; empty."""
    x = numbers(3, 4, 5)
    yield Sample([x], ((0, 1, 2), False))
    yield Sample([x], ((1,), True))
    yield Sample([x], ((0, 2), False))
    yield Sample([numbers(0, 3)], ((0,), False))
    yield Sample([numbers()], ((), False))


def reduce_infer(x: Any, dims: Sequence[int], keepdim: bool, *_: Any) -> list[Any]:
    """The reduced shape, the same dtype."""
    return [(reduced_shape(x[0], dims, keepdim), x[1])]


def reduce_cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    """One operation an element, each read once."""
    n = int(np.prod(shapes[0]))
    return n, 4 * n


def _sum(x: NDArray, dims: tuple[int, ...], keepdim: bool) -> Any:
    if x.dtype == dtypes.BFLOAT16:
        return dtypes.to_bfloat16(np.asarray(dtypes.as_float32(x).sum(axis=dims, keepdims=keepdim)))
    with np.errstate(all="ignore"):
        if x.dtype == dtypes.F16:
            return np.asarray(x.astype(np.float32).sum(axis=dims, keepdims=keepdim)).astype(np.float16)
        return x.sum(axis=dims, keepdims=keepdim, dtype=x.dtype)


SUM: Op = Op(
    "sum", kind="reduce", forward=_native.native_call("reduce", "sum", _sum), backward=lambda ctx, g: spread(g, ctx.shapes[0], ctx.params[0]), infer=reduce_infer,
    reference=lambda x, dims, keepdim: np.sum(x, axis=tuple(dims), keepdims=keepdim), samples=reduce_samples, rejects=lambda: [],
    cost=reduce_cost, explain="sum over the reduced dimensions", export="ReduceSum",
)  # fmt: skip


def _mean(x: NDArray, dims: tuple[int, ...], keepdim: bool) -> Any:
    n = 1
    for d in dims:
        n *= x.shape[d]
    with np.errstate(all="ignore"):
        if x.dtype == dtypes.BFLOAT16 or x.dtype == dtypes.F16:
            wide = dtypes.cast(x, dtypes.F32)
            return dtypes.cast(
                np.asarray(np.true_divide(wide.sum(axis=dims, keepdims=keepdim), np.float32(n))), x.dtype
            )
        return np.true_divide(x.sum(axis=dims, keepdims=keepdim, dtype=x.dtype), x.dtype.type(n))


def _mean_backward(ctx: Any, g: Any) -> Any:
    shape, dims = ctx.shapes[0], ctx.params[0]
    n = 1
    for d in dims:
        n *= shape[d]
    return spread(ew.div(g, n) if n else g, shape, dims)


def _reference_mean(x: NDArray, dims: Sequence[int], keepdim: bool) -> Any:
    with np.errstate(all="ignore"):
        return np.sum(x, axis=tuple(dims), keepdims=keepdim) / np.float64(np.prod([x.shape[d] for d in dims]))


MEAN: Op = Op(
    "mean", kind="reduce", forward=_native.native_call("reduce", "mean", _mean), backward=_mean_backward, infer=reduce_infer, reference=_reference_mean,
    samples=reduce_samples, rejects=lambda: [], cost=reduce_cost, explain="mean over the reduced dimensions", export="ReduceMean",
)  # fmt: skip


def sum(x: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Any:
    """The sum over `dim`, in the dtype of `x`."""
    return apply(SUM, (x,), (dims_of(dim, x.array.ndim), keepdim))


def mean(x: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Any:
    """The mean over `dim`, floating."""
    return apply(MEAN, (x,), (dims_of(dim, x.array.ndim), keepdim))
