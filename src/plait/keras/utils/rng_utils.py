"""Seeds, and a fresh start for names."""

from __future__ import annotations

import random
from typing import Any

import numpy as np


def set_random_seed(seed: Any) -> None:
    """Seed Python's, NumPy's and the dialect's generators: a run with the same seed gives the same numbers.

    ValueError for what is no whole number.
    """
    if not isinstance(seed, int):
        raise ValueError(f"Expected `seed` argument to be an integer. Received: seed={seed} (of type {type(seed)})")
    random.seed(seed)
    np.random.seed(seed)
    from plait.keras.random._seed import set_global_seed

    set_global_seed(seed)


def clear_session(free_memory: bool = True) -> None:
    """Count automatic names from the start again, and forget the global seed generator and the global dtype policy."""
    from plait.keras._naming import reset_uids
    from plait.keras.dtype_policies import forget_dtype_policy
    from plait.keras.random._seed import forget_global

    reset_uids()
    forget_global()
    forget_dtype_policy()
