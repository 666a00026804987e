"""tf.config: devices, of which there is one CPU, and settings that change nothing here."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = [
    "PhysicalDevice",
    "functions_run_eagerly",
    "get_visible_devices",
    "list_logical_devices",
    "list_physical_devices",
    "run_functions_eagerly",
]


class PhysicalDevice(NamedTuple):
    """A device of this machine."""

    name: str
    device_type: str


class LogicalDevice(NamedTuple):
    """A device as programs see it."""

    name: str
    device_type: str


class _State:
    eagerly = False


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices of a type: one CPU, no GPU."""
    return [PhysicalDevice("/physical_device:CPU:0", "CPU")] if device_type in (None, "CPU") else []


def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices that may be used: all there are."""
    return list_physical_devices(device_type)


def list_logical_devices(device_type: str | None = None) -> list[Any]:
    """The devices as programs see them."""
    return [LogicalDevice("/device:CPU:0", "CPU")] if device_type in (None, "CPU") else []


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Whether `tf.function`s run as plain calls; they always do."""
    _State.eagerly = bool(run_eagerly)


def functions_run_eagerly() -> bool:
    """What `run_functions_eagerly` was given."""
    return _State.eagerly
