"""Ops that move elements and do not compute with them: views where memory allows, copies otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, autograd, dtypes
from plait.op import Op, Sample, apply, type_name
from plait.ops.rows import numbers
from plait.record import named
from plait.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]


def _cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    n = int(np.prod(shapes[0])) if shapes else 0
    return 0, 8 * n


def _view_cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    return 0, 0


def resolve_shape(size: int, shape: Sequence[int]) -> Shape:
    """`shape` with its -1 worked out for `size` elements; RuntimeError where it does not fit.

    >>> resolve_shape(12, (3, -1))
    (3, 4)
    """
    known, unknown = 1, -1
    for i, d in enumerate(shape):
        if d == -1:
            if unknown >= 0:
                raise RuntimeError("only one dimension can be inferred")
            unknown = i
        elif d < 0:
            raise RuntimeError(f"invalid shape dimension {d} at index {i} of shape {list(shape)}")
        else:
            known *= d
    if unknown < 0:
        if known != size:
            raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")
        return tuple(shape)
    if known == 0:
        if size == 0:
            raise RuntimeError(f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size -1 "
                               "can be any value and is ambiguous")  # fmt: skip
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")
    if size % known:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")
    return (*shape[:unknown], size // known, *shape[unknown + 1 :])


def wrap_dim(dim: int, ndim: int) -> int:
    """A dimension number counted from the front; IndexError where there is none such.

    >>> wrap_dim(-1, 3)
    2
    """
    n = ndim or 1
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim + n if dim < 0 else dim


# --- views ------------------------------------------------------------------------------------------------------------------

VIEW: Op = Op(
    "view", kind="view",
    forward=_native.reshaped,
    backward=lambda ctx, g: reshape(g, ctx.shapes[0]),
    infer=lambda x, shape: [(tuple(shape), x[1])],
    reference=lambda x, shape: np.reshape(x, shape),
    samples=lambda: [Sample([numbers(2, 6)], ((3, 4),)), Sample([numbers(0, 3)], ((3, 0),)), Sample([numbers(1)], ((),))],
    rejects=lambda: [], cost=_view_cost, explain="element of the same number in row-major order", export="Reshape",
)  # fmt: skip

RESHAPE_COPY: Op = Op(
    "reshape_copy", kind="shape", grad_name="UnsafeViewBackward0",
    forward=lambda x, shape: np.array(x, order="C").reshape(shape),
    backward=lambda ctx, g: reshape(g, ctx.shapes[0]),
    infer=lambda x, shape: [(tuple(shape), x[1])],
    reference=lambda x, shape: np.reshape(x, shape),
    samples=lambda: [Sample([numbers(2, 6)], ((3, 4),))],
    rejects=lambda: [], cost=_cost, explain="element of the same number in row-major order", export="Reshape",
)  # fmt: skip


def can_view(array: NDArray, shape: Shape) -> bool:
    """Whether `array` can be seen in `shape` without a copy."""
    if array.flags.c_contiguous or array.size == 0:
        return True
    probe = array.view()
    try:
        probe.shape = shape
    except AttributeError:
        return False
    return True


def _reshape(x: Any, shape: Sequence[int]) -> Any:
    """`x` in another shape: a view where strides allow it."""
    shape = resolve_shape(x.array.size, tuple(shape))
    if can_view(x.array, shape):
        return apply(VIEW, (x,), (shape,))
    return apply(RESHAPE_COPY, (x,), (shape,))


#: reshape(x, shape): `_reshape`, in C where memory lies in order (src/native/short.cpp).
reshape: Callable[[Any, Sequence[int]], Any] = _native.view_call("reshape", VIEW, _reshape)


def _inverse(dims: Shape) -> Shape:
    return tuple(map(dims.index, range(len(dims))))


#: By the number of dimensions: the order that takes axis 1 to the end, and the one that takes the last to axis 1.
TO_LAST: dict[int, Shape] = {n: (0, *range(2, n), 1) for n in range(2, 9)}
TO_FIRST: dict[int, Shape] = {n: (0, n - 1, *range(1, n - 1)) for n in range(2, 9)}

PERMUTE: Op = Op(
    "permute", kind="view",
    forward=_native.transposed,
    backward=lambda ctx, g: apply(PERMUTE, (g,), (_inverse(ctx.params[0]),)),
    infer=lambda x, dims: [(tuple(x[0][d] for d in dims), x[1])],
    reference=lambda x, dims: np.transpose(x, dims),
    samples=lambda: [Sample([numbers(2, 3, 4)], ((2, 0, 1),)), Sample([numbers(0, 3)], ((1, 0),))],
    rejects=lambda: [], cost=_view_cost, explain="element with its indices in another order", export="Transpose",
)  # fmt: skip


def _permute(x: Any, dims: Sequence[int]) -> Any:
    """`x` with its dimensions in the order `dims`."""
    n = x.array.ndim
    if len(dims) != n:
        raise RuntimeError(f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
                           f"ordering of dimensions i.e. input.dim() = {n} is not equal to len(dims) = {len(dims)}")  # fmt: skip
    order = tuple(wrap_dim(d, n) for d in dims)
    if len(set(order)) != n:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return apply(PERMUTE, (x,), (order,))


#: permute(x, dims): `_permute`, in C where `dims` are plain (src/native/short.cpp).
permute: Callable[[Any, Sequence[int]], Any] = _native.view_call("permute", PERMUTE, _permute)


def moved_first(x: Any) -> Any:
    """[n, s…, c] seen as [n, c, s…]."""
    return apply(PERMUTE, (x,), (TO_FIRST[x.array.ndim],))


def moved_last(x: Any) -> Any:
    """[n, c, s…] seen as [n, s…, c]."""
    return apply(PERMUTE, (x,), (TO_LAST[x.array.ndim],))


def _expand(x: NDArray, shape: Shape) -> NDArray:
    lead = len(shape) - x.ndim
    if x.size and x.flags.c_contiguous:
        strides = (0,) * lead + tuple(
            [0 if n == 1 and m != 1 else s for n, m, s in zip(x.shape, shape[lead:], x.strides, strict=True)]
        )
        return np.ndarray(shape, x.dtype, x, 0, strides)
    return np.lib.stride_tricks.as_strided(
        x, shape, (*(0,) * (len(shape) - x.ndim), *(0 if n == 1 and s != 1 else st for n, s, st in
                   zip(x.shape, shape[len(shape) - x.ndim:], x.strides, strict=True))),
    )  # fmt: skip


EXPAND: Op = Op(
    "expand", kind="view",
    forward=_expand,
    backward=lambda ctx, g: sum_to(g, ctx.shapes[0]),
    infer=lambda x, shape: [(tuple(shape), x[1])],
    reference=lambda x, shape: np.broadcast_to(x, shape),
    samples=lambda: [Sample([numbers(3, 1)], ((2, 3, 4),)), Sample([numbers(1)], ((0,),)), Sample([numbers()], ((2, 2),))],
    rejects=lambda: [], cost=_view_cost, explain="element repeated along dimensions of size 1", export="Expand",
)  # fmt: skip


def too_many_dims(x: Any, shape: Sequence[int]) -> RuntimeError:
    """The error of expanding a tensor to fewer dimensions than it has."""
    have = x.array.shape
    return RuntimeError(
        f"expand({x.face.__module__}.{type_name(x.array.dtype)}Tensor{{{list(have)}}}, size={list(shape)}): the number of sizes provided ({len(shape)}) "
        f"must be greater or equal to the number of dimensions in the tensor ({len(have)})"
    )


def expand(x: Any, shape: Sequence[int]) -> Any:
    """`x` repeated, without a copy, along its dimensions of size 1 (-1 keeps a size) and along new leading ones."""
    old = x.array.shape
    lead = len(shape) - len(old)
    if lead < 0:
        raise too_many_dims(x, shape)
    full = list(shape)
    for i in reversed(range(len(full))):  # the last dimension that does not fit is told
        n = full[i]
        have = old[i - lead] if i >= lead else None
        if n == -1:
            if have is None:
                raise RuntimeError(
                    f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing dimension {i}"
                )
            n = have
        elif n < 0:
            raise RuntimeError("numel: integer multiplication overflow")
        elif have is not None and have != n and have != 1:
            raise RuntimeError(f"The expanded size of the tensor ({n}) must match the existing size ({have}) at non-singleton dimension "
                               f"{i}.  Target sizes: {list(shape)}.  Tensor sizes: {list(old)}")  # fmt: skip
        full[i] = n
    return apply(EXPAND, (x,), (tuple(full),))


# --- copies -----------------------------------------------------------------------------------------------------------------


def _sum_to(x: NDArray, shape: Shape) -> NDArray:
    if x.dtype == dtypes.BFLOAT16 or x.dtype == dtypes.F16:
        return dtypes.cast(_sum_to(dtypes.cast(x, dtypes.F32), shape), x.dtype)
    lead = x.ndim - len(shape)
    axes = (*range(lead), *(i + lead for i, n in enumerate(shape) if n == 1 and x.shape[i + lead] != 1))
    out = x.sum(axis=axes, keepdims=True, dtype=x.dtype) if axes else x
    return np.asarray(out).reshape(shape)


SUM_TO: Op = Op(
    "sum_to", kind="reduce", grad_name="SumBackward1",
    forward=_sum_to,
    backward=lambda ctx, g: expand(g, ctx.shapes[0]),
    infer=lambda x, shape: [(tuple(shape), x[1])],
    reference=_sum_to,
    samples=lambda: [Sample([numbers(2, 3, 4)], ((3, 1),)), Sample([numbers(2, 3)], ((),)), Sample([numbers(0, 3)], ((1, 3),))],
    rejects=lambda: [], cost=_cost, explain="sum over what broadcasting repeated", export=None,
)  # fmt: skip

_SUM_TO_FEWER = named(SUM_TO, "ViewBackward0")


def sum_to(x: Any, shape: Sequence[int]) -> Any:
    """The sum of `x` over the dimensions along which `shape` would broadcast to its shape."""
    shape = tuple(shape)
    if x.array.shape == shape:
        return x
    return apply(SUM_TO if not shape or x.array.ndim == len(shape) else _SUM_TO_FEWER, (x,), (shape,))


TO_DTYPE: Op = Op(
    "to_dtype", kind="shape", grad_name="ToCopyBackward0",
    forward=lambda x, dtype: dtypes.cast(x, dtype) if x.dtype != dtype else x.copy(),
    backward=lambda ctx, g: to_dtype(g, ctx.dtypes[0]),
    infer=lambda x, dtype: [(x[0], dtype)],
    reference=lambda x, dtype: x,
    samples=lambda: [Sample([numbers(2, 3)], (np.dtype(np.float64),)), Sample([numbers(0)], (np.dtype(np.float64),))],
    rejects=lambda: [], cost=_cost, explain="the same element in another dtype", export="Cast",
)  # fmt: skip


def to_dtype(x: Any, dtype: np.dtype) -> Any:
    """`x` in `dtype`: itself where it already is."""
    return x if x.array.dtype == dtype else apply(TO_DTYPE, (x,), (dtype,))


CLONE: Op = Op(
    "clone", kind="shape",
    forward=lambda x: x.copy(order="K"),
    backward=lambda ctx, g: g,
    infer=lambda x: [x],
    reference=lambda x: x,
    samples=lambda: [Sample([numbers(2, 3)]), Sample([numbers(0, 3)]), Sample([numbers()])],
    rejects=lambda: [], cost=_cost, explain="the same element in memory of its own", export="Identity",
)  # fmt: skip

CONTIGUOUS: Op = Op(
    "contiguous", kind="shape", grad_name="CloneBackward0",
    forward=lambda x: np.array(x, order="C"),
    backward=lambda ctx, g: g,
    infer=lambda x: [x],
    reference=lambda x: x,
    samples=lambda: [Sample([numbers(2, 3)]), Sample([numbers(0, 3)])],
    rejects=lambda: [], cost=_cost, explain="the same element in row-major memory", export="Identity",
)  # fmt: skip


def clone(x: Any) -> Any:
    """A copy that gradients flow through."""
    return apply(CLONE, (x,))


def contiguous(x: Any) -> Any:
    """`x` in row-major memory: itself where it already is."""
    return x if x.array.flags.c_contiguous else apply(CONTIGUOUS, (x,))


def _cat_backward(ctx: Any, g: Any) -> Any:
    (dim,) = ctx.params
    start, grads = 0, []
    for i, s in enumerate(ctx.shapes):
        n = s[dim] if len(s) > dim else 0
        grads.append(
            narrow(g, dim, start, n) if ctx.needs[i] and s != (0,) else (reshape_empty(g) if ctx.needs[i] else None)
        )
        start += 0 if s == (0,) and len(g.array.shape) > 1 else n
    return tuple(grads)


def reshape_empty(g: Any) -> Any:
    """A gradient for an operand of shape (0,) that concatenation passed over."""
    return type(g).face.wrap(np.zeros((0,), g.array.dtype))


def _joined(arrays: Sequence[NDArray], dim: int, dtype: np.dtype) -> NDArray:
    """The arrays one after the other, in row-major order unless all have their channels last."""
    if arrays[0].ndim < 4 or not all([np.moveaxis(a, 1, -1).flags.c_contiguous for a in arrays]):
        if not all([a.flags.c_contiguous for a in arrays]):
            shape = list(arrays[0].shape)
            shape[dim] = sum([a.shape[dim] for a in arrays])
            return np.concatenate(arrays, axis=dim, out=np.empty(shape, dtype))
    return np.concatenate(arrays, axis=dim)


def _cat(*arrays_dim: Any) -> NDArray:
    *arrays, dim = arrays_dim
    first = arrays[0]
    if first.shape != (0,) and all([a.dtype == first.dtype and a.ndim == first.ndim for a in arrays]):
        return _joined(arrays, dim, first.dtype)
    kept = [a for a in arrays if a.shape != (0,)] or [arrays[0]]
    dtype = dtypes.result_type(*arrays)
    return _joined([dtypes.cast(a, dtype) for a in kept], dim, dtype)


def _cat_infer(*metas: Any) -> list[Any]:
    *ins, dim = metas
    kept = [m for m in ins if m[0] != (0,)] or [ins[0]]
    shape = list(kept[0][0])
    shape[dim] = sum(m[0][dim] for m in kept)
    return [(tuple(shape), kept[0][1])]


CAT: Op = Op(
    "cat", kind="shape", forward=_native.native_call("cat", "", _cat), backward=_cat_backward, infer=_cat_infer,
    reference=lambda *a: np.concatenate([x for x in a[:-1] if x.shape != (0,)], axis=a[-1]),
    samples=lambda: [Sample([numbers(2, 3), numbers(1, 3, seed=1)], (0,)), Sample([numbers(2, 3), numbers(2, 0)], (1,))],
    rejects=lambda: [], cost=lambda shapes, params: (0, sum(8 * int(np.prod(s)) for s in shapes)),
    explain="element of the operand in whose range the index lies", export="Concat",
)  # fmt: skip


def cat(tensors: Sequence[Any], dim: int = 0) -> Any:
    """The tensors joined along `dim`; operands of shape (0,) are passed over."""
    if not tensors:
        raise ValueError("cat: expected at least one tensor")
    first = tensors[0].array
    n, whole, dtype = first.ndim, first.shape, first.dtype
    if -n <= dim < n and whole != (0,):
        for t in tensors:
            if t.array.shape != whole or t.array.dtype is not dtype:
                break
        else:
            return apply(CAT, tuple(tensors), (dim if dim >= 0 else dim + n,))
    if 0 <= dim < n and n > 1 and all([t.array.ndim == n and t.array.dtype == dtype for t in tensors]):
        head, tail = whole[:dim], whole[dim + 1 :]
        if all([t.array.shape[:dim] == head and t.array.shape[dim + 1 :] == tail for t in tensors]):
            return apply(CAT, tuple(tensors), (dim,))
    shapes = [t.array.shape for t in tensors]
    kept = [s for s in shapes if s != (0,)] or shapes[:1]
    first = kept[0]
    if not first:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    dim = wrap_dim(dim, len(first))
    for i, s in enumerate(shapes):
        if s == (0,):
            continue
        if len(s) == 0:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
        if len(s) != len(first):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(s)}")
        for d, (m, n) in enumerate(zip(first, s, strict=True)):
            if d != dim and m != n:
                raise RuntimeError(f"Sizes of tensors must match except in dimension {dim}. Expected size {m} but got size {n} for tensor "
                                   f"number {i} in the list.")  # fmt: skip
    return apply(CAT, tuple(tensors), (dim,))


SLICE: Op = Op(
    "slice", kind="view",
    forward=lambda x, dim, start, stop, step: x[(slice(None),) * dim + (slice(start, stop, step),)],
    backward=lambda ctx, g: apply(SLICE_SCATTER, (g,), (ctx.shapes[0], *ctx.params)),
    infer=lambda x, dim, start, stop, step: [
        ((*x[0][:dim], len(range(*slice(start, stop, step).indices(x[0][dim]))), *x[0][dim + 1 :]), x[1])
    ],
    reference=lambda x, dim, start, stop, step: np.take(x, range(*slice(start, stop, step).indices(x.shape[dim])), axis=dim),
    samples=lambda: [Sample([numbers(4, 5)], (1, 1, 4, 2)), Sample([numbers(4, 5)], (0, 3, 3, 1)), Sample([numbers(0, 5)], (1, 0, 2, 1))],
    rejects=lambda: [], cost=_view_cost, explain="element start + i * step along one dimension", export="Slice",
)  # fmt: skip


def _slice_scatter(g: NDArray, shape: Shape, dim: int, start: int, stop: int, step: int) -> NDArray:
    out = np.zeros(shape, g.dtype)
    out[(slice(None),) * dim + (slice(start, stop, step),)] = g
    return out


SLICE_SCATTER: Op = Op(
    "slice_scatter", kind="shape", grad_name="SliceBackwardBackward0",
    forward=_slice_scatter,
    backward=lambda ctx, g: apply(SLICE, (g,), ctx.params[1:]),
    infer=lambda g, shape, *_: [(tuple(shape), g[1])],
    reference=_slice_scatter,
    samples=lambda: [Sample([numbers(4, 2)], ((4, 5), 1, 1, 4, 2))],
    rejects=lambda: [], cost=_cost, explain="zeros with the operand in the slice's place", export=None,
)  # fmt: skip


def narrow(x: Any, dim: int, start: int, length: int) -> Any:
    """Elements start … start + length - 1 along `dim`, as a view."""
    return apply(SLICE, (x,), (dim, start, start + length, 1))


def wrap_like(x: Any, array: NDArray) -> Any:
    """A leaf in the face of `x`."""
    return (x.face if isinstance(x, Tensor) else Tensor.face).wrap(array)


autograd.attach(sum_to=sum_to, to_dtype=to_dtype)
