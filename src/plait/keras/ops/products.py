"""Products and linear algebra: matmul, dot, tensordot, einsum, norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _convert
from plait.keras._errors import InvalidArgumentError, sizes_refused
from plait.keras._tensor import Tensor
from plait.keras.ops._common import axes_of, common, dtype_of, floating, one_axis, op, tensor
from plait.ops import choose, contract, extremes, lanes, reduce, views
from plait.ops import elementwise as ew
from plait.ops import matmul as engine
from plait.ops.shape import cat, permute, reshape

__all__ = ["cross", "dot", "einsum", "inner", "matmul", "norm", "normalize", "outer", "tensordot", "vdot"]


def _multiplied(a: Any, b: Any) -> Any:
    """A product in a dtype that products have: bools and small integers through int32."""
    dtype = a.array.dtype
    if dtype.kind in "fV" or dtype in (dtypes.I32, dtypes.I64):
        return engine.matmul(a, b)
    wide = dtypes.I32 if dtype.itemsize < 4 else dtypes.I64
    out = engine.matmul(_convert.to(a, wide), _convert.to(b, wide))
    return _convert.to(out, dtype)


@op
def matmul(x1: Any, x2: Any) -> Any:
    """Matrix products: vectors, matrices, and batches of them that broadcast; of int8 matrices in int32."""
    if type(x1) is Tensor and type(x2) is Tensor and x1.array.dtype is x2.array.dtype:
        a, b = x1, x2
    else:
        a, b = common(x1, x2)
    x, y = a.array.shape, b.array.shape
    if not x or not y:
        raise InvalidArgumentError(f"matmul: operands must have at least one dimension; got shapes {x} and {y}")
    inner = y[-2] if len(y) > 1 else y[0]
    if x[-1] != inner:
        raise sizes_refused(a, b)
    if a.array.dtype == np.int8 and min(len(x), len(y)) > 1 and dtype_of(x1) == dtype_of(x2):
        a, b = _convert.to(a, dtypes.I32), _convert.to(b, dtypes.I32)
    return _multiplied(a, b)


@op
def dot(x1: Any, x2: Any) -> Any:
    """NumPy's dot: the last axis of x1 with the last but one of x2; a product where one is a number."""
    a, b = common(x1, x2)
    if not a.array.ndim or not b.array.ndim:
        return ew.mul(a, b)
    if a.array.ndim == 1 or b.array.ndim == 1 or b.array.ndim == 2:
        if b.array.ndim <= 2 or a.array.ndim == 1:
            at = b.array.ndim - 2 if b.array.ndim > 1 else 0
            return _tensordot(a, b, (a.array.ndim - 1,), (at,))
    return _tensordot(a, b, (a.array.ndim - 1,), (b.array.ndim - 2,))


def _tensordot(a: Any, b: Any, da: tuple[int, ...], db: tuple[int, ...]) -> Any:
    x, y = a.array.shape, b.array.shape
    if [x[d] for d in da] != [y[d] for d in db]:
        raise sizes_refused(a, b)
    ra, rb = [d for d in range(len(x)) if d not in da], [d for d in range(len(y)) if d not in db]
    n = int(np.prod([x[d] for d in da]))
    left = reshape(permute(a, (*ra, *da)), (int(np.prod([x[d] for d in ra])), n))
    right = reshape(permute(b, (*db, *rb)), (n, int(np.prod([y[d] for d in rb]))))
    return reshape(_multiplied(left, right), (*[x[d] for d in ra], *[y[d] for d in rb]))


@op
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    """Sums of products over axes: a number (the last of x1 with the first of x2), or a list for each."""
    a, b = common(x1, x2)
    if isinstance(axes, (int, np.integer)):
        n = int(axes)
        da, db = tuple(range(a.array.ndim - n, a.array.ndim)), tuple(range(n))
    else:
        da, db = (axes_of(v, t.array.ndim) or () for v, t in zip(axes, (a, b), strict=True))
    return _tensordot(a, b, da, db)


@op
def inner(x1: Any, x2: Any) -> Any:
    """Sums of products over the last axis of both."""
    a, b = common(x1, x2)
    if not a.array.ndim or not b.array.ndim:
        return ew.mul(a, b)
    if a.array.shape[-1] != b.array.shape[-1]:
        raise InvalidArgumentError(
            f"inner: Matrix size-incompatible: the last dimension of x1 and x2 must match; got x1.shape={a.array.shape}, "
            f"x2.shape={b.array.shape} [Op:MatMul]"
        )
    return _tensordot(a, b, (a.array.ndim - 1,), (b.array.ndim - 1,))


@op
def vdot(x1: Any, x2: Any) -> Any:
    """The dot product of the flat operands."""
    a, b = common(x1, x2)
    return _tensordot(reshape(a, (-1,)), reshape(b, (-1,)), (0,), (0,))


@op
def outer(x1: Any, x2: Any) -> Any:
    """Every element of x1 times every element of x2."""
    a, b = common(x1, x2)
    return ew.mul(reshape(a, (-1, 1)), reshape(b, (1, -1)))


def _order(n: int, source: int, target: int) -> tuple[int, ...]:
    """The order of n axes with one of them moved to another place."""
    order = [d for d in range(n) if d != source]
    order.insert(target, source)
    return tuple(order)


@op
def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    """The cross product of vectors of two or three elements, that lie along `axis` (or axisa, axisb; the result along axisc)."""
    a, b = common(x1, x2)
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = (
        permute(t, _order(t.array.ndim, one_axis(at, t.array.ndim), t.array.ndim - 1))
        for t, at in ((a, axisa), (b, axisb))
    )
    sizes = a.array.shape[-1], b.array.shape[-1]
    if not set(sizes) <= {2, 3}:
        raise ValueError(f"cross: vectors must have 2 or 3 elements; got {sizes[0]} and {sizes[1]}")
    x, y = ([views.select(t, t.array.ndim - 1, i) for i in range(t.array.shape[-1])] for t in (a, b))
    for parts in (x, y):
        if len(parts) == 2:
            parts.append(Tensor.wrap(np.zeros_like(parts[0].array)))

    def part(i: int, j: int) -> Any:
        return ew.sub(ew.mul(x[i], y[j]), ew.mul(x[j], y[i]))

    if sizes == (2, 2):
        return part(0, 1)
    n = x[0].array.ndim + 1
    each = [reshape(v, (*v.array.shape, 1)) for v in (part(1, 2), part(2, 0), part(0, 1))]
    return permute(cat(each, n - 1), _order(n, n - 1, one_axis(axisc, n)))


@op
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    """Sums of products by an equation such as "ij,jk->ik"; ValueError for another number of operands than it has."""
    wanted = subscripts.split("->")[0].count(",") + 1
    if wanted != len(operands):
        raise ValueError(f'Got {len(operands)} inputs for equation "{subscripts}", expecting {wanted}')
    each = common(*operands)
    kept = each[0].array.dtype
    if kept.kind in "iub" and kept not in (dtypes.I32, dtypes.I64):
        each = [_convert.to(v, dtypes.I32) for v in each]
    if kept == np.int8 and all(dtype_of(v) == "int8" for v in operands):
        kept = dtypes.I32
    try:
        out = contract.einsum(subscripts, each)
    except RuntimeError as error:
        raise InvalidArgumentError(f"einsum: {error}") from None
    return out if out.array.dtype == kept else _convert.to(out, kept)


@op
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norms of vectors (one axis) and matrices (two), as numpy.linalg.norm names them."""
    x = floating(x)
    n = x.array.ndim
    wanted = (axis,) if isinstance(axis, int) else axis
    if isinstance(wanted, tuple) and not all(-n <= a < n for a in wanted):
        raise ValueError(
            f"All `axis` values must be in the range [-ndim, ndim). Received inputs with ndim={n}, while axis={wanted}"
        )
    axes = axes_of(axis, n)
    if (axes is None and ord is None) or (axes is None and ord == "fro" and n == 2):
        axes = tuple(range(n))
        ord = 2 if n == 1 or ord is None else ord
        return _root(ew.mul(x, x), axes, keepdims)
    if axes is None:
        axes = tuple(range(n))
    if len(axes) == 1:
        return _vector(x, axes, 2 if ord is None else ord, keepdims)
    if len(axes) == 2:
        return _matrix(x, axes, "fro" if ord is None else ord, keepdims)
    raise ValueError(f"norm: axis must name one or two axes; got axis={axis} for x of {n} dimensions")


def _total(x: Any, axes: Any, keepdims: bool) -> Any:
    return lanes.sum(x, tuple(axes), bool(keepdims))


def _root(x: Any, axes: Any, keepdims: bool) -> Any:
    return ew.sqrt(_total(x, axes, keepdims))


def _vector(x: Any, axes: Any, ord: Any, keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ValueError(f"norm: ord must be a number for vectors; got ord={ord!r}")
    if ord == float("inf"):
        return extremes.amax(ew.abs(x), axes, keepdims)
    if ord == float("-inf"):
        return extremes.amin(ew.abs(x), axes, keepdims)
    if ord == 0:
        return _convert.to(_total(_convert.to(ew.ne(x, 0), x.array.dtype), axes, keepdims), x.array.dtype)
    if ord == 1:
        return _total(ew.abs(x), axes, keepdims)
    if ord == 2:
        return _root(ew.mul(x, x), axes, keepdims)
    return ew.pow(_total(ew.pow(ew.abs(x), float(ord)), axes, keepdims), 1.0 / float(ord))


def _matrix(x: Any, axes: Any, ord: Any, keepdims: bool) -> Any:
    if ord == "fro":
        return _root(ew.mul(x, x), axes, keepdims)
    if ord in (1, -1, float("inf"), float("-inf")):
        summed, other = (axes[0], axes[1]) if ord in (1, -1) else (axes[1], axes[0])
        rows = _total(ew.abs(x), (summed,), True)
        pick = extremes.amax if ord in (1, float("inf")) else extremes.amin
        out = pick(rows, (other,), True)
        return out if keepdims else reshape(out, reduce.reduced_shape(x.array.shape, axes, False))
    if ord in (2, -2, "nuc"):
        from plait.ops.spectral import nuclear_norm

        if ord == "nuc":
            return nuclear_norm(x, tuple(axes), keepdims)
        n = x.array.ndim
        order = (*[d for d in range(n) if d not in axes], *axes)
        moved = permute(x, order)
        left, _, right = np.linalg.svd(moved.array, full_matrices=False)
        at = 0 if ord == 2 else -1
        # The singular value is uᵀ A v, with u and v of this A: its gradient is u vᵀ.
        outer_ = Tensor.wrap(np.ascontiguousarray(left[..., :, at, None] * right[..., at, None, :]))
        total = _total(ew.mul(moved, outer_), (n - 2, n - 1), False)
        return reshape(total, reduce.reduced_shape(x.array.shape, axes, keepdims))
    raise ValueError(f"norm: ord must be None, 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2 for matrices; got ord={ord!r}")


@op
def normalize(x: Any, axis: Any = -1, order: Any = 2, epsilon: Any = None) -> Any:
    """x over its norm of an order along `axis`, not divided by less than epsilon (1e-7)."""
    from plait.keras import _config

    if not isinstance(order, int) or order < 1:
        raise ValueError(f"Argument `order` must be an int >= 1; got order={order}")
    x = floating(x)
    axes = axes_of(axis, x.array.ndim)
    least = _config.epsilon() if epsilon is None else epsilon
    if order == 2:
        square = _total(ew.mul(x, x), axes if axes is not None else range(x.array.ndim), True)
        from plait.ops.maths import rsqrt

        return ew.mul(x, rsqrt(choose.larger(square, tensor(float(least) ** 2, x.dtype))))
    length = _vector(x, axes if axes is not None else tuple(range(x.array.ndim)), order, True)
    return ew.div(x, choose.larger(length, tensor(float(least), x.dtype)))
