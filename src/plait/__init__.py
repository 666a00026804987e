"""plait: one engine of neural-network layers, with the dialects of the large frameworks plaited round it.

The dialects are `plait.torch`, `plait.paddle`, `plait.keras` and `plait.tensorflow`. What concerns the engine itself is here, and loaded
when first used: `memory_stats`, `empty_cache`, `set_cache_limit`, `reset_peak_memory` (see `plait.memory`).
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_MEMORY = ("empty_cache", "memory_stats", "reset_peak_memory", "set_cache_limit")

if TYPE_CHECKING:
    from plait.memory import empty_cache, memory_stats, reset_peak_memory, set_cache_limit


def __getattr__(name: str) -> Any:
    if name in _MEMORY:
        import importlib

        found = globals()[name] = getattr(importlib.import_module("plait.memory"), name)
        return found
    raise AttributeError(f"module 'plait' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MEMORY})
