"""Curves of learning rates: pure functions of numbers, shared by every dialect's schedulers."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["cosine", "cosine_next", "linear_next", "polynomial_next", "ramp_cosine", "ramp_linear", "triangle"]


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
