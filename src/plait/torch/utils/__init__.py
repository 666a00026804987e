"""torch.utils: hooks' handles; the submodule `data` is imported when it is first asked for."""

from __future__ import annotations

from typing import Any

from plait.torch.utils import hooks as hooks

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    if name == "data":
        from importlib import import_module

        return import_module("plait.torch.utils.data")
    raise AttributeError(
        f"torch.utils.{name} is not part of plait: it covers convolutional networks; see plait coverage torch"
    )
