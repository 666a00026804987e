"""torch.linalg: norms and products. Decompositions and solvers are out of scope."""

from __future__ import annotations

import math
from typing import Any

from plait import dtypes
from plait.op import type_name
from plait.ops.spectral import nuclear_norm, singular_norm
from plait.torch._absent import getter
from plait.torch._builtins import install
from plait.torch._tensor import Tensor
from plait.torch.functions._common import dims_argument, into, need_tensor
from plait.torch.functions.linalg import matmul as _matmul
from plait.torch.functions.reduction import amax, amin
from plait.torch.functions.reduction import norm as _norm
from plait.torch.functions.reduction import sum as _sum
from plait.torch.functions.shaping import diagonal as _diagonal

__all__ = ["diagonal", "matmul", "matrix_norm", "multi_dot", "norm", "vecdot", "vector_norm"]


def vector_norm(
    input: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Tensor:
    """The p-norm of the elements along `dim`, of all of them without it.

    >>> from plait import torch
    >>> torch.linalg.vector_norm(torch.tensor([3.0, 4.0]))
    tensor(5.)
    """
    need_tensor(input, "linalg_vector_norm")
    result = _norm(input, float(ord), dim, keepdim, dtype)
    return result if out is None else into("linalg_vector_norm", out, result)


def _sums(x: Tensor, along: int, over: int, least: bool, keepdim: bool) -> Any:
    """The greatest (or least) over one dimension of the sums of magnitudes along the other."""
    sums = _sum(x.abs(), along, True)
    result = (amin if least else amax)(sums, over, True)
    return result if keepdim else result.squeeze((along, over))


def matrix_norm(
    input: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Tensor:
    """The norm of matrices over two dimensions: "fro", "nuc", and 1, 2 or inf (negative for the least instead of the greatest)."""
    need_tensor(input, "linalg_matrix_norm")
    if input.array.ndim < 2:
        raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    if not dtypes.is_floating(input.array.dtype):
        raise RuntimeError(
            f"linalg.matrix_norm: Expected a floating point or complex tensor as input. Got {type_name(input.array.dtype)}"
        )
    dims = dims_argument(dim, "linalg_matrix_norm")
    if not isinstance(dims, tuple) or len(dims) != 2:
        raise RuntimeError("linalg.matrix_norm: dim must be a 2-tuple.")
    x = input if dtype is None else input.to(dtype)
    row, column = (d % x.array.ndim for d in dims)
    if ord == "fro":
        result = _norm(x, 2, (row, column), keepdim)
    elif ord == "nuc":
        result = nuclear_norm(x, (row, column), keepdim)
    elif isinstance(ord, str) or abs(ord) not in (1, 2, math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    elif abs(ord) == 2:
        result = singular_norm(x, (row, column), keepdim, ord < 0)
    else:
        along, over = (row, column) if abs(ord) == 1 else (column, row)
        result = _sums(x, along, over, ord < 0, keepdim)
    return result if out is None else into("linalg_matrix_norm", out, result)


def norm(
    input: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, out: Any = None, dtype: Any = None
) -> Tensor:
    """`vector_norm` of all elements without `ord`, or along one dimension; `matrix_norm` of a matrix, or over two dimensions."""
    need_tensor(input, "linalg_norm")
    if ord is None:
        return vector_norm(input, 2, dim, keepdim, dtype=dtype, out=out)
    dims = dims_argument(dim, "linalg_norm")
    if dims is None:
        if input.array.ndim not in (1, 2):
            raise RuntimeError("linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. "
                               f"Got {input.array.ndim}D.")  # fmt: skip
        dims = (0,) if input.array.ndim == 1 and not isinstance(ord, str) else (-2, -1)
    if isinstance(dims, int):
        dims = (dims,)
    if len(dims) == 1 and not isinstance(ord, str):
        return vector_norm(input, ord, dims, keepdim, dtype=dtype, out=out)
    return matrix_norm(input, ord, dims, keepdim, dtype=dtype, out=out)


def matmul(input: Tensor, other: Tensor, *, out: Any = None) -> Tensor:
    """`torch.matmul`."""
    return _matmul(input, other, out=out)


def multi_dot(tensors: Any, *, out: Any = None) -> Tensor:
    """The product of several matrices (the first and the last may be vectors), in the cheapest order."""
    items = list(tensors)
    if len(items) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(items)}")
    sizes = [items[0].shape[0] if items[0].ndim > 1 else 1, *(t.shape[0] for t in items[1:])]
    sizes.append(items[-1].shape[1] if items[-1].ndim > 1 else 1)

    def best(i: int, j: int) -> tuple[float, Any]:
        """The least multiplications for items i to j, and the split."""
        if i == j:
            return 0.0, None
        if (i, j) not in found:
            found[i, j] = min(
                (best(i, k)[0] + best(k + 1, j)[0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
        return found[i, j]

    def product(i: int, j: int) -> Any:
        if i == j:
            return items[i]
        k = best(i, j)[1]
        return _matmul(product(i, k), product(k + 1, j))

    found: dict[tuple[int, int], Any] = {}
    result = product(0, len(items) - 1)
    return result if out is None else into("linalg_multi_dot", out, result)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Any = None) -> Tensor:
    """The dot products along `dim`."""
    result = _sum(x.mul(y), dim)
    return result if out is None else into("linalg_vecdot", out, result)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices."""
    return _diagonal(A, offset, dim1, dim2)


install("torch.linalg", globals())

__getattr__ = getter(__name__)
