"""tf.linalg: products, norms, diagonals, and what NumPy's linear algebra has of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras._errors import InvalidArgumentError
from plait.keras.ops import products
from plait.keras.ops._common import axes_of, raw
from plait.ops import arrange, reduce, views
from plait.ops import elementwise as ew
from plait.ops.shape import permute
from plait.tensorflow._call import as_tensor, face, float_tensor, wrap
from plait.tensorflow.arithmetic import einsum as einsum
from plait.tensorflow.arithmetic import global_norm as global_norm
from plait.tensorflow.arithmetic import matmul as matmul
from plait.tensorflow.arithmetic import tensordot as tensordot
from plait.tensorflow.creation import eye as eye
from plait.tensorflow.nn._normalization import l2_normalize as l2_normalize

__all__ = [
    "det", "diag", "diag_part", "einsum", "eye", "global_norm", "inv", "l2_normalize", "matmul", "matrix_transpose", "matvec", "norm", "normalize",
    "tensordot", "trace",
]  # fmt: skip


@face
def norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = None, name: Any = None) -> Any:
    """The norm of vectors (of the flat tensor without `axis`) or, over two axes, of matrices."""
    x = float_tensor(tensor, "Mul")
    kept = bool(keepdims)
    matrix = isinstance(axis, (list, tuple)) and len(axis) == 2
    if axis is None or ord in ("euclidean", "fro"):
        if ord not in ("euclidean", "fro", 1, 2, np.inf) and not (isinstance(ord, (int, float)) and ord > 0):
            raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
        if ord == "fro" and not matrix and axis is not None:
            raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
        order = 2 if ord in ("euclidean", "fro") else ord
        dims = tuple(range(x.array.ndim)) if axis is None else (axis if isinstance(axis, (list, tuple)) else (axis,))
        axes = axes_of(dims, x.array.ndim) or ()
        return products._vector(x, axes, order, kept)
    if matrix:
        if ord not in (1, 2, np.inf):
            raise ValueError(f"`ord` must be a supported matrix norm in ['euclidean', 'fro', 1, 2, inf], got {ord}")
        return raw(products.norm)(x, ord, tuple(axis), kept)
    return raw(products.norm)(x, ord, axis[0] if isinstance(axis, (list, tuple)) else axis, kept)


@face
def normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None, name: Any = None) -> tuple[Any, Any]:
    """(tensor over its norm, the norm)."""
    length = norm(tensor, ord, axis, True)
    return ew.div(as_tensor(tensor), length), length


@face
def matrix_transpose(a: Any, name: Any = None, conjugate: bool = False) -> Any:
    """The last two axes exchanged."""
    x = as_tensor(a)
    n = x.array.ndim
    if n < 2:
        raise ValueError(
            f"Argument `a` should be a (batch) matrix with rank >= 2. Received: `a` = {a} with shape: {x.shape}"
        )
    return permute(x, (*range(n - 2), n - 1, n - 2))


@face
def matvec(a: Any, b: Any, transpose_a: bool = False, **options: Any) -> Any:
    """A matrix times a vector, or batches of them."""
    got = matmul(a, views.unsqueeze(as_tensor(b), -1), transpose_a)
    return views.squeeze(got, got.array.ndim - 1)


@face
def diag(
    diagonal: Any,
    name: str = "diag",
    k: int = 0,
    num_rows: int = -1,
    num_cols: int = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """Matrices with vectors on diagonal k."""
    if (num_rows, num_cols, padding_value) != (-1, -1, 0) or not isinstance(k, int):
        raise NotImplementedError("linalg.diag: plait has it with k alone")
    return arrange.diag_embed(as_tensor(diagonal), k)


@face
def diag_part(
    input: Any, name: str = "diag_part", k: int = 0, padding_value: Any = 0, align: str = "RIGHT_LEFT"
) -> Any:
    """Diagonal k of matrices."""
    x = as_tensor(input)
    return views.diagonal(x, k, x.array.ndim - 2, x.array.ndim - 1)


@face
def trace(x: Any, name: Any = None) -> Any:
    """The sum of the diagonal of matrices."""
    t = diag_part(x)
    return reduce.sum(t, t.array.ndim - 1)


def _square(input: Any, name: str) -> Any:
    x = float_tensor(input, name)
    if x.array.ndim < 2 or x.array.shape[-1] != x.array.shape[-2]:
        raise InvalidArgumentError(f"Input must be batches of square matrices, got {list(x.array.shape)} [Op:{name}]")
    if x.tracks:
        raise NotImplementedError(f"linalg.{name}: its gradient is not part of plait")
    return x.array


@face
def det(input: Any, name: Any = None) -> Any:
    """The determinant of matrices; no gradient."""
    return wrap(np.linalg.det(_square(input, "MatrixDeterminant")))


@face
def inv(input: Any, adjoint: bool = False, name: Any = None) -> Any:
    """The inverse of matrices; no gradient. InvalidArgumentError for one that has none."""
    try:
        return wrap(np.linalg.inv(_square(input, "MatrixInverse")))
    except np.linalg.LinAlgError:
        raise InvalidArgumentError("Input is not invertible. [Op:MatrixInverse]") from None
