"""torch.nn.functional: activation."""

from __future__ import annotations

__all__: list[str] = []
