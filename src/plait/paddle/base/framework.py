"""`paddle.base.framework`: the mode, the classes of tensors and parameters, places and flags."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from plait.paddle import _settings
from plait.paddle._absent import getter
from plait.paddle._dtypes import as_dtype, dtype
from plait.paddle._mode import Mode, switched
from plait.paddle._parameter import EagerParamBase
from plait.paddle._places import CPU
from plait.paddle._places import CPUPlace as CPUPlace
from plait.paddle._places import CUDAPinnedPlace as CUDAPinnedPlace
from plait.paddle._places import CUDAPlace as CUDAPlace
from plait.paddle._places import CustomPlace as CustomPlace
from plait.paddle._places import IPUPlace as IPUPlace
from plait.paddle._places import XPUPlace as XPUPlace
from plait.paddle._settings import disable_signal_handler as disable_signal_handler
from plait.paddle._settings import get_flags as get_flags
from plait.paddle._settings import in_dynamic_mode as in_dynamic_mode
from plait.paddle._settings import is_compiled_with_cinn as is_compiled_with_cinn
from plait.paddle._settings import is_compiled_with_cuda as is_compiled_with_cuda
from plait.paddle._settings import is_compiled_with_distribute as is_compiled_with_distribute
from plait.paddle._settings import is_compiled_with_rocm as is_compiled_with_rocm
from plait.paddle._settings import is_compiled_with_xpu as is_compiled_with_xpu
from plait.paddle._settings import set_flags as set_flags
from plait.paddle._tensor import Tensor
from plait.paddle.base import core

# Names "as" themselves are what upstream has here too.
__all__ = ["EagerParamBase", "Parameter", "Variable", "convert_np_dtype_to_dtype_", "cpu_places", "in_dygraph_mode"]

in_dygraph_mode = in_dynamic_mode


def in_dynamic_or_pir_mode() -> bool:
    """True: static mode would be the newer one."""
    return True


def in_pir_mode() -> bool:
    """Whether static mode is on."""
    return Mode.static


use_pir_api = in_dynamic_or_pir_mode


class _Dynamic(type):
    """In dynamic mode a Variable is a Tensor, a Parameter a layer's parameter."""

    _meant: type

    def __instancecheck__(cls, instance: Any) -> bool:
        return not Mode.static and isinstance(instance, cls._meant)

    def __subclasscheck__(cls, other: type) -> bool:
        return not Mode.static and issubclass(other, cls._meant)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{cls.__name__}: static graphs are not part of plait")


class Variable(metaclass=_Dynamic):
    """What `isinstance` asks for in code that serves both modes: a Tensor, in dynamic mode."""

    _meant = Tensor


class Parameter(metaclass=_Dynamic):
    """What `isinstance` asks for in code that serves both modes: a layer's parameter, in dynamic mode."""

    _meant = EagerParamBase


def convert_np_dtype_to_dtype_(np_dtype: Any) -> dtype:
    """Paddle's dtype of NumPy's, or of a dtype's name."""
    return as_dtype(np_dtype)


def cpu_places(device_count: int | None = None) -> list[CPUPlace]:
    """The CPU, `device_count` times (None: once)."""
    return [CPUPlace() for _ in range(1 if device_count is None else device_count)]


def _current_expected_place() -> CPUPlace:
    return CPU


_current_expected_place_ = _current_expected_place


def _set_expected_place(place: Any) -> None:
    _settings.set_device(place)


def _global_flags() -> Any:
    return core.globals()


@contextmanager
def _dygraph_guard(tracer: Any) -> Iterator[None]:
    """A block in static mode where `tracer` is None, in dynamic mode else."""
    with switched(tracer is None):
        yield


__getattr__ = getter(__name__)
