"""Where a tensor lies: the CPU. Other places can be named, and are refused when something should go there."""

from __future__ import annotations

from typing import Any

__all__ = ["CPUPlace", "CUDAPinnedPlace", "CUDAPlace", "CustomPlace", "IPUPlace", "XPUPlace"]


class Place:
    """A device; `Tensor.place` is one."""

    __module__ = "paddle.base.libpaddle"
    _kind = "undefined"

    def _equals(self, other: Any) -> bool:
        return isinstance(other, Place) and other._kind == self._kind

    __eq__ = _equals

    def __hash__(self) -> int:
        return hash(self._kind)

    def __repr__(self) -> str:
        return f"Place({self._kind})"

    def is_cpu_place(self) -> bool:
        """Whether it is the CPU."""
        return self._kind == "cpu"

    def is_gpu_place(self) -> bool:
        """False: plait runs on the CPU."""
        return False

    is_xpu_place = is_ipu_place = is_custom_place = is_cuda_pinned_place = is_xpu_pinned_place = is_gpu_place

    def set_place(self, other: Any) -> None:
        """Become another place."""
        self._kind = other._kind


class CPUPlace(Place):
    """The CPU.

    >>> CPUPlace()
    Place(cpu)
    """

    __module__ = "paddle.base.libpaddle"
    _kind = "cpu"


CPU = CPUPlace()


class _Elsewhere(Place):
    def __init__(self, *_: Any) -> None:
        raise ValueError(f"(InvalidArgument) {type(self).__name__}: plait computes on the CPU only; use CPUPlace()")


class CUDAPlace(_Elsewhere):
    """Refused: there is no GPU here."""


class CUDAPinnedPlace(_Elsewhere):
    """Refused: there is no GPU here."""


class XPUPlace(_Elsewhere):
    """Refused: there is no XPU here."""


class IPUPlace(_Elsewhere):
    """Refused: there is no IPU here."""


class CustomPlace(_Elsewhere):
    """Refused: there is no other device here."""


def check_place(place: Any) -> None:
    """Raises ValueError for a place, or a device's name, that is not the CPU."""
    if place is None or (isinstance(place, Place) and place.is_cpu_place()):
        return
    if isinstance(place, str):
        if place.lower().split(":")[0] == "cpu":
            return
        raise ValueError(f"The device should not be '{place}', since plait computes on the CPU only")
    raise ValueError(f"place must be a paddle place or a device's name; got {type(place).__name__}")
