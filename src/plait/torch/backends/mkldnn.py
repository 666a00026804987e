"""torch.backends.mkldnn: upstream's CPU build has it; what it does, plait's own kernels do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

__all__ = ["flags", "is_available"]

enabled = True
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """True, as in upstream's CPU build."""
    return True


@contextlib.contextmanager
def flags(
    enabled: bool = False, deterministic: bool = False, allow_tf32: bool = True, fp32_precision: str = "none"
) -> Iterator[None]:
    """Accepted; nothing changes."""
    yield
