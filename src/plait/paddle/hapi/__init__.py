"""The high-level interface: Model, its callbacks, summary and flops."""

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    if name in ("callbacks", "dynamic_flops", "model", "model_summary", "progressbar"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'paddle.hapi' has no attribute '{name}'")
