"""torch.utils.dlpack: tensors over other libraries' memory, and theirs over tensors'."""

from __future__ import annotations

from typing import Any

from plait.torch.functions.creation import from_dlpack

__all__ = ["from_dlpack", "to_dlpack"]


def to_dlpack(tensor: Any, /) -> Any:
    """The tensor's memory as a DLPack capsule."""
    return tensor.__dlpack__()
