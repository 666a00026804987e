"""The engine's memory: what its allocator holds, and how much it keeps for the next call.

Freed blocks are kept for reuse, since fresh pages cost far more than the arithmetic of most layers. The functions below are also
`plait.memory_stats` and so on.
"""

from __future__ import annotations

import operator

from plait import _native

__all__ = ["empty_cache", "memory_stats", "reset_peak_memory", "set_cache_limit"]


def memory_stats() -> dict[str, int]:
    """What the allocator holds and did, for the whole process, all dialects and threads together.

    Counted are the arrays that the engine makes (results of layers, gradients, scratch of kernels), each by its block: up to an eighth
    more than its bytes, a large one that reuses a larger block up to half. Arrays made by NumPy, data handed in by `from_numpy` among
    them, are not.

    Returns:
        dict of bytes and numbers: `in_use`, bytes of blocks that live; `peak_in_use`, the most there ever were of these, since
        `reset_peak_memory` if that was called; `cached`, bytes of freed blocks kept for reuse; `limit`, the most that are kept;
        `hits` and `misses`, how many blocks came from the cache and from the system.

    Example:
        >>> import plait
        >>> from plait import torch
        >>> before = plait.memory_stats()["in_use"]
        >>> x = torch.ones(1024, 1024)
        >>> y = x + x
        >>> 2**22 <= plait.memory_stats()["in_use"] - before <= 3 * 2**22
        True
    """
    stats: dict[str, int] = _native.memory_stats()
    return stats


def empty_cache() -> None:
    """Give the freed blocks that are kept for reuse back to the system; arrays that live are not touched.

    Example:
        >>> import plait
        >>> plait.empty_cache()
        >>> plait.memory_stats()["cached"]
        0
    """
    _native.empty_cache()


def set_cache_limit(limit: int) -> None:
    """Keep at most `limit` bytes of freed blocks; the blocks used longest ago go first, those above the limit at once.

    The limit at the start is an eighth of the machine's memory, at most 4 GiB. 0 keeps nothing. Arrays that live are not limited.
    Raises ValueError for a negative number, TypeError for what is no whole number.

    Example:
        >>> import plait
        >>> before = plait.memory_stats()["limit"]
        >>> plait.set_cache_limit(256 * 2**20)
        >>> plait.memory_stats()["limit"] // 2**20
        256
        >>> plait.set_cache_limit(before)
    """
    limit = operator.index(limit)
    if limit < 0:
        raise ValueError(f"set_cache_limit: limit must be a number of bytes, at least 0; got {limit}")
    _native.set_cache_limit(limit)


def reset_peak_memory() -> None:
    """Count `peak_in_use` anew, from what is in use now.

    Example:
        >>> import plait
        >>> plait.reset_peak_memory()
        >>> stats = plait.memory_stats()
        >>> stats["peak_in_use"] == stats["in_use"]
        True
    """
    _native.reset_peak()
