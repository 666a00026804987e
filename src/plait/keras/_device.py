"""Devices and the version: one CPU, Keras 3.15.1."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

__all__ = ["device", "version"]


def device(device_name: str) -> AbstractContextManager[None]:
    """A block on a device; there is only the CPU, so "cpu:0" alone is accepted (ValueError for others)."""
    if "cpu" not in device_name.lower():
        raise ValueError(f"device: device_name must be a CPU such as 'cpu:0'; got {device_name!r}")
    return nullcontext()


def version() -> str:
    """The version of Keras whose meaning this is."""
    return "3.15.1"
