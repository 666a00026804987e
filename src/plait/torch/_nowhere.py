"""What modules of devices that are not there have in common."""

from __future__ import annotations

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
