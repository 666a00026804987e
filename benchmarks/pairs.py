"""Timing in pairs: A B A B …, so that a machine whose speed drifts slows both alike; what counts is the ratio of medians."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Row:
    """One compared piece of work: plait's seconds (or bytes, in a family of memory) and the peer's, the better of its layouts."""

    family: str
    name: str
    plait: float
    peer: float
    note: str = ""
    size: str = ""  # the bytes or operations that the work needs
    share: float | None = None  # of the speed that this machine's memory or arithmetic allows, of plait
    group: str = ""  # pooling, norm, …
    show: Callable[[float], str] | None = None

    @property
    def ratio(self) -> float:
        """How many times faster (or smaller) plait is."""
        return self.peer / self.plait

    def cells(self) -> list[str]:
        """As text: family, name, plait, peer, ratio, size, share, note."""
        show = self.show or seconds
        share = "" if self.share is None else f"{self.share:.0%}"
        return [
            self.family,
            self.name,
            show(self.plait),
            show(self.peer),
            f"{self.ratio:.2f}",
            self.size,
            share,
            self.note,
        ]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        kept = {k: v for k, v in vars(self).items() if k != "show" and v not in ("", None)}
        return {**kept, "ratio": self.ratio}


def seconds(t: float) -> str:
    """A time with a readable unit."""
    return f"{t * 1e6:.2f} µs" if t < 1e-3 else f"{t * 1e3:.2f} ms" if t < 1 else f"{t:.2f} s"


def megabytes(n: float) -> str:
    """A size in memory."""
    return f"{n / 1e6:.1f} MB"


def once(work: Callable[[], Any], number: int) -> float:
    """Seconds a call, over `number` calls."""
    start = time.perf_counter()
    for _ in range(number):
        work()
    return (time.perf_counter() - start) / number


SETTLE = 0.015  # seconds of a turn that are not counted


def compare(candidates: Sequence[Callable[[], Any]], budget: float = 0.2, least: int = 5) -> list[float]:
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


HEAD = ["family", "work", "plait", "peer", "ratio", "needs", "of limit", "note"]


def markdown(head: list[str], lines: list[list[str]], left: tuple[int, ...]) -> str:
    """A Markdown table whose columns in `left` are words and the others numbers."""
    rule = "|" + "|".join("---" if i in left else "---:" for i in range(len(head))) + "|"
    return "\n".join(["| " + " | ".join(head) + " |", rule] + ["| " + " | ".join(line) + " |" for line in lines])


def table(rows: list[Row]) -> str:
    """Markdown, with a line of means a family."""
    lines = [r.cells() for r in rows]
    for family in dict.fromkeys(r.family for r in rows):
        ratios = [r.ratio for r in rows if r.family == family]
        mean = statistics.geometric_mean(ratios)
        lines.append(
            [
                family,
                f"**geometric mean of {len(ratios)}**",
                "",
                "",
                f"**{mean:.2f}**",
                "",
                "",
                f"least {min(ratios):.2f}",
            ]
        )
    return markdown(HEAD, lines, (0, 1, 7))
