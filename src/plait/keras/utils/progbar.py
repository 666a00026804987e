"""Progbar: a bar that is drawn over itself, with numbers behind it."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from plait.keras.utils.io_utils import print_msg


class Progbar:
    """A progress bar of `target` steps (None: of unknown length).

    `verbose`: 1 a bar, 2 one line at the end, 0 nothing. Values are averaged over steps but for those in `stateful_metrics`, or, if
    `stateless_metrics` are given, for all but these.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Only one of `stateful_metrics` or `stateless_metrics` can be provided: the one names what is shown as it is, the "
                "other what is averaged."
            )
        self.target, self.width, self.verbose = target, width, verbose
        self.interval, self.unit_name = interval, unit_name
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self.stateful_metrics = None if stateless_metrics is not None else set(stateful_metrics or ())
        out = sys.stdout
        self._dynamic_display = (
            (hasattr(out, "isatty") and out.isatty())
            or "ipykernel" in sys.modules
            or "posix" in sys.modules
            or "PYCHARM_HOSTED" in os.environ
        )
        self._seen_so_far = 0
        self._values: dict[str, list[Any]] = {}
        self._values_order: list[str] = []
        self._start = time.time()
        self._last_update = 0.0
        self._time_after_first_step: float | None = None
        self._prev_total_width = 0

    def _averaged(self, name: str) -> bool:
        if self.stateful_metrics is not None:
            return name not in self.stateful_metrics
        return name in (self.stateless_metrics or ())

    def _take(self, current: int, values: Any, finalize: bool) -> None:
        for name, value in values:
            if name not in self._values_order:
                self._values_order.append(name)
            if not self._averaged(name) or finalize:
                self._values[name] = [value, 1]
            else:
                steps = max(current - self._seen_so_far, 1)
                total = self._values.setdefault(name, [0, 0])
                total[0] += value * steps
                total[1] += steps

    def update(self, current: int, values: Any = None, finalize: bool | None = None) -> None:
        """Draw the bar at step `current`, with (name, value) pairs behind it; `finalize` ends the line."""
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._take(current, values or [], finalize)
        self._seen_so_far = current
        now = time.time()
        per_unit = self._estimate_step_duration(current, now)
        if self.verbose == 1:
            if now - self._last_update < self.interval and not finalize:
                return
            self._draw(current, now, per_unit, finalize)
        elif self.verbose == 2 and finalize and self.target:
            digits = int(math.log10(self.target)) + 1
            text = f"{current:{digits}d}/{self.target} - {now - self._start:.0f}s -{self._format_time(per_unit)}"
            print_msg(text + self._numbers(signed=True) + "\n", line_break=False)
        self._last_update = now

    def _draw(self, current: int, now: float, per_unit: float, finalize: bool) -> None:
        message = "\b" * self._prev_total_width + "\r" if self._dynamic_display else "\n"
        hidden = 0
        if self.target is not None and self.target > 0:
            digits = int(math.log10(self.target)) + 1
            bar = f"\x1b[1m{current:{digits}d}/{self.target}\x1b[0m "
            done = int(self.width * (float(current) / self.target))
            hidden += 8
            if done > 0:
                bar += f"\x1b[32m{'━' * done}\x1b[0m"
                hidden += 9
            bar += f"\x1b[37m{'━' * (self.width - done)}\x1b[0m"
            hidden += 9
        else:
            bar = f"{current:7d}/Unknown"
        if self.target is not None and self.target > 0 and not finalize:
            left = per_unit * (self.target - current)
            if left > 3600:
                shown = f"{int(left // 3600)}:{int(left % 3600 // 60):02d}:{int(left % 60):02d}"
            elif left > 60:
                shown = f"{int(left // 60)}:{int(left % 60):02d}"
            else:
                shown = f"{int(left)}s"
        else:
            shown = f"{now - self._start:.0f}s"
        hidden += 8
        info = f" \x1b[1m{shown}\x1b[0m{self._format_time(per_unit)}{self._numbers()}"
        width = len(bar) + len(info) - hidden
        message += bar + info + " " * (self._prev_total_width - width)
        print_msg(message + ("\n" if finalize else ""), line_break=False)
        self._prev_total_width = width

    def _numbers(self, signed: bool = False) -> str:
        text = ""
        for name in self._values_order:
            value, count = self._values[name]
            mean = (value if isinstance(value, float) else np.mean(value)) / max(1, count)
            text += f" - {name}:" + (f" {mean:.4f}" if (mean if signed else abs(mean)) > 0.001 else f" {mean:.4e}")
        return text

    def add(self, n: int, values: Any = None) -> None:
        """`update` by `n` more steps."""
        self.update(self._seen_so_far + n, values)

    def _format_time(self, per_unit: float) -> str:
        if per_unit >= 1 or per_unit == 0:
            return f" {per_unit:.0f}s/{self.unit_name}"
        if per_unit >= 1e-3:
            return f" {per_unit * 1e3:.0f}ms/{self.unit_name}"
        return f" {per_unit * 1e6:.0f}us/{self.unit_name}"

    def _estimate_step_duration(self, current: int, now: float) -> float:
        """Seconds for a step, the first one left out once there are others."""
        if not current:
            return 0
        if self._time_after_first_step is not None and current > 1:
            per_unit = (now - self._time_after_first_step) / (current - 1)
        else:
            per_unit = (now - self._start) / current
        if current == 1:
            self._time_after_first_step = now
        return per_unit
