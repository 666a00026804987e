"""torch.xpu: there is no such device."""

from __future__ import annotations

from plait.torch._absent import getter

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed"]


def is_available() -> bool:
    """False: plait computes on the CPU."""
    return False


def device_count() -> int:
    """0: plait computes on the CPU."""
    return 0


def manual_seed(seed: int) -> None:
    """Does nothing: there is no device."""


def empty_cache() -> None:
    """Does nothing: there is no device."""


__getattr__ = getter(__name__)
