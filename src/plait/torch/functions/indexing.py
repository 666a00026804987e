"""The indexing functions of the PyTorch dialect."""

from __future__ import annotations

__all__: list[str] = []
