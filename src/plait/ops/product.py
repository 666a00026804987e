"""Products of matrices and vectors: the records.

Rules of this file: a record computes one product, and its node is named for what it is; ops/matmul.py picks the record by rank.
float16 and bfloat16 go through float32, integers through NumPy. A gradient of a product is two products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply
from plait.ops import elementwise as ew
from plait.ops.rows import no_rejects, numbers
from plait.ops.shape import expand, permute, reshape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]

_F32, _F64 = dtypes.F32, dtypes.F64
_native_matmul, _native_into = _native.matmul, _native.matmul_into

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
        if dtype.kind in "iuc":
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


def outer(a: Any, b: Any) -> Any:
    """a[i] * b[j]."""
    return ew.mul(reshape(a, (-1, 1) if a.array.size else (0, 1)), b)


def _product_backward(ctx: Any, g: Any) -> Any:
    ga = apply(ctx.op, (g, transposed(ctx.x(1)))) if ctx.needs[0] else None
    return ga, apply(ctx.op, (transposed(ctx.x(0)), g)) if ctx.needs[1] else None


def _infer(a: Any, b: Any) -> list[Any]:
    return [((*np.broadcast_shapes(a[0][:-2], b[0][:-2]), a[0][-2], b[0][-1]), a[1])]


def product_cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    """Operations, and bytes of the operands and the result."""
    a, b = shapes[-2:]
    k, n = (a[-1] if a else 1), (b[-1] if len(b) > 1 else 1)
    rows = int(np.prod(a[:-1])) if a else 1
    return 2 * rows * k * n, 4 * (int(np.prod(a)) + int(np.prod(b)) + rows * n)


def _product_op(
    name: str, grad_name: str, samples: Callable[[], Iterable[Sample]], explain: str, rejects: Any = no_rejects
) -> Op:
    return Op(
        name, kind="product", forward=product, backward=_product_backward, infer=_infer, reference=np.matmul, samples=samples,
        rejects=rejects, cost=product_cost, explain=explain, export="MatMul", save_inputs=((0, 1), (1, 0)), grad_name=grad_name,
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


MV: Op = Op(
    "mv", kind="product", forward=lambda a, v: product(a, v[:, None]).reshape(-1), backward=_mv_backward,
    infer=lambda a, v: [((a[0][0],), a[1])], reference=np.matmul,
    samples=lambda: [Sample([numbers(3, 5), numbers(5, seed=1)]), Sample([numbers(0, 5), numbers(5)]), Sample([numbers(40, 77), numbers(77, seed=2)])],
    rejects=no_rejects, cost=product_cost, explain="row i of a times v", export="MatMul", save_inputs=((0, 1), (1, 0)),
)  # fmt: skip
DOT: Op = Op(
    "dot", kind="product", forward=lambda a, b: product(a[None], b[:, None]).reshape(()),
    backward=lambda ctx, g: (ew.mul(g, ctx.x(1)) if ctx.needs[0] else None, ew.mul(g, ctx.x(0)) if ctx.needs[1] else None),
    infer=lambda a, b: [((), a[1])], reference=np.dot,
    samples=lambda: [Sample([numbers(5), numbers(5, seed=1)]), Sample([numbers(0), numbers(0)]), Sample([numbers(131), numbers(131, seed=2)])],
    rejects=no_rejects, cost=product_cost, explain="sum of a_i b_i", export="MatMul", save_inputs=((0, 1), (1, 0)),
)  # fmt: skip
VM: Op = Op(
    "vm", kind="product", grad_name="SqueezeBackward4", forward=lambda v, a: product(v[None], a)[0],
    backward=lambda ctx, g: (
        apply(MV, (ctx.x(1), g)) if ctx.needs[0] else None, outer(ctx.x(0), g) if ctx.needs[1] else None
    ),
    infer=lambda v, a: [((a[0][1],), a[1])], reference=np.matmul,
    samples=lambda: [Sample([numbers(5), numbers(5, 3, seed=1)]), Sample([numbers(0), numbers(0, 3)]), Sample([numbers(77), numbers(77, 300, seed=2)], grad=False)],
    rejects=no_rejects, cost=lambda shapes, params=(): product_cost((shapes[0], shapes[1])), explain="v times column j of a", export="MatMul",
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
        samples=samples, rejects=no_rejects, cost=product_cost, explain="beta * base + alpha * (row i of a times column j of b)", export="Gemm",
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


ADDMV: Op = Op(
    "addmv", kind="product", forward=_as_columns(_add_product), backward=_add_mv_backward,
    infer=lambda base, a, v, *_: [(a[0][:1], a[1])],
    reference=lambda base, a, v, beta, alpha: beta * base + alpha * (a @ v),
    samples=lambda: [Sample([numbers(3), numbers(3, 5), numbers(5, seed=1)], (1, 1)), Sample([numbers(1), numbers(3, 5), numbers(5, seed=1)], (0.5, 2.0))],
    rejects=no_rejects, cost=product_cost, explain="beta * base + alpha * (row i of a times v)", export="Gemm", save_inputs=((1, 2), (2, 1)),
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


ADDBMM: Op = Op(
    "addbmm", kind="product", forward=lambda base, a, b, beta, alpha: _add_product(base, *_side_by_side(a, b), beta, alpha),
    backward=_add_bmm_backward, infer=lambda base, a, b, *_: [((a[0][1], b[0][2]), a[1])],
    reference=lambda base, a, b, beta, alpha: beta * base + alpha * (a @ b).sum(0),
    samples=lambda: [Sample([numbers(3, 4), numbers(2, 3, 5), numbers(2, 5, 4, seed=1)], (1, 1)),
                     Sample([numbers(1, 4), numbers(2, 3, 5), numbers(2, 5, 4, seed=1)], (0.5, 2.0))],
    rejects=no_rejects, cost=product_cost, explain="beta * base + alpha * the sum of the products of matrices", export=None,
    save_inputs=((1, 2), (2, 1)),
)  # fmt: skip
