"""paddle.utils.dlpack: tensors over other libraries' memory, and theirs over tensors'."""

from plait.paddle.functions.conversion import DLDeviceType, from_dlpack, to_dlpack

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]
