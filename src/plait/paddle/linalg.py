"""`paddle.linalg`: what the tensor functions have of it."""

from __future__ import annotations

from typing import Any

from plait.ops import statistics
from plait.paddle.functions import assign, cross, diagonal, matmul, matrix_transpose, norm, vecdot
from plait.paddle.functions._common import axes_of
from plait.paddle.functions.reduction import normed

__all__ = [
    "cross",
    "diagonal",
    "matmul",
    "matrix_norm",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "vecdot",
    "vector_norm",
]


def vector_norm(
    x: Any,
    p: float = 2.0,
    axis: Any = None,
    keepdim: bool = False,
    name: str | None = None,
    *,
    dtype: Any = None,
    out: Any = None,
) -> Any:
    """The p-norm of the elements over `axis`, however many axes it names. Raises ValueError for a `p` that is no number."""
    if not isinstance(p, (int, float)):
        raise ValueError(f"vector_norm(): p must be an int or a float, found {type(p)}")
    x = normed(x, dtype)
    result = statistics.norm(x, float(p), axes_of(axis, x.array.ndim, "vector_norm"), bool(keepdim), True)
    if out is not None:
        assign(result, output=out)
    return result


def matrix_norm(x: Any, p: Any = "fro", axis: Any = [-2, -1], keepdim: bool = False, name: str | None = None) -> Any:  # noqa: B006
    """The norm of matrices in two dimensions: "fro" or "nuc". Raises NotImplementedError for others."""
    if p not in ("fro", "nuc"):
        raise NotImplementedError(f"matrix_norm: p must be 'fro' or 'nuc' in plait; got {p!r}")
    return norm(x, p, axis, keepdim)


def multi_dot(x: Any, name: str | None = None) -> Any:
    """The product of several matrices, from the left to the right."""
    if len(x) < 2:
        raise ValueError(f"multi_dot() needs at least two tensors; got {len(x)}")
    product = x[0]
    for t in x[1:]:
        product = matmul(product, t)
    return product
