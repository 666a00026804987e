"""torch.utils: hooks' handles; the submodules `data` and `dlpack` are imported when they are first asked for."""

from __future__ import annotations

from typing import Any

from plait.torch._absent import getter
from plait.torch.utils import hooks as hooks

__all__: list[str] = []

_absent = getter(__name__)


def __getattr__(name: str) -> Any:
    if name in ("checkpoint", "data", "dlpack"):
        from importlib import import_module

        return import_module(f"plait.torch.utils.{name}")
    return _absent(name)
