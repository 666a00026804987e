"""Importing what may not be installed."""

from __future__ import annotations

import importlib
from typing import Any

__all__: list[str] = []


def try_import(module_name: str, err_msg: str | None = None) -> Any:
    """The module; ImportError with `err_msg` where it is not installed."""
    try:
        return importlib.import_module(module_name)
    except ImportError:
        if err_msg is None:
            err_msg = (
                f"Failed importing {module_name}. This likely means that some paddle modules require additional dependencies that "
                f"have to be manually installed (usually with `pip install {module_name}`). "
            )
        raise ImportError(err_msg) from None
