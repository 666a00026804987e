"""keras.config: the settings of the process."""

from plait.keras import backend as _backend
from plait.keras._config import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from plait.keras._lazy import getter as _getter

_PARTS = {
    "dtype_policy": "plait.keras.dtype_policies",
    "set_dtype_policy": "plait.keras.dtype_policies",
    "enable_unsafe_deserialization": "plait.keras.saving.serialization_lib",
    "disable_interactive_logging": "plait.keras.utils.io_utils",
    "enable_interactive_logging": "plait.keras.utils.io_utils",
    "is_interactive_logging_enabled": "plait.keras.utils.io_utils",
}


backend = _backend.backend


class _Flags:
    """Settings that change nothing here: frames of errors, kernels of attention."""

    traceback_filtering = True
    flash_attention: "bool | None" = None


def set_backend(backend: str) -> None:
    """Accepts "tensorflow", the one whose meaning this is; ValueError for others."""
    if backend != "tensorflow":
        raise ValueError(f"set_backend: backend must be 'tensorflow'; got {backend!r}")


def is_traceback_filtering_enabled() -> bool:
    """Whether frames of the library are to be left out of errors."""
    return _Flags.traceback_filtering


def enable_traceback_filtering() -> None:
    """Leave frames of the library out of errors."""
    _Flags.traceback_filtering = True


def disable_traceback_filtering() -> None:
    """Show all frames of errors."""
    _Flags.traceback_filtering = False


def is_nnx_enabled() -> bool:
    """Never: there is no Flax."""
    return False


__getattr__ = _getter(__name__, _PARTS)
