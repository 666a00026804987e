"""torch.utils."""

from __future__ import annotations

from plait.torch.utils import data as data

__all__: list[str] = []
