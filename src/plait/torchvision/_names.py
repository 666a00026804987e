"""Where upstream has what lives in another file here: names for imports."""

from __future__ import annotations

__all__: list[str] = []

# Upstream's module (below torchvision) -> ours, where ours has no module of that name.
MODULES: dict[str, str] = {}
