"""torch.backends.openmp: upstream's CPU build has it; what it does, plait's own kernels do."""

from __future__ import annotations

__all__ = ["is_available"]


def is_available() -> bool:
    """True, as in upstream's CPU build."""
    return True
