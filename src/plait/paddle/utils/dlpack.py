"""paddle.utils.dlpack: tensors over other libraries' memory, and theirs over tensors'."""

from plait.paddle.functions.conversion import from_dlpack, to_dlpack

__all__ = ["from_dlpack", "to_dlpack"]
