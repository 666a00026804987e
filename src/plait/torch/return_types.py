"""The classes of named results, such as `torch.return_types.max`."""

from __future__ import annotations

from plait.torch.functions._common import RETURN_TYPES

globals().update(RETURN_TYPES)
__all__ = sorted(RETURN_TYPES)
