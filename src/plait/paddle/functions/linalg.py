"""Products of matrices and vectors, and what `paddle.linalg` has of them."""

from __future__ import annotations

from typing import Any

from plait.ops import contract, product_turn
from plait.ops import elementwise as ew
from plait.ops import matmul as products
from plait.ops import shape as shapes
from plait.paddle._tensor import Tensor
from plait.paddle.functions import operators
from plait.paddle.functions._common import axis_of, function, need_tensor, number, same_kind
from plait.paddle.functions.elementwise import in_place
from plait.paddle.functions.shaping import swapaxes

__all__ = [
    "addmm", "baddbmm", "bmm", "cross", "dist", "dot", "einsum", "inner", "kron", "matmul", "matrix_transpose", "mm", "mv", "outer",
    "tensordot", "trace", "vecdot",
]  # fmt: skip


def _pair(x: Any, y: Any, name: str) -> None:
    need_tensor(x, name)
    need_tensor(y, name, "y", 1)
    if x.array.dtype != y.array.dtype and not (
        y.array.ndim == 1 and y.array.dtype.kind in "iu" and x.array.dtype.kind == "f"
    ):
        raise ValueError(
            f"(InvalidArgument) The type of data we are trying to retrieve ({x.dtype}) does not match the type of data ({y.dtype}) in {name}()"
        )
    operators.no_complex_slope(x, y, name)


@function("x:input", "y:other")
def matmul(
    x: Any, y: Any, transpose_x: bool = False, transpose_y: bool = False, name: str | None = None, *, out: Any = None
) -> Any:
    """The product of matrices (in the last two dimensions, the others broadcast) and vectors."""
    _pair(x, y, "matmul")
    if not x.array.ndim or not y.array.ndim:
        raise ValueError(
            f"(InvalidArgument) matmul(): x and y must have at least one dimension; got {x.array.ndim} and {y.array.ndim}"
        )
    if transpose_x and x.array.ndim > 1:
        x = swapaxes(x, -1, -2)
    if transpose_y and y.array.ndim > 1:
        y = swapaxes(y, -1, -2)
    return product_turn.matmul(x, shapes.to_dtype(y, x.array.dtype))


@function("input:x", "mat2:y")
def mm(input: Any, mat2: Any, name: str | None = None) -> Any:
    """`matmul`."""
    return matmul(input, mat2)


@function("x:input", "y:mat2")
def bmm(x: Any, y: Any, name: str | None = None, *, out: Any = None) -> Any:
    """Products of matrices, one by one: [n, i, j] · [n, j, k]."""
    _pair(x, y, "bmm")
    if x.array.ndim != 3 or y.array.ndim != 3:
        raise ValueError(
            f"x and y should be 3-dimensional. But received x's dimension: {list(x.shape)}, y's dimension: {list(y.shape)}"
        )
    if x.array.shape[2] != y.array.shape[1]:
        raise ValueError("x's width must be equal with y's height. But received x's shape: "
                         f"{list(x.shape)}, y's shape: {list(y.shape)}")  # fmt: skip
    if x.array.shape[0] != y.array.shape[0]:
        raise ValueError("x's batch (shape[0]) must be equal with y's batch (shape[0]). But received x's shape: "
                         f"{list(x.shape)}, y's shape: {list(y.shape)}")  # fmt: skip
    return product_turn.matmul(x, y)


@function("x:input")
def mv(x: Any, vec: Any, name: str | None = None) -> Any:
    """A matrix times a vector."""
    _pair(x, vec, "mv")
    if x.array.ndim != 2 or vec.array.ndim != 1:
        raise ValueError(
            f"(InvalidArgument) mv(): x must have 2 dimensions and vec 1; received the shapes {list(x.array.shape)} and {list(vec.array.shape)}"
        )
    return product_turn.matmul(x, vec)


@function("x:input", "y:tensor")
def dot(x: Any, y: Any, name: str | None = None, *, out: Any = None) -> Any:
    """The inner product of vectors, or of the rows of matrices."""
    _pair(x, y, "dot")
    if x.array.ndim not in (1, 2) or x.array.shape != y.array.shape:
        raise RuntimeError(
            f"(PreconditionNotMet) dot(): x and y must be vectors or matrices of one shape; got {list(x.array.shape)} and {list(y.array.shape)}"
        )
    if x.array.ndim == 1:
        return products.dot(x, y)
    return ew.mul(x, y).sum(-1, keepdim=False)


@function("x:input", "y:vec2")
def outer(x: Any, y: Any, name: str | None = None, *, out: Any = None) -> Any:
    """Every product of an element of `x` and one of `y`."""
    need_tensor(x, "outer")
    need_tensor(y, "outer", "y", 1)
    same_kind(x, y, "outer")
    return ew.mul(shapes.reshape(x, (-1, 1)), shapes.reshape(y, (1, -1)))


@function("x:input", "y:other")
def inner(x: Any, y: Any, name: str | None = None) -> Any:
    """Sums of products over the last dimensions of both."""
    need_tensor(x, "inner")
    need_tensor(y, "inner", "y", 1)
    if x.array.size == 1 or y.array.size == 1:
        return operators.mul(x, y)
    if x.array.shape[-1] != y.array.shape[-1]:
        raise ValueError(f"After performing an optional transpose, Input X's last dim should be equal to Y's last dim, but received "
                         f"{list(x.shape)} and {list(y.shape)}")  # fmt: skip
    return contract.tensordot(x, y, [x.array.ndim - 1], [y.array.ndim - 1])


@function("x:x1", "y:x2")
def vecdot(x: Any, y: Any, axis: int = -1, name: str | None = None) -> Any:
    """Sums of products along `axis`."""
    return operators.mul(x, y).sum(axis)


@function("x:mat1", "y:mat2")
def addmm(input: Any, x: Any, y: Any, beta: float = 1.0, alpha: float = 1.0, name: str | None = None) -> Any:
    """beta · input + alpha · x y."""
    for i, (t, n) in enumerate(((input, "input"), (x, "x"), (y, "y"))):
        need_tensor(t, "addmm", n, i)
    if x.array.ndim != 2 or y.array.ndim != 2:
        raise ValueError(
            f"The dimension of x, y should be 2 but receive x's shape: {list(x.shape)}, y's shape: {list(y.shape)}"
        )
    return products.addmm(input, x, y, number(beta), number(alpha))


in_place("addmm", addmm, resizes=True)


@function("x:batch1", "y:batch2")
def baddbmm(
    input: Any,
    x: Any,
    y: Any,
    beta: float = 1.0,
    alpha: float = 1.0,
    out_dtype: Any = None,
    name: str | None = None,
    *,
    out: Any = None,
) -> Any:
    """beta · input + alpha · the products of matrices, one by one."""
    return products.baddbmm(input, x, y, number(beta), number(alpha))


@function(method=False)
def einsum(equation: str, *operands: Any) -> Any:
    """Products summed over the labels that the output lacks: "ij,jk->ik"."""
    tensors = operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
    for i, t in enumerate(tensors):
        need_tensor(t, "einsum", f"operands[{i}]")
    try:
        return contract.einsum(equation, list(tensors))
    except RuntimeError as error:
        raise ValueError(f"einsum(): {error}") from None


@function("x:a", "y:b")
def tensordot(x: Any, y: Any, axes: Any = 2, name: str | None = None) -> Any:
    """Products summed over `axes`: the last n of `x` with the first n of `y`, or lists of axes of each."""
    need_tensor(x, "tensordot")
    need_tensor(y, "tensordot", "y", 1)
    if x.array.dtype.kind == "f" and y.array.dtype.kind in "iu":
        y = shapes.to_dtype(y, x.array.dtype)
    axes = axes.tolist() if isinstance(axes, Tensor) else axes
    if isinstance(axes, int):
        if axes < 0:
            raise AssertionError(f"tensordot(): axes must not be negative; got {axes}")
        a, b = list(range(x.array.ndim - axes, x.array.ndim)), list(range(axes))
    else:
        pairs = [t.tolist() if isinstance(t, Tensor) else t for t in axes]
        if not pairs or isinstance(pairs[0], int):
            a, b = list(pairs), list(pairs)
        else:
            a, b = list(pairs[0]), list(pairs[1] if len(pairs) > 1 else pairs[0])
        # The longer list gives the axes that the shorter lacks.
        a, b = a + b[len(a) :], b + a[len(b) :]
    a, b = (
        [axis_of(v, x.array.ndim, "tensordot", "axes") for v in a],
        [axis_of(v, y.array.ndim, "tensordot", "axes") for v in b],
    )
    sizes = [x.array.shape[i] for i in a], [y.array.shape[i] for i in b]
    if any([m != n and 1 not in (m, n) for m, n in zip(*sizes, strict=True)]):
        raise AssertionError(f"tensordot(): the sizes of the axes must match; x has {sizes[0]}, y has {sizes[1]}")
    return contract.tensordot(x, y, a, b)


@function("x:input", "y:other")
def kron(x: Any, y: Any, name: str | None = None) -> Any:
    """Blocks of `y`, each times an element of `x`."""
    need_tensor(x, "kron")
    need_tensor(y, "kron", "y", 1)
    n = max(x.array.ndim, y.array.ndim)
    a = (1,) * (n - x.array.ndim) + x.array.shape
    b = (1,) * (n - y.array.ndim) + y.array.shape
    left = shapes.reshape(x, [s for k in a for s in (k, 1)])
    right = shapes.reshape(y, [s for k in b for s in (1, k)])
    return shapes.reshape(ew.mul(left, right), [i * j for i, j in zip(a, b, strict=True)])


@function("x:input", "axis:dim")
def cross(x: Any, y: Any, axis: Any = 9, name: str | None = None) -> Any:
    """The vector product along an axis of size 3: the first such where `axis` is left out."""
    need_tensor(x, "cross")
    need_tensor(y, "cross", "y", 1)
    at = x.array.shape.index(3) if axis in (9, None) and 3 in x.array.shape else axis_of(axis, x.array.ndim, "cross")
    if x.array.shape[at] != 3:
        raise ValueError(
            f"(InvalidArgument) cross(): the size of axis {at} must be 3, but received {x.array.shape[at]}"
        )

    def part(v: Any, k: int) -> Any:
        return v.slice([at], [k], [k + 1])

    pairs = [((1, 2), (2, 1)), ((2, 0), (0, 2)), ((0, 1), (1, 0))]
    return shapes.cat([part(x, i) * part(y, j) - part(x, k) * part(y, m) for (i, j), (k, m) in pairs], at)


@function("x:input")
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, name: str | None = None) -> Any:
    """The sum of the diagonal of a plane of two dimensions."""
    return need_tensor(x, "trace").diagonal(offset, axis1, axis2).sum(-1)


@function("x:input")
def matrix_transpose(x: Any, name: str | None = None) -> Any:
    """The last two dimensions exchanged."""
    if need_tensor(x, "matrix_transpose").array.ndim < 2:
        raise ValueError(f"Tensor.ndim({x.array.ndim}) is required to be greater than or equal to 2.")
    return swapaxes(x, -1, -2)


@function("x:input", "y:other")
def dist(x: Any, y: Any, p: float = 2, name: str | None = None) -> Any:
    """The p-norm of x − y."""
    from plait.ops import statistics

    return statistics.norm(operators.sub(x, y), float(p), flat=True)
