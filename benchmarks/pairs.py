"""Timing in pairs: A B A B …, so that a machine whose speed drifts slows both alike; what counts is the ratio of medians."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any


class Row:
    """One compared piece of work: seconds of plait and of the peer (the better of its layouts)."""

    def __init__(self, family: str, name: str, plait: float, peer: float, note: str = "") -> None:
        self.family, self.name, self.plait, self.peer, self.note = family, name, plait, peer, note

    @property
    def ratio(self) -> float:
        """How many times faster plait is."""
        return self.peer / self.plait

    def cells(self) -> list[str]:
        """As text: family, name, plait, peer, ratio, note."""
        return [self.family, self.name, seconds(self.plait), seconds(self.peer), f"{self.ratio:.2f}", self.note]


def seconds(t: float) -> str:
    """A time with a readable unit."""
    return f"{t * 1e6:.2f} µs" if t < 1e-3 else f"{t * 1e3:.2f} ms" if t < 1 else f"{t:.2f} s"


def once(work: Callable[[], Any], number: int) -> float:
    """Seconds a call, over `number` calls."""
    start = time.perf_counter()
    for _ in range(number):
        work()
    return (time.perf_counter() - start) / number


SETTLE = 0.015  # seconds of a turn that are not counted


def compare(candidates: list[Callable[[], Any]], budget: float = 0.3, least: int = 5) -> list[float]:
    """Median seconds of each candidate, measured in turn until `budget` seconds each are spent."""
    numbers = []
    for work in candidates:
        work()
        work()
        t = once(work, 1)
        numbers.append(max(1, int(4e-3 / max(t, 1e-8))))
    times: list[list[float]] = [[] for _ in candidates]
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        while len(times[0]) < least or time.perf_counter() - start < budget * len(candidates):
            for kept, work, number in zip(times, candidates, numbers, strict=True):
                # Into its own steady state first: the other's workers spin for a while after its call, and its data fills the caches.
                start_of_turn = time.perf_counter()
                work()
                while time.perf_counter() - start_of_turn < SETTLE:
                    work()
                kept.append(once(work, number))
            if len(times[0]) > 400:
                break
    finally:
        gc.enable()
    return [statistics.median(t) for t in times]


def geometric_mean(values: list[float]) -> float:
    """exp(mean(log))."""
    return statistics.geometric_mean(values) if values else float("nan")


def table(rows: list[Row]) -> str:
    """Markdown, with a line of means a family."""
    head = ["family", "work", "plait", "peer", "ratio", "note"]
    lines = [
        "| " + " | ".join(head) + " |",
        "|" + "|".join("---" if i < 2 or i == 5 else "---:" for i in range(6)) + "|",
    ]
    lines += ["| " + " | ".join(r.cells()) + " |" for r in rows]
    for family in dict.fromkeys(r.family for r in rows):
        ratios = [r.ratio for r in rows if r.family == family]
        lines.append(
            f"| {family} | **geometric mean of {len(ratios)}** | | | **{geometric_mean(ratios):.2f}** | least {min(ratios):.2f} |"
        )
    return "\n".join(lines)
