"""How pictures are read."""

from __future__ import annotations

from typing import Any

from plait.feed import pillow
from plait.paddle.utils.lazy_import import try_import

__all__ = ["get_image_backend", "image_load", "set_image_backend"]

_backend = "pil"


def _checked(backend: str) -> str:
    if backend not in ("pil", "cv2", "tensor"):
        raise ValueError(f"Expected backend are one of ['pil', 'cv2', 'tensor'], but got {backend}")
    return backend


def set_image_backend(backend: str) -> None:
    """What pictures are read with from now on: "pil", "cv2" or "tensor"."""
    global _backend
    _backend = _checked(backend)


def get_image_backend() -> str:
    """What pictures are read with."""
    return _backend


def image_load(path: Any, backend: str | None = None) -> Any:
    """A picture from a file: Pillow's, or OpenCV's array; None for "tensor"."""
    backend = _checked(_backend if backend is None else backend)
    if backend == "pil":
        return pillow.image().open(path)
    return try_import("cv2").imread(path) if backend == "cv2" else None
