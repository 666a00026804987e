"""The mask that goes along with a tensor: which of its samples or steps count."""

from __future__ import annotations

from typing import Any


def get_keras_mask(x: Any) -> Any:
    """The mask of `x`, or None."""
    return getattr(x, "_keras_mask", None)


def set_keras_mask(x: Any, mask: Any) -> None:
    """Give `x` a mask."""
    x._keras_mask = mask
