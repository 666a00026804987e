"""Curves of learning rates: pure functions of numbers, shared by every dialect's schedulers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

__all__ = [
    "cosine",
    "cosine_next",
    "improves",
    "line",
    "linear_next",
    "noam",
    "pieces_before",
    "polynomial_next",
    "ramp_cosine",
    "ramp_linear",
    "restart_next",
    "restart_position",
    "triangle",
]


def cosine(top: Any, bottom: float, at: float, period: float) -> Any:
    """Half a cosine from `top` at 0 to `bottom` at `period` (arXiv 1608.03983).

    >>> cosine(1.0, 0.0, 5, 10)
    0.5
    """
    return bottom + (top - bottom) * (1 + math.cos(math.pi * at / period)) / 2


def cosine_next(now: Any, top: Any, bottom: float, at: int, period: int) -> Any:
    """`cosine` at step `at` from the value `now` at the step before, which others may have changed."""
    if (at - 1 - period) % (2 * period) == 0:
        return now + (top - bottom) * (1 - math.cos(math.pi / period)) / 2
    ratio = (1 + math.cos(math.pi * at / period)) / (1 + math.cos(math.pi * (at - 1) / period))
    return ratio * (now - bottom) + bottom


def linear_next(now: Any, start: float, end: float, at: int, total: int) -> Any:
    """The factor going from `start` to `end` in `total` steps: its value at step `at` from `now` at the step before."""
    return now * (1.0 + (end - start) / (total * start + (at - 1) * (end - start)))


def polynomial_next(now: Any, at: int, total: int, power: float) -> Any:
    """(1 − at/total)^power, from the value `now` at the step before."""
    return now * ((1.0 - at / total) / (1.0 - (at - 1) / total)) ** power


def ramp_cosine(start: Any, end: Any, part: float) -> Any:
    """From `start` to `end` along half a cosine."""
    return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def ramp_linear(start: Any, end: Any, part: float) -> Any:
    """From `start` to `end` along a line."""
    return (end - start) * part + start


def triangle(at: int, total: float, rising: float) -> tuple[int, float]:
    """(number of the cycle, height in 0 … 1) of a triangle wave that rises for the part `rising` of `total` steps."""
    cycle = math.floor(1 + at / total)
    x = 1.0 + at / total - cycle
    return cycle, x / rising if x <= rising else (x - 1) / (rising - 1)


def noam(scale: float, model_size: float, warmup: int, at: int) -> float:
    """Rising over `warmup` steps, then falling as one over the root (arXiv 1706.03762, section 5.3)."""
    return scale * model_size**-0.5 * min(1 if at == 0 else at**-0.5, warmup**-1.5 * at)


def line(start: float, end: float, at: int, total: int) -> float:
    """From `start` to `end` in `total` steps."""
    return (end - start) * float(at) / float(total) + start


def improves(now: Any, best: Any, threshold: float, down: bool, relative: bool) -> Any:
    """Whether `now` is better than `best` by more than `threshold` (a part of `best` where `relative`); better is less where `down`."""
    margin = best * threshold if relative else threshold
    return now < best - margin if down else now > best + margin


def pieces_before(bounds: Sequence[float], at: float) -> int:
    """How many of the rising `bounds` are at or before step `at`."""
    return next((i for i, bound in enumerate(bounds) if at < bound), len(bounds))


def restart_position(at: float, first: int, growth: int) -> tuple[float, int]:
    """(steps into its run, length of its run) of step `at`, where runs have `first` steps and grow by `growth` each."""
    if at < first:
        return at, first
    if growth == 1:
        return at % first, first
    n = int(math.log(at / first * (growth - 1) + 1, growth))
    return at - first * (growth**n - 1) / (growth - 1), first * growth**n


def restart_next(epoch: int, at: float, length: int, first: int, growth: int) -> tuple[int, float, int]:
    """(epoch, steps into its run, length of its run) after one more step; before the first one, at the start."""
    if epoch < 0:
        return 0, *restart_position(0, first, growth)
    return (epoch + 1, at + 1, length) if at + 1 < length else (epoch + 1, at + 1 - length, length * growth)
