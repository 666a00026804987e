"""torch.nn.functional: resample."""

from __future__ import annotations

__all__: list[str] = []
