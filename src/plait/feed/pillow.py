"""Pillow, imported when a picture is first met."""

from __future__ import annotations

from typing import Any


def image() -> Any:
    """The module PIL.Image; ImportError that names the extra where Pillow is missing."""
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("pictures need Pillow: pip install 'plait[demo]' or pip install pillow") from None
    return Image


def is_picture(value: object) -> bool:
    """Whether it is a Pillow image; Pillow is not imported for the question."""
    import sys

    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)
