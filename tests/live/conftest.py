"""Each live test runs where its framework is installed: the files here need PyTorch, the folders `paddle` and `keras` their own."""

from __future__ import annotations

import importlib.util
import pathlib

HERE = pathlib.Path(__file__).parent


def pytest_ignore_collect(collection_path: pathlib.Path) -> bool | None:
    if collection_path.is_dir() or not collection_path.name.startswith("test_"):
        return None
    folder = collection_path.parent
    framework = "torch" if folder == HERE else folder.relative_to(HERE).parts[0]
    return True if importlib.util.find_spec(framework) is None else None
