"""torch.backends: the switches that scripts set. Those of libraries that are not here keep what they are given and change nothing."""

from __future__ import annotations

import importlib
from typing import Any

from plait.torch._absent import getter

__all__: list[str] = []

_PARTS = ("cpu", "cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp")
_absent = getter(__name__)


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return importlib.import_module(f"plait.torch.backends.{name}")
    return _absent(name)
