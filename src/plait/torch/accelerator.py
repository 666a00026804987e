"""torch.accelerator: there is none."""

from __future__ import annotations

from typing import Any

from plait.torch._absent import getter

__all__ = ["current_accelerator", "device_count", "is_available"]


def is_available() -> bool:
    """False: plait computes on the CPU."""
    return False


def device_count() -> int:
    """0: plait computes on the CPU."""
    return 0


def current_accelerator(check_available: bool = False) -> Any:
    """None: plait computes on the CPU."""
    return None


__getattr__ = getter(__name__)
