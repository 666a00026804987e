"""Products of matrices and vectors.

Rules of this file: a record computes one product; `matmul` picks the record by rank, so that each result's node is named for what it is.
float16 and bfloat16 go through float32, integers through NumPy. A gradient of a product is two products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply, type_name
from plait.ops import elementwise as ew
from plait.ops.conv import CHANNEL_SUMS
from plait.ops.rows import no_rejects, numbers
from plait.ops.shape import RESHAPE_COPY, expand, permute, reshape
from plait.ops.views import named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]

_F32, _F64 = dtypes.F32, dtypes.F64
_native_linear, _native_matmul, _native_into = _native.linear, _native.matmul, _native.matmul_into

_C_NAMES = {dtypes.F16: "c10::Half", dtypes.BFLOAT16: "c10::BFloat16", _F32: "float", _F64: "double", dtypes.I64: "long int",
            dtypes.I32: "int", dtypes.I16: "short int", dtypes.I8: "signed char", dtypes.U8: "unsigned char", dtypes.BOOL: "bool"}  # fmt: skip


def c_name(dtype: np.dtype) -> str:
    """The name of a dtype in messages about C types."""
    return _C_NAMES.get(dtype, str(dtype))


def no_bool(dtype: np.dtype, kernel: str) -> None:
    """NotImplementedError for bool: there is no such kernel."""
    if dtype == dtypes.BOOL:
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


def product(a: NDArray, b: NDArray) -> NDArray:
    """a[..., m, k] · b[..., k, n] for arrays of one dtype; batches broadcast."""
    dtype = a.dtype
    if dtype != _F32 and dtype != _F64:
        if dtype.kind in "iu":
            return np.matmul(a, b)
        return dtypes.cast(product(dtypes.cast(a, _F32), dtypes.cast(b, _F32)), dtype)
    if a.ndim == 2 and b.ndim == 2:
        return _native_matmul(a, b)
    m, k, n = a.shape[-2], a.shape[-1], b.shape[-1]
    if b.ndim == 2:
        return _native_matmul(
            a.reshape(-1, k) if a.size else np.empty((int(np.prod(a.shape[:-1])), k), dtype), b
        ).reshape(*a.shape[:-1], n)
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    count = int(np.prod(batch))
    a3 = a if a.shape[:-2] == batch or a.size == m * k else np.broadcast_to(a, (*batch, m, k))
    b3 = b if b.shape[:-2] == batch or b.size == k * n else np.broadcast_to(b, (*batch, k, n))
    if a3.ndim != 3 or a3.shape[0] != count:
        a3 = a3.reshape(1 if a3.ndim == 2 or (a3.size == m * k and count != 1) else count, m, k)
    if b3.ndim != 3 or b3.shape[0] != count:
        b3 = b3.reshape(1 if b3.ndim == 2 or (b3.size == k * n and count != 1) else count, k, n)
    if a3.shape[0] != count and b3.shape[0] != count:
        a3 = np.broadcast_to(a3, (count, m, k))
    return _native_matmul(a3, b3).reshape(*batch, m, n)


def transposed(x: Any) -> Any:
    """`x` with its last two dimensions exchanged, as a view."""
    n = x.array.ndim
    return permute(x, (*range(n - 2), n - 1, n - 2))


def _product_backward(ctx: Any, g: Any) -> Any:
    ga = apply(ctx.op, (g, transposed(ctx.x(1)))) if ctx.needs[0] else None
    return ga, apply(ctx.op, (transposed(ctx.x(0)), g)) if ctx.needs[1] else None


def _infer(a: Any, b: Any) -> list[Any]:
    return [((*np.broadcast_shapes(a[0][:-2], b[0][:-2]), a[0][-2], b[0][-1]), a[1])]


def _cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    a, b = shapes[-2:]
    k, n = (a[-1] if a else 1), (b[-1] if len(b) > 1 else 1)
    rows = int(np.prod(a[:-1])) if a else 1
    return 2 * rows * k * n, 4 * (int(np.prod(a)) + int(np.prod(b)) + rows * n)


def _product_op(
    name: str, grad_name: str, samples: Callable[[], Iterable[Sample]], explain: str, rejects: Any = no_rejects
) -> Op:
    return Op(
        name, kind="product", forward=product, backward=_product_backward, infer=_infer, reference=np.matmul, samples=samples,
        rejects=rejects, cost=_cost, explain=explain, export="MatMul", save_inputs=((0, 1), (1, 0)), grad_name=grad_name,
    )  # fmt: skip


def _mm_samples() -> Iterable[Sample]:
    yield Sample([numbers(3, 5), numbers(5, 4, seed=1)])
    yield Sample([numbers(1, 70), numbers(70, 3, seed=1)])
    yield Sample([numbers(17, 33), numbers(33, 51, seed=1)], grad=False)
    yield Sample([numbers(2, 0), numbers(0, 3)])
    yield Sample([numbers(0, 2), numbers(2, 3)])
    yield Sample([numbers(70, 600), numbers(600, 130, seed=1)], grad=False)


def _bmm_samples() -> Iterable[Sample]:
    yield Sample([numbers(2, 3, 5), numbers(2, 5, 4, seed=1)])
    yield Sample([numbers(0, 3, 5), numbers(0, 5, 4)])
    yield Sample([numbers(3, 1, 2), numbers(3, 2, 1, seed=1)])


def _matmul_samples() -> Iterable[Sample]:
    yield Sample([numbers(2, 3, 5), numbers(5, 4, seed=1)])
    yield Sample([numbers(3, 5), numbers(2, 5, 4, seed=1)])
    yield Sample([numbers(2, 1, 3, 2), numbers(3, 2, 2, seed=1)])
    yield Sample([numbers(2, 0, 3, 2), numbers(1, 2, 2, seed=1)])


def _shape_reject() -> Iterable[Reject]:
    yield Reject([numbers(2, 3), numbers(2, 3)], (), ValueError, "inner sizes")


MM = _product_op("mm", "MmBackward0", _mm_samples, "row i of a times column j of b", _shape_reject)
BMM = _product_op("bmm", "BmmBackward0", _bmm_samples, "row i of matrix b of a times column j of matrix b of b")
MATMUL = _product_op(
    "matmul", "UnsafeViewBackward0", _matmul_samples, "row i of a times column j of b, batches broadcast"
)


def _mv_backward(ctx: Any, g: Any) -> Any:
    ga = outer(g, ctx.x(1)) if ctx.needs[0] else None
    return ga, apply(MV, (transposed(ctx.x(0)), g)) if ctx.needs[1] else None


MV = Op(
    "mv", kind="product", forward=lambda a, v: product(a, v[:, None]).reshape(-1), backward=_mv_backward,
    infer=lambda a, v: [((a[0][0],), a[1])], reference=np.matmul,
    samples=lambda: [Sample([numbers(3, 5), numbers(5, seed=1)]), Sample([numbers(0, 5), numbers(5)]), Sample([numbers(40, 77), numbers(77, seed=2)])],
    rejects=no_rejects, cost=_cost, explain="row i of a times v", export="MatMul", save_inputs=((0, 1), (1, 0)),
)  # fmt: skip
DOT = Op(
    "dot", kind="product", forward=lambda a, b: product(a[None], b[:, None]).reshape(()),
    backward=lambda ctx, g: (ew.mul(g, ctx.x(1)) if ctx.needs[0] else None, ew.mul(g, ctx.x(0)) if ctx.needs[1] else None),
    infer=lambda a, b: [((), a[1])], reference=np.dot,
    samples=lambda: [Sample([numbers(5), numbers(5, seed=1)]), Sample([numbers(0), numbers(0)]), Sample([numbers(131), numbers(131, seed=2)])],
    rejects=no_rejects, cost=_cost, explain="sum of a_i b_i", export="MatMul", save_inputs=((0, 1), (1, 0)),
)  # fmt: skip
VM = Op(
    "vm", kind="product", grad_name="SqueezeBackward4", forward=lambda v, a: product(v[None], a)[0],
    backward=lambda ctx, g: (
        apply(MV, (ctx.x(1), g)) if ctx.needs[0] else None, outer(ctx.x(0), g) if ctx.needs[1] else None
    ),
    infer=lambda v, a: [((a[0][1],), a[1])], reference=np.matmul,
    samples=lambda: [Sample([numbers(5), numbers(5, 3, seed=1)]), Sample([numbers(0), numbers(0, 3)]), Sample([numbers(77), numbers(77, 300, seed=2)], grad=False)],
    rejects=no_rejects, cost=lambda shapes, params=(): _cost((shapes[0], shapes[1])), explain="v times column j of a", export="MatMul",
    save_inputs=((0, 1), (1, 0)),
)  # fmt: skip


# --- a sum and a product ----------------------------------------------------------------------------------------------------


def _add_product(base: NDArray, a: NDArray, b: NDArray, beta: Any, alpha: Any) -> NDArray:
    dtype = a.dtype
    shape = (*a.shape[:-1], b.shape[-1])
    if dtype != _F32 and dtype != _F64:
        if dtype.kind in "iu":
            beta, alpha = int(beta), int(alpha)
            out = product(a, b) * dtype.type(alpha)
            return np.ascontiguousarray(np.broadcast_to(out if beta == 0 else out + base * dtype.type(beta), shape))
        wide = [dtypes.cast(x, _F32) for x in (base, a, b)]
        return dtypes.cast(_add_product(wide[0], wide[1], wide[2], beta, alpha), dtype)
    out = _native.empty(shape, dtype)
    if beta == 0:
        _native_into(a, b, out, alpha, False)
        return out
    np.multiply(base, dtype.type(beta), out=out)
    _native_into(a, b, out, alpha, True)
    return out


def _scaled(g: Any, factor: Any) -> Any:
    return g if factor == 1 else ew.mul(g, factor)


def _add_product_backward(ctx: Any, g: Any) -> Any:
    beta, alpha = ctx.params
    op = MM if ctx.op is ADDMM else BMM
    base = _scaled(g, beta) if ctx.needs[0] else None
    ga = _scaled(apply(op, (g, transposed(ctx.x(2)))), alpha) if ctx.needs[1] else None
    gb = _scaled(apply(op, (transposed(ctx.x(1)), g)), alpha) if ctx.needs[2] else None
    return base, ga, gb


def _add_product_op(name: str, samples: Callable[[], Iterable[Sample]]) -> Op:
    return Op(
        name, kind="product", forward=_add_product, backward=_add_product_backward,
        infer=lambda base, a, b, *_: [((*a[0][:-1], b[0][-1]), a[1])],
        reference=lambda base, a, b, beta, alpha: np.broadcast_to(beta * base if beta else 0 * base, (*a.shape[:-1], b.shape[-1])) + alpha * (a @ b),
        samples=samples, rejects=no_rejects, cost=_cost, explain="beta * base + alpha * (row i of a times column j of b)", export="Gemm",
        save_inputs=((1, 2), (2, 1)),
    )  # fmt: skip


ADDMM = _add_product_op("addmm", lambda: [
    Sample([numbers(3, 4), numbers(3, 5), numbers(5, 4, seed=1)], (1, 1)),
    Sample([numbers(4), numbers(3, 5), numbers(5, 4, seed=1)], (0.5, 2.0)),
    Sample([numbers(3, 1), numbers(3, 0), numbers(0, 4, seed=1)], (2, 1)),
])  # fmt: skip
BADDBMM = _add_product_op("baddbmm", lambda: [
    Sample([numbers(2, 3, 4), numbers(2, 3, 5), numbers(2, 5, 4, seed=1)], (1, 1)),
    Sample([numbers(1, 3, 1), numbers(2, 3, 5), numbers(2, 5, 4, seed=1)], (0.5, 2.0)),
])  # fmt: skip


def _as_columns(forward: Callable[..., Any]) -> Callable[..., Any]:
    return lambda base, a, v, beta, alpha: forward(base[..., None] if base.ndim else base, a, v[:, None], beta, alpha)[
        :, 0
    ]


def _add_mv_backward(ctx: Any, g: Any) -> Any:
    beta, alpha = ctx.params
    base = _scaled(g, beta) if ctx.needs[0] else None
    ga = _scaled(outer(g, ctx.x(2)), alpha) if ctx.needs[1] else None
    return base, ga, _scaled(apply(MV, (transposed(ctx.x(1)), g)), alpha) if ctx.needs[2] else None


ADDMV = Op(
    "addmv", kind="product", forward=_as_columns(_add_product), backward=_add_mv_backward,
    infer=lambda base, a, v, *_: [(a[0][:1], a[1])],
    reference=lambda base, a, v, beta, alpha: beta * base + alpha * (a @ v),
    samples=lambda: [Sample([numbers(3), numbers(3, 5), numbers(5, seed=1)], (1, 1)), Sample([numbers(1), numbers(3, 5), numbers(5, seed=1)], (0.5, 2.0))],
    rejects=no_rejects, cost=_cost, explain="beta * base + alpha * (row i of a times v)", export="Gemm", save_inputs=((1, 2), (2, 1)),
)  # fmt: skip


def _side_by_side(a: NDArray, b: NDArray) -> tuple[NDArray, NDArray]:
    """Two batches of matrices as two matrices whose product is the sum of the batch's."""
    n, m, k = a.shape
    return a.transpose(1, 0, 2).reshape(m, n * k), b.reshape(n * k, b.shape[2])


def _add_bmm_backward(ctx: Any, g: Any) -> Any:
    beta, alpha = ctx.params
    base = _scaled(g, beta) if ctx.needs[0] else None
    whole = expand(g, (ctx.shapes[1][0], *g.array.shape))
    ga = _scaled(apply(BMM, (whole, transposed(ctx.x(2)))), alpha) if ctx.needs[1] else None
    return base, ga, _scaled(apply(BMM, (transposed(ctx.x(1)), whole)), alpha) if ctx.needs[2] else None


ADDBMM = Op(
    "addbmm", kind="product", forward=lambda base, a, b, beta, alpha: _add_product(base, *_side_by_side(a, b), beta, alpha),
    backward=_add_bmm_backward, infer=lambda base, a, b, *_: [((a[0][1], b[0][2]), a[1])],
    reference=lambda base, a, b, beta, alpha: beta * base + alpha * (a @ b).sum(0),
    samples=lambda: [Sample([numbers(3, 4), numbers(2, 3, 5), numbers(2, 5, 4, seed=1)], (1, 1)),
                     Sample([numbers(1, 4), numbers(2, 3, 5), numbers(2, 5, 4, seed=1)], (0.5, 2.0))],
    rejects=no_rejects, cost=_cost, explain="beta * base + alpha * the sum of the products of matrices", export=None,
    save_inputs=((1, 2), (2, 1)),
)  # fmt: skip


# --- linear -----------------------------------------------------------------------------------------------------------------


def _linear(x: NDArray, w: NDArray, bias: NDArray | None) -> NDArray:
    try:
        return _native_linear(x, w, bias)
    except ValueError:
        pass  # another dtype or layout
    dtype = x.dtype
    if dtype in (_F32, _F64):
        return _native_linear(np.ascontiguousarray(x), w, None if bias is None else np.ascontiguousarray(bias))
    if dtype.kind in "iu":
        out = np.matmul(x, w.T)
        return out if bias is None else out + bias
    wide = [None if a is None else dtypes.cast(a, _F32) for a in (x, w, bias)]
    return dtypes.cast(_linear(wide[0], wide[1], wide[2]), dtype)  # type: ignore[arg-type]


def _linear_backward(ctx: Any, g: Any) -> Any:
    needs = ctx.needs
    flat = (
        g
        if len(ctx.shapes[0]) == 2
        else reshape(g, (-1 if g.array.size else int(np.prod(ctx.shapes[0][:-1])), ctx.shapes[1][0]))
    )
    gx = gw = gb = None
    if needs[0]:
        gx = apply(MM, (flat, ctx.x(1)))
        if flat is not g:
            gx = reshape(gx, ctx.shapes[0])
    if needs[1]:
        x = ctx.x(0)
        rows = x if flat is g else reshape(x, (flat.array.shape[0], ctx.shapes[1][1]))
        gw = apply(MM, (permute(flat, (1, 0)), rows))
    if len(needs) > 2 and needs[2]:
        gb = apply(CHANNEL_SUMS, (flat,))
    return gx, gw, gb


def _linear_samples() -> Iterable[Sample]:
    yield Sample([numbers(3, 5), numbers(4, 5, seed=1), numbers(4, seed=2)])
    yield Sample([numbers(2, 3, 5), numbers(4, 5, seed=1), numbers(4, seed=2)])
    yield Sample([numbers(3, 5), numbers(4, 5, seed=1), None])
    yield Sample([numbers(5), numbers(4, 5, seed=1), numbers(4, seed=2)])
    yield Sample([numbers(0, 5), numbers(4, 5, seed=1), numbers(4, seed=2)])
    yield Sample([numbers(3, 0), numbers(4, 0), numbers(4, seed=2)])
    yield Sample([numbers(65, 130), numbers(50, 130, seed=1), numbers(50, seed=2)], grad=False)


def _linear_op(name: str, grad_name: str) -> Op:
    return Op(
        name, kind="product", forward=_linear, backward=_linear_backward,
        infer=lambda x, w, bias: [((*x[0][:-1], w[0][0]), x[1])],
        reference=lambda x, w, bias: x @ w.T + (0 if bias is None else bias),
        samples=_linear_samples,
        rejects=lambda: [Reject([numbers(2, 3), numbers(4, 2), None], (), ValueError, "linear: x[..., k] and w[n, k]")],
        cost=lambda shapes, params=(): _cost((shapes[0], shapes[1][::-1])),
        explain="x times row j of w, plus bias[j]", export="Gemm", save_inputs=((0, 1), (1, 0)), grad_name=grad_name,
    )  # fmt: skip


LINEAR = _linear_op("linear", "AddmmBackward0")
LINEAR_PLAIN = _linear_op("linear_plain", "MmBackward0")
LINEAR_ROWS = _linear_op("linear_rows", "ViewBackward0")
LINEAR_ROWS_PLAIN = _linear_op("linear_rows_plain", "UnsafeViewBackward0")
LINEAR_VECTOR_PLAIN = _linear_op("linear_vector_plain", "SqueezeBackward4")


def _cannot_multiply(rows: int, k: int, k2: int, n: int) -> RuntimeError:
    return RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({rows}x{k} and {k2}x{n})")


def linear(x: Any, w: Any, bias: Any = None) -> Any:
    """x[..., k] · w[n, k]ᵀ + bias[n]: gives [..., n].

    >>> from plait.tensor import Tensor
    >>> linear(Tensor.wrap(np.ones((2, 3))), Tensor.wrap(np.ones((4, 3)))).array.shape
    (2, 4)
    """
    a, b = x.array, w.array
    sa, sb = a.shape, b.shape
    if len(sb) == 2 and sa and sa[-1] == sb[1] and a.dtype == b.dtype:
        if bias is None:
            op = LINEAR_PLAIN if len(sa) == 2 else LINEAR_ROWS_PLAIN if len(sa) > 2 else LINEAR_VECTOR_PLAIN
            if a.dtype == dtypes.BOOL:
                no_bool(a.dtype, "addmm_impl_cpu_")
            return apply(op, (x, w, None))
        c = bias.array
        if c.shape == (sb[0],) and c.dtype == a.dtype:
            if a.dtype == dtypes.BOOL:
                no_bool(a.dtype, "addmm_impl_cpu_")
            return apply(LINEAR if len(sa) == 2 else LINEAR_ROWS, (x, w, bias))
    return _linear_unusual(x, w, bias)


def _linear_unusual(x: Any, w: Any, bias: Any) -> Any:
    """What is wrong with the operands of `linear`, or the rarer of its forms: a vector of weights, a bias that broadcasts."""
    a, b = x.array, w.array
    if a.ndim == 0 or b.ndim == 0:
        raise RuntimeError(f"both arguments to linear need to be at least 1D, but they are {a.ndim}D and {b.ndim}D")
    if b.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {b.ndim}D")
    if bias is None:
        if b.ndim == 1:
            return matmul(x, w)
        rows = int(np.prod(a.shape[:-1]))
        if a.dtype != b.dtype:
            raise RuntimeError(
                f"expected m1 and m2 to have the same dtype, but got: {c_name(a.dtype)} != {c_name(b.dtype)}"
            )
        raise _cannot_multiply(rows, a.shape[-1], b.shape[1], b.shape[0])
    if b.ndim == 1:
        raise RuntimeError("mat2 must be a matrix, got 1-D tensor")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got {type_name(a.dtype)} and {type_name(b.dtype)}"
        )
    flat = x if a.ndim == 2 else reshape(x, (int(np.prod(a.shape[:-1])), a.shape[-1]))
    out = addmm(bias, flat, permute(w, (1, 0)))
    return out if a.ndim == 2 else reshape(out, (*a.shape[:-1], b.shape[0]))


# --- by rank ----------------------------------------------------------------------------------------------------------------


def _mm_check(a: NDArray, b: NDArray) -> None:
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {c_name(a.dtype)} != {c_name(b.dtype)}"
        )
    if a.shape[-1] != b.shape[0]:
        raise _cannot_multiply(int(np.prod(a.shape[:-1])), a.shape[-1], *b.shape)
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


def outer(a: Any, b: Any) -> Any:
    """a[i] * b[j]."""
    return ew.mul(reshape(a, (-1, 1) if a.array.size else (0, 1)), b)


def addmm(base: Any, a: Any, b: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta * base + alpha * a·b; `base` broadcasts; with beta = 0 it is not read."""
    x, y, z = base.array, a.array, b.array
    if y.ndim != 2:
        raise RuntimeError(f"mat1 must be a matrix, got {y.ndim}-D tensor")
    if z.ndim != 2:
        raise RuntimeError(f"mat2 must be a matrix, got {z.ndim}-D tensor")
    if y.shape[1] != z.shape[0]:
        raise _cannot_multiply(*y.shape, *z.shape)
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
        raise RuntimeError(f"expand(torch.{type_name(base.array.dtype)}Tensor{{{list(have)}}}, size={list(shape)}): the number of sizes "
                           f"provided ({len(shape)}) must be greater or equal to the number of dimensions in the tensor ({len(have)})")  # fmt: skip
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
