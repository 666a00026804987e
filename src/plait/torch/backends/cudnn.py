"""torch.backends.cudnn: not there; its switches can be set."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

__all__ = ["flags", "is_acceptable", "is_available", "version"]

enabled = True
benchmark = False
deterministic = False
allow_tf32 = True
benchmark_limit: int | None = None


def is_available() -> bool:
    """False."""
    return False


def version() -> int | None:
    """None."""
    return None


def is_acceptable(tensor: object) -> bool:
    """False."""
    return False


@contextlib.contextmanager
def flags(
    enabled: bool = False,
    benchmark: bool = False,
    benchmark_limit: int = 10,
    deterministic: bool = False,
    allow_tf32: bool = True,
    fp32_precision: str = "none",
) -> Iterator[None]:
    """Sets the switches for a with block."""
    names = ("enabled", "benchmark", "deterministic", "allow_tf32")
    before = [globals()[n] for n in names]
    globals().update(enabled=enabled, benchmark=benchmark, deterministic=deterministic, allow_tf32=allow_tf32)
    try:
        yield
    finally:
        globals().update(zip(names, before, strict=True))
