"""Reductions that pick or count: largest and smallest elements, where they lie, all, any, how many.

Rules of this file: values along one dimension come with the index of the first of equal ones, and NaN is larger and smaller than
every number; values over several dimensions share the gradient evenly among equal ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.dtypes import BFLOAT16, BOOL, F32, I64
from plait.op import Op, Sample, apply
from plait.ops.compare import eq, isnan, logical_or
from plait.ops.reduce import ALL_DIMS, dims_of, reduce_cost, reduced_shape, spread
from plait.ops.reduce import sum as sum_
from plait.ops.rows import no_rejects
from plait.ops.shape import reshape, wrap_dim
from plait.ops.tables import values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]


def wide(x: NDArray) -> NDArray:
    """An array NumPy can order: bfloat16 as float32."""
    return x if x.dtype.kind != "V" else dtypes.cast(x, F32)


def _extreme(ufunc: np.ufunc) -> Callable[..., NDArray]:
    def forward(x: NDArray, dims: Shape, keepdim: bool) -> NDArray:
        out = np.asarray(ufunc.reduce(wide(x), axis=dims, keepdims=keepdim)) if dims or not x.ndim else x.copy()
        return dtypes.cast(out, x.dtype)

    return forward


def _even_backward(ctx: Any, g: Any) -> Any:
    """The gradient in equal parts to all elements that equal the result; NaN equals itself in the extremes of all, but along dimensions nothing."""
    x, dims = ctx.x(0), ctx.params[0]
    y = spread(ctx.y(0), ctx.shapes[0], dims)
    winners = eq(x, y)
    if ctx.op is not AMAX and ctx.op is not AMIN and np.isnan(wide(ctx.y(0).array)).any():
        winners = logical_or(winners, isnan(y) * isnan(x))
    mask = winners.face.wrap(winners.array.astype(wide(x.array).dtype))
    count = sum_(mask, dims, True)
    return spread(g, ctx.shapes[0], dims) * mask / count


def _samples() -> Iterable[Sample]:
    x = values((3, 4, 5), -2, 2)
    yield Sample([x], ((0, 1, 2), False))
    yield Sample([x], ((1,), True))
    yield Sample([x], ((0, 2), False))
    yield Sample([np.ones((2, 3))], ((1,), False), grad=False)
    yield Sample([np.array([1.0, np.nan])], ((0,), False), grad=False)


def _infer(x: Any, dims: Sequence[int], keepdim: bool) -> list[Any]:
    return [(reduced_shape(x[0], dims, keepdim), x[1])]


def _extreme_op(name: str, ufunc: np.ufunc, words: str, grad_name: str | None = None) -> Op:
    return Op(
        name, kind="reduce", forward=_native.native_call("reduce", ufunc.__name__, _extreme(ufunc)), backward=_even_backward, infer=_infer, samples=_samples, rejects=no_rejects,
        reference=lambda x, dims, keepdim: ufunc.reduce(x, axis=dims, keepdims=keepdim), cost=reduce_cost, explain=words,
        export="ReduceMax" if ufunc is np.maximum else "ReduceMin", save_inputs=(0,), save_outputs=(0,), grad_name=grad_name,
    )  # fmt: skip


AMAX = _extreme_op("amax", np.maximum, "the largest element")
AMIN = _extreme_op("amin", np.minimum, "the smallest element")
MAX_ALL = _extreme_op("max_all", np.maximum, "the largest element of all", "MaxBackward1")
MIN_ALL = _extreme_op("min_all", np.minimum, "the smallest element of all", "MinBackward1")


def _need(x: Any, dims: Sequence[int], name: str) -> None:
    for d in dims:
        if x.array.ndim and x.array.shape[d] == 0:
            raise IndexError(f"{name}(): Expected reduction dim {d} to have non-zero size.")


def amax(x: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Any:
    """The largest element over `dim`; equal ones share the gradient."""
    dims = dims_of(dim, x.array.ndim)
    _need_some(x, dim, dims, "amax")
    return apply(AMAX, (x,), (dims, keepdim))


def amin(x: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Any:
    """The smallest element over `dim`; equal ones share the gradient."""
    dims = dims_of(dim, x.array.ndim)
    _need_some(x, dim, dims, "amin")
    return apply(AMIN, (x,), (dims, keepdim))


def _need_some(x: Any, dim: Any, dims: Sequence[int], name: str) -> None:
    if x.array.size == 0 and (dim is None or dim == () or dim == []):
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument."
        )
    _need(x, dims, name)


def max_all(x: Any) -> Any:
    """The largest of all elements."""
    _need_some(x, None, (), "max")
    return apply(MAX_ALL, (x,), (ALL_DIMS[x.array.ndim], False))


def min_all(x: Any) -> Any:
    """The smallest of all elements."""
    _need_some(x, None, (), "min")
    return apply(MIN_ALL, (x,), (ALL_DIMS[x.array.ndim], False))


# --- along one dimension, with indices ---------------------------------------------------------------------------------------


def pick(x: NDArray, index: NDArray, dim: int) -> NDArray:
    """The elements at `index` (kept dimension) along `dim`."""
    if x.ndim == 1:
        return x[index]
    return np.take_along_axis(x, index, dim) if x.ndim else x.copy()


def _along(search: Callable[..., Any]) -> Callable[..., tuple[NDArray, NDArray]]:
    best: Any = np.maximum if search is np.argmax else np.minimum

    def forward(x: NDArray, dim: int, keepdim: bool) -> tuple[NDArray, NDArray]:
        if not x.ndim:
            return x.copy(), np.zeros((), np.int64)
        if x.dtype != BFLOAT16:
            got = best.reduce(x, axis=dim, keepdims=keepdim)
            return np.asarray(got), np.asarray(search(x, axis=dim, keepdims=keepdim), np.int64)
        index = search(wide(x), axis=dim, keepdims=True).astype(np.int64, copy=False)
        got = np.take_along_axis(x, index, dim)
        return (got, index) if keepdim else (got.squeeze(dim), index.squeeze(dim))

    return forward


def along_backward(ctx: Any, g: Any, _index: Any = None) -> Any:
    """Each element's gradient to the place that it came from; params are (…, dim, keepdim)."""
    from plait.ops.index import scatter_new

    if g is None:
        return None
    shape = ctx.shapes[0]
    *_, dim, keepdim = ctx.params
    index = ctx.y(1)
    if shape and not keepdim:
        kept = (*shape[:dim], 1, *shape[dim + 1 :])
        g, index = reshape(g, kept), index.face.wrap(index.array.reshape(kept))
    return scatter_new(g, index, shape, dim)


def along_infer(x: Any, *params: Any) -> list[Any]:
    """Values and indices; params are (…, dim, keepdim)."""
    *_, dim, keepdim = params
    shape = reduced_shape(x[0], (dim,) if x[0] else (), keepdim)
    return [(shape, x[1]), (shape, I64)]


def along_samples(*params: Any) -> Callable[[], Iterable[Sample]]:
    """Samples with (*params, dim, keepdim)."""

    def samples() -> Iterable[Sample]:
        yield Sample([values((3, 4, 5), -2, 2)], (*params, 1, False))
        yield Sample([values((3, 4), -2, 2)], (*params, 0, True))
        yield Sample([values((), -2, 2)], (*params, 0, False))

    return samples


def _along_op(name: str, search: Callable[..., Any], words: str) -> Op:
    forward = _along(search)
    return Op(
        name, kind="reduce", forward=forward, backward=along_backward, infer=along_infer, reference=forward, samples=along_samples(),
        rejects=no_rejects, cost=reduce_cost, explain=words, export=None, save_outputs=(1,), visible=2,
        grad_name="MaxBackward0" if search is np.argmax else "MinBackward0",
    )  # fmt: skip


MAX_DIM = _along_op("max_dim", np.argmax, "the largest element along a dimension, and its index")
MIN_DIM = _along_op("min_dim", np.argmin, "the smallest element along a dimension, and its index")


def max_dim(x: Any, dim: int, keepdim: bool = False) -> Any:
    """(largest, index of the first largest) along `dim`."""
    dim = wrap_dim(dim, x.array.ndim)
    _need(x, (dim,), "max")
    return apply(MAX_DIM, (x,), (dim, keepdim))


def min_dim(x: Any, dim: int, keepdim: bool = False) -> Any:
    """(smallest, index of the first smallest) along `dim`."""
    dim = wrap_dim(dim, x.array.ndim)
    _need(x, (dim,), "min")
    return apply(MIN_DIM, (x,), (dim, keepdim))


# --- no gradient -------------------------------------------------------------------------------------------------------------


def _arg(search: Callable[..., Any]) -> Callable[..., NDArray]:
    method = search.__name__

    def forward(x: NDArray, dim: int | None, keepdim: bool) -> NDArray:
        got = np.asarray(getattr(wide(x), method)(None if dim is None or not x.ndim else dim), np.int64)
        if keepdim and x.ndim:
            return got.reshape((1,) * x.ndim) if dim is None else np.expand_dims(got, dim)
        return got

    return forward


def _arg_infer(x: Any, dim: int | None, keepdim: bool) -> list[Any]:
    dims = tuple(range(len(x[0]))) if dim is None else (dim,) if x[0] else ()
    return [(reduced_shape(x[0], dims, keepdim), I64)]


def _arg_op(name: str, search: Callable[..., Any]) -> Op:
    forward = _arg(search)
    return Op(
        name, kind="reduce", forward=forward, backward=None, infer=_arg_infer, reference=forward, rejects=no_rejects, cost=reduce_cost,
        samples=lambda: [Sample([values((3, 4, 5), -2, 2)], p, grad=False) for p in ((None, False), (1, False), (0, True))],
        explain="where the extreme element lies", export="ArgMax" if search is np.argmax else "ArgMin",
    )  # fmt: skip


ARGMAX, ARGMIN = _arg_op("argmax", np.argmax), _arg_op("argmin", np.argmin)


def _arg_call(op: Op, x: Any, dim: int | None, keepdim: bool, skip_nan: bool) -> Any:
    if dim is None:
        if x.array.size == 0:
            raise IndexError(f"{op.name}(): Expected reduction dim to be specified for input.numel() == 0.")
    else:
        dim = wrap_dim(dim, x.array.ndim)
        _need(x, (dim,), op.name)
    if skip_nan and x.array.dtype.kind == "f" and x.array.size and np.isnan(x.array.max()):
        worst = -np.inf if op is ARGMAX else np.inf
        x = x.face.wrap(np.where(np.isnan(x.array), x.array.dtype.type(worst), x.array))
    return apply(op, (x,), (dim, keepdim))


def argmax(x: Any, dim: int | None = None, keepdim: bool = False, skip_nan: bool = False) -> Any:
    """The index of the first largest element, in the flattened tensor where `dim` is None. NaN is larger than all, or with `skip_nan`
    as small as can be."""
    return _arg_call(ARGMAX, x, dim, keepdim, skip_nan)


def argmin(x: Any, dim: int | None = None, keepdim: bool = False, skip_nan: bool = False) -> Any:
    """The index of the first smallest element, in the flattened tensor where `dim` is None. NaN is smaller than all, or with `skip_nan`
    as large as can be."""
    return _arg_call(ARGMIN, x, dim, keepdim, skip_nan)


def _count_op(name: str, function: Any, result: np.dtype, words: str) -> Op:
    def forward(x: NDArray, dims: Shape, keepdim: bool) -> NDArray:
        truth = x if x.dtype == BOOL else wide(x) != 0
        got = np.asarray(function(truth, axis=dims, keepdims=keepdim))
        return got if got.dtype == result else got.astype(result)

    def infer(x: Any, dims: Sequence[int], keepdim: bool) -> list[Any]:
        return [(reduced_shape(x[0], dims, keepdim), result)]

    return Op(
        name, kind="reduce", forward=forward, backward=None, infer=infer, reference=forward, rejects=no_rejects, cost=reduce_cost,
        samples=lambda: [Sample([np.round(values((3, 4, 5), -1, 1))], p, grad=False) for p in (((0, 1, 2), False), ((1,), True))],
        explain=words, export=None,
    )  # fmt: skip


ALL = _count_op("all", np.logical_and.reduce, BOOL, "whether every element is not zero")
ANY = _count_op("any", np.logical_or.reduce, BOOL, "whether some element is not zero")
COUNT_NONZERO = _count_op("count_nonzero", np.add.reduce, I64, "how many elements are not zero")


def all_(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether all elements over `dim` are not zero."""
    return apply(ALL, (x,), (dims_of(dim, x.array.ndim), keepdim))


def any_(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether an element over `dim` is not zero."""
    return apply(ANY, (x,), (dims_of(dim, x.array.ndim), keepdim))


def count_nonzero(x: Any, dim: Any = None) -> Any:
    """How many elements over `dim` are not zero."""
    return apply(COUNT_NONZERO, (x,), (dims_of(dim, x.array.ndim), False))
