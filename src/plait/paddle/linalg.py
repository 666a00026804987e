"""`paddle.linalg`: what the tensor functions have of it."""

from __future__ import annotations

from typing import Any

from plait.paddle.functions import cross, diagonal, matmul, matrix_transpose, norm, vecdot

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
    """The p-norm of the elements over `axis`."""
    return norm(x, p, axis, keepdim, out=out, dtype=dtype)


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
