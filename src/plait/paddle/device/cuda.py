"""`paddle.device.cuda`: there is no GPU."""

from __future__ import annotations

from typing import Any

__all__ = ["device_count", "empty_cache", "max_memory_allocated", "memory_allocated", "synchronize"]


def device_count() -> int:
    """0."""
    return 0


def is_available() -> bool:
    """False."""
    return False


def empty_cache() -> None:
    """Nothing is held."""


def synchronize(device: Any = None) -> None:
    """Refused: there is no GPU. Raises ValueError."""
    raise ValueError("paddle.device.cuda.synchronize: plait computes on the CPU only")


def memory_allocated(device: Any = None) -> int:
    """Refused: there is no GPU. Raises ValueError."""
    raise ValueError("paddle.device.cuda: plait computes on the CPU only")


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated
