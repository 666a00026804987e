"""torch.cuda on a machine without one: `is_available()` is False, and what needs a GPU says so as upstream does."""

from __future__ import annotations

import importlib
from collections import OrderedDict
from typing import Any

from plait.torch import _dtypes
from plait.torch._absent import getter

__all__ = [
    "current_device",
    "current_stream",
    "device",
    "device_count",
    "empty_cache",
    "get_arch_list",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "get_rng_state",
    "get_rng_state_all",
    "init",
    "initial_seed",
    "ipc_collect",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "reset_peak_memory_stats",
    "seed",
    "seed_all",
    "set_device",
    "set_rng_state_all",
    "synchronize",
]


def _none_here(*args: Any, **kwargs: Any) -> Any:
    """AssertionError: no GPU can be used."""
    raise AssertionError("Torch not compiled with CUDA enabled")


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Does nothing: there is no GPU."""


def _zero(device: Any = None) -> int:
    """0: no memory of a GPU is in use."""
    return 0


current_device = current_stream = get_device_name = get_device_capability = get_device_properties = get_rng_state = (
    _none_here
)
init = initial_seed = ipc_collect = mem_get_info = synchronize = reset_peak_memory_stats = default_stream = _none_here
manual_seed = manual_seed_all = seed = seed_all = empty_cache = set_rng_state_all = _nothing
memory_allocated = memory_reserved = max_memory_allocated = max_memory_reserved = _zero


def is_available() -> bool:
    """False: plait computes on the CPU."""
    return False


def device_count() -> int:
    """0."""
    return 0


def is_initialized() -> bool:
    """False."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False."""
    return False


def get_arch_list() -> list[str]:
    """No architectures."""
    return []


def get_rng_state_all() -> list[Any]:
    """No states."""
    return []


def memory_stats(device: Any = None) -> OrderedDict[str, Any]:
    """No statistics."""
    return OrderedDict()


def set_device(device: Any) -> None:
    """Accepts a negative index, which means "no change"; any other is an error."""
    if not (isinstance(device, int) and device < 0):
        _dtypes.check_device("cuda")


class device:
    """`with torch.cuda.device(i):`, which changes nothing here."""

    def __init__(self, device: Any) -> None:
        self.idx = device

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None


device_of = device


def _lazy(name: str) -> Any:
    if name == "amp":
        return importlib.import_module("plait.torch.cuda.amp")
    return _absent(name)


_absent = getter(__name__)
__getattr__ = _lazy
