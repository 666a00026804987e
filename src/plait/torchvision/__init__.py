"""A useful part of torchvision: transforms, datasets read from their files, grids of pictures. Pictures need Pillow."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.28.0"

_PARTS = ("datasets", "transforms", "utils")
_MISSING = ("io", "models", "ops", "tv_tensors")


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _MISSING:
        raise AttributeError(
            f"torchvision.{name} is not part of plait: it has torchvision's {', '.join(_PARTS)}; see plait coverage torch"
        )
    raise AttributeError(f"module 'torchvision' has no attribute {name!r}")


def get_image_backend() -> str:
    """The package that pictures are read with."""
    return "PIL"


def set_image_backend(backend: str) -> None:
    """Accepts "PIL"; ValueError for others."""
    if backend != "PIL":
        raise ValueError(f"Invalid backend '{backend}'. Options are 'PIL' and 'accimage'")
