"""Views beyond reshape, permute, expand and slice: selection, squeezing, diagonals, windows, strides, another dtype.

Rules of this file: a record's forward returns an array over the same memory; derivatives of a view lay the gradient into zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native
from plait.dtypes import BFLOAT16, cast
from plait.op import Op, Sample, apply
from plait.ops.halves import rounded
from plait.ops.rows import no_rejects
from plait.ops.shape import PERMUTE, permute, reshape, wrap_dim
from plait.ops.tables import values, working
from plait.record import named as named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]


def free(_shapes: Sequence[Shape], _params: Any = ()) -> tuple[int, int]:
    """The cost of a view."""
    return 0, 0


def _view_infer(forward: Callable[..., Any]) -> Callable[..., list[Any]]:
    def infer(x: Any, *params: Any) -> list[Any]:
        got = forward(np.lib.stride_tricks.as_strided(np.empty(1, x[1]), x[0], (0,) * len(x[0])), *params)
        return [(a.shape, a.dtype) for a in (got if isinstance(got, (tuple, list)) else (got,))]

    return infer


def _into_zeros(g: NDArray, forward: Callable[..., Any], shape: Shape, params: tuple[Any, ...], which: int) -> NDArray:
    out = np.zeros(shape, g.dtype)
    got = forward(out, *params)
    (got if which < 0 else got[which])[...] = g
    return out


def _take_view(x: NDArray, forward: Callable[..., Any], params: tuple[Any, ...], which: int) -> NDArray:
    got = forward(x, *params)
    return np.array(got if which < 0 else got[which], order="C")


def _half(x: NDArray) -> NDArray:
    return x[: x.shape[0] // 2]


INTO_ZEROS: Op = Op(
    "into_zeros", kind="shape", forward=_into_zeros,
    backward=lambda ctx, g: apply(TAKE_VIEW, (g,), (ctx.params[0], ctx.params[2], ctx.params[3])),
    infer=lambda g, forward, shape, params, which: [(shape, g[1])], reference=_into_zeros,
    samples=lambda: [Sample([values((2, 3), -1, 1)], (_half, (4, 3), (), -1))], rejects=no_rejects,
    cost=lambda shapes, params=(): (0, 8 * int(np.prod(shapes[0]))), explain="zeros, with the operand in a view's place", export=None,
)  # fmt: skip
TAKE_VIEW: Op = Op(
    "take_view", kind="shape", forward=_take_view,
    backward=lambda ctx, g: apply(INTO_ZEROS, (g,), (ctx.params[0], ctx.shapes[0], ctx.params[1], ctx.params[2])),
    infer=lambda x, forward, params, which: _view_infer(lambda a: _take_view(a, forward, params, which))(x), reference=_take_view,
    samples=lambda: [Sample([values((4, 3), -1, 1)], (_half, (), -1))], rejects=no_rejects,
    cost=lambda shapes, params=(): (0, 8 * int(np.prod(shapes[0]))), explain="a copy of a view", export=None,
)  # fmt: skip


def _view_op(
    name: str, forward: Callable[..., Any], sample: tuple[Shape, tuple[Any, ...]], words: str, **options: Any
) -> Op:
    def backward(ctx: Any, *grads: Any) -> Any:
        total = None
        for i, g in enumerate(grads):
            if g is not None:
                laid = apply(INTO_ZEROS, (g,), (forward, ctx.shapes[0], ctx.params, i if many else -1))
                total = laid if total is None else total + laid
        return total

    many = options.pop("many", False)
    options.setdefault("backward", backward)
    kind = options.pop("integers", False)

    def samples() -> list[Sample]:
        x = values(sample[0], -9, 9)
        return [Sample([x.astype(np.int32) if kind else x], sample[1])]

    return Op(
        name, kind="view", forward=forward, infer=_view_infer(forward), reference=forward, rejects=no_rejects, cost=free, samples=samples, explain=words, export=options.pop("export", None),
        visible=None if many else 1, **options,
    )  # fmt: skip


def _reshaped(ctx: Any, g: Any) -> Any:
    return reshape(g, ctx.shapes[0])


SELECT = _view_op("select", lambda x, dim, i: x[(slice(None),) * dim + (i, ...)], ((3, 4), (1, 2)), "elements i along a dimension",
                  export="Gather")  # fmt: skip
BASIC = _view_op("basic_index", lambda x, key: x[key], ((3, 4), ((1, slice(0, 3), Ellipsis),)), "the element that integers and slices name",
                 grad_name="SliceBackward0")  # fmt: skip
SQUEEZE = _view_op("squeeze", _native.reshaped, ((2, 1, 3), ((2, 3),)), "dimensions of size 1 left out", backward=_reshaped,
                   export="Squeeze")  # fmt: skip
SQUEEZE_DIM, SQUEEZE_DIMS = named(SQUEEZE, "SqueezeBackward1"), named(SQUEEZE, "SqueezeBackward2")
UNSQUEEZE = _view_op("unsqueeze", lambda x, dim: x[(slice(None),) * dim + (None, ...)], ((2, 3), (1,)), "a new dimension of size 1", backward=_reshaped,
                     export="Unsqueeze")  # fmt: skip
TRANSPOSE, TRANSPOSE_2D = named(PERMUTE, "TransposeBackward0"), named(PERMUTE, "TBackward0")
ALIAS = _view_op("alias", lambda x: x.view(), ((2, 3), ()), "the same element", backward=lambda ctx, g: g)
UNBIND = _view_op(
    "unbind", lambda x, dim: tuple(np.moveaxis(x, dim, 0)) if x.ndim > 1 else tuple(x[i, ...] for i in range(x.shape[0])), ((3, 2), (0,)),
    "one tensor for every index of a dimension", many=True,
)  # fmt: skip


SPLIT = _view_op(
    "split", _native.split, ((5, 2), (0, (2, 3))), "consecutive slices of a dimension", many=True, export="Split"
)
SPLIT_SIZES = named(SPLIT, "SplitWithSizesBackward0")
DIAGONAL = _view_op(
    "diagonal", lambda x, offset, a, b: np.lib.stride_tricks.as_strided(
        *_diagonal_parts(x, offset, a, b)), ((3, 4), (1, 0, 1)), "elements whose two indices differ by the offset",
)  # fmt: skip


def _diagonal_parts(x: NDArray, offset: int, a: int, b: int) -> tuple[NDArray, Shape, Shape]:
    n = max(min(x.shape[a], x.shape[b] - offset) if offset >= 0 else min(x.shape[a] + offset, x.shape[b]), 0)
    rest = [d for d in range(x.ndim) if d not in (a, b)]
    shape = (*(x.shape[d] for d in rest), n)
    strides = (*(x.strides[d] for d in rest), x.strides[a] + x.strides[b])
    start = [slice(None)] * x.ndim
    if n:
        start[b if offset >= 0 else a] = slice(abs(offset), None)
    return x[tuple(start)], shape, strides


def _windows(x: NDArray, dim: int, size: int, step: int) -> NDArray:
    if not x.ndim:
        return np.lib.stride_tricks.as_strided(x, (size,), (x.itemsize,))
    n = (x.shape[dim] - size) // step + 1
    shape = (*x.shape[:dim], n, *x.shape[dim + 1 :], size)
    strides = (*x.strides[:dim], x.strides[dim] * step, *x.strides[dim + 1 :], x.strides[dim])
    return np.lib.stride_tricks.as_strided(x, shape, strides)


def _windows_sum(g: NDArray, shape: Shape, dim: int, size: int, step: int) -> NDArray:
    out = np.zeros(shape, working(g.dtype))
    view, wide = _windows(out, dim, size, step), cast(g, out.dtype)
    for i in reversed(range(size)):  # so that what an element gets comes in the order of the windows
        view[..., i] = rounded(view[..., i] + wide[..., i], g.dtype)
    return cast(out, g.dtype)


UNFOLD = _view_op(
    "unfold", _windows, ((7, 2), (0, 3, 2)), "windows of a dimension, laid along a new last one",
    backward=lambda ctx, g: apply(UNFOLD_SUM, (g,), (ctx.shapes[0], *ctx.params)),
)  # fmt: skip
UNFOLD_SUM: Op = Op(
    "unfold_sum", kind="shape", forward=_windows_sum, backward=lambda ctx, g: apply(UNFOLD_COPY, (g,), ctx.params[1:]),
    infer=lambda g, shape, *_: [(shape, g[1])], reference=_windows_sum,
    samples=lambda: [Sample([values((3, 2, 3), -1, 1)], ((7, 2), 0, 3, 2))], rejects=no_rejects, cost=free,
    explain="each element the sum over the windows that hold it", export=None, grad_name="UnfoldBackward0Backward0",
)  # fmt: skip
UNFOLD_COPY: Op = Op(
    "unfold_copy", kind="shape", forward=lambda x, *p: np.array(_windows(x, *p)),
    backward=lambda ctx, g: apply(UNFOLD_SUM, (g,), (ctx.shapes[0], *ctx.params)), infer=_view_infer(_windows), reference=_windows,
    samples=lambda: [Sample([values((7, 2), -1, 1)], (0, 3, 2))], rejects=no_rejects, cost=free,
    explain="windows of a dimension, copied", export=None,
)  # fmt: skip


def _owner(x: NDArray) -> NDArray:
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


def _span(x: NDArray) -> tuple[int, int]:
    """The first and the last-plus-one address of an array's memory."""
    low = high = address(x)
    for n, s in zip(x.shape, x.strides, strict=True):
        if n == 0:
            return address(x), address(x)
        low, high = (low + (n - 1) * s, high) if s < 0 else (low, high + (n - 1) * s)
    return low, high + x.itemsize


def _memory(x: NDArray) -> tuple[int, int]:
    """Where the memory that `x` is a view of starts, on a whole element from it, and how many elements it has."""
    low, high = _span(_owner(x))
    low += (address(x) - low) % x.itemsize
    return low, (high - low) // x.itemsize


def storage(x: NDArray) -> NDArray:
    """The flat array of all the memory that `x` is a view of."""
    start, n = _memory(x)
    anchor = np.lib.stride_tricks.as_strided(x, (1,), (x.itemsize,)) if x.size else x.reshape(-1)[:0]
    if not x.size:
        return anchor
    interface = {"data": (start, False), "shape": (n,), "typestr": np.dtype((np.void, x.itemsize)).str, "version": 3}
    flat = np.asarray(_Held(interface, x)).view(x.dtype)
    return flat


class _Held:
    """An array interface that keeps its memory's owner alive."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(self, interface: dict[str, Any], owner: NDArray) -> None:
        self.__array_interface__ = interface
        self.owner = owner


def address(x: NDArray) -> int:
    """Where the first element lies."""
    return int(x.__array_interface__["data"][0])


def offset_of(x: NDArray) -> int:
    """How many elements `x` starts behind the start of its memory."""
    return (address(x) - _memory(x)[0]) // x.itemsize


def _strided(x: NDArray, size: Shape, stride: Shape, offset: int | None) -> NDArray:
    flat = storage(x)
    start = offset_of(x) if offset is None else offset
    end = start + 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) if 0 not in size else start
    if end > flat.size:
        need = (end - start) * x.itemsize
        raise RuntimeError(f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {start}, and itemsize {x.itemsize} "
                           f"requiring a storage size of {need + start * x.itemsize} are out of bounds for storage of size {flat.nbytes}")  # fmt: skip
    return np.lib.stride_tricks.as_strided(flat[start:], size, tuple(s * x.itemsize for s in stride))


def _grid(shape: Shape, strides: Shape, start: int) -> NDArray:
    """The place in memory of every element."""
    places = np.full((1,) * len(shape), start)
    for i, (n, s) in enumerate(zip(shape, strides, strict=True)):
        places = places + np.arange(n).reshape([-1 if j == i else 1 for j in range(len(shape))]) * s
    return np.broadcast_to(places, shape)


def _strided_sum(g: NDArray, shape: Shape, strides: Shape, size: Shape, stride: Shape, offset: int) -> NDArray:
    if 0 in shape or 0 in size:
        return np.zeros(shape, g.dtype)
    low = min(offset, 0)
    theirs, own = _grid(size, stride, offset - low), _grid(shape, strides, -low)
    flat = np.zeros(max(int(theirs.max()), int(own.max())) + 1, g.dtype)
    np.add.at(flat, theirs, g)
    return flat[own]


AS_STRIDED: Op = _view_op(
    "as_strided", lambda x, size, stride, offset, *_: _strided(x, size, stride, offset), ((4,), ((2,), (0,), 0, (1,), 0)),
    "element at the offset plus the indices times the strides",
    backward=lambda ctx, g: apply(STRIDED_SUM, (g,), (ctx.shapes[0], ctx.params[3], ctx.params[0], ctx.params[1],
                                                      (ctx.params[2] or 0) - ctx.params[4])),
)  # fmt: skip
STRIDED_SUM: Op = Op(
    "strided_sum", kind="shape", forward=_strided_sum,
    backward=lambda ctx, g: apply(AS_STRIDED, (reshape(g, g.array.shape),), (ctx.params[2], ctx.params[3], ctx.params[4], ctx.params[1], 0)),
    infer=lambda g, shape, *_: [(shape, g[1])], reference=_strided_sum,
    samples=lambda: [Sample([values((2, 2), -1, 1)], ((4, 4), (4, 1), (2, 2), (4, 1), 1))], rejects=no_rejects, cost=free,
    explain="each element the sum over the places that show it", export=None,
)  # fmt: skip


def as_strided(x: Any, size: Sequence[int], stride: Sequence[int], offset: int | None = None) -> Any:
    """A view with any sizes, strides (in elements) and offset into the memory of `x`."""
    strides = tuple(s // x.array.itemsize for s in x.array.strides)
    own = offset_of(x.array)
    return apply(AS_STRIDED, (x,), (tuple(size), tuple(stride), own if offset is None else offset, strides, own))


def _as_dtype(x: NDArray, dtype: np.dtype) -> NDArray:
    if x.dtype.itemsize == dtype.itemsize or not x.ndim:
        return x.view(dtype) if x.dtype != BFLOAT16 or dtype != BFLOAT16 else x.view()
    return x.view(dtype)


VIEW_DTYPE = _view_op("view_dtype", _as_dtype, ((2, 4), (np.dtype(np.uint32),)), "the same bits read as another dtype", backward=None,
                      integers=True)  # fmt: skip


def select(x: Any, dim: int, index: int) -> Any:
    """The elements with `index` along `dim`, which goes."""
    if not x.array.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, x.array.ndim)
    n = x.array.shape[dim]
    if not -n <= index < n:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(x.array.shape)} at dimension {dim}"
        )
    return apply(SELECT, (x,), (dim, index + n if index < 0 else index))


def unsqueeze(x: Any, dim: int) -> Any:
    """`x` with a dimension of size 1 at `dim`."""
    return apply(UNSQUEEZE, (x,), (wrap_dim(dim, x.array.ndim + 1),))


def squeeze(x: Any, dim: int | Sequence[int] | None = None) -> Any:
    """`x` without its dimensions of size 1, or without those of `dim` that have size 1."""
    shape = x.array.shape
    if dim is None:
        return apply(SQUEEZE, (x,), (tuple(n for n in shape if n != 1),))
    if isinstance(dim, int):
        dim = wrap_dim(dim, len(shape))
        return apply(SQUEEZE_DIM, (x,), (tuple(n for i, n in enumerate(shape) if n != 1 or i != dim),))
    dims = [wrap_dim(d, len(shape)) for d in dim]
    if len(set(dims)) != len(dims):
        raise RuntimeError(
            f"dim {next(d for d in dims if dims.count(d) > 1)} appears multiple times in the list of dims"
        )
    return apply(SQUEEZE_DIMS, (x,), (tuple(n for i, n in enumerate(shape) if n != 1 or i not in dims),))


def transpose(x: Any, a: int, b: int) -> Any:
    """`x` with two dimensions exchanged."""
    n = x.array.ndim
    a, b = wrap_dim(a, n), wrap_dim(b, n)
    order = list(range(n))
    if n:
        order[a], order[b] = b, a
    return apply(TRANSPOSE, (x,), (tuple(order),))


def movedim(x: Any, source: Sequence[int], destination: Sequence[int]) -> Any:
    """`x` with the dimensions `source` at the places `destination`, the others in order."""
    n = x.array.ndim
    src, dst = [wrap_dim(d, n) for d in source], [wrap_dim(d, n) for d in destination]
    order = [d for d in range(n) if d not in src]
    for d, s in sorted(zip(dst, src, strict=True)):
        order.insert(d, s)
    return permute(x, order)


def unbind(x: Any, dim: int = 0) -> Any:
    """A tuple of views, one for every index along `dim`."""
    if not x.array.ndim:
        raise RuntimeError("Dimension specified as 0 but tensor has no dimensions")
    return apply(UNBIND, (x,), (wrap_dim(dim, x.array.ndim),))


def diagonal(x: Any, offset: int = 0, a: int = 0, b: int = 1) -> Any:
    """The diagonal of dimensions `a` and `b`, as a last dimension."""
    n = x.array.ndim
    a2, b2 = wrap_dim(a, n), wrap_dim(b, n)
    if a2 == b2:
        raise RuntimeError(f"diagonal dimensions cannot be identical {a}, {b}")
    return apply(DIAGONAL, (x,), (offset, a2, b2))


def unfold(x: Any, dim: int, size: int, step: int) -> Any:
    """Windows of `size` along `dim`, `step` apart, as a new last dimension; a view."""
    dim = wrap_dim(dim, x.array.ndim)
    n = x.array.shape[dim] if x.array.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > n:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {n} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return apply(UNFOLD, (x,), (dim, size, step))
