"""`paddle.device`: there is the CPU."""

from __future__ import annotations

from typing import Any

from plait.paddle._places import IPUPlace, XPUPlace
from plait.paddle._random import get_rng_state, manual_seed, set_rng_state
from plait.paddle._settings import (
    get_cudnn_version,
    get_device,
    is_compiled_with_cinn,
    is_compiled_with_cuda,
    is_compiled_with_custom_device,
    is_compiled_with_distribute,
    is_compiled_with_ipu,
    is_compiled_with_rocm,
    is_compiled_with_xpu,
    set_device,
)
from plait.paddle.device import cuda

__all__ = [
    "IPUPlace", "XPUPlace", "cuda", "device_count", "get_all_custom_device_type", "get_all_device_type", "get_available_custom_device",
    "get_available_device", "get_cudnn_version", "get_device", "get_rng_state", "is_available", "is_compiled_with_cinn",
    "is_compiled_with_cuda", "is_compiled_with_custom_device", "is_compiled_with_distribute", "is_compiled_with_ipu",
    "is_compiled_with_rocm", "is_compiled_with_xpu", "manual_seed", "set_device", "set_rng_state", "synchronize",
]  # fmt: skip


def get_all_device_type() -> list[str]:
    """An empty list: Paddle leaves the CPU out."""
    return []


get_all_custom_device_type = get_available_device = get_available_custom_device = get_all_device_type


def device_count() -> int:
    """0."""
    return 0


def is_available() -> bool:
    """Whether there is an accelerator: False."""
    return False


def synchronize(device: Any = None) -> None:
    """Nothing to wait for."""
