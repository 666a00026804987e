"""The bar that shows how far an epoch is."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import numpy as np

__all__: list[str] = []


def _shown(value: Any) -> str:
    """A number of a loss or a metric: floats in four digits, others as they are."""
    if not isinstance(value, (float, np.float32, np.float64)):
        return f" {value}"
    return f" {value:.4f}" if abs(value) > 1e-3 else f" {value:.4e}"


def _told(values: Any, arrays: bool) -> str:
    """The metrics, as text; `arrays`: arrays of one element are numbers too."""
    text = ""
    for name, value in values:
        text += f" - {name}:"
        for v in value if isinstance(value, list) else [value]:
            if arrays and isinstance(v, np.ndarray) and v.size == 1 and v.dtype in (np.float32, np.float64):
                v = v.item()
            text += _shown(v)
    return text


def _left(seconds: int) -> str:
    if seconds > 3600:
        return f"{seconds // 3600}:{(seconds % 3600) // 60:02}:{seconds % 60:02}"
    return f"{seconds // 60}:{seconds % 60:02}" if seconds > 60 else f"{seconds}s"


class ProgressBar:
    """Shows step counts, metrics and times: on one line that it writes again and again (`verbose` 1), or a line each time (2, 3)."""

    def __init__(
        self,
        num: int | None = None,
        width: int = 30,
        verbose: int = 1,
        start: bool = True,
        file: Any = None,
        name: str = "step",
    ) -> None:
        if isinstance(num, int) and num <= 0:
            raise TypeError("num should be None or integer (> 0)")
        self._num = num
        self._width = min(width, self._get_max_width())
        self._total_width = 0
        self._verbose = verbose
        self.file = file if file is not None else sys.stdout  # now: the one at import may have been replaced and closed
        self.name = name
        if start:
            self._start = time.time()
        terminal = hasattr(self.file, "isatty") and self.file.isatty()
        self._dynamic_display = (
            terminal or "ipykernel" in sys.modules or "posix" in sys.modules or "PYCHARM_HOSTED" in os.environ
        )

    def _get_max_width(self) -> int:
        from shutil import get_terminal_size

        columns, _ = get_terminal_size()
        columns = columns if columns > 0 else 80
        return min(int(columns * 0.6), columns - 50)

    def start(self) -> None:
        """Begin to count the time."""
        self.file.flush()
        self._start = time.time()

    def update(self, current_num: int, values: Any = ()) -> None:
        """Show that `current_num` steps are done, and (name, value) pairs."""
        each = (time.time() - self._start) / current_num if current_num else 0
        if each >= 1 or each == 0:
            pace = f" - {each:.0f}s/{self.name}"
        elif each >= 1e-3:
            pace = f" - {each * 1e3:.0f}ms/{self.name}"
        else:
            pace = f" - {each * 1e6:.0f}us/{self.name}"
        if self._verbose == 1:
            self._redraw(current_num, values, each, pace)
        elif self._verbose in (2, 3):
            sys.stdout.write(self._count(current_num) + _told(values, True) + pace + "\n")
            sys.stdout.flush()

    def _count(self, current: float) -> str:
        if not self._num:
            return f"{self.name} {current:3}"
        digits = int(np.log10(self._num)) + 1
        return f"{self.name} {int(current):{digits}d}/{self._num}"

    def _redraw(self, current: int, values: Any, each: float, pace: str) -> None:
        before = self._total_width
        sys.stdout.write("\b" * before + "\r" if self._dynamic_display else "\n")
        bar = self._count(current)
        if self._num is not None:
            done = int(self._width * (float(current) / self._num))
            if done > 0:
                bar += " [" + "=" * (done - 1) + (">" if current < self._num else "=")
            else:
                bar += " ["
            bar += "." * (self._width - done) + "]"
        sys.stdout.write(bar)
        info = _told(values, False)
        if self._num is not None and current < self._num:
            info += f" - ETA: {_left(int(each * (self._num - current)))}"
        info += pace
        self._total_width = len(bar) + len(info)
        info += " " * max(before - self._total_width, 0)
        if self._num is None or current >= self._num:
            info += "\n"
        sys.stdout.write(info)
        sys.stdout.flush()


class Progress:
    """How far one run of a mode is: its bar, its metrics' names, what it counted, and its times since they were last shown."""

    def __init__(self, metrics: list[str], steps: int | None) -> None:
        self.metrics = metrics
        self.steps = steps
        self.step = 0
        self.samples_seen = 0
        self.bar: ProgressBar
        self.clear()

    def clear(self) -> None:
        self.data_time = self.batch_time = 0.0
        self.count = self.samples = 0

    def rest(self) -> None:
        self.ready = time.time()

    def begin(self) -> None:
        self.started = time.time()
        self.data_time += self.started - self.ready

    def end(self, logs: dict[str, Any]) -> None:
        self.step += 1
        self.batch_time += time.time() - self.started
        self.count += 1
        self.samples += logs.get("batch_size", 1)
        self.samples_seen += logs.get("batch_size", 1)

    def costs(self) -> list[tuple[str, str]]:
        """The mean times since the last call, for `verbose` 3."""
        count, samples = self.count or 1.0, self.samples or 1.0
        told = [
            ("avg_reader_cost", f"{self.data_time / count:.5f} sec"),
            ("avg_batch_cost", f"{self.batch_time / count:.5f} sec"),
            ("ips", f"{samples / (self.data_time + self.batch_time):.5f} samples/sec"),
        ]
        self.clear()
        return told
