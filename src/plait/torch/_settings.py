"""Switches and facts of the whole library that are one line each in upstream's `torch` namespace."""

from __future__ import annotations

import math
import warnings
from typing import Any

from plait import _native, config

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compiled_with_cxx11_abi",
    "e",
    "get_deterministic_debug_mode",
    "get_file_path",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_num_threads",
    "inf",
    "is_autocast_enabled",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled",
    "nan",
    "newaxis",
    "pi",
    "result_type",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_num_threads",
    "set_warn_always",
    "typename",
    "use_deterministic_algorithms",
]

e, inf, nan, pi = math.e, math.inf, math.nan, math.pi
newaxis = None

_state: dict[str, Any] = {"deterministic": 0, "interop": None, "warn_always": False}


def typename(obj: Any, /) -> str:
    """The type's full name; a tensor's is that of its dtype, such as "torch.FloatTensor"."""
    from plait.torch._tensor import Tensor

    if isinstance(obj, Tensor):
        return "torch." + obj.dtype._tensor_type
    kind = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(kind, "__module__", "") or ""
    if module.startswith("plait.torch"):
        from plait.torch._names import public_module

        module = public_module(module, kind.__qualname__)
    return kind.__qualname__ if module in ("", "builtins") else f"{module}.{kind.__qualname__}"


def result_type(tensor1: Any, tensor2: Any) -> Any:
    """The dtype of an elementwise result of two tensors or numbers."""
    from plait import dtypes
    from plait.torch._dtypes import from_numpy_dtype

    return from_numpy_dtype(dtypes.result_type(*(getattr(t, "array", t) for t in (tensor1, tensor2))))


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted: every result here is deterministic, whatever the number of threads."""
    _state["deterministic"] = (1 if warn_only else 2) if mode else 0


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was told."""
    return bool(_state["deterministic"])


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """What `use_deterministic_algorithms` was told."""
    return bool(_state["deterministic"] == 1)


def get_deterministic_debug_mode() -> int:
    """0 off, 1 warn, 2 error."""
    return int(_state["deterministic"])


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """0 or "default", 1 or "warn", 2 or "error"."""
    names: dict[Any, int] = {"default": 0, "warn": 1, "error": 2, 0: 0, 1: 1, 2: 2}
    if debug_mode not in names:
        raise RuntimeError(
            f"invalid value of debug_mode, expected 0, 1, 2, or `default`, `warn`, `error`, got {debug_mode}"
        )
    _state["deterministic"] = names[debug_mode]


def get_num_interop_threads() -> int:
    """The number that was set, or that of the machine's cores."""
    import os

    return int(_state["interop"] or os.cpu_count() or 1)


def set_num_interop_threads(num: int) -> None:
    """Accepted: operations do not run beside each other here."""
    if num <= 0:
        raise RuntimeError("set_num_interop_threads expects a positive integer")
    _state["interop"] = num


def get_num_threads() -> int:
    """The number of threads that one operation uses."""
    return int(_native.thread_count())


def set_num_threads(num: int, /) -> None:
    """Sets the number of threads that one operation uses; results do not depend on it."""
    if isinstance(num, bool) or not isinstance(num, int):
        raise TypeError(f"set_num_threads expects an int, but got {type(num).__name__}")
    if num <= 0:
        raise RuntimeError("set_num_threads expects a positive integer")
    _native.set_thread_count(num)


def get_float32_matmul_precision() -> str:
    """ "highest", "high" or "medium"."""
    return config.matmul_precision


def set_float32_matmul_precision(precision: str) -> None:
    """ "highest" computes products in float32 alone; "high" and "medium" allow algorithms that round a little more."""
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; "
            "the currentsetFloat32MatmulPrecision call has no effect.",
            stacklevel=2,
        )
        return
    config.set_matmul_precision(precision)


def set_flush_denormal(mode: bool) -> bool:
    """False: denormal numbers are kept."""
    return False


def set_warn_always(b: bool, /) -> None:
    """Whether warnings are shown each time."""
    _state["warn_always"] = bool(b)
    if b:
        warnings.filterwarnings("always", module="plait")


def is_warn_always_enabled() -> bool:
    """What `set_warn_always` was told."""
    return bool(_state["warn_always"])


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """False."""
    return False


def compiled_with_cxx11_abi() -> bool:
    """True."""
    return True


def get_file_path(*path_components: str) -> str:
    """A path below the folder that holds the package."""
    import os

    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(root, *path_components)
