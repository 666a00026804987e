"""Learning rates as functions of the step alone, in the dtype of their numbers: NumPy's of one dtype, or Python's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["cosine_restarts", "cosine_warm", "exponential", "inverse_time", "polynomial"]


def _fraction(step: Any, steps: Any, whole: bool) -> Any:
    part = step / steps
    return np.floor(part) if whole else part


def _near(function: Any, x: Any) -> Any:
    """`function` of x worked out in double: nearer than NumPy's float32, whose digits the frameworks' do not share."""
    return type(x)(function(np.float64(x))) if np.ndim(x) == 0 else function(x.astype(np.float64)).astype(x.dtype)


def exponential(start: Any, step: Any, steps: Any, rate: Any, whole: bool) -> Any:
    """start · rate^(step / steps); `whole`: only whole powers."""
    return start * rate ** _fraction(step, steps, whole)


def inverse_time(start: Any, step: Any, steps: Any, rate: Any, whole: bool) -> Any:
    """start / (1 + rate · step / steps); `whole`: only whole quotients."""
    return start / (1 + rate * _fraction(step, steps, whole))


def polynomial(start: Any, end: Any, step: Any, steps: Any, power: Any, cycle: bool) -> Any:
    """From `start` to `end` along (1 − step/steps)^power; `cycle`: again and again, over multiples of `steps`.

    >>> float(polynomial(1.0, 0.5, 2, 4, 1.0, False))
    0.75
    """
    if cycle:
        steps = steps * np.maximum(np.ceil(step / steps), 1)
    else:
        step = np.minimum(step, steps)
    return (start - end) * (1 - step / steps) ** power + end


def cosine_warm(start: Any, step: Any, steps: Any, bottom: Any, target: Any, warm: Any) -> Any:
    """Half a cosine from `start` (or from `target`, after `warm` steps of a line to it) to the share `bottom` of it."""
    one = type(start)
    top = start
    if target is not None:
        step = np.minimum(step, steps + warm)
        if step < warm:
            return (target - start) * (step / warm) + start
        step, top = step - warm, target
    else:
        step = np.minimum(step, steps)
    wave = one(0.5) * (1 + _near(np.cos, one(math.pi) * (step / steps)))
    return top * ((1 - bottom) * wave + bottom)


def cosine_restarts(start: Any, step: Any, first: Any, longer: Any, lower: Any, bottom: Any) -> Any:
    """Half cosines, each `longer` times as long and `lower` times as high as the one before (arXiv 1608.03983)."""
    one = type(start)
    part = step / first
    if longer == 1:
        count = np.floor(part)
        part = part - count
    else:
        count = np.floor(_near(np.log, 1 - part * (1 - longer)) / _near(np.log, longer))
        part = (part - (1 - longer**count) / (1 - longer)) / longer**count
    wave = one(0.5) * lower**count * (1 + _near(np.cos, one(math.pi) * part))
    return start * ((1 - bottom) * wave + bottom)
