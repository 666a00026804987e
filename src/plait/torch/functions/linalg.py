"""Products of matrices in the `torch` namespace, and Tensor's methods of the same names."""

from __future__ import annotations

from typing import Any

from plait.op import apply_
from plait.ops import contract, distance
from plait.ops import elementwise as ew
from plait.ops import matmul as ops
from plait.ops.product import ADDBMM, ADDMM, ADDMV, BADDBMM
from plait.torch import _builtins
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import into_exact, need_tensor, number

__all__ = [
    "addbmm", "addmm", "addmv", "baddbmm", "bilinear", "bmm", "cdist", "dot", "einsum", "ger", "inner", "matmul", "mm", "mv", "outer", "pdist",
    "tensordot",
]  # fmt: skip


def _result(function: str, result: Any, out: Any) -> Any:
    return result if out is None else into_exact(function, out, result)


def _need(function: str, *tensors: tuple[str, Any]) -> None:
    for i, (argument, value) in enumerate(tensors, 1):
        need_tensor(value, function, argument, i)


@method
def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product by rank: dot, matrix-vector, matrices, or batches of matrices that broadcast.

    >>> from plait import torch
    >>> torch.matmul(torch.ones(2, 3), torch.ones(3))
    tensor([3., 3.])
    """
    if not isinstance(input, Tensor) or not isinstance(other, Tensor):
        _need("matmul", ("input", input), ("other", other))
    result: Tensor = ops.matmul(input, other)
    return result if out is None else _result("matmul", result, out)


@method("__matmul__")
def _matmul(self: Tensor, other: Any) -> Any:
    return ops.matmul(self, other) if isinstance(other, Tensor) else NotImplemented


@method("__rmatmul__")
def _rmatmul(self: Tensor, other: Any) -> Any:
    return ops.matmul(other, self) if isinstance(other, Tensor) else NotImplemented


@method
def mm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of two matrices."""
    _need("mm", ("input", input), ("mat2", mat2))
    return _result("mm", ops.mm(input, mat2), out)


@method
def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of two batches of matrices, [b, m, k] and [b, k, n]."""
    _need("bmm", ("input", input), ("mat2", mat2))
    return _result("bmm", ops.bmm(input, mat2), out)


@method
def mv(input: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of a matrix and a vector."""
    _need("mv", ("input", input), ("vec", vec))
    return _result("mv", ops.mv(input, vec), out)


@method
def dot(input: Tensor, tensor: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sum of the products of two vectors' elements."""
    _need("dot", ("input", input), ("tensor", tensor))
    return _result("dot", ops.dot(input, tensor), out)


@method
def outer(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """input[i] * vec2[j]."""
    _need("outer", ("input", input), ("vec2", vec2))
    for name, v in (("self", input), ("vec2", vec2)):
        if v.array.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {v.array.ndim}-D")
    return _result("outer", ops.outer(input, vec2), out)


ger = outer
method("ger")(outer)


@method
def inner(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sum of products along both tensors' last dimensions."""
    _need("inner", ("input", input), ("other", other))
    a, b = input.array, other.array
    if a.ndim == 0 or b.ndim == 0:
        result = ew.mul(input, other)
    else:
        if a.shape[-1] != b.shape[-1]:
            raise RuntimeError(
                f"inner() the last dimension must match on both input tensors but got shapes {list(a.shape)} and {list(b.shape)}"
            )
        result = contract.tensordot(input, other, (-1,), (-1,))
    return _result("inner", result, out)


@method
def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1, out: Tensor | None = None
) -> Tensor:
    """beta * input + alpha * mat1·mat2; `input` broadcasts."""
    _need("addmm", ("input", input), ("mat1", mat1), ("mat2", mat2))
    return _result("addmm", ops.addmm(input, mat1, mat2, number(beta), number(alpha)), out)


@method
def addmm_(self: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """`addmm` in place."""
    _need("addmm_", ("input", self), ("mat1", mat1), ("mat2", mat2))
    _check_own_shape(self, (*mat1.array.shape[:1], *mat2.array.shape[1:]))
    return apply_(ADDMM, self, (self, mat1, mat2), (number(beta), number(alpha)))


@method
def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1, out: Tensor | None = None
) -> Tensor:
    """beta * input + alpha * batch1·batch2 over batches of matrices; `input` broadcasts."""
    _need("baddbmm", ("input", input), ("batch1", batch1), ("batch2", batch2))
    return _result("baddbmm", ops.baddbmm(input, batch1, batch2, number(beta), number(alpha)), out)


@method
def baddbmm_(self: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """`baddbmm` in place."""
    _need("baddbmm_", ("input", self), ("batch1", batch1), ("batch2", batch2))
    _check_own_shape(self, (*batch1.array.shape[:2], *batch2.array.shape[2:]))
    return apply_(BADDBMM, self, (self, batch1, batch2), (number(beta), number(alpha)))


def _check_own_shape(target: Tensor, shape: tuple[int, ...]) -> None:
    if target.array.shape != shape:
        raise RuntimeError(
            f"output with shape {list(target.array.shape)} doesn't match the broadcast shape {list(shape)}"
        )


@method
def addmv(
    input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1, out: Tensor | None = None
) -> Tensor:
    """beta * input + alpha * mat·vec; `input` broadcasts."""
    _need("addmv", ("input", input), ("mat", mat), ("vec", vec))
    return _result("addmv", ops.addmv(input, mat, vec, number(beta), number(alpha)), out)


@method
def addmv_(self: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """`addmv` in place."""
    _need("addmv_", ("input", self), ("mat", mat), ("vec", vec))
    _check_own_shape(self, mat.array.shape[:1])
    return apply_(ADDMV, self, (self, mat, vec), (number(beta), number(alpha)))


@method
def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1, out: Tensor | None = None
) -> Tensor:
    """beta * input + alpha * the sum of the products of two batches of matrices."""
    _need("addbmm", ("input", input), ("batch1", batch1), ("batch2", batch2))
    return _result("addbmm", ops.addbmm(input, batch1, batch2, number(beta), number(alpha)), out)


@method
def addbmm_(self: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """`addbmm` in place."""
    _need("addbmm_", ("input", self), ("batch1", batch1), ("batch2", batch2))
    _check_own_shape(self, (*batch1.array.shape[1:2], *batch2.array.shape[2:]))
    return apply_(ADDBMM, self, (self, batch1, batch2), (number(beta), number(alpha)))


def einsum(*args: Any) -> Tensor:
    """The sum of products that an equation names: einsum("ij,jk->ik", a, b), or with lists of numbers: einsum(a, [0, 1], b, [1, 2]).

    >>> from plait import torch
    >>> torch.einsum("ii", torch.eye(3))
    tensor(3.)
    """
    if len(args) < 2:
        raise ValueError("einsum(): must specify the equation string and at least one operand, "
                         "or at least one operand and its subscripts list")  # fmt: skip
    if isinstance(args[0], Tensor):
        operands = list(args[0 : len(args) - 1 : 2]) if len(args) % 2 else list(args[::2])
        labels = [contract.sublist_labels(s) for s in args[1 : 2 * len(operands) : 2]]
        output = contract.sublist_labels(args[-1]) if len(args) % 2 else None
        _need("einsum", *(("operands", x) for x in operands))
        return contract.contract(labels, output, operands)
    equation = args[0]
    if not isinstance(equation, str):
        raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {type(equation).__name__}")
    operands = list(args[1]) if len(args) == 2 and isinstance(args[1], (list, tuple)) else list(args[1:])
    _need("einsum", *(("operands", x) for x in operands))
    return contract.einsum(equation, operands)


def tensordot(a: Tensor, b: Tensor, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    """The sum over a's last `dims` dimensions and b's first, or over the two lists of dimensions that `dims` holds."""
    _builtins.ask(a, "dim")
    _builtins.ask(b, "dim")
    if isinstance(dims, Tensor):
        dims = dims.array.tolist() if dims.array.size > 1 else int(dims.array.reshape(-1)[0])
    if isinstance(dims, (tuple, list)):
        dims_a, dims_b = (([d] if isinstance(d, int) else list(d)) for d in dims)
    else:
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.array.ndim, b.array.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims_a, dims_b = list(range(-dims, 0)), list(range(dims))
    return _result("tensordot", contract.tensordot(a, b, dims_a, dims_b), out)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input1 [..., i] · weight [o, i, j] · input2 [..., j] + bias [o]: gives [..., o]."""
    _need("bilinear", ("input1", input1), ("input2", input2), ("weight", weight))
    return contract.bilinear(input1, input2, weight, bias)


_COMPUTE_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """p-norm distances between the rows of x1 [..., m, k] and of x2 [..., n, k]: gives [..., m, n]."""
    if compute_mode not in _COMPUTE_MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    _builtins.inner.cdist(x1, x2, p, None)
    return distance.cdist(x1, x2, number(p))


def pdist(input: Tensor, p: float = 2) -> Tensor:
    """p-norm distances between all pairs of rows i < j of input [n, k]: gives [n (n - 1) / 2]."""
    need_tensor(input, "pdist")
    return distance.pdist(input, number(p))
