"""torch.multiprocessing: Python's own, with upstream's extra names. Tensors are copied between processes."""

from __future__ import annotations

import multiprocessing
from multiprocessing import *
from typing import Any

__all__ = [
    *multiprocessing.__all__,
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "set_sharing_strategy",
    "spawn",
]


def get_all_sharing_strategies() -> set[str]:
    """Upstream's names; here all of them copy."""
    return {"file_descriptor", "file_system"}


def get_sharing_strategy() -> str:
    """The strategy upstream starts with."""
    return "file_descriptor"


def set_sharing_strategy(new_strategy: str) -> None:
    """Accepted."""
    if new_strategy not in get_all_sharing_strategies():
        raise AssertionError(f"invalid sharing strategy {new_strategy}")


def spawn(
    fn: Any,
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> Any:
    """Runs fn(i, *args) in nprocs processes; RuntimeError when one of them fails."""
    context = multiprocessing.get_context(start_method)
    processes = [context.Process(target=fn, args=(i, *args), daemon=daemon) for i in range(nprocs)]  # type: ignore[attr-defined]
    for process in processes:
        process.start()
    if not join:
        return processes
    for i, process in enumerate(processes):
        process.join()
        if process.exitcode:
            raise RuntimeError(f"process {i} terminated with exit code {process.exitcode}")
    return None
