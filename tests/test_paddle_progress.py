"""The bar of an epoch writes to the standard output of the moment, not to that of the import."""

from __future__ import annotations

import io
import sys

import pytest

from plait.paddle.hapi.progressbar import ProgressBar


def test_bars_outlive_the_output_at_import(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):  # the second bar is made after the first one's output was closed
        written = io.StringIO()
        monkeypatch.setattr(sys, "stdout", written)
        bar = ProgressBar(num=2, verbose=2)
        assert bar.file is written
        bar.start()
        bar.update(1, [("loss", 0.5)])
        assert written.getvalue().startswith("step 1/2 - loss: 0.5000")
        written.close()
