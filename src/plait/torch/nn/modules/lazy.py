"""torch.nn.modules.lazy."""

from __future__ import annotations

__all__: list[str] = []
