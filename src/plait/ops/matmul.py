"""Products of matrices and vectors, by rank: what fits is applied, what does not is told in the operands' own sizes and dtypes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait.op import apply, type_name
from plait.ops import elementwise as ew
from plait.ops.halves import is_half
from plait.ops.product import ADDBMM, ADDMM, ADDMV, BADDBMM, BMM, DOT, MATMUL, MM, MV, VM, c_name, no_bool, outer
from plait.ops.shape import RESHAPE_COPY, expand, permute, reshape, too_many_dims
from plait.ops.views import named

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shape = tuple[int, ...]

__all__ = ["addbmm", "addmm", "addmv", "baddbmm", "bmm", "cannot_multiply", "dot", "matmul", "mm", "mv", "outer"]


def cannot_multiply(rows: int, k: int, k2: int, n: int) -> RuntimeError:
    """The error for inner sizes that differ."""
    return RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({rows}x{k} and {k2}x{n})")


def _mm_check(a: NDArray, b: NDArray) -> None:
    if a.dtype is not b.dtype and a.dtype != b.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {c_name(a.dtype)} != {c_name(b.dtype)}"
        )
    if a.shape[-1] != b.shape[0]:
        raise cannot_multiply(int(np.prod(a.shape[:-1])), a.shape[-1], *b.shape)
    if a.dtype.kind == "b" and a.size and b.size:
        no_bool(a.dtype, "addmm_impl_cpu_")


def mm(a: Any, b: Any) -> Any:
    """The product of two matrices."""
    if a.array.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if b.array.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    _mm_check(a.array, b.array)
    return apply(MM, (a, b))


def _bmm_check(a: NDArray, b: NDArray) -> None:
    if a.ndim != 3:
        raise RuntimeError("batch1 must be a 3D tensor")
    if b.ndim != 3:
        raise RuntimeError("batch2 must be a 3D tensor")
    if a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        raise RuntimeError(f"Expected size for first two dimensions of batch2 tensor to be: [{a.shape[0]}, {a.shape[2]}] but got: "
                           f"[{b.shape[0]}, {b.shape[1]}].")  # fmt: skip


def bmm(a: Any, b: Any) -> Any:
    """The products of two batches of matrices, a[b, m, k] and b[b, k, n]."""
    _bmm_check(a.array, b.array)
    if a.array.dtype != b.array.dtype:
        raise RuntimeError(f"expected scalar type {type_name(a.array.dtype)} but found {type_name(b.array.dtype)}")
    no_bool(a.array.dtype, "bmm")
    return apply(BMM, (a, b))


def mv(a: Any, v: Any) -> Any:
    """The product of a matrix and a vector."""
    x, y = a.array, v.array
    if x.ndim != 2 or y.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {x.ndim}, {y.ndim}")
    if x.shape[1] != y.shape[0]:
        raise RuntimeError(
            f"size mismatch, got input ({x.shape[0]}), mat ({x.shape[0]}x{x.shape[1]}), vec ({y.shape[0]})"
        )
    if x.dtype != y.dtype:
        raise RuntimeError(f"addmv input tensors must have the same dtype, but got {type_name(y.dtype)}, {type_name(x.dtype)}, and "
                           f"{type_name(y.dtype)}")  # fmt: skip
    no_bool(x.dtype, "addmv_impl_cpu")
    return apply(MV, (a, v))


def dot(a: Any, b: Any) -> Any:
    """The sum of the products of two vectors' elements."""
    x, y = a.array, b.array
    if x.ndim != 1 or y.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {x.ndim}D and {y.ndim}D tensors")
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {type_name(x.dtype)} and {type_name(y.dtype)}"
        )
    if x.size != y.size:
        raise RuntimeError(f"inconsistent tensor size, expected tensor [{x.size}] and src [{y.size}] to have the same number of elements, "
                           f"but got {x.size} and {y.size} elements respectively")  # fmt: skip
    no_bool(x.dtype, "dot")
    return apply(DOT, (a, b))


def addmm(base: Any, a: Any, b: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta * base + alpha * a·b; `base` broadcasts; with beta = 0 it is not read."""
    x, y, z = base.array, a.array, b.array
    if y.ndim != 2:
        raise RuntimeError(f"mat1 must be a matrix, got {y.ndim}-D tensor")
    if z.ndim != 2:
        raise RuntimeError(f"mat2 must be a matrix, got {z.ndim}-D tensor")
    if y.shape[1] != z.shape[0]:
        raise cannot_multiply(*y.shape, *z.shape)
    if x.dtype != z.dtype:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {type_name(x.dtype)} and {type_name(z.dtype)}"
        )
    if y.dtype != z.dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got {type_name(y.dtype)} and {type_name(z.dtype)}"
        )
    no_bool(x.dtype, "addmm_impl_cpu_")
    _check_expands(base, (y.shape[0], z.shape[1]))
    return apply(ADDMM, (base, a, b), (beta, alpha))


def baddbmm(base: Any, a: Any, b: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta * base + alpha * a·b over batches of matrices."""
    x, y, z = base.array, a.array, b.array
    if y.ndim == 3 and z.ndim == 3:
        _check_expands(base, (y.shape[0], y.shape[1], z.shape[2]))
    _bmm_check(y, z)
    if x.dtype != y.dtype or y.dtype != z.dtype:
        raise RuntimeError(f"Input dtypes must be the same, got: input {c_name(x.dtype)}, batch1: {c_name(y.dtype)}, batch2: "
                           f"{c_name(z.dtype)}")  # fmt: skip
    no_bool(x.dtype, "baddbmm")
    return apply(BADDBMM, (base, a, b), (beta, alpha))


def addmv(base: Any, a: Any, v: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta * base + alpha * a·v."""
    x, y = a.array, v.array
    if x.ndim != 2 or y.ndim != 1 or base.array.ndim > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {base.array.ndim}, {x.ndim}, {y.ndim}")
    if x.shape[1] != y.shape[0] or base.array.shape not in ((), (1,), (x.shape[0],)):
        raise RuntimeError(
            f"size mismatch, got input ({base.array.size}), mat ({x.shape[0]}x{x.shape[1]}), vec ({y.shape[0]})"
        )
    if base.array.dtype != x.dtype or x.dtype != y.dtype:
        raise RuntimeError(f"addmv input tensors must have the same dtype, but got {type_name(base.array.dtype)}, {type_name(x.dtype)}, and "
                           f"{type_name(y.dtype)}")  # fmt: skip
    no_bool(x.dtype, "addmv_impl_cpu")
    return apply(ADDMV, (base, a, v), (beta, alpha))


def addbmm(base: Any, a: Any, b: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta * base + alpha * the sum of the products of two batches of matrices."""
    x, y = a.array, b.array
    _bmm_check(x, y)
    if base.array.dtype != x.dtype or x.dtype != y.dtype:
        raise RuntimeError(f"expected scalar type {type_name(base.array.dtype)} but found {type_name(x.dtype)}")
    no_bool(x.dtype, "addbmm")
    _check_expands(base, (x.shape[1], y.shape[2]))
    return apply(ADDBMM, (base, a, b), (beta, alpha))


def _check_expands(base: Any, shape: Shape) -> None:
    have = base.array.shape
    if len(have) > len(shape):
        raise too_many_dims(base, shape)
    if any(h not in (1, s) for h, s in zip(reversed(have), reversed(shape), strict=False)):
        expand(base, shape)


_UNSAFE_VIEW = named(RESHAPE_COPY, "UnsafeViewBackward0")
_UNSAFE_VIEW.run = lambda x, shape: x.reshape(shape)


def matmul(a: Any, b: Any) -> Any:
    """The product by rank: dot, matrix-vector, vector-matrix, matrices, or batches of matrices that broadcast."""
    x, y = a.array, b.array
    m, n = x.ndim, y.ndim
    if m == 2 and n == 2:
        _mm_check(x, y)
        return apply(MM, (a, b))
    if m == 0 or n == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {m}D and {n}D")
    if m == 1 and n == 1:
        return dot(a, b)
    if m == 2 and n == 1:
        return mv(a, b)
    if m == 1 and n == 2:
        if x.dtype != y.dtype or x.shape[0] != y.shape[0]:
            _mm_check(x[None], y)
        no_bool(x.dtype, "addmm_impl_cpu_")
        return apply(VM, (a, b))
    if n == 1:
        rows = reshape(a, (int(np.prod(x.shape[:-1])), x.shape[-1]))
        return apply(_UNSAFE_VIEW, (mv(rows, b),), (x.shape[:-1],))
    if m == 1:
        return apply(_UNSAFE_VIEW, (matmul(reshape(a, (1, x.shape[0])), b),), ((*y.shape[:-2], y.shape[-1]),))
    _batched_check(x, y)
    if is_half(x.dtype) and x.size and y.size:
        return _matmul_half(a, b)
    return apply(MATMUL, (a, b))


def _matmul_half(a: Any, b: Any) -> Any:
    """In 16 bits, where gradients round: a matrix that serves every batch is multiplied with all of them at once, other batches are repeated."""
    x, y = a.array.shape, b.array.shape
    if len(x) == len(y) and all(n == 1 for n in y[:-2]):
        b = reshape(b, y[-2:])
        y = y[-2:]
    if len(y) == 2:
        rows = reshape(a, (int(np.prod(x[:-1])), x[-1]))
        return apply(_UNSAFE_VIEW, (mm(rows, b),), ((*x[:-1], y[-1]),))
    if len(x) == 2:
        turned = (*range(len(y) - 2), len(y) - 1, len(y) - 2)
        out = matmul(permute(b, turned), permute(a, (1, 0)))
        return permute(out, turned)
    batch = np.broadcast_shapes(x[:-2], y[:-2])
    a, b = (t if t.array.shape[:-2] == batch else expand(t, (*batch, *t.array.shape[-2:])) for t in (a, b))
    return apply(MATMUL, (a, b))


def _batched_check(x: NDArray, y: NDArray) -> None:
    if y.ndim == 2:
        return _mm_check(x, y)
    try:
        batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    except ValueError:
        raise ew.broadcast_error(np.empty(x.shape[:-2], bool), np.empty(y.shape[:-2], bool)) from None
    if x.shape[-1] != y.shape[-2]:
        count = int(np.prod(batch))
        raise RuntimeError(f"Expected size for first two dimensions of batch2 tensor to be: [{count}, {x.shape[-1]}] but got: "
                           f"[{count}, {y.shape[-2]}].")  # fmt: skip
    if x.dtype != y.dtype:
        raise RuntimeError(f"expected scalar type {type_name(x.dtype)} but found {type_name(y.dtype)}")
    no_bool(x.dtype, "bmm")
    return None
