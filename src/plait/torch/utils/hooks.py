"""torch.utils.hooks."""

from __future__ import annotations

__all__: list[str] = []
