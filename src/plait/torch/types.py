"""torch.types: names for annotations."""

from __future__ import annotations

import builtins
import os
from typing import Any

from plait.torch._dtypes import Size, device
from plait.torch._dtypes import dtype as _dtype
from plait.torch._tensor import Tensor

__all__ = ["Device", "FileLike", "Number", "Size", "Storage", "Tensor"]

_int = builtins.int
_float = builtins.float
_bool = builtins.bool
_size = Size | list[builtins.int] | tuple[builtins.int, ...]
Number = builtins.int | builtins.float | builtins.bool
Device = device | str | builtins.int | None
FileLike = str | os.PathLike[str] | Any
Storage = Any
_TensorOrTensors = Tensor | tuple[Tensor, ...] | list[Tensor]
_dispatchkey = str
dtype = _dtype
