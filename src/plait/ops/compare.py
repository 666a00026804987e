"""Questions with boolean answers: comparisons, classes of floating-point values, logic.

Rules of this file: answers have no gradient; the records of == < > and where are in elementwise.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from plait.ops.elementwise import eq, ge, gt, le, logical_and, lt, ne
from plait.ops.tables import predicate, unary

__all__ = [
    "bitwise_not", "eq", "ge", "gt", "isfinite", "isinf", "isnan", "isneginf", "isposinf", "le", "logical_and", "logical_not",
    "logical_or", "logical_xor", "lt", "ne", "signbit",
]  # fmt: skip


def _exact(answer: bool, function: Any) -> Any:
    """Integers are neither NaN nor infinite."""

    def run(x: NDArray) -> NDArray:
        return np.full(x.shape, answer) if x.dtype.kind in "iub" else function(x)

    return run


isnan = predicate("isnan", np.isnan, 1, export="IsNaN", explain="whether x is NaN", common=False)
isinf = predicate("isinf", np.isinf, 1, export="IsInf", explain="whether x is infinite", common=False)
isfinite = predicate("isfinite", np.isfinite, 1, explain="whether x is neither NaN nor infinite", common=False)
isposinf = predicate("isposinf", _exact(False, lambda x: x == np.inf), 1, explain="whether x is +∞", common=False)
isneginf = predicate("isneginf", _exact(False, lambda x: x == -np.inf), 1, explain="whether x is −∞", common=False)
signbit = predicate(
    "signbit",
    lambda x: x < 0 if x.dtype.kind in "iub" else np.signbit(x),
    1,
    explain="whether x has its sign bit set",
    common=False,
)
logical_not = predicate("logical_not", np.logical_not, 1, export="Not", explain="whether x is zero", common=False)
logical_or = predicate("logical_or", np.logical_or, 2, export="Or", explain="whether a or b is not zero", common=False)
logical_xor = predicate(
    "logical_xor", np.logical_xor, 2, export="Xor", explain="whether exactly one is not zero", common=False
)
bitwise_not = unary(
    "bitwise_not",
    np.invert,
    None,
    real=False,
    integers=True,
    low=-9,
    high=9,
    explain="every bit turned over",
    check=False,
)


def close(x: NDArray, y: NDArray, rtol: float, atol: float, equal_nan: bool) -> NDArray:
    """Elementwise |x − y| ≤ atol + rtol · |y|, or equal; an infinite y is close to every number. NaN is close to NaN where `equal_nan`."""
    with np.errstate(all="ignore"):
        near = (np.abs(np.subtract(x, y, dtype=np.float64)) <= atol + rtol * np.abs(y)) | (x == y)
        return near | (np.isnan(x) & np.isnan(y)) if equal_nan else near
