"""The examples in docstrings say what happens, and README's example runs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

import plait

SKIPPED = {"plait.__main__", "plait.torch.utils.tensorboard"}


def modules() -> list[str]:
    return sorted(
        m.name
        for m in pkgutil.walk_packages(plait.__path__, "plait.")
        if m.name not in SKIPPED and not m.name.endswith("sitecustomize")
    )


@pytest.mark.parametrize("name", modules())
def test_docstrings(name: str) -> None:
    module: ModuleType = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for test in finder.find(module, name, globs={**vars(module)}):
        runner.run(test)
    assert runner.failures == 0


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_readme(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parent.parent / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), {"__name__": "readme"})
        printed = capsys.readouterr().out.splitlines()
        told = re.findall(r"^print\(.*\)  # (.*[\])])$", block, re.M)
        assert told and set(told) <= set(printed)
