"""Settings that hold for the whole process: the default floating dtype and the precision of products."""

from __future__ import annotations

import numpy as np

#: The dtype of floating results that come from Python numbers.
default_dtype: np.dtype = np.dtype(np.float32)

#: "highest" uses direct arithmetic alone; "high" and "medium" allow algorithms with slightly larger rounding.
matmul_precision: str = "highest"


def set_default_dtype(dtype: np.dtype) -> None:
    """Make `dtype` the default floating dtype."""
    global default_dtype
    default_dtype = np.dtype(dtype)


def set_matmul_precision(precision: str) -> None:
    """Choose "highest", "high" or "medium"."""
    global matmul_precision
    if precision not in ("highest", "high", "medium"):
        raise ValueError(f"precision must be 'highest', 'high' or 'medium'; got {precision!r}")
    matmul_precision = precision
