"""Settings that hold for the whole process: the default floating dtype and the precision of products."""

from __future__ import annotations

import numpy as np

from plait import _native

#: The dtype of floating results that come from Python numbers.
default_dtype: np.dtype = np.dtype(np.float32)

#: What was asked for; "highest" where nothing was, as PyTorch says, though only asking for it rules Winograd's convolution out.
matmul_precision: str = "highest"


def set_default_dtype(dtype: np.dtype) -> None:
    """Make `dtype` the default floating dtype."""
    global default_dtype
    default_dtype = np.dtype(dtype)


def set_matmul_precision(precision: str) -> None:
    """Choose "highest", "high" or "medium".

    "highest" sums 3×3 convolutions product by product. The others, and a process that never chose, take Winograd's way where it pays
    (float32, step 1, at least 32 channels on both sides): about three times fewer operations, and about twice the rounding error
    (1e-6 of the result's norm). Raises ValueError for another word.

    Example:
        >>> from plait import config
        >>> config.set_matmul_precision("high")
        >>> config.matmul_precision
        'high'
        >>> config.set_matmul_precision("highest")
    """
    global matmul_precision
    if precision not in ("highest", "high", "medium"):
        raise ValueError(f"precision must be 'highest', 'high' or 'medium'; got {precision!r}")
    matmul_precision = precision
    _native.set_direct_convolution(precision == "highest")
