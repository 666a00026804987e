"""torch.xpu: there is no such device."""

from __future__ import annotations

from plait.torch._absent import getter
from plait.torch._nowhere import device_count, empty_cache, is_available, manual_seed

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed"]

__getattr__ = getter(__name__)
