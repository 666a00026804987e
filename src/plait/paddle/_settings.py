"""Modes, devices and facts of the build that are one line each in the `paddle` namespace."""

from __future__ import annotations

from typing import Any

from plait.paddle._mode import Mode, to_dynamic
from plait.paddle._places import CPU, check_place
from plait.paddle._tensor import Tensor

__all__ = [
    "disable_signal_handler",
    "disable_static",
    "enable_static",
    "get_cudnn_version",
    "get_device",
    "get_flags",
    "in_dynamic_mode",
    "is_compiled_with_cinn",
    "is_compiled_with_cuda",
    "is_compiled_with_custom_device",
    "is_compiled_with_distribute",
    "is_compiled_with_ipu",
    "is_compiled_with_rocm",
    "is_compiled_with_xpu",
    "set_device",
    "set_flags",
]

# Flags that scripts read before they set them.
_flags: dict[str, Any] = {
    "FLAGS_check_nan_inf": False,
    "FLAGS_enable_pir_api": True,
    "FLAGS_enable_pir_in_executor": True,
    "FLAGS_paddle_num_threads": 1,
    "FLAGS_use_stride_kernel": True,
    "FLAGS_use_system_allocator": False,
}


def in_dynamic_mode() -> bool:
    """Whether dynamic mode is on, as it is unless `enable_static` was called."""
    return not Mode.static


def enable_static() -> None:
    """Switch to static mode, in which plait makes nothing: the first tensor or layer raises NotImplementedError and ends it."""
    Mode.static = True


def disable_static(place: Any = None) -> None:
    """Switch to dynamic mode, the mode at the start; coming from static mode, names are counted afresh. Raises ValueError for a place that is not the CPU."""
    check_place(place)
    to_dynamic()


def set_device(device: Any) -> Any:
    """Accepts "cpu" (or a CPUPlace); returns the place. Raises ValueError for other devices."""
    check_place(device)
    return CPU


def get_device(input: Any = None) -> Any:
    """ "cpu", or for a tensor -1, the number that stands for it."""
    return -1 if isinstance(input, Tensor) else "cpu"


def is_compiled_with_cuda() -> bool:
    """False."""
    return False


is_compiled_with_rocm = is_compiled_with_xpu = is_compiled_with_ipu = is_compiled_with_cinn = is_compiled_with_cuda
is_compiled_with_distribute = is_compiled_with_cuda


def is_compiled_with_custom_device(device_type: str) -> bool:
    """False."""
    return False


def get_cudnn_version() -> None:
    """None."""


def disable_signal_handler() -> None:
    """Accepted: plait installs none."""


def set_flags(flags: dict[str, Any]) -> None:
    """Kept for `get_flags`; they change nothing here."""
    if not isinstance(flags, dict):
        raise TypeError(f"flags in set_flags should be a dict; got {type(flags).__name__}")
    _flags.update(flags)


def get_flags(flags: Any) -> dict[str, Any]:
    """What `set_flags` was told of these names. Raises ValueError for a name that was never set."""
    names = [flags] if isinstance(flags, str) else list(flags)
    unknown = [n for n in names if n not in _flags]
    if unknown:
        raise ValueError(f"Flag {unknown[0]} cannot get its value: plait has no such flag")
    return {n: _flags[n] for n in names}
