"""Norms of matrices by singular values: their sum, whose derivative is the matrix's polar factor, the greatest and the least.

Rules of this file: singular value decompositions are NumPy's; the polar factor's own derivative (Higham, Functions of Matrices,
chapter 8, for matrices of full rank) makes second derivatives follow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from plait import dtypes
from plait.dtypes import F64
from plait.op import Op, Sample, apply
from plait.ops.rows import no_rejects
from plait.ops.shape import reshape
from plait.ops.tables import values
from plait.ops.views import movedim


def _cost(shapes: Any, _params: Any = ()) -> tuple[int, int]:
    *batch, m, n = shapes[0]
    return int(np.prod(batch)) * 14 * m * n * min(m, n), 8 * int(np.prod(shapes[0]))


def _nuclear(x: NDArray) -> NDArray:
    work = dtypes.cast(x, F64)
    return dtypes.cast(np.asarray(np.linalg.svd(work, compute_uv=False).sum(-1)), x.dtype)


def _polar(x: NDArray) -> NDArray:
    u, _, vh = np.linalg.svd(dtypes.cast(x, F64), full_matrices=False)
    return dtypes.cast(u @ vh, x.dtype)


def _polar_change(x: NDArray, d: NDArray) -> NDArray:
    """The derivative of the polar factor at `x` in the direction `d`; the map is its own adjoint."""
    u, s, vh = np.linalg.svd(dtypes.cast(x, F64), full_matrices=False)
    ut, v, d = np.swapaxes(u, -1, -2), np.swapaxes(vh, -1, -2), dtypes.cast(d, F64)
    inner = ut @ d @ v
    gaps = s[..., :, None] + s[..., None, :]
    out = u @ ((inner - np.swapaxes(inner, -1, -2)) / gaps) @ vh
    out = out + ((d @ v) - u @ (ut @ d @ v)) / s[..., None, :] @ vh
    out = out + (u / s[..., None, :]) @ ((ut @ d) - (ut @ d @ v) @ vh)
    return dtypes.cast(out, x.dtype)


NUCLEAR: Op = Op(
    "nuclear_norm", kind="linalg", forward=_nuclear, infer=lambda x: [(x[0][:-2], x[1])], reference=_nuclear, rejects=no_rejects,
    backward=lambda ctx, g: reshape(g, (*g.array.shape, 1, 1)) * apply(POLAR, (ctx.x(0),)), cost=_cost,
    samples=lambda: [Sample([values((3, 4), -1, 1)]), Sample([values((2, 3, 3), -1, 1)])], explain="the sum of the singular values",
    export=None, save_inputs=(0,), grad_name="LinalgVectorNormBackward0",
)  # fmt: skip
POLAR: Op = Op(
    "polar_factor", kind="linalg", forward=_polar, infer=lambda x: [x], reference=_polar, rejects=no_rejects,
    backward=lambda ctx, g: apply(POLAR_CHANGE, (ctx.x(0), g)), cost=_cost,
    samples=lambda: [Sample([values((3, 4), -1, 1)]), Sample([values((2, 3, 3), -1, 1)])], explain="U·Vᵀ of the singular value decomposition",
    export=None, save_inputs=(0,),
)  # fmt: skip
POLAR_CHANGE: Op = Op(
    "polar_change", kind="linalg", forward=_polar_change, infer=lambda x, d: [x], reference=_polar_change, rejects=no_rejects, backward=None,
    samples=lambda: [Sample([values((3, 4), -1, 1), values((3, 4), -1, 1, 1)], grad=False)], cost=_cost,
    explain="how the polar factor changes along a direction", export=None,
)  # fmt: skip


def _extreme(x: NDArray, least: bool) -> NDArray:
    values_of = np.linalg.svd(dtypes.cast(x, F64), compute_uv=False)
    return dtypes.cast(np.asarray(values_of[..., -1 if least else 0]), x.dtype)


def _extreme_factor(x: NDArray, least: bool) -> NDArray:
    """u·vᵀ of that singular value: its derivative."""
    u, _, vh = np.linalg.svd(dtypes.cast(x, F64), full_matrices=False)
    i = -1 if least else 0
    return dtypes.cast(u[..., :, i, None] * vh[..., None, i, :], x.dtype)


EXTREME: Op = Op(
    "singular_value", kind="linalg", forward=_extreme, infer=lambda x, least: [(x[0][:-2], x[1])], reference=_extreme, rejects=no_rejects,
    backward=lambda ctx, g: reshape(g, (*g.array.shape, 1, 1)) * apply(EXTREME_FACTOR, (ctx.x(0),), ctx.params), cost=_cost,
    samples=lambda: [Sample([values((3, 4), -1, 1)], (False,)), Sample([values((2, 3, 3), -1, 1)], (True,))],
    explain="the greatest singular value, or the least", export=None, save_inputs=(0,), grad_name="AmaxBackward0",
)  # fmt: skip
EXTREME_FACTOR: Op = Op(
    "singular_factor", kind="linalg", forward=_extreme_factor, infer=lambda x, least: [x], reference=_extreme_factor, rejects=no_rejects,
    backward=None, samples=lambda: [Sample([values((3, 4), -1, 1)], (False,), grad=False)], cost=_cost,
    explain="u·vᵀ of the greatest singular value, or of the least", export=None,
)  # fmt: skip


def singular_norm(x: Any, dims: tuple[int, int], keepdim: bool = False, least: bool = False) -> Any:
    """The greatest singular value over two dimensions, or the least."""
    return _over(EXTREME, x, dims, keepdim, (least,))


def _over(op: Op, x: Any, dims: Any, keepdim: bool, params: tuple[Any, ...] = ()) -> Any:
    n = x.array.ndim
    a, b = (d % n for d in dims)
    got = apply(op, (movedim(x, (a, b), (-2, -1)),), params)
    if keepdim:
        got = reshape(got, tuple(1 if d in (a, b) else s for d, s in enumerate(x.array.shape)))
    return got


def nuclear_norm(x: Any, dims: Any = None, keepdim: bool = False) -> Any:
    """The sum of singular values over two dimensions (the last ones, where a matrix is given)."""
    n = x.array.ndim
    if dims is None:
        if n != 2:
            raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions." if n < 2 else
                               "norm('nuc') over all dimensions needs a matrix")  # fmt: skip
        dims = (0, 1)
    return _over(NUCLEAR, x, dims, keepdim)
