"""Functions made of other functions: traces, products of sets, quantiles, covariance, promotion of operands."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from plait import dtypes
from plait.layers.quantile import INTERPOLATIONS, quantiles
from plait.ops import elementwise as ew
from plait.ops import shape, views
from plait.ops.index import index_select
from plait.ops.reduce import mean
from plait.ops.reduce import sum as sum_
from plait.torch._dtypes import from_numpy_dtype
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import into, need_tensor, number
from plait.torch.functions.arranging import meshgrid
from plait.torch.functions.joining import cat, stack

__all__ = ["block_diag", "cartesian_prod", "combinations", "corrcoef", "cov", "cross", "kron", "nanquantile", "quantile", "result_type", "trace",
           "vander"]  # fmt: skip


def result_type(tensor1: Any, tensor2: Any) -> Any:
    """The dtype that an operation on two tensors or numbers would give."""
    return from_numpy_dtype(
        dtypes.result_type(*(v.array if isinstance(v, Tensor) else number(v) for v in (tensor1, tensor2)))
    )


@method
def trace(input: Any) -> Any:
    """The sum of a matrix's diagonal."""
    need_tensor(input, "trace")
    if input.array.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.array.ndim}")
    got = views.diagonal(input)
    return sum_(shape.to_dtype(got, dtypes.I64) if got.array.dtype.kind in "iub" else got)


def cartesian_prod(*tensors: Any) -> Any:
    """All combinations of elements of the vectors, one a row."""
    for x in tensors:
        if x.array.ndim != 1:
            raise RuntimeError("Expect a 1D vector, but got shape " + str(list(x.array.shape)))
    if len(tensors) == 1:
        return tensors[0]
    grids = meshgrid(*tensors, indexing="ij")
    return stack([shape.reshape(g, (-1,)) for g in grids], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All combinations of r elements of a vector, one a row."""
    if input.array.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.array.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    choose: Any = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = np.array(list(choose(range(input.array.size), r)), np.int64).reshape(-1, r)
    if r == 0:
        return Tensor.wrap(np.empty(0, input.array.dtype))
    return shape.reshape(index_select(input, 0, Tensor.wrap(rows.reshape(-1))), rows.shape)


def block_diag(*tensors: Any) -> Any:
    """Matrices along a diagonal, zeros elsewhere."""
    parts = [shape.reshape(x, (1, -1)) if x.array.ndim < 2 else x for x in tensors]
    width = sum(x.array.shape[1] for x in parts)
    rows, left = [], 0
    for x in parts:
        h, w = x.array.shape
        rows.append(
            cat(
                [
                    x.face.wrap(np.zeros((h, left), x.array.dtype)),
                    x,
                    x.face.wrap(np.zeros((h, width - left - w), x.array.dtype)),
                ],
                1,
            )
        )
        left += w
    return cat(rows, 0)


@method
def kron(input: Any, other: Any) -> Any:
    """The Kronecker product."""
    n = max(input.array.ndim, other.array.ndim)
    a = (1,) * (n - input.array.ndim) + input.array.shape
    b = (1,) * (n - other.array.ndim) + other.array.shape
    x = shape.reshape(input, tuple(v for d in a for v in (d, 1)))
    y = shape.reshape(other, tuple(v for d in b for v in (1, d)))
    return shape.reshape(ew.mul(x, y), tuple(p * q for p, q in zip(a, b, strict=True)))


@method
def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """The vector product along a dimension of size 3 (the first such one)."""
    x, y = input, other
    full = np.broadcast_shapes(x.array.shape, y.array.shape)
    if dim is None:
        if 3 not in x.array.shape:
            raise RuntimeError("no dimension of size 3 in input")
        dim = x.array.shape.index(3)
    d = shape.wrap_dim(dim, len(full))
    if full[d] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {x.array.shape[d]} and {y.array.shape[d]}"
        )
    x, y = shape.expand(x, full), shape.expand(y, full)
    index = [Tensor.wrap(np.array(i, np.int64)) for i in ((1, 2, 0), (2, 0, 1))]
    a = ew.mul(index_select(x, d, index[0]), index_select(y, d, index[1]))
    return ew.sub(a, ew.mul(index_select(x, d, index[1]), index_select(y, d, index[0])))


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Powers of a vector's elements as columns."""
    n = x.array.size if N is None else N
    base = shape.to_dtype(x, dtypes.I64) if x.array.dtype.kind in "iub" else x
    powers = range(n) if increasing else range(n - 1, -1, -1)
    columns = [ew.pow(base, p) for p in powers]
    return stack(columns, 1) if columns else Tensor.wrap(np.empty((x.array.size, 0), base.array.dtype))


def _quantile(x: Any, q: Any, dim: Any, keepdim: bool, interpolation: str, skip: bool, name: str) -> Any:
    need_tensor(x, name)
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if not x.array.size:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    points = q.array if isinstance(q, Tensor) else np.asarray(q, x.array.dtype)
    if np.any((points < 0) | (points > 1)):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    old = x.array.shape
    d = 0 if dim is None else shape.wrap_dim(dim, x.array.ndim)
    flat = shape.reshape(x, (-1,)) if dim is None or not old else views.movedim(x, (d,), (x.array.ndim - 1,))
    a = quantiles(flat, points, interpolation, skip)
    last = flat.array.ndim - 1
    got = views.movedim(a, (last,), (0,))
    if keepdim:
        kept = (1,) * len(old) if dim is None or not old else (*old[:d], 1, *old[d + 1 :])
        got = shape.reshape(got, (points.size, *kept))
    return got if points.ndim else views.select(got, 0, 0)


@method
def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear", out: Any = None
) -> Any:
    """Quantiles of all elements or along `dim`; several q come along a new first dimension."""
    result = _quantile(input, q, dim, keepdim, interpolation, False, "quantile")
    return result if out is None else into("quantile", out, result)


@method
def nanquantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear", out: Any = None
) -> Any:
    """`quantile`, passing over NaN."""
    result = _quantile(input, q, dim, keepdim, interpolation, True, "nanquantile")
    return result if out is None else into("nanquantile", out, result)


@method
def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariance of variables given as rows."""
    x = shape.reshape(input, (1, -1)) if input.array.ndim < 2 else input
    if x.array.dtype.kind in "iub":
        x = shape.to_dtype(x, dtypes.number_dtype(1.0))
    n = x.array.shape[1]
    weights = None
    for w in (fweights, aweights):
        if w is not None:
            w = shape.to_dtype(w, x.array.dtype)
            weights = w if weights is None else ew.mul(weights, w)
    from plait.torch.functions.linalg import matmul

    if weights is None:
        centred = ew.sub(x, mean(x, (1,), True))
        got = ew.div(matmul(centred, views.transpose(centred, 0, 1)), max(n - correction, 0))
    else:
        total = sum_(weights)
        centre = ew.div(sum_(ew.mul(x, weights), (1,), True), total)
        centred = ew.sub(x, centre)
        norm: Any = ew.sub(total, correction)
        if aweights is not None and correction:
            part = ew.div(sum_(ew.mul(weights, shape.to_dtype(aweights, x.array.dtype))), total)
            norm = ew.sub(total, ew.mul(part, correction))
        got = ew.div(matmul(ew.mul(centred, weights), views.transpose(centred, 0, 1)), norm)
    return shape.reshape(got, ()) if got.array.size == 1 else got


@method
def corrcoef(input: Any) -> Any:
    """The correlation of variables given as rows."""
    c = cov(input)
    if not c.array.ndim:
        return ew.div(c, c)
    d = ew.sqrt(views.diagonal(c))
    return ew.div(ew.div(c, views.unsqueeze(d, 1)), views.unsqueeze(d, 0))
